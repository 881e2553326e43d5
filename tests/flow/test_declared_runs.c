/*
 * Declared upgrades that do not go well: hooks that fail, take too long or are never scheduled,
 * budgets that never allow, checks and windows over a change of the clock.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "kube/kind.h"
#include "kube/kube.h"
#include "ops/upgrade_declared.h"

#include <criterion/criterion.h>
#include <string.h>

#define TALOS                                                                               \
	"apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrade\n"              \
	"metadata: {name: fleet}\nspec:\n  talos: {version: v1.13.10}\n"                    \
	"  nodeSelector: {matchExpressions: [{key: node-role.kubernetes.io/control-plane, " \
	"operator: DoesNotExist}]}\n"
#define HOOKS(pre, post) "  hooks:\n    pre: [" pre "]\n    post: [" post "]\n"
#define AFTER "{name: z, image: busybox}"
#define WALL (UINT64_C(1798848000) * SECOND)

static void init(struct scene *scene, uint64_t later)
{
	scene_init(scene, &(struct scene_options){ .profile = "vip-and-workers",
						   .start = WORLD_RUNNING,
						   .later = later });
	scene_wait(scene, MINUTE);
}

static struct outcome upgrade(struct scene *scene, const char *text)
{
	const struct yaml_input input = { .file = "up.yaml", .text = text, .len = strlen(text) };
	const struct declared_place place = { ZONE_FOLDER, WALL };
	struct declared declared = { 0 };
	const struct upgrade_declared_options options = { .declared = &declared };
	struct findings findings;
	struct err err = ERR_INIT;

	findings_init(&findings, scene->arena);
	cr_assert_eq(declared_read(scene->arena, &input, &place, &declared, &findings, &err), 0,
		     "%s", err.text);
	cr_assert_eq(findings.errors, 0, "%s", findings.len ? findings.at[0].text : "");
	return scene_run(scene, &(struct scene_order){ .operation = &operation_upgrade,
						       .options = &options });
}

static unsigned upgraded(struct scene *scene)
{
	unsigned count = 0;

	for (size_t i = 0; i < scene->cluster->nodes; i++)
		count += scene_fact(scene, scene->cluster->node[i].name)->upgrades;
	return count;
}

static bool was_said(const struct scene *scene, const char *text)
{
	return strstr(str_text(&scene->events), text) != NULL;
}

/* ---- hooks ----------------------------------------------------------------------------------- */

static const struct hook_case {
	const char *name, *hook, *says;
} hook_cases[] = {
	{ "fails", "{name: a, image: busybox, command: ['false']}", "backoff limit" },
	{ "fails each time", "{name: a, image: busybox, command: ['false'], backoffLimit: 2}",
	  "backoff limit" },
	{ "takes too long",
	  "{name: a, image: busybox, command: [sleep, '3600'], activeDeadlineSeconds: 60}",
	  "deadline" },
	{ "is never scheduled",
	  "{name: a, image: busybox, volumes: [{name: v, persistentVolumeClaim: "
	  "{claimName: nobody}}]}",
	  "deadline" },
};

Test(declared_runs, a_hook_that_does_not_end_well_lets_no_node_begin, .timeout = 100)
{
	for (size_t i = 0; i < ARRAY_LEN(hook_cases); i++) {
		const struct hook_case *row = &hook_cases[i];
		struct scene scene SCOPED(scene_done) = { 0 };
		init(&scene, 0);

		struct outcome outcome =
			upgrade(&scene, arena_printf(scene.arena, "%s  hooks:\n    pre: [%s]\n"
								  "    post: [" AFTER "]\n",
						     TALOS, row->hook));
		cr_assert_eq(outcome.result.how, HOW_FAILED, "%s", row->name);
		cr_assert_eq(outcome.err.kind, ERR_CONFLICT, "%s: %s", row->name,
			     outcome.err.text);
		cr_assert(strstr(outcome.err.text, "hook a: "), "%s: %s", row->name,
			  outcome.err.text);
		cr_assert(strstr(outcome.err.text, row->says), "%s: %s", row->name,
			  outcome.err.text);
		cr_assert_eq(upgraded(&scene), 0, "%s", row->name);
		/* what is behind runs all the same */
		cr_assert(was_said(&scene, "\"step\":\"hook-job-after\""), "%s", row->name);
	}
}

Test(declared_runs, a_hook_behind_that_fails_is_only_told, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, 0);

	struct outcome outcome = upgrade(
		&scene, TALOS HOOKS("", "{name: z, image: busybox, command: ['false']}"));
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert(was_said(&scene, "hook z failed: "));
	cr_assert_eq(upgraded(&scene), 3);
}

static unsigned completed(struct scene *scene, const char *job)
{
	const struct value *object = NULL;

	if (scene_kube(scene,
		       &(struct kube_request){
			       .verb = KUBE_GET,
			       .kind = &kube_jobs,
			       .ns = "kube-system",
			       .name = job,
		       },
		       &object, NULL) < 0)
		return 0;
	return strcmp(kube_condition(object, "Complete"), "True") == 0;
}

