/*
 * The executor: runs a plan. It picks ready steps, respects lanes, journals, applies timeouts and
 * retries, and emits events. It knows no node and no RPC.
 *
 *	struct exec *exec OWNED(exec_free) = exec_new(&options);
 *	exec_start(exec);            then loop_run(); on_over is called once, last
 *
 * A step whose kind has a check is asked first whether it is done already, in new runs too, and
 * then skipped; so a second run of a plan changes nothing. It is asked again before each further
 * attempt, because an attempt whose answer was lost may have worked. What ended well in an earlier
 * life of the run is skipped unasked. `begin` is journaled after the check and before the first
 * attempt.
 *
 * After the first failure (unless the plan goes on with what does not need the failed step), or
 * when stopped, nothing new starts; what has begun goes on to its end, with its further attempts,
 * so that the run can be resumed from a known state. Then the clean-ups (flow/step.h) of what was
 * begun run; cancelling again cancels them too.
 *
 * Equal inputs under the virtual loop give the same events at the same times. Loop, plan, journal
 * and listeners are borrowed and outlive the exec. exec_stop() and exec_cancel() may be called from
 * anywhere, also from a listener or a step; exec_free() from anywhere but a listener or a step,
 * on_over included.
 */
#pragma once

#include "base/err.h"
#include "flow/event.h"
#include "flow/journal.h"
#include "flow/plan.h"
#include "loop/loop.h"

#include <stddef.h>

struct exec;

struct exec_result {
	enum event_how how; /* done, failed or cancelled */
	size_t done;	    /* steps that changed something */
	size_t skipped;	    /* that did not have to: checks said so, earlier lives did it, gates */
	size_t failed;	    /* cancelled ones too */
	size_t never;	    /* not started */
	struct err err;	    /* why it is not done: the first failure, or the stop */
};

struct exec_options {
	struct loop *loop;
	const struct plan *plan;
	struct journal *journal;	  /* NULL: none (rehearsals) */
	const enum record_state *history; /* per step of an earlier life; NULL: a new run */
	struct listener *listeners;	  /* chain, may be NULL */
	const char *run;		  /* id for events; NULL: none */
	void *host;			  /* what the steps work on: run_host() */
	uint64_t timeout;		  /* of the whole run, then it is cancelled; 0: none */
	uint64_t timeout_said;		  /* what its message names; 0: `timeout` */
	void (*on_over)(struct exec *exec, const struct exec_result *result, void *host);
};

struct exec *exec_new(const struct exec_options *options);
void exec_free(struct exec *exec); /* also in mid-run: cancels, journals nothing */
OWN_DEFINE(struct exec, exec_free)
void exec_start(struct exec *exec);
/* First Ctrl-C: running steps finish, nothing new starts. Second: they are cancelled. */
void exec_stop(struct exec *exec);
void exec_stop_for(struct exec *exec, const struct err *why); /* not the user's wish */
void exec_cancel(struct exec *exec);
/* How it ended; NULL before EVENT_OVER. */
const struct exec_result *exec_result(const struct exec *exec);
/* How each step stands now, for results per node. */
enum record_state exec_state(const struct exec *exec, unsigned step);
const struct err *exec_err(const struct exec *exec, unsigned step); /* of a failed one, else NULL */
