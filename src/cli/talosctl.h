/*
 * What the commands in the manner of talosctl share: `--as`, patches on the command line, and files
 * that are not replaced unless told so.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cli/option.h"
#include "cli/say.h"
#include "cluster/secrets.h"
#include "render/config.h"
#include "render/patch.h"

#include <stdbool.h>

extern const char *const release_names[];     /* "v1.13", "v1.14"; NULL-ended */
enum release release_named(const char *name); /* NULL: v1.13 */

bool flag_is_given(const char *text); /* "" is as good as nothing */

/* Patches from arguments: `@file`; a file's name; or the text itself if it has white space or
 * begins with [ or {. Adds to `out`, whose list is in the arena. */
struct patch_list {
	struct patch **at;
	size_t len, cap;
	struct findings *traps; /* borrowed: where the patches tell of traps (render/trap.h) */
};
int patches_from(struct arena *arena, const struct words *words, enum release release,
		 struct patch_list *out, struct err *err);

/* What patches told, on stderr. */
void traps_say(const struct say *say, const struct findings *traps);

/* A file that is made with mode 0600. What is there and no file, a pipe or a terminal, is written
 * to when `force` is set. */
struct output_file {
	const char *path;
	const char *text;
	size_t len;
	bool force;
	bool again;  /* it can be made again: it need not be on disk when the call returns */
	bool folder; /* it is made, mode 0700, when absent */
};
/* Whether it can be written, as far as can be told before. ERR_CONFLICT when it exists and `force`
 * is false. */
int output_file_check(const struct output_file *file, struct err *err);
int output_file_write(const struct output_file *file, struct err *err);

struct program;
/* In the form of a contract: "v1.13". NULL stays NULL: the newest. */
int contract_text(struct arena *arena, const char *version, const char **out, struct err *err);
/* For new bundles. */
int bundle_terms(struct program *program, const char *version, struct bundle_options *out,
		 struct err *err);
