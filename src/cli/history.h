/*
 * Earlier runs in a workspace: what they left unfinished and what they must not do twice.
 *
 * Journals of the simulated world lie beside that world, so that they go when it goes and never
 * speak of real nodes.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "flow/journal.h"

struct program;

/* The folder of the journals, .talforge/runs; made only when it is needed. */
int history_folder(struct program *program, const char **out, struct err *err);
/* The node where any run of that cluster began to bootstrap etcd, unless every control plane was
 * reset since; NULL: none. */
int history_bootstrap(struct arena *arena, const char *folder, const char *identity,
		      const char **node, struct err *err);

/* A node that a later run has reset although the story's plan is about it; NULL: none. */
int history_reset_since(struct arena *arena, const char *folder, const struct journal_story *story,
			const char **node, struct err *err);

/* Nodes that any run of that cluster has taken out of service, and none has brought back as far as
 * the journals tell: a run that was killed and then given up. NULL-ended. */
int history_cordoned(struct arena *arena, const char *folder, const char *identity,
		     const char *const **nodes, struct err *err);

/* "done", "failed", "cancelled", "abandoned", "unfinished" */
const char *story_state(const struct journal_story *story);
