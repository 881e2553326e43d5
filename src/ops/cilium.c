#include "ops/cilium.h"

#include "cluster/version.h"
#include "tree/json.h"

#include <string.h>

#define TEXT_MAX ((size_t)4 << 20)
#define NEVER_USED "no.service/has-this"

static const struct version first_stable = { .major = 1, .minor = 18 }; /* of cilium.io/v2 */
static const struct version first_syslog = { .major = 1, .minor = 19 };

static bool is_at_least(const struct cluster *cluster, const struct version *first)
{
	struct version version;

	return version_parse(cluster->cilium.version, &version) &&
	       version_minor_compare(&version, first) >= 0;
}

static void put(struct map_builder *map, struct arena *arena, const char *key, const char *text)
{
	map_add(map, key, value_str(arena, text));
}

static const char *pods_of(const struct cluster *cluster, uint8_t family)
{
	struct ip_prefix prefix;

	for (size_t i = 0; i < cluster->pod_cidr.len; i++)
		if (ip_prefix_parse(cluster->pod_cidr.at[i], &prefix) &&
		    prefix.base.family == family)
			return cluster->pod_cidr.at[i];
	return NULL;
}

/* Its replicas keep away from each other, so there are no more than nodes for them. */
static size_t operators_of(const struct cluster *cluster)
{
	size_t nodes = cluster->nodes;

	if (!cluster->schedule_on_controllers)
		nodes -= cluster->controllers;
	return nodes < 2 ? 1 : 2;
}

static const struct value *values_context(struct arena *arena, const struct cluster *cluster)
{
	struct map_builder *map = map_begin(arena);
	bool bgp = cluster->bgp.asn != 0;

	map_add(map, "kubeprism_port", value_of_int(arena, KUBEPRISM_PORT));
	map_add(map, "syslog", value_of_bool(arena, is_at_least(cluster, &first_syslog)));
	put(map, arena, "pods4", pods_of(cluster, 4));
	put(map, arena, "pods6", pods_of(cluster, 6));
	map_add(map, "ipv4", value_of_bool(arena, pods_of(cluster, 4) != NULL));
	map_add(map, "ipv6", value_of_bool(arena, pods_of(cluster, 6) != NULL));
	/* nodes that share a network need no tunnel to each other */
	map_add(map, "native", value_of_bool(arena, cluster->has_node_cidr));
	map_add(map, "dsr", value_of_bool(arena, strcmp(cluster->cilium.balancer, "dsr") == 0));
	put(map, arena, "balancer", cluster->cilium.balancer);
	map_add(map, "bgp_enabled", value_of_bool(arena, bgp));
	map_add(map, "l2_enabled", value_of_bool(arena, !bgp && cluster->pools > 0));
	map_add(map, "operators", value_of_u64(arena, operators_of(cluster)));
	return map_end(map);
}

static const struct value *pool_value(struct arena *arena, const struct pool *pool)
{
	struct map_builder *map = map_begin(arena), *label = map_begin(arena);
	char text[IP_TEXT_MAX];

	put(map, arena, "name", pool->name);
	put(map, arena, "cidr", pool->cidr);
	put(map, arena, "start", ip_text(&pool->range.first, text));
	put(map, arena, "stop", ip_text(&pool->range.last, text));
	put(label, arena, "key", pool->label_key);
	put(label, arena, "value", pool->label);
	map_add(map, "label", pool->label ? map_end(label) : value_null(arena));
	return map_end(map);
}

static const struct value *pool_values(struct arena *arena, const struct cluster *cluster)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < cluster->pools; i++)
		list_add(list, pool_value(arena, &cluster->pool[i]));
	return list_end(list);
}

static const char *peer_name(struct arena *arena, size_t index)
{
	return arena_printf(arena, "router-%zu", index + 1);
}

static const char *secret_name(struct arena *arena, size_t index)
{
	return arena_printf(arena, "bgp-router-%zu", index + 1);
}

