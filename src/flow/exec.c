#include "flow/exec.h"

#include "flow/attempt.h"
#include "flow/lane.h"
#include "flow/order.h"

#include <assert.h>
#include <string.h>

/*
 *	            check: not yet          start: done
 *	WAITING --> CHECKING --> RUNNING --------------> SETTLED
 *	   |            |  ^         |  ^                   ^
 *	   |            v  |         v  |                   |
 *	   |            +--+-PAUSED--+--+      no attempts left, check: done already,
 *	   +-- no check: RUNNING                            cancelled, ended in an earlier life
 *
 * What has not begun goes back to WAITING, for good, when the run is to stop.
 */
enum slot_state {
	SLOT_WAITING,  /* for the steps it is after, its lane and its target */
	SLOT_CHECKING, /* its check is asked */
	SLOT_RUNNING,  /* it is attempted */
	SLOT_PAUSED,   /* an attempt failed, the next one comes */
	SLOT_SETTLED,  /* `record` says how it ended */
	SLOT_STATE_COUNT
};

/* A step at work. */
struct slot {
	struct exec *exec;
	unsigned index;
	unsigned tries; /* attempts and checks that failed */
	enum slot_state state;
	enum record_state record;
	bool begun;	      /* in this life: its begin is journaled */
	bool acted;	      /* an attempt failed, which may have changed something */
	bool cleans;	      /* a clean-up that was started because the run ends */
	bool followed;	      /* an earlier life had gone on from it */
	uint64_t started;     /* loop time; once it has left SLOT_WAITING */
	struct step_run *run; /* owned; when CHECKING or RUNNING */
	struct timer pause;
	const struct err *err; /* when failed */
};

struct exec {
	struct exec_options options;
	struct arena *arena; /* owned */
	struct slot *slot;   /* per step */
	size_t len;
	struct order *order;
	struct lanes *lanes;
	size_t first;  /* all before it are settled */
	size_t active; /* neither waiting nor settled */
	size_t settled;
	enum event_how how; /* why nothing new starts; HOW_NONE: it does */
	struct err reason;  /* for that */
	struct err failure; /* of the first step that failed */
	struct err cancel;  /* set: what runs was cancelled */
	bool cancelling;    /* it is to be, in the next turn */
	bool announced, over;
	bool cleaning; /* nothing else starts any more, clean-ups do */
	bool gives_up; /* cancelled while it cleaned up: these do not start either */
	bool telling;  /* a listener is on the stack */
	struct exec_result result;
	struct task turn;
	struct timer limit;
};

static const struct step *slot_step(const struct slot *slot)
{
	return &slot->exec->options.plan->at[slot->index];
}

static void emit(struct exec *exec, struct event event)
{
	bool before = exec->telling;

	event.at = loop_wall(exec->options.loop);
	event.plan = exec->options.plan;
	event.run = exec->options.run ? exec->options.run : "";
	exec->telling = true;
	for (struct listener *l = exec->options.listeners; l; l = l->next)
		l->on_event(l, &event);
	exec->telling = before;
}

/* From now on nothing new starts. The first reason counts. */
static void stop_starting(struct exec *exec, enum event_how how, const struct err *reason)
{
	if (exec->how != HOW_NONE)
		return;
	exec->how = how;
	exec->reason = *reason;
}

static void slot_move(struct slot *slot, enum slot_state to)
{
	/* clang-format off */
	static const bool legal[SLOT_STATE_COUNT][SLOT_STATE_COUNT] = {
		[SLOT_WAITING]  = { [SLOT_CHECKING] = true, [SLOT_RUNNING] = true,
				    [SLOT_SETTLED] = true },
		[SLOT_CHECKING] = { [SLOT_WAITING] = true, [SLOT_RUNNING] = true,
				    [SLOT_PAUSED] = true, [SLOT_SETTLED] = true },
		[SLOT_RUNNING]  = { [SLOT_PAUSED] = true, [SLOT_SETTLED] = true },
		[SLOT_PAUSED]   = { [SLOT_WAITING] = true, [SLOT_CHECKING] = true,
				    [SLOT_RUNNING] = true, [SLOT_SETTLED] = true },
	};
	/* clang-format on */
	struct exec *exec = slot->exec;
	bool was = slot->state != SLOT_WAITING, is = to != SLOT_WAITING && to != SLOT_SETTLED;

	assert(legal[slot->state][to]);
	if (!was && is) {
		exec->active++;
		lanes_enter(exec->lanes, slot->index);
		slot->started = loop_now(exec->options.loop);
	} else if (was && !is) {
		exec->active--;
		lanes_leave(exec->lanes, slot->index);
		task_post(&exec->turn);
	}
	exec->settled += to == SLOT_SETTLED;
	slot->state = to;
}

