/*
 * The strategic merge of two documents of one kind, both in the form of load.h, field by field as
 * the schema says. What the patch gave keeps its places.
 *
 * Talos drops a few values on the way: an empty one does not replace another, URLs are merged part
 * by part, and some fields that a patch does not repeat are reset by it. Those are traps (trap.h).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "render/config.h"
#include "render/schema.h"
#include "render/trap.h"
#include "tree/value.h"

struct merger {
	struct arena *arena;
	enum release release;
	struct err *err;
	struct src place;    /* of the patch, for what it does not mention */
	struct traps *traps; /* borrowed; knows where the merge is */
};

/* NULL with merger->err filled. `left` and `right` may be NULL for none. */
const struct value *merge_fields(const struct merger *merger, const struct schema_field *fields,
				 const struct value *left, const struct value *right);
/* Free-form values: maps merge, lists append, scalars of one type replace unless they are zero. */
const struct value *merge_free(const struct merger *merger, const struct value *left,
			       const struct value *right);
/* List fields with a rule of their own (merge_rules.c). */
const struct value *merge_list(const struct merger *merger, const struct schema_field *field,
			       const struct value *left, const struct value *right);