Test(declared_runs, what_is_behind_runs_however_it_ended, .timeout = 100)
{
	static const struct {
		const char *name, *more;
		enum world_upgrade outcome;
	} rows[] = {
		{ "a node falls back", "", UPGRADE_FALLS_BACK },
		{ "all is well", "", UPGRADE_OK },
		{ "its window closes",
		  "  maintenance: {windows: [{start: '0 0 * * *', duration: 17m}]}\n", UPGRADE_OK },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		init(&scene, 0);

		world_next_upgrade(scene.world, "worker0", rows[i].outcome);
		upgrade(&scene, arena_printf(scene.arena, "%s%s%s", TALOS,
					     HOOKS("{name: a, image: busybox}", AFTER),
					     rows[i].more));
		cr_assert_eq(completed(&scene, "fleet-pre-a"), 1, "%s", rows[i].name);
		cr_assert_eq(completed(&scene, "fleet-post-z"), 1, "%s", rows[i].name);
	}
}

/* ---- budgets --------------------------------------------------------------------------------- */

static const char pods[] =
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"db\","
	"\"namespace\":\"default\"},\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":"
	"{\"app\":\"db\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"db\"}},\"spec\":"
	"{\"containers\":[{\"name\":\"db\",\"image\":\"db:1\"}]}}}}";
static const char budget[] =
	"{\"apiVersion\":\"policy/v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{\"name\":"
	"\"never\",\"namespace\":\"default\"},\"spec\":{\"maxUnavailable\":0,\"selector\":{"
	"\"matchLabels\":{\"app\":\"db\"}}}}";

static void init_blocked(struct scene *scene)
{
	init(scene, 0);
	scene_create(scene, pods);
	scene_create(scene, budget);
	scene_wait(scene, MINUTE);
}

Test(declared_runs, a_budget_that_never_allows_is_named, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init_blocked(&scene);

	struct outcome outcome = upgrade(&scene, TALOS "  policy: {drainTimeout: 2m}\n");
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "default/db-"), "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "never"), "%s", outcome.err.text);
	cr_assert_eq(upgraded(&scene), 0);
	witness_end(scene.witness);
	scene_is_content(&scene);
}

Test(declared_runs, a_budget_is_broken_where_that_is_said, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init_blocked(&scene);

	struct outcome outcome =
		upgrade(&scene, TALOS "  drain: {enabled: true, disableEviction: true}\n");
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert(was_said(&scene, "is deleted although"));
	cr_assert_eq(upgraded(&scene), 3);
}

/* ---- windows over a change of the clock ------------------------------------------------------ */

#define AT(wall) (UINT64_C(wall) * SECOND - WALL)
#define IN_PARIS(start, duration)                                                                 \
	TALOS "  maintenance: {windows: [{start: '" start "', duration: " duration ", timezone: " \
	      "Europe/Paris}]}\n"

Test(declared_runs, windows_go_by_the_clock_of_their_zone, .timeout = 100)
{
	static const struct {
		const char *name, *text;
		uint64_t later;
		const char *opens; /* NULL: it is open */
	} rows[] = {
		/* 2027-03-28 01:30 UTC is 03:30 in Paris, where 02:30 did not come */
		{ "the hour that spring leaves out", IN_PARIS("30 2 * * *", "2h"), AT(1806197400),
		  NULL },
		{ "before it", IN_PARIS("30 2 * * *", "2h"), AT(1806195600),
		  "2027-03-28T01:30:00Z" },
		/* 2027-10-31 00:30 UTC is the first 02:30, 01:30 UTC the second */
		{ "the first of the repeated hour", IN_PARIS("30 2 * * *", "30m"),
		  AT(1824942600), NULL },
		{ "the second of it", IN_PARIS("30 2 * * *", "30m"), AT(1824946200),
		  "2027-11-01T01:30:00Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		init(&scene, rows[i].later);

		struct outcome outcome = upgrade(&scene, rows[i].text);
		cr_assert_eq(outcome.planned, !rows[i].opens, "%s: %s", rows[i].name,
			     outcome.err.text);
		if (rows[i].opens)
			cr_assert(strstr(outcome.err.text, rows[i].opens), "%s: %s", rows[i].name,
				  outcome.err.text);
		else
			cr_assert_gt(upgraded(&scene), 0, "%s: %s", rows[i].name,
				     outcome.err.text);
	}
}

/* ---- several documents, older shapes, what has no effect ------------------------------------- */

Test(declared_runs, a_file_with_everything_in_it, .timeout = 100)
{
	static const char text[] =
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n---\n"
		"apiVersion: tuppr.home-operations.com/v1alpha1\nkind: KubernetesUpgrade\n"
		"metadata: {name: kube}\nspec:\n"
		"  kubernetes: {version: v1.36.4, hostAliases: []}\n---\n" TALOS
		"  talosctl: {image: {repository: ghcr.io/x/talosctl, tag: v1.13.9}}\n"
		"  silences: [{matchers: [{name: alertname, value: 'KubeNode.*', "
		"matchType: '=~'}]}]\n"
		"  parallelism: 3\n"
		"  policy: {rebootMode: powercycle, debug: false, placement: soft}\n"
		"  drain: {enabled: true, deleteLocalData: true, ignoreDaemonSets: true}\n"
		"  healthChecks:\n"
		"  - {apiVersion: v1, kind: Node, expr: 'status.conditions.exists(c, c.type == "
		"\"Ready\" && c.status == \"True\")'}\n";
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, 0);

	struct outcome outcome = upgrade(&scene, text);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(upgraded(&scene), 3);
	/* Talos before Kubernetes, though the file has them the other way round */
	const char *events = str_text(&scene.events);
	const char *talos = strstr(events, "\"step\":\"verify-version/worker2\""),
		   *kube = strstr(events, "\"step\":\"kube-component/");

	cr_assert_not_null(talos);
	cr_assert_not_null(kube);
	cr_assert_lt(talos, kube);
}
