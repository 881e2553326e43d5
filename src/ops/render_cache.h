/*
 * The render cache: what a rendering was made of and what came of it, so that the next one need not
 * read, render or write anything where nothing has changed.
 *
 *	if (render_cache_look(arena, &key, &record) == 0)
 *		... nothing has changed; `record` is what the rendering said
 *	else
 *		... render, then
 *		render_cache_keep(arena, &key, &made);
 *
 * It holds names, counts and digests, and the findings, which never quote a secret. Each digest is
 * keyed with the bundle, which nobody guesses: a password in a user's file cannot be tried out on
 * them. Inputs are compared by their bytes, whatever their times; outputs by what the file system
 * says of them (fs_stamp), and by their bytes where that is not the same any more or was written in
 * the same moment as the cache.
 *
 * Whatever is wrong with the file (damaged, of another program, of another bundle) means that there
 * is none. It is written only where all files are in clear: what is encrypted, or printed by a
 * command, is asked for each time, since whether it can be had is part of the answer.
 */
#pragma once

#include "base/arena.h"
#include "cluster/workspace.h"
#include "ops/configs.h"
#include "tree/finding.h"

#include <stddef.h>
#include <stdint.h>

struct render_key {		 /* what a rendering depends on, besides the files */
	const char *folder;	 /* of the workspace */
	const char *file;	 /* of the cache */
	const char *program;	 /* its version */
	const char *contract;	 /* as asked for; NULL: the cluster's */
	const char *const *only; /* words of --nodes, NULL-ended; NULL: none */
	uint64_t now;		 /* wall time */
};

struct render_row {
	const char *name, *role, *file, *contract;
};
struct render_record {
	const char *bundle; /* the name of its file, which is in clear */
	struct render_row *at;
	size_t len;
	struct findings findings;
};
/* >0: there is none that says so, or something has changed. */
int render_cache_look(struct arena *arena, const struct render_key *key,
		      struct render_record *out);

struct render_made {
	struct workspace *workspace; /* with its bundle */
	const struct configs_result *configs;
	const struct findings *findings;
};
/* When it cannot be written, there is none. */
void render_cache_keep(struct arena *arena, const struct render_key *key,
		       const struct render_made *made);
