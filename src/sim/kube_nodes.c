#include "base/text.h"
#include "sim/kube.h"
#include "sim/kube_settings.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

#define GRACE (40 * SECOND) /* until a node that is not heard counts as lost */
#define RENEW (10 * SECOND) /* of a node's lease */
#define CONTROL "node-role.kubernetes.io/control-plane"
#define UNSCHEDULABLE "node.kubernetes.io/unschedulable"
#define NOT_READY "node.kubernetes.io/not-ready"
#define UNREACHABLE "node.kubernetes.io/unreachable"

bool node_is_ready(const struct value *node)
{
	return kube_has_condition(node, "Ready");
}

/* The kubelet there speaks to this API. */
static bool is_heard(const struct sim_node *node)
{
	return node && node_is_up(node) && node->kube.registered &&
	       service_is_healthy(&node->service[SERVICE_KUBELET]);
}

/* ---- the object ------------------------------------------------------------------------------ */

static const struct value *new_node(struct arena *arena, const struct sim_node *node)
{
	const char *name = node->hostname;

	return kube_yaml(
		arena,
		"{apiVersion: v1, kind: Node, metadata: {name: '%s', labels: {"
		"kubernetes.io/hostname: '%s', kubernetes.io/os: linux, kubernetes.io/arch: amd64, "
		"beta.kubernetes.io/os: linux, beta.kubernetes.io/arch: amd64}, annotations: "
		"{node.alpha.kubernetes.io/ttl: '0'}}, spec: {}, status: {capacity: {cpu: '4', "
		"memory: 16384000Ki, pods: '110', ephemeral-storage: 120000000Ki}, allocatable: "
		"{cpu: 3950m, memory: 15800000Ki, pods: '110', ephemeral-storage: '110000000000'}, "
		"addresses: [{type: InternalIP, address: '%s'}, {type: Hostname, address: '%s'}], "
		"daemonEndpoints: {kubeletEndpoint: {Port: 10250}}}}",
		name, name, node_address(node), name);
}

/* Flavours of the image are none of its version. */
static const char *kubelet_version(struct arena *arena, struct sim_node *node)
{
	static const char *const flavours[] = { "-fat", "-slim" };
	const char *tag = image_tag(settings_of(node)->kubelet);
	size_t len = strlen(tag);

	for (size_t i = 0; i < ARRAY_LEN(flavours); i++) {
		if (text_ends(tag, flavours[i]))
			len = strlen(tag) - strlen(flavours[i]);
	}
	return arena_strn(arena, tag, len);
}

static const struct value *with_info(struct arena *arena, const struct value *value,
				     struct sim_node *node)
{
	const char *machine = node->hardware->uuid;
	const struct value *info = kube_yaml(
		arena,
		"{machineID: '%s', systemUUID: '%s', bootID: '%s', kernelVersion: 6.18.8-talos, "
		"osImage: 'Talos (%s)', containerRuntimeVersion: 'containerd://2.1.6', "
		"kubeletVersion: '%s', kubeProxyVersion: '', operatingSystem: linux, architecture: "
		"amd64}",
		machine, machine, node->boot_id, node->world->talos, kubelet_version(arena, node));

	return kube_with(arena, value, "status.nodeInfo", info);
}

static const struct value *with_map(struct arena *arena, const struct value *value,
				    const char *path, const struct value *more)
{
	const struct value *map = kube_at(value, path);

	if (!value_len(more))
		return value;
	return kube_with(arena, value, path, map ? value_merge(arena, map, more) : more);
}

static const struct value *with_taint(struct arena *arena, const struct value *value,
				      const char *key, bool wanted)
{
	const struct value *taints = kube_at(value, "spec.taints");

	if (wanted == (kube_entry(taints, "key", key) != NULL))
		return value;
	if (wanted)
		taints = kube_list_with(arena, taints, "key",
					kube_yaml(arena, "{key: %s, effect: NoSchedule}", key));
	else
		taints = kube_list_without(arena, taints, "key", key);
	return kube_with(arena, value, "spec.taints", value_len(taints) ? taints : NULL);
}

