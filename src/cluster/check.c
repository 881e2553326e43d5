#include "cluster/check.h"

#include "base/text.h"
#include "cluster/field_checks.h"
#include "cluster/version.h"
#include "tree/path.h"

#include <string.h>

#define CLUSTER_FILE "cluster.yaml"

struct src check_place(const struct draft *draft, const char *key)
{
	const struct value *value = value_get(draft->cluster_raw, key);

	if (!value_is_null(value))
		return value_src(value);
	return (struct src){ CLUSTER_FILE, 1, 1 };
}

struct src check_node_place(const struct draft *draft, size_t node, const char *key)
{
	const struct value *map = value_at(draft->nodes_raw, node);
	const struct value *value = value_get(map, key);

	if (!value_is_null(value))
		return value_src(value);
	value = value_get(draft->cluster_raw, key);
	return value_src(value_is_null(value) ? map : value);
}

const char *check_node_path(const struct draft *draft, size_t node, const char *key)
{
	return path_key(draft->arena, path_index(draft->arena, "nodes", node), key);
}

size_t check_controllers(const struct draft *draft)
{
	size_t count = 0;

	for (size_t i = 0; i < draft->nodes; i++)
		count += draft->node[i].settings.controller == TRI_TRUE;
	return count;
}

static void check_endpoint_known(struct draft *draft)
{
	const struct cluster_input *in = &draft->in;

	if (!in->node_cidr && !in->cluster_endpoint &&
	    !value_has(draft->cluster_raw, "node_cidr") &&
	    !value_has(draft->cluster_raw, "cluster_endpoint")) {
		finding_add(draft->findings, FINDING_ERROR, "missing-key",
			    check_place(draft, "node_cidr"), "node_cidr",
			    "cluster.yaml needs node_cidr or cluster_endpoint");
		finding_hint(draft->findings, "node_cidr is the network of the nodes: 10.0.0.0/16");
		return;
	}
	if (value_has(draft->cluster_raw, "cluster_endpoint") ||
	    value_has(draft->cluster_raw, "cluster_api_addr"))
		return;
	finding_add(draft->findings, FINDING_ERROR, "missing-key",
		    check_place(draft, "cluster_api_addr"), "cluster_api_addr",
		    "cluster.yaml needs cluster_api_addr or cluster_endpoint");
	if (draft->nodes == 1 && draft->node[0].address.len > 0)
		finding_hint(draft->findings,
			     "with one node it can be the node's own: cluster_api_addr: %s",
			     draft->node[0].address.at[0]);
	else
		finding_hint(draft->findings, "a free address of node_cidr that the control "
					      "planes share");
}

static void missing_version(struct draft *draft, const char *key, const char *what,
			    const char *example)
{
	finding_add(draft->findings, FINDING_ERROR, "missing-version", check_place(draft, key), key,
		    "no file names the release of %s", what);
	finding_hint(draft->findings, "add %s: %s to cluster.yaml", key, example);
}

/* Then a version that nobody names may be one that could not be read. */
static bool has_pin_error(const struct draft *draft)
{
	for (size_t i = 0; i < draft->findings->len; i++) {
		const struct finding *finding = &draft->findings->at[i];

		if (strcmp(finding->id, "bad-version") == 0 ||
		    strcmp(finding->id, "unsupported-version") == 0 ||
		    (finding->severity == FINDING_ERROR &&
		     text_equal(finding->src.file, "talenv.yaml")))
			return true;
	}
	return false;
}

static struct src pin_place(const struct draft *draft, enum version_subject subject)
{
	for (size_t i = 0; i < draft->cluster->pins; i++)
		if (draft->cluster->pin[i].subject == subject)
			return draft->cluster->pin[i].src;
	return (struct src){ CLUSTER_FILE, 1, 1 };
}

/* Talos 1.x runs the six minors of Kubernetes that end 23 above its own. */
#define KUBE_ABOVE_MAX 23u
#define KUBE_ABOVE_MIN 18u

static void check_range(struct draft *draft)
{
	const struct cluster *cluster = draft->cluster;
	struct version talos, kube;

	if (!version_parse(cluster->talos, &talos) || !version_parse(cluster->kubernetes, &kube))
		return;
	if (kube.major == 1 && kube.minor >= talos.minor + KUBE_ABOVE_MIN &&
	    kube.minor <= talos.minor + KUBE_ABOVE_MAX)
		return;
	finding_add(draft->findings, FINDING_ERROR, "kubernetes-range",
		    pin_place(draft, VERSION_KUBERNETES), "kubernetes_version",
		    "Talos %s does not run Kubernetes %s", cluster->talos, cluster->kubernetes);
	finding_hint(draft->findings, "it runs 1.%u to 1.%u", talos.minor + KUBE_ABOVE_MIN,
		     talos.minor + KUBE_ABOVE_MAX);
}

static void check_contract_age(struct draft *draft)
{
	struct version talos, contract;

	if (!draft->in.contract || !version_parse(draft->in.contract, &contract) ||
	    !version_parse(draft->cluster->talos, &talos) ||
	    version_minor_compare(&contract, &talos) <= 0)
		return;
	finding_add(draft->findings, FINDING_ERROR, "contract-newer",
		    check_place(draft, "contract"), "contract",
		    "Talos %s does not know configs of the contract %s", draft->cluster->talos,
		    draft->in.contract);
	finding_hint(draft->findings, "leave the contract out to follow talos_version");
}

/* From 1.14 on no installer image is published under that name: Renovate would stand still before
 * it without a word. */
static void check_dead_image(struct draft *draft)
{
	for (size_t i = 0; i < draft->cluster->pins; i++) {
		const struct version_pin *pin = &draft->cluster->pin[i];

		if (!text_equal(pin->dep, "ghcr.io/siderolabs/installer"))
			continue;
		finding_add(draft->findings, FINDING_WARNING, "renovate-dead", pin->src, pin->key,
			    "%s is not published any more since Talos 1.14", pin->dep);
		finding_hint(draft->findings, "use datasource=github-releases "
					      "depName=siderolabs/talos");
	}
}

static void check_versions(struct draft *draft)
{
	bool known_bad = has_pin_error(draft);

	if (!draft->cluster->talos && !known_bad)
		missing_version(draft, "talos_version", "Talos", "v1.13.9");
	if (!draft->cluster->kubernetes && !known_bad)
		missing_version(draft, "kubernetes_version", "Kubernetes", "v1.36.3");
	check_range(draft);
	check_contract_age(draft);
	check_dead_image(draft);
}

void check_cluster(struct draft *draft)
{
	if (!draft->cluster_raw)
		return;
	check_endpoint_known(draft);
	check_versions(draft);
}
