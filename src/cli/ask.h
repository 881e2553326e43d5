/*
 * Questions to people before something is changed.
 */
#pragma once

#include "base/err.h"
#include "flow/plan.h"
#include "ops/operation.h"

struct program;

/* Shows the plan and asks y/N, or for the cluster's name. 0: go on (also with --yes, in the
 * simulated world, in a rehearsal, and when the plan changes nothing); ERR_REFUSED: they said no,
 * or there is nobody to ask. */
int ask_to_run(struct program *program, const struct plan *plan, enum consent consent,
	       struct err *err);
bool plan_changes(const struct plan *plan); /* has a step that is not read-only */