static void count(struct slot *slot, enum event_how how)
{
	struct exec_result *result = &slot->exec->result;
	bool gate = slot_step(slot)->kind->danger == STEP_SAFE;

	if (how == HOW_FAILED || how == HOW_CANCELLED)
		result->failed++;
	else if (how == HOW_SKIPPED || gate)
		result->skipped++;
	else
		result->done++;
}

/* The failure of a step as the reason of the run's: it names what was wanted, and where. */
static struct err reason_of(const struct slot *slot, const struct err *err)
{
	const struct step *step = slot_step(slot);
	struct err reason = *err;

	err_wrap(&reason, "%s%s%s", step->target, *step->target ? ": " : "", step->kind->phrase);
	return reason;
}

static void blame(struct slot *slot, const struct err *err)
{
	struct err reason = reason_of(slot, err);

	if (!err_is_set(&slot->exec->failure))
		slot->exec->failure = reason;
	if (slot->exec->options.plan->on_failure == PLAN_STOPS)
		stop_starting(slot->exec, HOW_FAILED, &reason);
}

static void settle(struct slot *slot, enum event_how how, const struct err *err)
{
	static const enum record_state record[] = {
		[HOW_DONE] = RECORD_DONE,
		[HOW_SKIPPED] = RECORD_SKIPPED,
		[HOW_FAILED] = RECORD_FAILED,
		[HOW_CANCELLED] = RECORD_FAILED,
	};
	struct exec *exec = slot->exec;
	struct journal *journal = exec->options.journal;
	struct err lost = ERR_INIT;

	slot_move(slot, SLOT_SETTLED);
	slot->record = record[how];
	count(slot, how);
	if (err)
		slot->err = err = arena_dup(exec->arena, err, sizeof(*err));
	if (how == HOW_FAILED)
		blame(slot, err);
	if ((how == HOW_DONE || how == HOW_SKIPPED) && !slot->cleans)
		order_release(exec->order, slot->index);
	if (journal && !slot->cleans &&
	    journal_end(journal, slot->index, how, err, loop_wall(exec->options.loop), &lost) < 0)
		stop_starting(exec, HOW_FAILED, &lost);
	emit(exec, (struct event){
			   .what = EVENT_END, .how = how, .step = slot->index, .err = err });
}

static void attempt_over(struct step_run *run);

static void attempt_says(struct step_run *run, const char *text)
{
	const struct slot *slot = run->setup.owner;

	emit(slot->exec, (struct event){ .what = EVENT_NOTE, .step = slot->index, .text = text });
}

static void slot_attempt(struct slot *slot, enum attempt_part part)
{
	bool begun = slot->record == RECORD_FAILED ||
		     (slot->record == RECORD_BEGUN && (!slot->begun || slot->acted));

	slot_move(slot, part == ATTEMPT_CHECK ? SLOT_CHECKING : SLOT_RUNNING);
	slot->run = attempt_new(&(struct attempt_setup){
		.step = slot_step(slot),
		.part = part,
		.loop = slot->exec->options.loop,
		.begun = begun,
		.host = slot->exec->options.host,
		.owner = slot,
		.started = slot->started,
		.on_note = attempt_says,
		.on_verdict = attempt_over,
	});
}

/* What the journal cannot tell of is not begun: the run's failure, not the step's. */
static void not_begun(struct slot *slot, const struct err *lost)
{
	stop_starting(slot->exec, HOW_FAILED, lost);
	if (slot->state != SLOT_WAITING)
		slot_move(slot, SLOT_WAITING);
}

