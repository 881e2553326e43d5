#include "render/slots.h"

#include <assert.h>
#include <string.h>

#define NO_ROW SIZE_MAX

/* The keys of what was loaded are the very names in the table. */
static bool is_named(const struct schema_field *field, const char *key)
{
	return field->name == key || (*field->name == *key && strcmp(field->name, key) == 0);
}

/* The first row of that name, looked for from `from` on and then from the beginning. */
static size_t find_row(const struct schema_field *fields, const char *key, size_t from)
{
	for (size_t row = from; fields[row].name; row++)
		if (is_named(&fields[row], key))
			return row;
	for (size_t row = 0; row < from; row++)
		if (is_named(&fields[row], key))
			return row;
	return NO_ROW;
}

void slots_find(struct slots *slots, const struct schema_field *fields, const struct value *map,
		enum release release)
{
	size_t next = 0;

	*slots = (struct slots){ .map = map };
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		size_t row = find_row(fields, key, next);
		bool current = false;

		if (row == NO_ROW)
			continue;
		for (; fields[row].name && is_named(&fields[row], key); row++) {
			assert(row < SLOTS_MAX);
			slots->place[row] = (uint32_t)i + 1;
			current = current || schema_has(&fields[row], release);
		}
		slots->known++;
		slots->current += current;
		next = row;
	}
}
