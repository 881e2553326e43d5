/*
 * The file of the secrets bundle: made, and never replaced.
 */
#pragma once

#include "base/err.h"
#include "cluster/secrets.h"

struct program;

#define BUNDLE_FILE "talsecret.yaml"
#define BUNDLE_IN_CLEAR "%s is kept in clear: whoever reads it owns the cluster"

/* Writes it with mode 0600; ERR_CONFLICT when there is one. */
int bundle_file_write(const struct bundle *bundle, const char *path, struct err *err);
/* A new bundle for the workspace's contract, written. */
int bundle_file_new(struct program *program, const char *path, struct err *err);
