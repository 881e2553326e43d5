/*
 * The three kinds of patches besides apply: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7396) and
 * the strategic one, which merges the lists whose entries have keys.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "tree/value.h"

/* ERR_INPUT: no patch; ERR_CONFLICT: it does not fit the object, or a test does not hold. */
int patch_json(struct arena *arena, const struct value *object, const struct value *patch,
	       const struct value **out, struct err *err);
const struct value *patch_merge(struct arena *arena, const struct value *object,
				const struct value *patch);
const struct value *patch_strategic(struct arena *arena, const char *field,
				    const struct value *object, const struct value *patch);
