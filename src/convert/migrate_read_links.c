/* Links by what they are, whichever form describes them: a device by its name or by what its
 * selector says, a VLAN by its parent and number. */
#include "convert/migrate_settings.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"
#include "render/schema.h"

#include <string.h>

#define LINKS "links"

struct pair {
	const char *document, *section;
};

/* clang-format off */
static const struct pair bond[] = {
	{ "bondMode", "mode" },
	{ "arpIpTargets", "arpIPTarget" },
	{ "resendIGMP", "resendIgmp" },
	{ "tlbLogicalLb", "tlbDynamicLb" },
	{ "peerNotifDelay", "peerNotifyDelay" },
};

static const char *const same_bond[] = {
	"miimon", "updelay", "downdelay", "useCarrier", "xmitHashPolicy", "arpInterval",
	"arpValidate", "arpAllTargets", "lacpRate", "failOverMac", "adSelect", "adActorSysPrio",
	"adUserPortKey", "primaryReselect", "minLinks", "lpInterval", "packetsPerSlave",
	"numPeerNotif", "allSlavesActive",
};

/* A term of a selector, the text around its pattern, and the field of v1alpha1. */
static const struct {
	const char *after, *field;
} terms[] = {
	{ ", mac(link.hardware_addr))", "hardwareAddr" },
	{ ", mac(link.permanent_addr))", "permanentAddr" },
	{ ", link.bus_path)", "busPath" },
	{ ", link.driver)", "driver" },
	{ ", link.pciid)", "pciID" },
	{ "link.type == 1", "physical" },
	{ "link.type != 1", "virtual" },
};
/* clang-format on */

static const struct value *links_of(const struct reading *r)
{
	const struct value *links = value_get(r->root, LINKS);

	return value_is_map(links) ? links : map_end(map_begin(r->arena));
}

static struct draft link_begin(const struct reading *r, const char *key)
{
	return (struct draft){ .arena = r->arena, .root = value_get(links_of(r), key) };
}

static void link_end(struct reading *r, const char *key, const struct draft *link)
{
	const struct value *root = link->root;

	if (!root)
		root = map_end(map_begin(r->arena));
	reading_put(r, LINKS, value_set(r->arena, links_of(r), key, root));
}

/* "hardwareAddr=aa:bb:*, driver=igb" */
static const char *selector_text(struct arena *arena, const struct value *selector)
{
	const char *out = "selector";

	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		const char *text = value_get_text(selector, terms[i].field);
		const struct value *physical = value_get(selector, "physical");

		if (text_equal(terms[i].field, "physical"))
			text = value_bool(physical, false) ? "yes" : NULL;
		else if (text_equal(terms[i].field, "virtual"))
			text = physical && !value_bool(physical, true) ? "yes" : NULL;
		if (!text_is_blank(text))
			out = arena_printf(arena, "%s %s=%s", out, terms[i].field, text);
	}
	return out;
}

static const char *match_text(struct arena *arena, const char *match)
{
	static const char glob[] = "glob(\"";
	const char *out = "selector";

	while (*match) {
		const char *end = strstr(match, " && ");
		const char *term = arena_strn(arena, match,
					      end ? (size_t)(end - match) : strlen(match));
		const char *text = NULL;

		for (size_t i = 0; i < ARRAY_LEN(terms) && !text; i++) {
			size_t around = strlen(glob) + 1 + strlen(terms[i].after);

			if (text_equal(term, terms[i].after))
				text = arena_printf(arena, "%s=yes", terms[i].field);
			else if (text_starts(term, glob) && text_ends(term, terms[i].after) &&
				 strlen(term) > around)
				text = arena_printf(arena, "%s=%.*s", terms[i].field,
						    (int)(strlen(term) - around),
						    term + strlen(glob));
		}
		out = arena_printf(arena, "%s %s", out, text ? text : term);
		match += strlen(term) + (end ? strlen(" && ") : 0);
	}
	return out;
}

