/*
 * The order in which Talos prints the keys of free maps: letters by code point, digit runs by
 * value, punctuation before letters.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

int key_order_compare(const char *a, const char *b);
/* The same after a JSON patch: a letter comes after what is none, digits before it or not. */
int key_order_json_compare(const char *a, const char *b);
/* `map` with its own keys in order; its values are not touched. */
const struct value *key_order_sorted(struct arena *arena, const struct value *map);
