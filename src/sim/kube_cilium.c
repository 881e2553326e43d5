#include "base/text.h"
#include "sim/kube.h"
#include "sim/kube_select.h"
#include "sim/kube_value.h"
#include "sim/sim_router.h"
#include "sim/world_impl.h"
#include "tree/path.h"
#include "tree/yaml.h"

#include <inttypes.h>
#include <string.h>

#define GROUP "cilium.io"

static const struct custom {
	const char *plural, *kind, *shorts;
	const char *versions; /* in YAML; the first is stored */
	bool namespaced;
} customs[] = {
	{ "ciliumnodes", "CiliumNode", "cn", "v2", false },
	{ "ciliumnetworkpolicies", "CiliumNetworkPolicy", "cnp", "v2", true },
	{ "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy", "ccnp", "v2",
	  false },
	{ "ciliumendpoints", "CiliumEndpoint", "cep", "v2", true },
	{ "ciliumidentities", "CiliumIdentity", "ciliumid", "v2", false },
	{ "ciliumbgpclusterconfigs", "CiliumBGPClusterConfig", "cbgpcluster", "v2 v2alpha1",
	  false },
	{ "ciliumbgppeerconfigs", "CiliumBGPPeerConfig", "cbgppeer", "v2 v2alpha1", false },
	{ "ciliumbgpadvertisements", "CiliumBGPAdvertisement", "cbgpadvert", "v2 v2alpha1",
	  false },
	{ "ciliumbgpnodeconfigs", "CiliumBGPNodeConfig", "cbgpnode", "v2 v2alpha1", false },
	{ "ciliumbgpnodeconfigoverrides", "CiliumBGPNodeConfigOverride", "cbgpnodeoverride",
	  "v2 v2alpha1", false },
	{ "ciliumloadbalancerippools", "CiliumLoadBalancerIPPool", "ippool", "v2 v2alpha1", false },
	{ "ciliuml2announcementpolicies", "CiliumL2AnnouncementPolicy", "l2announcement",
	  "v2alpha1", false },
};

/* ---- its resources --------------------------------------------------------------------------- */

static const struct value *versions_of(struct arena *arena, const char *names)
{
	struct list_builder *list = list_begin(arena);
	char *rest = arena_str(arena, names);
	bool first = true;

	for (const char *name; (name = strsep(&rest, " "));) {
		list_add(list,
			 kube_yaml(arena,
				   "{name: %s, served: true, storage: %s, subresources: {status: "
				   "{}}, schema: {openAPIV3Schema: {type: object, "
				   "x-kubernetes-preserve-unknown-fields: true}}}",
				   name, first ? "true" : "false"));
		first = false;
	}
	return list_end(list);
}

