/*
 * Operations: what changes a cluster, as data. One row says what it is called, what has to be seen
 * before it can be planned, who has to agree, and the pure function that plans it; the command
 * line, saved plans, resumed runs and rehearsals all work from that row.
 *
 *	const struct operation_input input = { .inventory = inventory, .options = &options };
 *	if (operation->plan(&input, &plan, err) < 0) ...
 *
 * Planning is a pure function of the input: no network, no disk, no clock. Each operation has an
 * options struct of its own, described beside its row.
 */
#pragma once

#include "base/err.h"
#include "flow/journal.h"
#include "flow/plan.h"
#include "ops/declared.h"
#include "ops/inventory.h"
#include "ops/turn_gates.h"

#include <stdbool.h>
#include <stdint.h>

enum consent {
	CONSENT_YES,  /* y/N, or --yes */
	CONSENT_NAME, /* the cluster's name is typed, or --yes */
};

struct operation_input {
	const struct inventory *inventory;
	const char *const *only;     /* node names, NULL-ended; NULL: all */
	const void *options;	     /* the operation's own */
	unsigned max_parallel;	     /* --max-parallel; 0: not said */
	bool percent;		     /* max_parallel is a share of the nodes it is about */
	const char *bootstrap_begun; /* node where an earlier run began to bootstrap; NULL: none */
	uint64_t wall;		     /* now, nanoseconds since the epoch */
	/* Nodes that earlier runs may have left cordoned, NULL-ended; NULL: none. */
	const char *const *cordoned;
	/* Windows and expressions of cluster.yaml, upgrade_check(); NULL: none. */
	const struct declared_gates *gates;
	bool now;   /* windows do not count */
	bool ahead; /* it is not run now: a closed window is no reason to refuse */
};

struct operation {
	const char *name; /* "upgrade talos": the command's words; in plans and journals */
	enum consent consent;
	unsigned looks; /* OBSERVE_x: what is asked of the nodes besides the usual */
	/* A plan without a changing step says that there is nothing to do. */
	int (*plan)(const struct operation_input *input, struct plan **out, struct err *err);
	/* The node by which an unfinished run makes no sense any more, as the world is now; NULL
	 * in the row or as answer: it can go on. */
	const struct node *(*undone)(const struct plan *plan, const enum record_state *state,
				     const struct inventory *inventory);
	/* Does the world have all that a saved plan is for? NULL: each step sees for itself. */
	bool (*met)(const struct plan *plan, const struct inventory *inventory);
	const char *undone_text;       /* behind that node's name: "which it was to wipe, ..." */
	const char *idle;	       /* a sentence for "it is all done already" */
	const struct gate_rule *gates; /* ops/turn_gates.h; NULL: none but the plan's own */
};

/* What a run carries out: the operation's plan with the hooks of cluster.yaml around it, and the
 * gates around that; beside it the nodes that are left cordoned and that it does not take out of
 * service itself. ERR_REFUSED also for a closed window. */
int operation_plan(const struct operation *operation, const struct operation_input *input,
		   struct plan **out, struct err *err);

/* Is the node selected? */
bool operation_wants(const struct operation_input *input, const struct node *node);
/* How many of `total` may be worked on at once: --max-parallel, else `standard`; at least 1. */
unsigned operation_width(const struct operation_input *input, size_t total, unsigned standard);

extern const struct operation operation_up;
extern const struct operation operation_reset;

/* All of them, for plans that are read back; NULL: none has that name. */
const struct operation *operation_named(const char *name);
