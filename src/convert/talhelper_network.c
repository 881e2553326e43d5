#include "convert/talhelper_network.h"

#include "base/ip.h"
#include "base/text.h"
#include "render/draft.h"
#include "tree/path.h"

#include <string.h>

/* What a device becomes besides LinkConfig; its name in machine configs. */
enum device_form {
	FORM_LINK,
	FORM_BOND,
	FORM_BRIDGE,
	FORM_WIREGUARD,
	FORM_COUNT
};

static const struct {
	const char *key, *kind, *alias;
} forms[FORM_COUNT] = {
	[FORM_LINK] = { NULL, "LinkConfig", "ethSel" },
	[FORM_BOND] = { "bond", "BondConfig", "bond" },
	[FORM_BRIDGE] = { "bridge", "BridgeConfig", "br" },
	[FORM_WIREGUARD] = { "wireguard", "WireguardConfig", "wg" },
};

struct device {
	const struct value *value;
	const char *path, *name;
	enum device_form form;
};

struct network {
	const struct typed *typed;
	struct arena *arena;
	struct device *device;
	size_t devices;
	struct list_builder *documents;
};

static void dropped(const struct network *n, const struct value *value, const char *path,
		    const char *why)
{
	finding_add(n->typed->findings, FINDING_WARNING, "talhelper-drops", value_src(value), path,
		    "talhelper drops %s: %s", path, why);
}

static void lost_key(const struct network *n, const struct value *map, const char *path,
		     const char *key)
{
	if (!value_is_null(value_get(map, key)))
		dropped(n, value_get(map, key), path_key(n->arena, path, key),
			"documents have no place for it");
}

static bool is_true(const struct value *map, const char *key)
{
	return value_bool(value_get(map, key), false);
}

/* A number that counts; 0 is none. */
static const struct value *number_of(const struct value *map, const char *key)
{
	const struct value *value = value_get(map, key);
	int64_t number;

	return value_i64(value, &number) && number > 0 ? value : NULL;
}

static void put(struct draft *draft, const char *path, const struct value *value)
{
	if (!value_is_null(value))
		draft_put(draft, path, value);
}

static struct draft begin(const struct network *n, const char *kind, const char *name,
			  const struct value *from)
{
	struct draft draft;

	draft_start(&draft, n->arena, kind, name);
	draft.root = value_with_src(n->arena, draft.root, value_src(from));
	return draft;
}

static void end(const struct network *n, const struct draft *draft)
{
	list_add(n->documents, draft->root);
}

static bool is_taken(const struct network *n, const char *name)
{
	for (size_t i = 0; i < n->devices; i++)
		if (text_equal(n->device[i].name, name))
			return true;
	return false;
}

static void name_devices(struct network *n)
{
	unsigned next[FORM_COUNT] = { 0 };

	for (size_t i = 0; i < n->devices; i++) {
		struct device *device = &n->device[i];
		const char *name;

		if (device->name || !value_has(device->value, "deviceSelector"))
			continue;
		do {
			name = arena_printf(n->arena, "%s%u", forms[device->form].alias,
					    next[device->form]++);
		} while (is_taken(n, name));
		device->name = name;
	}
}

/* The expression that finds a device; NULL when the selector says nothing. */
static const char *selector_text(const struct network *n, const struct value *selector)
{
	static const struct {
		const char *key, *subject;
	} terms[] = {
		{ "hardwareAddr", "mac(link.hardware_addr)" },
		{ "permanentAddr", "mac(link.permanent_addr)" },
		{ "busPath", "link.bus_path" },
		{ "driver", "link.driver" },
		{ "pciID", "link.pciid" },
	};
	const struct value *physical = value_get(selector, "physical");
	const char *text = NULL;

	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		const char *pattern = value_get_text(selector, terms[i].key);

		if (!text_is_blank(pattern))
			text = arena_printf(n->arena, "%s%sglob(\"%s\", %s)", text ? text : "",
					    text ? " && " : "", pattern, terms[i].subject);
	}
	if (!value_is_null(physical))
		text = arena_printf(n->arena, "%s%slink.type %s 1", text ? text : "",
				    text ? " && " : "",
				    value_bool(physical, false) ? "==" : "!=");
	return text;
}

static void add_alias(const struct network *n, const char *name, const struct value *selector)
{
	const char *match = selector_text(n, selector);

	if (!match)
		return;
	struct draft draft = begin(n, "LinkAliasConfig", name, selector);
	draft_text(&draft, "selector.match", match);
	end(n, &draft);
}

