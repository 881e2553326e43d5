#include "unit/flow/toy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A toy that has run the rows once. */
static void run_rows(struct toy *toy, const struct toy_step *rows, size_t len)
{
	toy->plan = toy_plan(rows, len);
	toy_run(toy, toy->plan);
}

static uint64_t seconds(const struct toy *toy)
{
	return loop_now(toy->loop) / SECOND;
}

Test(exec, runs_an_empty_plan)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, NULL, 0);

	cr_assert_eq(toy.result.how, HOW_DONE);
	cr_assert_str_eq(str_text(&toy.events),
			 "{\"at\":\"2026-01-02T03:04:05.000Z\",\"event\":\"plan\",\"run\":\"r1\","
			 "\"step\":null,\"op\":null,\"target\":null,"
			 "\"text\":\"toy\",\"err\":null}\n"
			 "{\"at\":\"2026-01-02T03:04:05.000Z\",\"event\":\"over\",\"run\":\"r1\","
			 "\"step\":null,\"op\":null,\"target\":null,"
			 "\"text\":\"done\",\"err\":null}\n");
}

Test(exec, respects_after_edges)
{
	static const struct toy_step rows[] = {
		{ .kind = &toy_work, .target = "a", .take = 5 },
		{ .kind = &toy_work, .target = "b", .take = 1 },
		{ .kind = &toy_work, .target = "c", .take = 1, AFTER(0) },
		{ .kind = &toy_work, .target = "d", .take = 1, AFTER(1) },
		{ .kind = &toy_work, .target = "e", .take = 1, AFTER(2, 3) },
	};
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, rows, ARRAY_LEN(rows));

	cr_assert_str_eq(str_text(&toy.order), "work/a work/b work/d work/c work/e ");
	cr_assert_eq(toy.result.how, HOW_DONE);
	cr_assert_eq(toy.result.done, 5);
	cr_assert_eq(seconds(&toy), 7);
}

Test(exec, keeps_to_the_width_of_a_lane)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	struct plan *plan OWNED(plan_free) = plan_new("toy");

	plan_lane(plan, "workers", 3);
	for (unsigned i = 0; i < 9; i++) {
		char target[] = { (char)('a' + i), '\0' };
		toy_add(plan, &(struct toy_step){ &toy_work, target, "workers", .take = 10 });
	}
	for (unsigned i = 0; i < 3; i++) {
		char target[] = { (char)('p' + i), '\0' };
		toy_add(plan, &(struct toy_step){ &toy_work, target, "control", .take = 10 });
	}
	toy_run(&toy, plan);
	cr_assert_eq(toy_most(&toy, "lane:workers"), 3);
	cr_assert_eq(toy_most(&toy, "lane:control"), 1);
	cr_assert_eq(seconds(&toy), 30);
}

Test(exec, works_on_a_target_one_step_at_a_time)
{
	static const struct toy_step rows[] = {
		{ &toy_work, "a", "", .take = 10 },
		{ &toy_work, "a", "x", .take = 10 },
		{ &toy_work, "a", "y", .take = 10 },
		{ &toy_work, "b", "x", .take = 10 },
		{ &toy_work, "", "", .take = 10 },
		{ &toy_work, "", "y", .take = 10 },
	};
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, rows, ARRAY_LEN(rows));

	cr_assert_eq(toy_most(&toy, "target:a"), 1);
	cr_assert_eq(toy_most(&toy, "target:"), 1);
	cr_assert_eq(toy.result.done, 6);
	cr_assert_eq(seconds(&toy), 30);
}

static const struct toy_step mixed[] = {
	{ .kind = &toy_work, .target = "a", .take = 3, .fail = 1 },
	{ .kind = &toy_work, .target = "b", .take = 3 },
	{ .kind = &toy_gate, .target = "", AFTER(0, 1) },
	{ .kind = &toy_once, .target = "c", .lane = "x", .take = 2, AFTER(2) },
	{ .kind = &toy_lost, .target = "d", .lane = "x", .take = 2, AFTER(2) },
};

Test(exec, says_the_same_twice)
{
	struct toy one SCOPED(toy_done) = { 0 }, two SCOPED(toy_done) = { 0 };
	toy_init(&one);
	toy_init(&two);
	run_rows(&one, mixed, ARRAY_LEN(mixed));
	run_rows(&two, mixed, ARRAY_LEN(mixed));

	cr_assert_gt(one.events.len, 1000);
	cr_assert_str_eq(str_text(&one.events), str_text(&two.events));
}

