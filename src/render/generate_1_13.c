/* Contracts up to 1.13: nearly everything lives in the sections of the main document. */
#include "render/generate_parts.h"

#include "render/schema.h"

#define KUBE_PRISM_PORT 7445

static void put_image(const struct generation *g, struct draft *main, const char *path,
		      const char *repository)
{
	const char *image = generation_image(g, repository);

	draft_section(main, path);
	if (image)
		draft_text(main, arena_printf(g->arena, "%s.image", path), image);
}

static void put_flag_if(const struct generation *g, struct draft *main, enum contract_trait trait,
			const char *path)
{
	if (contract_has(&g->contract, trait))
		draft_flag(main, path, true);
}

static void put_features(const struct generation *g, struct draft *main)
{
	draft_section(main, "machine.features");
	put_flag_if(g, main, CONTRACT_RBAC, "machine.features.rbac");
	put_flag_if(g, main, CONTRACT_STABLE_HOSTNAME, "machine.features.stableHostname");
	put_flag_if(g, main, CONTRACT_CHECK_KEY_USAGE, "machine.features.apidCheckExtKeyUsage");
	put_flag_if(g, main, CONTRACT_DISK_QUOTA, "machine.features.diskQuotaSupport");
	put_flag_if(g, main, CONTRACT_KUBE_PRISM, "machine.features.kubePrism.enabled");
	if (contract_has(&g->contract, CONTRACT_KUBE_PRISM))
		draft_number(main, "machine.features.kubePrism.port", KUBE_PRISM_PORT);
	put_flag_if(g, main, CONTRACT_HOST_DNS, "machine.features.hostDNS.enabled");
	put_flag_if(g, main, CONTRACT_FORWARD_KUBE_DNS,
		    "machine.features.hostDNS.forwardKubeDNSToHost");
}

static void put_network(const struct generation *g, struct draft *main)
{
	if (contract_has(&g->contract, CONTRACT_NETWORK_SECTION))
		draft_section(main, "machine.network");
	if (g->input->kubespan && !contract_has(&g->contract, CONTRACT_KUBESPAN_DOCUMENT))
		draft_flag(main, "machine.network.kubespan.enabled", true);
}

static void add_mirrors(struct map_builder *map, struct arena *arena,
			const struct registry_mirror *mirrors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct draft mirror = { .arena = arena };
		draft_texts(&mirror, "endpoints", mirrors[i].endpoint, mirrors[i].endpoints);
		map_add(map, mirrors[i].host, mirror.root);
	}
}

static void put_registries(const struct generation *g, struct draft *main)
{
	static const char *const renamed[] = { "https://registry.k8s.io", "https://k8s.gcr.io" };
	static const struct registry_mirror old = { "k8s.gcr.io", renamed, 2 };

	struct map_builder *map = map_begin(g->arena);

	if (contract_has(&g->contract, CONTRACT_REGISTRY_DOCUMENTS))
		return;
	if (contract_has(&g->contract, CONTRACT_REGISTRY_K8S_MIRROR))
		add_mirrors(map, g->arena, &old, 1);
	add_mirrors(map, g->arena, g->input->mirror, g->input->mirrors);
	const struct value *mirrors = map_end(map);
	if (value_len(mirrors))
		draft_put(main, "machine.registries.mirrors", mirrors);
}

static void put_machine(const struct generation *g, struct draft *main)
{
	const struct generate_input *input = g->input;

	draft_text(main, "machine.type", generation_machine_type(g));
	draft_text(main, "machine.token", input->bundle->trustd_token);
	generation_authority(g, main, "machine.ca", &input->bundle->talos);
	draft_texts(main, "machine.certSANs", input->san, input->sans);
	put_image(g, main, "machine.kubelet", "ghcr.io/siderolabs/kubelet");
	put_flag_if(g, main, CONTRACT_SECCOMP_DEFAULT,
		    "machine.kubelet.defaultRuntimeSeccompProfileEnabled");
	put_flag_if(g, main, CONTRACT_NO_MANIFESTS_FOLDER,
		    "machine.kubelet.disableManifestsDirectory");
	put_network(g, main);
	if (input->install_disk)
		draft_text(main, "machine.install.disk", input->install_disk);
	draft_text(main, "machine.install.image", input->install_image);
	draft_flag(main, "machine.install.wipe", false);
	put_flag_if(g, main, CONTRACT_UKI_COMMAND_LINE, "machine.install.grubUseUKICmdline");
	put_registries(g, main);
	put_features(g, main);
	if (generation_is_control(g) && contract_has(&g->contract, CONTRACT_LOAD_BALANCER_LABEL)) {
		struct map_builder *labels = map_begin(g->arena);
		map_add(labels, "node.kubernetes.io/exclude-from-external-load-balancers",
			value_str(g->arena, ""));
		draft_put(main, "machine.nodeLabels", map_end(labels));
	}
}

