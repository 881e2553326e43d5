/*
 * Two machine configs compared by meaning: the one we made, and the file that another tool left.
 *
 *	const struct prove_text theirs = { .file = path, .text = text, .len = len };
 *	if (prove_config(arena, &config, &theirs, &proof, err) < 0)	their file cannot be read
 *	proof.len == 0							equal
 *
 * Documents must be the same in the same order; each must be equal as a tree, whatever the order
 * of keys, the quotes and the layout. Values of sensitive fields, and texts that look like a
 * secret, are "***". At most PROVE_MAX differences are kept; `more` counts the rest.
 */
#pragma once

#include "base/err.h"
#include "render/config.h"

#include <stddef.h>

#define PROVE_MAX 20

struct prove_text {
	const char *file;
	const char *text;
	size_t len;
	enum release release;
};

struct prove_difference {
	const char *document;	   /* "v1alpha1", "LinkConfig/eth0" */
	const char *path;	   /* "machine.install.image"; "" for the whole document */
	const char *ours, *theirs; /* NULL: there is nothing */
	struct src src;		   /* in their file; line 0 when it is not there */
};

struct prove {
	struct prove_difference *at;
	size_t len, cap, more;
};

int prove_config(struct arena *arena, const struct config *ours, const struct prove_text *theirs,
		 struct prove *out, struct err *err);
