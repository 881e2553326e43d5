/*
 * One attempt at a step, or one check, as the engine sees it (step code sees flow/step.h).
 *
 *	run = attempt_new(&setup);     calls check or start in the next round
 *	... on_verdict(run)            once, never while step code is on the stack
 *	attempt_free(run);             there, or earlier to give the attempt up
 *
 * An attempt owns its arena and timers. It ends by itself when the kind's time limit is reached.
 */
#pragma once

#include "base/err.h"
#include "base/own.h"
#include "flow/step.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stdint.h>

enum verdict {
	VERDICT_OPEN,	 /* at work */
	VERDICT_DONE,	 /* run_done() */
	VERDICT_ALREADY, /* run_already() */
	VERDICT_NEEDED,	 /* run_needed() */
	VERDICT_FAILED,	 /* `err` says why */
};

enum attempt_part {
	ATTEMPT_CHECK,
	ATTEMPT_START
};

struct attempt_setup {
	const struct step *step;
	enum attempt_part part;
	struct loop *loop;
	bool begun;	  /* what run_was_begun() answers */
	void *host;	  /* for the step */
	void *owner;	  /* for the callbacks */
	uint64_t started; /* what run_started() answers */
	void (*on_note)(struct step_run *run, const char *text);
	void (*on_verdict)(struct step_run *run);
};

#define NOTE_MAX 256

struct step_run {
	struct attempt_setup setup;
	struct arena *arena; /* owned */
	enum verdict verdict;
	struct err err;
	step_fn *next; /* what the turn or the timer calls */
	bool held;     /* waits for run_resume() */
	bool calling;  /* step code is on the stack */
	void *state;
	size_t state_size;
	char note[NOTE_MAX]; /* the last one */
	struct task turn;
	struct timer pause, limit;
};

struct step_run *attempt_new(const struct attempt_setup *setup);
void attempt_free(struct step_run *run); /* not from step code (asserted) */
OWN_DEFINE(struct step_run, attempt_free)
/* The one place that sets a verdict; later ones are ignored. `err` of VERDICT_FAILED, else NULL. */
void attempt_end(struct step_run *run, enum verdict verdict, const struct err *err);
