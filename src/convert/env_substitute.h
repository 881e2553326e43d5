/*
 * Environment variables in a text, as talhelper puts them there (envsubst, restricted).
 *
 *	const struct env_text text = { .file = "talconfig.yaml", .text = text, .len = len,
 *				       .get = lookup, .context = env };
 *	if (env_substitute(&out, &text, err) < 0) ...
 *
 * $NAME and ${NAME}, which must be set and not empty; ${NAME-text}, ${NAME:-text}, ${NAME=text} and
 * ${NAME:=text} with a default; ${NAME+text} and ${NAME:+text} for a text in place of a value. The
 * text is literal or one $OTHER. $$ is a dollar sign. What looks like none of these stays as it is:
 * "$(", "$" at the end, "$_", "${}".
 *
 * `out` is cleared first; its limit bounds what is written. Errors are ERR_INPUT with file, line
 * and column; they name variables and never their values.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* The value of a variable, NULL when it is not set; it lives until env_substitute() returns. */
typedef const char *env_get_fn(void *context, const char *name);

struct env_text {
	const char *file;      /* what errors name */
	unsigned line, column; /* where `text` begins in it; 0 is 1 */
	const char *text;
	size_t len;
	env_get_fn *get;
	void *context;
};

int env_substitute(struct str *out, const struct env_text *text, struct err *err);