static void add_aliases(const struct network *n)
{
	for (size_t i = 0; i < n->devices; i++)
		if (value_has(n->device[i].value, "deviceSelector"))
			add_alias(n, n->device[i].name,
				  value_get(n->device[i].value, "deviceSelector"));
}

static const char *member_name(const struct network *n, const struct device *device, size_t index)
{
	return arena_printf(n->arena, "%s-m%zu", device->name, index);
}

static const struct value *member_selectors(const struct device *device)
{
	return value_get(value_get(device->value, "bond"), "deviceSelectors");
}

static void add_members(const struct network *n)
{
	for (size_t i = 0; i < n->devices; i++) {
		const struct value *selectors = member_selectors(&n->device[i]);

		for (size_t k = 0; k < value_len(selectors); k++)
			add_alias(n, member_name(n, &n->device[i], k), value_at(selectors, k));
	}
}

/* An address without a length is a host's. */
static const struct value *prefix_of(const struct network *n, const struct value *value)
{
	struct ip_prefix prefix;
	struct ip ip;

	if (ip_prefix_parse(value_text(value), &prefix))
		return value;
	if (!ip_parse(value_text(value), &ip))
		return NULL;
	return value_with_src(n->arena,
			      value_strf(n->arena, "%s/%d", value_text(value),
					 ip.family == 4 ? 32 : 128),
			      value_src(value));
}

static void put_addresses(const struct network *n, struct draft *draft, const struct value *map,
			  const char *path)
{
	const struct value *addresses = value_get(map, "addresses");
	struct list_builder *list = list_begin(n->arena);

	for (size_t i = 0; i < value_len(addresses); i++) {
		const struct value *value = value_at(addresses, i);
		const struct value *prefix = prefix_of(n, value);
		struct draft item = { .arena = n->arena };

		if (!prefix) {
			dropped(n, value, path_key(n->arena, path, "addresses"),
				"it is no address");
			continue;
		}
		draft_put(&item, "address", prefix);
		list_add(list, item.root);
	}
	if (value_len(addresses))
		draft_put(draft, "addresses", list_end(list));
}

static void put_address(struct draft *draft, const char *key, const struct value *value)
{
	struct ip ip;

	if (value_text(value) && ip_parse(value_text(value), &ip))
		draft_put(draft, key, value);
}

static bool is_default(const struct ip_prefix *prefix)
{
	static const struct ip nowhere4 = { .family = 4 }, nowhere6 = { .family = 6 };

	return prefix->bits == 0 && (ip_equal(&prefix->base, &nowhere4) ||
				     ip_equal(&prefix->base, &nowhere6));
}

static void put_routes(const struct network *n, struct draft *draft, const struct value *map,
		       const char *path)
{
	const struct value *routes = value_get(map, "routes");
	struct list_builder *list = list_begin(n->arena);
	size_t count = 0;

	for (size_t i = 0; i < value_len(routes); i++) {
		const struct value *route = value_at(routes, i);
		const char *network = value_get_text(route, "network");
		struct draft item = { .arena = n->arena, .root = map_end(map_begin(n->arena)) };
		struct ip_prefix prefix;

		if (!text_is_blank(network) && !ip_prefix_parse(network, &prefix)) {
			dropped(n, route, path_key(n->arena, path, "routes"),
				"its network is none");
			continue;
		}
		if (!text_is_blank(network) && !is_default(&prefix))
			draft_put(&item, "destination", value_get(route, "network"));
		put_address(&item, "gateway", value_get(route, "gateway"));
		put_address(&item, "source", value_get(route, "source"));
		put(&item, "metric", number_of(route, "metric"));
		put(&item, "mtu", number_of(route, "mtu"));
		list_add(list, item.root);
		count++;
	}
	if (count)
		draft_put(draft, "routes", list_end(list));
}

static void put_link(const struct network *n, struct draft *draft, const struct value *map,
		     const char *path)
{
	put(draft, "mtu", number_of(map, "mtu"));
	put_addresses(n, draft, map, path);
	put_routes(n, draft, map, path);
}