Test(exec, changes_nothing_the_second_time)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, mixed, ARRAY_LEN(mixed));

	cr_assert_eq(toy.result.done, 4);
	cr_assert_eq(toy.result.skipped, 1);
	toy_run(&toy, toy.plan);
	cr_assert_eq(toy.result.how, HOW_DONE);
	cr_assert_eq(toy.result.done, 0);
	cr_assert_eq(toy.result.skipped, 5);
	cr_assert_eq(exec_state(toy.exec, 0), RECORD_SKIPPED);
	cr_assert_eq(exec_state(toy.exec, 2), RECORD_DONE);
}

static const struct retry_row {
	const char *with;
	unsigned fail, started;
	enum event_how how;
	uint64_t seconds;
} retry_rows[] = {
	{ "net", 2, 3, HOW_DONE, 10 },
	{ "timeout", 2, 3, HOW_DONE, 10 },
	{ "remote", 1, 2, HOW_DONE, 5 },
	{ "net", 3, 3, HOW_FAILED, 10 },
	{ "auth", 1, 1, HOW_FAILED, 0 },
	{ "refused", 1, 1, HOW_FAILED, 0 },
	{ "input", 1, 1, HOW_FAILED, 0 },
	{ "conflict", 1, 1, HOW_FAILED, 0 },
	{ "not-found", 1, 1, HOW_FAILED, 0 },
	{ "system", 1, 1, HOW_FAILED, 0 },
	{ "cancelled", 1, 1, HOW_FAILED, 0 },
};

Test(exec, tries_again_what_may_pass)
{
	for (size_t i = 0; i < ARRAY_LEN(retry_rows); i++) {
		const struct retry_row *row = &retry_rows[i];
		const struct toy_step step = {
			.kind = &toy_work, .target = "a", .fail = row->fail, .with = row->with
		};
		struct toy toy SCOPED(toy_done) = { 0 };
		toy_init(&toy);
		run_rows(&toy, &step, 1);

		cr_assert_eq(toy.result.how, row->how, "%s %u", row->with, row->fail);
		cr_assert_eq(toy_fact(&toy, "work/a")->started, row->started, "%s", row->with);
		cr_assert_eq(toy_fact(&toy, "work/a")->doubted, row->started > 1, "%s", row->with);
		cr_assert_eq(seconds(&toy), row->seconds, "%s", row->with);
	}
}

Test(exec, does_not_repeat_what_worked_although_the_answer_was_lost)
{
	static const struct toy_step row = { .kind = &toy_lost, .target = "a" };
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, &row, 1);

	cr_assert_eq(toy.result.how, HOW_DONE);
	cr_assert_eq(toy.result.done, 1);
	cr_assert_eq(toy.result.skipped, 0);
	cr_assert_eq(toy_fact(&toy, "lost/a")->acted, 1);
	cr_assert_eq(toy_fact(&toy, "lost/a")->checked, 2);
}

Test(exec, ends_an_attempt_that_takes_too_long)
{
	static const struct toy_step row = { .kind = &toy_hang, .target = "a" };
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, &row, 1);

	cr_assert_eq(toy.result.how, HOW_FAILED);
	cr_assert_eq(toy.result.failed, 1);
	cr_assert_eq(toy.result.err.kind, ERR_TIMEOUT);
	cr_assert_str_eq(toy.result.err.text, "a: hang around: no end within 90s: waiting");
	cr_assert_str_eq(exec_err(toy.exec, 0)->text, "no end within 90s: waiting");
	cr_assert(toy_fact(&toy, "hang/a")->stopped);
	cr_assert_eq(seconds(&toy), 90);
}

static const struct toy_step failing[] = {
	{ .kind = &toy_work, .target = "a", .take = 2, .fail = 1, .with = "auth" },
	{ .kind = &toy_work, .target = "b", .take = 9, .fail = 1 },
	{ .kind = &toy_work, .target = "c", .take = 1, AFTER(0) },
	{ .kind = &toy_work, .target = "b", .take = 1 },
};

