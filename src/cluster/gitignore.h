/*
 * Whether git would leave a file alone: what the .gitignore files between it and the top of its
 * repository say.
 *
 *	if (!git_ignores(arena, "home/talsecret.yaml"))
 *		... it could be committed by accident
 *
 * Reads those files, asks no git. A file outside any repository counts as ignored.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

/* The .gitignore of a new workspace: what it holds that no repository should. */
extern const char gitignore_workspace[];

bool git_ignores(struct arena *arena, const char *path);

/* What one .gitignore says about `relative`, a path below its folder: the last line that matches
 * decides, and without any the answer is `otherwise`. */
bool git_ignore_lines(const char *text, const char *relative, bool otherwise);
