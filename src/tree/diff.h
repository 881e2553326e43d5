/*
 * What changed between two values, leaf by leaf, in the order of the old value, then what is new.
 *
 *	struct diff diff;
 *	value_diff(arena, before, after, &diff);
 *	for (size_t i = 0; i < diff.len; i++)
 *		... diff.at[i].path ...
 *
 * The entries live in the arena and point into both values.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "tree/value.h"

#include <stddef.h>

enum diff_change {
	DIFF_ADDED,
	DIFF_CHANGED,
	DIFF_REMOVED
};

struct diff_entry {
	enum diff_change change;
	const char *path;
	const struct value *before, *after; /* NULL when absent */
};
struct diff {
	struct diff_entry *at;
	size_t len;
};

/* Lists are compared by index; maps without order. An added or removed subtree is one entry. */
void value_diff(struct arena *arena, const struct value *before, const struct value *after,
		struct diff *out);
