/*
 * The files that are compiled into the program: profiles and templates. The build writes the table
 * from the folders of the same names, sorted by path.
 *
 *	for (size_t i = 0; i < embedded_files_count; i++)
 *		if (!strcmp(embedded_files[i].path, "profiles/vip-and-workers/cluster.yaml"))
 *			read(embedded_files[i].data, embedded_files[i].len);
 *
 * Everything is constant and lives as long as the program. A NUL that len does not count follows
 * every content.
 */
#pragma once

#include <stddef.h>

struct embedded_file {
	const char *path; /* relative, with slashes: "templates/cilium-values.yaml" */
	const unsigned char *data;
	size_t len;
};

extern const struct embedded_file embedded_files[]; /* ends with a row whose path is NULL */
extern const size_t embedded_files_count;
