/* The documents that configure Kubernetes. */
#include "base/ip.h"
#include "base/own.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "render/url.h"
#include "render/validate_documents.h"
#include "render/validate_main.h"

#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535
#define SUBNETS_MAX 2
#define HOST_BITS_MIN 4
#define SERVICE_HOST_BITS_MAX 20
#define NODE_MASK_DIFF_MAX 16
#define NODE_MASK_4 24
#define NODE_MASK_6 64

static void check_resources(struct validation *v, const struct spot *component)
{
	static const char *const kinds[] = { "resources.requests", "resources.limits" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct spot map = spot_at(component, kinds[i]);

		for (size_t k = 0; k < value_len(map.value); k++) {
			const char *key = value_key_at(map.value, k);
			struct spot entry = spot_item(&map, k);

			if (!strcmp(key, "cpu") || !strcmp(key, "memory"))
				continue;
			complain(v, &entry, NULL, "component-resource",
				 "a component has cpu and memory, not %s", key);
			return;
		}
	}
}

static bool is_off(const struct spot *component)
{
	return spot_has(component, "enabled") && !spot_true(component, "enabled");
}

static bool want_image(struct validation *v, const struct spot *component)
{
	return want_text(v, component, "image", "component-image", "the component needs an image");
}

/* Controller manager and scheduler. */
static void check_component(struct validation *v, const struct spot *component)
{
	if (is_off(component))
		return;
	want_image(v, component);
	check_resources(v, component);
}

/* An argument may be refused by more than one row. */
static void check_server_arguments(struct validation *v, const struct spot *server)
{
	static const char *const refused[][2] = {
		{ "anonymous-auth", "KubeAuthenticationConfig" },
		{ "authentication-config", "KubeAuthenticationConfig" },
		{ "authorization-config", "KubeAuthorizerConfig" },
		{ "authorization-mode", "KubeAuthorizerConfig" },
		{ "authorization-webhook-", "KubeAuthorizerConfig" },
		{ "oidc-", "KubeAuthenticationConfig" },
	};
	struct spot arguments = spot_at(server, "extraArgs");

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		for (size_t k = 0; k < value_len(arguments.value); k++) {
			const char *name = value_key_at(arguments.value, k);
			struct spot argument = spot_item(&arguments, k);

			if (!text_starts(name, refused[i][0]))
				continue;
			complain(v, &argument, NULL, "component-argument",
				 "the argument %s cannot be given here", name);
			advise(v, "%s documents say that", refused[i][1]);
		}
	}
}

static void check_server(struct validation *v, const struct spot *server)
{
	want_image(v, server);
	check_server_arguments(v, server);
	check_resources(v, server);
}

static void check_proxy(struct validation *v, const struct spot *proxy)
{
	const char *mode = spot_text(proxy, "mode");

	if (is_off(proxy))
		return;
	want_image(v, proxy);
	if (text_equal(mode, "iptables") || text_equal(mode, "ipvs"))
		warn(v, proxy, "mode", "proxy-mode", "%s is on its way out; nftables is better",
		     mode);
	else if (*mode && !text_equal(mode, "nftables"))
		complain(v, proxy, "mode", "proxy-mode",
			 "the mode is nftables, iptables or ipvs, not %s", mode);
	if (spot_len(proxy, "extraArgs"))
		warn(v, proxy, "extraArgs", "proxy-arguments",
		     "arguments of kube-proxy give way to its config, so better use that");
	check_resources(v, proxy);
}

static void check_flannel(struct validation *v, const struct spot *flannel)
{
	want_text(v, flannel, "backendType", "flannel-backend", "flannel needs a backend");
	check_resources(v, flannel);
}

static void check_admission(struct validation *v, const struct spot *plugin)
{
	want_name(v, plugin);
}

static void check_accepted(struct validation *v, const struct spot *document)
{
	struct spot accepted = spot_at(document, "acceptedCAs");

	for (size_t i = 0; i < value_len(accepted.value); i++) {
		struct spot entry = spot_item(&accepted, i);
		struct err err = ERR_INIT;

		if (form_certificates(v->arena, spot_text(&entry, NULL), &err) < 0)
			complain(v, &entry, NULL, "accepted-ca", "this is no certificate: %s",
				 err.text);
	}
}

static void check_server_ca(struct validation *v, const struct spot *document)
{
	struct spot issuing = spot_at(document, "issuingCA");

	if (issuing.value)
		check_pair(v, &issuing, true);
	check_accepted(v, document);
}

static void check_aggregator_ca(struct validation *v, const struct spot *document)
{
	if (!spot_has(document, "issuingCA"))
		complain(v, document, "issuingCA", "aggregator-ca", "the issuing CA is missing");
	check_server_ca(v, document);
}

