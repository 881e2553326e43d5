/*
 * From what was given to what is printed: fields that are always there appear, empty ones that
 * are left out vanish, free maps are sorted.
 */
#pragma once

#include "base/arena.h"
#include "render/config.h"
#include "render/schema.h"
#include "tree/value.h"

const struct value *emit_fields(struct arena *arena, const struct schema_field *fields,
				const struct value *map, enum release release);
/* The value of a field that was never set, so that it is left out unless it must be printed. */
bool emit_is_zero(const struct schema_field *field, const struct value *value,
		  enum release release);
