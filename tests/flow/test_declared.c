/*
 * Declared upgrades in a simulated world: both kinds in one plan, windows on the virtual clock,
 * checks, hooks, and a kill at every record.
 */
#include "flow/matrix.h"

#include "base/clock.h"
#include "ops/upgrade_declared.h"
#include "ops/zone.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define HEAD(kind, name)                                                   \
	"---\napiVersion: tuppr.home-operations.com/v1alpha1\nkind: " kind \
	"\nmetadata: {name: " name "}\nspec:\n"
#define TALOS HEAD("TalosUpgrade", "fleet") "  talos: {version: v1.13.10}\n"
#define KUBE HEAD("KubernetesUpgrade", "kube") "  kubernetes: {version: v1.36.4}\n"
/* Scenes begin at 2027-01-02 00:00 UTC. */
#define WALL (UINT64_C(1798848000) * SECOND)

static struct declared read_text(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "up.yaml", .text = text, .len = strlen(text) };
	const struct declared_place place = { ZONE_FOLDER, WALL };
	struct declared declared = { 0 };
	struct findings findings;
	struct err err = ERR_INIT;

	findings_init(&findings, arena);
	cr_assert_eq(declared_read(arena, &input, &place, &declared, &findings, &err), 0, "%s",
		     err.text);
	cr_assert_eq(findings.errors, 0, "%s", findings.len ? findings.at[0].text : "");
	return declared;
}

static struct outcome upgrade(struct scene *scene, const struct declared *declared, bool now)
{
	const struct upgrade_declared_options options = { .declared = declared, .now = now };

	return scene_run(scene, &(struct scene_order){ .operation = &operation_upgrade,
						       .options = &options });
}

static unsigned at_version(struct scene *scene, const char *version)
{
	unsigned count = 0;

	for (size_t i = 0; i < scene->cluster->nodes; i++)
		count += !strcmp(scene_fact(scene, scene->cluster->node[i].name)->version, version);
	return count;
}

static const struct scene_options running = { .profile = "vip-and-workers",
					      .start = WORLD_RUNNING };

Test(declared, takes_talos_and_kubernetes_to_their_versions, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &running);
	struct declared declared = read_text(scene.arena, TALOS "  parallelism: 2\n" KUBE);

	struct outcome outcome = upgrade(&scene, &declared, false);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(at_version(&scene, "v1.13.10"), 5);
	scene_is_healthy(&scene);
	outcome = upgrade(&scene, &declared, false);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0, "the second time something changed");
}

Test(declared, lets_no_node_begin_once_its_window_has_closed, .timeout = 300)
{
	static const char text[] = TALOS "  maintenance:\n    windows:\n"
					 "    - {start: '0 0 * * *', duration: 20m}\n";
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &running);
	struct declared declared = read_text(scene.arena, text);

	struct outcome outcome = upgrade(&scene, &declared, false);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "2027-01-03T00:00:00Z"), "%s", outcome.err.text);
	cr_assert_lt(at_version(&scene, "v1.13.10"), 5);
	cr_assert_gt(at_version(&scene, "v1.13.10"), 0);
	scene_is_healthy(&scene);

	scene_wait(&scene, DAY - loop_now(scene.loop));
	for (unsigned day = 0; outcome.result.how != HOW_DONE && day < 5; day++) {
		outcome = upgrade(&scene, &declared, false);
		cr_assert(outcome.resumed);
		if (outcome.result.how != HOW_DONE)
			scene_wait(&scene, DAY - loop_now(scene.loop) % DAY);
	}
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(at_version(&scene, "v1.13.10"), 5);
}

Test(declared, is_refused_outside_its_window_unless_told_to_go, .timeout = 300)
{
	static const char text[] = TALOS "  maintenance:\n    windows:\n"
					 "    - {start: '0 12 * * *', duration: 4h}\n";
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &running);
	struct declared declared = read_text(scene.arena, text);

	struct outcome outcome = upgrade(&scene, &declared, false);
	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED);
	cr_assert(strstr(outcome.err.text, "it opens at 2027-01-02T12:00:00Z"), "%s",
		  outcome.err.text);

	outcome = upgrade(&scene, &declared, true);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
}

