/*
 * A workspace that is right in every way, as texts, for tests that break one thing in it.
 *
 *	struct sample sample = sample_good();
 *	sample.cluster = sample_edit(arena, sample.cluster, "node_cidr: 10.0.0.0/16", "");
 *	struct workspace *ws OWNED(workspace_free) = sample_open(&sample);
 *	finding = sample_find(ws, "missing-key");
 *
 * Whatever cannot be done stops the test.
 */
#pragma once

#include "base/arena.h"
#include "cluster/workspace.h"

#include <criterion/criterion.h>

#define SAMPLE_MORE 4

struct sample {
	const char *cluster, *nodes; /* NULL: no such file */
	struct file_text more[SAMPLE_MORE];
	size_t mores;
};

struct sample sample_good(void);
void sample_add(struct sample *sample, const char *name, const char *text);
/* The text with the first `old` replaced; an empty `old` appends. */
const char *sample_edit(struct arena *arena, const char *text, const char *old, const char *new);
struct workspace *sample_open(const struct sample *sample);
/* The first finding with that id; NULL when there is none. */
const struct finding *sample_find(const struct workspace *workspace, const char *id);
const char *sample_all(const struct workspace *workspace, struct arena *arena); /* for messages */

/* One thing to break and what must be said about it. */
struct broken {
	const char *name;
	const char *old, *new; /* in cluster.yaml, or in nodes.yaml where `in_nodes` is set */
	const char *id, *path; /* of the finding; path NULL: any */
	const char *text;      /* part of its text or hint; NULL: any */
	unsigned line;	       /* 0: any */
	bool in_nodes, warning;
};
/* Opens the sample with each row's edit and looks for the finding. */
void sample_check(const struct broken *rows, size_t count);
