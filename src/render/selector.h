/*
 * `$patch: delete`: what a patch document wants to have removed, found in its raw values and cut
 * out of them.
 *
 *	struct selectors selectors = { arena, release, NULL, 0, 0 };
 *	selectors_take(&selectors, document, &rest, err);	rest is NULL when nothing is left
 *	selector_apply(&selectors.at[0], schema, value, err)
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "render/schema.h"
#include "render/trap.h"
#include "tree/value.h"

struct selector {
	const char *kind, *name; /* of the document; SCHEMA_MAIN without a kind; name "" */
	const char *const *path; /* NULL-ended keys, "[2]" for list elements; empty: the document */
	const char *key, *value; /* of a list element: the field and text that find it */
	const char *text;	 /* the path for messages */
	struct src src;
};

struct selectors {
	struct arena *arena;
	struct selector *at;
	size_t len, cap;
	const struct traps *traps; /* borrowed; NULL: what is lost is not told */
};

int selectors_take(struct selectors *selectors, const struct value *document,
		   const struct value **rest, struct err *err);

struct selection {
	struct arena *arena;
	enum release release;
};
/* `map` without what the selector names, as a new map; NULL with *err filled when it is not
 * there. */
const struct value *selector_apply(const struct selection *selection,
				   const struct selector *selector,
				   const struct schema_field *fields, const struct value *map,
				   struct err *err);