Test(declared, names_the_object_and_the_field_that_a_check_misses, .timeout = 300)
{
	static const char text[] = TALOS
		"  healthChecks:\n"
		"  - {apiVersion: v1, kind: Node, name: worker0, expr: 'status.colour == 1', "
		"timeout: 1m, description: all are green}\n";
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &running);
	struct declared declared = read_text(scene.arena, text);

	struct outcome outcome = upgrade(&scene, &declared, false);

	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "all are green: not within 1m0s: Node worker0"), "%s",
		  outcome.err.text);
	cr_assert(strstr(outcome.err.text, "\"colour\""), "%s", outcome.err.text);
	cr_assert_eq(at_version(&scene, "v1.13.10"), 0);
}

Test(declared, plans_anew_for_a_node_that_fell_back, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &running);
	struct declared declared = read_text(scene.arena, TALOS);

	world_next_upgrade(scene.world, "worker0", UPGRADE_FALLS_BACK);
	struct outcome outcome = upgrade(&scene, &declared, false);
	cr_assert_eq(outcome.err.kind, ERR_CONFLICT, "%s", outcome.err.text);

	scene_wait(&scene, MINUTE);
	outcome = upgrade(&scene, &declared, false);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_not(outcome.resumed, "the run before knows that worker0 has booted");
	cr_assert_eq(at_version(&scene, "v1.13.10"), 5);
}

struct refusal {
	const char *name, *text, *says;
};

Test(declared, refuses_before_anything_changes, .timeout = 300)
{
	static const struct refusal rows[] = {
		{ "a suspended resource",
		  "apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrade\nmetadata:\n"
		  "  name: fleet\n"
		  "  annotations: {tuppr.home-operations.com/suspend: until Monday}\n"
		  "spec:\n  talos: {version: v1.13.10}\n",
		  "TalosUpgrade fleet is suspended: until Monday" },
		{ "a selector that selects nothing",
		  TALOS "  nodeSelector: {matchLabels: {colour: blue}}\n",
		  "TalosUpgrade fleet selects no node" },
		{ "more at once than there are", TALOS "  parallelism: 9\n",
		  "TalosUpgrade fleet asks for 9 nodes at once and selects 5" },
		{ "a downgrade", HEAD("TalosUpgrade", "back") "  talos: {version: v1.12.0}\n",
		  "v1.12.0" },
		{ "two for the same node",
		  TALOS HEAD("TalosUpgrade", "other") "  talos: {version: v1.13.10}\n",
		  "is selected by TalosUpgrade fleet and by other" },
		{ "a hook that shows a secret",
		  TALOS "  hooks:\n    pre:\n    - {name: h, image: busybox, command: [curl, -H, "
			"'X-Key: 7FA9c3b1E24d8F60a5B2c7D9e1F3a4B6c8']}\n",
		  "hook h of TalosUpgrade fleet seems to hold a secret" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &running);
		struct declared declared = read_text(scene.arena, rows[i].text);

		struct outcome outcome = upgrade(&scene, &declared, false);

		cr_assert_not(outcome.planned, "%s", rows[i].name);
		cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s: %s", rows[i].name,
			     outcome.err.text);
		cr_assert(strstr(outcome.err.text, rows[i].says), "%s: %s", rows[i].name,
			  outcome.err.text);
	}
}

/* Read once: the scenes of a matrix come and go. */
static struct declared both;
static const struct upgrade_declared_options take_both = { .declared = &both };

static void declare_both(struct scene *scene)
{
	static struct arena *arena;

	(void)scene;
	if (!arena)
		arena = arena_new("declared");
	both = read_text(arena, TALOS "  parallelism: 2\n" KUBE);
}

static void both_are_there(struct scene *scene)
{
	cr_assert_eq(at_version(scene, "v1.13.10"), scene->cluster->nodes);
	scene_is_healthy(scene);
	/* runs are named by the second */
	scene_wait(scene, SECOND);
	struct outcome outcome = upgrade(scene, &both, false);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0, "%zu steps were left", outcome.result.done);
}

static const struct matrix files = {
	.name = "upgrade -f",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.before = declare_both,
	.order = { .operation = &operation_upgrade, .options = &take_both },
	.after = both_are_there,
	.rewrites = 1,
	.at_least = 80,
};

MATRIX(upgrade_files, files);
