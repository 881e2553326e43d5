/*
 * A workspace: the folder with a user's files (cluster.yaml, nodes.yaml, versions, patches,
 * secrets).
 *
 *	struct workspace *ws OWNED(workspace_free) = NULL;
 *	if (workspace_open(dir, &ws, err) < 0)          no such folder, unreadable file
 *	workspace_findings(ws)                          everything wrong in it, sorted
 *	cluster = workspace_cluster(ws, err);           NULL with ERR_INPUT if it has errors
 *
 * Nothing here touches the network or writes user files. Every problem that can be known from the
 * files is a finding, all at once, with file:line:column, path and a hint. Files are named relative
 * to the folder. The cluster and the findings live as long as the workspace.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "cluster/files.h"
#include "cluster/secrets.h"
#include "seal/keyring.h"
#include "tree/finding.h"

#include <stdbool.h>

struct workspace;

/* ERR_NOT_FOUND when there is no such folder, or neither cluster.yaml nor nodes.yaml in it. */
int workspace_open(const char *folder, struct workspace **out, struct err *err);
/* The same with the keys that its encrypted files are opened with. */
int workspace_open_with(const char *folder, const struct keyring_sources *keys,
			struct workspace **out, struct err *err);
/* The same from texts, named as the files would be; it has no folder and no bundle. */
int workspace_open_texts(const struct file_text *texts, size_t count, struct workspace **out,
			 struct err *err);
void workspace_free(struct workspace *workspace);
OWN_DEFINE(struct workspace, workspace_free)
const char *workspace_folder(const struct workspace *workspace); /* NULL: made of texts */
const struct findings *workspace_findings(const struct workspace *workspace);
/* NULL with ERR_AUTH when no key opens a file that it needs, else with ERR_INPUT. */
const struct cluster *workspace_cluster(const struct workspace *workspace, struct err *err);
/* Reads the bundle on first use: talsecret.sops.yaml, or talsecret.yaml where there is none.
 * ERR_NOT_FOUND with a hint when there is neither, ERR_AUTH when no key opens it, ERR_REFUSED when
 * one that is kept in clear can be read by others or is not ignored by git. Where cluster.yaml
 * names a command it is run, and waited for (cluster/secrets_command.h). */
const struct bundle *workspace_bundle(struct workspace *workspace, struct err *err);
/* What keeps workspace_bundle() from reading it, as a finding: a note when there is none yet, a
 * warning when there is no key to open it with. A command is not run for that. */
void workspace_check_secrets(struct workspace *workspace, struct findings *findings);
/* True after workspace_bundle() read one that is kept in clear: the caller warns. */
bool workspace_bundle_in_clear(const struct workspace *workspace);
/* True when a command prints the bundle, so that there is no file of it. */
bool workspace_has_secrets_command(const struct workspace *workspace);

/* The file of the bundle, relative to the folder; it may not exist yet. */
const char *workspace_secrets_file(struct workspace *workspace);
/* The keys it was opened with. */
struct keyring *workspace_keyring(struct workspace *workspace);
/* What it was asked of the folder, without the bundle. */
struct questions workspace_questions(const struct workspace *workspace);
/* SHA-256 of the file that workspace_bundle() read; NULL when that, or any other file, is kept
 * encrypted. */
const unsigned char *workspace_bundle_digest(const struct workspace *workspace);

/* A path below the folder, in the workspace's arena. */
const char *workspace_path(struct workspace *workspace, const char *relative);