static void check_authorizer(struct validation *v, const struct spot *authorizer)
{
	const char *type = spot_text(authorizer, "type");
	bool webhook = text_equal(type, "Webhook");
	bool settings = spot_len(authorizer, "webhook") > 0;

	want_name(v, authorizer);
	want_text(v, authorizer, "type", "authorizer-type", "the authorizer needs a type");
	if (!webhook && !text_equal(type, "Node") && !text_equal(type, "RBAC"))
		complain(v, authorizer, "type", "authorizer-type",
			 "the type is Node, RBAC or Webhook, not \"%s\"", type);
	if (webhook && !settings)
		complain(v, authorizer, "webhook", "authorizer-webhook",
			 "an authorizer of type Webhook needs its webhook section");
	if (!webhook && settings)
		warn(v, authorizer, "webhook", "authorizer-webhook",
		     "the webhook section counts only where type is Webhook");
}

static void check_cluster(struct validation *v, const struct spot *cluster)
{
	struct err err = ERR_INIT;

	want_text(v, cluster, "clusterName", "cluster-name", "the cluster needs a name");
	if (want_text(v, cluster, "endpoint", "cluster-endpoint",
		      "the cluster needs an endpoint") &&
	    form_endpoint(v->arena, spot_text(cluster, "endpoint"), &err) < 0)
		complain(v, cluster, "endpoint", "cluster-endpoint",
			 "the cluster cannot be reached there: %s", err.text);
}

static void check_etcd_encryption(struct validation *v, const struct spot *document)
{
	if (!spot_len(document, "config"))
		complain(v, document, "config", "etcd-encryption", "the configuration is missing");
}

static bool check_manifest(struct validation *v, const struct spot *manifest)
{
	const char *name = spot_text(manifest, "name");

	if (!want_name(v, manifest))
		return false;
	if (form_is_domain(name))
		return true;
	complain(v, manifest, "name", "name-letters",
		 "\"%s\" is no name: small letters, digits, - and points between them", name);
	return false;
}

static void check_inline_manifest(struct validation *v, const struct spot *manifest)
{
	check_manifest(v, manifest);
}

static void check_external_manifest(struct validation *v, const struct spot *manifest)
{
	struct url url;

	check_manifest(v, manifest);
	if (!want_text(v, manifest, "url", "manifest-url", "the manifest needs its URL"))
		return;
	if (!url_parse(v->arena, spot_text(manifest, "url"), &url) ||
	    (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0))
		complain(v, manifest, "url", "manifest-url",
			 "the URL does not begin with http:// or https://");
}

static void check_static_pod(struct validation *v, const struct spot *pod)
{
	check_manifest(v, pod);
	if (!spot_len(pod, "pod"))
		complain(v, pod, "pod", "static-pod", "the pod is missing");
}

static void check_kubelet(struct validation *v, const struct spot *kubelet)
{
	struct spot config = spot_at(kubelet, "config");

	want_image(v, kubelet);
	validate_kubelet_config(v, &config);
}

static void check_prism(struct validation *v, const struct spot *prism)
{
	int64_t port = 0;

	if (!spot_i64(prism, "port", &port) || port <= 0 || port > PORT_MAX)
		complain(v, prism, "port", "kubeprism-port", "a port is 1 to %d", PORT_MAX);
}

static void check_node(struct validation *v, const struct spot *node)
{
	struct spot subnets = spot_at(node, "nodeIP.validSubnets");
	struct spot labels = spot_at(node, "labels");
	struct spot annotations = spot_at(node, "annotations");
	struct spot taints = spot_at(node, "taints");

	validate_subnets(v, &subnets, "node-subnet");
	validate_labels(v, &labels);
	validate_annotations(v, &annotations);
	validate_taints(v, &taints);
}

/* What a node gets of a family; 0 when the setting itself is wrong. */
struct node_masks {
	int64_t of4, of6;
};

static int64_t check_mask(struct validation *v, const struct spot *network, const char *field,
			  int64_t max)
{
	int64_t mask = 0;

	if (!spot_i64(network, field, &mask) || (mask >= 0 && mask <= max))
		return mask ? mask : max == 32 ? NODE_MASK_4
					       : NODE_MASK_6;
	complain(v, network, field, "subnet-mask", "a prefix has 1 to %d bits here", (int)max);
	return 0;
}

static const char *judge_pods(struct arena *arena, const struct ip_prefix *prefix,
			      const struct node_masks *masks)
{
	int64_t mask = prefix->base.family == 4 ? masks->of4 : masks->of6;

	if (!mask)
		return NULL;
	if (prefix->bits > mask)
		return arena_printf(arena, "it is smaller than the /%d of one node", (int)mask);
	if (mask - prefix->bits > NODE_MASK_DIFF_MAX)
		return arena_printf(arena, "it is over %d bits larger than the /%d of one node",
				    NODE_MASK_DIFF_MAX, (int)mask);
	return NULL;
}

