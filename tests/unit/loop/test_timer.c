#include "loop/loop.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct tick {
	struct timer timer;
	uint64_t order; /* of the last timer_set() */
	bool set;
	struct log *log;
};

struct log {
	struct tick *at[20000];
	uint64_t when[20000];
	size_t len;
};

static void note(struct timer *timer)
{
	struct tick *tick = container_of(timer, struct tick, timer);
	struct log *log = tick->log;

	log->when[log->len] = loop_now(timer->loop);
	log->at[log->len++] = tick;
}

static int compare_ticks(const void *a, const void *b)
{
	const struct tick *x = *(struct tick *const *)a, *y = *(struct tick *const *)b;

	if (x->timer.due != y->timer.due)
		return x->timer.due < y->timer.due ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* A small generator of its own: the loop knows no randomness. */
static uint32_t next_number(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

Test(timer, ten_thousand_fire_in_the_order_of_a_sorted_list)
{
	enum {
		COUNT = 10000
	};
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct log *log = mem_new(sizeof(*log));
	struct tick *ticks = mem_new(COUNT * sizeof(*ticks));
	struct tick **sorted = mem_new(COUNT * sizeof(struct tick *));
	uint64_t state = 1, order = 0;
	size_t expected = 0;

	for (size_t i = 0; i < COUNT; i++) {
		timer_init(&ticks[i].timer, loop, note);
		ticks[i].log = log;
	}
	for (size_t i = 0; i < 4 * (size_t)COUNT; i++) {
		struct tick *tick = &ticks[next_number(&state) % COUNT];

		if (next_number(&state) % 4 == 0) {
			timer_cancel(&tick->timer);
			tick->set = false;
		} else {
			/* few distinct times, so that the order of equal ones is tested too */
			timer_set(&tick->timer, next_number(&state) % 500 * SECOND);
			tick->set = true;
			tick->order = order++;
		}
		cr_assert_eq(timer_is_set(&tick->timer), tick->set);
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (ticks[i].set)
			sorted[expected++] = &ticks[i];
	}
	qsort(sorted, expected, sizeof(struct tick *), compare_ticks);

	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(log->len, expected);
	cr_assert_gt(expected, COUNT / 2);
	for (size_t i = 0; i < expected; i++) {
		cr_assert_eq(log->at[i], sorted[i], "place %zu", i);
		cr_assert_eq(log->when[i], sorted[i]->timer.due, "place %zu", i);
		cr_assert_not(timer_is_set(&sorted[i]->timer));
	}
	mem_free(log, sizeof(*log));
	mem_free(ticks, COUNT * sizeof(*ticks));
	mem_free(sorted, COUNT * sizeof(struct tick *));
}

Test(timer, is_one_shot_and_can_be_moved)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct log *log = mem_new(sizeof(*log));
	struct tick tick = { .log = log };

	timer_init(&tick.timer, loop, note);
	timer_set(&tick.timer, 5 * SECOND);
	timer_set(&tick.timer, 3 * HOUR);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(log->len, 1);
	cr_assert_eq(log->when[0], 3 * HOUR);
	cr_assert_eq(loop_now(loop), 3 * HOUR);
	timer_cancel(&tick.timer);
	timer_cancel(&tick.timer);
	mem_free(log, sizeof(*log));
}

struct eager {
	struct timer timer;
	unsigned fired;
	struct tick *other;
};

static void set_to_the_past(struct timer *timer)
{
	struct eager *eager = container_of(timer, struct eager, timer);

	eager->fired++;
	if (eager->other->log->len == 0)
		timer_set(timer, 0);
}

Test(timer, set_to_the_past_does_not_starve_others)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct log *log = mem_new(sizeof(*log));
	struct tick other = { .log = log };
	struct eager eager = { .other = &other };

	timer_init(&eager.timer, loop, set_to_the_past);
	timer_init(&other.timer, loop, note);
	timer_set(&eager.timer, SECOND);
	timer_set(&other.timer, SECOND);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(eager.fired, 2);
	cr_assert_eq(log->len, 1);
	mem_free(log, sizeof(*log));
}

static void cancel_the_other(struct timer *timer)
{
	struct eager *eager = container_of(timer, struct eager, timer);

	eager->fired++;
	timer_cancel(&eager->other->timer);
}

Test(timer, can_be_cancelled_by_one_due_at_the_same_time)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct log *log = mem_new(sizeof(*log));
	struct tick other = { .log = log };
	struct eager eager = { .other = &other };

	timer_init(&eager.timer, loop, cancel_the_other);
	timer_init(&other.timer, loop, note);
	timer_set(&eager.timer, SECOND);
	timer_set(&other.timer, SECOND);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(eager.fired, 1);
	cr_assert_eq(log->len, 0);
	mem_free(log, sizeof(*log));
}

struct patient {
	struct timer timer;
	struct task task;
	unsigned fired;
	bool had_its_turn;
};

static void set_again(struct timer *timer)
{
	struct patient *patient = container_of(timer, struct patient, timer);

	task_post(&patient->task);
	if (++patient->fired < 1000 && !patient->had_its_turn)
		timer_set(timer, loop_now(timer->loop));
}

static void have_its_turn(struct task *task)
{
	container_of(task, struct patient, task)->had_its_turn = true;
}

Test(timer, set_to_now_waits_for_the_next_round)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct patient patient = { 0 };

	timer_init(&patient.timer, loop, set_again);
	task_init(&patient.task, loop, have_its_turn);
	timer_set(&patient.timer, SECOND);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(patient.fired, 2);
}
