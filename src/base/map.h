/*
 * A hash map from text to pointers, in an arena; iteration is in insertion order.
 *
 *	struct map *seen = map_new(arena);
 *	if (map_put(seen, name, node))
 *		... the name was there already, its pointer is replaced
 *
 * Keys are copied into the arena. Nothing is ever removed. Lookup is O(1) on average with a keyed
 * hash that does not depend on the process, so order and speed are the same in every run.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct map;

struct map *map_new(struct arena *arena);
void *map_get(const struct map *map, const char *key); /* NULL when absent */
bool map_has(const struct map *map, const char *key);
bool map_put(struct map *map, const char *key, void *value); /* true: replaced an older one */
size_t map_len(const struct map *map);
const char *map_key_at(const struct map *map, size_t index); /* by insertion order */
void *map_at(const struct map *map, size_t index);
