#include "ops/declared_steps.h"

#include "base/clock.h"
#include "base/own.h"
#include "ops/health.h"
#include "ops/hook_job.h"
#include "ops/hooks.h"
#include "ops/kinds.h"

#include <string.h>

/* How long a node takes, for whether it still fits into a window. */
#define NODE_TAKES (15 * MINUTE)

/* One part on its way into the plan. */
struct frame {
	struct declared_steps *steps;
	const char *kind, *name; /* of the resource */
	const struct declared_gates *gates;
	uint64_t needed;  /* of a window, for a node */
	bool checks_once; /* hooks before may break the expressions for as long as it lasts */
	/* The gates before the last wave, and what they wait for. */
	unsigned gate;
	const unsigned *after;
	unsigned afters;
};

static const struct value *window_args(struct arena *arena, const struct frame *frame)
{
	struct list_builder *list = list_begin(arena);
	struct map_builder *args = map_begin(arena);
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < frame->gates->windows; i++) {
		const struct window *window = &frame->gates->window[i];
		struct map_builder *map = map_begin(arena);

		map_add(map, "start", value_str(arena, window->start));
		map_add(map, "duration", value_str(arena, duration_text(window->duration, text)));
		if (window->timezone && *window->timezone)
			map_add(map, "timezone", value_str(arena, window->timezone));
		list_add(list, map_end(map));
	}
	map_add(args, "windows", list_end(list));
	map_add(args, "needed", value_str(arena, duration_text(frame->needed, text)));
	return map_end(args);
}

static unsigned add_window(struct frame *frame, const unsigned *after, unsigned afters)
{
	struct plan *plan = frame->steps->plan;

	if (frame->steps->now || !frame->gates->windows)
		return 0;
	return plan_add(plan, &(struct step){ .kind = &kind_window,
					      .target = "",
					      .lane = "",
					      .args = window_args(plan->arena, frame),
					      .after = after,
					      .afters = afters }) +
	       1;
}

/* Health first, the window last: what it says still holds when the node begins. Returns index plus
 * 1. */
static unsigned add_gates(struct frame *frame, unsigned which, const unsigned *after,
			  unsigned afters)
{
	const struct health_gates gates = {
		.cluster = frame->steps->cluster,
		.which = which,
		.check = frame->gates->check,
		.checks = frame->gates->checks,
	};
	unsigned healthy = health_add_gates(frame->steps->plan, &gates, after, afters);
	unsigned last = healthy - 1;
	unsigned open = add_window(frame, healthy ? &last : after, healthy ? 1 : afters);

	return open ? open : healthy;
}

/* Nodes of one wave wait for the same, and share their gates. */
static unsigned before_turn(struct plan *plan, const char *node, const unsigned *after,
			    unsigned afters, void *context)
{
	struct frame *frame = context;
	unsigned which = HEALTH_API | HEALTH_READY | (frame->checks_once ? 0 : HEALTH_CHECKS);

	(void)plan;
	(void)node;
	if (frame->gate && afters == frame->afters &&
	    memcmp(after, frame->after, afters * sizeof(*after)) == 0)
		return frame->gate;
	frame->gate = add_gates(frame, which, after, afters);
	frame->after = arena_dup(plan->arena, after, afters * sizeof(*after));
	frame->afters = afters;
	return frame->gate;
}

static int check_window(const struct frame *frame, struct err *err)
{
	const struct declared_gates *gates = frame->gates;
	const struct declared_steps *steps = frame->steps;

	if (steps->now || steps->began ||
	    windows_require(gates->window, gates->windows, steps->wall, frame->needed, err) == 0)
		return 0;
	return err_wrap(err, "%s %s", frame->kind, frame->name);
}

/* A part that changes nothing needs no frame. */
static void add_plain(struct declared_steps *steps, const struct plan *part)
{
	const struct splice splice = { .after = steps->ends.at, .afters = steps->ends.len };

	steps->ends = plan_splice(steps->plan, part, &splice);
}

/* What the part opens with. */
static void open_frame(struct frame *frame)
{
	struct declared_steps *steps = frame->steps;
	unsigned *last = arena_alloc(steps->plan->arena, sizeof(*last));

	*last = add_gates(frame, HEALTH_BETWEEN, steps->ends.at, steps->ends.len) - 1;
	steps->ends = (struct ends){ last, 1 };
}

static void add_part(struct frame *frame, const struct plan *part)
{
	struct declared_steps *steps = frame->steps;
	const struct splice splice = { .after = steps->ends.at,
				       .afters = steps->ends.len,
				       .before = before_turn,
				       .context = frame };

	steps->ends = plan_splice(steps->plan, part, &splice);
	steps->began = true;
}

