#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "sim/kube.h"
#include "sim/kube_select.h"
#include "sim/kube_settings.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <string.h>

#define STARTS 2 /* steps of a service until a pod is ready */
#define WORKS 5	 /* until a Job's pod is done */

bool pod_is_ready(const struct value *pod)
{
	return kube_has_condition(pod, "Ready");
}

bool pod_is_ending(const struct value *pod)
{
	return *kube_text(pod, "metadata.deletionTimestamp") != '\0';
}

bool pod_is_over(const struct value *pod)
{
	return kube_is(pod, "status.phase", "Succeeded") || kube_is(pod, "status.phase", "Failed");
}

static bool is_mirror(const struct value *pod)
{
	return kube_annotation_of(pod, "kubernetes.io/config.mirror") != NULL;
}

static bool is_job(const struct value *pod)
{
	return kube_is(value_at(kube_at(pod, "metadata.ownerReferences"), 0), "kind", "Job");
}

/* ---- where it may run ------------------------------------------------------------------------ */

static bool tolerates(const struct value *tolerations, const struct value *taint)
{
	for (size_t i = 0; i < value_len(tolerations); i++) {
		const struct value *one = value_at(tolerations, i);
		const char *key = kube_text(one, "key"), *effect = kube_text(one, "effect");

		if (*effect && !kube_is(taint, "effect", effect))
			continue;
		if (!*key ? !kube_is(one, "operator", "Exists") : !kube_is(taint, "key", key))
			continue;
		if (kube_is(one, "operator", "Exists") ||
		    kube_is(taint, "value", kube_text(one, "value")))
			return true;
	}
	return false;
}

/* What DaemonSets tolerate without saying so. */
static bool is_daemons_own(const struct value *taint)
{
	static const char *const keys[] = { "node.kubernetes.io/not-ready",
					    "node.kubernetes.io/unreachable",
					    "node.kubernetes.io/unschedulable" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (kube_is(taint, "key", keys[i]))
			return true;
	}
	return false;
}

static bool affinity_fits(struct arena *arena, const struct value *spec, const struct value *labels)
{
	const struct value *terms = kube_at(kube_at(spec, "affinity.nodeAffinity"),
					    "requiredDuringSchedulingIgnoredDuringExecution."
					    "nodeSelectorTerms");

	for (size_t i = 0; i < value_len(terms); i++) {
		const struct value *list = value_get(value_at(terms, i), "matchExpressions");
		struct kube_selector selector = { 0 };

		for (size_t k = 0; k < value_len(list); k++)
			selector_add(arena, &selector, value_at(list, k));
		if (selector_matches(&selector, labels))
			return true;
	}
	return value_len(terms) == 0;
}

bool pod_fits(const struct value *spec, const struct value *node, bool daemon)
{
	struct arena *arena OWNED(arena_free) = arena_new("pod's place");
	const struct value *labels = kube_at(node, "metadata.labels");
	const struct value *taints = kube_at(node, "spec.taints");
	struct kube_selector selector = selector_of_map(arena, value_get(spec, "nodeSelector"));

	if (!selector_matches(&selector, labels) || !affinity_fits(arena, spec, labels))
		return false;
	for (size_t i = 0; i < value_len(taints); i++) {
		const struct value *taint = value_at(taints, i);

		if (kube_is(taint, "effect", "PreferNoSchedule") ||
		    tolerates(value_get(spec, "tolerations"), taint) ||
		    (daemon && is_daemons_own(taint)))
			continue;
		return false;
	}
	return true;
}

/* A pod that claims a volume which is not there waits for it. */
static bool has_claims(struct kube *kube, const struct kube_object *pod)
{
	const struct value *volumes = kube_at(pod->now->value, "spec.volumes");

	for (size_t i = 0; i < value_len(volumes); i++) {
		const char *claim =
			kube_text(value_at(volumes, i), "persistentVolumeClaim.claimName");

		if (*claim && !kube_find(kube, "persistentvolumeclaims", pod->space, claim))
			return false;
	}
	return true;
}

/* Few of the same owner first, then few at all. */
static unsigned crowd(const struct kube_object *pod, const char *node)
{
	const struct kube_type *pods = pod->type;
	unsigned count = 0;

	for (size_t i = 0; i < pods->len; i++) {
		if (!strcmp(pods->at[i]->node, node))
			count += !strcmp(pods->at[i]->owner, pod->owner) ? 1000 : 1;
	}
	return count;
}

