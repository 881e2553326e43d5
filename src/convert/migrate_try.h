/*
 * One way of migrating: the new files put together, what they lack added, and the proof.
 */
#pragma once

#include "convert/migrate_files.h"
#include "convert/migrate_parts.h"

struct migrating_patch {
	const struct patch_source *source;
	size_t users[ROLE_COUNT]; /* nodes that have it */
	struct migrated_patch result;
};

struct migrating {
	struct arena *arena;
	struct migration *out;
	const struct migrate_row *map;
	const struct cluster *cluster; /* the old one */
	const struct config *before;   /* by node */
	bool documents;		       /* those are of contract 1.14 already */
	const char *talos;	       /* of the new one */
	bool stays[MIGRATE_SUBSYSTEM_COUNT];
	bool changed;
	struct migrating_patch *patch;
	size_t patches;
	size_t stay_cap, change_cap;
};
const struct bundle *migrating_bundle(void);
/* Where the user's file has it: an inline patch is where it is mentioned. */
struct src migrating_place(const struct migrating *migrating, struct src src);

/* `alone`: what is added is added for every node by itself. -1 when it cannot be proved. */
int migrate_try(struct migrating *migrating, struct file_set *set, bool alone, struct err *err);
