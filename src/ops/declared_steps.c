#include "ops/declared_steps.h"

#include "base/clock.h"
#include "base/own.h"
#include "ops/health.h"
#include "ops/hook_job.h"
#include "ops/hooks.h"
#include "ops/kinds.h"
#include "ops/turn_gates.h"

#include <string.h>

/* One part on its way into the plan. */
struct frame {
	struct declared_steps *steps;
	const char *kind, *name; /* of the resource */
	struct turn_gates gates;
};

static int check_window(const struct frame *frame, struct err *err)
{
	const struct declared_steps *steps = frame->steps;

	if (steps->began || steps->ahead)
		return 0;
	if (turn_gates_require(&frame->gates, steps->wall, err) == 0)
		return 0;
	return err_wrap(err, "%s %s", frame->kind, frame->name);
}

/* A part that changes nothing needs no frame. */
static void add_plain(struct declared_steps *steps, const struct plan *part)
{
	const struct splice splice = { .after = steps->ends.at, .afters = steps->ends.len };

	steps->ends = plan_splice(steps->plan, part, &splice);
}

static void add_part(struct frame *frame, const struct plan *part)
{
	struct declared_steps *steps = frame->steps;

	turn_gates_around(&frame->gates, part, &steps->ends);
	turn_gates_close(&frame->gates, &steps->ends);
	steps->began = true;
}

/* Health of all, and while hooks before may break the expressions, those only once. */
static struct turn_gates gates_of(const struct declared_steps *steps,
				  const struct declared_gates *asked, bool checks_once)
{
	unsigned between = HEALTH_BETWEEN & (checks_once ? ~(unsigned)HEALTH_CHECKS : ~0U);

	return (struct turn_gates){
		.plan = steps->plan,
		.cluster = steps->inventory->cluster,
		.rule = { HEALTH_BETWEEN, between, between, .asks = true },
		.asked = asked,
		.excused = turn_gates_excused(steps->plan->arena, steps->inventory, NULL, false),
		.chosen = steps->only,
		.needed = NODE_TAKES,
		.now = steps->now,
	};
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
	const struct hooks_setup setup = { steps->inventory->cluster, phase };

	*part = hooks_wrap_take(*part, &setup);
}

int declared_steps_talos(struct declared_steps *steps, const struct talos_upgrade *up,
			 struct plan **part, struct err *err)
{
	struct frame frame = {
		.steps = steps,
		.kind = "TalosUpgrade",
		.name = up->name,
		.gates = gates_of(steps, &up->gates, up->hooks_before > 0),
	};
	unsigned first;

	if (up->timeout < NODE_TAKES)
		frame.gates.needed = up->timeout;
	if (!plan_has_changes(*part)) {
		add_plain(steps, *part);
		return 0;
	}
	if (check_window(&frame, err) < 0)
		return -1;
	with_hooks(steps, HOOK_UPGRADE_TALOS, part);
	turn_gates_open(&frame.gates, &steps->ends);
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
		.gates = gates_of(steps, &up->gates, false),
	};

	if (!plan_has_changes(*part)) {
		add_plain(steps, *part);
		return 0;
	}
	if (check_window(&frame, err) < 0)
		return -1;
	with_hooks(steps, HOOK_UPGRADE_K8S, part);
	turn_gates_open(&frame.gates, &steps->ends);
	add_part(&frame, *part);
	return 0;
}
