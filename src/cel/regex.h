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
size_t regex_size(const struct regex *regex);