/* The link that a document means by a name: an alias is what it selects, a VLAN is its parent's. */
static const char *key_of(const struct reading *r, const char *name, int depth)
{
	const struct document *alias = config_find(r->side->config, "LinkAliasConfig", name);
	const struct document *vlan = config_find(r->side->config, "VLANConfig", name);
	const struct value *selector = alias ? value_get(alias->value, "selector") : NULL;
	const char *match = value_get_text(selector, "match");

	if (match)
		return match_text(r->arena, match);
	if (vlan && depth) {
		const char *parent = value_get_text(vlan->value, "parent");
		const char *id = value_get_text(vlan->value, "vlanID");

		return arena_printf(r->arena, "%s vlan %s",
				    key_of(r, parent ? parent : "", depth - 1), id ? id : "");
	}
	return name;
}

static const struct value *with_bits(struct arena *arena, const struct value *address)
{
	const char *text = value_text(address);

	if (!text || strchr(text, '/'))
		return address;
	return value_with_src(arena,
			      value_strf(arena, "%s%s", text, strchr(text, ':') ? "/128" : "/32"),
			      value_src(address));
}

static const struct value *plain_addresses(struct arena *arena, const struct value *list)
{
	struct list_builder *out = list_begin(arena);

	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *address = value_at(list, i);

		if (value_is_map(address) && value_len(address) == 1)
			address = value_get(address, "address");
		list_add(out, with_bits(arena, address));
	}
	return list_end(out);
}

static const struct value *plain_routes(struct arena *arena, const struct value *list)
{
	static const char *const empty[] = { "metric", "mtu" };
	struct list_builder *out = list_begin(arena);

	for (size_t i = 0; i < value_len(list); i++) {
		struct draft route = { .arena = arena, .root = value_at(list, i) };
		const struct value *to = value_get(route.root, "network");

		if (to && !text_equal(value_text(to), "0.0.0.0/0") &&
		    !text_equal(value_text(to), "::/0") && !text_is_blank(value_text(to)))
			draft_put(&route, "destination", to);
		route.root = value_set(arena, route.root, "network", NULL);
		for (size_t k = 0; k < ARRAY_LEN(empty); k++)
			if (text_equal(value_get_text(route.root, empty[k]), "0"))
				route.root = value_set(arena, route.root, empty[k], NULL);
		if (text_is_blank(value_get_text(route.root, "source")))
			route.root = value_set(arena, route.root, "source", NULL);
		list_add(out, route.root);
	}
	return list_end(out);
}

static void read_dhcp(struct draft *link, const struct value *device)
{
	const struct value *options = value_get(device, "dhcpOptions");
	const char *metric = value_get_text(options, "routeMetric");

	if (!value_bool(value_get(device, "dhcp"), false))
		return;
	metric = text_is_blank(metric) ? "0" : metric;
	if (value_bool(value_get(options, "ipv4"), true))
		draft_text(link, "dhcp4.metric", metric);
	if (value_bool(value_get(options, "ipv6"), false))
		draft_text(link, "dhcp6.metric", metric);
}

static void read_common(struct draft *link, const struct value *device)
{
	struct list_builder *list = list_begin(link->arena);
	const struct value *addresses = value_get(device, "addresses");
	const struct value *vip = value_get(device, "vip");

	link->src = (struct src){ NULL, 0, 0 };
	if (!text_is_blank(value_get_text(device, "cidr")))
		list_add(list, value_get(device, "cidr"));
	for (size_t i = 0; i < value_len(addresses); i++)
		list_add(list, value_at(addresses, i));
	draft_put(link, "addresses", plain_addresses(link->arena, list_end(list)));
	draft_put(link, "routes", plain_routes(link->arena, value_get(device, "routes")));
	if (!text_equal(value_get_text(device, "mtu"), "0") && value_get(device, "mtu"))
		draft_put(link, "mtu", value_get(device, "mtu"));
	draft_put(link, "up",
		  value_with_src(link->arena, value_of_bool(link->arena, true),
				 value_src(device)));
	if (!text_is_blank(value_get_text(vip, "ip")))
		draft_put(link, "vip", vip);
	read_dhcp(link, device);
}