/* Options of a bond: texts that must be one of the words of Talos, and numbers. */
static const struct bond_option {
	const char *old, *name;
	bool word;
} bond_options[] = {
	{ "mode", "bondMode", true },
	{ "miimon", "miimon", false },
	{ "updelay", "updelay", false },
	{ "downdelay", "downdelay", false },
	{ "xmitHashPolicy", "xmitHashPolicy", true },
	{ "arpInterval", "arpInterval", false },
	{ "arpValidate", "arpValidate", true },
	{ "arpAllTargets", "arpAllTargets", true },
	{ "lacpRate", "lacpRate", true },
	{ "failOverMac", "failOverMac", true },
	{ "adSelect", "adSelect", true },
	{ "adActorSysPrio", "adActorSysPrio", false },
	{ "adUserPortKey", "adUserPortKey", false },
	{ "primaryReselect", "primaryReselect", true },
	{ "resendIgmp", "resendIGMP", false },
	{ "minLinks", "minLinks", false },
	{ "lpInterval", "lpInterval", false },
	{ "packetsPerSlave", "packetsPerSlave", false },
	{ "numPeerNotif", "numPeerNotif", false },
	{ "tlbDynamicLb", "tlbLogicalLb", false },
	{ "allSlavesActive", "allSlavesActive", false },
	{ "peerNotifyDelay", "peerNotifDelay", false },
};

static bool is_word(const struct network *n, const char *field, const char *word)
{
	const struct schema_kind *kind = schema_kind_find("BondConfig", n->typed->release);
	const struct schema_field *row = schema_find(kind->fields, field, n->typed->release);

	for (size_t i = 0; row && row->words && row->words[i]; i++)
		if (strcmp(row->words[i], word) == 0)
			return true;
	return false;
}

static void put_bond_options(const struct network *n, struct draft *draft,
			     const struct value *bond, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(bond_options); i++) {
		const struct bond_option *option = &bond_options[i];
		const struct value *value = value_get(bond, option->old);

		if (!option->word)
			put(draft, option->name, number_of(bond, option->old));
		else if (!text_is_blank(value_text(value)) &&
			 is_word(n, option->name, value_text(value)))
			draft_put(draft, option->name, value);
		else if (!text_is_blank(value_text(value)))
			dropped(n, value, path_key(n->arena, path, option->old),
				"Talos has no such word there");
	}
	put(draft, "useCarrier", value_get(bond, "useCarrier"));
	lost_key(n, bond, path, "primary");
	lost_key(n, bond, path, "adActorSystem");
}

static void put_arp_targets(struct draft *draft, const struct value *bond)
{
	const struct value *targets = value_get(bond, "arpIPTarget");

	if (value_len(targets))
		draft_put(draft, "arpIpTargets", targets);
}

static void add_bond(const struct network *n, const struct device *device)
{
	const struct value *bond = value_get(device->value, "bond");
	const struct value *names = value_get(bond, "interfaces");
	struct draft draft = begin(n, "BondConfig", device->name, device->value);
	struct list_builder *links = list_begin(n->arena);
	size_t selectors = value_len(member_selectors(device));

	for (size_t i = 0; i < value_len(names); i++)
		list_add(links, value_at(names, i));
	for (size_t i = 0; i < selectors; i++)
		list_add(links, value_str(n->arena, member_name(n, device, i)));
	if (value_len(names) + selectors)
		draft_put(&draft, "links", list_end(links));
	put_bond_options(n, &draft, bond, path_key(n->arena, device->path, "bond"));
	put_arp_targets(&draft, bond);
	put_link(n, &draft, device->value, device->path);
	end(n, &draft);
}

static void add_bridge(const struct network *n, const struct device *device)
{
	const struct value *bridge = value_get(device->value, "bridge");
	const struct value *links = value_get(bridge, "interfaces");
	struct draft draft = begin(n, "BridgeConfig", device->name, device->value);

	if (value_len(links))
		draft_put(&draft, "links", links);
	put(&draft, "stp.enabled", value_get(value_get(bridge, "stp"), "enabled"));
	if (is_true(value_get(bridge, "vlan"), "vlanFiltering"))
		draft_flag(&draft, "vlan.filtering", true);
	put_link(n, &draft, device->value, device->path);
	end(n, &draft);
}

static const struct value *allowed_nets(const struct network *n, const struct value *peer,
					const char *path)
{
	const struct value *nets = value_get(peer, "allowedIPs");
	struct list_builder *list = list_begin(n->arena);
	struct ip_prefix prefix;
	size_t count = 0;

	for (size_t i = 0; i < value_len(nets); i++) {
		if (ip_prefix_parse(value_text(value_at(nets, i)), &prefix)) {
			list_add(list, value_at(nets, i));
			count++;
		} else {
			dropped(n, value_at(nets, i), path_key(n->arena, path, "allowedIPs"),
				"it is no network");
		}
	}
	return count ? list_end(list) : NULL;
}

