#include "cli/run.h"

#include "cli/ask.h"
#include "cli/operator_lock.h"
#include "cli/progress.h"
#include "cli/run_result.h"
#include "cli/signals.h"
#include "crypto/random.h"
#include "flow/exec.h"

#include <string.h>

#define RUN_LETTERS "0123456789abcdefghijklmnopqrstuvwxyz"
#define STOPPING "stopping: what has begun is finished first; Ctrl-C again cancels it"
#define CANCELLING "cancelling: nodes are put back into service; Ctrl-C again leaves that too"

const char *const run_those_planned[] = { NULL };

/* One run at work. */
struct run {
	struct program *program;
	const struct run_setup *setup;
	struct loop *loop;
	struct journal *journal;
	struct exec *exec;
	struct progress progress;
	struct listener end; /* stops the loop */
	struct signals signals;
};

static void run_close(struct run *run)
{
	if (run->setup->lock)
		run->setup->lock->on_lost = NULL;
	progress_close(&run->progress);
	signals_close(&run->signals);
	exec_free(take(run->exec));
	journal_close(take(run->journal));
}

static void run_signalled(struct signals *signals, unsigned count)
{
	struct run *run = container_of(signals, struct run, signals);

	progress_say(&run->progress, count == 1 ? STOPPING : CANCELLING);
	if (count == 1)
		exec_stop(run->exec);
	else
		exec_cancel(run->exec);
}

static void run_event(struct listener *listener, const struct event *event)
{
	struct run *run = container_of(listener, struct run, end);

	signals_poll(&run->signals);
	if (event->what == EVENT_OVER)
		loop_stop(run->loop);
}

static void run_unlocked(struct operator_lock *lock, const struct err *err)
{
	struct run *run = lock->user;

	exec_stop_for(run->exec, err);
}

static void watch_lock(struct run *run)
{
	struct operator_lock *lock = run->setup->lock;

	if (!lock)
		return;
	lock->user = run;
	lock->on_lost = run_unlocked;
}

static int open_journal(struct run *run, struct err *err)
{
	const struct run_setup *setup = run->setup;
	struct arena *arena = run->program->arena;

	if (setup->story)
		return journal_continue(setup->folder, setup->story->run, setup->plan,
					&run->journal, err);
	if (!setup->folder || !plan_changes(setup->plan))
		return 0;

	const char *letters = random_letters(random_system(), arena, RUN_LETTERS, 4);
	uint64_t wall = loop_wall(run->loop);
	const char *id;

	if (fs_mkdir(setup->folder, 0700, err) < 0 ||
	    journal_next_run(arena, setup->folder, wall, letters, &id, err) < 0)
		return -1;
	return journal_create(setup->folder, id, setup->plan, wall, &run->journal, err);
}

/* What --timeout has left; never 0, which would mean no limit. */
static uint64_t time_left(const struct run *run)
{
	uint64_t limit = run->program->changes.timeout;
	uint64_t used = loop_now(run->loop) - run->setup->began;

	if (limit == 0)
		return 0;
	return limit > used ? limit - used : 1;
}

static void open_exec(struct run *run)
{
	const struct run_setup *setup = run->setup;
	const struct progress_setup progress = { .arena = run->program->arena,
						 .say = &run->program->say,
						 .loop = run->loop,
						 .plan = setup->plan,
						 .epoch = run->program->epoch };

	progress_open(&run->progress, &progress);
	run->end.on_event = run_event;
	run->progress.listener.next = &run->end;
	run->end.next = run->program->audience;

	const struct exec_options options = {
		.loop = run->loop,
		.plan = setup->plan,
		.journal = run->journal,
		.history = setup->story ? setup->story->state : NULL,
		.listeners = &run->progress.listener,
		.run = run->journal ? journal_run(run->journal) : NULL,
		.host = setup->site,
		.timeout = time_left(run),
		.timeout_said = run->program->changes.timeout,
	};
	run->exec = exec_new(&options);
}

static int run_to_end(struct run *run, struct err *err)
{
	if (open_journal(run, err) < 0)
		return err_wrap(err, "open the journal");
	open_exec(run);
	if (signals_open(&run->signals, run->loop, run_signalled, err) < 0)
		return -1;
	watch_lock(run);
	exec_start(run->exec);
	return loop_run(run->loop, err);
}

int run_plan(struct program *program, const struct run_setup *setup, struct err *err)
{
	struct run run = { .program = program,
			   .setup = setup,
			   .loop = program->loop,
			   .signals = { .fd = -1 } };
	int r = run_to_end(&run, err);

	progress_close(&run.progress);
	if (r == 0) {
		const struct run_ending ending = {
			.plan = setup->plan,
			.exec = run.exec,
			.cluster = site_cluster(setup->site),
			.idle = setup->idle,
			.only = setup->only,
			.run = run.journal ? journal_run(run.journal) : NULL,
			.elapsed = loop_now(run.loop) - setup->began,
		};
		r = run_result(program, &ending, err);
	}
	run_close(&run);
	return r;
}
