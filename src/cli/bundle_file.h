/*
 * The file of the secrets bundle: made, and never replaced. Where a .sops.yaml has a rule for it,
 * it is never in clear on disk.
 *
 *	const char *name;
 *	if (bundle_file_new(program, folder, &name, err) < 0)
 *		return -1;
 */
#pragma once

#include "base/err.h"
#include "cluster/secrets.h"
#include "seal/sealed.h"

struct program;

#define BUNDLE_FILE "talsecret.yaml"
#define BUNDLE_SEALED "talsecret.sops.yaml"
#define BUNDLE_IN_CLEAR "%s is kept in clear: whoever reads it owns the cluster"

/* Writes it into the folder, as BUNDLE_SEALED when it can be encrypted, else in clear with a
 * warning, mode 0600. ERR_CONFLICT when there is one. *name is the one written. */
int bundle_file_write(struct program *program, const struct bundle *bundle, const char *folder,
		      const char **name, struct err *err);
/* A new bundle for the workspace's contract, written. */
int bundle_file_new(struct program *program, const char *folder, const char **name,
		    struct err *err);
/* ERR_CONFLICT when the folder has one, encrypted or not. */
int bundle_file_absent(struct program *program, const char *folder, struct err *err);

/* What sealing needs besides a file and its rule. */
struct sealed_moment program_sealing(const struct program *program);
