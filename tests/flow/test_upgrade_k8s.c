/*
 * Kubernetes goes from one minor release to the next on a simulated cluster, in virtual time, and
 * past every place where that can break.
 */
#include "flow/matrix.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "ops/component.h"
#include "ops/upgrade_k8s.h"

#include <criterion/criterion.h>
#include <string.h>

#define KEY "kubernetes_version: "

static struct outcome upgrade(struct scene *scene, const char *to)
{
	const struct upgrade_k8s_options options = { .to = to };

	return scene_run(scene, &(struct scene_order){ .operation = &operation_upgrade_k8s,
						       .options = &options });
}

static void set_version(struct scene *scene, const char *version)
{
	const char *path = fs_join(scene->arena, scene->folder, "cluster.yaml");
	size_t len;
	char *text, *at;

	cr_assert_eq(fs_read(scene->arena, path, FS_FILE_MAX, &text, &len, NULL), 0);
	at = strstr(text, KEY);
	cr_assert_not_null(at);
	memcpy(at + strlen(KEY), version, strlen(version));
	cr_assert_eq(fs_write(path, text, len, 0600, NULL, NULL), 0);
	scene_nodes(scene, scene->options.nodes);
}

/* Every image of the live configs, every kubelet and kube-proxy are at that version. */
static void is_at(struct scene *scene, const char *version)
{
	const struct inventory *inventory = scene->inventory;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		for (enum component c = 0; c < COMPONENT_COUNT; c++) {
			const char *image = component_image(scene->arena, c, state->config,
							    strlen(state->config));

			if (image)
				cr_assert_str_eq(component_version(scene->arena, image), version,
						 "%s of %s", component_name(c), state->node->name);
		}
		cr_assert_str_eq(state->kubelet_runs, version, "%s", state->node->name);
	}
	if (inventory->kube->proxy_image)
		cr_assert_str_eq(component_version(scene->arena, inventory->kube->proxy_image),
				 version);
}

static void goes_up(const char *profile, const char *from)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	char *nodes;
	size_t len;

	scene_init(&scene, &(struct scene_options){ .profile = profile });
	cr_assert_eq(fs_read(scene.arena, fs_join(scene.arena, scene.folder, "nodes.yaml"),
			     FS_FILE_MAX, &nodes, &len, NULL),
		     0);
	scene.options.nodes = nodes;
	set_version(&scene, from);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	outcome = upgrade(&scene, "v1.36.3");
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_gt(outcome.result.done, scene.cluster->nodes);

	/* the second run sees what the first one left */
	outcome = upgrade(&scene, "v1.36.3");
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0);
	is_at(&scene, "v1.36.3");

	outcome = upgrade(&scene, "v1.35.4");
	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
}

Test(upgrade_k8s, takes_both_profiles_one_minor_up, .timeout = 300)
{
	goes_up("all-control-plane", "v1.35.4");
	goes_up("vip-and-workers", "v1.35.4");
}

Test(upgrade_k8s, takes_two_minors_in_two_hops, .timeout = 300)
{
	goes_up("all-control-plane", "v1.34.2");
}

Test(upgrade_k8s, refuses_before_anything_when_a_node_is_silent, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers" });
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	world_power(scene.world, "worker1", false);
	outcome = upgrade(&scene, "v1.36.9");
	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "worker1"), "%s", outcome.err.text);
}

/* ---- what the new version does not know ------------------------------------------------------ */

static const char flow_schemas[] =
	"{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\","
	"\"metadata\":{\"name\":\"flowschemas.flowcontrol.apiserver.k8s.io\"},\"spec\":{\"group\":"
	"\"flowcontrol.apiserver.k8s.io\",\"scope\":\"Cluster\",\"names\":{\"plural\":"
	"\"flowschemas\",\"kind\":\"FlowSchema\"},\"versions\":[{\"name\":\"v1beta3\",\"served\":"
	"true,\"storage\":true,\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\"}}}]}}";
