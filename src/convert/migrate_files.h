/*
 * The files of a workspace while it is migrated: texts by name, and the edits of cluster.yaml,
 * nodes.yaml and the versions files, which change single words and keep the rest as it was written.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "cluster/files.h"

#include <stdbool.h>

struct file_set {
	struct arena *arena;
	struct file_text *at;
	size_t len, cap;
};
void file_set_init(struct file_set *set, struct arena *arena, const struct file_text *files,
		   size_t count);
const struct file_text *file_set_get(const struct file_set *set, const char *name);
void file_set_put(struct file_set *set, const char *name, const char *text);
/* Its text is secret from now on; new texts of that name are, too. */
void file_set_seal(struct file_set *set, const char *name);
bool file_set_is_sealed(const struct file_set *set, const char *name);
void file_set_remove(struct file_set *set, const char *name);
/* `name`, or with a number when that is taken. */
const char *file_set_free_name(const struct file_set *set, const char *name);

/* talos_version and contract as they must be for 1.14. */
int files_set_versions(struct file_set *set, const struct cluster *cluster, const char *talos,
		       struct err *err);
/* The list under the key `patches` of that map is now a list of these files. ERR_REFUSED when it is
 * not written as a block. */
int files_set_patches(struct file_set *set, const char *file, const struct value *map,
		      const char *const *names, size_t count, struct err *err);
