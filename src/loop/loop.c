#include "loop/loop_impl.h"

#include "base/arena.h"

#include <assert.h>
#include <string.h>

static uint64_t clock_now(struct clock_source *clock)
{
	return loop_now(container_of(clock, struct loop, clock));
}

static uint64_t clock_wall(struct clock_source *clock)
{
	return loop_wall(container_of(clock, struct loop, clock));
}

void loop_init(struct loop *loop, const struct loop_ops *ops)
{
	*loop = (struct loop){ .ops = ops, .clock = { .now = clock_now, .wall = clock_wall } };
	loop->watches.next = loop->watches.previous = &loop->watches;
	tasks_init(loop);
	loop->now = ops->now(loop);
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	assert(!loop->running);
	tasks_done(loop);
	timers_done(loop);
	while (loop->watches.next != &loop->watches)
		watch_done(loop->watches.next);
	mem_free(loop->ready, loop->ready_cap * sizeof(*loop->ready));
	loop->ops->free(loop);
}

void *loop_grow(void *array, size_t len, size_t *cap, size_t size)
{
	if (len < *cap)
		return array;
	size_t wanted = *cap ? *cap * 2 : 16;
	void *grown = mem_new(wanted * size);

	if (array)
		memcpy(grown, array, *cap * size);
	mem_free(array, *cap * size);
	*cap = wanted;
	return grown;
}

uint64_t loop_now(struct loop *loop)
{
	if (!loop->running)
		loop->now = loop->ops->now(loop);
	return loop->now;
}

uint64_t loop_wall(struct loop *loop)
{
	return loop->ops->wall(loop);
}

struct clock_source *loop_clock(struct loop *loop)
{
	return &loop->clock;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

int watch_init(struct watch *watch, struct loop *loop, int fd,
	       void (*on_ready)(struct watch *watch, unsigned events), struct err *err)
{
	*watch = (struct watch){ .loop = loop, .fd = -1, .on_ready = on_ready };
	assert(fd >= 0 && on_ready);
	watch->fd = fd;
	if (loop->ops->watch_add(loop, watch, err) < 0) {
		watch->fd = -1;
		return -1;
	}
	watch->next = &loop->watches;
	watch->previous = loop->watches.previous;
	watch->previous->next = watch;
	loop->watches.previous = watch;
	loop->watch_count++;
	return 0;
}

void watch_want(struct watch *watch, unsigned events)
{
	struct loop *loop = watch->loop;

	assert(!(events & ~(unsigned)(READY_READ | READY_WRITE)));
	assert(watch->fd >= 0 || !events);
	if (events == watch->wants)
		return;
	if (!watch->wants)
		loop->wanting++;
	if (!events)
		loop->wanting--;
	watch->wants = events;
	loop->ops->watch_change(loop, watch);
}

void watch_done(struct watch *watch)
{
	struct loop *loop = watch->loop;

	/* one that was never made is all zero: it has no loop */
	if (!loop || watch->fd < 0)
		return;
	if (watch->wants)
		loop->wanting--;
	loop->ops->watch_remove(loop, watch);
	for (size_t i = 0; i < loop->ready_len; i++) {
		if (loop->ready[i].watch == watch)
			loop->ready[i].watch = NULL;
	}
	watch->previous->next = watch->next;
	watch->next->previous = watch->previous;
	watch->next = watch->previous = NULL;
	watch->wants = 0;
	watch->fd = -1;
	loop->watch_count--;
}

void loop_add_ready(struct loop *loop, struct watch *watch, unsigned events)
{
	loop->ready = loop_grow(loop->ready, loop->ready_len, &loop->ready_cap,
				sizeof(*loop->ready));
	loop->ready[loop->ready_len++] = (struct loop_ready){ watch, events };
}

static void deliver_ready(struct loop *loop)
{
	for (size_t i = 0; i < loop->ready_len && !loop->stopped; i++) {
		struct watch *watch = loop->ready[i].watch;
		unsigned events = watch ? loop->ready[i].events & watch->wants : 0;

		if (events)
			watch->on_ready(watch, events);
	}
	loop->ready_len = 0;
}

static bool is_armed(const struct loop *loop)
{
	return tasks_pending(loop) || loop->timers || loop->wanting;
}

static int run_round(struct loop *loop, struct err *err)
{
	tasks_run(loop);
	timers_run(loop);
	if (loop->stopped || !is_armed(loop))
		return 0;

	uint64_t due = tasks_pending(loop) ? loop->now : timers_next(loop);

	if (loop->ops->wait(loop, due, err) < 0)
		return -1;
	loop->now = loop->ops->now(loop);
	deliver_ready(loop);
	return 0;
}

int loop_run(struct loop *loop, struct err *err)
{
	int r = 0;

	assert(!loop->running);
	loop->now = loop->ops->now(loop);
	loop->running = true;
	loop->stopped = false;
	while (r == 0 && !loop->stopped && is_armed(loop))
		r = run_round(loop, err);
	loop->running = false;
	return r;
}