Test(exec, drains_after_a_failure)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, failing, ARRAY_LEN(failing));

	cr_assert_eq(toy.result.how, HOW_FAILED);
	cr_assert_eq(toy.result.done, 1, "b went on, with its second attempt");
	cr_assert_eq(toy.result.failed, 1);
	cr_assert_eq(toy.result.never, 2);
	cr_assert_eq(toy.result.err.kind, ERR_AUTH);
	cr_assert_str_eq(toy.result.err.text, "a: do some work: as ordered");
	cr_assert_str_eq(str_text(&toy.order), "work/a work/b ");
	cr_assert_eq(exec_state(toy.exec, 2), RECORD_NEVER);
	cr_assert_eq(exec_state(toy.exec, 3), RECORD_NEVER);
	cr_assert_eq(seconds(&toy), 9 + 5 + 9);
}

static const struct toy_step independent[] = {
	{ .kind = &toy_work, .target = "a", .take = 2, .fail = 1, .with = "auth" },
	{ .kind = &toy_work, .target = "b", .take = 9 },
	{ .kind = &toy_work, .target = "c", .take = 1, AFTER(0) },
	{ .kind = &toy_work, .target = "b", .take = 1, AFTER(1) },
};

Test(exec, goes_on_with_what_does_not_need_the_failed_step)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	struct plan *plan OWNED(plan_free) = toy_plan(independent, ARRAY_LEN(independent));

	plan->on_failure = PLAN_GOES_ON;
	toy_run(&toy, plan);
	cr_assert_eq(toy.result.how, HOW_FAILED);
	cr_assert_eq(toy.result.done, 2);
	cr_assert_eq(toy.result.failed, 1);
	cr_assert_eq(toy.result.never, 1);
	cr_assert_str_eq(toy.result.err.text, "a: do some work: as ordered");
	cr_assert_eq(exec_state(toy.exec, 2), RECORD_NEVER);
	cr_assert_eq(exec_state(toy.exec, 3), RECORD_DONE);
	exec_free(take(toy.exec));
}

/* b is still being looked at, or pauses after a look that failed, when a fails. */
Test(exec, does_not_begin_what_was_being_checked_at_a_failure)
{
	for (unsigned fail = 0; fail < 2; fail++) {
		const struct toy_step rows[] = {
			{ &toy_work, "a", "", .take = 2 + 2 * fail, .fail = 1, .with = "auth" },
			{ .kind = &toy_slow, .target = "b", .fail = fail },
		};
		struct toy toy SCOPED(toy_done) = { 0 };
		toy_init(&toy);
		run_rows(&toy, rows, ARRAY_LEN(rows));

		cr_assert_eq(toy.result.how, HOW_FAILED);
		cr_assert_eq(toy.result.failed, 1);
		cr_assert_eq(toy.result.never, 1);
		cr_assert_eq(toy_fact(&toy, "slow/b")->checked, 1);
		cr_assert_eq(toy_fact(&toy, "slow/b")->started, 0);
		cr_assert_eq(exec_state(toy.exec, 1), RECORD_NEVER);
		cr_assert_eq(seconds(&toy), fail ? 5 : 3);
	}
}

/* Something that happens to an exec at a time. */
struct prod {
	struct timer timer;
	struct toy *toy;
	void (*act)(struct exec *exec);
};

static void prod_due(struct timer *timer)
{
	struct prod *prod = container_of(timer, struct prod, timer);

	prod->act(prod->toy->exec);
}

static void prod_set(struct prod *prod, struct toy *toy, uint64_t at, void (*act)(struct exec *))
{
	prod->toy = toy;
	prod->act = act;
	timer_init(&prod->timer, toy->loop, prod_due);
	timer_set(&prod->timer, at * SECOND);
}

Test(exec, leaves_what_was_being_checked_at_a_cancel_as_never_begun)
{
	static const struct toy_step row = { .kind = &toy_slow, .target = "b" };
	struct toy toy SCOPED(toy_done) = { 0 };
	struct prod prod;
	toy_init(&toy);
	prod_set(&prod, &toy, 1, exec_cancel);
	run_rows(&toy, &row, 1);

	cr_assert_eq(toy.result.how, HOW_CANCELLED);
	cr_assert_eq(toy.result.failed, 0);
	cr_assert_eq(toy.result.never, 1);
	cr_assert_eq(exec_state(toy.exec, 0), RECORD_NEVER);
}

