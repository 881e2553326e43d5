/*
 * Strict reading of a document by its schema: typed scalars in their normal form, fields in
 * printing order, only what was given. Unknown fields, wrong types and merge keys among fields
 * are errors with their place.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "render/config.h"
#include "render/schema.h"
#include "tree/value.h"

struct loader {
	struct arena *arena;
	enum release release;
	struct err *err;
};

/* NULL with loader->err filled. `path` names `map` in messages, "" for a document. */
const struct value *load_fields(const struct loader *loader, const struct schema_field *fields,
				const struct value *map, const char *path);

/* The kind of a document's map: its schema and name. -1 with loader->err filled. */
int load_kind(const struct loader *loader, const struct value *map,
	      const struct schema_kind **kind, const char **name);
