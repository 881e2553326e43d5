/*
 * YAML in and out.
 *
 * Reading (yaml_read.c, the door to libyaml): any number of documents, YAML 1.1 scalar rules as the
 * field's tools apply them, anchors, aliases and merge keys; every value keeps its place. Duplicate
 * keys, tabs as indentation, unknown anchors, and input past the limits are errors with file, line
 * and column: err->kind ERR_INPUT, err->file set.
 *
 * Writing (yaml_write.c, our own): the layout that talosctl prints: 4 spaces, block style, lists
 * indented below their key, the same quoting decisions. Keys come in the order of the map.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct yaml_limits {
	size_t bytes;	/* of input */
	unsigned depth; /* of nesting */
	size_t values;	/* in all documents, with keys and expanded aliases */
};
/* 32 MiB, 100 levels, 1 million values. */
extern const struct yaml_limits yaml_limits_default;

struct yaml_input {
	const char *file; /* what places and messages name; copied */
	const char *text;
	size_t len;
	const struct yaml_limits *limits; /* NULL: the default */
	bool sensitive;			  /* every scalar read is marked */
	bool keeps_merge;		  /* << stays a key, what it names its value */
};

struct yaml_documents {
	const struct value **at; /* an empty document is null */
	size_t len;		 /* 0 for an empty or comment-only stream */
};

int yaml_read(struct arena *arena, const struct yaml_input *input, struct yaml_documents *out,
	      struct err *err);
/* A file with one document at most (without any: null). Errors of fs_read() and yaml_read(). */
int yaml_read_file(struct arena *arena, const char *path, const struct value **out,
		   struct err *err);

struct yaml_style {
	unsigned indent;   /* 4 as talosctl, 2 as talhelper */
	bool flat_lists;   /* list dashes not indented below their key */
	bool single_words; /* 'yes' and '1:30' as Talos 1.14 quotes them; else "yes" as 1.13 */
	bool stars;	   /* sensitive scalars are printed as *** */
	bool whole_digits; /* |4 even where a text is indented by 2, as the Image Factory hashes
			    * it; nobody reads that back */
};
/* 4, indented lists, quotes of 1.13, nothing starred. */
extern const struct yaml_style yaml_style_talos;

/* One document without a leading "---". */
void yaml_write(struct str *out, const struct value *value, const struct yaml_style *style);
/* Pieces of one, for those who write comments between them: a key with its colon, and a scalar,
 * null or an empty list or map with its line end, behind a key or dash in `column` (from 0). */
enum yaml_spot {
	YAML_BEHIND_KEY,
	YAML_BEHIND_DASH
};
void yaml_write_key(struct str *out, const char *key, int column, const struct yaml_style *style);
void yaml_write_leaf(struct str *out, const struct value *leaf, enum yaml_spot spot, int column,
		     const struct yaml_style *style);
/* The column of what stands in a block below a key in `column`. */
int yaml_column_below(int column, const struct yaml_style *style);
/* A text in single quotes. */
void yaml_write_single(struct str *out, const char *text, size_t len);
/* Several, with "---" between them. */
void yaml_write_all(struct str *out, const struct value *const *documents, size_t count,
		    const struct yaml_style *style);
