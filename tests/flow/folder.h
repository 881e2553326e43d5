/*
 * Folders that tests work in: made, copied, removed with all that is in them.
 *
 *	const char *folder = folder_new(arena);
 *	folder_copy(folder, folder_new(arena));
 *	folder_remove(folder);
 *
 * They are in memory where there is room for that: a disk is waited for at every record of a
 * journal. Whatever goes wrong ends the program.
 */
#pragma once

#include "base/arena.h"

const char *folder_new(struct arena *arena);
/* Into a folder that exists; files and folders only. */
void folder_copy(const char *from, const char *to);
void folder_remove(const char *folder);