static const struct value *endpoint_of(const struct network *n, const struct value *peer,
				       const char *path)
{
	const struct value *endpoint = value_get(peer, "endpoint");
	char host[256];
	unsigned port;
	struct ip ip;

	if (text_is_blank(value_text(endpoint)))
		return NULL;
	if (host_port_parse(value_text(endpoint), 0, host, sizeof(host), &port) && port &&
	    ip_parse(host, &ip))
		return endpoint;
	dropped(n, endpoint, path_key(n->arena, path, "endpoint"),
		"it must be an address and a port, not a name");
	return NULL;
}

static void add_wireguard(const struct network *n, const struct device *device)
{
	const struct value *wireguard = value_get(device->value, "wireguard");
	const struct value *peers = value_get(wireguard, "peers");
	const char *path =
		path_key(n->arena, path_key(n->arena, device->path, "wireguard"), "peers");
	struct draft draft = begin(n, "WireguardConfig", device->name, device->value);
	struct list_builder *list = list_begin(n->arena);

	put(&draft, "privateKey", value_get(wireguard, "privateKey"));
	put(&draft, "listenPort", number_of(wireguard, "listenPort"));
	put(&draft, "firewallMark", number_of(wireguard, "firewallMark"));
	for (size_t i = 0; i < value_len(peers); i++) {
		const struct value *peer = value_at(peers, i);
		const char *where = path_index(n->arena, path, i);
		struct draft item = { .arena = n->arena, .root = map_end(map_begin(n->arena)) };

		put(&item, "publicKey", value_get(peer, "publicKey"));
		put(&item, "endpoint", endpoint_of(n, peer, where));
		put(&item, "persistentKeepaliveInterval",
		    value_get(peer, "persistentKeepaliveInterval"));
		put(&item, "allowedIPs", allowed_nets(n, peer, where));
		list_add(list, item.root);
	}
	if (value_len(peers))
		draft_put(&draft, "peers", list_end(list));
	put_link(n, &draft, device->value, device->path);
	end(n, &draft);
}

static void add_dhcp_kind(const struct network *n, const char *kind, const char *name,
			  const struct value *map)
{
	struct draft draft = begin(n, kind, name, value_get(map, "dhcp"));

	put(&draft, "routeMetric", number_of(value_get(map, "dhcpOptions"), "routeMetric"));
	end(n, &draft);
}

static void add_dhcp(const struct network *n, const struct value *map, const char *name,
		     const char *path)
{
	const struct value *options = value_get(map, "dhcpOptions");

	if (!is_true(map, "dhcp"))
		return;
	if (value_bool(value_get(options, "ipv4"), true))
		add_dhcp_kind(n, "DHCPv4Config", name, map);
	if (is_true(options, "ipv6"))
		add_dhcp_kind(n, "DHCPv6Config", name, map);
	lost_key(n, options, path_key(n->arena, path, "dhcpOptions"), "duidv6");
}

static void add_vip(const struct network *n, const struct value *map, const char *name,
		    const char *path)
{
	const struct value *vip = value_get(map, "vip");
	const char *address = value_get_text(vip, "ip");

	path = path_key(n->arena, path, "vip");
	lost_key(n, vip, path, "hcloud");
	lost_key(n, vip, path, "equinixMetal");
	if (text_is_blank(address))
		return;
	struct draft draft = begin(n, "Layer2VIPConfig", address, vip);
	draft_text(&draft, "link", name);
	end(n, &draft);
}

static void add_link(const struct network *n, const struct device *device)
{
	const struct value *map = device->value;

	if (!value_len(value_get(map, "addresses")) && !value_len(value_get(map, "routes")) &&
	    !number_of(map, "mtu"))
		return;
	struct draft draft = begin(n, "LinkConfig", device->name, map);
	put_link(n, &draft, map, device->path);
	end(n, &draft);
}

static void add_vlan(const struct network *n, const struct device *device,
		     const struct value *vlan, const char *path)
{
	const struct value *id = number_of(vlan, "vlanId");

	if (!id) {
		dropped(n, vlan, path, "it has no vlanId");
		return;
	}
	const char *name = arena_printf(n->arena, "%s.%s", device->name, value_text(id));
	struct draft draft = begin(n, "VLANConfig", name, vlan);

	draft_put(&draft, "vlanID", id);
	draft_text(&draft, "parent", device->name);
	put_link(n, &draft, vlan, path);
	end(n, &draft);
	lost_key(n, vlan, path, "cidr");
	add_dhcp(n, vlan, name, path);
	add_vip(n, vlan, name, path);
}

static void add_vlans(const struct network *n, const struct device *device)
{
	const struct value *vlans = value_get(device->value, "vlans");
	const char *path = path_key(n->arena, device->path, "vlans");

	for (size_t i = 0; i < value_len(vlans); i++)
		add_vlan(n, device, value_at(vlans, i), path_index(n->arena, path, i));
}