static void add_custom(struct kube *kube, const struct custom *custom)
{
	struct arena *arena OWNED(arena_free) = arena_new("custom resource");
	char *singular = arena_str(arena, custom->kind);
	const char *name = arena_printf(arena, "%s." GROUP, custom->plural);

	if (kube_find(kube, "customresourcedefinitions", "", name))
		return;
	for (char *c = singular; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;

	const struct value *value = kube_yaml(
		arena,
		"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: "
		"{name: '%s', generation: 1}, spec: {group: " GROUP ", scope: %s, names: {plural: "
		"%s, singular: %s, kind: %s, listKind: %sList, shortNames: [%s]}}, status: "
		"{conditions: [{type: NamesAccepted, status: 'True', reason: NoConflicts}, {type: "
		"Established, status: 'True', reason: InitialNamesAccepted}]}}",
		name, custom->namespaced ? "Namespaced" : "Cluster", custom->plural, singular,
		custom->kind, custom->kind, custom->shorts);

	kube_put(kube, "customresourcedefinitions",
		 kube_with(arena, value, "spec.versions", versions_of(arena, custom->versions)));
}

/* ---- installing ------------------------------------------------------------------------------ */

static const char *version_of(struct arena *arena, const struct value *words)
{
	for (size_t i = 0; i < value_len(words); i++) {
		const char *word = kube_text(value_at(words, i), NULL);

		if (text_starts(word, "--version="))
			return arena_str(arena, word + strlen("--version="));
		if (!strcmp(word, "--version"))
			return arena_str(arena, kube_text(value_at(words, i + 1), NULL));
	}
	return "v1.18.0";
}

struct settings {
	struct arena *arena;
	struct map_builder *map;
};

static void add_setting(void *context, const char *path, const struct value *leaf)
{
	struct settings *settings = context;

	map_add(settings->map, arena_str(settings->arena, path), leaf);
}

/* What `--values` reads: files of the ConfigMaps that the Job mounts. */
static void add_files(const struct kube *kube, struct settings *settings, const struct value *job)
{
	const struct value *volumes = kube_at(job, "spec.template.spec.volumes");

	for (size_t i = 0; i < value_len(volumes); i++) {
		const char *name = kube_text(value_at(volumes, i), "configMap.name");
		const struct kube_object *map = kube_find(kube, "configmaps", "kube-system", name);
		const struct value *data = map ? kube_at(map->now->value, "data") : NULL;

		for (size_t k = 0; k < value_len(data); k++) {
			const struct yaml_input input = { "values", value_text(value_at(data, k)),
							  value_text_len(value_at(data, k)) };
			struct yaml_documents found;

			if (yaml_read(settings->arena, &input, &found, NULL) == 0 && found.len)
				path_each(settings->arena, found.at[0], "", add_setting, settings);
		}
	}
}

/* Files, and `--set a.b=c`: as the chart's values are named. */
static const struct value *chart_settings(const struct kube *kube, struct arena *arena,
					  const struct value *job, const struct value *words)
{
	struct map_builder *map = map_begin(arena);
	struct settings settings = { arena, map };

	add_files(kube, &settings, job);
	for (size_t i = 0; i < value_len(words); i++) {
		const char *word = kube_text(value_at(words, i), NULL);
		const char *pair = NULL;

		if (!strcmp(word, "--set") || !strcmp(word, "--helm-set") ||
		    !strcmp(word, "--set-string"))
			pair = kube_text(value_at(words, i + 1), NULL);
		else if (text_starts(word, "--set="))
			pair = word + strlen("--set=");
		if (pair && strchr(pair, '='))
			map_add(map, arena_strn(arena, pair, strcspn(pair, "=")),
				value_str(arena, strchr(pair, '=') + 1));
	}
	return map_end(map);
}

/* The names of the settings that others read back. */
static const struct value *config_data(struct arena *arena, const struct value *set)
{
	static const struct {
		const char *value, *key;
	} names[] = {
		{ "bgpControlPlane.enabled", "enable-bgp-control-plane" },
		{ "l2announcements.enabled", "enable-l2-announcements" },
		{ "kubeProxyReplacement", "kube-proxy-replacement" },
		{ "routingMode", "routing-mode" },
		{ "ipam.mode", "ipam" },
		{ "ipv4NativeRoutingCIDR", "ipv4-native-routing-cidr" },
		{ "loadBalancer.mode", "bpf-lb-mode" },
		{ "ipv6.enabled", "enable-ipv6" },
	};
	struct map_builder *map = map_begin(arena);

	map_add(map, "cluster-name", value_str(arena, "default"));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (value_has(set, names[i].value))
			map_add(map, names[i].key, value_get(set, names[i].value));
	}
	return map_end(map);
}

/* An upgrade gives what is there another specification, and no other life. */
static void put(struct kube *kube, const char *plural, const struct value *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("upgrade");
	const struct kube_object *old =
		kube_find(kube, plural, "kube-system", kube_text(object, "metadata.name"));
	static const char *const parts[] = { "spec", "data" };
	const struct value *new = old ? old->now->value : object;
	bool changes = false;

	for (size_t i = 0; old && i < ARRAY_LEN(parts); i++) {
		const struct value *part = kube_at(object, parts[i]);

		if (!part || value_equal(part, kube_at(new, parts[i])))
			continue;
		new = kube_with(arena, new, parts[i], part);
		changes = true;
	}
	if (changes)
		new = kube_with(arena, new, "metadata.generation",
				value_of_int(arena, kube_int(new, "metadata.generation", 1) + 1));
	if (changes || !old)
		kube_put(kube, plural, new);
}

#define TOLERANT "tolerations: [{operator: Exists}]"

