/* What a node's settings mean in a machine config of any contract. */
#include "render/render_parts.h"

#include "base/ip.h"
#include "base/own.h"
#include "base/text.h"

#include <string.h>

static bool is_document(const struct value *element)
{
	return value_has(element, "kind");
}

const char *node_subnet(const struct rendering *r)
{
	char text[IP_TEXT_MAX];
	struct ip_prefix prefix;

	if (!r->cluster->has_node_cidr)
		return NULL;
	prefix = ip_prefix_masked(&r->cluster->node_cidr);
	return arena_str(r->arena, ip_prefix_text(&prefix, text));
}

/* An address has the length of the nodes' network when it lies in it, else it stands alone. */
static const char *with_length(const struct rendering *r, const char *address)
{
	struct ip ip;

	if (strchr(address, '/') || !ip_parse(address, &ip))
		return address;
	unsigned bits = ip.family == 6 ? 128 : 32;
	if (r->cluster->has_node_cidr && ip_prefix_has(&r->cluster->node_cidr, &ip))
		bits = r->cluster->node_cidr.bits;
	return arena_printf(r->arena, "%s/%u", address, bits);
}

static struct draft begin_draft(const struct rendering *r, const char *key)
{
	return (struct draft){ .arena = r->arena, .src = setting_src(r->cluster, r->node, key) };
}

static void put_addresses(const struct rendering *r, struct draft *link)
{
	struct list_builder *list = list_begin(r->arena);

	link->src = setting_src(r->cluster, r->node, "address");
	for (size_t i = 0; i < r->node->addresses; i++) {
		const struct value *text =
			value_str(r->arena, with_length(r, r->node->address[i]));
		list_add(list, value_with_src(r->arena, text, link->src));
	}
	draft_put(link, "addresses", list_end(list));
}

static void put_route(const struct rendering *r, struct draft *link)
{
	struct draft route = begin_draft(r, "node_default_gateway");
	struct list_builder *routes = list_begin(r->arena);

	if (!r->cluster->gateway)
		return;
	draft_text(&route, "network", strchr(r->cluster->gateway, ':') ? "::/0" : "0.0.0.0/0");
	draft_text(&route, "gateway", r->cluster->gateway);
	list_add(routes, route.root);
	link->src = route.src;
	draft_put(link, "routes", list_end(routes));
}

static struct src vip_src(const struct rendering *r)
{
	struct src src = setting_src(r->cluster, NULL, "vip");

	return src.file ? src : setting_src(r->cluster, NULL, "cluster_api_addr");
}

static void put_mtu(const struct rendering *r, struct draft *link)
{
	link->src = setting_src(r->cluster, r->node, "mtu");
	if (r->node->mtu)
		draft_number(link, "mtu", (int64_t)r->node->mtu);
}

/* Addresses, default route and virtual address: on the device, or on its VLAN when nodes are
 * tagged. */
static void put_link(const struct rendering *r, struct draft *link)
{
	put_addresses(r, link);
	put_route(r, link);
	put_mtu(r, link);
	if (node_is_control(r) && r->cluster->vip) {
		link->src = vip_src(r);
		draft_text(link, "vip.ip", r->cluster->vip);
	}
}

static const struct value *tagged(const struct rendering *r)
{
	struct draft link = begin_draft(r, "node_vlan_tag");
	uint64_t tag = 0;

	if (text_u64(r->cluster->vlan_tag, &tag))
		draft_number(&link, "vlanId", (int64_t)tag);
	put_link(r, &link);
	return link.root;
}

/* The elements of a setting that are not documents of their own. */
static void add_sections(struct list_builder *list, const struct value *elements)
{
	for (size_t i = 0; i < value_len(elements); i++) {
		if (!is_document(value_at(elements, i)))
			list_add(list, value_at(elements, i));
	}
}

static const struct value *main_vlans(const struct rendering *r)
{
	struct list_builder *list = list_begin(r->arena);

	if (r->cluster->vlan_tag)
		list_add(list, tagged(r));
	add_sections(list, r->node->vlans);
	return list_end(list);
}

static const struct value *device_by_address(const struct rendering *r)
{
	struct draft device = begin_draft(r, "mac_addr");

	draft_text(&device, "deviceSelector.hardwareAddr", r->node->mac_addr);
	draft_flag(&device, "dhcp", false);
	if (r->cluster->vlan_tag)
		put_mtu(r, &device);
	else
		put_link(r, &device);

	const struct value *vlans = main_vlans(r);
	device.src = (struct src){ NULL, 0, 0 };
	if (value_len(vlans))
		draft_put(&device, "vlans", vlans);
	return device.root;
}

