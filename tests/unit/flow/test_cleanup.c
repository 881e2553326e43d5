/*
 * Clean-ups: what has to be put right when a run ends too early.
 */
#include "unit/flow/toy.h"

#include "base/fs.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void run_rows(struct toy *toy, const struct toy_step *rows, size_t len)
{
	toy->plan = toy_plan(rows, len);
	toy_run(toy, toy->plan);
}

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

static void prod_set(struct prod *prod, struct toy *toy, unsigned at, void (*act)(struct exec *))
{
	prod->toy = toy;
	prod->act = act;
	timer_init(&prod->timer, toy->loop, prod_due);
	timer_set(&prod->timer, at * SECOND);
}

/* Two nodes, one after the other: open it, work on it, tidy up. */
static const struct toy_step well[] = {
	{ .kind = &toy_work, .target = "a", .take = 1 },
	{ .kind = &toy_once, .target = "a", .take = 10, AFTER(0) },
	{ .kind = &toy_tidy, .target = "a", .take = 1, AFTER(0, 1) },
	{ .kind = &toy_work, .target = "b", .take = 1, AFTER(2) },
	{ .kind = &toy_tidy, .target = "b", .take = 1, AFTER(3) },
};

Test(cleanup, is_a_step_like_others_in_good_order)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, well, ARRAY_LEN(well));

	cr_assert_eq(toy.result.how, HOW_DONE);
	cr_assert_str_eq(str_text(&toy.order), "work/a once/a tidy/a work/b tidy/b ");
	cr_assert_eq(toy.result.done, 5);
}

Test(cleanup, runs_after_a_failure_and_lets_nothing_follow)
{
	struct toy_step rows[ARRAY_LEN(well)];
	struct toy toy SCOPED(toy_done) = { 0 };

	memcpy(rows, well, sizeof(rows));
	rows[1].fail = 2;
	rows[1].with = "conflict";
	toy_init(&toy);
	run_rows(&toy, rows, ARRAY_LEN(rows));

	cr_assert_eq(toy.result.how, HOW_FAILED);
	cr_assert_str_eq(str_text(&toy.order), "work/a once/a tidy/a ");
	cr_assert_str_eq(toy.result.err.text, "a: do it once: as ordered");
	cr_assert_eq(toy.result.failed, 1);
	cr_assert_eq(toy.result.never, 2);
}

Test(cleanup, runs_when_independent_steps_went_on)
{
	struct toy_step rows[ARRAY_LEN(well)];
	struct toy toy SCOPED(toy_done) = { 0 };

	memcpy(rows, well, sizeof(rows));
	rows[1].fail = 2;
	rows[1].with = "conflict";
	toy_init(&toy);
	toy.plan = toy_plan(rows, ARRAY_LEN(rows));
	toy.plan->on_failure = PLAN_GOES_ON;
	toy_run(&toy, toy.plan);

	cr_assert_eq(toy.result.how, HOW_FAILED);
	cr_assert_str_eq(str_text(&toy.order), "work/a once/a tidy/a ");
	cr_assert_eq(toy.result.never, 2);
}

Test(cleanup, has_nothing_to_do_where_nothing_was_begun)
{
	static const struct toy_step rows[] = {
		{ .kind = &toy_gate, .target = "a", .fail = 9, .with = "conflict" },
		{ .kind = &toy_work, .target = "a", AFTER(0) },
		{ .kind = &toy_tidy, .target = "a", AFTER(1) },
	};
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, rows, ARRAY_LEN(rows));

	cr_assert_str_eq(str_text(&toy.order), "gate/a ");
	cr_assert_eq(toy.result.never, 2);
}

Test(cleanup, runs_when_what_it_is_for_failed_itself)
{
	static const struct toy_step rows[] = {
		{ .kind = &toy_work, .target = "a", .fail = 9, .with = "conflict" },
		{ .kind = &toy_tidy, .target = "a", AFTER(0) },
	};
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, rows, ARRAY_LEN(rows));

	cr_assert_str_eq(str_text(&toy.order), "work/a tidy/a ");
	cr_assert(toy_fact(&toy, "tidy/a")->is_so);
}

