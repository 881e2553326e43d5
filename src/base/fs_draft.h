/*
 * A file that comes in pieces and is in its place only when it is whole: for what is larger than
 * memory should hold.
 *
 *	struct fs_draft draft = FS_DRAFT_NONE;
 *	if (fs_draft_open(&draft, path, 0600, err) < 0) ...
 *	fs_draft_add(&draft, data, len, err);              any pieces
 *	fs_draft_place(&draft, err);                       flushed to disk, then renamed to `path`
 *	fs_draft_done(&draft);                             what was not placed is gone
 *
 * `path` is borrowed. Until it is placed the bytes are in draft.name beside `path`, with mode 0600.
 */
#pragma once

#include "base/err.h"

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

struct fs_draft {
	int fd; /* -1: none is open */
	const char *path;
	mode_t mode;
	char name[PATH_MAX];
};

/* clang-format off */
#define FS_DRAFT_NONE { .fd = -1 }
/* clang-format on */

int fs_draft_open(struct fs_draft *draft, const char *path, mode_t mode, struct err *err);
int fs_draft_add(struct fs_draft *draft, const void *data, size_t len, struct err *err);
/* A file by that name is replaced. What is there and is no regular file is ERR_INPUT. */
int fs_draft_place(struct fs_draft *draft, struct err *err);
void fs_draft_done(struct fs_draft *draft); /* fine on one that is placed or was never opened */
