/*
 * Steps: the units of a plan. A step kind is code (static const, one per verb); a step is plain
 * data that can be printed, saved and compared; a step run is one attempt.
 *
 * Step code is asynchronous and reads downward: each function does one thing and ends by naming its
 * successor or its verdict:
 *
 *	static int reboot_start(struct step_run *run, struct err *err)
 *	{
 *		run_say(run, "rebooting");
 *		return run_after(run, 2 * SECOND, reboot_probe, err);
 *	}
 *
 * A function that returns <0 has failed the attempt with *err. Returning 0 means that a verdict was
 * given (run_done, run_needed) or a successor was named; anything else that continues later (a
 * call) uses run_hold() first and run_resume() from its callback. All of them may be called from
 * any callback: verdicts and successors take effect in a later round of the loop, never while step
 * code is on the stack. The first verdict counts; what is said after it is ignored.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stdint.h>

struct step_run;
typedef int step_fn(struct step_run *run, struct err *err);

enum step_danger {
	STEP_SAFE,
	STEP_CHANGES,
	STEP_DESTROYS
};

struct step_kind {
	const char *name;   /* "apply-config": written into journals, never changed */
	const char *phrase; /* "apply the machine config": for people */
	unsigned timeout_s; /* of one attempt, and of one check; not 0 */
	unsigned attempts;  /* in all, for retryable errors (net, timeout, remote); 0 is 1 */
	unsigned pause_s;   /* between attempts */
	enum step_danger danger;
	/* It puts right what the first of the steps it is after has done to others for a while.
	 * In good order it runs like every step. When the run ends otherwise after that one was
	 * begun, it runs then, last; whoever goes on with the run does both again. */
	bool cleanup;
	/* What it sees does not keep: who goes on with a run asks it again, unless something that
	 * waits for it was begun. For gates. */
	bool fresh;
	/* Is it already done? Verdict run_done(): yes; run_needed(): no. Asked before the first
	 * attempt and again before each further one, so that neither a resumed run nor a lost
	 * answer does a thing twice. It only looks. Gates (read-only steps) have none. */
	step_fn *check;
	step_fn *start;
	/* Stops what the attempt or check has under way (calls); called before its arena goes,
	 * whatever the end. Gives no verdict. May be NULL. */
	void (*cancel)(struct step_run *run);
};

struct step {
	const struct step_kind *kind;
	const char *id;		  /* plan_add() makes it: "apply-config/mini01"; unique */
	const char *target;	  /* node name, "" for the cluster */
	const char *lane;	  /* steps of one share its width; "": the target's own */
	const struct value *args; /* a map; NULL: none */
	const unsigned *after;	  /* indexes of steps that must have ended well */
	unsigned afters;
};

/* What a step may ask and do. All texts returned live as long as the run. */
const struct step *run_step(const struct step_run *run);
const char *run_arg(const struct step_run *run, const char *name); /* text; NULL when absent */
const struct value *run_args(const struct step_run *run);
struct arena *run_arena(struct step_run *run); /* of this attempt */
void *run_host(const struct step_run *run);    /* exec_options.host */
struct loop *run_loop(const struct step_run *run);
uint64_t run_started(const struct step_run *run); /* when the step began, all attempts; loop time */
/* Per-attempt state of the step kind's own: zeroed `size` bytes on first use, the same
 * afterwards. */
void *run_state(struct step_run *run, size_t size);
bool run_is_check(const struct step_run *run);
/* Was it begun before, in an earlier life of the run or by an attempt that failed? Then it may have
 * happened although nobody heard of it. */
bool run_was_begun(const struct step_run *run);

/* A note for people: an EVENT_NOTE. Saying the same twice in a row says it once. At most 255
 * bytes. */
void run_say(struct step_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Verdicts; return 0. */
int run_done(struct step_run *run);    /* start: done. check: it already is. */
int run_already(struct step_run *run); /* start found nothing to change: done, counted as skipped */
int run_needed(struct step_run *run);  /* check: start must run */

/* Successors; return 0. */
int run_after(struct step_run *run, uint64_t delay, step_fn *next, struct err *err);
/* For work outside the engine: nothing happens until run_resume(), which has `next` called in the
 * next round of the loop (what it needs of an answer is copied to run_state() or run_arena()
 * before); or until run_fail(). The attempt's timeout goes on. */
int run_hold(struct step_run *run);
void run_resume(struct step_run *run, step_fn *next);
void run_fail(struct step_run *run, const struct err *err);
