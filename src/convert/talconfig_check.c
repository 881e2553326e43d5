/* What talhelper refuses in a talconfig of right types. */
#include "convert/talconfig.h"

#include "base/ip.h"
#include "base/text.h"
#include "cluster/field_checks.h"
#include "cluster/version.h"
#include "render/generate.h"
#include "tree/path.h"

#include <string.h>

#define KUBERNETES_BEHIND 18 /* Talos 1.9 is the first with Kubernetes 1.27, and so on */
#define KUBERNETES_SPAN 5

static struct src place_of(const struct value *map, const char *key)
{
	const struct value *value = value_get(map, key);

	return value_src(value_is_null(value) ? map : value);
}

static void needs(struct findings *findings, const struct value *map, const char *path,
		  const char *key)
{
	const struct value *value = value_get(map, key);

	if (!value_is_null(value) && !text_equal(value_text(value), ""))
		return;
	finding_add(findings, FINDING_ERROR, "missing-key", place_of(map, key),
		    path_key(findings->arena, path, key), "%s has no %s",
		    path[0] ? path : "the talconfig", key);
}

static void check_versions(const struct talconfig *config, struct findings *findings)
{
	const char *talos = text_is_blank(config->talos) ? TALCONFIG_TALOS : config->talos;
	struct version version, kubernetes;

	if (!version_parse(talos, &version)) {
		finding_add(findings, FINDING_ERROR, "bad-version",
			    place_of(config->raw, "talosVersion"), "talosVersion",
			    "\"%s\" is no version of Talos", talos);
		return;
	}
	if (version.major != 1 || version.minor < TALOS_MINOR_FIRST ||
	    version.minor > TALOS_MINOR_LAST) {
		finding_add(findings, FINDING_ERROR, "unsupported-version",
			    place_of(config->raw, "talosVersion"), "talosVersion",
			    "Talos %u.%u is not supported", version.major, version.minor);
		finding_hint(findings, "releases 1.%d to 1.%d are", TALOS_MINOR_FIRST,
			     TALOS_MINOR_LAST);
		return;
	}
	if (text_is_blank(config->kubernetes))
		return;
	if (!version_parse(config->kubernetes, &kubernetes)) {
		finding_add(findings, FINDING_ERROR, "bad-version",
			    place_of(config->raw, "kubernetesVersion"), "kubernetesVersion",
			    "\"%s\" is no version of Kubernetes", config->kubernetes);
		return;
	}

	unsigned first = version.minor + KUBERNETES_BEHIND;
	unsigned last = first + KUBERNETES_SPAN;
	if (version.major == 1 && kubernetes.major == 1 && kubernetes.minor >= first &&
	    kubernetes.minor <= last)
		return;
	finding_add(findings, FINDING_ERROR, "version-skew",
		    place_of(config->raw, "kubernetesVersion"), "kubernetesVersion",
		    "Talos %u.%u runs Kubernetes 1.%u to 1.%u, not %s", version.major,
		    version.minor, first, last, config->kubernetes);
}