static const char *choose_node(struct kube *kube, const struct kube_object *pod)
{
	const struct kube_type *nodes = kube_type(kube, "nodes");
	const struct value *spec = value_get(pod->now->value, "spec");
	const char *best = NULL;
	unsigned least = 0;

	for (size_t i = 0; i < nodes->len; i++) {
		const struct kube_object *node = nodes->at[i];
		unsigned count;

		if (!pod_fits(spec, node->now->value, false))
			continue;
		count = crowd(pod, node->name);
		if (!best || count < least) {
			best = node->name;
			least = count;
		}
	}
	return best;
}

static void schedule(struct kube *kube, struct kube_object *pod)
{
	struct arena *arena OWNED(arena_free) = arena_new("scheduled pod");
	const char *node = has_claims(kube, pod) ? choose_node(kube, pod) : NULL;
	const struct value *value = pod->now->value;
	struct kube_condition condition = { "PodScheduled", "True", "", "" };

	if (!node) {
		condition.status = "False";
		condition.reason = "Unschedulable";
		condition.message = arena_printf(arena, "0/%zu nodes are available",
						 kube_type(kube, "nodes")->len);
	} else {
		value = kube_with_text(arena, value, "spec.nodeName", node);
	}
	value = kube_with_condition(arena, value, &condition, kube_wall(kube));
	store_put(&kube->store, pod->type, value);
}

/* ---- its life -------------------------------------------------------------------------------- */

static const char *pod_address(struct arena *arena, const struct kube_object *pod,
			       struct sim_node *node)
{
	struct ip_prefix subnet;
	struct ip ip;
	char text[IP_TEXT_MAX];
	uint64_t number = 0;

	if (kube_flag(pod->now->value, "spec.hostNetwork"))
		return node_address(node);
	for (const char *c = pod->uid; *c; c++)
		number = number * 31 + (unsigned char)*c;
	if (!ip_prefix_parse(settings_of(node)->pods, &subnet) ||
	    !ip_prefix_nth(&subnet, 10 + number % 60000, &ip))
		return node_address(node);
	return arena_str(arena, ip_text(&ip, text));
}

static const struct value *container_statuses(struct arena *arena, const struct value *pod,
					      bool ready, int64_t restarts)
{
	const struct value *containers = kube_at(pod, "spec.containers");
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < value_len(containers); i++) {
		const char *name = kube_text(value_at(containers, i), "name");
		const char *image = kube_text(value_at(containers, i), "image");

		list_add(list,
			 kube_yaml(arena,
				   "{name: '%s', image: '%s', imageID: '%s', ready: %s, started: "
				   "%s, restartCount: %d, state: {running: {}}}",
				   name, image, image, ready ? "true" : "false",
				   ready ? "true" : "false", (int)restarts));
	}
	return list_end(list);
}