/* The begin is on disk before anything can have changed. */
static void slot_begin(struct slot *slot)
{
	struct exec *exec = slot->exec;
	struct journal *journal = exec->options.journal;
	uint64_t wall = loop_wall(exec->options.loop);
	struct err err = ERR_INIT;

	if (!slot->begun) {
		if (journal && !slot->cleans &&
		    journal_begin(journal, slot->index, wall, &err) < 0) {
			not_begun(slot, &err);
			return;
		}
		slot->begun = true;
		slot->record = RECORD_BEGUN;
		emit(exec, (struct event){ .what = EVENT_BEGIN,
					   .step = slot->index,
					   .text = slot_step(slot)->kind->phrase });
	}
	slot_attempt(slot, ATTEMPT_START);
}

/* The way in, for the first attempt and for every further one. */
static void slot_enter(struct slot *slot)
{
	if (slot_step(slot)->kind->check)
		slot_attempt(slot, ATTEMPT_CHECK);
	else
		slot_begin(slot);
}

/* May it go on although nothing new starts? */
static bool goes_on(const struct slot *slot)
{
	return slot->exec->how == HOW_NONE || slot->begun || slot->cleans;
}

static void pause_over(struct timer *timer)
{
	struct slot *slot = container_of(timer, struct slot, pause);

	if (!goes_on(slot))
		slot_move(slot, SLOT_WAITING);
	else
		slot_enter(slot);
}

static bool may_retry(const struct slot *slot, enum err_kind kind)
{
	bool passing = kind == ERR_NET || kind == ERR_TIMEOUT || kind == ERR_REMOTE;

	return passing && slot->tries < slot_step(slot)->kind->attempts;
}

static void slot_failed(struct slot *slot, const struct err *err)
{
	struct loop *loop = slot->exec->options.loop;

	slot->tries++;
	slot->acted |= slot->state == SLOT_RUNNING;
	if (!may_retry(slot, err->kind)) {
		settle(slot, HOW_FAILED, err);
		return;
	}
	slot_move(slot, SLOT_PAUSED);
	timer_set(&slot->pause, loop_now(loop) + slot_step(slot)->kind->pause_s * SECOND);
	emit(slot->exec, (struct event){ .what = EVENT_RETRY, .step = slot->index, .err = err });
}

static void attempt_over(struct step_run *run)
{
	struct slot *slot = run->setup.owner;
	enum verdict verdict = run->verdict;
	struct err err = run->err;

	slot->run = NULL;
	attempt_free(run);
	if (verdict == VERDICT_FAILED)
		slot_failed(slot, &err);
	else if (verdict == VERDICT_NEEDED && !goes_on(slot))
		slot_move(slot, SLOT_WAITING);
	else if (verdict == VERDICT_NEEDED)
		slot_begin(slot);
	else if (verdict == VERDICT_DONE && slot->state == SLOT_RUNNING)
		settle(slot, HOW_DONE, NULL);
	else /* it was so already; by an attempt of ours that had failed to hear of it? */
		settle(slot, slot->acted ? HOW_DONE : HOW_SKIPPED, NULL);
}

static bool has_ended(enum record_state state)
{
	return state == RECORD_DONE || state == RECORD_SKIPPED;
}

/* Which gates that were passed are asked again: nothing but such gates went on from them. */
static const bool *stale_gates(struct exec *exec)
{
	const enum record_state *history = exec->options.history;
	bool *stale = arena_calloc(exec->arena, exec->len + 1, sizeof(*stale));

	for (size_t i = exec->len; i-- > 0;) {
		const struct step *step = &exec->options.plan->at[i];

		/* whatever waits for a step comes behind it: by now nobody can object any more */
		stale[i] = step->kind->fresh && has_ended(history[i]) && !exec->slot[i].followed;
		for (unsigned a = 0; a < step->afters; a++)
			exec->slot[step->after[a]].followed |=
				history[i] != RECORD_NEVER && !stale[i];
	}
	return stale;
}

static void take_back(struct slot *slot)
{
	struct exec *exec = slot->exec;
	struct journal *journal = exec->options.journal;
	struct err lost = ERR_INIT;

	slot->record = RECORD_FAILED;
	if (journal && exec->how == HOW_NONE &&
	    journal_undone(journal, slot->index, loop_wall(exec->options.loop), &lost) < 0)
		stop_starting(exec, HOW_FAILED, &lost);
}