static const struct value *number_or_null(struct arena *arena, unsigned number)
{
	return number ? value_of_u64(arena, number) : value_null(arena);
}

static const struct value *peer_value(struct arena *arena, const struct bgp_peer *peer,
				      size_t index)
{
	bool secret = peer->password.form != PASSWORD_NONE;
	struct map_builder *map = map_begin(arena);

	put(map, arena, "name", peer_name(arena, index));
	put(map, arena, "address", peer->address);
	put(map, arena, "family", peer->ip.family == 4 ? "ipv4" : "ipv6");
	put(map, arena, "secret", secret ? secret_name(arena, index) : NULL);
	map_add(map, "asn", value_of_u64(arena, peer->asn));
	map_add(map, "hold", value_of_u64(arena, peer->hold));
	map_add(map, "keepalive", value_of_u64(arena, peer->keepalive));
	map_add(map, "restart", number_or_null(arena, peer->restart));
	map_add(map, "multihop", number_or_null(arena, peer->multihop ? BGP_MULTIHOP : 0));
	return map_end(map);
}

static const struct value *selector(struct arena *arena, const char *key, const char *operator,
				    const struct value * values)
{
	struct map_builder *map = map_begin(arena);

	put(map, arena, "key", key);
	put(map, arena, "operator", operator);
	map_add(map, "values", values);
	return map_end(map);
}

/* The labels that pools have for that key, each once. */
static const struct value *labels_of(struct arena *arena, const struct cluster *cluster,
				     const char *key)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < cluster->pools; i++) {
		const struct pool *pool = &cluster->pool[i];
		bool seen = strcmp(pool->label_key, key) != 0;

		for (size_t j = 0; j < i && !seen; j++)
			seen = strcmp(cluster->pool[j].label_key, key) == 0 &&
			       strcmp(cluster->pool[j].label, pool->label) == 0;
		if (!seen)
			list_add(list, value_str(arena, pool->label));
	}
	return list_end(list);
}

/* Announced are the services that a pool is for: all of them as soon as one pool takes any. */
static const struct value *selectors(struct arena *arena, const struct cluster *cluster)
{
	struct list_builder *list = list_begin(arena), *never = list_begin(arena);
	bool any = cluster->pools == 0;

	for (size_t i = 0; i < cluster->pools; i++)
		any = any || !cluster->pool[i].label;
	list_add(never, value_str(arena, "never"));
	if (any) {
		list_add(list, selector(arena, NEVER_USED, "NotIn", list_end(never)));
		return list_end(list);
	}
	for (size_t i = 0; i < cluster->pools; i++) {
		const char *key = cluster->pool[i].label_key;
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen = seen || strcmp(cluster->pool[j].label_key, key) == 0;
		if (!seen)
			list_add(list,
				 selector(arena, key, "In", labels_of(arena, cluster, key)));
	}
	return list_end(list);
}

static const struct value *resources_context(struct arena *arena, const struct cluster *cluster)
{
	const struct bgp *bgp = &cluster->bgp;
	struct map_builder *map = map_begin(arena), *sessions = map_begin(arena);
	struct list_builder *peers = list_begin(arena);
	bool stable = is_at_least(cluster, &first_stable);

	for (size_t i = 0; i < bgp->peers; i++)
		list_add(peers, peer_value(arena, &bgp->peer[i], i));
	map_add(sessions, "asn", value_of_u64(arena, bgp->asn));
	map_add(sessions, "peers", list_end(peers));
	map_add(sessions, "selectors", selectors(arena, cluster));
	put(map, arena, "api", stable ? "cilium.io/v2" : "cilium.io/v2alpha1");
	map_add(map, "pools", pool_values(arena, cluster));
	map_add(map, "bgp", bgp->asn ? map_end(sessions) : value_null(arena));
	map_add(map, "l2_enabled", value_of_bool(arena, !bgp->asn && cluster->pools > 0));
	return map_end(map);
}