static const char flow_schema[] =
	"{\"apiVersion\":\"flowcontrol.apiserver.k8s.io/v1beta3\",\"kind\":\"FlowSchema\","
	"\"metadata\":{\"name\":\"mine\",\"labels\":{\"a\":\"b\"}}}";

static void with_flow_schema(struct scene *scene)
{
	scene_init(scene, &(struct scene_options){ .profile = "vip-and-workers",
						   .settings = "kubernetes_version: v1.31.9\n",
						   .start = WORLD_RUNNING });
	scene_wait(scene, 2 * MINUTE);
	scene_create(scene, flow_schemas);
	scene_create(scene, flow_schema);
}

Test(upgrade_k8s, names_objects_of_an_api_that_goes, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	with_flow_schema(&scene);
	struct outcome outcome = upgrade(&scene, "v1.33.1");

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema is "
					   "gone in v1.32, and these use it: mine"),
		  "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0);
}

Test(upgrade_k8s, goes_on_though_an_api_goes_if_told, .timeout = 300)
{
	const struct upgrade_k8s_options anyway = { .to = "v1.33.1", .ignore_removed = true };
	struct scene scene SCOPED(scene_done) = { 0 };

	with_flow_schema(&scene);
	struct outcome outcome =
		scene_run(&scene, &(struct scene_order){ .operation = &operation_upgrade_k8s,
							 .options = &anyway });

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert(strstr(str_text(&scene.events), "and these use it: mine"));
}

Test(upgrade_k8s, refuses_what_a_later_release_does_not_know, .timeout = 300)
{
	const struct upgrade_k8s_options anyway = { .to = "v1.36.3", .ignore_removed = true };
	struct scene scene SCOPED(scene_done) = { 0 };

	scene_init(&scene,
		   &(struct scene_options){
			   .profile = "vip-and-workers",
			   .settings = "kubernetes_version: v1.34.2\n",
			   .patch = "cluster:\n  proxy: {disabled: true}\n  scheduler:\n    "
				    "extraArgs: {feature-gates: CSIMigrationPortworx=false}\n",
			   .start = WORLD_RUNNING });
	scene_wait(&scene, 2 * MINUTE);
	struct outcome outcome = upgrade(&scene, "v1.36.3");

	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text,
			 "kube-scheduler of control0, control1 is given the feature gate "
			 "CSIMigrationPortworx, which v1.36 does not know"),
		  "%s", outcome.err.text);
	/* the release before knows it */
	outcome = upgrade(&scene, "v1.35.4");
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_wait(&scene, MINUTE);
	outcome = scene_run(&scene, &(struct scene_order){ .operation = &operation_upgrade_k8s,
							   .options = &anyway });
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert(strstr(str_text(&scene.events), "the feature gate CSIMigrationPortworx"));
}

/* ---- images ---------------------------------------------------------------------------------- */

Test(upgrade_k8s, takes_images_from_another_repository, .timeout = 300)
{
	const struct upgrade_k8s_options mirror = { .to = "v1.36.3",
						    .repository = "registry.local/k8s/" };
	struct scene scene SCOPED(scene_done) = { 0 };

	scene_init(&scene,
		   &(struct scene_options){ .profile = "vip-and-workers",
					    .settings = "kubernetes_version: v1.35.4\n",
					    .patch = "cluster:\n  proxy: {disabled: false}\n",
					    .start = WORLD_RUNNING });
	scene_wait(&scene, 2 * MINUTE);
	struct outcome outcome =
		scene_run(&scene, &(struct scene_order){ .operation = &operation_upgrade_k8s,
							 .options = &mirror });

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	outcome = upgrade(&scene, "v1.36.3");
	cr_assert_eq(outcome.result.done, 0);
	is_at(&scene, "v1.36.3");
	for (size_t i = 0; i < scene.inventory->len; i++) {
		const struct node_state *state = &scene.inventory->at[i];

		for (enum component c = 0; c < COMPONENT_COUNT; c++) {
			const char *image = component_image(scene.arena, c, state->config,
							    strlen(state->config));

			if (image)
				cr_assert(text_starts(image, "registry.local/k8s/"), "%s", image);
		}
		for (enum component c = 0; c < COMPONENT_STATIC_PODS; c++)
			if (state->pod_image[c])
				cr_assert(text_starts(state->pod_image[c], "registry.local/k8s/"),
					  "%s", state->pod_image[c]);
	}
	cr_assert_str_eq(scene.inventory->kube->proxy_image,
			 "registry.local/k8s/kube-proxy:v1.36.3");
}

