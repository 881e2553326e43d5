/*
 * Decode tables: one row per key is parser, validator, documentation, JSON Schema and completion.
 *
 *	static const struct field node_fields[] = {
 *		{ "name", FIELD_STR, offsetof(struct node, name), .required = true,
 *		  .doc = "host name, a DNS label" },
 *		{ .name = NULL },
 *	};
 *	if (value_decode(map, node_fields, "nodes[0]", &node, findings) < 0) ...
 *
 * Strings decoded point into the value; lists are allocated in the findings' arena. Every mistake
 * becomes a finding with its place. Their ids: unknown-key (with a did-you-mean), missing-key,
 * wrong-type, out-of-range, bad-choice.
 * What is absent keeps what `out` had.
 */
#pragma once

#include "base/arena.h"
#include "tree/finding.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_STR,	     /* const char *: a string; a plain number is taken as its text */
	FIELD_BOOL,	     /* enum tristate */
	FIELD_UINT,	     /* uint64_t, with min and max */
	FIELD_TEXTS,	     /* struct texts: a list of strings */
	FIELD_TEXT_OR_TEXTS, /* struct texts: one string or a list of them */
	FIELD_STRUCT,	     /* embedded struct at offset, `inner` rows */
	FIELD_STRUCTS,	     /* struct structs: a list of maps, each decoded by `inner` */
	FIELD_VALUE,	     /* const struct value *: anything, judged by the caller */
	FIELD_MAP,	     /* const struct value *: a map */
	FIELD_LIST,	     /* const struct value *: a list */
};

enum tristate {
	TRI_UNSET,
	TRI_FALSE,
	TRI_TRUE
};

struct texts {
	const char *const *at;
	const struct value *const *value; /* the same entries, for their places */
	size_t len;
};

struct structs {
	void *at; /* len * inner_size bytes */
	size_t len;
};

struct field;
/* Judges one present value after its type was found right; adds findings itself. */
typedef void field_check_fn(const struct field *field, const struct value *value, const char *path,
			    struct findings *findings);

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	bool required, sensitive;
	uint64_t min, max;	   /* FIELD_UINT; max 0: no bound */
	const struct field *inner; /* FIELD_STRUCT(S), ended by a row without name */
	size_t inner_size;
	const char *const *choices; /* FIELD_STR: NULL-ended list of the only values */
	bool any_case;		    /* capitals are taken for the small letters of a choice */
	field_check_fn *check;	    /* may be NULL */
	const char *doc;	    /* one sentence */
	const char *standard;	    /* the default as text, for documentation; NULL: none */
};

/* -1 when it added an error. `path` prefixes the paths of findings. */
int value_decode(const struct value *map, const struct field *fields, const char *path, void *out,
		 struct findings *findings);
/* JSON Schema (draft 2020-12) of the table, as an object schema. */
const struct value *fields_schema(struct arena *arena, const struct field *fields);
/* The same with the head that a schema of its own has. */
const struct value *file_schema(struct arena *arena, const char *title, const struct field *fields);