/* What earlier lives of the run have settled needs no record. */
static void take_history(struct exec *exec)
{
	const bool *stale = exec->options.history ? stale_gates(exec) : NULL;

	for (unsigned i = 0; stale && i < exec->len; i++) {
		struct slot *slot = &exec->slot[i];

		slot->record = exec->options.history[i];
		if (stale[i])
			take_back(slot);
		if (!has_ended(slot->record))
			continue;
		slot_move(slot, SLOT_SETTLED);
		count(slot, HOW_SKIPPED);
		order_release(exec->order, slot->index);
		emit(exec, (struct event){ .what = EVENT_END,
					   .how = HOW_SKIPPED,
					   .step = i,
					   .text = "done in an earlier run" });
	}
}

/* Out of time: what it waited for says more than that. The first such step speaks for the run. */
static struct err cancel_slot(struct slot *slot)
{
	struct exec *exec = slot->exec;
	struct err why = exec->cancel;

	if (why.kind != ERR_TIMEOUT || !slot->run || !slot->run->note[0])
		return why;
	err_set(&why, ERR_TIMEOUT, "%s: %s", exec->cancel.text, slot->run->note);
	if (strcmp(exec->reason.text, exec->cancel.text) == 0)
		exec->reason = reason_of(slot, &why);
	return why;
}

static void cancel_active(struct exec *exec)
{
	for (size_t i = exec->first; exec->active > 0 && i < exec->len; i++) {
		struct slot *slot = &exec->slot[i];

		if (slot->state == SLOT_WAITING || slot->state == SLOT_SETTLED)
			continue;
		struct err why = cancel_slot(slot);

		attempt_free(take(slot->run));
		timer_cancel(&slot->pause);
		if (slot->begun)
			settle(slot, HOW_CANCELLED, &why);
		else
			slot_move(slot, SLOT_WAITING);
	}
}

static void start_ready(struct exec *exec)
{
	while (exec->first < exec->len && exec->slot[exec->first].state == SLOT_SETTLED)
		exec->first++;
	for (size_t i = exec->first; exec->how == HOW_NONE && i < exec->len; i++) {
		struct slot *slot = &exec->slot[i];

		if (slot->state == SLOT_WAITING && order_is_ready(exec->order, slot->index) &&
		    lanes_have_room(exec->lanes, slot->index))
			slot_enter(slot);
	}
}

/* A journal that takes nothing more keeps nobody from putting things right. Whoever goes on with
 * the run has to do what is undone here again, and what puts it right as well: so the journal
 * says the one, and nothing about the other. */
static void choose_cleanups(struct exec *exec)
{
	const struct plan *plan = exec->options.plan;
	struct journal *journal = exec->options.journal;

	exec->cleaning = true;
	for (unsigned i = 0; i < exec->len; i++) {
		struct slot *slot = &exec->slot[i];
		const struct step *step = &plan->at[i];

		if (!step->kind->cleanup || slot->state != SLOT_WAITING || step->afters == 0 ||
		    exec->slot[step->after[0]].record == RECORD_NEVER)
			continue;
		slot->cleans = true;
		if (journal)
			journal_undone(journal, step->after[0], loop_wall(exec->options.loop),
				       NULL);
	}
}

static void start_chosen(struct exec *exec, bool of_cluster)
{
	for (unsigned i = 0; i < exec->len; i++) {
		struct slot *slot = &exec->slot[i];

		if (slot->cleans && slot->state == SLOT_WAITING &&
		    !*slot_step(slot)->target == of_cluster && lanes_have_room(exec->lanes, i))
			slot_enter(slot);
	}
}

/* What a run that ends too early has to put right: first at the nodes, then for the cluster. */
static void start_cleanups(struct exec *exec)
{
	if (!exec->cleaning && exec->active == 0 &&
	    (exec->how != HOW_NONE || exec->result.failed > 0))
		choose_cleanups(exec);
	if (!exec->cleaning || exec->gives_up)
		return;
	start_chosen(exec, false);
	if (exec->active == 0)
		start_chosen(exec, true);
}

