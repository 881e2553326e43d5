/*
 * From v1alpha1 to the documents of Talos 1.14: what the patches of a workspace say in sections of
 * the main document is said in typed documents instead, one subsystem at a time and never half of
 * one, because Talos refuses a subsystem that has both forms.
 *
 *	struct migrate_input input = { .file = texts, .files = count, .to = "v1.14" };
 *	if (migrate(arena, &input, &migration, err) < 0) ...
 *	migration.change, migration.stay, migration.added	what it does and why not more
 *	migration.file						the files that are other than before
 *
 * Pure: it reads the texts of the workspace and gives texts back. No secrets are needed: both sides
 * are rendered with stand-ins, and a result that would need a real one is refused.
 *
 * Nothing is handed out without proof. Every node is rendered from the old files and from the new
 * ones, both are read back into settings (migrate_settings.h, a table of its own that knows nothing
 * of the map), and these must be equal but for what Talos 1.14 does by default
 * (migrate_defaults.c). Else ERR_REFUSED with the place of the setting in the old files, and no
 * files.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/files.h"
#include "convert/migrate_map.h"
#include "tree/finding.h"

#include <stdbool.h>
#include <stddef.h>

struct migrate_input {
	const struct file_text *file; /* as workspace_open_texts() takes them, all in clear */
	size_t files;
	const char *to;		       /* "v1.14", "v1.14.1" */
	const struct migrate_row *map; /* NULL: migrate_map */
};

/* A field of a patch that has a document now. */
struct migrate_change {
	const char *subsystem, *from, *to; /* "kubelet", "machine.kubelet.image", "KubeletConfig" */
	struct src src;
};
/* What remains in v1alpha1. */
struct migrate_stay {
	const char *subsystem, *path, *why;
	struct src src; /* of the patch that needs it; may have no file */
};
/* What the new configs have that the old ones had not, or not so. */
struct migrate_default {
	const char *path, *why;
};
struct migrate_file {
	const char *name;
	const char *text; /* NULL: the file is not there any more */
	size_t len;
	bool sealed; /* it says what an encrypted file said: to be encrypted, too */
};

struct migration {
	const char *talos, *contract; /* of the new workspace */
	struct migrate_change *change;
	size_t changes;
	struct migrate_stay *stay;
	size_t stays;
	struct migrate_default *added;
	size_t added_count;
	struct migrate_file *file; /* those that differ from the input */
	size_t files;
	size_t nodes;	 /* proved equal */
	size_t settings; /* compared, over all of them */
};

/* ERR_INPUT when the files have errors, ERR_REFUSED when the proof fails. */
int migrate(struct arena *arena, const struct migrate_input *input, struct migration *out,
	    struct err *err);
