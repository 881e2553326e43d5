/* Contract 1.14: a small main document and a document for everything else. */
#include "render/generate_parts.h"

#include "base/own.h"
#include "cel/cel.h"
#include "render/schema.h"

#define KUBE_PRISM_PORT 7445
#define FLANNEL_PORT 4789

static void put_plain(struct draft *draft, const char *path, const struct identity *identity)
{
	struct draft pair = { .arena = draft->arena };

	draft_text(&pair, "cert", identity->cert);
	draft_text(&pair, "key", identity->key);
	draft_put(draft, path, pair.root);
}

static void add_main(struct generation *g)
{
	const struct generate_input *input = g->input;
	struct draft *main = generation_document(g, SCHEMA_MAIN, NULL);

	draft_text(main, "version", "v1alpha1");
	draft_flag(main, "debug", false);
	draft_flag(main, "persist", true);
	draft_text(main, "machine.type", generation_machine_type(g));
	draft_text(main, "machine.token", input->bundle->trustd_token);
	generation_authority(g, main, "machine.ca", &input->bundle->talos);
	draft_texts(main, "machine.certSANs", input->san, input->sans);
	draft_flag(main, "machine.features.diskQuotaSupport", true);
	draft_text(main, "cluster.token", input->bundle->bootstrap_token);
	if (generation_is_control(g))
		generation_authority(g, main, "cluster.etcd.ca", &input->bundle->etcd);
}

static void add_discovery(struct generation *g)
{
	struct draft *draft;

	if (!g->input->no_discovery) {
		draft = generation_document(g, "DiscoveryServiceConfig", "default");
		draft_text(draft, "endpoint", "https://discovery.talos.dev/");
	}
	draft = generation_document(g, "DiscoveryIdentityConfig", NULL);
	draft_text(draft, "clusterID", g->input->bundle->id);
	draft_text(draft, "clusterSecret", g->input->bundle->secret);
}

static void add_install(struct generation *g)
{
	const char *disk = g->input->install_disk;

	if (!disk || !disk[0])
		return;
	struct draft *draft = generation_document(g, "UnattendedInstallConfig", NULL);
	draft_text(draft, "installer.image", g->input->install_image);
	draft_text(draft, "provisioning.diskSelector.match",
		   arena_printf(g->arena, "disk.dev_path == %s", cel_quote(g->arena, disk)));
	draft_flag(draft, "provisioning.wipe", false);
}

static void add_system(struct generation *g)
{
	struct draft *draft = generation_document(g, "ResolverConfig", NULL);

	draft_flag(draft, "hostDNS.enabled", true);
	draft_flag(draft, "hostDNS.forwardKubeDNSToHost", true);
	draft_flag(generation_document(g, "VolumeConfig", "EPHEMERAL"), "mount.secure", true);
	draft_text(generation_document(g, "FilesystemTrimConfig", NULL), "interval", "168h");
	draft_flag(generation_document(g, "SecurityProfileConfig", NULL), "workloadIsolation",
		   true);
	generate_registries(g);
	generate_hostname(g);
	generate_kubespan(g);
}

static void add_node(struct generation *g)
{
	struct draft *draft = generation_document(g, "KubeNodeConfig", NULL);
	struct map_builder *labels = map_begin(g->arena), *taints = map_begin(g->arena);

	if (!generation_is_control(g))
		return;
	map_add(labels, "node-role.kubernetes.io/control-plane", value_str(g->arena, ""));
	map_add(labels, "node.kubernetes.io/exclude-from-external-load-balancers",
		value_str(g->arena, ""));
	draft_put(draft, "labels", map_end(labels));
	map_add(taints, "node-role.kubernetes.io/control-plane",
		value_str(g->arena, "NoSchedule"));
	draft_put(draft, "taints", map_end(taints));
}

static void add_kubernetes(struct generation *g)
{
	struct draft *draft = generation_document(g, "KubeClusterConfig", NULL);

	draft_text(draft, "clusterName", g->input->cluster_name);
	draft_text(draft, "endpoint", g->endpoint);
	add_node(g);

	draft = generation_document(g, "KubeletConfig", NULL);
	draft_text(draft, "image", generation_image(g, "ghcr.io/siderolabs/kubelet"));
	draft_flag(draft, "defaultRuntimeSeccompProfileEnabled", true);

	draft = generation_document(g, "KubeNetworkConfig", NULL);
	draft_text(draft, "dnsDomain", g->dns_domain);
	generation_pod_subnets(draft, "podSubnets", "serviceSubnets");

	draft = generation_document(g, "KubeAPIServerCAConfig", NULL);
	if (generation_is_control(g))
		put_plain(draft, "issuingCA", &g->input->bundle->kubernetes);
	else
		draft_texts(draft, "acceptedCAs", &g->input->bundle->kubernetes.cert, 1);

	draft_number(generation_document(g, "KubePrismConfig", NULL), "port", KUBE_PRISM_PORT);
}

