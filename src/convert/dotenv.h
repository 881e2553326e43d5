/*
 * Files with environment variables, as talhelper reads talenv.yaml: lines and not YAML.
 *
 *	const struct dotenv_text text = { .file = path, .text = text, .len = len };
 *	const struct value *env;
 *	if (dotenv_read(arena, &text, &env, err) < 0) ...
 *
 * NAME=value or NAME: value, with or without `export`; '...' is literal, "..." knows \n and \r and
 * may go over lines; # begins a comment; $NAME and ${NAME} are variables of the same file that
 * stand before it, others are empty. Lines that are `---` count for nothing. The last of several
 * values of a name is the one that holds.
 *
 * The result is a map of texts in the order of the file. What the original cannot parse is
 * ERR_INPUT with file and line (talhelper goes on without the whole file; that is the caller's to
 * decide). Values never stand in an error.
 */
#pragma once

#include "base/err.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct dotenv_text {
	const char *file; /* what places and errors name; copied */
	const char *text;
	size_t len;
	bool sensitive; /* every value is marked */
};

int dotenv_read(struct arena *arena, const struct dotenv_text *text, const struct value **out,
		struct err *err);