static void read_section(struct draft *link, const struct value *device, const char *name)
{
	const struct value *section = value_get(device, name);
	struct list_builder *members = list_begin(link->arena);
	const struct value *selectors = value_get(section, "deviceSelectors");
	const struct value *interfaces = value_get(section, "interfaces");

	if (!value_len(section))
		return;
	for (size_t i = 0; i < value_len(interfaces); i++)
		list_add(members, value_at(interfaces, i));
	for (size_t i = 0; i < value_len(selectors); i++)
		list_add(members, value_str(link->arena, selector_text(link->arena,
								       value_at(selectors, i))));
	section = value_set(link->arena, section, "deviceSelectors", NULL);
	draft_put(link, name, section);
	if (!text_equal(name, "wireguard"))
		draft_put(link, arena_printf(link->arena, "%s.interfaces", name),
			  list_end(members));
}

static void read_device(struct reading *r, const struct value *device)
{
	static const char *const sections[] = { "bond", "bridge", "wireguard" };
	static const char *const rest[] = { "ignore", "dummy", "bridgePort" };
	const struct value *selector = value_get(device, "deviceSelector");
	const struct value *vlans = value_get(device, "vlans");
	const char *key = value_get_text(device, "interface");
	struct draft link;

	if (value_len(selector))
		key = selector_text(r->arena, selector);
	key = key ? key : "";
	link = link_begin(r, key);
	read_common(&link, device);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		read_section(&link, device, sections[i]);
	for (size_t i = 0; i < ARRAY_LEN(rest); i++)
		if (value_len(value_get(device, rest[i])) ||
		    value_bool(value_get(device, rest[i]), false))
			draft_put(&link, rest[i], value_get(device, rest[i]));
	link_end(r, key, &link);
	for (size_t i = 0; i < value_len(vlans); i++) {
		const char *id = value_get_text(value_at(vlans, i), "vlanId");
		const char *name = arena_printf(r->arena, "%s vlan %s", key, id ? id : "");
		struct draft vlan = link_begin(r, name);

		read_common(&vlan, value_at(vlans, i));
		link_end(r, name, &vlan);
	}
}

void reading_devices(struct reading *r)
{
	static const char path[] = "machine.network.interfaces";
	const struct value *devices = reading_get(r, path);

	for (size_t i = 0; i < value_len(devices); i++)
		read_device(r, value_at(devices, i));
	reading_drop(r, path);
}

static const struct value *without_header(struct arena *arena, const struct value *value)
{
	static const char *const header[] = { "apiVersion", "kind", "name" };

	for (size_t i = 0; i < ARRAY_LEN(header); i++)
		value = value_set(arena, value, header[i], NULL);
	return value;
}

static const struct value *moved(struct arena *arena, const struct value *from, const char *key,
				 struct draft *to, const char *path)
{
	const struct value *value = value_get(from, key);

	if (!value)
		return from;
	draft_put(to, path, value);
	return value_set(arena, from, key, NULL);
}

static const struct value *member_keys(const struct reading *r, const struct value *links)
{
	struct list_builder *list = list_begin(r->arena);

	for (size_t i = 0; i < value_len(links); i++) {
		const char *name = value_text(value_at(links, i));

		list_add(list, value_str(r->arena, key_of(r, name ? name : "", 2)));
	}
	return list_end(list);
}

static const struct value *read_bond(const struct reading *r, const struct value *rest,
				     struct draft *link)
{
	draft_put(link, "bond.interfaces", member_keys(r, value_get(rest, "links")));
	rest = value_set(r->arena, rest, "links", NULL);
	for (size_t i = 0; i < ARRAY_LEN(bond); i++)
		rest = moved(r->arena, rest, bond[i].document, link,
			     arena_printf(r->arena, "bond.%s", bond[i].section));
	for (size_t i = 0; i < ARRAY_LEN(same_bond); i++)
		rest = moved(r->arena, rest, same_bond[i], link,
			     arena_printf(r->arena, "bond.%s", same_bond[i]));
	return rest;
}

static const struct value *read_bridge(const struct reading *r, const struct value *rest,
				       struct draft *link)
{
	const struct value *filtering = value_get(value_get(rest, "vlan"), "filtering");

