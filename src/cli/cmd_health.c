#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/user_gates.h"
#include "flow/exec.h"
#include "ops/health.h"

#include <stddef.h>

struct health_options {
	uint64_t timeout;
};

static const struct health_options health_standard = { .timeout = 20 * SECOND };

static const struct option health_flags[] = {
	{ "timeout", 0, OPTION_DURATION, offsetof(struct health_options, timeout), .argument = "D",
	  .doc = "how long to wait for good news; without it 20s" },
	{ .name = NULL },
};

/* What every gate said last, and how it ended. */
struct gate {
	const char *note;
	enum event_how how;
	const struct err *err;
};

struct examination {
	struct program *program;
	struct listener listener;
	struct gate *gate;
};

static void on_event(struct listener *listener, const struct event *event)
{
	struct examination *examination = container_of(listener, struct examination, listener);
	struct arena *arena = examination->program->arena;

	if (event->what == EVENT_OVER) {
		loop_stop(examination->program->loop);
		return;
	}
	if (event->what == EVENT_PLAN)
		return;
	struct gate *gate = &examination->gate[event->step];

	if (event->what == EVENT_NOTE)
		gate->note = arena_str(arena, event->text);
	if (event->what != EVENT_END)
		return;
	gate->how = event->how;
	gate->err = event->err ? arena_dup(arena, event->err, sizeof(*event->err)) : NULL;
}

static const char *verdict(const struct gate *gate)
{
	if (gate->how == HOW_DONE || gate->how == HOW_SKIPPED)
		return "ok";
	return gate->how == HOW_NONE ? "unknown" : "failed";
}

/* A gate that was cut off by the limit says what it waited for, one that was skipped why. */
static const char *reason(const struct gate *gate)
{
	if (gate->how == HOW_DONE)
		return "";
	if (gate->how == HOW_FAILED && gate->err)
		return gate->err->text;
	return gate->note ? gate->note : "";
}

static const struct column columns[] = {
	{ "id", "GATE" },
	{ "target", "TARGET" },
	{ "verdict", "VERDICT" },
	{ "text", "TEXT" },
	{ NULL, NULL },
};

static void set_result(struct program *program, const struct plan *plan, const struct gate *gates)
{
	struct arena *arena = program->arena;
	struct list_builder *list = list_begin(arena);
	struct map_builder *map = map_begin(arena);

	for (size_t i = 0; i < plan->len; i++) {
		struct map_builder *gate = map_begin(arena);

		map_add(gate, "id", value_str(arena, plan->at[i].kind->name));
		map_add(gate, "target", value_str(arena, plan->at[i].target));
		map_add(gate, "verdict", value_str(arena, verdict(&gates[i])));
		map_add(gate, "text", value_str(arena, reason(&gates[i])));
		list_add(list, map_end(gate));
		if (gates[i].how != HOW_DONE && gates[i].how != HOW_SKIPPED)
			program->exit_code = err_exit_code(ERR_CONFLICT);
	}
	map_add(map, "gates", list_end(list));
	program->result =
		(struct result){ .value = map_end(map), .rows = "gates", .columns = columns };
}

static int health_run(struct program *program, const void *data, struct err *err)
{
	const struct health_options *options = data;
	struct examination examination = { .program = program,
					   .listener = { .on_event = on_event } };
	struct declared_gates checks;
	struct site *site;

	if (program_site(program, &site, err) < 0)
		return -1;
	if (user_gates(program, site_cluster(site), &checks, err) < 0)
		return -1;
	struct plan *plan OWNED(plan_free) = health_plan(site_cluster(site), &checks);
	const struct exec_options exec_options = {
		.loop = program->loop,
		.plan = plan,
		.listeners = &examination.listener,
		.host = site,
		.timeout = options->timeout,
	};

	examination.gate = arena_calloc(program->arena, plan->len, sizeof(*examination.gate));
	struct exec *exec OWNED(exec_free) = exec_new(&exec_options);
	exec_start(exec);
	if (program_wait(program, err) < 0)
		return err_wrap(err, "look at the cluster's health");
	set_result(program, plan, examination.gate);
	return 0;
}

const struct command command_health = {
	.words = "health",
	.brief = "gates with verdicts: nodes, etcd, Kubernetes, your own checks",
	.about = "Each gate waits for good news until the time is over, and says what it waits "
		 "for.\n"
		 "Nodes with their services, memory, disk and diagnostics; members of etcd; the "
		 "virtual\n"
		 "address; the Kubernetes API, its Nodes, control planes, kube-proxy and CoreDNS; "
		 "and the\n"
		 "expressions of `upgrade.health_checks` in cluster.yaml. Exit code 1 when one is "
		 "not ok.",
	.options = health_flags,
	.size = sizeof(struct health_options),
	.standard = &health_standard,
	.run = health_run,
};
