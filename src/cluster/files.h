/*
 * The files of a workspace: a folder, or texts in memory that stand for one.
 *
 *	struct files *files = files_of_folder(arena, folder);
 *	int r = files_read(files, "nodes.yaml", &text, err);   0 read, >0 there is none, <0 error
 *	files_digest(files)                                    over all that was read so far
 *
 * Names are relative to the workspace, with slashes. Everything lives in the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"

#include <stddef.h>

struct file_text {
	const char *name; /* "patches/global/kubelet.yaml" */
	const char *text;
	size_t len;
};

struct files;
struct files *files_of_folder(struct arena *arena, const char *folder);
/* The texts are borrowed. */
struct files *files_of_texts(struct arena *arena, const struct file_text *texts, size_t count);
/* out->text has a NUL behind it that len does not count. */
int files_read(struct files *files, const char *name, struct file_text *out, struct err *err);
/* Names of the files in a folder that end in `suffix`, sorted; a folder that is absent has none. */
int files_list(struct files *files, const char *folder, const char *suffix, struct fs_names *out,
	       struct err *err);
/* Names of the folders in a folder, sorted. */
int files_folders(struct files *files, const char *folder, struct fs_names *out, struct err *err);
/* "sha256:..." over the names and bytes of the files read, in the order of their names. */
const char *files_digest(const struct files *files);
