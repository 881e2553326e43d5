#include "sim/scenario.h"

#include "base/clock.h"
#include "base/text.h"
#include "sim/scenario_parts.h"
#include "sim/world_impl.h"

#include <string.h>

#define ANY "any"

/* One event on its way. What a call sets off happens in the loop's next round, so that no node
 * goes down under the call that is being served. */
struct pending {
	struct scenario_run *run;
	const struct scenario_event *event;
	struct timer timer;
	struct task task;
	const char *node; /* to which it happens; NULL: not known yet */
	bool over;	  /* what comes next is the end of its `for` */
};

struct scenario_run {
	struct scenario_stage stage;
	struct arena *arena; /* owned */
	struct pending *pending;
	size_t events;
};

static void tell(struct scenario_run *run, const char *text)
{
	if (run->stage.on_event)
		run->stage.on_event(run->stage.context, text);
}

/* ---- to a node ------------------------------------------------------------------------------- */

static void act(struct pending *pending)
{
	const struct scenario_event *event = pending->event;
	struct scenario_run *run = pending->run;
	struct loop *loop = run->stage.world->loop;

	event->what->act(run->stage.world, event, pending->node);
	tell(run, arena_printf(run->arena, "%s %s", pending->node, event->what->phrase));
	if (!event->duration)
		return;
	pending->over = true;
	timer_set(&pending->timer, loop_now(loop) + event->duration);
}

/* What lasted so long is over: it has power, no alarm, no lag. */
static void undo(struct pending *pending)
{
	static const struct {
		const char *action, *phrase;
	} rows[] = {
		{ "power-off", "has power again" },
		{ "alarm", "has no alarm any more" },
		{ "lag", "has caught up" },
	};
	struct world *world = pending->run->stage.world;
	size_t i = 0;

	while (i < ARRAY_LEN(rows) && strcmp(rows[i].action, pending->event->action) != 0)
		i++;
	if (i == ARRAY_LEN(rows))
		return;
	if (i == 0)
		world_power(world, pending->node, true);
	else if (i == 1)
		world_alarm(world, pending->node, NULL);
	else
		world_lag(world, pending->node, 0);
	tell(pending->run,
	     arena_printf(pending->run->arena, "%s %s", pending->node, rows[i].phrase));
}

static void on_task(struct task *task)
{
	act(container_of(task, struct pending, task));
}

/* ---- to calls -------------------------------------------------------------------------------- */

static void on_hit(void *context, const char *node, const char *method)
{
	struct pending *pending = context;
	struct scenario_run *run = pending->run;

	if (pending->event->what->kind == ACTION_NODE) {
		if (!pending->node)
			pending->node = arena_str(run->arena, node);
		task_post(&pending->task);
		return;
	}
	tell(run, arena_printf(run->arena, "%s %s: %s", *node ? node : "the router",
			       pending->event->what->phrase, method));
}

static const char *method_of(const struct scenario_event *event)
{
	if (event->what->wants & WANTS_METHOD)
		return event->what->method;
	return event->call && strcmp(event->call, ANY) != 0 ? event->call : NULL;
}

/* A fault that lasts befalls every call; else one, unless it says how many. */
static uint64_t count_of(const struct scenario_event *event)
{
	bool lasts = event->duration && !(event->what->wants & WANTS_FOR);

	if (event->count)
		return event->count;
	return lasts || (event->what->wants & WANTS_METHOD) ? SCENARIO_EVERY : 1;
}

static void lay_fault(struct pending *pending)
{
	const struct scenario_event *event = pending->event;
	struct world *world = pending->run->stage.world;
	bool late = event->what->wants & WANTS_FOR;
	bool acts = event->what->kind == ACTION_NODE;
	struct fault fault = {
		.kind = acts ? FAULT_NONE : event->what->fault,
		.node = acts && !event->call ? NULL : event->node,
		.method = method_of(event),
		.skip = event->nth ? (unsigned)event->nth - 1 : 0,
		.count = acts ? 1 : (unsigned)count_of(event),
		.code = event->status,
		.wait = late ? event->duration : 0,
		.on_hit = on_hit,
		.context = pending,
	};

	if (!acts && !late && event->duration)
		fault.until = world_after(world, event->duration);
	world_fault(world, &fault);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void begin(struct pending *pending)
{
	if (pending->event->what->kind == ACTION_NODE && !pending->event->call)
		act(pending);
	else
		lay_fault(pending);
}

static void on_due(struct timer *timer)
{
	struct pending *pending = container_of(timer, struct pending, timer);

	if (pending->over)
		undo(pending);
	else
		begin(pending);
}

static int check_nodes(const struct scenario *scenario, const struct world *world, struct err *err)
{
	for (size_t i = 0; i < scenario->events; i++) {
		const struct scenario_event *event = &scenario->event[i];

		if (!event->node || world_node_named(world, event->node))
			continue;
		err_set(err, ERR_INPUT, "there is no node %s", event->node);
		return err_at(err, event->src.file, event->src.line, event->src.column);
	}
	return 0;
}

struct scenario_run *scenario_start(const struct scenario *scenario,
				    const struct scenario_stage *stage, struct err *err)
{
	struct loop *loop = stage->world->loop;
	struct scenario_run *run;

	if (check_nodes(scenario, stage->world, err) < 0)
		return NULL;
	run = mem_new(sizeof(*run));
	run->arena = arena_new("scenario at work");
	run->stage = *stage;
	run->events = scenario->events;
	run->pending = arena_calloc(run->arena, run->events + 1, sizeof(*run->pending));
	for (size_t i = 0; i < run->events; i++) {
		struct pending *pending = &run->pending[i];

		pending->run = run;
		pending->event = &scenario->event[i];
		pending->node = arena_str(run->arena, pending->event->node);
		timer_init(&pending->timer, loop, on_due);
		task_init(&pending->task, loop, on_task);
		if (pending->event->at)
			timer_set(&pending->timer, loop_now(loop) + pending->event->due);
		else
			begin(pending);
	}
	return run;
}

void scenario_stop(struct scenario_run *run)
{
	if (!run)
		return;
	world_fault_clear(run->stage.world);
	for (size_t i = 0; i < run->events; i++) {
		timer_cancel(&run->pending[i].timer);
		task_cancel(&run->pending[i].task);
	}
	arena_free(run->arena);
	mem_free(run, sizeof(*run));
}
