#include "flow/attempt.h"

#include <assert.h>

void attempt_end(struct step_run *run, enum verdict verdict, const struct err *err)
{
	if (run->verdict != VERDICT_OPEN)
		return;
	run->verdict = verdict;
	if (err)
		run->err = *err;
	run->next = NULL;
	run->held = false;
	timer_cancel(&run->pause);
	timer_cancel(&run->limit);
	task_post(&run->turn);
}

static void call_next(struct step_run *run)
{
	struct err err = ERR_INIT;
	step_fn *fn = run->next;

	run->next = NULL;
	run->calling = true;
	int r = fn(run, &err);
	run->calling = false;

	if (r < 0 && !err_is_set(&err))
		err_set(&err, ERR_BUG, "the step gave no reason");
	if (r >= 0 && run->verdict == VERDICT_OPEN && !run->next && !run->held)
		r = err_set(&err, ERR_BUG, "the step neither ended nor named what comes next");
	if (r < 0)
		attempt_end(run, VERDICT_FAILED, &err);
}

static void turn(struct task *task)
{
	struct step_run *run = container_of(task, struct step_run, turn);

	if (run->verdict != VERDICT_OPEN)
		run->setup.on_verdict(run);
	else if (run->next)
		call_next(run);
}

static void pause_over(struct timer *timer)
{
	struct step_run *run = container_of(timer, struct step_run, pause);

	if (run->next)
		call_next(run);
}

static void limit_reached(struct timer *timer)
{
	struct step_run *run = container_of(timer, struct step_run, limit);
	struct err err = ERR_INIT;

	err_set(&err, ERR_TIMEOUT, "no end within %us%s%s", run->setup.step->kind->timeout_s,
		run->note[0] ? ": " : "", run->note);
	attempt_end(run, VERDICT_FAILED, &err);
}

struct step_run *attempt_new(const struct attempt_setup *setup)
{
	struct step_run *run = mem_new(sizeof(*run));
	const struct step_kind *kind = setup->step->kind;

	run->setup = *setup;
	run->arena = arena_new("attempt");
	task_init(&run->turn, setup->loop, turn);
	timer_init(&run->pause, setup->loop, pause_over);
	timer_init(&run->limit, setup->loop, limit_reached);
	timer_set(&run->limit, loop_now(setup->loop) + kind->timeout_s * SECOND);
	run->next = setup->part == ATTEMPT_CHECK ? kind->check : kind->start;
	task_post(&run->turn);
	return run;
}

void attempt_free(struct step_run *run)
{
	if (!run)
		return;
	assert(!run->calling);

	/* Given up before its verdict: whatever its calls say from now on is late. */
	if (run->verdict == VERDICT_OPEN)
		attempt_end(run, VERDICT_FAILED, NULL);
	if (run->setup.step->kind->cancel)
		run->setup.step->kind->cancel(run);
	timer_cancel(&run->pause);
	timer_cancel(&run->limit);
	task_cancel(&run->turn);
	arena_free(run->arena);
	mem_free(run, sizeof(*run));
}
