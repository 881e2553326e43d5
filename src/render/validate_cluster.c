/* The cluster section of the main document. */
#include "base/own.h"
#include "base/text.h"
#include "render/url.h"
#include "render/validate_main.h"

#include <string.h>

static void check_urls(struct validation *v, const struct spot *urls, const char *id)
{
	for (size_t i = 0; i < value_len(urls->value); i++) {
		struct spot url = spot_item(urls, i);
		struct err err = ERR_INIT;

		if (form_endpoint(v->arena, spot_text(&url, NULL), &err) < 0)
			complain(v, &url, NULL, id, "\"%s\": %s", spot_text(&url, NULL), err.text);
	}
}

static void refuse_flannel(struct validation *v, const struct spot *cni)
{
	const char *name = spot_text(cni, "name");

	if (spot_len(cni, "flannel.extraArgs"))
		complain(v, cni, "flannel.extraArgs", "cni-flannel-args",
			 "arguments for flannel mean nothing to the CNI \"%s\"", name);
	if (spot_true(cni, "flannel.kubeNetworkPoliciesEnabled"))
		complain(v, cni, "flannel.kubeNetworkPoliciesEnabled", "cni-flannel-policies",
			 "network policies of flannel mean nothing to the CNI \"%s\"", name);
}

void validate_cni(struct validation *v)
{
	struct spot cni = spot_at(&v->main, "cluster.network.cni");
	struct spot urls = spot_at(&cni, "urls");
	const char *name = spot_text(&cni, "name");
	bool custom = text_equal(name, "custom"), none = text_equal(name, "none");

	if (!cni.value)
		return;
	if (!custom && !none && !text_equal(name, "flannel")) {
		complain(v, &cni, "name", "cni-name", "there is no CNI \"%s\"", name);
		advise(v, "flannel, custom or none");
		return;
	}
	if (!custom && value_len(urls.value))
		complain(v, &urls, NULL, "cni-urls", "only the CNI \"custom\" has URLs");
	if (custom && !value_len(urls.value))
		warn(v, &cni, "urls", "cni-urls-missing", "the CNI \"custom\" has no URLs");
	if (custom || none)
		refuse_flannel(v, &cni);
	if (custom)
		check_urls(v, &urls, "cni-url");
}

void validate_subnets(struct validation *v, const struct spot *list, const char *id)
{
	for (size_t i = 0; i < value_len(list->value); i++) {
		struct spot subnet = spot_item(list, i);
		const char *text = spot_text(&subnet, NULL);

		if (!form_is_subnet(text))
			complain(v, &subnet, NULL, id, "\"%s\" is neither network nor address",
				 text);
	}
}

/* Subnets to listen on are those to advertise unless they are given, and then count again. */
static void check_etcd(struct validation *v, const struct spot *cluster)
{
	struct spot etcd = spot_at(cluster, "etcd");
	struct spot advertised = spot_at(&etcd, "advertisedSubnets");
	struct spot listen = spot_at(&etcd, "listenSubnets");
	struct spot subnet = spot_at(&etcd, "subnet");
	const char *old = spot_text(&subnet, NULL);

	if (!etcd.value)
		return;
	if (!v->control) {
		complain(v, &etcd, NULL, "etcd-on-worker", "a worker runs no etcd");
		return;
	}
	if (!spot_has(&etcd, "ca"))
		complain(v, &etcd, "ca", "etcd-ca-missing", "etcd needs its CA");
	if (*old && value_len(advertised.value))
		complain(v, &subnet, NULL, "etcd-subnet-twice",
			 "etcd.subnet is the old form of etcd.advertisedSubnets: one of them");
	validate_subnets(v, &advertised, "etcd-advertised-subnet");
	if (*old && !value_len(advertised.value) && !form_is_subnet(old))
		complain(v, &subnet, NULL, "etcd-advertised-subnet",
			 "\"%s\" is neither network nor address", old);
	validate_subnets(v, value_len(listen.value) ? &listen : &advertised, "etcd-listen-subnet");
}

static void check_manifests(struct validation *v, const struct spot *cluster)
{
	struct spot manifests = spot_at(cluster, "inlineManifests");

	for (size_t i = 0; i < value_len(manifests.value); i++) {
		struct spot manifest = spot_item(&manifests, i);
		const char *name = spot_text(&manifest, "name");

		if (form_is_blank(name))
			complain(v, &manifest, "name", "manifest-name", "a manifest needs a name");
		for (size_t k = 0; k < i; k++) {
			struct spot other = spot_item(&manifests, k);

			if (!text_equal(spot_text(&other, "name"), name))
				continue;
			complain(v, &manifest, "name", "manifest-twice",
				 "there is a manifest \"%s\" already", name);
			break;
		}
	}
}

/* A URL, or a path from the root on, as in a request, where # begins nothing. */
static bool read_request(struct arena *arena, const char *text, struct url *url)
{
	return url_parse(arena, text, url) &&
	       (*url->opaque || text[strcspn(text, "?#")] != '#') &&
	       (*url->scheme || *url->path == '/');
}