static void check_own_endpoint(const struct talconfig *config, struct findings *findings)
{
	struct err err = ERR_INIT;
	const char *normal;

	if (text_is_blank(config->endpoint) ||
	    endpoint_check(findings->arena, config->endpoint, &normal, &err) == 0)
		return;
	finding_add(findings, FINDING_ERROR, "bad-endpoint", place_of(config->raw, "endpoint"),
		    "endpoint", "%s", err.text);
	if (err.hint[0])
		finding_hint(findings, "%s", err.hint);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_host_name(const char *text)
{
	for (const char *label = text;; label++) {
		size_t len = strcspn(label, ".");

		if (len == 0 || len > 63 || !strchr(LETTERS, label[0]) ||
		    !strchr(LETTERS, label[len - 1]))
			return false;
		for (size_t i = 0; i < len; i++)
			if (!strchr(LETTERS "-", label[i]))
				return false;
		label += len;
		if (!*label)
			return true;
	}
}

#define DOMAIN_LABEL_MAX 63
#define DOMAIN_MAX 255

/* Labels of letters, digits, hyphens and underscores, of which a hyphen cannot be the first; a dot
 * may end it. */
static bool is_domain(const char *text)
{
	size_t letters = 0;

	for (;;) {
		size_t len = strspn(text, LETTERS "-_");

		letters += len;
		if (len == 0 || len > DOMAIN_LABEL_MAX ||
		    text[0] == '-' || letters > DOMAIN_MAX)
			return false;
		text += len;
		if (!*text || strcmp(text, ".") == 0)
			return true;
		if (*text++ != '.')
			return false;
	}
}

static void check_domain_name(const struct talconfig *config, struct findings *findings)
{
	if (text_is_blank(config->domain) || is_domain(config->domain))
		return;
	finding_add(findings, FINDING_ERROR, "bad-domain", place_of(config->raw, "domain"),
		    "domain", "\"%s\" is no domain", config->domain);
}

static void check_nets(const struct texts *nets, const char *key, struct findings *findings)
{
	struct ip_prefix net;

	for (size_t i = 0; i < nets->len; i++)
		if (!ip_prefix_parse(nets->at[i], &net))
			finding_add(findings, FINDING_ERROR, "bad-network",
				    value_src(nets->value[i]),
				    path_index(findings->arena, key, i), "\"%s\" is no network",
				    nets->at[i]);
}

static void check_names(const struct talconfig_node *node, const char *path,
			struct findings *findings)
{
	const struct value *value = value_get(node->raw, "ipAddress");
	const char *text = node->address;
	struct ip ip;

	if (!text_is_blank(node->hostname) && !is_host_name(node->hostname))
		finding_add(findings, FINDING_ERROR, "bad-name",
			    place_of(node->raw, "hostname"),
			    path_key(findings->arena, path, "hostname"),
			    "\"%s\" is no host name", node->hostname);
	for (bool more = text && *text; more;) {
		text += strspn(text, " ");
		size_t len = strcspn(text, ",");
		const char *one = arena_strn(findings->arena, text, len);

		text += len;
		more = *text == ',';
		text += more;
		while (len && one[len - 1] == ' ')
			one = arena_strn(findings->arena, one, --len);
		if (!ip_parse(one, &ip) && !is_domain(one))
			finding_add(findings, FINDING_ERROR, "bad-address", value_src(value),
				    path_key(findings->arena, path, "ipAddress"),
				    "\"%s\" is neither an address nor a host name", one);
	}
}

static void check_nameservers(const struct talconfig_node *node, const char *path,
			      struct findings *findings)
{
	struct ip ip;

	for (size_t i = 0; i < node->nameservers.len; i++)
		if (!ip_parse(node->nameservers.at[i], &ip) &&
		    !findings_have(findings, "bad-address",
				   value_src(node->nameservers.value[i])))
			finding_add(findings, FINDING_ERROR, "bad-address",
				    value_src(node->nameservers.value[i]),
				    path_key(findings->arena, path, "nameservers"),
				    "\"%s\" is no IP address", node->nameservers.at[i]);
}

static void check_node(const struct talconfig_node *node, struct findings *findings)
{
	const char *path = path_index(findings->arena, "nodes", node->index);

	if (!value_is_map(node->raw))
		return;
	needs(findings, node->raw, path, "hostname");
	needs(findings, node->raw, path, "ipAddress");
	if (!node->disk_selector)
		needs(findings, node->raw, path, "installDisk");
	check_names(node, path, findings);
	check_nameservers(node, path, findings);
}

/* Files are named after hosts and contexts after clusters. */
static void check_repeats(const struct talconfig *config, struct findings *findings)
{
	for (size_t i = 0; i < config->count; i++)
		for (size_t k = 0; k < i; k++)
			if (!text_is_blank(config->node[i].hostname) &&
			    text_equal(config->node[i].hostname, config->node[k].hostname))
				finding_add(findings, FINDING_ERROR, "duplicate-name",
					    place_of(config->node[i].raw, "hostname"),
					    path_index(findings->arena, "nodes", i),
					    "nodes[%zu] and nodes[%zu] are both called %s", k, i,
					    config->node[i].hostname);
}

void talconfig_check(const struct talconfig *config, struct findings *findings)
{
	needs(findings, config->raw, "", "clusterName");
	needs(findings, config->raw, "", "endpoint");
	needs(findings, config->raw, "", "kubernetesVersion");
	if (config->count == 0)
		finding_add(findings, FINDING_ERROR, "no-nodes", place_of(config->raw, "nodes"),
			    "nodes", "there are no nodes");
	check_versions(config, findings);
	check_own_endpoint(config, findings);
	check_domain_name(config, findings);
	check_nets(&config->pod_nets, "clusterPodNets", findings);
	check_nets(&config->service_nets, "clusterSvcNets", findings);
	for (size_t i = 0; i < config->count; i++)
		check_node(&config->node[i], findings);
	check_repeats(config, findings);
}