static void put_discovery(const struct generation *g, struct draft *main)
{
	draft_flag(main, "cluster.discovery.enabled", !g->input->no_discovery);
	draft_section(main, "cluster.discovery.registries.kubernetes");
	put_flag_if(g, main, CONTRACT_NO_KUBERNETES_DISCOVERY,
		    "cluster.discovery.registries.kubernetes.disabled");
}

static void put_cluster(const struct generation *g, struct draft *main)
{
	const struct bundle *bundle = g->input->bundle;

	draft_text(main, "cluster.id", bundle->id);
	draft_text(main, "cluster.secret", bundle->secret);
	draft_text(main, "cluster.controlPlane.endpoint", g->endpoint);
	if (generation_is_control(g) || contract_has(&g->contract, CONTRACT_WORKER_CLUSTER_NAME))
		draft_text(main, "cluster.clusterName", g->input->cluster_name);
	draft_text(main, "cluster.network.dnsDomain", g->dns_domain);
	generation_pod_subnets(main, "cluster.network.podSubnets",
			       "cluster.network.serviceSubnets");
	draft_text(main, "cluster.token", bundle->bootstrap_token);
	generation_authority(g, main, "cluster.ca", &bundle->kubernetes);
	put_discovery(g, main);
}

static void put_api_server(const struct generation *g, struct draft *main)
{
	const struct generate_input *input = g->input;
	const char **sans = arena_calloc(g->arena, input->sans + 1, sizeof(*sans));
	size_t len = 0;

	put_image(g, main, "cluster.apiServer", "registry.k8s.io/kube-apiserver");
	if (contract_has(&g->contract, CONTRACT_ENDPOINT_SAN))
		sans[len++] = url_hostname(g->arena, &g->url);
	for (size_t i = 0; i < input->sans; i++)
		sans[len++] = input->san[i];
	draft_texts(main, "cluster.apiServer.certSANs", sans, len);
	put_flag_if(g, main, CONTRACT_POD_SECURITY_POLICY_OFF,
		    "cluster.apiServer.disablePodSecurityPolicy");
	if (contract_has(&g->contract, CONTRACT_POD_SECURITY)) {
		struct draft plugin = { .arena = g->arena };
		struct list_builder *plugins = list_begin(g->arena);
		draft_text(&plugin, "name", "PodSecurity");
		draft_put(&plugin, "configuration", generation_pod_security(g->arena));
		list_add(plugins, plugin.root);
		draft_put(main, "cluster.apiServer.admissionControl", list_end(plugins));
	}
	if (contract_has(&g->contract, CONTRACT_AUDIT_POLICY))
		draft_put(main, "cluster.apiServer.auditPolicy", generation_audit_policy(g->arena));
}

/* What is in etcd already cannot be read without it. */
static void put_old_secret(const struct generation *g, struct draft *main)
{
	const char *secret = g->input->bundle->aescbc;

	if (!generation_is_control(g) && !g->input->aescbc_on_workers)
		return;
	if (g->input->keep_aescbc && secret && contract_has(&g->contract, CONTRACT_SECRETBOX))
		draft_text(main, "cluster.aescbcEncryptionSecret", secret);
}

static void put_control_plane(const struct generation *g, struct draft *main)
{
	const struct bundle *bundle = g->input->bundle;

	if (contract_has(&g->contract, CONTRACT_SECRETBOX))
		draft_text(main, "cluster.secretboxEncryptionSecret",
			   bundle->secretbox ? bundle->secretbox : "");
	else
		draft_text(main, "cluster.aescbcEncryptionSecret",
			   bundle->aescbc ? bundle->aescbc : "");
	generation_authority(g, main, "cluster.aggregatorCA", &bundle->aggregator);
	draft_text(main, "cluster.serviceAccount.key",
		   generation_base64(g->arena, bundle->service_account));
	put_api_server(g, main);
	put_image(g, main, "cluster.controllerManager", "registry.k8s.io/kube-controller-manager");
	put_image(g, main, "cluster.proxy", "registry.k8s.io/kube-proxy");
	put_image(g, main, "cluster.scheduler", "registry.k8s.io/kube-scheduler");
	generation_authority(g, main, "cluster.etcd.ca", &bundle->etcd);
}

void generate_sections(struct generation *g)
{
	struct draft *main = generation_document(g, SCHEMA_MAIN, NULL);

	draft_text(main, "version", "v1alpha1");
	draft_flag(main, "debug", false);
	draft_flag(main, "persist", true);
	put_machine(g, main);
	put_cluster(g, main);
	if (generation_is_control(g))
		put_control_plane(g, main);
	put_old_secret(g, main);

	if (contract_has(&g->contract, CONTRACT_REGISTRY_DOCUMENTS))
		generate_registries(g);
	if (contract_has(&g->contract, CONTRACT_HOSTNAME_DOCUMENT))
		generate_hostname(g);
	if (contract_has(&g->contract, CONTRACT_KUBESPAN_DOCUMENT))
		generate_kubespan(g);
}
