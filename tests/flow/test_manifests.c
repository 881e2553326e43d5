/*
 * The end of an upgrade of Kubernetes: what Talos once made of bootstrap manifests follows the
 * machine config, is watched until it is rolled out, and goes when the config no longer names it.
 */
#include "flow/matrix.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "kube/kube.h"
#include "ops/apply.h"
#include "ops/upgrade_k8s.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

#define BEFORE "v1.35.4"
#define AFTER "v1.36.3"
#define WITH_PROXY "cluster:\n  proxy: {disabled: false}\n"
#define WITHOUT_PROXY "cluster:\n  proxy: {disabled: true}\n"
#define INVENTORY "talos-bootstrap-manifests-inventory"

static const struct scene_options proxied = {
	.profile = "vip-and-workers",
	.settings = "kubernetes_version: " BEFORE "\ncni: flannel\n",
	.patch = WITH_PROXY,
	.start = WORLD_RUNNING,
};

static void begin(struct scene *scene, const struct scene_options *options)
{
	scene_init(scene, options);
	scene_wait(scene, 2 * MINUTE);
}

static struct outcome upgrade(struct scene *scene, const struct upgrade_k8s_options *options)
{
	/* journals are named by the second */
	scene_wait(scene, 2 * SECOND);
	return scene_run(scene, &(struct scene_order){ .operation = &operation_upgrade_k8s,
						       .options = options });
}

static void goes_well(struct scene *scene, const struct upgrade_k8s_options *options)
{
	struct outcome outcome = upgrade(scene, options);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
}

static const struct value *object(struct scene *scene, const struct kube_kind *kind,
				  const char *name)
{
	const struct kube_request request = { .verb = KUBE_GET,
					      .kind = kind,
					      .ns = "kube-system",
					      .name = name };
	const struct value *found = NULL;
	struct err err = ERR_INIT;

	if (scene_kube(scene, &request, &found, &err) < 0)
		cr_assert_eq(err.kind, ERR_NOT_FOUND, "%s", err.text);
	return found;
}

static const char *image_in(const struct value *spec)
{
	const char *image =
		value_get_text(value_at(value_get(spec, "containers"), 0), "image");

	return image ? image : "";
}

static const char *proxy_image(struct scene *scene)
{
	const struct value *proxy = object(scene, &kube_daemonsets, "kube-proxy");
	const struct value *template = value_get(value_get(proxy, "spec"), "template");

	return image_in(value_get(template, "spec"));
}

/* All pods of kube-proxy, one on each node, are of that version. */
static void runs_proxy(struct scene *scene, const char *version)
{
	const struct kube_request request = { .verb = KUBE_LIST,
					      .kind = &kube_pods,
					      .ns = "kube-system",
					      .labels = "k8s-app=kube-proxy" };
	const char *image = arena_printf(scene->arena, "registry.k8s.io/kube-proxy:%s", version);
	const struct value *reply = NULL, *items;
	struct err err = ERR_INIT;

	cr_assert_eq(scene_kube(scene, &request, &reply, &err), 0, "%s", err.text);
	items = value_get(reply, "items");
	cr_assert_eq(value_len(items), scene->cluster->nodes);
	for (size_t i = 0; i < value_len(items); i++) {
		const struct value *pod = value_at(items, i);

		cr_assert_str_eq(image_in(value_get(pod, "spec")), image);
		cr_assert_str_eq(kube_condition(pod, "Ready"), "True");
	}
	cr_assert_str_eq(proxy_image(scene), image);
}

static bool was_said(const struct scene *scene, const char *text)
{
	return strstr(str_text(&scene->events), text) != NULL;
}

static void follows(const struct scene_options *options)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	begin(&scene, options);
	runs_proxy(&scene, BEFORE);
	goes_well(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	/* at once: nothing is left to roll out */
	runs_proxy(&scene, AFTER);
	cr_assert(was_said(&scene, "changed DaemonSet kube-system/kube-proxy"));
	cr_assert_not(was_said(&scene, "changed Deployment kube-system/coredns"));

	struct outcome outcome = upgrade(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0);
	/* asked for, they are looked at, and nothing is different */
	outcome = upgrade(&scene,
			  &(struct upgrade_k8s_options){ .to = AFTER, .manifests = true });
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0);
	cr_assert_gt(outcome.result.skipped, 0);
}

Test(manifests, kube_proxy_follows_and_is_waited_for, .timeout = 100)
{
	struct scene_options options = proxied;

	follows(&options);
	/* a document of its own */
	options.settings = "talos_version: v1.14.0\nkubernetes_version: " BEFORE "\ncni: flannel\n";
	options.patch = "apiVersion: v1alpha1\nkind: KubeProxyConfig\nenabled: true\n";
	follows(&options);
}

