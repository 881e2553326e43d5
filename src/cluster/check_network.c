#include "cluster/check.h"

#include "base/ip.h"
#include "base/map.h"
#include "base/text.h"
#include "tree/path.h"

#include <string.h>

/* A network somebody named, or a default. */
struct network {
	const char *key, *path;
	struct ip_prefix prefix;
	struct src src;
	bool given;
};

enum address_role {
	ADDRESS_API,
	ADDRESS_VIP,
	ADDRESS_ROUTER,	 /* the nodes' default gateway */
	ADDRESS_GATEWAY, /* of services, announced by the cluster */
	ADDRESS_NODE,
};

struct address {
	enum address_role role;
	struct ip ip;
	const char *path, *owner;
	struct src src;
	size_t node; /* ADDRESS_NODE: its index */
	bool first;  /* ADDRESS_NODE: the one we talk to */
};

#define NETWORKS_MAX 5 /* the nodes', and two for pods and for services */

struct plan_of_network {
	struct draft *draft;
	struct network network[NETWORKS_MAX];
	size_t networks;
	struct address *address;
	size_t addresses, cap;
	struct ip_prefix nodes; /* node_cidr */
	bool has_nodes, bgp;
};

static void add_network(struct plan_of_network *plan, const char *key, const char *path,
			const char *text, const struct value *value)
{
	struct network network = { .key = key, .path = path, .given = value != NULL };

	if (plan->networks == NETWORKS_MAX || !ip_prefix_parse(text, &network.prefix))
		return;
	network.src = value ? value_src(value) : check_place(plan->draft, key);
	plan->network[plan->networks++] = network;
}

/* One or two, of different families. */
static void add_networks(struct plan_of_network *plan, const char *key, const struct texts *texts,
			 const char *standard)
{
	struct draft *draft = plan->draft;
	struct ip_prefix a, b;
	bool many = texts->len > 2;

	if (!value_has(draft->cluster_raw, key)) {
		add_network(plan, key, key, standard, NULL);
		return;
	}
	if (value_is_list(value_get(draft->cluster_raw, key)) && texts->len == 0 &&
	    value_len(value_get(draft->cluster_raw, key)) == 0)
		finding_add(draft->findings, FINDING_ERROR, "empty", check_place(draft, key), key,
			    "%s is empty", key);
	for (size_t i = 0; i < texts->len && i < 2; i++) {
		const char *path = texts->len > 1 ? path_index(draft->arena, key, i) : key;

		add_network(plan, key, path, texts->at[i], texts->value[i]);
	}
	if (texts->len == 2 && ip_prefix_parse(texts->at[0], &a) &&
	    ip_prefix_parse(texts->at[1], &b))
		many = a.base.family == b.base.family;
	if (!many)
		return;
	finding_add(draft->findings, FINDING_ERROR, "one-per-family", check_place(draft, key), key,
		    "%s takes one network, or one of IPv4 and one of IPv6", key);
}

static void check_overlap(struct plan_of_network *plan, const struct network *a,
			  const struct network *b)
{
	const struct network *at = b->given ? b : a;
	char left[IP_TEXT_MAX], right[IP_TEXT_MAX];

	if (strcmp(a->key, b->key) == 0 || !ip_prefix_overlaps(&a->prefix, &b->prefix))
		return;
	finding_add(plan->draft->findings, FINDING_ERROR, "cidr-overlap", at->src, at->path,
		    "%s %s%s overlaps %s %s%s", a->key, ip_prefix_text(&a->prefix, left),
		    a->given ? "" : " (the default)", b->key, ip_prefix_text(&b->prefix, right),
		    b->given ? "" : " (the default)");
	finding_hint(plan->draft->findings, "choose networks that have no address in common");
}

static bool has_family(const struct plan_of_network *plan, const char *key, uint8_t family)
{
	for (size_t i = 0; i < plan->networks; i++)
		if (strcmp(plan->network[i].key, key) == 0 &&
		    plan->network[i].prefix.base.family == family)
			return true;
	return false;
}

static void check_families(struct plan_of_network *plan)
{
	static const char *const keys[] = { "cluster_pod_cidr", "cluster_svc_cidr" };

	for (size_t i = 0; i < plan->networks; i++) {
		const struct network *network = &plan->network[i];
		size_t mine = strcmp(network->key, keys[1]) == 0;

		if (strcmp(network->key, keys[mine]) != 0 ||
		    has_family(plan, keys[!mine], network->prefix.base.family))
			continue;
		finding_add(plan->draft->findings, FINDING_ERROR, "family-mismatch", network->src,
			    network->path, "%s has IPv%u, but %s has not", network->key,
			    network->prefix.base.family, keys[!mine]);
	}
}

