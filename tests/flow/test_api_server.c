/*
 * The Kubernetes API dies inside each of the verbs that an operation uses: once, and for good. Once
 * is borne, in this run or the next; for good is one sentence, and the run goes on when the API is
 * back. No node stays cordoned. A budget that never allows an eviction is told by its name.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "kube/kube.h"
#include "ops/upgrade_declared.h"
#include "ops/upgrade_k8s.h"
#include "ops/upgrade_talos.h"
#include "ops/zone.h"

#include <criterion/criterion.h>
#include <string.h>

/* Scenes begin at 2027-01-02 00:00 UTC. */
#define WALL (UINT64_C(1798848000) * SECOND)
#define ALWAYS 1000000

static const struct upgrade_options to_talos = { .to = "v1.13.10" };
static const struct upgrade_k8s_options to_k8s = { .to = "v1.36.3" };
static const char *const worker0[] = { "worker0", NULL };

static const struct work_row {
	const char *name;
	struct scene_options scene;
	struct scene_order order;
	const char *verbs[8];
} works[] = {
	{ "upgrade talos",
	  { .profile = "vip-and-workers", .pace = &world_pace_fast, .start = WORLD_RUNNING },
	  { .operation = &operation_upgrade_talos, .options = &to_talos, .only = worker0 },
	  { "kube:GET nodes", "kube:PATCH nodes", "kube:GET pods", "kube:WATCH pods",
	    "kube:eviction" } },
	{ "upgrade k8s",
	  { .profile = "all-control-plane",
	    .pace = &world_pace_fast,
	    .settings = "kubernetes_version: v1.35.4\n",
	    .start = WORLD_RUNNING },
	  { .operation = &operation_upgrade_k8s, .options = &to_k8s },
	  { "kube:GET nodes", "kube:GET pods", "kube:GET daemonsets", "kube:PATCH deployments" } },
};

static const enum fault_kind deaths[] = { FAULT_RESET, FAULT_RESET_AFTER, FAULT_STATUS,
					  FAULT_SILENT };

static void open_scene(struct scene *scene, const struct scene_options *options)
{
	scene_init(scene, options);
	scene_wait(scene, MINUTE);
}

static void count_hit(void *context, const char *node, const char *method)
{
	(void)node;
	(void)method;
	++*(unsigned *)context;
}

static unsigned dies(struct scene *scene, const struct work_row *work, const struct fault *fault)
{
	struct outcome outcome = { 0 };
	struct fault counted = *fault;
	unsigned hits = 0;

	counted.on_hit = count_hit;
	counted.context = &hits;
	world_fault(scene->world, &counted);
	outcome = scene_run(scene, &work->order);
	world_fault_clear(scene->world);
	if (fault->count == ALWAYS && hits) {
		if (outcome.result.how == HOW_DONE)
			return hits;
		cr_assert(outcome.err.kind == ERR_NET || outcome.err.kind == ERR_TIMEOUT ||
				  outcome.err.kind == ERR_REMOTE,
			  "%s, %s: %s", work->name, fault->method, outcome.err.text);
	}
	if (outcome.result.how == HOW_DONE)
		return hits;
	scene_wait(scene, 5 * MINUTE);
	outcome = scene_run(scene, &work->order);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, %s, death %d: %s", work->name,
		     fault->method, fault->kind, outcome.err.text);
	return hits;
}

static void in_every_verb(unsigned count)
{
	for (size_t w = 0; w < ARRAY_LEN(works); w++) {
		for (size_t v = 0; works[w].verbs[v]; v++) {
			unsigned hits = 0;

			for (size_t d = 0; d < ARRAY_LEN(deaths); d++) {
				struct scene scene SCOPED(scene_done) = { 0 };

				open_scene(&scene, &works[w].scene);
				hits += dies(&scene, &works[w],
					     &(struct fault){ .kind = deaths[d],
							      .method = works[w].verbs[v],
							      .count = count,
							      .code = 503 });
				scene_is_healthy(&scene);
				witness_end(scene.witness);
				scene_is_content(&scene);
			}
			cr_assert_geq(hits, ARRAY_LEN(deaths), "%s never asks: %s", works[w].name,
				      works[w].verbs[v]);
		}
	}
}

Test(api_server, dies_once_inside_each_verb, .timeout = 600)
{
	in_every_verb(1);
}

Test(api_server, is_gone_for_good_for_each_verb, .timeout = 600)
{
	in_every_verb(ALWAYS);
}

/* ---- a budget that never allows -------------------------------------------------------------- */

static void create_budget(struct scene *scene)
{
	static const char text[] =
		"{\"apiVersion\":\"policy/v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{"
		"\"name\":\"never\",\"namespace\":\"kube-system\"},\"spec\":{\"maxUnavailable\":0,"
		"\"selector\":{\"matchLabels\":{\"k8s-app\":\"kube-dns\"}}}}";

	scene_create(scene, text);
}

static void read_declared(struct arena *arena, struct declared *out)
{
	static const char text[] =
		"apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrade\n"
		"metadata: {name: fleet}\nspec:\n  talos: {version: v1.13.10}\n"
		"  drain: {enabled: true}\n";
	const struct yaml_input input = { .file = "up.yaml", .text = text, .len = strlen(text) };
	const struct declared_place place = { ZONE_FOLDER, WALL };
	struct findings findings;
	struct err err = ERR_INIT;

	findings_init(&findings, arena);
	cr_assert_eq(declared_read(arena, &input, &place, out, &findings, &err), 0, "%s", err.text);
	cr_assert_eq(findings.errors, 0, "%s", findings.at[0].text);
}

Test(api_server, has_a_budget_that_blocks_a_declared_upgrade, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct declared declared;

	open_scene(&scene, &works[0].scene);
	read_declared(scene.arena, &declared);
	create_budget(&scene);
	scene_wait(&scene, MINUTE);
	const struct upgrade_declared_options options = { .declared = &declared };
	const struct scene_order order = { .operation = &operation_upgrade, .options = &options };

	struct outcome outcome = scene_run(&scene, &order);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "kube-system/coredns-"), "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "never"), "%s", outcome.err.text);
	witness_end(scene.witness);
	scene_is_content(&scene);

	const struct kube_request delete = { .verb = KUBE_DELETE,
					     .api_version = "policy/v1",
					     .kind_name = "PodDisruptionBudget",
					     .ns = "kube-system",
					     .name = "never" };
	struct err err = ERR_INIT;

	cr_assert_eq(scene_kube(&scene, &delete, NULL, &err), 0, "%s", err.text);
	outcome = scene_run(&scene, &order);
	cr_assert(outcome.resumed);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
}