Test(manifests, before_there_was_an_inventory, .timeout = 100)
{
	struct scene_options options = proxied;
	struct scene scene SCOPED(scene_done) = { 0 };

	options.settings = "talos_version: v1.12.4\nkubernetes_version: v1.34.2\ncni: flannel\n";
	begin(&scene, &options);
	goes_well(&scene, &(struct upgrade_k8s_options){ .to = "v1.35.4" });
	runs_proxy(&scene, "v1.35.4");
	cr_assert_null(object(&scene, &kube_configmaps, INVENTORY));
}

Test(manifests, kube_proxy_that_is_off_is_none_of_ours, .timeout = 100)
{
	struct scene_options options = proxied;
	struct scene scene SCOPED(scene_done) = { 0 };

	options.patch = WITHOUT_PROXY;
	begin(&scene, &options);
	cr_assert_null(object(&scene, &kube_daemonsets, "kube-proxy"));
	goes_well(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	cr_assert_null(object(&scene, &kube_daemonsets, "kube-proxy"));
	cr_assert_not(was_said(&scene, "changed DaemonSet"));
}

static void apply_patch(struct scene *scene, const char *patch)
{
	const char *path =
		fs_join(scene->arena, scene->folder, "patches/controller/cluster.yaml");
	char *nodes;
	size_t len;

	cr_assert_eq(fs_write(path, patch, strlen(patch), 0600, NULL, NULL), 0);
	cr_assert_eq(fs_read(scene->arena, fs_join(scene->arena, scene->folder, "nodes.yaml"),
			     FS_FILE_MAX, &nodes, &len, NULL),
		     0);
	scene_nodes(scene, nodes);
	struct outcome outcome =
		scene_run(scene, &(struct scene_order){ .operation = &operation_apply });

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
}

/* ---- the user's own -------------------------------------------------------------------------- */

#define INLINE(objects) \
	WITHOUT_PROXY "  inlineManifests:\n  - name: mine\n    contents: |\n" objects
#define MAP(data)                                                                                  \
	"      {apiVersion: v1, kind: ConfigMap, metadata: {name: mine, namespace: kube-system}, " \
	"data: {a: '" data "'}}\n"
#define SECRET(type)                                                                            \
	"      {apiVersion: v1, kind: Secret, metadata: {name: mine, namespace: kube-system}, " \
	"type: '" type "', data: {key: aHVudGVyMg==}}\n"

static const struct upgrade_k8s_options resync = { .to = BEFORE, .manifests = true };

static void begin_inline(struct scene *scene, const char *patch)
{
	struct scene_options options = proxied;

	options.patch = patch;
	begin(scene, &options);
}

Test(manifests, what_the_config_holds_itself_follows_too, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	begin_inline(&scene, INLINE(MAP("one")));
	apply_patch(&scene, INLINE(MAP("two")));
	/* a node changes nothing that is there */
	cr_assert_str_eq(value_get_text(value_get(object(&scene, &kube_configmaps, "mine"), "data"),
					"a"),
			 "one");
	goes_well(&scene, &resync);
	cr_assert_str_eq(value_get_text(value_get(object(&scene, &kube_configmaps, "mine"), "data"),
					"a"),
			 "two");
	cr_assert(was_said(&scene, "changed ConfigMap kube-system/mine"));
}

Test(manifests, what_the_server_refuses_is_named_and_never_quoted, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	begin_inline(&scene, INLINE(SECRET("Opaque")));
	apply_patch(&scene, INLINE(SECRET("example.test/other")));
	struct outcome outcome = upgrade(&scene, &resync);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_INPUT, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "the server does not take Secret kube-system/mine"),
		  "%s", outcome.err.text);
	cr_assert_not(was_said(&scene, "aHVudGVyMg"));
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void put(struct scene *scene, struct kube_request request, const char *yaml)
{
	const struct yaml_input input = { "object", yaml, strlen(yaml), NULL, false };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(scene->arena, &input, &documents, &err), 0, "%s", err.text);
	request.body = documents.at[0];
	cr_assert_eq(scene_kube(scene, &request, NULL, &err), 0, "%s", err.text);
}

static void set_proxy(struct scene *scene, const char *version)
{
	put(scene,
	    (struct kube_request){ .verb = KUBE_STRATEGIC,
				   .kind = &kube_daemonsets,
				   .ns = "kube-system",
				   .name = "kube-proxy",
				   .manager = "kubectl-set" },
	    arena_printf(scene->arena,
			 "{spec: {template: {spec: {containers: [{name: kube-proxy, image: "
			 "'registry.k8s.io/kube-proxy:%s'}]}}}}",
			 version));
	scene_wait(scene, 5 * MINUTE);
	runs_proxy(scene, version);
}

