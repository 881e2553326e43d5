/*
 * A workspace in memory for the tests of migrate: a control plane, a worker, and patches.
 */
#pragma once

#include "convert/migrate.h"

#define SITE_FILES_MAX 8

struct migrate_site {
	struct file_text file[SITE_FILES_MAX];
	size_t files;
};
/* Its cluster.yaml and nodes.yaml; `contract` may be NULL. */
void site_begin(struct migrate_site *site, struct arena *arena, const char *contract);
void site_file(struct migrate_site *site, const char *name, const char *text);
int site_migrate(const struct migrate_site *site, struct arena *arena,
		 const struct migrate_row *map, struct migration *out, struct err *err);
/* The text of a new file; "" when it is as it was or gone. */
const char *site_text(const struct migration *migration, const char *name);
/* The whole tree of new patches in one text: "== NAME" and what is in it. */
const char *site_patches(struct arena *arena, const struct migration *migration);
/* What is told to stay at that path; NULL: nothing. */
const struct migrate_stay *site_stay(const struct migration *migration, const char *path);
/* The new files in place of the old ones, as --write puts them. */
void site_apply(struct migrate_site *site, const struct migration *migration);