static void check_networks(struct plan_of_network *plan)
{
	const struct cluster_input *in = &plan->draft->in;

	if (in->node_cidr)
		add_network(plan, "node_cidr", "node_cidr", in->node_cidr,
			    value_get(plan->draft->cluster_raw, "node_cidr"));
	plan->has_nodes = plan->networks > 0;
	plan->nodes = plan->network[0].prefix;
	add_networks(plan, "cluster_pod_cidr", &in->cluster_pod_cidr, "10.42.0.0/16");
	add_networks(plan, "cluster_svc_cidr", &in->cluster_svc_cidr, "10.43.0.0/16");
	for (size_t i = 0; i < plan->networks; i++)
		for (size_t j = i + 1; j < plan->networks; j++)
			check_overlap(plan, &plan->network[i], &plan->network[j]);
	check_families(plan);
}

static void add_address(struct plan_of_network *plan, const struct address *address,
			const char *text)
{
	struct address copy = *address;

	if (!text || !ip_parse(text, &copy.ip))
		return;
	plan->address = arena_grow(plan->draft->arena, plan->address, plan->addresses, &plan->cap,
				   sizeof(*plan->address));
	plan->address[plan->addresses++] = copy;
}

static void collect_nodes(struct plan_of_network *plan)
{
	struct draft *draft = plan->draft;

	for (size_t i = 0; i < draft->nodes; i++) {
		const struct node_input *node = &draft->node[i];
		const char *path = check_node_path(draft, i, "address");

		for (size_t j = 0; j < node->address.len; j++) {
			const struct address address = {
				.role = ADDRESS_NODE,
				.path = node->address.len > 1 ? path_index(draft->arena, path, j)
							      : path,
				.owner = arena_printf(draft->arena, "nodes[%zu] (%s)", i,
						      node->name ? node->name : "without a name"),
				.src = value_src(node->address.value[j]),
				.node = i,
				.first = j == 0,
			};

			add_address(plan, &address, node->address.at[j]);
		}
	}
}

static void add_default_gateway(struct plan_of_network *plan)
{
	const struct address address = {
		.role = ADDRESS_ROUTER,
		.path = "node_default_gateway",
		.owner = "node_default_gateway (the first host of node_cidr)",
		.src = check_place(plan->draft, "node_cidr"),
	};
	struct ip ip;

	if (plan->has_nodes && !value_has(plan->draft->cluster_raw, "node_default_gateway") &&
	    ip_prefix_nth(&plan->nodes, 1, &ip)) {
		char text[IP_TEXT_MAX];

		add_address(plan, &address, ip_text(&ip, text));
	}
}

static void collect_addresses(struct plan_of_network *plan)
{
	const struct cluster_input *in = &plan->draft->in;
	const struct {
		const char *key, *text;
		enum address_role role;
	} known[] = {
		{ "node_default_gateway", in->node_default_gateway, ADDRESS_ROUTER },
		{ "cluster_api_addr", in->cluster_api_addr, ADDRESS_API },
		{ "vip", in->vip, ADDRESS_VIP },
		{ "cluster_gateway_addr", in->cluster_gateway_addr, ADDRESS_GATEWAY },
		{ "cluster_dns_gateway_addr", in->cluster_dns_gateway_addr, ADDRESS_GATEWAY },
		{ "cloudflare_gateway_addr", in->cloudflare_gateway_addr, ADDRESS_GATEWAY },
	};

	if (!in->node_default_gateway)
		add_default_gateway(plan);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct address address = {
			.role = known[i].role,
			.path = known[i].key,
			.owner = known[i].key,
			.src = check_place(plan->draft, known[i].key),
		};

		add_address(plan, &address, known[i].text);
	}
	collect_nodes(plan);
}

/* The API may have the address of the only control plane, and of the virtual address. */
static bool may_share(const struct plan_of_network *plan, const struct address *a,
		      const struct address *b)
{
	const struct draft *draft = plan->draft;

	if (a->role == ADDRESS_API && b->role == ADDRESS_VIP)
		return true;
	return a->role == ADDRESS_API && b->role == ADDRESS_NODE &&
	       check_controllers(draft) == 1 &&
	       draft->node[b->node].settings.controller == TRI_TRUE;
}

