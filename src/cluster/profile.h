/*
 * Profiles: whole clusters to start from, compiled into the program (profiles/ in the source tree).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

struct profile {
	const char *name;  /* "vip-and-workers" */
	const char *about; /* one line: the first comment line of its cluster.yaml */
};
const struct profile *profile_all(struct arena *arena, size_t *count);

/* Writes a new workspace: the profile's files, .gitignore, folders. ERR_NOT_FOUND with a
 * did-you-mean for an unknown name; ERR_CONFLICT when one of its files exists already; then nothing
 * is written. */
int profile_write(const char *name, const char *folder, struct err *err);