/* What IPv6 networks have. */
#define LAN_BITS 64

/* A device that asks DHCP for IPv4 only would never have the node's IPv6 address. */
static void put_other_family(const struct rendering *r, struct draft *draft,
			     const struct value *device)
{
	struct list_builder *list = list_begin(r->arena);
	struct ip ip;

	if (value_has(device, "addresses") || !value_bool(value_get(device, "dhcp"), false) ||
	    value_bool(value_get(value_get(device, "dhcpOptions"), "ipv6"), false))
		return;
	draft->src = setting_src(r->cluster, r->node, "address");
	for (size_t i = 0; i < r->node->addresses; i++) {
		const char *address = r->node->address[i];

		if (ip_parse(address, &ip) && ip.family == 6)
			list_add(list, value_str(r->arena, arena_printf(r->arena, "%s/%d", address,
									LAN_BITS)));
	}
	const struct value *all = list_end(list);
	if (value_len(all))
		draft_put(draft, "addresses", all);
}

/* A device that the user wrote gets what belongs to all of them. */
static const struct value *first_device(const struct rendering *r, const struct value *device)
{
	struct draft draft = { .arena = r->arena, .root = device };
	struct list_builder *vlans = list_begin(r->arena);

	put_other_family(r, &draft, device);
	if (node_is_control(r) && r->cluster->vip && !value_has(device, "vip")) {
		draft.src = vip_src(r);
		draft_text(&draft, "vip.ip", r->cluster->vip);
	}
	draft.src = (struct src){ NULL, 0, 0 };
	add_sections(vlans, value_get(device, "vlans"));
	add_sections(vlans, r->node->vlans);
	const struct value *all = list_end(vlans);
	if (value_len(all))
		draft_put(&draft, "vlans", all);
	return draft.root;
}

const struct value *node_interfaces(const struct rendering *r)
{
	struct list_builder *list = list_begin(r->arena), *out = list_begin(r->arena);

	if (r->node->mac_addr)
		list_add(out, device_by_address(r));
	add_sections(list, r->node->interfaces);
	add_sections(list, r->node->bonds);
	const struct value *given = list_end(list);
	for (size_t i = 0; i < value_len(given); i++) {
		const struct value *device = value_at(given, i);
		bool first = i == 0 && !r->node->mac_addr;
		list_add(out, first ? first_device(r, device) : device);
	}
	const struct value *all = list_end(out);
	return value_len(all) ? all : NULL;
}

static void add_own(struct node_documents *documents, const struct value *elements,
		    const char *kind)
{
	struct arena *arena = documents->rendering->arena;

	for (size_t i = 0; i < value_len(elements); i++) {
		const struct value *element = value_at(elements, i);
		if (!is_document(element) && !kind)
			continue;
		if (!is_document(element))
			element = value_set(arena, element, "kind", value_str(arena, kind));
		if (!value_has(element, "apiVersion"))
			element = value_set(arena, element, "apiVersion",
					    value_str(arena, "v1alpha1"));
		node_document_raw(documents, element);
	}
}

void node_own_documents(struct node_documents *documents)
{
	const struct node *node = documents->rendering->node;

	add_own(documents, node->interfaces, NULL);
	add_own(documents, node->bonds, NULL);
	add_own(documents, node->vlans, NULL);
	add_own(documents, node->volumes, "UserVolumeConfig");
}

const struct value *node_encryption(const struct rendering *r)
{
	static const char *const forms[] = {
		[ENCRYPT_TPM] = "tpm",
		[ENCRYPT_NODE_ID] = "nodeID",
		[ENCRYPT_KMS] = "kms",
	};
	struct draft key = begin_draft(r, "encrypt_disk"), draft = key;
	struct list_builder *keys = list_begin(r->arena);

	draft_number(&key, "slot", 0);
	draft_section(&key, forms[r->node->encrypt]);
	if (r->node->encrypt == ENCRYPT_KMS)
		draft_text(&key, "kms.endpoint", r->node->kms);
	list_add(keys, key.root);
	draft_text(&draft, "provider", "luks2");
	draft_put(&draft, "keys", list_end(keys));
	return draft.root;
}
