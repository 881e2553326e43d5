/*
 * Gates around the turns of nodes: where they go, who is left out, and when there are none.
 */
#include "ops/health.h"
#include "ops/kinds.h"
#include "ops/turn_gates.h"
#include "unit/ops/sites.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

#define WALL (UINT64_C(1798848000) * SECOND) /* 2027-01-02 00:00 UTC */

static unsigned add(struct plan *plan, const struct step_kind *kind, const char *target,
		    const unsigned *after, unsigned afters)
{
	return plan_add(plan, &(struct step){ .kind = kind,
					      .target = target,
					      .lane = "",
					      .after = after,
					      .afters = afters });
}

/* control0 alone, then worker0 and worker1 together; images ahead. */
static struct plan *rolling(void)
{
	struct plan *plan = plan_new("upgrade talos");
	unsigned pull = add(plan, &kind_kube_pull, "worker1", NULL, 0);
	unsigned first = add(plan, &kind_reboot, "control0", &pull, 1);
	unsigned back = add(plan, &kind_back, "control0", &first, 1);

	add(plan, &kind_reboot, "worker0", &back, 1);
	add(plan, &kind_reboot, "worker1", &back, 1);
	return plan;
}

static const char *shown(struct arena *arena, const struct plan *plan)
{
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	for (size_t i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];
		const struct value *without = value_get(step->args, "without");

		str_addf(&out, "%s", step->id);
		for (size_t w = 0; w < value_len(without); w++)
			str_addf(&out, "-%s", value_text(value_at(without, w)));
		str_addc(&out, ':');
		for (unsigned a = 0; a < step->afters; a++)
			str_addf(&out, "%s%u", a ? "," : "", step->after[a]);
		str_addc(&out, ' ');
	}
	return arena_str(arena, str_text(&out));
}

/* The whole of it, as an operation with that rule has it. */
static const char *wrapped(struct arena *arena, const struct turn_gates *setup)
{
	struct plan *part OWNED(plan_free) = rolling();
	struct plan *plan OWNED(plan_free) = plan_new("upgrade talos");
	struct turn_gates gates = *setup;
	struct ends ends = { NULL, 0 };

	gates.plan = plan;
	gates.cluster = &racks;
	turn_gates_open(&gates, &ends);
	turn_gates_around(&gates, part, &ends);
	turn_gates_close(&gates, &ends);
	return shown(arena, plan);
}

Test(turn_gates, stand_before_each_wave_and_leave_it_out)
{
	static const char *const excused[] = { "worker2", NULL };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct turn_gates gates = { .rule = { .between = HEALTH_READY },
					  .excused = excused };

	cr_assert_str_eq(wrapped(arena, &gates),
			 "kube-pull/worker1: nodes-ready-worker2-control0:0 reboot/control0:1 "
			 "back/control0:2 nodes-ready#2-worker2-worker0-worker1:3 "
			 "reboot/worker0:4 reboot/worker1:4 ");
}

Test(turn_gates, open_and_close_a_plan)
{
	static const char *const chosen[] = { "worker1", NULL };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct turn_gates gates = { .rule = { .opening = HEALTH_API | HEALTH_READY,
						    .closing = HEALTH_READY },
					  .chosen = chosen };

	cr_assert_str_eq(wrapped(arena, &gates),
			 "kube-api: nodes-ready-worker1:0 kube-pull/worker1:1 reboot/control0:2 "
			 "back/control0:3 reboot/worker0:4 reboot/worker1:4 nodes-ready#2:5,6 ");
}

Test(turn_gates, add_nothing_where_nothing_is_asked)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct turn_gates gates = { .rule = { .opening = HEALTH_CHECKS,
						    .between = HEALTH_CHECKS } };

	cr_assert_str_eq(wrapped(arena, &gates),
			 "kube-pull/worker1: reboot/control0:0 back/control0:1 reboot/worker0:2 "
			 "reboot/worker1:2 ");
}

static struct window at_noon(struct arena *arena)
{
	struct window window;
	struct err err = ERR_INIT;

	cr_assert_eq(window_read(arena, &(struct window_input){ "0 12 * * *", "4h", NULL },
				 ZONE_FOLDER, WALL, &window, &err),
		     0, "%s", err.text);
	return window;
}

Test(turn_gates, ask_windows_last_and_only_while_they_count)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct window window = at_noon(arena);
	const struct declared_gates asked = { .window = &window, .windows = 1 };
	struct turn_gates gates = { .rule = { .between = HEALTH_API },
				    .asked = &asked,
				    .needed = NODE_TAKES };
	struct err err = ERR_INIT;

	cr_assert_str_eq(wrapped(arena, &gates),
			 "window: kube-pull/worker1:0 kube-api:1 window#2:2 reboot/control0:3 "
			 "back/control0:4 kube-api#2:5 window#3:6 reboot/worker0:7 "
			 "reboot/worker1:7 ");
	cr_assert_lt(turn_gates_require(&gates, WALL, &err), 0);
	cr_assert_eq(err.kind, ERR_REFUSED);
	cr_assert_eq(turn_gates_require(&gates, WALL + 13 * HOUR, NULL), 0);
	cr_assert_lt(turn_gates_require(&gates, WALL + 16 * HOUR - 14 * MINUTE, NULL), 0);

	gates.now = true;
	cr_assert_eq(turn_gates_require(&gates, WALL, NULL), 0);
	cr_assert_null(strstr(wrapped(arena, &gates), "window"));
}

Test(turn_gates, excuse_who_is_held_or_wiped_or_was_ill)
{
	static const struct hold holds[] = { { "worker0", "waits for a disk" }, { "v1.14.0", "" } };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = plan_new("reset");
	struct cluster cluster = racks;
	struct inventory inventory;
	const char *const *names;

	cluster.upgrade.hold = holds;
	cluster.upgrade.holds = ARRAY_LEN(holds);
	site_inventory(arena, &cluster, "ooooo", &inventory);
	for (size_t i = 0; i < inventory.len; i++)
		((struct node_state *)inventory.at)[i].kube_ready = i != 1;
	add(plan, &kind_reset, "worker1", NULL, 0);

	names = turn_gates_excused(arena, &inventory, NULL, false);
	cr_assert_str_eq(names[0], "worker0");
	cr_assert_null(names[1]);

	names = turn_gates_excused(arena, &inventory, plan, true);
	cr_assert_str_eq(names[0], "control1");
	cr_assert_str_eq(names[1], "worker0");
	cr_assert_str_eq(names[2], "worker1");
	cr_assert_null(names[3]);
}

Test(turn_gates, know_when_nobody_is_left)
{
	struct plan *plan OWNED(plan_free) = plan_new("reset");

	add(plan, &kind_reset, "control0", NULL, 0);
	cr_assert_not(turn_gates_end_all(plan, &racks));
	add(plan, &kind_reset, "control1", NULL, 0);
	cr_assert(turn_gates_end_all(plan, &racks));
}
