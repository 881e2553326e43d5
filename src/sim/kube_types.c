#include "sim/kube_types.h"

#include "sim/kube.h"
#include "sim/kube_value.h"

#include <string.h>

#define NAMESPACED true
#define CLUSTER false
#define VERSIONS_MAX 8

static const char *const v1[] = { "v1", NULL };

static const struct kube_type builtin[] = {
	{ "", "namespaces", "Namespace", "namespace", "ns", v1, CLUSTER, .features = KUBE_STATUS },
	{ "", "nodes", "Node", "node", "no", v1, CLUSTER, .features = KUBE_STATUS },
	{ "", "pods", "Pod", "pod", "po", v1, NAMESPACED, .features = KUBE_STATUS | KUBE_POD },
	{ "", "configmaps", "ConfigMap", "configmap", "cm", v1, NAMESPACED },
	{ "", "secrets", "Secret", "secret", "", v1, NAMESPACED },
	{ "", "serviceaccounts", "ServiceAccount", "serviceaccount", "sa", v1, NAMESPACED },
	{ "", "services", "Service", "service", "svc", v1, NAMESPACED, .features = KUBE_STATUS },
	{ "", "endpoints", "Endpoints", "endpoints", "ep", v1, NAMESPACED },
	{ "", "events", "Event", "event", "ev", v1, NAMESPACED },
	{ "", "persistentvolumes", "PersistentVolume", "persistentvolume", "pv", v1, CLUSTER,
	  .features = KUBE_STATUS },
	{ "", "persistentvolumeclaims", "PersistentVolumeClaim", "persistentvolumeclaim", "pvc", v1,
	  NAMESPACED, .features = KUBE_STATUS },
	{ "apps", "daemonsets", "DaemonSet", "daemonset", "ds", v1, NAMESPACED,
	  .features = KUBE_STATUS | KUBE_GENERATION },
	{ "apps", "deployments", "Deployment", "deployment", "deploy", v1, NAMESPACED,
	  .features = KUBE_STATUS | KUBE_SCALE | KUBE_GENERATION },
	{ "apps", "replicasets", "ReplicaSet", "replicaset", "rs", v1, NAMESPACED,
	  .features = KUBE_STATUS | KUBE_SCALE | KUBE_GENERATION },
	{ "apps", "statefulsets", "StatefulSet", "statefulset", "sts", v1, NAMESPACED,
	  .features = KUBE_STATUS | KUBE_SCALE | KUBE_GENERATION },
	{ "batch", "jobs", "Job", "job", "", v1, NAMESPACED,
	  .features = KUBE_STATUS | KUBE_GENERATION },
	{ "coordination.k8s.io", "leases", "Lease", "lease", "", v1, NAMESPACED },
	{ "discovery.k8s.io", "endpointslices", "EndpointSlice", "endpointslice", "", v1,
	  NAMESPACED },
	{ "policy", "poddisruptionbudgets", "PodDisruptionBudget", "poddisruptionbudget", "pdb", v1,
	  NAMESPACED, .features = KUBE_STATUS | KUBE_GENERATION },
	{ "rbac.authorization.k8s.io", "clusterroles", "ClusterRole", "clusterrole", "", v1,
	  CLUSTER },
	{ "rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding",
	  "clusterrolebinding", "", v1, CLUSTER },
	{ "rbac.authorization.k8s.io", "roles", "Role", "role", "", v1, NAMESPACED },
	{ "rbac.authorization.k8s.io", "rolebindings", "RoleBinding", "rolebinding", "", v1,
	  NAMESPACED },
	{ "scheduling.k8s.io", "priorityclasses", "PriorityClass", "priorityclass", "pc", v1,
	  CLUSTER },
	{ "storage.k8s.io", "volumeattachments", "VolumeAttachment", "volumeattachment", "", v1,
	  CLUSTER, .features = KUBE_STATUS },
	{ "apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition",
	  "customresourcedefinition", "crd,crds", v1, CLUSTER,
	  .features = KUBE_STATUS | KUBE_GENERATION },
	{ "apiregistration.k8s.io", "apiservices", "APIService", "apiservice", "", v1, CLUSTER,
	  .features = KUBE_STATUS },
};

void types_add_builtin(struct kube_store *store)
{
	for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
		store_add_type(store, &builtin[i]);
}

static const char *shorts_of(struct arena *arena, const struct value *names)
{
	const char *shorts = "";

	for (size_t i = 0; i < value_len(names); i++)
		shorts = arena_printf(arena, "%s%s%s", shorts, *shorts ? "," : "",
				      kube_text(value_at(names, i), NULL));
	return shorts;
}

/* The stored version first: it is the newest of those that matter here. */
static void read_versions(const struct value *list, const char **versions, unsigned *features)
{
	size_t count = 0;

	for (int stored = 1; stored >= 0; stored--) {
		for (size_t i = 0; i < value_len(list) && count < VERSIONS_MAX; i++) {
			const struct value *version = value_at(list, i);

			if (kube_flag(version, "storage") != stored ||
			    !kube_flag(version, "served"))
				continue;
			versions[count++] = kube_text(version, "name");
			if (kube_at(version, "subresources.status"))
				*features |= KUBE_STATUS;
		}
	}
}

void types_add_custom(struct kube_store *store, const struct value *definition)
{
	struct arena *arena OWNED(arena_free) = arena_new("custom resource");
	const char *versions[VERSIONS_MAX + 1] = { NULL };
	struct kube_type type = {
		.group = kube_text(definition, "spec.group"),
		.plural = kube_text(definition, "spec.names.plural"),
		.kind = kube_text(definition, "spec.names.kind"),
		.singular = kube_text(definition, "spec.names.singular"),
		.shorts = shorts_of(arena, kube_at(definition, "spec.names.shortNames")),
		.versions = versions,
		.namespaced = kube_is(definition, "spec.scope", "Namespaced"),
		.custom = true,
		.features = KUBE_GENERATION,
	};

	read_versions(kube_at(definition, "spec.versions"), versions, &type.features);
	if (versions[0])
		store_add_type(store, &type);
}

void types_drop_custom(struct kube_store *store, const struct value *definition)
{
	struct kube_type *type = store_type(store, kube_text(definition, "spec.group"),
					    kube_text(definition, "spec.names.plural"));

	if (!type || !type->custom)
		return;
	while (type->len)
		store_remove(store, type->at[type->len - 1]);
	type->gone = true;
}

/* A definition is accepted as soon as it is looked at. */
void definition_look(struct kube *kube, struct kube_object *object)
{
	static const struct kube_condition conditions[] = {
		{ "NamesAccepted", "True", "NoConflicts", "no conflicts found" },
		{ "Established", "True", "InitialNamesAccepted",
		  "the initial names have been accepted" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("definition");
	const struct value *value = object->now->value;

	for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
		value = kube_with_condition(arena, value, &conditions[i], kube_wall(kube));
	store_put(&kube->store, object->type, value);
}
