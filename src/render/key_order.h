/*
 * The order in which Talos prints the keys of free maps: letters by code point, digit runs by
 * value, punctuation before letters.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

int key_order_compare(const char *a, const char *b);
/* `map` with its own keys in order; its values are not touched. */
const struct value *key_order_sorted(struct arena *arena, const struct value *map);
/* The same after a JSON patch: a letter comes after what is none, digits before it or not. That is
 * not transitive ("1W" < "222" < "1055" < "1W"), so that of some maps Talos prints now this, now
 * that. Ours depends on nothing but the keys. */
const struct value *key_order_json_sorted(struct arena *arena, const struct value *map);
