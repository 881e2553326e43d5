/*
 * The result object of what changes a cluster: how it ended as a whole, and for each node.
 *
 *	{run, operation, outcome, text, steps: {done, skipped, failed},
 *	 nodes: [{name, outcome, err}], elapsed}
 *
 * The outcome is "done", "partial" (some nodes failed, others are done), "failed" or "refused";
 *that of a node "done" (also where nothing was to be done), "failed" or "skipped" (nobody asked
 *for it, or it was not worked on to its end).
 */
#pragma once

#include "base/err.h"
#include "cli/program.h"
#include "flow/exec.h"
#include "flow/plan.h"
#include "ops/inventory.h"

#include <stdint.h>

struct run_ending {
	const struct plan *plan;
	const struct exec *exec; /* over */
	const struct cluster *cluster;
	const char *run;	 /* NULL: without a journal */
	const char *idle;	 /* what to say when no step changed anything; may be NULL */
	const char *const *only; /* nodes that were asked for; NULL: all */
	uint64_t elapsed;	 /* nanoseconds */
};
/* Sets program->result and the exit code; 0 when all is done, else -1 and why. */
int run_result(struct program *program, const struct run_ending *ending, struct err *err);

/* The same for an operation that ended before a plan ran. `inventory` may be NULL. */
struct run_failure {
	const char *operation;
	const struct cluster *cluster;
	const struct inventory *inventory;
	uint64_t elapsed;
};
void run_failed(struct program *program, const struct run_failure *failure, const struct err *err);

/* The same where nothing was to be done and no node was looked at. */
struct run_idle {
	const char *operation;
	const char *run;  /* NULL: none */
	const char *text; /* a sentence that says why */
};
void run_nothing(struct program *program, const struct run_idle *idle);