static void check_discovery(struct validation *v, const struct spot *cluster)
{
	struct spot service = spot_at(cluster, "discovery.registries.service");
	const char *endpoint = spot_text(&service, "endpoint");
	struct url url = { .scheme = "", .path = "" };

	if (!spot_true(cluster, "discovery.enabled") || spot_true(&service, "disabled"))
		return;
	if (*endpoint && !read_request(v->arena, endpoint, &url))
		complain(v, &service, "endpoint", "discovery-endpoint", "\"%s\" is no URL",
			 endpoint);
	else if ((!*url.scheme && url.has_host) || (*url.path && !text_equal(url.path, "/")))
		complain(v, &service, "endpoint", "discovery-endpoint-path",
			 "the discovery service has no path \"%s\"", url.path);
	if (!*spot_text(cluster, "id"))
		complain(v, cluster, "id", "discovery-cluster-id",
			 "the discovery service needs cluster.id");
	if (!*spot_text(cluster, "secret"))
		complain(v, cluster, "secret", "discovery-cluster-secret",
			 "the discovery service needs cluster.secret");
}

/* False when something is wrong. */
static bool check_authorizers(struct validation *v, const struct spot *server)
{
	static const char *const types[] = { "Node", "RBAC", "Webhook" };
	struct spot list = spot_at(server, "authorizationConfig");

	for (size_t i = 0; i < value_len(list.value); i++) {
		struct spot one = spot_item(&list, i);
		const char *type = spot_text(&one, "type");
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(types); k++)
			known = known || text_equal(types[k], type);
		if (!*type) {
			complain(v, &one, "type", "authorizer-type", "an authorizer needs a type");
		} else if (!*spot_text(&one, "name")) {
			complain(v, &one, "name", "authorizer-name", "an authorizer needs a name");
		} else if (!known) {
			complain(v, &one, "type", "authorizer-type",
				 "there is no authorizer type \"%s\"", type);
			advise(v, "Node, RBAC or Webhook");
		} else {
			continue;
		}
		return false;
	}
	return true;
}

static bool check_arguments(struct validation *v, const struct spot *server)
{
	struct spot args = spot_at(server, "extraArgs");

	if (!spot_has(server, "authorizationConfig"))
		return true;
	for (size_t i = 0; i < value_len(args.value); i++) {
		const char *name = value_key_at(args.value, i);
		struct spot arg = spot_item(&args, i);

		if (!text_equal(name, "authorization-mode") &&
		    !text_starts(name, "authorization-webhook-"))
			continue;
		complain(v, &arg, NULL, "authorization-twice",
			 "the argument %s and authorizationConfig exclude each other", name);
		return false;
	}
	return true;
}

static void check_resources(struct validation *v, const struct spot *component)
{
	static const char *const kinds[] = { "requests", "limits" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct spot resources = spot_at(component, "resources");
		struct spot map = spot_at(&resources, kinds[i]);

		for (size_t k = 0; k < value_len(map.value); k++) {
			const char *name = value_key_at(map.value, k);
			struct spot entry = spot_item(&map, k);

			if (text_equal(name, "cpu") || text_equal(name, "memory"))
				continue;
			complain(v, &entry, NULL, "component-resource",
				 "cpu and memory can be asked for, not %s", name);
			return;
		}
	}
}

static void check_components(struct validation *v, const struct spot *cluster)
{
	struct spot server = spot_at(cluster, "apiServer");
	struct spot manager = spot_at(cluster, "controllerManager");
	struct spot scheduler = spot_at(cluster, "scheduler");

	/* one fault of a component is told, the rest follows when it is gone */
	if (check_arguments(v, &server) && check_authorizers(v, &server))
		check_resources(v, &server);
	check_resources(v, &manager);
	check_resources(v, &scheduler);
}

static void check_cloud_provider(struct validation *v, const struct spot *cluster)
{
	struct spot provider = spot_at(cluster, "externalCloudProvider");
	struct spot manifests = spot_at(&provider, "manifests");

	if (value_len(manifests.value) && !spot_true(&provider, "enabled"))
		complain(v, &manifests, NULL, "cloud-provider-off",
			 "there are manifests of an external cloud provider that is not enabled");
	else
		check_urls(v, &manifests, "cloud-provider-url");
}

/* False: what the other checks rest on is not there. */
static bool check_endpoint(struct validation *v, const struct spot *cluster)
{
	struct spot control = spot_at(cluster, "controlPlane");
	struct err err = ERR_INIT;

	if (!control.value && v->release >= RELEASE_1_14)
		return true;
	if (!spot_has(&control, "endpoint")) {
		complain(v, &control, "endpoint", "endpoint-missing",
			 "cluster.controlPlane.endpoint is missing");
		advise(v, "the URL of the Kubernetes API: https://ADDRESS:6443");
		return false;
	}
	if (form_endpoint(v->arena, spot_text(&control, "endpoint"), &err) < 0)
		complain(v, &control, "endpoint", "endpoint", "the endpoint \"%s\": %s",
			 spot_text(&control, "endpoint"), err.text);
	return true;
}

void validate_cluster(struct validation *v)
{
	struct spot cluster = spot_at(&v->main, "cluster");
	const char *domain = spot_text(&cluster, "network.dnsDomain");

	if (!cluster.value) {
		complain(v, &v->main, "cluster", "cluster-missing", "there is no cluster section");
		return;
	}
	if (!check_endpoint(v, &cluster))
		return;
	if (*domain && !form_is_dns_name(domain))
		complain(v, &cluster, "network.dnsDomain", "dns-domain", "\"%s\" is no DNS name",
			 domain);
	check_cloud_provider(v, &cluster);
	check_etcd(v, &cluster);
	if (!v->control && *spot_text(&cluster, "ca.key"))
		complain(v, &cluster, "ca.key", "cluster-ca-key-on-worker",
			 "a worker must not have the key of the Kubernetes CA");
	check_manifests(v, &cluster);
	check_discovery(v, &cluster);
	check_components(v, &cluster);
}
