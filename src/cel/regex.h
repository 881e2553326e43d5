/*
 * Regular expressions in the syntax of RE2, matched in a time that grows with pattern times text.
 *
 *	const struct regex *regex;
 *	if (regex_compile(arena, &pattern, &regex, err) < 0 ||
 *	    regex_find(regex, &text, &work, &found, err) < 0)
 *		return -1;
 *
 * Covered: alternatives, groups of all forms, * + ? {n,m} also lazy, sets with ranges and
 * [:names:], \d \w \s \b \A \z and their opposites, ^ $ . and the flags i, m, s. Not covered, and
 * said so: \p{...}, \Q...\E, \C, and i for letters beyond ASCII. A regex lives in its arena.
 */
#pragma once

#include "cel/cel.h"

struct regex;

int regex_compile(struct arena *arena, const struct cel_text *pattern, const struct regex **out,
		  struct err *err);
/* Whether it matches anywhere in the text, which is valid UTF-8. */
int regex_find(const struct regex *regex, const struct cel_text *text, struct cel_work *work,
	       bool *out, struct err *err);
/* Where it matches first from `from` on, as RE2 chooses among matches that begin there: the earlier
 * alternative, greedy as far as it is written so. Of every group, from 0, the whole, two places in
 * *out: where it begins and ends, REGEX_NOWHERE when it took no part; NULL: no match. */
#define REGEX_NOWHERE SIZE_MAX
struct regex_place {
	const struct cel_text *text;
	size_t from;
};
int regex_match(const struct regex *regex, const struct regex_place *place, struct cel_work *work,
		const size_t **out, struct err *err);
size_t regex_groups(const struct regex *regex); /* with the whole */
/* The name of a group, "" when it has none. */
struct cel_text regex_group_name(const struct regex *regex, size_t group);
size_t regex_size(const struct regex *regex);