/* ---- kubelets -------------------------------------------------------------------------------- */

struct guard { /* of the kubelets, at everything that is said */
	struct listener listener;
	struct scene *scene;
	unsigned ends, most;
};

static bool is_kubelet(const struct step *step)
{
	return strcmp(step->kind->name, "kube-component") == 0 &&
	       text_equal(value_get_text(step->args, "component"), "kubelet");
}

/* A kubelet's step ends when it runs the new image and is healthy; so many may be down at once. */
static void look_at_kubelets(struct listener *listener, const struct event *event)
{
	struct guard *guard = container_of(listener, struct guard, listener);
	struct arena *arena OWNED(arena_free) = arena_new("facts");
	const struct step *step = event->what == EVENT_END ? &event->plan->at[event->step] : NULL;
	unsigned down = 0;
	size_t count;
	const struct world_fact *facts = world_facts(guard->scene->world, arena, &count);

	for (size_t i = 0; i < count; i++) {
		down += !*facts[i].kubelet;
		if (!step || !is_kubelet(step) || strcmp(facts[i].name, step->target) != 0)
			continue;
		guard->ends++;
		cr_assert_str_eq(facts[i].kubelet, value_get_text(step->args, "image"), "%s",
				 step->target);
	}
	if (down > guard->most)
		guard->most = down;
}

Test(upgrade_k8s, waits_for_each_kubelet, .timeout = 300)
{
	for (unsigned width = 1; width <= 3; width += 2) {
		struct scene scene SCOPED(scene_done) = { 0 };
		struct guard guard = { .listener = { .on_event = look_at_kubelets },
				       .scene = &scene };

		scene_init(&scene,
			   &(struct scene_options){ .profile = "vip-and-workers",
						    .settings = "kubernetes_version: v1.35.4\n",
						    .max_parallel = width,
						    .start = WORLD_RUNNING });
		scene_wait(&scene, 2 * MINUTE);
		scene.listener.next = &guard.listener;
		struct outcome outcome = upgrade(&scene, "v1.36.3");

		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		cr_assert_eq(guard.ends, scene.cluster->nodes);
		cr_assert_geq(guard.most, 1, "no kubelet was ever down");
		cr_assert_leq(guard.most, width);
	}
}

/* ---- matrices -------------------------------------------------------------------------------- */

#define NEXT "v1.36.3"

static const struct upgrade_k8s_options to_next = { .to = NEXT };

/* A further run, which looks at the nodes anew, finds nothing to do. */
static void runs_next(struct scene *scene)
{
	/* journals are named by the second */
	scene_wait(scene, MINUTE);
	struct outcome outcome = upgrade(scene, NEXT);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_not(outcome.resumed);
	cr_assert_eq(outcome.result.done, 0, "%zu steps were left", outcome.result.done);
	is_at(scene, NEXT);
	scene_is_healthy(scene);
}

static const struct matrix one_minor = {
	.name = "upgrade k8s",
	.scene = { .profile = "vip-and-workers",
		   .settings = "kubernetes_version: v1.35.4\n",
		   .patch = "cluster:\n  proxy: {disabled: false}\n",
		   .start = WORLD_RUNNING },
	.order = { .operation = &operation_upgrade_k8s, .options = &to_next },
	.after = runs_next,
	.at_least = 40,
};

MATRIX(upgrade_k8s, one_minor);
