/*
 * RFC 6902: a list of operations on one document.
 *
 *	struct json_patch patch;
 *	if (json_patch_read(arena, list, &patch, err) < 0) ...
 *	if (json_patch_apply(arena, &patch, document, &document, err) < 0) ...
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stddef.h>

enum json_operation {
	JSON_ADD,
	JSON_REMOVE,
	JSON_REPLACE,
	JSON_MOVE,
	JSON_COPY,
	JSON_TEST,
	JSON_OPERATION_COUNT
};

struct json_step {
	enum json_operation operation;
	const char *path, *from; /* pointers as of RFC 6901; from NULL when not needed */
	const struct value *value;
	bool asks_null; /* a test for null, which no value passes */
	struct src src;
};
struct json_patch {
	struct json_step *at;
	size_t len;
};

/* `list` is a list of operations, or null for none. ERR_INPUT with the place. */
int json_patch_read(struct arena *arena, const struct value *list, struct json_patch *out,
		    struct err *err);
int json_patch_apply(struct arena *arena, const struct json_patch *patch,
		     const struct value *document, const struct value **out, struct err *err);
/* A document as it goes into JSON: unquoted yes, no, on and off are booleans there. ERR_INPUT when
 * it has a number that JSON has not. */
int json_patch_document(struct arena *arena, const struct value *document,
			const struct value **out, struct err *err);
/* The same for a document in its printed form (emit.h). */
int json_patch_printed(struct arena *arena, const struct value *document,
		       const struct value **out, struct err *err);
/* A document as it comes out of JSON: numbers in their shortest notation. */
const struct value *json_patch_normal(struct arena *arena, const struct value *document);
/* Keys sorted at every level, 2 spaces, numbers in their shortest notation: what a document looks
 * like that went through JSON. */
void json_patch_write(struct arena *arena, struct str *out, const struct value *document);