/* Taints of the config: KEY: VALUE:EFFECT. */
static const struct value *with_own_taints(struct arena *arena, const struct value *value,
					   const struct value *taints)
{
	for (size_t i = 0; i < value_len(taints); i++) {
		const char *text = kube_text(value_at(taints, i), NULL);
		const char *colon = strchr(text, ':');
		const struct value *taint = kube_yaml(
			arena, "{key: '%s', value: '%.*s', effect: '%s'}", value_key_at(taints, i),
			colon ? (int)(colon - text) : 0, text, colon ? colon + 1 : text);

		value = kube_with(arena, value, "spec.taints",
				  kube_list_with(arena, kube_at(value, "spec.taints"), "key",
						 taint));
	}
	return value;
}

static const struct value *as_configured(struct arena *arena, const struct value *value,
					 struct sim_node *node)
{
	const struct kube_settings *settings = settings_of(node);
	bool control = node->config->control;

	value = with_map(arena, value, "metadata.labels", settings->labels);
	value = with_map(arena, value, "metadata.annotations", settings->annotations);
	if (control)
		value = with_map(arena, value, "metadata.labels",
				 kube_yaml(arena, "{" CONTROL ": ''}"));
	value = with_taint(arena, value, CONTROL, control && !settings->schedulable);
	value = with_own_taints(arena, value, settings->taints);
	return with_info(arena, value, node);
}

/* ---- conditions ------------------------------------------------------------------------------ */

static const struct value *with_pressures(struct arena *arena, const struct value *value,
					  bool known, uint64_t wall)
{
	static const struct kube_condition pressures[] = {
		{ "MemoryPressure", "False", "KubeletHasSufficientMemory",
		  "kubelet has sufficient memory available" },
		{ "DiskPressure", "False", "KubeletHasNoDiskPressure",
		  "kubelet has no disk pressure" },
		{ "PIDPressure", "False", "KubeletHasSufficientPID",
		  "kubelet has sufficient PID available" },
	};

	for (size_t i = 0; i < ARRAY_LEN(pressures); i++) {
		struct kube_condition condition = pressures[i];

		if (!known) {
			condition.status = "Unknown";
			condition.reason = "NodeStatusUnknown";
			condition.message = "Kubelet stopped posting node status.";
		}
		value = kube_with_condition(arena, value, &condition, wall);
	}
	return value;
}

static const struct value *with_ready(struct arena *arena, const struct value *value,
				      const char *status, uint64_t wall)
{
	static const struct kube_condition conditions[] = {
		{ "Ready", "True", "KubeletReady", "kubelet is posting ready status" },
		{ "Ready", "False", "KubeletNotReady",
		  "container runtime network not ready: NetworkReady=false "
		  "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin "
		  "not initialized" },
		{ "Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status." },
	};

	value = with_pressures(arena, value, strcmp(status, "Unknown") != 0, wall);
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		if (!strcmp(conditions[i].status, status))
			value = kube_with_condition(arena, value, &conditions[i], wall);
	}
	value = with_taint(arena, value, NOT_READY, !strcmp(status, "False"));
	return with_taint(arena, value, UNREACHABLE, !strcmp(status, "Unknown"));
}

static bool lost(struct kube *kube, struct kube_object *object)
{
	uint64_t wall = kube_wall(kube);

	if (!object->silent)
		object->silent = wall;
	if (wall >= object->silent + GRACE)
		return true;
	kube_later(kube, object, object->silent + GRACE);
	return false;
}

/* What a reset machine left behind goes. */
static bool is_reset(const struct kube *kube, const struct value *value)
{
	const char *uuid = kube_text(value, "status.nodeInfo.systemUUID");

	for (size_t i = 0; i < kube->world->nodes; i++) {
		const struct sim_node *node = kube->world->node[i];

		if (node->state == SIM_MAINTENANCE && !node->config &&
		    !strcmp(node->hardware->uuid, uuid))
			return true;
	}
	return false;
}

static void touch_pods(struct kube *kube, const char *node)
{
	struct kube_type *pods = kube_type(kube, "pods");

	for (size_t i = 0; i < pods->len; i++) {
		if (!*pods->at[i]->node || !strcmp(pods->at[i]->node, node))
			store_touch(&kube->store, pods->at[i]);
	}
}

void nodes_look(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("node");
	struct sim_node *machine = kube_machine(kube, object->name);
	const struct kube_version *before = object->now;
	const struct value *value = before->value;
	uint64_t wall = kube_wall(kube), revision = before->revision;
	bool back = object->silent != 0 && is_heard(machine);

	object->due = 0;
	if (!machine && is_reset(kube, value)) {
		kube_delete(kube, object, &(struct kube_removal){ .grace = 0 });
		return;
	}
	if (is_heard(machine)) {
		object->silent = 0;
		value = as_configured(arena, value, machine);
		value = with_ready(arena, value, kube_node_ready(machine) ? "True" : "False", wall);
	} else if (lost(kube, object)) {
		value = with_ready(arena, value, "Unknown", wall);
	}
	value = with_taint(arena, value, UNSCHEDULABLE, kube_flag(value, "spec.unschedulable"));
	object = store_put(&kube->store, object->type, value);
	if (object->now->revision != revision || back)
		touch_pods(kube, object->name);
}

