/*
 * The order in which the field's tools print the keys of free maps: digit runs by value, other
 * characters before letters.
 *
 *	key_compare("tcp_9", "tcp_10") is negative, and so is key_compare("a-b", "ab")
 *
 * Every character beyond ASCII counts as a letter.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

int key_compare(const char *a, const char *b);
/* `value` with the keys of all its maps in that order; places and marks are kept. */
const struct value *value_sorted(struct arena *arena, const struct value *value);
