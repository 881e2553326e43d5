/*
 * Running a plan: journal, progress, Ctrl-C, and the result object of what changes a cluster.
 *
 *	struct run_setup setup = { .plan = plan, .site = site, .folder = runs };
 *	return run_plan(program, &setup, err);      program->result tells how it went
 *
 * A plan without a changing step leaves no journal behind. The exit code is 5 when only some
 * nodes failed, else the one of the first failure.
 */
#pragma once

#include "base/err.h"
#include "cli/program.h"
#include "flow/journal.h"
#include "flow/plan.h"
#include "ops/site.h"

struct operator_lock;

struct run_setup {
	const struct plan *plan;
	struct site *site;
	const char *folder;		   /* of the journals; NULL: none is kept */
	const struct journal_story *story; /* to go on with; NULL: a new run */
	const char *idle;		   /* says that all was done already; may be NULL */
	const char *const *only;	   /* nodes that were asked for; NULL: all */
	struct operator_lock *lock;	   /* a loss of it stops the run; NULL: none */
	uint64_t began;			   /* loop time: when the command began */
};
/* For `only`: nobody but those that the plan has steps for. */
extern const char *const run_those_planned[];
int run_plan(struct program *program, const struct run_setup *setup, struct err *err);