Test(cleanup, runs_after_a_cancel_and_is_cancelled_by_another)
{
	for (unsigned twice = 0; twice <= 1; twice++) {
		struct toy toy SCOPED(toy_done) = { 0 };
		struct prod first, second;

		toy_init(&toy);
		prod_set(&first, &toy, 5, exec_cancel);
		struct toy_step rows[ARRAY_LEN(well)];
		memcpy(rows, well, sizeof(rows));
		rows[2].take = 10;
		if (twice)
			prod_set(&second, &toy, 8, exec_cancel);
		run_rows(&toy, rows, ARRAY_LEN(rows));

		cr_assert_eq(toy.result.how, HOW_CANCELLED);
		cr_assert_eq(toy.over, 1);
		cr_assert_eq(toy_fact(&toy, "tidy/a")->started, 1);
		cr_assert_eq(toy_fact(&toy, "tidy/a")->is_so, !twice);
		cr_assert_eq(loop_now(toy.loop) / SECOND, twice ? 8 : 15);
	}
}

Test(cleanup, runs_after_a_stop_and_out_of_time)
{
	struct toy toy SCOPED(toy_done) = { 0 };

	toy_init(&toy);
	toy.timeout = 5 * SECOND;
	run_rows(&toy, well, ARRAY_LEN(well));
	cr_assert_eq(toy.result.err.kind, ERR_TIMEOUT);
	cr_assert(toy_fact(&toy, "tidy/a")->is_so);
}

/* The first life fails after the opening; the second opens again and comes to the end. */
Test(cleanup, is_done_again_with_what_it_undid_by_who_goes_on)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char folder[] = "/tmp/talforge-cleanup-XXXXXX";
	struct toy toy SCOPED(toy_done) = { 0 };
	struct toy_step rows[ARRAY_LEN(well)];
	struct journal *journal OWNED(journal_close) = NULL;
	struct journal_story story;
	struct err err = ERR_INIT;

	cr_assert_not_null(mkdtemp(folder));
	memcpy(rows, well, sizeof(rows));
	rows[1].fail = 1;
	rows[1].with = "conflict";
	toy_init(&toy);
	toy.plan = toy_plan(rows, ARRAY_LEN(rows));
	cr_assert_eq(journal_create(folder, "r1", toy.plan, 0, &journal, &err), 0, "%s", err.text);
	toy.journal = journal;
	toy_run(&toy, toy.plan);
	cr_assert_eq(toy.result.how, HOW_FAILED);
	journal_close(take(journal));
	toy_fact(&toy, "work/a")->is_so = false;
	toy_fact(&toy, "tidy/a")->is_so = false;

	cr_assert_eq(journal_load(arena, journal_path(arena, folder, "r1"), &story, &err), 0, "%s",
		     err.text);
	cr_assert_eq(story.state[0], RECORD_FAILED);
	cr_assert_eq(story.state[1], RECORD_FAILED);
	cr_assert_eq(story.state[2], RECORD_NEVER);
	cr_assert_eq(journal_continue(folder, "r1", toy.plan, &journal, &err), 0, "%s", err.text);
	toy.journal = journal;
	toy.history = story.state;
	str_clear(&toy.order);
	toy_run(&toy, toy.plan);

	cr_assert_eq(toy.result.how, HOW_DONE, "%s", toy.result.err.text);
	cr_assert_str_eq(str_text(&toy.order), "work/a once/a tidy/a work/b tidy/b ");
	journal_close(take(journal));
	cr_assert_eq(journal_load(arena, journal_path(arena, folder, "r1"), &story, &err), 0, "%s",
		     err.text);
	cr_assert(journal_is_finished(&story));
	cr_assert_eq(fs_remove(journal_path(arena, folder, "r1"), NULL), 0);
	cr_assert_eq(rmdir(folder), 0);
}

/* What shares a target goes one after the other, and the cluster's own comes last. */
Test(cleanup, goes_through_the_nodes_first_and_the_cluster_last)
{
	static const struct toy_step rows[] = {
		{ .kind = &toy_work, .target = "", .take = 1 },
		{ .kind = &toy_work, .target = "a", .take = 1, AFTER(0) },
		{ .kind = &toy_once, .target = "b", .fail = 2, .with = "conflict", AFTER(1) },
		{ .kind = &toy_tidy, .target = "", .take = 1, AFTER(0, 2) },
		{ .kind = &toy_tidy, .target = "a", .take = 3, AFTER(1, 2) },
		{ .kind = &toy_tidy, .target = "a", .take = 3, AFTER(1, 2) },
	};
	struct toy toy SCOPED(toy_done) = { 0 };
	toy_init(&toy);
	run_rows(&toy, rows, ARRAY_LEN(rows));

	cr_assert_eq(toy.result.how, HOW_FAILED);
	cr_assert_str_eq(str_text(&toy.order), "work work/a once/b tidy/a tidy/a#2 tidy ");
	cr_assert_eq(toy_most(&toy, "target:a"), 1);
	cr_assert_eq(toy.result.never, 0);
}
