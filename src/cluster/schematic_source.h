/*
 * Where the schematic of a node is written: inline, or in a file of the workspace ("@file" or
 * "file"). What it says is judged by those who render.
 *
 *	const struct value *map = schematic_source(draft, settings->schematic, path);
 *
 * For the files of src/cluster.
 */
#pragma once

#include "cluster/input.h"

/* The map, or an empty one for an empty file; NULL after a finding, or when `setting` is NULL.
 * `path` is that of the setting. */
const struct value *schematic_source(struct draft *draft, const struct value *setting,
				     const char *path);
