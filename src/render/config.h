/*
 * A machine config: documents in the order Talos prints them, each checked against the schema of
 * a contract.
 *
 *	struct config config;
 *	struct config_input input = { .file = path, .text = text, .len = len };
 *	config_read(arena, &input, &config, err);
 *	config_write(&out, &config);
 *
 * Reading is strict, as the field's loader is: unknown keys and kinds, wrong types, duplicate and
 * conflicting documents are ERR_INPUT with their place, unless an input is open for what this
 * program does not know. Values are normalised: typed, in emission order, without what is dropped
 * when empty.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stddef.h>

enum release {
	RELEASE_1_13,
	RELEASE_1_14,
	RELEASE_COUNT
}; /* whose behaviour is wanted: `--as` */

struct document {
	const char *kind; /* "v1alpha1" for the main one */
	const char *name; /* of named kinds, else "" */
	const struct value *value;
	const struct value *loaded; /* before it was made ready for print; NULL: as `value` */
	bool verbatim;		    /* printed as it was written */
};
struct config {
	struct document *at; /* v1alpha1 first if there is one */
	size_t len;
	enum release release; /* whose layout it is printed in */
};

struct config_input {
	const char *file;
	const char *text;
	size_t len;
	enum release release;
	bool open; /* unknown kinds and fields stay as they are */
};
int config_read(struct arena *arena, const struct config_input *input, struct config *out,
		struct err *err);
void config_write(struct str *out, const struct config *config);
/* NULL when there is none; `name` may be NULL for any. */
const struct document *config_find(const struct config *config, const char *kind, const char *name);
/*
 * The documents of a text behind those of a config, as they are written: checked like all others,
 * never merged, not given their printed form.
 */
int config_append(struct arena *arena, struct config *config, const struct config_input *more,
		  struct err *err);
/*
 * A config from documents in the form of load.h: checks that none is there twice and none
 * conflict, puts the main one first and gives each its printed form.
 */
int config_build(struct arena *arena, const struct document *documents, size_t count,
		 enum release release, struct config *out, struct err *err);

/* Its two halves. What is arranged can be patched further; only what is settled can be written. */
struct documents {
	const struct document *at;
	size_t len;
	size_t known; /* how many of the first ones were checked against each other before */
};
int config_arrange(struct arena *arena, const struct documents *documents, enum release release,
		   struct config *out, struct err *err);
/* Parts that have their printed form already are left as they are and not looked at. */
void config_settle(struct arena *arena, struct config *config);