	draft_put(link, "bridge.interfaces", member_keys(r, value_get(rest, "links")));
	rest = value_set(r->arena, rest, "links", NULL);
	rest = moved(r->arena, rest, "stp", link, "bridge.stp");
	if (filtering)
		draft_put(link, "bridge.vlan.vlanFiltering", filtering);
	return value_set(r->arena, rest, "vlan", NULL);
}

static const struct value *read_wireguard(const struct reading *r, const struct value *rest,
					  struct draft *link)
{
	static const char *const fields[] = { "privateKey", "listenPort", "firewallMark", "peers" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		rest = moved(r->arena, rest, fields[i], link,
			     arena_printf(r->arena, "wireguard.%s", fields[i]));
	return rest;
}

static void read_link(struct reading *r, const struct document *document)
{
	const char *key = key_of(r, document->name, 2);
	struct draft link = link_begin(r, key);
	const struct value *rest = without_header(r->arena, document->value);

	if (text_equal(document->kind, "BondConfig"))
		rest = read_bond(r, rest, &link);
	if (text_equal(document->kind, "BridgeConfig"))
		rest = read_bridge(r, rest, &link);
	if (text_equal(document->kind, "WireguardConfig"))
		rest = read_wireguard(r, rest, &link);
	if (text_equal(document->kind, "DummyLinkConfig"))
		draft_flag(&link, "dummy", true);
	if (text_equal(document->kind, "VLANConfig")) {
		rest = value_set(r->arena, rest, "vlanID", NULL);
		rest = value_set(r->arena, rest, "parent", NULL);
	}
	draft_put(&link, "addresses",
		  plain_addresses(r->arena, value_get(rest, "addresses")));
	draft_put(&link, "routes", plain_routes(r->arena, value_get(rest, "routes")));
	rest = value_set(r->arena, rest, "addresses", NULL);
	rest = value_set(r->arena, rest, "routes", NULL);
	link.root = value_merge(r->arena, link.root, rest);
	link_end(r, key, &link);
}

static void read_dhcp_document(struct reading *r, const struct document *document)
{
	const char *key = key_of(r, document->name, 2);
	bool six = text_equal(document->kind, "DHCPv6Config");
	struct draft link = link_begin(r, key);
	const struct value *rest = without_header(r->arena, document->value);
	const char *metric = value_get_text(rest, "routeMetric");
	const char *path = six ? "dhcp6" : "dhcp4";

	draft_text(&link, arena_printf(r->arena, "%s.metric", path),
		   text_is_blank(metric) ? "0" : metric);
	rest = value_set(r->arena, rest, "routeMetric", NULL);
	if (value_len(rest))
		draft_put(&link, arena_printf(r->arena, "%s.options", path), rest);
	link_end(r, key, &link);
}

static void read_vip(struct reading *r, const struct document *document)
{
	const char *name = value_get_text(document->value, "link");
	const struct value *token = value_get(document->value, "apiToken");
	const char *key = key_of(r, name ? name : "", 2);
	struct draft link = link_begin(r, key);

	draft_text(&link, "vip.ip", document->name);
	if (token)
		draft_put(&link, "vip.hcloud.apiToken", token);
	link_end(r, key, &link);
}

bool reading_link_document(struct reading *r, const struct document *document)
{
	static const struct {
		const char *kind;
		void (*read)(struct reading *reading, const struct document *document);
	} kinds[] = {
		{ "LinkConfig", read_link },
		{ "BondConfig", read_link },
		{ "BridgeConfig", read_link },
		{ "VLANConfig", read_link },
		{ "DummyLinkConfig", read_link },
		{ "WireguardConfig", read_link },
		{ "DHCPv4Config", read_dhcp_document },
		{ "DHCPv6Config", read_dhcp_document },
		{ "Layer2VIPConfig", read_vip },
		{ "HCloudVIPConfig", read_vip },
	};

	if (text_equal(document->kind, "LinkAliasConfig"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!text_equal(kinds[i].kind, document->kind))
			continue;
		kinds[i].read(r, document);
		return true;
	}
	return false;
}