static const struct value *anonymous_paths(struct arena *arena)
{
	static const char *const paths[] = { "/livez", "/readyz", "/healthz" };
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct draft condition = { .arena = arena };
		draft_text(&condition, "path", paths[i]);
		list_add(list, condition.root);
	}
	return list_end(list);
}

static void add_access(struct generation *g)
{
	struct draft *draft = generation_document(g, "KubeAggregatorCAConfig", NULL);

	put_plain(draft, "issuingCA", &g->input->bundle->aggregator);
	draft = generation_document(g, "KubeAdmissionControlConfig", "PodSecurity");
	draft_put(draft, "configuration", generation_pod_security(g->arena));
	draft = generation_document(g, "KubeAuditPolicyConfig", NULL);
	draft_put(draft, "configuration", generation_audit_policy(g->arena));
	draft = generation_document(g, "KubeAuthenticationConfig", NULL);
	draft_put(draft, "configuration.anonymous.conditions", anonymous_paths(g->arena));
	draft_flag(draft, "configuration.anonymous.enabled", true);
	draft_texts(draft, "configuration.jwt", NULL, 0);
	draft_text(generation_document(g, "KubeAuthorizerConfig", "node"), "type", "Node");
	draft_text(generation_document(g, "KubeAuthorizerConfig", "rbac"), "type", "RBAC");
}

static void add_provider(struct arena *arena, struct list_builder *providers, const char *type,
			 const char *name, const char *secret)
{
	struct draft key = { .arena = arena }, provider = { .arena = arena };
	struct list_builder *keys = list_begin(arena);

	if (!secret)
		return;
	draft_text(&key, "name", name);
	draft_text(&key, "secret", secret);
	list_add(keys, key.root);
	draft_put(&provider, arena_printf(arena, "%s.keys", type), list_end(keys));
	list_add(providers, provider.root);
}

/* talosctl writes an aescbc secret as one of secretbox. What it encrypted could not be read so. */
static void add_encryption(struct generation *g)
{
	static const char *const encrypted[] = { "secrets" };
	struct draft *draft = generation_document(g, "KubeEtcdEncryptionConfig", NULL);
	struct list_builder *providers = list_begin(g->arena), *resources = list_begin(g->arena);
	struct draft resource = { .arena = g->arena };

	add_provider(g->arena, providers, "secretbox", "key2", g->input->bundle->secretbox);
	add_provider(g->arena, providers, g->input->keep_aescbc ? "aescbc" : "secretbox", "key1",
		     g->input->bundle->aescbc);
	draft_put(&resource, "providers", list_end(providers));
	draft_texts(&resource, "resources", encrypted, ARRAY_LEN(encrypted));
	list_add(resources, resource.root);
	draft_put(draft, "config.resources", list_end(resources));
}

static void add_component(struct generation *g, const char *kind, const char *repository)
{
	draft_text(generation_document(g, kind, NULL), "image", generation_image(g, repository));
}

static void add_control_plane(struct generation *g)
{
	struct draft *draft;

	add_access(g);
	add_encryption(g);
	draft = generation_document(g, "KubeServiceAccountConfig", NULL);
	draft_text(draft, "issuer.privateKey", g->input->bundle->service_account);
	draft_text(draft, "issuer.issuerURL", g->endpoint);

	draft = generation_document(g, "KubeAPIServerConfig", NULL);
	draft_text(draft, "image", generation_image(g, "registry.k8s.io/kube-apiserver"));
	draft_texts(draft, "certExtraSANs", g->input->san, g->input->sans);
	add_component(g, "KubeControllerManagerConfig", "registry.k8s.io/kube-controller-manager");
	add_component(g, "KubeSchedulerConfig", "registry.k8s.io/kube-scheduler");
	add_component(g, "KubeProxyConfig", "registry.k8s.io/kube-proxy");

	draft = generation_document(g, "KubeFlannelCNIConfig", NULL);
	draft_text(draft, "backendType", "vxlan");
	draft_number(draft, "backendPort", FLANNEL_PORT);
	draft_flag(generation_document(g, "KubeCoreDNSConfig", NULL), "enabled", true);
}

void generate_documents(struct generation *g)
{
	add_main(g);
	add_discovery(g);
	add_install(g);
	add_system(g);
	add_kubernetes(g);
	if (generation_is_control(g))
		add_control_plane(g);
}
