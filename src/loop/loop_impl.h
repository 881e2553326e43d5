/*
 * The inside of a loop, for the files of src/loop only: what both kinds share, and what differs.
 *
 * A back supplies `struct loop_ops`. Its wait() collects ready descriptors with loop_add_ready(),
 * and loop.c delivers them; watch_done() takes a watch out of what is not delivered yet, so that
 * a callback can end any other watch.
 */
#pragma once

#include "loop/loop.h"

#include <stddef.h>

#define LOOP_NEVER UINT64_MAX

struct loop_ops {
	uint64_t (*now)(struct loop *loop);
	uint64_t (*wall)(struct loop *loop);
	/* Waits for descriptors until `due` (LOOP_NEVER: no limit; not after now: not at all). */
	int (*wait)(struct loop *loop, uint64_t due, struct err *err);
	int (*watch_add)(struct loop *loop, struct watch *watch, struct err *err);
	void (*watch_change)(struct loop *loop, struct watch *watch); /* watch->wants is new */
	void (*watch_remove)(struct loop *loop, struct watch *watch);
	void (*free)(struct loop *loop);
};

struct loop_ready {
	struct watch *watch; /* NULL: ended meanwhile */
	unsigned events;
};

struct loop {
	const struct loop_ops *ops;
	struct clock_source clock;
	uint64_t now; /* of this round */
	bool running, stopped;

	struct timer **heap; /* owned; slots from 1, ordered by (due, order) */
	size_t timers, heap_cap;
	uint64_t order; /* of the timer set last */

	struct task posted; /* ring head: the next round's tasks */
	struct task turn;   /* ring head: what is left of this round's */

	struct watch watches;	  /* ring head, in the order they were made */
	size_t watch_count;	  /* in the ring */
	size_t wanting;		  /* of these, how many want something */
	struct loop_ready *ready; /* owned; found by the last wait() */
	size_t ready_len, ready_cap;
};

void loop_init(struct loop *loop, const struct loop_ops *ops);
void loop_add_ready(struct loop *loop, struct watch *watch, unsigned events);

/* timer.c */
uint64_t timers_next(const struct loop *loop); /* LOOP_NEVER when none is set */
void timers_run(struct loop *loop);
void timers_done(struct loop *loop);

/* task.c */
void tasks_init(struct loop *loop);
bool tasks_pending(const struct loop *loop);
void tasks_run(struct loop *loop);
void tasks_done(struct loop *loop);

/* An array that grows by doubling, outside of any arena. */
void *loop_grow(void *array, size_t len, size_t *cap, size_t size);