Test(manifests, kube_proxy_that_was_left_behind_is_caught_up, .timeout = 100)
{
	struct scene_options options = proxied;
	struct scene scene SCOPED(scene_done) = { 0 };

	options.settings = "kubernetes_version: " AFTER "\ncni: flannel\n";
	begin(&scene, &options);
	set_proxy(&scene, BEFORE);
	goes_well(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	runs_proxy(&scene, AFTER);
}

Test(manifests, what_belongs_to_others_stays, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	begin(&scene, &proxied);
	put(&scene,
	    (struct kube_request){ .verb = KUBE_MERGE,
				   .kind = &kube_daemonsets,
				   .ns = "kube-system",
				   .name = "kube-proxy" },
	    "{metadata: {annotations: {config.k8s.io/owning-inventory: somebody}}}");
	goes_well(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	runs_proxy(&scene, BEFORE);
	cr_assert(was_said(&scene, "DaemonSet kube-system/kube-proxy is of the inventory somebody "
				   "and is left as it is"));
}

/* ---- what the config no longer names --------------------------------------------------------- */

static void turn_proxy_off(struct scene *scene)
{
	apply_patch(scene, WITHOUT_PROXY);
}

static bool is_in_inventory(struct scene *scene, const char *key)
{
	const struct value *inventory = object(scene, &kube_configmaps, INVENTORY);

	return value_has(value_get(inventory, "data"), key);
}

Test(manifests, what_no_manifest_names_goes, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	begin(&scene, &proxied);
	cr_assert(is_in_inventory(&scene, "kube-system_kube-proxy_apps_DaemonSet"));
	turn_proxy_off(&scene);
	runs_proxy(&scene, BEFORE);
	goes_well(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	cr_assert_null(object(&scene, &kube_daemonsets, "kube-proxy"));
	cr_assert_not(is_in_inventory(&scene, "kube-system_kube-proxy_apps_DaemonSet"));
	cr_assert(is_in_inventory(&scene, "kube-system_coredns_apps_Deployment"));
	cr_assert_not_null(object(&scene, &kube_deployments, "coredns"));
	cr_assert(was_said(&scene, "removed DaemonSet kube-proxy"));
	cr_assert(was_said(&scene, "removed ClusterRoleBinding kube-proxy"));
}

Test(manifests, what_somebody_else_cares_for_does_not_go, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	begin(&scene, &proxied);
	put(&scene,
	    (struct kube_request){ .verb = KUBE_APPLY, .manager = "flux" },
	    "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: kube-proxy, namespace: "
	    "kube-system, labels: {mine: 'true'}}}");
	/* a namespace goes with all that is in it, and a kind may be gone itself */
	put(&scene,
	    (struct kube_request){ .verb = KUBE_APPLY, .manager = "talos" },
	    "{apiVersion: v1, kind: Namespace, metadata: {name: cared-for}}");
	put(&scene,
	    (struct kube_request){ .verb = KUBE_MERGE,
				   .kind = &kube_configmaps,
				   .ns = "kube-system",
				   .name = INVENTORY },
	    "{data: {_cared-for__Namespace: '', _thing_gone.example.test_Thing: '', odd: ''}}");
	turn_proxy_off(&scene);
	goes_well(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	cr_assert_not_null(object(&scene, &kube_daemonsets, "kube-proxy"));
	cr_assert_not_null(object(&scene, &kube_namespaces, "cared-for"));
	cr_assert(was_said(&scene, "DaemonSet kube-system/kube-proxy is in no manifest any more "
				   "and stays: flux"));
	cr_assert(was_said(&scene, "Namespace cared-for is in no manifest any more and stays: "));
	/* told once: they are nobody's any more */
	cr_assert_not(is_in_inventory(&scene, "_cared-for__Namespace"));
	cr_assert_not(is_in_inventory(&scene, "odd"));
	struct outcome outcome =
		upgrade(&scene, &(struct upgrade_k8s_options){ .to = AFTER, .manifests = true });
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0);
}

/* ---- a roll-out that stalls ------------------------------------------------------------------ */

struct cutter {
	struct listener listener;
	struct world *world;
};

/* The node dies when its pod of kube-proxy is about to be replaced. */
static void cut_worker(struct listener *listener, const struct event *event)
{
	struct cutter *cutter = container_of(listener, struct cutter, listener);

	if (event->what == EVENT_BEGIN &&
	    strcmp(event->plan->at[event->step].kind->name, "kube-manifests") == 0)
		world_power(cutter->world, "worker0", false);
}

Test(manifests, a_rollout_that_stalls_is_told_and_goes_on_later, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct cutter cutter = { .listener = { .on_event = cut_worker } };

	begin(&scene, &proxied);
	cutter.world = scene.world;
	scene.listener.next = &cutter.listener;
	struct outcome outcome = upgrade(&scene, &(struct upgrade_k8s_options){ .to = AFTER });

	scene.listener.next = NULL;
	cr_assert_eq(outcome.result.how, HOW_FAILED, "%s", outcome.err.text);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "DaemonSet kube-system/kube-proxy: "), "%s",
		  outcome.err.text);
	cr_assert(strstr(outcome.err.text, "nothing has changed for 5 minutes"), "%s",
		  outcome.err.text);

	world_power(scene.world, "worker0", true);
	scene_wait(&scene, 10 * MINUTE);
	outcome = upgrade(&scene, &(struct upgrade_k8s_options){ .to = AFTER });
	cr_assert(outcome.resumed);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	runs_proxy(&scene, AFTER);
}