void cilium_install(struct kube *kube, const struct value *job)
{
	struct arena *arena OWNED(arena_free) = arena_new("cilium");
	const struct value *container =
		value_at(kube_at(job, "spec.template.spec.containers"), 0);
	const struct value *words = kube_list_join(arena, value_get(container, "command"),
						   value_get(container, "args"));
	const struct value *set = chart_settings(kube, arena, job, words);
	const char *version = version_of(arena, words);
	const char *replicas = kube_text(value_get(set, "operator.replicas"), NULL);

	version = *version == 'v' ? version : arena_printf(arena, "v%s", version);
	put(kube, "configmaps",
	    kube_with(arena,
		      kube_yaml(arena, "{apiVersion: v1, kind: ConfigMap, metadata: {name: "
				       "cilium-config, namespace: kube-system}}"),
		      "data", config_data(arena, set)));
	put(kube, "daemonsets",
	    kube_yaml(arena,
		      "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: cilium, "
		      "namespace: kube-system, generation: 1, labels: {k8s-app: cilium}}, "
		      "spec: {selector: {matchLabels: {k8s-app: cilium}}, updateStrategy: "
		      "{type: RollingUpdate}, template: {metadata: {labels: {k8s-app: "
		      "cilium}}, spec: "
		      "{hostNetwork: true, " TOLERANT ", containers: [{name: cilium-agent, "
		      "image: 'quay.io/cilium/cilium:%s'}]}}}}",
		      version));
	put(kube, "deployments",
	    kube_yaml(arena,
		      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: "
		      "cilium-operator, namespace: kube-system, generation: 1, labels: "
		      "{io.cilium/app: operator, name: cilium-operator}}, spec: {replicas: %s, "
		      "selector: {matchLabels: {io.cilium/app: operator, name: "
		      "cilium-operator}}, template: {metadata: {labels: {io.cilium/app: "
		      "operator, name: cilium-operator}}, spec: {hostNetwork: true, " TOLERANT
		      ", containers: [{name: cilium-operator, image: "
		      "'quay.io/cilium/operator-generic:%s'}]}}}}",
		      *replicas ? replicas : "1", version));
}

/* ---- its agents ------------------------------------------------------------------------------ */

static bool has_agent(const struct kube *kube, const char *node)
{
	const struct kube_type *pods = kube_type(kube, "pods");

	for (size_t i = 0; i < pods->len; i++) {
		const struct value *pod = pods->at[i]->now->value;

		if (!strcmp(pods->at[i]->node, node) &&
		    kube_is(kube_label_of(pod, "k8s-app"), NULL, "cilium") && pod_is_ready(pod))
			return true;
	}
	return false;
}

/* The plugin's files stay where an agent has run once. */
static void give_network(struct kube *kube)
{
	for (size_t i = 0; i < kube->world->nodes; i++) {
		struct sim_node *node = kube->world->node[i];

		if (node->kube.network || !node->hostname[0] ||
		    kube_machine(kube, node->hostname) != node ||
		    !kube_find(kube, "nodes", "", node->hostname) ||
		    !has_agent(kube, node->hostname))
			continue;
		node->kube.network = true;
		node_changed(node);
		store_touch(&kube->store, kube_find(kube, "nodes", "", node->hostname));
		task_post(&kube->turn);
	}
}

/* ---- BGP ------------------------------------------------------------------------------------- */

void world_bgp(struct world *world, const char *node, const char *peer, const char *state)
{
	for (struct kube *kube = world->kubes; kube; kube = kube->next) {
		struct kube_peer *mine = arena_alloc(kube->store.arena, sizeof(*mine));

		mine->node = arena_str(kube->store.arena, node);
		mine->peer = arena_str(kube->store.arena, peer);
		mine->state = arena_str(kube->store.arena, state);
		mine->next = kube->peers;
		kube->peers = mine;
		task_post(&kube->turn);
	}
}

static bool is_admitted(const struct kube *kube, const char *node, const struct value *instance,
			const struct value *peer)
{
	const struct router_session session = {
		.node = kube_machine(kube, node),
		.v6 = strchr(kube_text(peer, "peerAddress"), ':') != NULL,
		.asn = (uint64_t)kube_int(instance, "localASN", 0),
		.own_asn = (uint64_t)kube_int(peer, "peerASN", 0),
	};

	return !session.node || router_admits(kube->world->router, &session);
}

static const char *peer_state(const struct kube *kube, const char *node,
			      const struct value *instance, const struct value *peer)
{
	for (const struct kube_peer *one = kube->peers; one; one = one->next) {
		bool same_node = !one->node || !strcmp(one->node, node);
		bool same_peer = !one->peer || kube_is(peer, "peerAddress", one->peer) ||
				 kube_is(peer, "name", one->peer);

		if (same_node && same_peer)
			return one->state;
	}
	return is_admitted(kube, node, instance, peer) ? "established" : "active";
}

