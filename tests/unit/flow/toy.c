#include "unit/flow/toy.h"

#include "base/text.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

#define WALL (UINT64_C(1767323045) * SECOND) /* 2026-01-02T03:04:05Z */

struct fact *toy_fact(struct toy *toy, const char *id)
{
	struct fact *fact = map_get(toy->facts, id);

	if (!fact) {
		fact = arena_alloc(toy->arena, sizeof(*fact));
		map_put(toy->facts, id, fact);
	}
	return fact;
}

static struct fact *fact_of(const struct step_run *run)
{
	return toy_fact(run_host(run), run_step(run)->id);
}

static unsigned *counter(struct toy *toy, struct map *map, const char *name)
{
	unsigned *number = map_get(map, name);

	if (!number) {
		number = arena_alloc(toy->arena, sizeof(*number));
		map_put(map, name, number);
	}
	return number;
}

static void enter_room(struct toy *toy, const char *what, const char *name, int change)
{
	const char *room = arena_printf(toy->arena, "%s:%s", what, name);
	unsigned *busy = counter(toy, toy->busy, room);
	unsigned *most = counter(toy, toy->most, room);

	*busy = (unsigned)((int)*busy + change);
	if (*busy > *most)
		*most = *busy;
}

static void mark_running(struct step_run *run, bool running)
{
	struct toy *toy = run_host(run);
	struct fact *fact = fact_of(run);

	if (fact->running == running)
		return;
	fact->running = running;
	enter_room(toy, "lane", run_step(run)->lane, running ? 1 : -1);
	enter_room(toy, "target", run_step(run)->target, running ? 1 : -1);
}

static unsigned number_arg(const struct step_run *run, const char *name)
{
	uint64_t number = 0;

	value_u64(value_get(run_args(run), name), &number);
	return (unsigned)number;
}

static int check(struct step_run *run, struct err *err)
{
	(void)err;
	cr_assert(run_is_check(run));
	fact_of(run)->checked++;
	fact_of(run)->doubted = run_was_begun(run);
	return fact_of(run)->is_so ? run_done(run) : run_needed(run);
}

static int order_error(struct step_run *run, struct err *err)
{
	const char *with = run_arg(run, "with");

	for (unsigned kind = ERR_USAGE; kind < ERR_KIND_COUNT; kind++) {
		if (text_equal(with, err_kind_name((enum err_kind)kind)))
			return err_set(err, (enum err_kind)kind, "as ordered");
	}
	cr_assert_null(with, "no such kind: %s", with);
	return err_set(err, ERR_NET, "as ordered");
}

static int work_act(struct step_run *run, struct err *err)
{
	struct fact *fact = fact_of(run);

	if (fact->started <= number_arg(run, "fail"))
		return order_error(run, err);
	fact->acted++;
	fact->is_so = true;
	return run_done(run);
}

static int work_start(struct step_run *run, struct err *err)
{
	fact_of(run)->started++;
	fact_of(run)->stopped = false;
	mark_running(run, true);
	run_say(run, "working");
	return run_after(run, number_arg(run, "take") * SECOND, work_act, err);
}

static int slow_answer(struct step_run *run, struct err *err)
{
	if (++fact_of(run)->checked <= number_arg(run, "fail"))
		return order_error(run, err);
	return run_needed(run);
}

static int slow_check(struct step_run *run, struct err *err)
{
	return run_after(run, 3 * SECOND, slow_answer, err);
}

static int once_act(struct step_run *run, struct err *err)
{
	cr_assert(!fact_of(run)->is_so, "%s is done twice", run_step(run)->id);
	return work_act(run, err);
}

static int once_start(struct step_run *run, struct err *err)
{
	fact_of(run)->started++;
	mark_running(run, true);
	return run_after(run, number_arg(run, "take") * SECOND, once_act, err);
}

static int lost_act(struct step_run *run, struct err *err)
{
	fact_of(run)->acted++;
	fact_of(run)->is_so = true;
	return err_set(err, ERR_NET, "the answer was lost");
}

static int lost_start(struct step_run *run, struct err *err)
{
	fact_of(run)->started++;
	mark_running(run, true);
	return run_after(run, SECOND, lost_act, err);
}

static int gate_start(struct step_run *run, struct err *err)
{
	fact_of(run)->started++;
	mark_running(run, true);
	return run_after(run, number_arg(run, "take") * SECOND, work_act, err);
}

static int hang_start(struct step_run *run, struct err *err)
{
	(void)err;
	fact_of(run)->started++;
	mark_running(run, true);
	run_say(run, "waiting");
	return run_hold(run);
}

static void cancel(struct step_run *run)
{
	fact_of(run)->stopped = true;
	mark_running(run, false);
}

