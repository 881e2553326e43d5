#include "loop/loop_impl.h"

#include "base/arena.h"

#include <assert.h>

static bool comes_before(const struct timer *a, const struct timer *b)
{
	if (a->due != b->due)
		return a->due < b->due;
	return a->order < b->order;
}

static void heap_put(struct loop *loop, size_t slot, struct timer *timer)
{
	loop->heap[slot] = timer;
	timer->slot = slot;
}

static void heap_up(struct loop *loop, struct timer *timer)
{
	size_t slot = timer->slot;

	while (slot > 1 && comes_before(timer, loop->heap[slot / 2])) {
		heap_put(loop, slot, loop->heap[slot / 2]);
		slot /= 2;
	}
	heap_put(loop, slot, timer);
}

static void heap_down(struct loop *loop, struct timer *timer)
{
	size_t slot = timer->slot;

	for (;;) {
		size_t child = slot * 2;

		if (child > loop->timers)
			break;
		if (child < loop->timers && comes_before(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (!comes_before(loop->heap[child], timer))
			break;
		heap_put(loop, slot, loop->heap[child]);
		slot = child;
	}
	heap_put(loop, slot, timer);
}

void timer_init(struct timer *timer, struct loop *loop, void (*on_due)(struct timer *timer))
{
	*timer = (struct timer){ .loop = loop, .on_due = on_due };
}

void timer_set(struct timer *timer, uint64_t due)
{
	struct loop *loop = timer->loop;
	uint64_t now = loop_now(loop);

	assert(timer->on_due);
	/* otherwise one that is always set to the past would be first forever */
	timer->due = due < now ? now : due;
	timer->order = ++loop->order;
	if (!timer->slot) {
		loop->heap = loop_grow(loop->heap, loop->timers + 1, &loop->heap_cap,
				       sizeof(*loop->heap));
		heap_put(loop, ++loop->timers, timer);
	}
	heap_up(loop, timer);
	heap_down(loop, timer);
}

void timer_cancel(struct timer *timer)
{
	struct loop *loop = timer->loop;
	size_t slot = timer->slot;

	if (!slot)
		return;
	struct timer *last = loop->heap[loop->timers--];

	timer->slot = 0;
	if (last == timer)
		return;
	heap_put(loop, slot, last);
	heap_up(loop, last);
	heap_down(loop, last);
}

bool timer_is_set(const struct timer *timer)
{
	return timer->slot != 0;
}

uint64_t timers_next(const struct loop *loop)
{
	return loop->timers ? loop->heap[1]->due : LOOP_NEVER;
}

void timers_run(struct loop *loop)
{
	uint64_t newest = loop->order; /* what a callback sets waits for the next round */

	while (loop->timers && !loop->stopped) {
		struct timer *timer = loop->heap[1];

		if (timer->due > loop->now || timer->order > newest)
			break;
		timer_cancel(timer);
		timer->on_due(timer);
	}
}

void timers_done(struct loop *loop)
{
	for (size_t slot = 1; slot <= loop->timers; slot++)
		loop->heap[slot]->slot = 0;
	loop->timers = 0;
	mem_free(loop->heap, loop->heap_cap * sizeof(*loop->heap));
}
