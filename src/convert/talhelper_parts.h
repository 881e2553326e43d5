/*
 * The parts of an import: what each node becomes, step by step. For the files of this module.
 */
#pragma once

#include "cluster/secrets.h"
#include "convert/talconfig.h"
#include "convert/talhelper.h"
#include "convert/talhelper_image.h"
#include "convert/talhelper_source.h"
#include "convert/typed_value.h"
#include "render/contract.h"
#include "render/draft.h"

enum patch_origin {
	PATCH_OF_GROUP,
	PATCH_OF_NODE,
	PATCH_OF_ALL,
	PATCH_OF_MANIFEST,
	PATCH_ORIGIN_COUNT
};

struct import_patch {
	enum patch_origin origin;
	const char *stem; /* what its file is called after: "machine-kubelet", "inline" */
	size_t number;	  /* among those of its origin */
	const char *text;
	size_t len;
	bool secret;
	bool empty;	/* not one document */
	struct src src; /* where talconfig.yaml mentions it */
};

struct import_node {
	const struct talconfig_node *from;
	enum role role;
	const char *path; /* "nodes[0]" */
	const char *name; /* the hostname in small letters */
	const char *output;
	const char **address;
	size_t addresses;
	struct talhelper_image image;

	/* what becomes keys of nodes.yaml; NULL: none */
	const struct value *labels, *annotations, *taints, *modules, *disk;
	/* what becomes patches: a part of the main document, and others in talhelper's order */
	const struct value *main, *documents;
	bool stable_hostname;
	/* networkInterfaces of which two would be merged into one; NULL: none */
	const struct value *interfaces;

	struct import_patch *patch;
	size_t patches, cap;
	struct config config; /* so far */
};

struct import {
	struct arena *arena;
	const struct talhelper_input *input;
	struct talhelper_source source;
	struct findings *findings;
	struct talconfig config;
	const struct value *raw; /* before variables were put into it */
	const char *name;	 /* of the cluster, of letters that ours may have */
	const char *talos;	 /* "v1.13.9" */
	struct contract contract;
	enum release release;
	struct typed typed;
	const struct bundle *bundle;
	struct import_node *node;
	bool exact;    /* lists have an entry twice */
	bool net_keys; /* the networks are such that keys of cluster.yaml hold them */

	struct talhelper_file *file;
	size_t files, cap;
};

/* talhelper_settings.c: keys and documents of every node, from its settings. */
int import_settings(struct import *import, struct err *err);
/* Labels and annotations whose values are templates, over the node's config so far. */
int import_map_templates(struct import *import, struct import_node *node, bool *changed,
			 struct err *err);

/* talhelper_check.c: what talhelper refuses in a node's settings before anything is made. */
void import_check(struct import *import, const struct import_node *node);
void import_check_groups(struct import *import);

/* talhelper_patches.c: evaluates the patches of a node and applies them to its config. */
int import_patches(struct import *import, struct import_node *node, struct err *err);

/* talhelper_files.c: the files of the workspace, from what the nodes have so far. */
void import_files(struct import *import);
struct import_file {
	const char *name, *from;
	mode_t mode;
	bool secret;
};
void import_add_file(struct import *import, const struct import_file *file,
		     const struct str *text);
/* Renders every node of the files into its config. */
int import_render(struct import *import, struct err *err);

/* A template over the node's config; `*secret` is set when it looked at something sensitive. */
int import_template(struct import *import, const struct import_node *node,
		    const struct source_text *text, struct src src, struct source_text *out,
		    struct err *err);