/* ---- leases ---------------------------------------------------------------------------------- */

static void renew(struct kube *kube, const struct sim_node *node, uint64_t wall)
{
	struct arena *arena OWNED(arena_free) = arena_new("lease");
	const struct kube_object *lease =
		kube_find(kube, "leases", "kube-node-lease", node->hostname);
	const struct kube_object *owner = kube_find(kube, "nodes", "", node->hostname);
	const struct value *value =
		lease ? lease->now->value
		      : kube_yaml(arena,
				  "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: "
				  "{name: '%s', namespace: kube-node-lease, ownerReferences: "
				  "[{apiVersion: v1, kind: Node, name: '%s', uid: '%s'}]}, spec: "
				  "{holderIdentity: '%s', leaseDurationSeconds: 40}}",
				  node->hostname, node->hostname, owner->uid, node->hostname);

	kube_put(kube, "leases",
		 kube_with(arena, value, "spec.renewTime", kube_time_micro(arena, wall)));
}

void nodes_beat(struct kube *kube)
{
	uint64_t wall = kube_wall(kube) / RENEW * RENEW;

	if (wall == kube->heartbeat)
		return;
	kube->heartbeat = wall;
	for (size_t i = 0; i < kube->world->nodes; i++) {
		const struct sim_node *node = kube->world->node[i];

		if (is_heard(node) && kube_find(kube, "nodes", "", node->hostname))
			renew(kube, node, wall);
	}
}

/* ---- machines -------------------------------------------------------------------------------- */

/* A node belongs to the Kubernetes whose API servers are of its cluster. */
static bool belongs(const struct kube *kube, const struct sim_node *node)
{
	const struct world *world = kube->world;

	for (size_t i = 0; i < world->nodes && node->config; i++) {
		const struct sim_node *other = world->node[i];

		if (other->config && kube_of(other) == kube && other->kube.pods &&
		    sim_config_same_cluster(other->config, node->config))
			return true;
	}
	return false;
}

static void register_node(struct kube *kube, struct sim_node *node)
{
	struct arena *arena OWNED(arena_free) = arena_new("new node");

	kube_put(kube, "nodes", as_configured(arena, new_node(arena, node), node));
	snprintf(node->kube.name, sizeof(node->kube.name), "%s", node->hostname);
}

/* The object of that machine, also while the machine does not know its name. */
static struct kube_object *object_of(struct kube *kube, struct sim_node *node)
{
	struct kube_object *object =
		node->hostname[0] ? kube_find(kube, "nodes", "", node->hostname) : NULL;

	if (object)
		snprintf(node->kube.name, sizeof(node->kube.name), "%s", node->hostname);
	else if (node->kube.name[0])
		object = kube_find(kube, "nodes", "", node->kube.name);
	return object;
}

void nodes_settle(struct kube *kube)
{
	struct world *world = kube->world;
	bool any = false;

	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];
		struct kube_object *object = object_of(kube, node);

		if (is_heard(node) && !kube_find(kube, "nodes", "", node->hostname) &&
		    belongs(kube, node)) {
			register_node(kube, node);
			any = true;
		}
		if (!node->changed)
			continue;
		if (object)
			store_touch(&kube->store, object);
		any = true;
	}
	if (any)
		task_post(&kube->turn);
}

/* Also while it is down and has told nobody its name. */
static bool is_named(const struct sim_node *node, const char *name)
{
	return !strcmp(node->hostname, name) ||
	       (node->config && node->config->hostname && !strcmp(node->config->hostname, name));
}

bool kube_is_cordoned(const struct sim_node *node)
{
	for (struct kube *kube = node->world->kubes; kube; kube = kube->next) {
		const struct kube_type *nodes = kube_type(kube, "nodes");

		for (size_t i = 0; nodes && i < nodes->len; i++)
			if (is_named(node, nodes->at[i]->name) &&
			    kube_flag(nodes->at[i]->now->value, "spec.unschedulable"))
				return true;
	}
	return false;
}