static void say_lost(const struct network *n, const struct device *device)
{
	static const char *const keys[] = { "cidr", "bridgePort" };
	static const char *const flags[] = { "dummy", "ignore" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		lost_key(n, device->value, device->path, keys[i]);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (is_true(device->value, flags[i]))
			lost_key(n, device->value, device->path, flags[i]);
}

typedef void add_fn(const struct network *n, const struct device *device);

static void add_form(const struct network *n, enum device_form form, add_fn *add)
{
	for (size_t i = 0; i < n->devices; i++)
		if (n->device[i].form == form)
			add(n, &n->device[i]);
}

static enum device_form form_of(const struct value *device)
{
	for (int form = FORM_LINK + 1; form < FORM_COUNT; form++)
		if (value_is_map(value_get(device, forms[form].key)))
			return (enum device_form)form;
	return FORM_LINK;
}

static void read_devices(struct network *n, const struct value *interfaces, const char *path)
{
	n->devices = value_len(interfaces);
	n->device = arena_calloc(n->arena, n->devices + 1, sizeof(*n->device));
	for (size_t i = 0; i < n->devices; i++) {
		const struct value *device = value_at(interfaces, i);
		const char *name = value_get_text(device, "interface");

		n->device[i] = (struct device){ device, path_index(n->arena, path, i),
						text_is_blank(name) ? NULL : name,
						form_of(device) };
		say_lost(n, &n->device[i]);
	}
	name_devices(n);
}

void talhelper_network(const struct typed *typed, const struct value *interfaces,
		       const char *path, struct list_builder *documents)
{
	struct network network = { .typed = typed, .arena = typed->arena, .documents = documents };
	const struct network *n = &network;

	read_devices(&network, interfaces, path);
	add_aliases(n);
	add_members(n);
	add_form(n, FORM_BOND, add_bond);
	for (size_t i = 0; i < n->devices; i++)
		add_dhcp(n, n->device[i].value, n->device[i].name, n->device[i].path);
	for (size_t i = 0; i < n->devices; i++)
		add_vip(n, n->device[i].value, n->device[i].name, n->device[i].path);
	add_form(n, FORM_LINK, add_link);
	for (size_t i = 0; i < n->devices; i++)
		add_vlans(n, &n->device[i]);
	add_form(n, FORM_WIREGUARD, add_wireguard);
	add_form(n, FORM_BRIDGE, add_bridge);
}

static void refuse(const struct typed *typed, const struct value *value, const char *path,
		   const char *why)
{
	if (!findings_have(typed->findings, "bad-interface", value_src(value)))
		finding_add(typed->findings, FINDING_ERROR, "bad-interface", value_src(value),
			    path, "%s %s", path, why);
}

static void check_addresses(const struct typed *typed, const struct value *map, const char *path)
{
	const struct value *addresses = value_get(map, "addresses");
	struct ip_prefix prefix;
	struct ip ip;

	for (size_t i = 0; i < value_len(addresses); i++) {
		const char *text = value_text(value_at(addresses, i));

		if (text && !ip_prefix_parse(text, &prefix) && !ip_parse(text, &ip))
			refuse(typed, value_at(addresses, i),
			       path_index(typed->arena, path_key(typed->arena, path, "addresses"),
					  i),
			       "is no address");
	}
}

static void check_device(const struct typed *typed, const struct value *device, const char *path)
{
	const struct value *bond = value_get(device, "bond");
	bool named = !text_is_blank(value_get_text(device, "interface"));
	bool selected = value_len(value_get(device, "deviceSelector")) > 0;

	if (named && selected)
		refuse(typed, device, path, "has an interface and a deviceSelector");
	if (!named && !selected)
		refuse(typed, device, path, "has neither an interface nor a deviceSelector");
	if (bond && value_is_map(value_get(device, "bridge")))
		refuse(typed, device, path, "is a bond and a bridge");
	if (value_len(value_get(bond, "interfaces")) &&
	    value_len(value_get(bond, "deviceSelectors")))
		refuse(typed, bond, path_key(typed->arena, path, "bond"),
		       "has interfaces and deviceSelectors");
	check_addresses(typed, device, path);
}

void talhelper_network_check(const struct typed *typed, const struct value *interfaces,
			     const char *path)
{
	for (size_t i = 0; i < value_len(interfaces); i++)
		check_device(typed, value_at(interfaces, i), path_index(typed->arena, path, i));
}
