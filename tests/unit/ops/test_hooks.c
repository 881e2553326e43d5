/*
 * Hooks in plans: where they go, and what they tell of their commands.
 */
#include "ops/compose.h"
#include "ops/hooks.h"
#include "ops/kinds.h"
#include "unit/ops/sites.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const line[] = { "./tell.sh" };
static const char *const secret[] = { "curl", "-H",
				      "Authorization: Bearer 7FA9c3b1E24d8F60a5B2c7D9e1F3a4B6c8" };

/* Two nodes: images ahead, then one after the other. */
static struct plan *rolling(void)
{
	static const char *const names[] = { "mini01", "mini02" };
	struct plan *plan = plan_new("upgrade talos");
	unsigned pull[2], last = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct step step = { .kind = &kind_kube_pull,
					   .target = names[i],
					   .lane = "" };

		pull[i] = plan_add(plan, &step);
	}
	for (size_t i = 0; i < 2; i++) {
		unsigned after[3] = { pull[0], pull[1], last };
		unsigned drain = plan_add(plan, &(struct step){ .kind = &kind_drain,
								.target = names[i],
								.lane = "",
								.after = after,
								.afters = i ? 3 : 2 });
		unsigned reboot = plan_add(plan, &(struct step){ .kind = &kind_reboot,
								 .target = names[i],
								 .lane = "",
								 .after = &drain,
								 .afters = 1 });
		unsigned back = plan_add(plan, &(struct step){ .kind = &kind_back,
							       .target = names[i],
							       .lane = "",
							       .after = &reboot,
							       .afters = 1 });
		unsigned both[2] = { drain, back };

		last = plan_add(plan, &(struct step){ .kind = &kind_uncordon,
						      .target = names[i],
						      .lane = "",
						      .after = both,
						      .afters = 2 });
	}
	return plan;
}

static const char *ids(struct arena *arena, const struct plan *plan)
{
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	for (size_t i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];

		str_addf(&out, "%s:", step->id);
		for (unsigned a = 0; a < step->afters; a++)
			str_addf(&out, "%s%u", a ? "," : "", step->after[a]);
		str_addc(&out, ' ');
	}
	return arena_str(arena, str_text(&out));
}

Test(hooks, stand_around_the_plan_and_around_each_turn)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct cluster cluster = minis;

	cluster.hooks.before.command[HOOK_UPGRADE_TALOS] = (struct texts){ .at = line, .len = 1 };
	cluster.hooks.after.command[HOOK_NODE] = (struct texts){ .at = line, .len = 1 };
	struct plan *plan OWNED(plan_free) = hooks_wrap_take(
		rolling(), &(struct hooks_setup){ &cluster, HOOK_UPGRADE_TALOS });

	cr_assert_str_eq(ids(arena, plan),
			 "hook: kube-pull/mini01:0 kube-pull/mini02:0 "
			 "hook/mini01:1,2 drain/mini01:3 reboot/mini01:4 back/mini01:5 "
			 "uncordon/mini01:4,6 hook-after/mini01:3,7 "
			 "hook/mini02:1,2,8 drain/mini02:9 reboot/mini02:10 back/mini02:11 "
			 "uncordon/mini02:10,12 hook-after/mini02:9,13 hook-after:0,14 ");
}

Test(hooks, leave_a_plan_alone_that_changes_nothing_or_has_none)
{
	struct cluster cluster = minis;
	struct plan *looks = plan_new("up"), *plan = rolling();

	plan_add(looks, &(struct step){ .kind = &kind_etcd, .target = "", .lane = "" });
	cr_assert_eq(hooks_wrap_take(plan, &(struct hooks_setup){ &cluster, HOOK_UP }), plan);
	cluster.hooks.before.command[HOOK_UP] = (struct texts){ .at = line, .len = 1 };
	cr_assert_eq(hooks_wrap_take(looks, &(struct hooks_setup){ &cluster, HOOK_UP }), looks);
	cr_assert_eq(hooks_wrap_take(plan,
				     &(struct hooks_setup){ &cluster, HOOK_PHASE_COUNT }),
		     plan);
	plan_free(looks);
	plan_free(plan);
}

Test(hooks, tell_of_no_command_that_may_hold_a_secret)
{
	struct cluster cluster = minis;

	cluster.hooks.before.command[HOOK_APPLY] = (struct texts){ .at = line, .len = 1 };
	cluster.hooks.after.command[HOOK_APPLY] = (struct texts){ .at = secret, .len = 3 };
	struct plan *plan OWNED(plan_free) =
		hooks_wrap_take(rolling(), &(struct hooks_setup){ &cluster, HOOK_APPLY });

	cr_assert(value_has(plan->at[0].args, "command"));
	cr_assert_eq(plan->at[plan->len - 1].kind, &kind_hook_after);
	cr_assert_not(value_has(plan->at[plan->len - 1].args, "command"));
}

struct phase_row {
	const char *operation;
	enum hook_phase phase;
};

Test(hooks, know_the_phases_of_operations)
{
	static const struct phase_row rows[] = {
		{ "up", HOOK_UP },
		{ "apply", HOOK_APPLY },
		{ "reset", HOOK_RESET },
		{ "upgrade talos", HOOK_UPGRADE_TALOS },
		{ "upgrade k8s", HOOK_UPGRADE_K8S },
		{ "upgrade", HOOK_PHASE_COUNT },
		{ "cilium apply", HOOK_PHASE_COUNT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(hooks_phase(rows[i].operation), rows[i].phase, "%s",
			     rows[i].operation);
}
