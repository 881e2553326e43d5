/* Network devices of the main document as documents of links. */
#include "convert/migrate_parts.h"

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
static const char *const without_document[] = {
	"ignore",
	"bridgePort.master",
	"vip.equinixMetal",
	"dhcpOptions.duidv6",
	"bond.adActorSystem",
	"bond.primary",
};

static bool is_unspeakable(const struct value *device)
{
	for (size_t i = 0; i < ARRAY_LEN(without_document); i++) {
		const struct value *value = main_get(device, without_document[i]);
		const char *text = value_text(value);

		if (value_len(value) ||
		    (!text_is_blank(text) && !text_equal(text, "false")))
			return true;
	}
	return false;
}

bool block_links(const struct value *main, const struct value *value)
{
	(void)main;
	for (size_t i = 0; i < value_len(value); i++) {
		const struct value *device = value_at(value, i);
		const struct value *vlans = value_get(device, "vlans");
		bool blocks = is_unspeakable(device);

		for (size_t k = 0; k < value_len(vlans); k++)
			blocks = blocks || is_unspeakable(value_at(vlans, k));
		if (blocks)
			return true;
	}
	return false;
}

static void add_address(struct conversion *c, struct list_builder *list,
			const struct value *address)
{
	struct draft draft = { .arena = c->arena };
	const char *text = value_text(address);

	if (text_is_blank(text))
		return;
	if (!strchr(text, '/'))
		address = value_with_src(c->arena,
					 value_strf(c->arena, "%s/%d", text,
						    strchr(text, ':') ? 128 : 32),
					 value_src(address));
	draft_put(&draft, "address", address);
	list_add(list, draft.root);
}

static void put_addresses(struct conversion *c, const char *kind, const char *name,
			  const struct value *device)
{
	struct list_builder *list = list_begin(c->arena);
	const struct value *addresses = value_get(device, "addresses");

	add_address(c, list, value_get(device, "cidr"));
	for (size_t i = 0; i < value_len(addresses); i++)
		add_address(c, list, value_at(addresses, i));
	addresses = list_end(list);
	if (value_len(addresses))
		made_set(&c->made, kind, name, "addresses", addresses);
}

static bool is_default_route(const char *network)
{
	return text_is_blank(network) || text_equal(network, "0.0.0.0/0") ||
	       text_equal(network, "::/0");
}

static void put_routes(struct conversion *c, const char *kind, const char *name,
		       const struct value *device)
{
	static const char *const fields[] = { "gateway", "source", "metric", "mtu" };
	struct list_builder *list = list_begin(c->arena);
	const struct value *routes = value_get(device, "routes");

	for (size_t i = 0; i < value_len(routes); i++) {
		const struct value *route = value_at(routes, i);
		struct draft draft = { .arena = c->arena };

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
		made_set(&c->made, kind, name, "routes", routes);
}

static void put_dhcp(struct conversion *c, const char *name, const struct value *device)
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
		made_set(&c->made, kinds[i], name, "name",
			 value_with_src(c->arena, value_str(c->arena, name), value_src(device)));
		if (metric && !text_equal(value_text(metric), "0"))
			made_set(&c->made, kinds[i], name, "routeMetric", metric);
	}
}

static void put_vip(struct conversion *c, const char *name, const struct value *device)
{
	const struct value *vip = value_get(device, "vip");
	const struct value *token = main_get(vip, "hcloud.apiToken");
	const char *address = value_get_text(vip, "ip");
	const char *kind = token ? "HCloudVIPConfig" : "Layer2VIPConfig";

	if (text_is_blank(address))
		return;
	made_set(&c->made, kind, address, "link",
		 value_with_src(c->arena, value_str(c->arena, name), value_src(vip)));
	if (token)
		made_set(&c->made, kind, address, "apiToken", token);
}

/* What devices and their VLANs have in common. A device of v1alpha1 is always brought up. */
static void put_link(struct conversion *c, const char *kind, const char *name,
		     const struct value *device)
{
	const struct value *mtu = value_get(device, "mtu");

	made_set(&c->made, kind, name, "up",
		 value_with_src(c->arena, value_of_bool(c->arena, true), value_src(device)));
	if (mtu && !text_equal(value_text(mtu), "0"))
		made_set(&c->made, kind, name, "mtu", mtu);
	put_addresses(c, kind, name, device);
	put_routes(c, kind, name, device);
	put_dhcp(c, name, device);
	put_vip(c, name, device);
}

