/*
 * Where the fields of a schema's table stand in a map: found in one go for all rows, since a map
 * hardly ever has more than a few of them, and mostly in their order.
 *
 *	struct slots slots;
 *
 *	slots_find(&slots, fields, map, release);
 *	for (size_t row = 0; fields[row].name; row++)
 *		value = slots_value(&slots, row);        NULL: the map does not have it
 *	if (slots.known < value_len(map))
 *		some of its keys are in no row
 *
 * The map is borrowed; NULL is an empty one. A field with several rows, one for each release that
 * changed it, stands in all of them.
 */
#pragma once

#include "render/schema.h"

#include <stdint.h>

#define SLOTS_MAX 48 /* rows that a table may have */

struct slots {
	const struct value *map;
	uint32_t place[SLOTS_MAX]; /* in the map, plus one; 0: not there */
	size_t known;		   /* keys with a row */
	size_t current;		   /* those with a row of that release */
};

void slots_find(struct slots *slots, const struct schema_field *fields, const struct value *map,
		enum release release);

static inline const struct value *slots_value(const struct slots *slots, size_t row)
{
	return slots->place[row] ? value_at(slots->map, slots->place[row] - 1) : NULL;
}

/* The place of the key, as value_key_src() tells it. */
static inline struct src slots_key_src(const struct slots *slots, size_t row)
{
	return slots->place[row] ? value_key_src_at(slots->map, slots->place[row] - 1)
				 : (struct src){ 0 };
}
