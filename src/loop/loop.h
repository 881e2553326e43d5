/*
 * The event loop: one thread, descriptors, timers and deferred tasks. Time is replaceable.
 *
 *	struct loop *loop OWNED(loop_free) = loop_new_epoll(err);   (or loop_new_virtual(start))
 *	timer_init(&job->timer, loop, job_due);
 *	timer_set(&job->timer, loop_now(loop) + 5 * SECOND);
 *	loop_run(loop, err);
 *
 * Watches, timers and tasks are embedded in their owner and found back with container_of. Each
 * must be disarmed (x_done/timer_cancel/task_cancel) before its memory goes; all three may be
 * called twice and from inside any callback.
 *
 * loop_run() returns 0 after loop_stop() or when nothing is armed any more (a watch that wants
 * nothing is not armed). A round is: the tasks posted before it, in order; the timers that are
 * due, those due at the same time in the order they were set; the descriptors that are ready.
 * What a callback posts or sets has its turn in the next round.
 *
 * The virtual loop polls descriptors with zero timeout and, when nothing is ready, jumps to the
 * next timer: hours pass in milliseconds and equal inputs give equal orders. Every descriptor
 * watched under it must be a pipe or a Unix socket whose other end is in this process (asserted);
 * waiting for one with no task or timer left that could make it ready is ERR_BUG.
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new_epoll(struct err *err); /* NULL on failure */
/* Monotonic time starts at 0, wall time at `wall` (nanoseconds since the epoch). Never fails. */
struct loop *loop_new_virtual(uint64_t wall);
/* Of a virtual one: the wall clock jumps there, as when somebody sets it. Monotonic time does not.
 */
void loop_set_wall(struct loop *loop, uint64_t wall);
void loop_free(struct loop *loop);
OWN_DEFINE(struct loop, loop_free)

int loop_run(struct loop *loop, struct err *err);
void loop_stop(struct loop *loop); /* the running loop_run() returns after this callback */
bool loop_is_virtual(const struct loop *loop);
uint64_t loop_now(struct loop *loop); /* monotonic; constant during one round of callbacks */
uint64_t loop_wall(struct loop *loop);
struct clock_source *loop_clock(struct loop *loop);

enum {
	READY_READ = 1,
	READY_WRITE = 2
};

struct watch {
	struct loop *loop;
	int fd; /* borrowed; -1 when done */
	unsigned wants;
	struct watch *next, *previous;
	/* READY_x, only what is wanted; an error or a hang-up counts as both. */
	void (*on_ready)(struct watch *watch, unsigned events);
};
int watch_init(struct watch *watch, struct loop *loop, int fd,
	       void (*on_ready)(struct watch *watch, unsigned events), struct err *err);
void watch_want(struct watch *watch, unsigned events); /* level-triggered; 0: nothing */
void watch_done(struct watch *watch);		       /* before the descriptor is closed */

struct timer {
	struct loop *loop;
	uint64_t due, order;
	size_t slot; /* place in the loop's heap, from 1; 0: not armed */
	void (*on_due)(struct timer *timer);
};
void timer_init(struct timer *timer, struct loop *loop, void (*on_due)(struct timer *timer));
/* One shot; replaces an earlier due time. What is past is due now. */
void timer_set(struct timer *timer, uint64_t due);
void timer_cancel(struct timer *timer);
bool timer_is_set(const struct timer *timer);

/* Something to do in the next round: breaks recursion, gives in-memory pipes their turn. */
struct task {
	struct loop *loop;
	struct task *next, *previous;
	bool queued;
	void (*on_run)(struct task *task);
};
void task_init(struct task *task, struct loop *loop, void (*on_run)(struct task *task));
void task_post(struct task *task); /* once per round, however often it is called */
void task_cancel(struct task *task);