static void put_vlans(struct conversion *c, const char *parent, const struct value *vlans)
{
	static const char kind[] = "VLANConfig";

	for (size_t i = 0; i < value_len(vlans); i++) {
		const struct value *vlan = value_at(vlans, i);
		const char *id = value_get_text(vlan, "vlanId");
		const char *name = arena_printf(c->arena, "%s.%s", parent, id ? id : "0");

		made_set(&c->made, kind, name, "vlanID", value_get(vlan, "vlanId"));
		made_set(&c->made, kind, name, "parent", value_str(c->arena, parent));
		put_link(c, kind, name, vlan);
	}
}

static void put_alias(struct conversion *c, const char *name, const struct value *selector)
{
	const char *match = NULL;
	const struct value *physical = value_get(selector, "physical");

	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		const char *pattern = value_get_text(selector, terms[i].from);
		const char *hole = strstr(terms[i].to, "%s");

		if (text_is_blank(pattern))
			continue;
		match = arena_printf(c->arena, "%s%s%.*s%s%s", match ? match : "",
				     match ? " && " : "", (int)(hole - terms[i].to), terms[i].to,
				     cel_quote(c->arena, pattern), hole + 2);
	}
	if (physical)
		match = arena_printf(c->arena, "%s%slink.type %s 1", match ? match : "",
				     match ? " && " : "",
				     value_bool(physical, false) ? "==" : "!=");
	if (match)
		made_set(&c->made, "LinkAliasConfig", name, "selector.match",
			 value_with_src(c->arena, value_str(c->arena, match),
					value_src(selector)));
}

static void put_members(struct conversion *c, const char *kind, const char *name,
			const struct value *section)
{
	const struct value *selectors = value_get(section, "deviceSelectors");
	const struct value *interfaces = value_get(section, "interfaces");
	struct list_builder *links = list_begin(c->arena);

	for (size_t i = 0; i < value_len(interfaces); i++)
		list_add(links, value_at(interfaces, i));
	for (size_t i = 0; i < value_len(selectors); i++) {
		const char *alias = arena_printf(c->arena, "%s-m%zu", name, i);

		put_alias(c, alias, value_at(selectors, i));
		list_add(links, value_str(c->arena, alias));
	}
	made_set(&c->made, kind, name, "links", list_end(links));
}

static void put_bond(struct conversion *c, const char *name, const struct value *bond)
{
	put_members(c, "BondConfig", name, bond);
	for (size_t i = 0; i < ARRAY_LEN(bond_fields); i++) {
		const struct value *value = value_get(bond, bond_fields[i].from);

		if (value && (value_len(value) || value_text(value)))
			made_set(&c->made, "BondConfig", name, bond_fields[i].to, value);
	}
}

static void put_bridge(struct conversion *c, const char *name, const struct value *bridge)
{
	const struct value *stp = main_get(bridge, "stp.enabled");
	const struct value *filtering = main_get(bridge, "vlan.vlanFiltering");

	put_members(c, "BridgeConfig", name, bridge);
	if (stp)
		made_set(&c->made, "BridgeConfig", name, "stp.enabled", stp);
	if (filtering)
		made_set(&c->made, "BridgeConfig", name, "vlan.filtering", filtering);
}

static void put_wireguard(struct conversion *c, const char *name, const struct value *wireguard)
{
	static const char *const fields[] = { "privateKey", "listenPort", "firewallMark", "peers" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (value_get(wireguard, fields[i]))
			made_set(&c->made, "WireguardConfig", name, fields[i],
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
static const char *name_of(struct conversion *c, const struct value *device)
{
	const struct value *selector = value_get(device, "deviceSelector");
	const char *name = value_get_text(device, "interface");

	if (!value_len(selector))
		return name;
	for (unsigned i = 0; text_is_blank(name); i++) {
		const char *alias = arena_printf(c->arena, "ethSel%u", i);

		if (!made_find(&c->made, "LinkAliasConfig", alias))
			name = alias;
	}
	put_alias(c, name, selector);
	return name;
}

void put_links(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	(void)row;
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *device = value_at(value, i);
		const char *name = name_of(c, device);
		const char *kind = kind_of(device);

		if (text_is_blank(name))
			continue;
		if (text_equal(kind, "BondConfig"))
			put_bond(c, name, value_get(device, "bond"));
		if (text_equal(kind, "BridgeConfig"))
			put_bridge(c, name, value_get(device, "bridge"));
		if (text_equal(kind, "WireguardConfig"))
			put_wireguard(c, name, value_get(device, "wireguard"));
		put_link(c, kind, name, device);
		put_vlans(c, name, value_get(device, "vlans"));
	}
}
