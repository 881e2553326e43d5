/*
 * Calls inside steps: a step names the call and its continuation, and reads downward.
 *
 *	return step_call(run, channel, &talos_version, NULL, version_known);
 *	...
 *	static int version_known(struct step_run *run, struct err *err)
 *	{
 *		const struct talos_version *version = step_reply(run);
 *		if (!version)
 *			return step_call_failed(run, err);
 *
 * Every step kind of src/ops uses this state (run_state) and has step_call_cancel as its cancel.
 * One call at a time; replies of a stream are collected and counted.
 */
#pragma once

#include "base/err.h"
#include "flow/step.h"
#include "ops/site.h"
#include "talos/talos.h"

#include <stddef.h>
#include <stdint.h>

struct node;

/* The site and the node a step works on. */
struct site *step_site(const struct step_run *run);
const struct node *step_node(const struct step_run *run); /* asserted to exist: not for "" */

/* An argument that is a list of texts, NULL-ended, in the run's arena; NULL: it is not there. */
const char *const *step_names(const struct step_run *run, const char *arg);

/* `next` runs when the call has ended, well or not. `timeout` 0: the method's own. Returns 0. */
int step_call(struct step_run *run, struct channel *channel, const struct talos_method *method,
	      const void *request, step_fn *next);
int step_call_within(struct step_run *run, struct channel *channel,
		     const struct talos_method *method, const void *request, uint64_t timeout,
		     step_fn *next);
/* The reply (of a stream: the first); NULL when the call failed or a stream was empty. Lives
 * until the next call. */
const void *step_reply(const struct step_run *run);
size_t step_replies(const struct step_run *run);
const void *step_reply_at(const struct step_run *run, size_t index);
/* How the last call ended: kind ERR_NONE when well. */
const struct err *step_call_err(const struct step_run *run);
int step_call_failed(const struct step_run *run, struct err *err); /* copies it; returns -1 */

/* After a call that failed: `again` after the pause of step_poll(), unless we were refused. */
int step_call_again(struct step_run *run, step_fn *again, struct err *err);
/* Looks again after a pause that grows from 0.1 to 2 seconds. */
int step_poll(struct step_run *run, step_fn *again, struct err *err);
/* When the present look (since the first step_poll) began, loop time; for "for 30 s now" rules. */
uint64_t step_polling_since(struct step_run *run);

/* A few words that the step kind keeps between its functions; zero at first. */
struct step_memory {
	uint64_t mark;	/* a time */
	unsigned index; /* a node being looked at */
	unsigned count; /* of whatever */
	void *data;	/* in run_arena() */
};
struct step_memory *step_memory(struct step_run *run);

void step_call_cancel(struct step_run *run);
