#include "flow/step.h"

#include "flow/attempt.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct step *run_step(const struct step_run *run)
{
	return run->setup.step;
}

const char *run_arg(const struct step_run *run, const char *name)
{
	return value_get_text(run->setup.step->args, name);
}

const struct value *run_args(const struct step_run *run)
{
	return run->setup.step->args;
}

struct arena *run_arena(struct step_run *run)
{
	return run->arena;
}

void *run_host(const struct step_run *run)
{
	return run->setup.host;
}

struct loop *run_loop(const struct step_run *run)
{
	return run->setup.loop;
}

uint64_t run_started(const struct step_run *run)
{
	return run->setup.started;
}

void *run_state(struct step_run *run, size_t size)
{
	if (!run->state) {
		run->state = arena_alloc(run->arena, size);
		run->state_size = size;
	}
	assert(run->state_size == size);
	return run->state;
}

bool run_is_check(const struct step_run *run)
{
	return run->setup.part == ATTEMPT_CHECK;
}

void run_say(struct step_run *run, const char *fmt, ...)
{
	char note[NOTE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(note, sizeof(note), fmt, args);
	va_end(args);
	if (run->verdict != VERDICT_OPEN || strcmp(note, run->note) == 0)
		return;
	memcpy(run->note, note, sizeof(note));
	run->setup.on_note(run, run->note);
}

int run_done(struct step_run *run)
{
	attempt_end(run, VERDICT_DONE, NULL);
	return 0;
}

int run_already(struct step_run *run)
{
	assert(!run_is_check(run));
	attempt_end(run, VERDICT_ALREADY, NULL);
	return 0;
}

bool run_was_begun(const struct step_run *run)
{
	return run->setup.begun;
}

int run_needed(struct step_run *run)
{
	assert(run_is_check(run));
	attempt_end(run, VERDICT_NEEDED, NULL);
	return 0;
}

int run_after(struct step_run *run, uint64_t delay, step_fn *next, struct err *err)
{
	(void)err;
	if (run->verdict != VERDICT_OPEN)
		return 0;
	run->held = false;
	run->next = next;
	task_cancel(&run->turn);
	timer_set(&run->pause, loop_now(run->setup.loop) + delay);
	return 0;
}

int run_hold(struct step_run *run)
{
	run->held = run->verdict == VERDICT_OPEN;
	return 0;
}

void run_resume(struct step_run *run, step_fn *next)
{
	if (run->verdict != VERDICT_OPEN)
		return;
	run->held = false;
	run->next = next;
	timer_cancel(&run->pause);
	task_post(&run->turn);
}

void run_fail(struct step_run *run, const struct err *err)
{
	attempt_end(run, VERDICT_FAILED, err);
}
