#include "sim/kube_manifests.h"

#include "base/ip.h"
#include "base/text.h"
#include "cluster/version.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"
#include "tree/yaml.h"

#include <stdlib.h>
#include <string.h>

#define FLANNEL "ghcr.io/siderolabs/flannel:v0.28.8"
#define DNS_PLACE 10 /* of the service's addresses */
#define INVENTORY_SINCE 13
#define RBAC "apiVersion: rbac.authorization.k8s.io/v1"
#define ROLE "apiGroup: rbac.authorization.k8s.io, kind: ClusterRole"

struct draft {
	struct kube_settings *settings;
	size_t cap;
};

static void add(struct draft *draft, const char *id, const struct value *objects)
{
	struct kube_settings *settings = draft->settings;

	settings->rendered = arena_grow(settings->arena, settings->rendered, settings->renders,
					&draft->cap, sizeof(*settings->rendered));
	settings->rendered[settings->renders++] =
		(struct kube_rendered){ .id = id, .objects = objects };
}

/* ---- how nodes join -------------------------------------------------------------------------- */

static void add_token(struct draft *draft)
{
	struct arena *arena = draft->settings->arena;
	const char *token = draft->settings->token, *dot = strchr(token, '.');

	if (!dot)
		return;
	add(draft, "00-kubelet-bootstrapping-token",
	    kube_yaml(arena,
		      "[{apiVersion: v1, kind: Secret, metadata: {name: 'bootstrap-token-%.*s', "
		      "namespace: kube-system}, type: bootstrap.kubernetes.io/token, data: "
		      "{token-id: '%s', token-secret: '%s', usage-bootstrap-authentication: "
		      "'%s'}}]",
		      (int)(dot - token), token,
		      base64_encode(arena, token, (size_t)(dot - token)),
		      base64_encode(arena, dot + 1, strlen(dot + 1)),
		      base64_encode(arena, "true", 4)));
}