static const struct value *with_readiness(struct kube *kube, struct arena *arena,
					  const struct value *pod, bool ready)
{
	const char *status = ready ? "True" : "False";
	const char *reason = ready ? "" : "ContainersNotReady";
	const struct kube_condition conditions[] = {
		{ "Initialized", "True", "", "" },
		{ "ContainersReady", status, reason, "" },
		{ "Ready", status, reason, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
		pod = kube_with_condition(arena, pod, &conditions[i], kube_wall(kube));
	return pod;
}

static int64_t restarts_of(const struct value *pod)
{
	return kube_int(value_at(kube_at(pod, "status.containerStatuses"), 0), "restartCount", 0);
}

static void set_ready(struct kube *kube, struct kube_object *object, struct sim_node *node)
{
	struct arena *arena OWNED(arena_free) = arena_new("ready pod");
	const struct value *pod = object->now->value;
	int64_t restarts = restarts_of(pod);

	if (kube_is(pod, "status.phase", "Running"))
		restarts++;
	else
		pod = kube_with(arena, pod, "status.startTime", kube_time(arena, kube_wall(kube)));
	pod = kube_with_text(arena, pod, "status.phase", "Running");
	pod = kube_with_text(arena, pod, "status.hostIP", node_address(node));
	pod = kube_with_text(arena, pod, "status.podIP", pod_address(arena, object, node));
	pod = kube_with(arena, pod, "status.containerStatuses",
			container_statuses(arena, pod, true, restarts));
	store_put(&kube->store, object->type, with_readiness(kube, arena, pod, true));
}

static void set_unready(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("pod that is not ready");
	const struct value *pod = object->now->value;

	if (!pod_is_ready(pod))
		return;
	pod = kube_with(arena, pod, "status.containerStatuses",
			container_statuses(arena, pod, false, restarts_of(pod)));
	store_put(&kube->store, object->type, with_readiness(kube, arena, pod, false));
}

/* What the first container runs: the program's name and its first argument; "" none. */
static const char *word_of(const struct value *pod, size_t index)
{
	const struct value *container = value_at(kube_at(pod, "spec.containers"), 0);
	const struct value *command = kube_at(container, "command");
	const struct value *args = kube_at(container, "args");
	size_t len = value_len(command);
	const struct value *word =
		index < len ? value_at(command, index) : value_at(args, index - len);

	return value_text(word) ? value_text(word) : "";
}

/* `false` fails, `sleep N` takes its time; everything else does what it shall in a moment. */
static uint64_t work_takes(const struct kube *kube, const struct value *pod)
{
	uint64_t seconds;

	if (strcmp(word_of(pod, 0), "sleep") == 0 && text_u64(word_of(pod, 1), &seconds))
		return seconds * SECOND;
	return WORKS * kube->world->pace.service;
}

static void finish(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("finished pod");
	bool fails = strcmp(word_of(object->now->value, 0), "false") == 0;
	const struct value *pod = kube_with_text(arena, object->now->value, "status.phase",
						 fails ? "Failed" : "Succeeded");
	const struct kube_condition over = { "Ready", "False", fails ? "PodFailed" : "PodCompleted",
					     "" };

	object->due = 0;
	store_put(&kube->store, object->type,
		  kube_with_condition(arena, pod, &over, kube_wall(kube)));
}

/* True when the time for something that takes so long has come; the first asking starts it. */
static bool has_come(struct kube *kube, struct kube_object *object, uint64_t takes)
{
	uint64_t wall = kube_wall(kube);

	if (!object->due) {
		object->due = wall + takes;
		return false;
	}
	if (object->due > wall)
		return false;
	object->due = 0;
	return true;
}

static void run(struct kube *kube, struct kube_object *object, struct sim_node *node)
{
	const struct value *pod = object->now->value;
	bool running = kube_is(pod, "status.phase", "Running");

	if (running && pod_is_ready(pod) && !object->boot[0])
		memcpy(object->boot, node->boot_id, sizeof(object->boot));
	if (!running || strcmp(object->boot, node->boot_id) != 0 || !pod_is_ready(pod)) {
		/* what ran before a reboot begins anew */
		if (running && strcmp(object->boot, node->boot_id) != 0)
			set_unready(kube, object);
		if (!has_come(kube, object, STARTS * kube->world->pace.service))
			return;
		memcpy(object->boot, node->boot_id, sizeof(object->boot));
		set_ready(kube, object, node);
	}
	if (is_job(object->now->value) && has_come(kube, object, work_takes(kube, pod)))
		finish(kube, object);
}

static void end_pod(struct kube *kube, struct kube_object *object, bool heard)
{
	if (value_len(kube_at(object->now->value, "metadata.finalizers")))
		return;
	/* on a node that is silent it waits until somebody says that it has ended */
	if (!heard)
		object->due = 0;
	else if (!object->due || object->due <= kube_wall(kube))
		store_remove(&kube->store, object);
}

void pods_look(struct kube *kube, struct kube_object *object)
{
	const struct kube_object *place =
		*object->node ? kube_find(kube, "nodes", "", object->node) : NULL;
	struct sim_node *node = place ? kube_machine(kube, object->node) : NULL;
	bool heard = node && node_is_up(node) &&
		     service_is_healthy(&node->service[SERVICE_KUBELET]);

	if (*object->node && !place) {
		/* the garbage of a node that was deleted */
		store_remove(&kube->store, object);
		return;
	}
	if (pod_is_ending(object->now->value)) {
		end_pod(kube, object, heard);
		return;
	}
	if (pod_is_over(object->now->value))
		return;
	if (!*object->node) {
		schedule(kube, object);
		return;
	}
	if (!heard) {
		object->due = 0;
		if (kube_is(kube_entry(kube_at(place->now->value, "status.conditions"), "type",
				       "Ready"),
			    "status", "Unknown"))
			set_unready(kube, object);
		return;
	}
	if (is_mirror(object->now->value) && !node->kube.pods) {
		set_unready(kube, object);
		return;
	}
	run(kube, object, node);
}

/* ---- static pods ----------------------------------------------------------------------------- */

static const struct value *static_pod(struct arena *arena, const struct sim_node *node,
				      const struct kube_object *owner, enum kube_part_id part)
{
	const struct kube_part *mine = &node->kube.part[part];
	const char *component = kube_static_pods[part];

	return kube_yaml(
		arena,
		"{apiVersion: v1, kind: Pod, metadata: {name: '%s-%s', namespace: kube-system, "
		"labels: {tier: control-plane, k8s-app: %s, component: %s}, annotations: "
		"{kubernetes.io/config.mirror: '%s-%u', kubernetes.io/config.source: file, "
		"talos.dev/config-version: '%u', talos.dev/secrets-version: '1'}, ownerReferences: "
		"[{apiVersion: v1, kind: Node, name: '%s', uid: '%s', controller: true}]}, spec: "
		"{nodeName: '%s', hostNetwork: true, priorityClassName: system-cluster-critical, "
		"terminationGracePeriodSeconds: 30, restartPolicy: Always, tolerations: [{effect: "
		"NoExecute, operator: Exists}], containers: [{name: %s, image: '%s'}]}, status: "
		"{phase: Pending}}",
		component, node->hostname, component, component, node->boot_id, mine->version,
		mine->version, node->hostname, owner->uid, node->hostname, component, mine->image);
}

static void place_static(struct kube *kube, const struct sim_node *node, enum kube_part_id part)
{
	struct arena *arena OWNED(arena_free) = arena_new("static pod");
	const char *name = arena_printf(arena, "%s-%s", kube_static_pods[part], node->hostname);
	struct kube_object *pod = kube_find(kube, "pods", "kube-system", name);
	const struct kube_object *owner = kube_find(kube, "nodes", "", node->hostname);
	const char *version = arena_printf(arena, "%u", node->kube.part[part].version);
	const struct value *old =
		pod ? kube_annotation_of(pod->now->value, "talos.dev/config-version") : NULL;

	if (!owner || !node->kube.part[part].image[0])
		return;
	if (pod && kube_is(old, NULL, version) &&
	    kube_is(value_at(kube_at(pod->now->value, "spec.containers"), 0), "image",
		    node->kube.part[part].image)) {
		if (!pod_is_ready(pod->now->value))
			store_touch(&kube->store, pod);
		return;
	}
	/* the kubelet replaces a mirror pod whose file is another */
	if (pod)
		store_remove(&kube->store, pod);
	kube_put(kube, "pods", static_pod(arena, node, owner, part));
}

void pods_static(struct kube *kube)
{
	for (size_t i = 0; i < kube->world->nodes; i++) {
		const struct sim_node *node = kube->world->node[i];

		if (!node->config || !node->kube.pods || kube_of(node) != kube ||
		    !node->hostname[0])
			continue;
		for (enum kube_part_id part = 0; part < KUBE_PARTS; part++)
			place_static(kube, node, part);
	}
}

/* ---- from templates -------------------------------------------------------------------------- */

const struct value *pod_of(struct kube *kube, struct arena *arena, const struct kube_object *owner,
			   const struct value *template)
{
	const struct value *pod = kube_yaml(
		arena,
		"{apiVersion: v1, kind: Pod, metadata: {name: '%s-%s', generateName: '%s-', "
		"namespace: '%s', ownerReferences: [{apiVersion: '%s', kind: %s, name: '%s', uid: "
		"'%s', controller: true, blockOwnerDeletion: true}]}}",
		owner->name,
		random_letters(kube->world->random, arena, "bcdfghjklmnpqrstvwxz2456789", 5),
		owner->name, owner->space, kube_text(owner->now->value, "apiVersion"),
		owner->type->kind, owner->name, owner->uid);
	const struct value *spec = value_get(template, "spec");

	pod = kube_with(arena, pod, "metadata.labels", kube_at(template, "metadata.labels"));
	pod = kube_with(arena, pod, "metadata.annotations",
			kube_at(template, "metadata.annotations"));
	if (!kube_at(spec, "terminationGracePeriodSeconds"))
		spec = kube_with(arena, spec, "terminationGracePeriodSeconds",
				 value_of_int(arena, 30));
	if (!kube_at(spec, "restartPolicy"))
		spec = kube_with_text(arena, spec, "restartPolicy", "Always");
	pod = kube_with(arena, pod, "spec", spec);
	return kube_with_text(arena, pod, "status.phase", "Pending");
}
