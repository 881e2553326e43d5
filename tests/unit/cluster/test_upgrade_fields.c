#include "cluster/upgrade.h"

#include "base/own.h"
#include "sample.h"

#include <string.h>

static const struct broken rows[] = {
	{ "parallelism of words", "", "upgrade: {parallelism: many}\n", "bad-parallelism",
	  "upgrade.parallelism", "write how many at once", 0, false, false },
	{ "parallelism of none", "", "upgrade: {parallelism: 0}\n", "bad-parallelism", NULL, NULL,
	  0, false, false },
	{ "more than all of them", "", "upgrade: {parallelism: 101%}\n", "bad-parallelism", NULL,
	  NULL, 0, false, false },
	{ "a hold without reason", "", "upgrade: {holds: {w-1: \"\"}}\n", "no-reason",
	  "upgrade.holds.w-1", "a hold needs a reason: w-1", 0, false, false },
	{ "a hold with a list", "", "upgrade: {holds: {v1.14.0: [a]}}\n", "no-reason", NULL, NULL,
	  0, false, false },
	{ "a check without expression", "",
	  "upgrade: {health_checks: [{apiVersion: v1, kind: Node}]}\n", "missing-key",
	  "upgrade.health_checks[0].expr", NULL, 0, false, false },
	{ "a check of no time", "",
	  "upgrade: {health_checks: [{apiVersion: v1, kind: Node, expr: x, timeout: 0s}]}\n",
	  "bad-duration", "upgrade.health_checks[0].timeout", NULL, 0, false, false },
	{ "a window without duration", "", "upgrade: {windows: [{start: \"0 2 * * *\"}]}\n",
	  "missing-key", "upgrade.windows[0].duration", NULL, 0, false, false },
	{ "a window in days", "",
	  "upgrade: {windows: [{start: \"0 2 * * *\", duration: 1d}]}\n", "bad-duration", NULL,
	  "as in 45m or 1h30m", 0, false, false },
	{ "a drain key of others", "", "upgrade: {drain: {timeuot: 5m}}\n", "unknown-key", NULL,
	  "timeout", 0, false, false },
	{ "a phase that is none", "", "hooks: {before: {upgrade-talos: x}}\n", "unknown-key", NULL,
	  "upgrade_talos", 0, false, false },
	{ "a hook of nothing", "", "hooks: {after: {up: []}}\n", "empty", "hooks.after.up", NULL, 0,
	  false, false },
	{ "a hook of blanks", "", "hooks: {after: {up: \" \"}}\n", "empty", NULL, NULL, 0, false,
	  false },
};

Test(upgrade_fields, what_is_wrong_is_said)
{
	sample_check(rows, ARRAY_LEN(rows));
}

Test(upgrade_fields, what_is_right_arrives_in_the_model)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "",
				     "upgrade:\n"
				     "  parallelism: 25%\n"
				     "  drain: {enabled: false, timeout: 10m}\n"
				     "  health_checks:\n"
				     "  - {apiVersion: v1, kind: Node, expr: \"true\"}\n"
				     "  windows: [{start: \"0 2 * * *\", duration: 4h}]\n"
				     "  holds: {\"gpu-*\": driver, v1.14.0: waits for a fix}\n"
				     "hooks:\n"
				     "  before: {upgrade_talos: [ceph, osd, set, noout]}\n"
				     "  after: {node: ./say.sh done}\n");
	struct workspace *ws OWNED(workspace_free) = sample_open(&sample);
	const struct cluster *cluster = workspace_cluster(ws, NULL);
	const struct health_check *check;

	cr_assert_not_null(cluster, "%s", sample_all(ws, arena));
	cr_assert_str_eq(cluster->upgrade.parallelism, "25%");
	cr_assert_eq(cluster->upgrade.drain.enabled, TRI_FALSE);
	cr_assert_eq(cluster->upgrade.drain.disable_eviction, TRI_UNSET);
	cr_assert_str_eq(cluster->upgrade.drain.timeout, "10m");
	cr_assert_eq(cluster->upgrade.health_checks.len, 1);
	check = cluster->upgrade.health_checks.at;
	cr_assert_str_eq(check->expr, "true");
	cr_assert_eq(cluster->upgrade.windows.len, 1);
	cr_assert_eq(cluster->upgrade.holds, 2);
	cr_assert_str_eq(cluster->upgrade.hold[0].pattern, "gpu-*");
	cr_assert_str_eq(cluster->upgrade.hold[1].reason, "waits for a fix");
	cr_assert_eq(cluster->hooks.before.command[HOOK_UPGRADE_TALOS].len, 4);
	cr_assert_str_eq(cluster->hooks.after.command[HOOK_NODE].at[0], "./say.sh done");
	cr_assert_eq(cluster->hooks.after.command[HOOK_UP].len, 0);
	cr_assert_str_eq(hook_phase_name(HOOK_UPGRADE_TALOS), "upgrade_talos");
}

static const struct {
	const char *text;
	size_t total, count; /* 0: none */
} numbers[] = {
	{ "1", 10, 1 },
	{ "3", 10, 3 },
	{ "30", 10, 30 },
	{ "25%", 10, 2 },
	{ "1%", 10, 1 },
	{ "100%", 7, 7 },
	{ "50%", 0, 1 },
	{ "0", 10, 0 },
	{ "0%", 10, 0 },
	{ "101%", 10, 0 },
	{ "-1", 10, 0 },
	{ "1.5", 10, 0 },
	{ "%", 10, 0 },
	{ "", 10, 0 },
	{ "99999999", 1, 0 },
};

Test(upgrade_fields, parallelism_of_a_number_of_nodes)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		size_t count = 0;

		cr_assert_eq(parallelism_read(numbers[i].text, numbers[i].total, &count),
			     numbers[i].count > 0, "%s", numbers[i].text);
		cr_assert_eq(count, numbers[i].count, "%s", numbers[i].text);
	}
}
