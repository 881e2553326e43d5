/*
 * A program that prints the secrets bundle: `secrets: {command: ...}` of cluster.yaml.
 *
 *	struct secrets_command *command = secrets_command_of(arena, value);	NULL: it is none
 *	secrets_command_run(command, folder, &bundle, err);
 *
 * The command is a text for /bin/sh -c, or a list of words that is run as it is. It runs in the
 * workspace, has 60 seconds and no terminal; what it prints stays in memory that is erased. Of
 * what it says when it fails no more than the last line of its stderr is told, and that only when
 * it does not look like a secret.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/secrets.h"
#include "tree/value.h"

struct secrets_command {
	const char *const *argv; /* NULL-ended */
	struct src src;		 /* of the command in cluster.yaml */
};

/* From the value of `secrets`, which is borrowed; NULL when it is no map with a command alone, or
 * the command is neither text nor a list of texts, or empty. */
const struct secrets_command *secrets_command_of(struct arena *arena, const struct value *secrets);

/* ERR_AUTH when it cannot be run or fails, ERR_TIMEOUT, ERR_INPUT at its place in cluster.yaml
 * when what it prints is no bundle. */
int secrets_command_run(const struct secrets_command *command, const char *folder,
			struct bundle **out, struct err *err);
