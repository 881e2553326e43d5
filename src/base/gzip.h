/*
 * gzip streams, and the tar archives that come inside them.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* Appends the unpacked bytes to `out`, whose limit bounds them: ERR_REMOTE when they pass it or
 * the data is damaged or cut short. */
int gzip_unpack(const void *data, size_t len, struct str *out, struct err *err);
int gzip_pack(const void *data, size_t len, struct str *out, struct err *err);

/* The first regular file of a ustar archive whose base name is `name`; points into `data`.
 * ERR_NOT_FOUND when it is not there, ERR_REMOTE when the archive is damaged. */
int tar_find(const void *data, size_t len, const char *name, const void **file, size_t *file_len,
	     struct err *err);
/* Appends an archive with that one file (mode 0644, time 0). A name has at most 100 bytes. What
 * would pass the limit of `out` is dropped whole and sets `full`. */
void tar_add(struct str *out, const char *name, const void *data, size_t len);
