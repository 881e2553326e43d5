#include "render/link_documents.h"

#include "base/own.h"
#include "base/text.h"
#include "cel/cel.h"

#include <string.h>

struct pair {
	const char *from, *to;
};

/* clang-format off */
/* Terms of a device selector, in this order; %s is the pattern as a text. */
static const struct pair terms[] = {
	{ "hardwareAddr", "glob(%s, mac(link.hardware_addr))" },
	{ "permanentAddr", "glob(%s, mac(link.permanent_addr))" },
	{ "busPath", "glob(%s, link.bus_path)" },
	{ "driver", "glob(%s, link.driver)" },
	{ "pciID", "glob(%s, link.pciid)" },
};

static const struct pair bond_fields[] = {
	{ "mode", "bondMode" },
	{ "miimon", "miimon" },
	{ "updelay", "updelay" },
	{ "downdelay", "downdelay" },
	{ "useCarrier", "useCarrier" },
	{ "xmitHashPolicy", "xmitHashPolicy" },
	{ "arpInterval", "arpInterval" },
	{ "arpIPTarget", "arpIpTargets" },
	{ "arpValidate", "arpValidate" },
	{ "arpAllTargets", "arpAllTargets" },
	{ "lacpRate", "lacpRate" },
	{ "failOverMac", "failOverMac" },
	{ "adSelect", "adSelect" },
	{ "adActorSysPrio", "adActorSysPrio" },
	{ "adUserPortKey", "adUserPortKey" },
	{ "primaryReselect", "primaryReselect" },
	{ "resendIgmp", "resendIGMP" },
	{ "minLinks", "minLinks" },
	{ "lpInterval", "lpInterval" },
	{ "packetsPerSlave", "packetsPerSlave" },
	{ "numPeerNotif", "numPeerNotif" },
	{ "tlbDynamicLb", "tlbLogicalLb" },
	{ "allSlavesActive", "allSlavesActive" },
	{ "peerNotifyDelay", "peerNotifDelay" },
};
/* clang-format on */

/* What no document of a link has. */
static const struct {
	const char *section, *key; /* section NULL: of the device itself */
} without_document[] = {
	{ NULL, "ignore" },
	{ "bridgePort", "master" },
	{ "vip", "equinixMetal" },
	{ "dhcpOptions", "duidv6" },
	{ "bond", "adActorSystem" },
	{ "bond", "primary" },
};

static bool is_unspeakable(const struct value *device)
{
	for (size_t i = 0; i < ARRAY_LEN(without_document); i++) {
		const char *section = without_document[i].section;
		const struct value *map = section ? value_get(device, section) : device;
		const struct value *value = value_get(map, without_document[i].key);
		const char *text = value_text(value);

		if (value_len(value) ||
		    (!text_is_blank(text) && !text_equal(text, "false")))
			return true;
	}
	return false;
}

bool link_documents_can(const struct value *devices)
{
	for (size_t i = 0; i < value_len(devices); i++) {
		const struct value *device = value_at(devices, i);
		const struct value *vlans = value_get(device, "vlans");

		if (is_unspeakable(device))
			return false;
		for (size_t k = 0; k < value_len(vlans); k++)
			if (is_unspeakable(value_at(vlans, k)))
				return false;
	}
	return true;
}

static struct link_document *find(const struct link_documents *links, const char *kind,
				  const char *name)
{
	for (size_t i = 0; i < links->len; i++)
		if (text_equal(links->at[i].kind, kind) && text_equal(links->at[i].name, name))
			return &links->at[i];
	return NULL;
}

static void put(struct link_documents *links, const char *kind, const char *name,
		const char *path, const struct value *value)
{
	struct link_document *there = find(links, kind, name);

	if (!there) {
		links->at = arena_grow(links->arena, links->at, links->len, &links->cap,
				       sizeof(*links->at));
		there = &links->at[links->len++];
		*there = (struct link_document){ .kind = kind, .name = name };
		draft_start(&there->document, links->arena, kind, name);
	}
	draft_put(&there->document, path, value);
}

static void add_address(struct link_documents *links, struct list_builder *list,
			const struct value *address)
{
	struct draft draft = { .arena = links->arena };
	const char *text = value_text(address);

	if (text_is_blank(text))
		return;
	if (!strchr(text, '/'))
		address = value_with_src(links->arena,
					 value_strf(links->arena, "%s/%d", text,
						    strchr(text, ':') ? 128 : 32),
					 value_src(address));
	draft_put(&draft, "address", address);
	list_add(list, draft.root);
}

