#include "base/map.h"

#include <stdint.h>
#include <string.h>

#define SLOTS_FIRST 16

struct entry {
	const char *key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct entry *entries; /* in insertion order */
	size_t len, cap;
	size_t *slots;	   /* open addressing; index of an entry plus one, 0 when free */
	size_t slot_count; /* a power of two, at most three quarters taken */
};

struct map *map_new(struct arena *arena)
{
	struct map *map = arena_alloc(arena, sizeof(*map));

	map->arena = arena;
	return map;
}

/* FNV-1a from a start of our own, then stirred so that the low bits depend on all of the key. */
static uint64_t hash_key(const char *key)
{
	uint64_t hash = UINT64_C(0x74616c666f726765);

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

/* The slot that holds `key`, or the free one where it belongs. */
static size_t *find_slot(const struct map *map, const char *key, uint64_t hash)
{
	size_t mask = map->slot_count - 1;

	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		size_t *slot = &map->slots[i];
		if (*slot == 0)
			return slot;

		const struct entry *entry = &map->entries[*slot - 1];
		if (entry->hash == hash && strcmp(entry->key, key) == 0)
			return slot;
	}
}

static const struct entry *find(const struct map *map, const char *key)
{
	if (map->len == 0)
		return NULL;

	size_t slot = *find_slot(map, key, hash_key(key));
	return slot ? &map->entries[slot - 1] : NULL;
}

void *map_get(const struct map *map, const char *key)
{
	const struct entry *entry = find(map, key);

	return entry ? entry->value : NULL;
}

bool map_has(const struct map *map, const char *key)
{
	return find(map, key) != NULL;
}

static void grow_slots(struct map *map)
{
	map->slot_count = map->slot_count ? map->slot_count * 2 : SLOTS_FIRST;
	map->slots = arena_calloc(map->arena, map->slot_count, sizeof(*map->slots));
	for (size_t i = 0; i < map->len; i++)
		*find_slot(map, map->entries[i].key, map->entries[i].hash) = i + 1;
}

bool map_put(struct map *map, const char *key, void *value)
{
	uint64_t hash = hash_key(key);

	if (map->len >= map->slot_count / 4 * 3)
		grow_slots(map);

	size_t *slot = find_slot(map, key, hash);
	if (*slot) {
		map->entries[*slot - 1].value = value;
		return true;
	}
	map->entries = arena_grow(map->arena, map->entries, map->len, &map->cap,
				  sizeof(*map->entries));
	map->entries[map->len] = (struct entry){ arena_str(map->arena, key), value, hash };
	*slot = ++map->len;
	return false;
}

size_t map_len(const struct map *map)
{
	return map->len;
}

const char *map_key_at(const struct map *map, size_t index)
{
	return index < map->len ? map->entries[index].key : NULL;
}

void *map_at(const struct map *map, size_t index)
{
	return index < map->len ? map->entries[index].value : NULL;
}
