#include "unit/flow/toy.h"

#include <criterion/criterion.h>
#include <string.h>

static struct plan *one_step(const struct step_kind *kind)
{
	struct plan *plan = plan_new("toy");

	plan_add(plan, &(struct step){ .kind = kind, .target = "a" });
	return plan;
}

static size_t count_in(const char *text, const char *word)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, word)); at++)
		count++;
	return count;
}

struct counter {
	unsigned turns;
	struct task task;
	struct step_run *run;
};

static int count_turns(struct step_run *run, struct err *err)
{
	struct counter *counter = run_state(run, sizeof(*counter));

	run_say(run, "turn %u", counter->turns / 2);
	if (++counter->turns == 6)
		return run_done(run);
	return run_after(run, SECOND, count_turns, err);
}

static const struct step_kind counts = {
	.name = "counts",
	.phrase = "count",
	.timeout_s = 10,
	.danger = STEP_CHANGES,
	.start = count_turns,
};

Test(step, keeps_its_state_and_says_nothing_twice_in_a_row)
{
	struct toy toy SCOPED(toy_done) = { 0 };
	struct plan *plan OWNED(plan_free) = one_step(&counts);
	toy_init(&toy);

	toy_run(&toy, plan);
	cr_assert_eq(toy.result.done, 1);
	cr_assert_eq(count_in(str_text(&toy.events), "\"note\""), 3);
	cr_assert_eq(count_in(str_text(&toy.events), "\"turn 1\""), 1);
}

static int forgets(struct step_run *run, struct err *err)
{
	(void)run;
	(void)err;
	return 0;
}

static int gives_no_reason(struct step_run *run, struct err *err)
{
	(void)run;
	(void)err;
	return -1;
}

static int fails_while_going_on(struct step_run *run, struct err *err)
{
	run_after(run, SECOND, forgets, err);
	return err_set(err, ERR_CONFLICT, "not so");
}

static int contradicts_itself(struct step_run *run, struct err *err)
{
	run_done(run);
	run_say(run, "too late");
	run_fail(run, &(struct err){ .kind = ERR_NET, .text = "too late" });
	return run_after(run, SECOND, forgets, err);
}

static int finds_it_so(struct step_run *run, struct err *err)
{
	(void)err;
	return run_already(run);
}

/* A callback that comes while the step's own function is still on the stack. */
static int resumes_at_once(struct step_run *run, struct err *err)
{
	(void)err;
	run_hold(run);
	run_resume(run, finds_it_so);
	cr_assert_eq(loop_now(run_loop(run)), run_started(run));
	return 0;
}

static void call_back(struct task *task)
{
	run_fail(container_of(task, struct counter, task)->run,
		 &(struct err){ .kind = ERR_REMOTE, .text = "no" });
}

static int is_called_back(struct step_run *run, struct err *err)
{
	struct counter *counter = run_state(run, sizeof(*counter));

	(void)err;
	counter->run = run;
	task_init(&counter->task, run_loop(run), call_back);
	task_post(&counter->task);
	return run_hold(run);
}

static const struct verdict_row {
	const char *name;
	step_fn *start;
	enum event_how how;
	size_t done, skipped;
	enum err_kind kind;
	const char *text;
} verdict_rows[] = {
	{ "forgets", forgets, HOW_FAILED, 0, 0, ERR_BUG,
	  "a: go: the step neither ended nor named what comes next" },
	{ "no reason", gives_no_reason, HOW_FAILED, 0, 0, ERR_BUG,
	  "a: go: the step gave no reason" },
	{ "fails while going on", fails_while_going_on, HOW_FAILED, 0, 0, ERR_CONFLICT,
	  "a: go: not so" },
	{ "first verdict counts", contradicts_itself, HOW_DONE, 1, 0, ERR_NONE, "" },
	{ "already", finds_it_so, HOW_DONE, 0, 1, ERR_NONE, "" },
	{ "resumed at once", resumes_at_once, HOW_DONE, 0, 1, ERR_NONE, "" },
	{ "called back", is_called_back, HOW_FAILED, 0, 0, ERR_REMOTE, "a: go: no" },
};

Test(step, ends_with_one_verdict)
{
	for (size_t i = 0; i < ARRAY_LEN(verdict_rows); i++) {
		const struct verdict_row *row = &verdict_rows[i];
		const struct step_kind kind = {
			.name = "go",
			.phrase = "go",
			.timeout_s = 10,
			.danger = STEP_CHANGES,
			.start = row->start,
		};
		struct toy toy SCOPED(toy_done) = { 0 };
		struct plan *plan OWNED(plan_free) = one_step(&kind);
		toy_init(&toy);

		toy_run(&toy, plan);
		cr_assert_eq(toy.result.how, row->how, "%s", row->name);
		cr_assert_eq(toy.result.done, row->done, "%s", row->name);
		cr_assert_eq(toy.result.skipped, row->skipped, "%s", row->name);
		cr_assert_eq(toy.result.err.kind, row->kind, "%s", row->name);
		cr_assert_str_eq(toy.result.err.text, row->text, "%s", row->name);
		cr_assert_eq(count_in(str_text(&toy.events), "too late"), 0, "%s", row->name);
	}
}

static int check_breaks(struct step_run *run, struct err *err)
{
	(void)run;
	return err_set(err, ERR_NET, "cannot see");
}

Test(step, fails_when_its_check_does)
{
	static const struct step_kind blind = {
		.name = "blind",
		.phrase = "go",
		.timeout_s = 10,
		.attempts = 2,
		.pause_s = 4,
		.danger = STEP_CHANGES,
		.check = check_breaks,
		.start = finds_it_so,
	};
	struct toy toy SCOPED(toy_done) = { 0 };
	struct plan *plan OWNED(plan_free) = one_step(&blind);
	toy_init(&toy);

	toy_run(&toy, plan);
	cr_assert_eq(toy.result.failed, 1);
	cr_assert_str_eq(toy.result.err.text, "a: go: cannot see");
	cr_assert_eq(count_in(str_text(&toy.events), "\"retry\""), 1);
	cr_assert_eq(count_in(str_text(&toy.events), "\"begin\""), 0);
	cr_assert_eq(loop_now(toy.loop), 4 * SECOND);
}
