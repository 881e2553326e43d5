/*
 * A folder of talhelper becomes a workspace.
 *
 *	struct talhelper_input input = { .source = "home/talos", .get = env, ... };
 *	struct talhelper_workspace made;
 *	if (talhelper_import(arena, &input, &findings, &made, err) < 0) ...
 *	made.file[0].name, .text, .mode			to be written
 *
 * Nothing is written and nothing outside the folder is read. The files are such that each node
 * renders as talhelper would render it: what a key of cluster.yaml or nodes.yaml says exactly
 * becomes that key, the rest becomes patches, and patches come in talhelper's order. Go templates
 * and variables are evaluated now. What was dropped, and what talhelper drops, are findings.
 *
 * Errors are ERR_INPUT with the place in the user's file; ERR_AUTH when a file is encrypted for
 * somebody else. docs/import.md describes what becomes of what.
 */
#pragma once

#include "cluster/files.h"
#include "convert/env_substitute.h"
#include "crypto/random.h"
#include "render/config.h"
#include "seal/keyring.h"
#include "tree/finding.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct talhelper_input {
	const char *source; /* the folder, or the talconfig.yaml in it */
	env_get_fn *get;    /* the process' environment; may be NULL */
	void *context;
	struct keyring *keyring; /* for encrypted files; NULL: no keys */
	bool plain;		 /* what is encrypted there is written in clear */
	uint64_t now;		 /* wall time, of certificates that have to be made */
	struct random_source *random;
};

struct talhelper_file {
	const char *name; /* below the workspace */
	const char *text;
	size_t len;
	mode_t mode;
	bool secret;	  /* holds what was encrypted, or the secrets bundle */
	const char *from; /* what it was made of: "talconfig.yaml:12" */
};

struct talhelper_made_node {
	const char *name, *output;
	const char *installer, *image; /* URLs, as talhelper's genurl gives them */
	struct config config;
};

struct talhelper_workspace {
	struct talhelper_file *file;
	size_t files;
	struct talhelper_made_node *node;
	size_t nodes;
	const char *folder; /* of the source */
	bool new_bundle;    /* there was none */
	bool in_clear;	    /* a bundle that was encrypted is written in clear */
};

int talhelper_import(struct arena *arena, const struct talhelper_input *input,
		     struct findings *findings, struct talhelper_workspace *out, struct err *err);