const struct step_kind toy_work = {
	.name = "work",
	.phrase = "do some work",
	.timeout_s = 90,
	.attempts = 3,
	.pause_s = 5,
	.danger = STEP_CHANGES,
	.check = check,
	.start = work_start,
	.cancel = cancel,
};
const struct step_kind toy_once = {
	.name = "once",
	.phrase = "do it once",
	.timeout_s = 90,
	.attempts = 2,
	.pause_s = 1,
	.danger = STEP_DESTROYS,
	.check = check,
	.start = once_start,
	.cancel = cancel,
};
const struct step_kind toy_gate = {
	.name = "gate",
	.phrase = "look",
	.timeout_s = 90,
	.attempts = 2,
	.danger = STEP_SAFE,
	.start = gate_start,
	.cancel = cancel,
};
const struct step_kind toy_fresh = {
	.name = "fresh",
	.phrase = "look again",
	.timeout_s = 90,
	.danger = STEP_SAFE,
	.fresh = true,
	.start = gate_start,
	.cancel = cancel,
};
const struct step_kind toy_hang = {
	.name = "hang",
	.phrase = "hang around",
	.timeout_s = 90,
	.danger = STEP_CHANGES,
	.start = hang_start,
	.cancel = cancel,
};
const struct step_kind toy_slow = {
	.name = "slow",
	.phrase = "take a look",
	.timeout_s = 90,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = slow_check,
	.start = work_start,
	.cancel = cancel,
};
const struct step_kind toy_lost = {
	.name = "lost",
	.phrase = "get lost",
	.timeout_s = 90,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = check,
	.start = lost_start,
	.cancel = cancel,
};
const struct step_kind toy_tidy = {
	.name = "tidy",
	.phrase = "tidy up",
	.timeout_s = 90,
	.attempts = 2,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.cleanup = true,
	.check = check,
	.start = work_start,
	.cancel = cancel,
};
const struct step_kind *const toy_kinds[] = { &toy_work, &toy_once, &toy_gate, &toy_hang,
					      &toy_slow, &toy_lost, &toy_tidy };
const size_t toy_kind_count = ARRAY_LEN(toy_kinds);

static void on_event(struct listener *listener, const struct event *event)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	struct toy *toy = container_of(listener, struct toy, listener);
	struct arena *arena OWNED(arena_free) = arena_new("toy event");

	json_write(&toy->events, event_value(arena, event), &style);
	str_addc(&toy->events, '\n');
	if (event->what == EVENT_BEGIN)
		str_addf(&toy->order, "%s ", event->plan->at[event->step].id);
}

void toy_init(struct toy *toy)
{
	toy->arena = arena_new("toy");
	toy->loop = loop_new_virtual(WALL);
	toy->facts = map_new(toy->arena);
	toy->busy = map_new(toy->arena);
	toy->most = map_new(toy->arena);
	str_init(&toy->events, 16 << 20);
	str_init(&toy->order, 16 << 20);
	toy->listener.on_event = on_event;
}

void toy_done(struct toy *toy)
{
	exec_free(toy->exec);
	plan_free(toy->plan);
	loop_free(toy->loop);
	str_done(&toy->events);
	str_done(&toy->order);
	arena_free(toy->arena);
}

unsigned toy_add(struct plan *plan, const struct toy_step *step)
{
	struct arena *arena OWNED(arena_free) = arena_new("toy args");
	struct map_builder *args = map_begin(arena);

	map_add(args, "take", value_of_u64(arena, step->take));
	map_add(args, "fail", value_of_u64(arena, step->fail));
	if (step->with)
		map_add(args, "with", value_str(arena, step->with));
	return plan_add(plan, &(struct step){ .kind = step->kind,
					      .target = step->target,
					      .lane = step->lane,
					      .args = map_end(args),
					      .after = step->after,
					      .afters = step->afters });
}

struct plan *toy_plan(const struct toy_step *steps, size_t len)
{
	struct plan *plan = plan_new("toy");

	for (size_t i = 0; i < len; i++)
		toy_add(plan, &steps[i]);
	return plan;
}

static void on_over(struct exec *exec, const struct exec_result *result, void *host)
{
	struct toy *toy = host;

	cr_assert_eq(exec, toy->exec);
	toy->result = *result;
	toy->over++;
}

void toy_start(struct toy *toy, const struct plan *plan)
{
	exec_free(toy->exec);
	toy->exec = exec_new(&(struct exec_options){
		.loop = toy->loop,
		.plan = plan,
		.journal = toy->journal,
		.history = toy->history,
		.listeners = &toy->listener,
		.run = "r1",
		.host = toy,
		.timeout = toy->timeout,
		.on_over = on_over,
	});
	exec_start(toy->exec);
}

void toy_run(struct toy *toy, const struct plan *plan)
{
	struct err err = ERR_INIT;

	toy->over = 0;
	toy_start(toy, plan);
	cr_assert_eq(loop_run(toy->loop, &err), 0, "%s", err.text);
	cr_assert_eq(toy->over, 1);
}

unsigned toy_most(struct toy *toy, const char *room)
{
	return *counter(toy, toy->most, room);
}

const char *toy_hash(struct arena *arena, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	unsigned long long hash = 0;

	for (size_t i = 0; i < len; i++)
		hash = hash * 31 + bytes[i];
	return arena_printf(arena, "toy:%llx", hash);
}
