/*
 * A workspace: the folder with a user's files (cluster.yaml, nodes.yaml, versions, patches, secrets).
 *
 *	struct workspace *ws OWNED(workspace_free) = NULL;
 *	if (workspace_open(dir, &ws, err) < 0)          no such folder, unreadable file
 *	workspace_findings(ws)                          everything wrong in it, sorted
 *	const struct cluster *cluster = workspace_cluster(ws, err);   NULL with ERR_INPUT if it has errors
 *
 * Nothing here touches the network or writes user files. Every problem that can be known from the files is
 * a finding, all at once, with file:line:column, path and a hint.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"
#include "tree/finding.h"

#include <stdbool.h>

struct workspace;

int workspace_open(const char *folder, struct workspace **out, struct err *err);
void workspace_free(struct workspace *workspace);
OWN_DEFINE(struct workspace, workspace_free)
const char *workspace_folder(const struct workspace *workspace);
const struct findings *workspace_findings(const struct workspace *workspace);
const struct cluster *workspace_cluster(const struct workspace *workspace, struct err *err);
/* Reads the bundle on first use (talsecret.yaml). ERR_NOT_FOUND with a hint when there is none, ERR_REFUSED
 * when others can read the file or it is not ignored by git. */
const struct bundle *workspace_bundle(struct workspace *workspace, struct err *err);
/* True after workspace_bundle() read one that is kept in clear: the caller warns. */
bool workspace_bundle_in_clear(const struct workspace *workspace);

/* A path below the folder, in the workspace's arena. */
const char *workspace_path(struct workspace *workspace, const char *relative);