static const struct toy_step long_rows[] = {
	{ .kind = &toy_work, .target = "a", .take = 20 },
	{ .kind = &toy_work, .target = "b", .take = 10, .fail = 1 },
	{ .kind = &toy_work, .target = "c", .take = 10, AFTER(0) },
};

Test(exec, stops_when_what_runs_has_ended)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	struct prod prod;
	toy_init(&toy);
	prod_set(&prod, &toy, 3, exec_stop);
	run_rows(&toy, long_rows, ARRAY_LEN(long_rows));

	cr_assert_eq(toy.result.how, HOW_CANCELLED);
	cr_assert_eq(toy.result.err.kind, ERR_CANCELLED);
	cr_assert_eq(toy.result.done, 2);
	cr_assert_eq(toy.result.never, 1);
	cr_assert_eq(seconds(&toy), 25);
}

Test(exec, is_done_when_the_stop_came_too_late_to_matter)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	struct prod prod;
	toy_init(&toy);
	prod_set(&prod, &toy, 3, exec_stop);
	run_rows(&toy, long_rows, 2);

	cr_assert_eq(toy.result.how, HOW_DONE);
	cr_assert_eq(toy.result.err.kind, ERR_NONE);
}

Test(exec, cancels_what_runs)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	struct prod prod;
	toy_init(&toy);
	prod_set(&prod, &toy, 12, exec_cancel);
	run_rows(&toy, long_rows, ARRAY_LEN(long_rows));

	cr_assert_eq(toy.result.how, HOW_CANCELLED);
	cr_assert_eq(toy.result.failed, 2, "the one that pauses too");
	cr_assert_eq(toy.result.never, 1);
	cr_assert_eq(exec_err(toy.exec, 1)->kind, ERR_CANCELLED);
	cr_assert(toy_fact(&toy, "work/a")->stopped);
	cr_assert_eq(seconds(&toy), 12);
}

Test(exec, ends_at_the_limit_of_the_run)
{
	struct toy toy SCOPED(toy_done) = { .timeout = 15 * SECOND };
	toy_init(&toy);
	run_rows(&toy, long_rows, ARRAY_LEN(long_rows));

	cr_assert_eq(toy.result.how, HOW_CANCELLED);
	cr_assert_eq(toy.result.err.kind, ERR_TIMEOUT);
	cr_assert_str_eq(toy.result.err.text, "a: do some work: no end within 15s: working");
	cr_assert_eq(seconds(&toy), 15);
}

Test(exec, says_what_it_waited_for_when_the_time_is_over)
{
	static const struct toy_step row = { .kind = &toy_hang, .target = "a" };
	struct toy toy SCOPED(toy_done) = { .timeout = 15 * SECOND };
	toy_init(&toy);
	run_rows(&toy, &row, 1);

	cr_assert_eq(toy.result.how, HOW_CANCELLED);
	cr_assert_eq(toy.result.err.kind, ERR_TIMEOUT);
	cr_assert_str_eq(toy.result.err.text, "a: hang around: no end within 15s: waiting");
	cr_assert_str_eq(exec_err(toy.exec, 0)->text, "no end within 15s: waiting");
}

static void free_exec(struct exec *exec)
{
	exec_free(exec);
}

Test(exec, can_be_freed_at_any_time)
{
	for (uint64_t at = 0; at < 36; at++) {
		struct toy toy SCOPED(toy_done) = { 0 };
		struct prod prod;
		struct plan *plan OWNED(plan_free) = toy_plan(long_rows, ARRAY_LEN(long_rows));
		toy_init(&toy);

		toy_start(&toy, plan);
		prod_set(&prod, &toy, at, free_exec);
		cr_assert_eq(loop_run(toy.loop, NULL), 0);
		cr_assert_eq(toy.over, at > 30 ? 1u : 0u, "at %u", (unsigned)at);
		cr_assert(toy_fact(&toy, "work/a")->started == 0 ||
			  toy_fact(&toy, "work/a")->stopped);
		toy.exec = NULL;
	}
}

static void free_when_over(struct exec *exec, const struct exec_result *result, void *host)
{
	struct toy *toy = host;

	exec_free(exec);
	toy->result = *result;
	toy->over++;
}