static void add_bindings(struct draft *draft)
{
	static const struct {
		const char *id, *name, *role, *group;
	} rows[] = {
		{ "01-csr-approver-role-binding", "system-bootstrap-approve-node-client-csr",
		  "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
		  "system:bootstrappers" },
		{ "01-csr-node-bootstrap", "system-bootstrap-node-bootstrapper",
		  "system:node-bootstrapper", "system:bootstrappers" },
		{ "01-csr-renewal-role-binding", "system-bootstrap-node-renewal",
		  "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
		  "system:nodes" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		add(draft, rows[i].id,
		    kube_yaml(draft->settings->arena,
			      "[{" RBAC ", kind: ClusterRoleBinding, metadata: {name: %s}, "
			      "subjects: [{kind: Group, name: '%s'}], roleRef: {" ROLE
			      ", name: '%s'}}]",
			      rows[i].name, rows[i].group, rows[i].role));
}

/* ---- the network ----------------------------------------------------------------------------- */

#define DAEMONS                                                                                   \
	"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: %s, namespace: kube-system, "    \
	"labels: {tier: node, k8s-app: %s}}, spec: {revisionHistoryLimit: 10, selector: "         \
	"{matchLabels: {tier: node, k8s-app: %s}}, updateStrategy: {type: RollingUpdate, "        \
	"rollingUpdate: {maxUnavailable: 1}}, template: {metadata: {labels: {tier: node, "        \
	"k8s-app: %s}}, spec: {hostNetwork: true, priorityClassName: system-cluster-critical, "   \
	"serviceAccountName: %s, tolerations: [{effect: NoSchedule, operator: Exists}, {effect: " \
	"NoExecute, operator: Exists}], containers: [{name: %s, image: '%s'}]}}}}"

static void add_flannel(struct draft *draft)
{
	const struct kube_settings *settings = draft->settings;

	if (strcmp(settings->cni, "flannel") != 0)
		return;
	add(draft, "05-flannel",
	    kube_yaml(settings->arena,
		      "[{" RBAC ", kind: ClusterRole, metadata: {name: flannel}, rules: "
		      "[{apiGroups: [''], resources: [pods], verbs: [get]}, {apiGroups: [''], "
		      "resources: [nodes], verbs: [get, list, watch]}, {apiGroups: [''], "
		      "resources: [nodes/status], verbs: [patch]}]}, {" RBAC
		      ", kind: ClusterRoleBinding, metadata: {name: flannel}, roleRef: {" ROLE
		      ", name: flannel}, subjects: [{kind: ServiceAccount, name: flannel, "
		      "namespace: kube-system}]}, {apiVersion: v1, kind: ServiceAccount, metadata: "
		      "{name: flannel, namespace: kube-system}}, {apiVersion: v1, kind: ConfigMap, "
		      "metadata: {name: kube-flannel-cfg, namespace: kube-system, labels: {tier: "
		      "node, k8s-app: flannel}}, data: {net-conf.json: 'Network: %s'}}, " DAEMONS
		      "]",
		      settings->pods, "kube-flannel", "flannel", "flannel", "flannel", "flannel",
		      "kube-flannel", FLANNEL));
}

static void add_proxy(struct draft *draft)
{
	const struct kube_settings *settings = draft->settings;

	if (!*settings->proxy)
		return;
	add(draft, "10-kube-proxy",
	    kube_yaml(settings->arena,
		      "[" DAEMONS ", {apiVersion: v1, kind: ServiceAccount, metadata: {name: "
		      "kube-proxy, namespace: kube-system}}, {" RBAC
		      ", kind: ClusterRoleBinding, metadata: {name: kube-proxy}, subjects: "
		      "[{kind: ServiceAccount, name: kube-proxy, namespace: kube-system}], "
		      "roleRef: {" ROLE ", name: 'system:node-proxier'}}]",
		      "kube-proxy", "kube-proxy", "kube-proxy", "kube-proxy", "kube-proxy",
		      "kube-proxy", settings->proxy));
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *dns_address(const struct kube_settings *settings)
{
	struct ip_prefix services;
	struct ip ip;
	char text[IP_TEXT_MAX];

	if (!ip_prefix_parse(settings->services, &services) ||
	    !ip_prefix_nth(&services, DNS_PLACE, &ip))
		return "10.96.0.10";
	return arena_str(settings->arena, ip_text(&ip, text));
}

static void add_dns(struct draft *draft)
{
	const struct kube_settings *settings = draft->settings;
	struct arena *arena = settings->arena;

	if (!*settings->coredns)
		return;
	add(draft, "11-core-dns",
	    kube_yaml(arena,
		      "[{apiVersion: v1, kind: ServiceAccount, metadata: {name: coredns, "
		      "namespace: kube-system}}, {" RBAC
		      ", kind: ClusterRoleBinding, metadata: {name: 'system:coredns'}, roleRef: "
		      "{" ROLE ", name: 'system:coredns'}, subjects: [{kind: ServiceAccount, name: "
		      "coredns, namespace: kube-system}]}, {" RBAC
		      ", kind: ClusterRole, metadata: {name: 'system:coredns'}, rules: "
		      "[{apiGroups: [''], resources: [endpoints, services, pods, namespaces], "
		      "verbs: [list, watch]}]}, {apiVersion: v1, kind: ConfigMap, metadata: {name: "
		      "coredns, namespace: kube-system}, data: {Corefile: \".:53 {\\n    "
		      "kubernetes %s\\n    forward . /etc/resolv.conf\\n}\\n\"}}, {apiVersion: "
		      "apps/v1, kind: Deployment, metadata: {name: coredns, namespace: "
		      "kube-system, labels: {k8s-app: kube-dns, kubernetes.io/name: CoreDNS}}, "
		      "spec: {replicas: 2, progressDeadlineSeconds: 600, strategy: {type: "
		      "RollingUpdate, rollingUpdate: {maxUnavailable: 1}}, selector: {matchLabels: "
		      "{k8s-app: kube-dns}}, template: {metadata: {labels: {k8s-app: kube-dns}}, "
		      "spec: {priorityClassName: system-cluster-critical, serviceAccountName: "
		      "coredns, tolerations: [{key: node-role.kubernetes.io/control-plane, "
		      "operator: Exists, effect: NoSchedule}], containers: [{name: coredns, image: "
		      "'%s'}]}}}}]",
		      settings->domain, settings->coredns));
	add(draft, "11-core-dns-svc",
	    kube_yaml(arena,
		      "[{apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: "
		      "kube-system, labels: {k8s-app: kube-dns, kubernetes.io/name: CoreDNS}}, "
		      "spec: {selector: {k8s-app: kube-dns}, clusterIP: '%s', ports: [{name: dns, "
		      "port: 53, protocol: UDP, targetPort: 53}, {name: dns-tcp, port: 53, "
		      "protocol: TCP, targetPort: 53}]}}]",
		      dns_address(settings)));
}

static void add_kubeconfig(struct draft *draft)
{
	const struct kube_settings *settings = draft->settings;

	add(draft, "11-kube-config-in-cluster",
	    kube_yaml(settings->arena,
		      "[{apiVersion: v1, kind: ConfigMap, metadata: {name: kubeconfig-in-cluster, "
		      "namespace: kube-system}, data: {kubeconfig: 'server: %s'}}]",
		      settings->endpoint));
}

/* ---- the user's own -------------------------------------------------------------------------- */

static void add_inline(struct draft *draft, const struct kube_manifest *manifest)
{
	struct arena *arena = draft->settings->arena;
	const struct yaml_input input = { "manifest", manifest->text, strlen(manifest->text), NULL,
					  false };
	struct list_builder *objects = list_begin(arena);
	struct yaml_documents documents;

	if (yaml_read(arena, &input, &documents, NULL) < 0)
		return;
	for (size_t i = 0; i < documents.len; i++) {
		if (*kube_text(documents.at[i], "kind"))
			list_add(objects, documents.at[i]);
	}
	add(draft, arena_printf(arena, "99-%s", manifest->name), list_end(objects));
}

static int by_id(const void *left, const void *right)
{
	const struct kube_rendered *a = left, *b = right;

	return strcmp(a->id, b->id);
}

void manifests_render(struct kube_settings *settings)
{
	struct draft draft = { .settings = settings };

	add_token(&draft);
	add_bindings(&draft);
	add_flannel(&draft);
	add_proxy(&draft);
	add_dns(&draft);
	add_kubeconfig(&draft);
	for (size_t i = 0; i < settings->manifests; i++)
		add_inline(&draft, &settings->manifest[i]);
	qsort(settings->rendered, settings->renders, sizeof(*settings->rendered), by_id);
}

/* ---- the inventory --------------------------------------------------------------------------- */

bool manifests_are_listed(const struct sim_node *node)
{
	struct version talos;

	return version_parse(node_version(node), &talos) && talos.minor >= INVENTORY_SINCE;
}

const char *manifest_key(struct arena *arena, const struct value *object)
{
	const char *version = kube_text(object, "apiVersion"), *slash = strchr(version, '/');
	const char *name = kube_text(object, "metadata.name"), *colon;
	const char *escaped = "";

	/* a key may hold no colon, and names of roles do */
	for (; (colon = strchr(name, ':')); name = colon + 1)
		escaped = arena_printf(arena, "%s%.*s__", escaped, (int)(colon - name), name);
	return arena_printf(arena, "%s_%s%s_%.*s_%s", kube_text(object, "metadata.namespace"),
			    escaped, name, slash ? (int)(slash - version) : 0, version,
			    kube_text(object, "kind"));
}