/* on_over may free the exec, so nothing of it is touched afterwards. */
static void finish(struct exec *exec)
{
	struct journal *journal = exec->options.journal;
	struct exec_result *result = &exec->result;
	struct err lost = ERR_INIT;

	if (exec->how == HOW_NONE && result->failed > 0)
		stop_starting(exec, HOW_FAILED, &exec->failure);
	assert(exec->how != HOW_NONE || exec->settled == exec->len);
	result->never = exec->len - exec->settled;
	result->how = exec->how;
	result->err = exec->reason;
	if (result->how != HOW_FAILED && result->never == 0 && result->failed == 0) {
		result->how = HOW_DONE;
		err_clear(&result->err);
	}
	if (journal &&
	    journal_over(journal, result->how, loop_wall(exec->options.loop), &lost) < 0 &&
	    result->how == HOW_DONE) {
		result->how = HOW_FAILED;
		result->err = lost;
	}
	exec->over = true;
	timer_cancel(&exec->limit);
	emit(exec, (struct event){ .what = EVENT_OVER,
				   .how = result->how,
				   .err = err_is_set(&result->err) ? &result->err : NULL });

	struct exec_result copy = *result;
	if (exec->options.on_over)
		exec->options.on_over(exec, &copy, exec->options.host);
}

static void turn(struct task *task)
{
	struct exec *exec = container_of(task, struct exec, turn);

	if (exec->over)
		return;
	if (!exec->announced) {
		exec->announced = true;
		emit(exec, (struct event){ .what = EVENT_PLAN,
					   .text = exec->options.plan->operation });
		take_history(exec);
	}
	if (exec->cancelling) {
		exec->gives_up = exec->cleaning;
		cancel_active(exec);
	}
	exec->cancelling = false;
	start_ready(exec);
	start_cleanups(exec);
	if (exec->active == 0)
		finish(exec);
}

static void limit_reached(struct timer *timer)
{
	struct exec *exec = container_of(timer, struct exec, limit);
	char limit[TIME_TEXT_MAX];

	uint64_t said = exec->options.timeout_said;

	err_set(&exec->cancel, ERR_TIMEOUT, "no end within %s",
		duration_text(said ? said : exec->options.timeout, limit));
	stop_starting(exec, HOW_CANCELLED, &exec->cancel);
	exec->cancelling = true;
	task_post(&exec->turn);
}

struct exec *exec_new(const struct exec_options *options)
{
	struct exec *exec = mem_new(sizeof(*exec));

	exec->options = *options;
	exec->len = options->plan->len;
	exec->arena = arena_new("exec");
	exec->order = order_new(exec->arena, options->plan);
	exec->lanes = lanes_new(exec->arena, options->plan);
	exec->slot = arena_calloc(exec->arena, exec->len, sizeof(*exec->slot));
	for (unsigned i = 0; i < exec->len; i++) {
		exec->slot[i].exec = exec;
		exec->slot[i].index = i;
		timer_init(&exec->slot[i].pause, options->loop, pause_over);
	}
	task_init(&exec->turn, options->loop, turn);
	timer_init(&exec->limit, options->loop, limit_reached);
	return exec;
}

void exec_free(struct exec *exec)
{
	if (!exec)
		return;
	assert(!exec->telling);
	for (size_t i = 0; i < exec->len; i++) {
		attempt_free(exec->slot[i].run);
		timer_cancel(&exec->slot[i].pause);
	}
	timer_cancel(&exec->limit);
	task_cancel(&exec->turn);
	arena_free(exec->arena);
	mem_free(exec, sizeof(*exec));
}

void exec_start(struct exec *exec)
{
	struct loop *loop = exec->options.loop;

	assert(!exec->announced);
	if (exec->options.timeout)
		timer_set(&exec->limit, loop_now(loop) + exec->options.timeout);
	task_post(&exec->turn);
}

void exec_stop_for(struct exec *exec, const struct err *why)
{
	stop_starting(exec, HOW_CANCELLED, why);
	task_post(&exec->turn);
}

void exec_stop(struct exec *exec)
{
	struct err stopped = ERR_INIT;

	err_set(&stopped, ERR_CANCELLED, "stopped before all steps were done");
	exec_stop_for(exec, &stopped);
}

void exec_cancel(struct exec *exec)
{
	exec_stop(exec);
	if (!err_is_set(&exec->cancel))
		err_set(&exec->cancel, ERR_CANCELLED, "cancelled");
	exec->cancelling = true;
}

const struct exec_result *exec_result(const struct exec *exec)
{
	return exec->over ? &exec->result : NULL;
}

enum record_state exec_state(const struct exec *exec, unsigned step)
{
	return exec->slot[step].record;
}

const struct err *exec_err(const struct exec *exec, unsigned step)
{
	return exec->slot[step].err;
}