static void check_unique(struct plan_of_network *plan)
{
	struct map *seen = map_new(plan->draft->arena);
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < plan->addresses; i++) {
		struct address *address = &plan->address[i];
		const struct address *other = map_get(seen, ip_text(&address->ip, text));

		if (!other) {
			map_put(seen, text, address);
			continue;
		}
		if (may_share(plan, other, address))
			continue;
		finding_add(plan->draft->findings, FINDING_ERROR, "duplicate-address", address->src,
			    address->path, "%s and %s both have the address %s", other->owner,
			    address->owner, text);
		finding_hint(plan->draft->findings, "%s is in %s:%u", other->owner, other->src.file,
			     other->src.line);
	}
}

static bool must_be_inside(const struct plan_of_network *plan, const struct address *address)
{
	if (address->role == ADDRESS_GATEWAY)
		return !plan->bgp;
	if (address->role == ADDRESS_NODE && !address->first)
		return address->ip.family == plan->nodes.base.family;
	return true;
}

static void check_inside(struct plan_of_network *plan, const struct address *address)
{
	char text[IP_TEXT_MAX], nodes[IP_TEXT_MAX];

	if (!plan->has_nodes || !must_be_inside(plan, address) ||
	    ip_prefix_has(&plan->nodes, &address->ip))
		return;
	finding_add(plan->draft->findings, FINDING_ERROR, "address-outside", address->src,
		    address->path, "the address %s of %s is outside node_cidr %s",
		    ip_text(&address->ip, text), address->owner,
		    ip_prefix_text(&plan->nodes, nodes));
	if (address->role == ADDRESS_GATEWAY)
		finding_hint(plan->draft->findings,
			     "only with BGP (the three cilium_bgp keys) can it be elsewhere");
}

/* The first address names the network itself; the last one of IPv4 is the broadcast address. */
static bool is_network_end(const struct ip_prefix *network, const struct ip *ip, const char **what)
{
	unsigned width = network->base.family == 4 ? 32 : 128;
	struct ip_prefix masked = ip_prefix_masked(network);
	struct ip last;

	if (network->bits + 1 >= width)
		return false;
	*what = "network";
	if (ip_equal(ip, &masked.base))
		return true;
	*what = "broadcast";
	return network->base.family == 4 &&
	       ip_prefix_nth(&masked, (UINT64_C(1) << (32 - network->bits)) - 1, &last) &&
	       ip_equal(ip, &last);
}

static void check_ends(struct plan_of_network *plan, const struct address *address)
{
	char text[IP_TEXT_MAX], nodes[IP_TEXT_MAX];
	const char *what;

	if (!plan->has_nodes || !is_network_end(&plan->nodes, &address->ip, &what))
		return;
	finding_add(plan->draft->findings, FINDING_ERROR, "network-address", address->src,
		    address->path, "the address %s of %s is the %s address of node_cidr %s",
		    ip_text(&address->ip, text), address->owner, what,
		    ip_prefix_text(&plan->nodes, nodes));
}

/* Where the networks overlap, that is the fault to tell of. */
static bool is_overlap(const struct plan_of_network *plan, const struct network *network,
		       const struct address *address)
{
	return plan->has_nodes && ip_prefix_overlaps(&plan->nodes, &network->prefix) &&
	       ip_prefix_has(&plan->nodes, &address->ip);
}

static void check_not_in_cluster(struct plan_of_network *plan, const struct address *address)
{
	char text[IP_TEXT_MAX], inside[IP_TEXT_MAX];

	for (size_t i = 0; i < plan->networks; i++) {
		const struct network *network = &plan->network[i];

		if (strcmp(network->key, "node_cidr") == 0 ||
		    !ip_prefix_has(&network->prefix, &address->ip) ||
		    is_overlap(plan, network, address))
			continue;
		finding_add(plan->draft->findings, FINDING_ERROR, "address-in-cluster",
			    address->src, address->path, "the address %s of %s is inside %s %s",
			    ip_text(&address->ip, text), address->owner, network->key,
			    ip_prefix_text(&network->prefix, inside));
	}
}

void check_network(struct draft *draft)
{
	struct plan_of_network plan = { .draft = draft, .bgp = bgp_is_wanted(draft) };

	check_networks(&plan);
	collect_addresses(&plan);
	check_unique(&plan);
	for (size_t i = 0; i < plan.addresses; i++) {
		check_inside(&plan, &plan.address[i]);
		check_ends(&plan, &plan.address[i]);
		check_not_in_cluster(&plan, &plan.address[i]);
	}
}