/* `masks` NULL: a subnet of services. */
static const char *judge_subnet(struct arena *arena, const struct ip_prefix *prefix,
				const struct node_masks *masks)
{
	unsigned host = (prefix->base.family == 4 ? 32 : 128) - prefix->bits;

	if (ip_prefix_has_host_bits(prefix))
		return "it has host bits";
	if (host < HOST_BITS_MIN)
		return "it is too small";
	if (masks)
		return judge_pods(arena, prefix, masks);
	if (host > SERVICE_HOST_BITS_MAX)
		return arena_printf(arena, "it has more than %d bits for hosts",
				    SERVICE_HOST_BITS_MAX);
	return NULL;
}

/* Stops at the first fault. */
static void check_subnets(struct validation *v, const struct spot *list,
			  const struct node_masks *masks)
{
	size_t count = value_len(list->value), of4 = 0;

	if (!count || count > SUBNETS_MAX) {
		complain(v, list, NULL, "subnet-count", "one or two subnets are needed");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct spot subnet = spot_item(list, i);
		const char *text = spot_text(&subnet, NULL);
		const char *fault = "it is no prefix";
		struct ip_prefix prefix;

		if (ip_prefix_parse(text, &prefix)) {
			fault = judge_subnet(v->arena, &prefix, masks);
			of4 += prefix.base.family == 4;
		}
		if (fault) {
			complain(v, &subnet, NULL, "subnet", "%s cannot be a subnet: %s",
				 *text ? text : "nothing", fault);
			return;
		}
	}
	if (count == SUBNETS_MAX && of4 != 1)
		complain(v, list, NULL, "subnet-count", "both subnets are of IPv%d", of4 ? 4 : 6);
}

static void check_network(struct validation *v, const struct spot *network)
{
	struct spot pods = spot_at(network, "podSubnets");
	struct spot services = spot_at(network, "serviceSubnets");
	struct node_masks masks;

	masks.of4 = check_mask(v, network, "nodeCIDRMaskSizeIPv4", 32);
	masks.of6 = check_mask(v, network, "nodeCIDRMaskSizeIPv6", 128);
	check_subnets(v, &pods, &masks);
	check_subnets(v, &services, NULL);
	if (value_len(pods.value) != value_len(services.value))
		complain(v, network, "serviceSubnets", "subnet-count",
			 "there must be as many subnets for services as for pods");
}

static void check_service_account(struct validation *v, const struct spot *account)
{
	struct spot issuer = spot_at(account, "issuer");
	struct err err = ERR_INIT;
	enum key_type type;

	if (want_text(v, &issuer, "privateKey", "service-account-key",
		      "the issuer needs its private key") &&
	    key_type_of(spot_text(&issuer, "privateKey"), &type, &err) < 0)
		complain(v, &issuer, "privateKey", "service-account-key",
			 "this is no private key: %s", err.text);
	want_text(v, &issuer, "issuerURL", "service-account-url", "the issuer needs its URL");
}

static void check_talos_access(struct validation *v, const struct spot *access)
{
	static const char *const known[] = { "os:admin", "os:operator", "os:reader",
					     "os:etcd:backup", "os:image:verifier",
					     "os:meta:writer", "os:impersonator" };
	struct spot roles = spot_at(access, "allowedRoles");

	for (size_t i = 0; i < value_len(roles.value); i++) {
		struct spot role = spot_item(&roles, i);
		bool found = false;

		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			found = found || text_equal(spot_text(&role, NULL), known[k]);
		if (!found)
			complain(v, &role, NULL, "talos-role", "there is no role \"%s\"",
				 spot_text(&role, NULL));
	}
}

const struct document_check validate_kube_checks[] = {
	{ "KubeAPIServerCAConfig", check_server_ca },
	{ "KubeAPIServerConfig", check_server },
	{ "KubeAdmissionControlConfig", check_admission },
	{ "KubeAggregatorCAConfig", check_aggregator_ca },
	{ "KubeAuthorizerConfig", check_authorizer },
	{ "KubeClusterConfig", check_cluster },
	{ "KubeControllerManagerConfig", check_component },
	{ "KubeEtcdEncryptionConfig", check_etcd_encryption },
	{ "KubeExternalManifestConfig", check_external_manifest },
	{ "KubeFlannelCNIConfig", check_flannel },
	{ "KubeInlineManifestConfig", check_inline_manifest },
	{ "KubeNetworkConfig", check_network },
	{ "KubeNodeConfig", check_node },
	{ "KubePrismConfig", check_prism },
	{ "KubeProxyConfig", check_proxy },
	{ "KubeSchedulerConfig", check_component },
	{ "KubeServiceAccountConfig", check_service_account },
	{ "KubeStaticPodConfig", check_static_pod },
	{ "KubeTalosAPIAccessConfig", check_talos_access },
	{ "KubeletConfig", check_kubelet },
	{ NULL, NULL },
};