static void put_addresses(struct link_documents *links, const char *kind, const char *name,
			  const struct value *device)
{
	struct list_builder *list = list_begin(links->arena);
	const struct value *addresses = value_get(device, "addresses");

	add_address(links, list, value_get(device, "cidr"));
	for (size_t i = 0; i < value_len(addresses); i++)
		add_address(links, list, value_at(addresses, i));
	addresses = list_end(list);
	if (value_len(addresses))
		put(links, kind, name, "addresses", addresses);
}

static bool is_default_route(const char *network)
{
	return text_is_blank(network) || text_equal(network, "0.0.0.0/0") ||
	       text_equal(network, "::/0");
}

static void put_routes(struct link_documents *links, const char *kind, const char *name,
		       const struct value *device)
{
	static const char *const fields[] = { "gateway", "source", "metric", "mtu" };
	struct list_builder *list = list_begin(links->arena);
	const struct value *routes = value_get(device, "routes");

	for (size_t i = 0; i < value_len(routes); i++) {
		const struct value *route = value_at(routes, i);
		struct draft draft = { .arena = links->arena };

		if (!is_default_route(value_get_text(route, "network")))
			draft_put(&draft, "destination", value_get(route, "network"));
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			if (!text_is_blank(value_get_text(route, fields[k])))
				draft_put(&draft, fields[k], value_get(route, fields[k]));
		if (draft.root)
			list_add(list, draft.root);
	}
	routes = list_end(list);
	if (value_len(routes))
		put(links, kind, name, "routes", routes);
}

static void put_dhcp(struct link_documents *links, const char *name, const struct value *device)
{
	static const char *const kinds[] = { "DHCPv4Config", "DHCPv6Config" };
	const struct value *options = value_get(device, "dhcpOptions");
	const struct value *metric = value_get(options, "routeMetric");
	const bool wanted[] = { value_bool(value_get(options, "ipv4"), true),
				value_bool(value_get(options, "ipv6"), false) };

	for (size_t i = 0; value_bool(value_get(device, "dhcp"), false) && i < ARRAY_LEN(kinds);
	     i++) {
		if (!wanted[i])
			continue;
		put(links, kinds[i], name, "name",
		    value_with_src(links->arena, value_str(links->arena, name), value_src(device)));
		if (metric && !text_equal(value_text(metric), "0"))
			put(links, kinds[i], name, "routeMetric", metric);
	}
}

static void put_vip(struct link_documents *links, const char *name, const struct value *device)
{
	const struct value *vip = value_get(device, "vip");
	const struct value *token = value_get(value_get(vip, "hcloud"), "apiToken");
	const char *address = value_get_text(vip, "ip");
	const char *kind = token ? "HCloudVIPConfig" : "Layer2VIPConfig";

	if (text_is_blank(address))
		return;
	put(links, kind, address, "link",
	    value_with_src(links->arena, value_str(links->arena, name), value_src(vip)));
	if (token)
		put(links, kind, address, "apiToken", token);
}

/* What devices and their VLANs have in common. A device of v1alpha1 is always brought up. */
static void put_link(struct link_documents *links, const char *kind, const char *name,
		     const struct value *device)
{
	const struct value *mtu = value_get(device, "mtu");

	put(links, kind, name, "up",
	    value_with_src(links->arena, value_of_bool(links->arena, true), value_src(device)));
	if (mtu && !text_equal(value_text(mtu), "0"))
		put(links, kind, name, "mtu", mtu);
	put_addresses(links, kind, name, device);
	put_routes(links, kind, name, device);
	put_dhcp(links, name, device);
	put_vip(links, name, device);
}

static void put_vlans(struct link_documents *links, const char *parent, const struct value *vlans)
{
	static const char kind[] = "VLANConfig";

	for (size_t i = 0; i < value_len(vlans); i++) {
		const struct value *vlan = value_at(vlans, i);
		const char *id = value_get_text(vlan, "vlanId");
		const char *name = arena_printf(links->arena, "%s.%s", parent, id ? id : "0");

		put(links, kind, name, "vlanID", value_get(vlan, "vlanId"));
		put(links, kind, name, "parent", value_str(links->arena, parent));
		put_link(links, kind, name, vlan);
	}
}

