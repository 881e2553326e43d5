/*
 * Where a talconfig.yaml lives: the files beside it, decrypted where they are encrypted, and the
 * variables that are put into them.
 *
 *	struct talhelper_source source = { .arena = arena, .folder = dir, .get = env, ... };
 *	talhelper_source_env(&source, names, err);		talenv.yaml and the like
 *	talhelper_source_read(&source, "p/one.yaml", &text, err);
 *	talhelper_source_values(&source, value, &value, err);	variables put into a tree
 *	talhelper_source_text(&source, &text, &text, err);	into a text that is YAML
 *
 * Variables of the env files win over those of the process, later files over earlier ones. What
 * came out of an encrypted file is marked: texts as `secret`, values as sensitive.
 */
#pragma once

#include "base/err.h"
#include "convert/env_substitute.h"
#include "seal/keyring.h"
#include "tree/finding.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct talhelper_source {
	struct arena *arena;
	const char *folder;
	env_get_fn *get; /* of the process */
	void *context;
	struct findings *findings;
	struct keyring *keyring;       /* for encrypted files; NULL: no keys */
	bool sealed;		       /* some file was encrypted */
	const char *const *recipients; /* of the first of them, NULL-ended; NULL: unknown */
	const struct value *vars;      /* of the env files; NULL: none */
	bool looked_at_secret;	       /* since it was last cleared */
	const char *text;	       /* of the file whose values are at hand; NULL: none */
	size_t len;
};

struct source_text {
	const char *file; /* for messages: relative to the folder */
	const char *text; /* with a NUL behind it */
	size_t len;
	bool secret; /* was encrypted, or holds what was */
};

/* A list of names, NULL-ended; those that are not there are passed over. */
int talhelper_source_env(struct talhelper_source *source, const char *const *names,
			 struct err *err);
const char *talhelper_source_path(const struct talhelper_source *source, const char *name);
int talhelper_source_read(struct talhelper_source *source, const char *name,
			  struct source_text *out, struct err *err);
/* The file that a value mentions, with or without "@" and white space before its name. That it is
 * not there is a fault of the value. */
int talhelper_source_mentioned(struct talhelper_source *source, const struct value *value,
			       struct source_text *out, struct err *err);
int talhelper_source_values(struct talhelper_source *source, const struct value *value,
			    const struct value **out, struct err *err);
int talhelper_source_text(struct talhelper_source *source, const struct source_text *text,
			  struct source_text *out, struct err *err);
