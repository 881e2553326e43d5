/*
 * Files: read whole, write atomically, list, lock.
 *
 * Reads have a limit and say which file and why. A write goes to a temporary file in the same
 * folder, is flushed to disk and renamed, so that a reader sees the old or the new text and a
 * crash leaves nothing half-written. A symbolic link is followed: its target is replaced and the
 * link stays. Paths are used as given (relative ones against the working directory).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FS_FILE_MAX ((size_t)32 << 20) /* bytes; what any file of a workspace may have */

/* ERR_NOT_FOUND when there is no such file, ERR_INPUT when it is larger than `max` bytes or a
 * folder, else ERR_SYSTEM. The text gets a NUL behind it that `len` does not count. */
int fs_read(struct arena *arena, const char *path, size_t max, char **text, size_t *len,
	    struct err *err);

enum fs_written {
	FS_CHANGED,
	FS_UNCHANGED
};
/* Writes with exactly `mode`. A file that holds the same bytes is left alone (its mtime stays) but
 * gets the mode; *written (may be NULL) tells which. What exists and is no regular file (a folder,
 * a device) is ERR_INPUT. */
int fs_write(const char *path, const void *data, size_t len, mode_t mode, enum fs_written *written,
	     struct err *err);
/* Like fs_write(), but not flushed to disk: for what can be made again. When the machine itself
 * dies soon after, the file may be the old one, the new one or empty; a program that dies leaves
 * the old or the new one. */
int fs_write_soon(const char *path, const void *data, size_t len, mode_t mode,
		  enum fs_written *written, struct err *err);
/* Like fs_write(), but the file must not exist yet: ERR_CONFLICT. */
int fs_create(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/* Likewise, but not flushed to disk, as fs_write_soon(). */
int fs_create_soon(const char *path, const void *data, size_t len, mode_t mode, struct err *err);

int fs_mkdir(const char *path, mode_t mode, struct err *err); /* with parents; present is fine */
int fs_remove(const char *path, struct err *err);	      /* one file; absent is fine */
bool fs_exists(const char *path);
bool fs_is_dir(const char *path);
int fs_mode(const char *path, mode_t *mode, struct err *err);	 /* permission bits */
int fs_set_mode(const char *path, mode_t mode, struct err *err); /* nothing is done if it has it */
/* Whether the file holds exactly these bytes. One that cannot be read does not. */
bool fs_holds(const char *path, const void *data, size_t len);

/* What tells that a file is not the one it was: times are nanoseconds since the epoch. */
struct fs_stamp {
	uint64_t device, inode, size, modified, changed;
	mode_t mode; /* permission bits */
};
/* Of a regular file; false when there is none, or what is there cannot be looked at. */
bool fs_stamp(const char *path, struct fs_stamp *out);
bool fs_stamps_equal(const struct fs_stamp *a, const struct fs_stamp *b);

struct fs_names {
	const char **at;
	size_t len;
};
/* Names (not paths) of the entries of a folder whose name ends in `suffix`, sorted by bytes,
 * without hidden ones. A folder that does not exist has none. */
int fs_list(struct arena *arena, const char *folder, const char *suffix, struct fs_names *out,
	    struct err *err);
/* All of them, hidden ones too. */
int fs_list_all(struct arena *arena, const char *folder, struct fs_names *out, struct err *err);

/* Removes what writers that were killed left beside their files. The caller sees to it that none
 * writes there now. A folder that does not exist, or a file that stays, is no matter. */
void fs_sweep(const char *folder);

/* A `name` that is absolute is the whole path. */
const char *fs_join(struct arena *arena, const char *folder, const char *name);
const char *fs_base(const char *path); /* points into `path` behind the last slash */

/* An advisory lock on a file that is made when absent. */
struct fs_lock {
	int fd; /* -1: not held */
};
/* >0 when another process holds it. */
int fs_lock(struct fs_lock *lock, const char *path, struct err *err);
void fs_unlock(struct fs_lock *lock);
