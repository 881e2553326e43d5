/*
 * Strict reading of a document by its schema: typed scalars in their normal form, fields in
 * printing order, only what was given. Unknown fields, wrong types and merge keys among fields
 * are errors with their place: the first of them in an err, or all of them as findings.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "render/config.h"
#include "render/schema.h"
#include "tree/finding.h"
#include "tree/value.h"

struct loader {
	struct arena *arena;
	enum release release;
	struct err *err;
	bool nulls; /* what is null is kept, for a merge that tells of it */
	/* NULL: the first fault ends it. Else unknown fields and wrong types are told here, all
	 * of them, and what is at fault is left out. */
	struct findings *findings;
	/* Unknown fields and kinds stay as they are; findings, if there are any, are warnings about
	 * them alone. */
	bool open;
	const char *document; /* what paths of findings begin with, or NULL */
};

/* NULL with loader->err filled. `path` names `map` in messages, "" for a document. */
const struct value *load_fields(const struct loader *loader, const struct schema_field *fields,
				const struct value *map, const char *path);

/* A document's map: its kind, name and fields. -1 with loader->err filled. */
int load_document(const struct loader *loader, const struct value *map, struct document *out);
/* The kind of a document's map: its schema and name. -1 with loader->err filled. */
int load_kind(const struct loader *loader, const struct value *map,
	      const struct schema_kind **kind, const char **name);

/* Whether the fault in loader->err was told as a finding, so that reading can go on. */
bool load_told(const struct loader *loader, const char *id, const char *path);