/* ---- hooks of the resource ------------------------------------------------------------------- */

struct jobs {
	struct declared_steps *steps;
	const struct talos_upgrade *up;
	const struct step_kind *kind;
	const char *when;
};

static int add_job(const struct jobs *jobs, const struct declared_hook *hook,
		   const struct ends *after, unsigned *out, struct err *err)
{
	struct plan *plan = jobs->steps->plan;
	const struct hook_job job = { hook, jobs->up->name, jobs->when,
				      jobs->steps->hook_namespace };
	struct step step = { .kind = jobs->kind,
			     .target = "",
			     .lane = "",
			     .after = after->at,
			     .afters = after->len };

	if (hook_job_args(plan->arena, &job, &step.args, err) < 0)
		return -1;
	*out = plan_add(plan, &step);
	return 0;
}

/* Where there is nothing before, what is behind still needs something that was begun. */
static void open_after(struct declared_steps *steps, unsigned *first)
{
	unsigned *last = arena_alloc(steps->plan->arena, sizeof(*last));

	*last = *first = plan_add(steps->plan, &(struct step){ .kind = &kind_hook,
							       .target = "",
							       .lane = "",
							       .after = steps->ends.at,
							       .afters = steps->ends.len });
	steps->ends = (struct ends){ last, 1 };
}

/* `first`: the step that the hooks behind put right. */
static int add_before(struct declared_steps *steps, const struct talos_upgrade *up,
		      unsigned *first, struct err *err)
{
	const struct jobs jobs = { steps, up, &kind_hook_job, "pre" };
	struct arena *arena = steps->plan->arena;

	*first = 0;
	if (up->hooks_after && !up->hooks_before)
		open_after(steps, first);
	for (size_t i = 0; i < up->hooks_before; i++) {
		unsigned *last = arena_alloc(arena, sizeof(*last));

		if (add_job(&jobs, &up->before[i], &steps->ends, last, err) < 0)
			return -1;
		steps->ends = (struct ends){ last, 1 };
		*first = i == 0 ? *last : *first;
	}
	return 0;
}

static int add_after(struct declared_steps *steps, const struct talos_upgrade *up, unsigned first,
		     struct err *err)
{
	const struct jobs jobs = { steps, up, &kind_hook_job_after, "post" };
	struct arena *arena = steps->plan->arena;

	for (size_t i = 0; i < up->hooks_after; i++) {
		unsigned *after = arena_calloc(arena, steps->ends.len + 1, sizeof(*after));
		unsigned *last = arena_alloc(arena, sizeof(*last));
		const struct ends both = { after, steps->ends.len + 1 };

		after[0] = first;
		memcpy(after + 1, steps->ends.at, steps->ends.len * sizeof(*after));
		if (add_job(&jobs, &up->after[i], &both, last, err) < 0)
			return -1;
		steps->ends = (struct ends){ last, 1 };
	}
	return 0;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void with_hooks(struct declared_steps *steps, enum hook_phase phase, struct plan **part)
{
	const struct hooks_setup setup = { steps->cluster, phase };

	*part = hooks_wrap_take(*part, &setup);
}

int declared_steps_talos(struct declared_steps *steps, const struct talos_upgrade *up,
			 struct plan **part, struct err *err)
{
	struct frame frame = {
		.steps = steps,
		.kind = "TalosUpgrade",
		.name = up->name,
		.gates = &up->gates,
		.needed = up->timeout < NODE_TAKES ? up->timeout : NODE_TAKES,
		.checks_once = up->hooks_before > 0,
	};
	unsigned first;

	if (!plan_has_changes(*part)) {
		add_plain(steps, *part);
		return 0;
	}
	if (check_window(&frame, err) < 0)
		return -1;
	with_hooks(steps, HOOK_UPGRADE_TALOS, part);
	open_frame(&frame);
	if (add_before(steps, up, &first, err) < 0)
		return -1;
	add_part(&frame, *part);
	return add_after(steps, up, first, err);
}

int declared_steps_kube(struct declared_steps *steps, const struct kube_upgrade *up,
			struct plan **part, struct err *err)
{
	struct frame frame = {
		.steps = steps,
		.kind = "KubernetesUpgrade",
		.name = up->name,
		.gates = &up->gates,
		.needed = NODE_TAKES,
	};

	if (!plan_has_changes(*part)) {
		add_plain(steps, *part);
		return 0;
	}
	if (check_window(&frame, err) < 0)
		return -1;
	with_hooks(steps, HOOK_UPGRADE_K8S, part);
	open_frame(&frame);
	add_part(&frame, *part);
	return 0;
}
