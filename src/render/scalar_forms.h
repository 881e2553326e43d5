/*
 * The scalars of typed fields: what they accept and the one form they are printed in.
 *
 *	if (scalar_form(arena, row, value, &normal, err) < 0)
 *		... err says what was wanted and where
 *	if (scalar_form_is_zero(row, normal)) ...
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "render/schema.h"
#include "tree/value.h"

int scalar_form(struct arena *arena, const struct schema_field *field, const struct value *value,
		const struct value **out, struct err *err);
/* The value a field has that was never set. */
bool scalar_form_is_zero(const struct schema_field *field, const struct value *value);
const struct value *scalar_form_zero(struct arena *arena, const struct schema_field *field);
/* Whether a `$patch: delete` of a list element can name it by this field. */
bool scalar_form_selects(enum schema_type type);
/* Whether one that is not set can be named so, by an empty text. */
bool scalar_form_selects_empty(enum schema_type type);
/* Whether the release can merge two documents that have such a field (1.13 cannot for addresses).
 * */
bool scalar_form_merges(enum schema_type type, enum release release);
/* "a duration such as 1h30m": for messages. */
const char *scalar_form_name(enum schema_type type);