static void put_alias(struct link_documents *links, const char *name, const struct value *selector)
{
	const char *match = NULL;
	const struct value *physical = value_get(selector, "physical");

	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		const char *pattern = value_get_text(selector, terms[i].from);
		const char *hole = strstr(terms[i].to, "%s");

		if (text_is_blank(pattern))
			continue;
		match = arena_printf(links->arena, "%s%s%.*s%s%s", match ? match : "",
				     match ? " && " : "", (int)(hole - terms[i].to), terms[i].to,
				     cel_quote(links->arena, pattern), hole + 2);
	}
	if (physical)
		match = arena_printf(links->arena, "%s%slink.type %s 1", match ? match : "",
				     match ? " && " : "",
				     value_bool(physical, false) ? "==" : "!=");
	if (match)
		put(links, "LinkAliasConfig", name, "selector.match",
		    value_with_src(links->arena, value_str(links->arena, match),
				   value_src(selector)));
}

static void put_members(struct link_documents *links, const char *kind, const char *name,
			const struct value *section)
{
	const struct value *selectors = value_get(section, "deviceSelectors");
	const struct value *interfaces = value_get(section, "interfaces");
	struct list_builder *members = list_begin(links->arena);

	for (size_t i = 0; i < value_len(interfaces); i++)
		list_add(members, value_at(interfaces, i));
	for (size_t i = 0; i < value_len(selectors); i++) {
		const char *alias = arena_printf(links->arena, "%s-m%zu", name, i);

		put_alias(links, alias, value_at(selectors, i));
		list_add(members, value_str(links->arena, alias));
	}
	put(links, kind, name, "links", list_end(members));
}

static void put_bond(struct link_documents *links, const char *name, const struct value *bond)
{
	put_members(links, "BondConfig", name, bond);
	for (size_t i = 0; i < ARRAY_LEN(bond_fields); i++) {
		const struct value *value = value_get(bond, bond_fields[i].from);

		if (value && (value_len(value) || value_text(value)))
			put(links, "BondConfig", name, bond_fields[i].to, value);
	}
}

static void put_bridge(struct link_documents *links, const char *name, const struct value *bridge)
{
	const struct value *stp = value_get(value_get(bridge, "stp"), "enabled");
	const struct value *filtering = value_get(value_get(bridge, "vlan"), "vlanFiltering");

	put_members(links, "BridgeConfig", name, bridge);
	if (stp)
		put(links, "BridgeConfig", name, "stp.enabled", stp);
	if (filtering)
		put(links, "BridgeConfig", name, "vlan.filtering", filtering);
}

static void put_wireguard(struct link_documents *links, const char *name,
			  const struct value *wireguard)
{
	static const char *const fields[] = { "privateKey", "listenPort", "firewallMark", "peers" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (value_get(wireguard, fields[i]))
			put(links, "WireguardConfig", name, fields[i],
			    value_get(wireguard, fields[i]));
}

static const char *kind_of(const struct value *device)
{
	static const struct pair kinds[] = {
		{ "bond", "BondConfig" },
		{ "bridge", "BridgeConfig" },
		{ "wireguard", "WireguardConfig" },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (value_len(value_get(device, kinds[i].from)))
			return kinds[i].to;
	return value_bool(value_get(device, "dummy"), false) ? "DummyLinkConfig" : "LinkConfig";
}

/* The name of a device, or of an alias for what its selector finds. */
static const char *name_of(struct link_documents *links, const struct value *device)
{
	const struct value *selector = value_get(device, "deviceSelector");
	const char *name = value_get_text(device, "interface");

	if (!value_len(selector))
		return name;
	for (unsigned i = 0; text_is_blank(name); i++) {
		const char *alias = arena_printf(links->arena, "ethSel%u", i);

		if (!find(links, "LinkAliasConfig", alias) && !value_has(links->taken, alias))
			name = alias;
	}
	put_alias(links, name, selector);
	return name;
}

void link_documents_add(struct link_documents *links, const struct value *devices)
{
	for (size_t i = 0; value_is_list(devices) && i < value_len(devices); i++) {
		const struct value *device = value_at(devices, i);
		const char *name = name_of(links, device);
		const char *kind = kind_of(device);

		if (text_is_blank(name))
			continue;
		if (text_equal(kind, "BondConfig"))
			put_bond(links, name, value_get(device, "bond"));
		if (text_equal(kind, "BridgeConfig"))
			put_bridge(links, name, value_get(device, "bridge"));
		if (text_equal(kind, "WireguardConfig"))
			put_wireguard(links, name, value_get(device, "wireguard"));
		put_link(links, kind, name, device);
		put_vlans(links, name, value_get(device, "vlans"));
	}
}
