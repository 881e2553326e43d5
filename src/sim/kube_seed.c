#include "base/ip.h"
#include "sim/kube.h"
#include "sim/kube_fields.h"
#include "sim/kube_manifests.h"
#include "sim/kube_settings.h"
#include "sim/kube_types.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <string.h>

static struct kube_type *type_of(struct kube *kube, const struct value *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("group");
	const char *version = kube_text(object, "apiVersion");
	const char *slash = strchr(version, '/');
	const char *group = slash ? arena_strn(arena, version, (size_t)(slash - version)) : "";

	return store_kind(&kube->store, group, kube_text(object, "kind"));
}

/* With the namespace that it will have. */
static const struct value *placed(struct arena *arena, const struct kube_type *type,
				  const struct value *object)
{
	if (type && !type->namespaced)
		return kube_with(arena, object, "metadata.namespace", NULL);
	if (*kube_text(object, "metadata.namespace"))
		return object;
	return kube_with_text(arena, object, "metadata.namespace", "default");
}

/* Puts what is not there yet; false: its kind is not served. */
static bool add_missing(struct kube *kube, const struct value *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("manifest");
	struct kube_type *type = type_of(kube, object);
	const struct kube_manager manager = { "talos", "Apply", kube_text(object, "apiVersion"), "",
					      kube_wall(kube) };
	struct kube_applied applied;

	if (!type)
		return false;
	object = placed(arena, type, object);
	if (store_find(type, kube_text(object, "metadata.namespace"),
		       kube_text(object, "metadata.name")))
		return true;
	fields_apply(arena, NULL, object, &manager, true, &applied);
	object = type->custom ? applied.value : type_defaults(arena, type, applied.value);
	if (type->features & KUBE_GENERATION)
		object = kube_with(arena, object, "metadata.generation", value_of_int(arena, 1));
	store_put(&kube->store, type, object);
	return true;
}

/* ---- what every cluster has ------------------------------------------------------------------ */

static void add_namespaces(struct kube *kube)
{
	static const char *const names[] = { "default", "kube-system", "kube-public",
					     "kube-node-lease" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("namespace");

		add_missing(kube, kube_yaml(arena,
					    "{apiVersion: v1, kind: Namespace, metadata: {name: "
					    "%s, labels: {kubernetes.io/metadata.name: %s}}}",
					    names[i], names[i]));
	}
}

static void add_standard(struct kube *kube, const struct kube_settings *settings)
{
	struct arena *arena OWNED(arena_free) = arena_new("standard objects");
	struct ip_prefix services;
	struct ip ip;
	char api[IP_TEXT_MAX] = "10.96.0.1";

	if (ip_prefix_parse(settings->services, &services) && ip_prefix_nth(&services, 1, &ip))
		ip_text(&ip, api);
	add_missing(kube, kube_yaml(arena,
				    "{apiVersion: v1, kind: Service, metadata: {name: kubernetes, "
				    "namespace: default}, spec: {type: ClusterIP, clusterIP: '%s', "
				    "ports: [{name: https, port: 443, targetPort: 6443}]}}",
				    api));
	add_missing(kube, kube_yaml(arena, "{apiVersion: rbac.authorization.k8s.io/v1, kind: "
					   "ClusterRole, metadata: {name: cluster-admin}, rules: "
					   "[{apiGroups: ['*'], resources: ['*'], verbs: "
					   "['*']}]}"));
	add_missing(kube, kube_yaml(arena, "{apiVersion: rbac.authorization.k8s.io/v1, kind: "
					   "ClusterRoleBinding, metadata: {name: cluster-admin}, "
					   "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: "
					   "ClusterRole, name: cluster-admin}, subjects: [{kind: "
					   "Group, name: 'system:masters'}]}"));
	add_missing(kube, kube_yaml(arena, "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass,"
					   " metadata: {name: system-node-critical}, value: "
					   "2000001000}"));
	add_missing(kube, kube_yaml(arena, "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass,"
					   " metadata: {name: system-cluster-critical}, value: "
					   "2000000000}"));
}

/* ---- what Talos brings ----------------------------------------------------------------------- */

static const struct value *as_listed(struct arena *arena, const struct value *object)
{
	const struct value *annotations = kube_at(object, "metadata.annotations");

	if (!annotations)
		annotations = map_end(map_begin(arena));
	return kube_with(arena, object, "metadata.annotations",
			 value_set(arena, annotations, INVENTORY_ANNOTATION,
				   value_str(arena, INVENTORY_NAME)));
}

/* Which objects are Talos' own, so that one that goes out of the config can be removed. */
static void list_objects(struct kube *kube, const struct kube_settings *settings)
{
	struct arena *arena OWNED(arena_free) = arena_new("inventory");
	const struct kube_object *there =
		kube_find(kube, "configmaps", "kube-system", INVENTORY_NAME);
	const struct value *inventory =
		there ? there->now->value
		      : kube_yaml(arena,
				  "{apiVersion: v1, kind: ConfigMap, metadata: {name: '%s', "
				  "namespace: kube-system, labels: "
				  "{cli-utils.sigs.k8s.io/inventory-id: '%s'}}}",
				  INVENTORY_NAME, INVENTORY_NAME);
	const struct value *data = value_get(inventory, "data");

	if (!data)
		data = map_end(map_begin(arena));
	for (size_t i = 0; i < settings->renders; i++) {
		const struct value *objects = settings->rendered[i].objects;

		for (size_t k = 0; k < value_len(objects); k++) {
			const struct value *object = value_at(objects, k);

			object = placed(arena, type_of(kube, object), object);
			data = value_set(arena, data, manifest_key(arena, object),
					 value_str(arena, ""));
		}
	}
	kube_put(kube, "configmaps", kube_with(arena, inventory, "data", data));
}

/* A control plane that starts, or gets another config, creates what is missing. */
static void add_manifests(struct kube *kube, struct sim_node *node)
{
	const struct kube_settings *settings = settings_of(node);
	bool all = true, listed = manifests_are_listed(node);

	if (node->kube.manifests_at == node->applies + 1U)
		return;
	for (size_t i = 0; i < settings->renders; i++) {
		struct arena *arena OWNED(arena_free) = arena_new("manifests");
		const struct value *objects = settings->rendered[i].objects;

		for (size_t k = 0; k < value_len(objects); k++) {
			const struct value *object = value_at(objects, k);

			if (listed)
				object = as_listed(arena, object);
			all = add_missing(kube, object) && all;
		}
	}
	if (!all)
		return;
	if (listed)
		list_objects(kube, settings);
	node->kube.manifests_at = node->applies + 1U;
}

/* Those whose kind is not served yet wait for the operator that brings it. */
static void add_given(struct kube *kube)
{
	struct world *world = kube->world;
	size_t kept = 0;

	for (size_t i = 0; i < world->givens; i++) {
		const struct value *object = world->given[i];

		if (!strcmp(kube_text(object, "kind"), "Job"))
			cilium_install(kube, object);
		else if (!add_missing(kube, object))
			world->given[kept++] = object;
	}
	world->givens = kept;
}

void seed_settle(struct kube *kube)
{
	for (size_t i = 0; i < kube->world->nodes; i++) {
		struct sim_node *node = kube->world->node[i];

		if (kube_of(node) != kube || !kube_serves(node))
			continue;
		if (!kube->seeded) {
			add_namespaces(kube);
			add_standard(kube, settings_of(node));
			kube->seeded = true;
		}
		add_manifests(kube, node);
		add_given(kube);
	}
}
