/*
 * Passwords that cluster.yaml names the source of: a file of the workspace, an environment
 * variable or a command.
 *
 *	if (password_read(program, &peer->password, &text, err) < 0) ...
 *
 * One line end behind it does not count. The text lives in the program's arena, which is erased; it
 * is in no error.
 */
#pragma once

#include "base/err.h"
#include "cluster/cluster.h"

struct program;

/* *out is NULL where there is no source. */
int password_read(struct program *program, const struct password_source *source, const char **out,
		  struct err *err);
/* One for each peer of BGP, NULL where it has none. */
int password_read_peers(struct program *program, const struct cluster *cluster,
			const char *const **out, struct err *err);
