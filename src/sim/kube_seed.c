#include "base/ip.h"
#include "sim/kube.h"
#include "sim/kube_fields.h"
#include "sim/kube_settings.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"
#include "tree/yaml.h"

#include <string.h>

/* Puts what is not there yet; false: its kind is not served. */
static bool add_missing(struct kube *kube, const struct value *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("manifest");
	const char *version = kube_text(object, "apiVersion");
	const char *slash = strchr(version, '/');
	const char *group = slash ? arena_strn(arena, version, (size_t)(slash - version)) : "";
	struct kube_type *type = store_kind(&kube->store, group, kube_text(object, "kind"));
	const struct kube_manager manager = { "talos", "Apply", version, "", kube_wall(kube) };
	const char *space = kube_text(object, "metadata.namespace");
	struct kube_applied applied;

	if (!type)
		return false;
	if (!type->namespaced)
		object = kube_with(arena, object, "metadata.namespace", NULL);
	else if (!*space)
		object = kube_with_text(arena, object, "metadata.namespace", "default");
	space = kube_text(object, "metadata.namespace");
	if (store_find(type, space, kube_text(object, "metadata.name")))
		return true;
	fields_apply(arena, NULL, object, &manager, true, &applied);
	object = applied.value;
	if (type->features & KUBE_GENERATION)
		object = kube_with(arena, object, "metadata.generation", value_of_int(arena, 1));
	if (!strcmp(type->plural, "namespaces"))
		object = kube_with_text(arena, object, "status.phase", "Active");
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

static void add_daemons(struct kube *kube, const char *name, const char *label, const char *image)
{
	struct arena *arena OWNED(arena_free) = arena_new("daemon set");

	add_missing(kube,
		    kube_yaml(arena,
			      "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: %s, "
			      "namespace: kube-system, labels: {tier: node, k8s-app: %s}}, spec: "
			      "{revisionHistoryLimit: 10, selector: {matchLabels: {tier: node, "
			      "k8s-app: %s}}, updateStrategy: {type: RollingUpdate, rollingUpdate: "
			      "{maxUnavailable: 1}}, template: {metadata: {labels: {tier: node, "
			      "k8s-app: %s}}, spec: {hostNetwork: true, priorityClassName: "
			      "system-cluster-critical, tolerations: [{effect: NoSchedule, "
			      "operator: Exists}, {effect: NoExecute, operator: Exists}], "
			      "containers: [{name: %s, image: '%s'}]}}}}",
			      name, label, label, label, name, image));
}

static void add_dns(struct kube *kube, const char *image)
{
	struct arena *arena OWNED(arena_free) = arena_new("deployment");

	add_missing(kube,
		    kube_yaml(arena,
			      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: coredns, "
			      "namespace: kube-system, labels: {k8s-app: kube-dns, "
			      "kubernetes.io/name: CoreDNS}}, spec: {replicas: 2, "
			      "progressDeadlineSeconds: 600, strategy: {type: RollingUpdate, "
			      "rollingUpdate: {maxUnavailable: 1}}, selector: {matchLabels: "
			      "{k8s-app: kube-dns}}, template: {metadata: {labels: {k8s-app: "
			      "kube-dns}}, spec: {priorityClassName: system-cluster-critical, "
			      "serviceAccountName: coredns, tolerations: [{key: "
			      "node-role.kubernetes.io/control-plane, operator: Exists, effect: "
			      "NoSchedule}], containers: [{name: coredns, image: '%s'}]}}}}",
			      image));
}

static bool add_manifest(struct kube *kube, const struct kube_manifest *manifest)
{
	struct arena *arena OWNED(arena_free) = arena_new("inline manifest");
	const struct yaml_input input = { "manifest", manifest->text, strlen(manifest->text), NULL,
					  false };
	struct yaml_documents documents;
	bool all = true;

	if (yaml_read(arena, &input, &documents, NULL) < 0)
		return true;
	for (size_t i = 0; i < documents.len; i++) {
		if (*kube_text(documents.at[i], "kind"))
			all = add_missing(kube, documents.at[i]) && all;
	}
	return all;
}

/* A control plane that starts, or gets another config, creates what is missing. */
static void add_manifests(struct kube *kube, struct sim_node *node)
{
	const struct kube_settings *settings = settings_of(node);
	bool all = true;

	if (node->kube.manifests_at == node->applies + 1U)
		return;
	if (*settings->proxy)
		add_daemons(kube, "kube-proxy", "kube-proxy", settings->proxy);
	if (*settings->coredns)
		add_dns(kube, settings->coredns);
	if (!strcmp(node->config->cni, "flannel"))
		add_daemons(kube, "kube-flannel", "flannel", "ghcr.io/siderolabs/flannel:v0.28.8");
	for (size_t i = 0; i < settings->manifests; i++)
		all = add_manifest(kube, &settings->manifest[i]) && all;
	if (all)
		node->kube.manifests_at = node->applies + 1U;
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
	}
}
