/*
 * A toy world for the engine: steps that take virtual time, fail to order, and leave facts behind.
 *
 *	struct toy toy SCOPED(toy_done) = { 0 };
 *	toy_init(&toy);
 *	struct plan *plan OWNED(plan_free) = plan_new("toy");
 *	toy_add(plan, &(struct toy_step){ .kind = &toy_work, .target = "a", .take = 3 });
 *	toy_run(&toy, plan);
 *
 * The facts stay when the engine is dropped and another one takes over.
 */
#pragma once

#include "base/map.h"
#include "base/own.h"
#include "base/str.h"
#include "flow/exec.h"
#include "loop/loop.h"

#include <stdbool.h>

/* What happened to one step, in all lives. */
struct fact {
	unsigned checked, started, acted;
	bool is_so;   /* what the step wants is the case */
	bool running; /* between its start and its end */
	bool stopped; /* its kind's cancel was called last */
	bool doubted; /* the last check was told that it may have happened already */
};

struct toy {
	struct arena *arena;
	struct loop *loop;
	struct plan *plan; /* owned; for tests that do not keep it themselves */
	struct map *facts; /* struct fact, by step id */
	struct map *busy;  /* unsigned, by "lane:<name>" and "target:<name>": running now */
	struct map *most;  /* the same: at most at once */
	struct str events; /* JSON lines */
	struct str order;  /* ids of begun steps, each with a space behind */
	struct listener listener;
	struct exec *exec;
	struct exec_result result;
	unsigned over; /* calls of on_over */
	/* for the next toy_run() */
	struct journal *journal;
	const enum record_state *history;
	uint64_t timeout;
};

struct toy_step {
	const struct step_kind *kind;
	const char *target, *lane;
	unsigned take;	  /* seconds */
	unsigned fail;	  /* that many attempts fail first */
	const char *with; /* the kind of error, by name; "net" */
	unsigned after[4], afters;
};
/* clang-format off */
#define AFTER(...)                       \
	.after = { __VA_ARGS__ },        \
	.afters = sizeof((unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned)
/* clang-format on */

extern const struct step_kind toy_work;	 /* changes, has a check, three attempts */
extern const struct step_kind toy_once;	 /* destroys, has a check; refuses to be done twice */
extern const struct step_kind toy_gate;	 /* looks only */
extern const struct step_kind toy_fresh; /* likewise, and what it sees does not keep */
extern const struct step_kind toy_hang;	 /* never ends, says "waiting" */
extern const struct step_kind toy_lost;	 /* works, then fails as if the answer were lost */
extern const struct step_kind toy_slow;	 /* its check takes 3 s and fails as ordered */
extern const struct step_kind toy_tidy;	 /* as work, a clean-up */
extern const struct step_kind *const toy_kinds[];
extern const size_t toy_kind_count;

void toy_init(struct toy *toy);
void toy_done(struct toy *toy);
struct plan *toy_plan(const struct toy_step *steps, size_t len);
unsigned toy_add(struct plan *plan, const struct toy_step *step);
void toy_run(struct toy *toy, const struct plan *plan); /* until the loop has nothing to do */
void toy_start(struct toy *toy, const struct plan *plan);
struct fact *toy_fact(struct toy *toy, const char *id);
unsigned toy_most(struct toy *toy, const char *room);			 /* "lane:workers" */
const char *toy_hash(struct arena *arena, const void *data, size_t len); /* a plan_hash_fn */