Test(exec, may_be_freed_when_over)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	struct plan *plan OWNED(plan_free) = toy_plan(mixed, ARRAY_LEN(mixed));
	toy_init(&toy);

	exec_start(exec_new(&(struct exec_options){
		.loop = toy.loop, .plan = plan, .host = &toy, .on_over = free_when_over }));
	cr_assert_eq(loop_run(toy.loop, NULL), 0);
	cr_assert_eq(toy.over, 1);
	cr_assert_eq(toy.result.done, 4);
}

static void stop_at_begin(struct listener *listener, const struct event *event)
{
	const struct toy *toy = container_of(listener, struct toy, listener);

	if (event->what == EVENT_BEGIN)
		exec_cancel(toy->exec);
}

Test(exec, may_be_cancelled_by_a_listener)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	toy.listener.on_event = stop_at_begin;
	run_rows(&toy, long_rows, ARRAY_LEN(long_rows));

	cr_assert_eq(toy.result.how, HOW_CANCELLED);
	cr_assert_eq(toy.result.done, 0);
	cr_assert_eq(seconds(&toy), 0);
}

Test(exec, takes_over_what_earlier_lives_did)
{
	static const enum record_state history[] = { RECORD_DONE, RECORD_SKIPPED, RECORD_BEGUN };
	struct toy toy SCOPED(toy_done) = { .history = history };
	toy_init(&toy);
	toy_fact(&toy, "work/c")->is_so = true;
	run_rows(&toy, long_rows, ARRAY_LEN(long_rows));

	cr_assert_eq(toy.result.how, HOW_DONE);
	cr_assert_eq(toy.result.skipped, 3);
	cr_assert_eq(toy_fact(&toy, "work/a")->checked, 0);
	cr_assert_eq(toy_fact(&toy, "work/c")->checked, 1);
	cr_assert_eq(toy_fact(&toy, "work/c")->started, 0);
	cr_assert(toy_fact(&toy, "work/c")->doubted);
	cr_assert_eq(exec_state(toy.exec, 0), RECORD_DONE);
}

/* gates a and b one behind the other, work w behind them, gate c behind that */
static const struct toy_step gated_rows[] = {
	{ .kind = &toy_fresh, .target = "a", .take = 1 },
	{ .kind = &toy_fresh, .target = "b", .take = 1, AFTER(0) },
	{ .kind = &toy_once, .target = "w", .take = 1, AFTER(1) },
	{ .kind = &toy_fresh, .target = "c", .take = 1, AFTER(2) },
};

Test(exec, asks_gates_again_that_nothing_has_gone_on_from)
{
	static const struct {
		enum record_state history[4];
		const char *order;
	} rows[] = {
		{ { RECORD_DONE, RECORD_DONE, RECORD_NEVER, RECORD_NEVER },
		  "fresh/a fresh/b once/w fresh/c " },
		{ { RECORD_DONE, RECORD_FAILED, RECORD_NEVER, RECORD_NEVER },
		  "fresh/b once/w fresh/c " },
		{ { RECORD_DONE, RECORD_DONE, RECORD_FAILED, RECORD_NEVER }, "once/w fresh/c " },
		{ { RECORD_DONE, RECORD_DONE, RECORD_DONE, RECORD_DONE }, "fresh/c " },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct toy toy SCOPED(toy_done) = { .history = rows[i].history };
		toy_init(&toy);
		run_rows(&toy, gated_rows, ARRAY_LEN(gated_rows));

		cr_assert_eq(toy.result.how, HOW_DONE, "row %zu", i);
		cr_assert_str_eq(str_text(&toy.order), rows[i].order, "row %zu: %s", i,
				 str_text(&toy.order));
	}
}

Test(exec, runs_a_thousand_steps)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	struct plan *plan OWNED(plan_free) = plan_new("toy");
	char target[16];

	plan_lane(plan, "workers", 10);
	for (unsigned i = 0; i < 1000; i++) {
		unsigned before = i >= 10 ? i - 10 : 0;

		snprintf(target, sizeof(target), "w-%u", i);
		toy_add(plan, &(struct toy_step){ &toy_work, target, "workers", .take = 1,
						  .after = { before }, .afters = i > 0 });
	}
	toy_run(&toy, plan);
	cr_assert_eq(toy.result.done, 1000);
	cr_assert_leq(toy_most(&toy, "lane:workers"), 10);
}