static const struct value *peer_status(struct arena *arena, const struct value *peer,
				       const char *state)
{
	const struct value *status = kube_yaml(
		arena,
		"{name: '%s', peerAddress: '%s', peerASN: %" PRId64 ", peeringState: %s, "
		"routeCount: [{afi: %s, safi: unicast, advertised: %d, received: 0}], timers: "
		"{appliedHoldTimeSeconds: 90, appliedKeepaliveSeconds: 30}}",
		kube_text(peer, "name"), kube_text(peer, "peerAddress"),
		kube_int(peer, "peerASN", 0), state,
		strchr(kube_text(peer, "peerAddress"), ':') ? "ipv6" : "ipv4",
		strcmp(state, "established") ? 0 : 1);

	return status;
}

static const struct value *session_status(struct kube *kube, struct arena *arena, const char *node,
					  const struct value *instances)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < value_len(instances); i++) {
		const struct value *instance = value_at(instances, i);
		const struct value *peers = value_get(instance, "peers");
		struct list_builder *sessions = list_begin(arena);

		for (size_t k = 0; k < value_len(peers); k++) {
			const struct value *peer = value_at(peers, k);

			list_add(sessions, peer_status(arena, peer,
						       peer_state(kube, node, instance, peer)));
		}
		list_add(list,
			 kube_with(arena,
				   kube_yaml(arena, "{name: '%s', localASN: %" PRId64 "}",
					     kube_text(instance, "name"),
					     kube_int(instance, "localASN", 0)),
				   "peers", list_end(sessions)));
	}
	return list_end(list);
}

static void peer_node(struct kube *kube, const struct kube_object *config,
		      const struct kube_object *node)
{
	struct arena *arena OWNED(arena_free) = arena_new("bgp node");
	struct kube_type *type = store_type(&kube->store, GROUP, "ciliumbgpnodeconfigs");
	const struct kube_object *old = store_find(type, "", node->name);
	const struct value *instances = kube_at(config->now->value, "spec.bgpInstances");
	const struct value *value =
		old ? old->now->value
		    : kube_yaml(arena,
				"{apiVersion: " GROUP "/v2, kind: CiliumBGPNodeConfig, metadata: "
				"{name: '%s', generation: 1, ownerReferences: [{apiVersion: " GROUP
				"/v2, kind: CiliumBGPClusterConfig, name: '%s', uid: '%s', "
				"controller: true}]}}",
				node->name, config->name, config->uid);

	value = kube_with(arena, value, "spec.bgpInstances", instances);
	if (has_agent(kube, node->name))
		value = kube_with(arena, value, "status.bgpInstances",
				  session_status(kube, arena, node->name, instances));
	store_put(&kube->store, type, value);
}

static void settle_bgp(struct kube *kube)
{
	const struct kube_type *configs =
		store_type(&kube->store, GROUP, "ciliumbgpclusterconfigs");
	const struct kube_type *nodes = kube_type(kube, "nodes");

	for (size_t i = 0; configs && i < configs->len; i++) {
		struct arena *arena OWNED(arena_free) = arena_new("bgp");
		const struct value *wanted = kube_at(configs->at[i]->now->value,
						     "spec.nodeSelector");
		struct kube_selector selector = selector_of(arena, wanted);

		selector.nothing = false;
		for (size_t k = 0; k < nodes->len; k++) {
			if (selector_matches(&selector,
					     kube_at(nodes->at[k]->now->value, "metadata.labels")))
				peer_node(kube, configs->at[i], nodes->at[k]);
		}
	}
}

void cilium_settle(struct kube *kube)
{
	const struct kube_object *agent = kube_find(kube, "daemonsets", "kube-system", "cilium");
	const struct kube_object *manager =
		kube_find(kube, "deployments", "kube-system", "cilium-operator");

	if (agent)
		give_network(kube);
	if (!manager || kube_int(manager->now->value, "status.availableReplicas", 0) < 1)
		return;
	if (!kube->cilium) {
		for (size_t i = 0; i < ARRAY_LEN(customs); i++)
			add_custom(kube, &customs[i]);
		kube->cilium = true;
	}
	settle_bgp(kube);
}