/* Built here and not by a template: a password goes through no text that is parsed again. */
static const struct value *secret_value(struct arena *arena, size_t index, const char *password)
{
	struct map_builder *map = map_begin(arena), *meta = map_begin(arena);
	struct map_builder *data = map_begin(arena);
	const struct value *text = value_str(arena, password ? password : "***");

	put(meta, arena, "name", secret_name(arena, index));
	put(meta, arena, "namespace", "kube-system");
	map_add(data, "password", value_with_sensitive(arena, text));
	put(map, arena, "apiVersion", "v1");
	put(map, arena, "kind", "Secret");
	map_add(map, "metadata", map_end(meta));
	put(map, arena, "type", "Opaque");
	map_add(map, "stringData", map_end(data));
	return map_end(map);
}

static int make_values(struct arena *arena, const struct cilium_request *request,
		       struct cilium_made *out, struct err *err)
{
	const struct cluster *cluster = request->cluster;
	struct yaml_documents documents;

	if (templates_documents(&request->templates, arena, "cilium-values.yaml",
				values_context(arena, cluster), &documents, err) < 0)
		return -1;
	if (documents.len != 1 || !value_is_map(documents.at[0]))
		return err_set(err, ERR_INPUT, "the template cilium-values.yaml gives no map");
	out->values = documents.at[0];
	if (cluster->cilium.values)
		out->values = value_merge(arena, out->values, cluster->cilium.values);
	return 0;
}

static int make_resources(struct arena *arena, const struct cilium_request *request,
			  struct cilium_made *out, struct err *err)
{
	const struct cluster *cluster = request->cluster;
	const struct bgp *bgp = &cluster->bgp;
	struct yaml_documents documents;

	if (templates_documents(&request->templates, arena, "cilium-resources.yaml",
				resources_context(arena, cluster), &documents, err) < 0)
		return -1;
	out->resource =
		arena_calloc(arena, documents.len + bgp->peers + 1, sizeof(*out->resource));
	for (size_t i = 0; i < bgp->peers; i++) {
		const char *password = request->password ? request->password[i] : NULL;

		if (bgp->peer[i].password.form != PASSWORD_NONE)
			out->resource[out->resources++] = secret_value(arena, i, password);
	}
	for (size_t i = 0; i < documents.len; i++)
		out->resource[out->resources++] = documents.at[i];
	return 0;
}

/* A text as a YAML scalar on one line. */
static const struct value *quoted(struct arena *arena, const struct value *value)
{
	const struct json_style style = { .form = JSON_COMPACT };
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct str line SCOPED(str_done) = STR_INIT(TEXT_MAX);

	yaml_write(&text, value, &yaml_style_talos);
	json_write(&line, value_str(arena, str_text(&text)), &style);
	return value_str(arena, str_text(&line));
}

static int make_install(struct arena *arena, const struct cilium_request *request,
			struct cilium_made *out, struct err *err)
{
	struct map_builder *map = map_begin(arena);
	struct yaml_documents documents;

	put(map, arena, "version", request->cluster->cilium.version);
	put(map, arena, "verb", request->upgrade ? "upgrade" : "install");
	map_add(map, "kubeprism_port", value_of_int(arena, KUBEPRISM_PORT));
	map_add(map, "values_text", quoted(arena, out->values));
	if (templates_documents(&request->templates, arena, "cilium-install.yaml", map_end(map),
				&documents, err) < 0)
		return -1;
	out->install = documents.at;
	out->installs = documents.len;
	return 0;
}

int cilium_make(struct arena *arena, const struct cilium_request *request, struct cilium_made *out,
		struct err *err)
{
	struct cilium_made made = { 0 };

	if (make_values(arena, request, &made, err) < 0 ||
	    make_resources(arena, request, &made, err) < 0 ||
	    make_install(arena, request, &made, err) < 0)
		return -1;
	*out = made;
	return 0;
}
