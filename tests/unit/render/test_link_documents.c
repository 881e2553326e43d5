#include "render/link_documents.h"

#include "base/own.h"
#include "base/str.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct value *devices_of(struct arena *arena, const char *text)
{
	struct yaml_input input = { .file = "nodes.yaml", .text = text, .len = strlen(text) };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0, "%s", text);
	return documents.at[0];
}

/* clang-format off */
static const struct {
	const char *name, *devices, *documents;
} rows[] = {
	{ "nothing but a name: it is brought up", "[{interface: eth0}]",
	  "kind: LinkConfig\nname: eth0\nup: true\n" },
	{ "lengths of addresses, the default route, a route with all",
	  "[{interface: eth0, cidr: 10.0.0.2/24, addresses: [10.0.0.3, 'fd00::3'], mtu: 9000, "
	  "routes: [{network: 0.0.0.0/0, gateway: 10.0.0.1}, {network: 10.9.0.0/16, gateway: "
	  "10.0.0.9, source: 10.0.0.2, metric: 7, mtu: 1400}]}]",
	  "kind: LinkConfig\nname: eth0\nup: true\nmtu: 9000\naddresses:\n"
	  "  - address: 10.0.0.2/24\n  - address: 10.0.0.3/32\n  - address: fd00::3/128\nroutes:\n"
	  "  - gateway: 10.0.0.1\n"
	  "  - destination: 10.9.0.0/16\n    gateway: 10.0.0.9\n    source: 10.0.0.2\n"
	  "    metric: 7\n    mtu: 1400\n" },
	{ "DHCP of both families with a metric",
	  "[{interface: eth0, dhcp: true, dhcpOptions: {ipv6: true, routeMetric: 9}}]",
	  "kind: LinkConfig\nname: eth0\nup: true\n"
	  "kind: DHCPv4Config\nname: eth0\nrouteMetric: 9\n"
	  "kind: DHCPv6Config\nname: eth0\nrouteMetric: 9\n" },
	{ "a selector with every term",
	  "[{deviceSelector: {hardwareAddr: 'a*', permanentAddr: 'b*', busPath: c, driver: d, "
	  "pciID: e, physical: false}}]",
	  "kind: LinkAliasConfig\nname: ethSel0\nselector:\n  match: glob(\"a*\", "
	  "mac(link.hardware_addr)) && glob(\"b*\", mac(link.permanent_addr)) && glob(\"c\", "
	  "link.bus_path) && glob(\"d\", link.driver) && glob(\"e\", link.pciid) && link.type != "
	  "1\n"
	  "kind: LinkConfig\nname: ethSel0\nup: true\n" },
	{ "two selectors, one with a name",
	  "[{deviceSelector: {driver: x}}, {deviceSelector: {driver: y}, interface: lan}]",
	  "kind: LinkAliasConfig\nname: ethSel0\nselector:\n  match: glob(\"x\", link.driver)\n"
	  "kind: LinkConfig\nname: ethSel0\nup: true\n"
	  "kind: LinkAliasConfig\nname: lan\nselector:\n  match: glob(\"y\", link.driver)\n"
	  "kind: LinkConfig\nname: lan\nup: true\n" },
	{ "a bond of what selectors find",
	  "[{interface: bond0, bond: {mode: 802.3ad, deviceSelectors: [{busPath: 0*}], "
	  "resendIgmp: 2, arpIPTarget: [10.0.0.1]}}]",
	  "kind: LinkAliasConfig\nname: bond0-m0\nselector:\n  match: glob(\"0*\", link.bus_path)\n"
	  "kind: BondConfig\nname: bond0\nlinks:\n  - bond0-m0\nbondMode: 802.3ad\n"
	  "arpIpTargets:\n  - 10.0.0.1\nresendIGMP: 2\nup: true\n" },
	{ "a bridge",
	  "[{interface: br0, bridge: {interfaces: [eth1], stp: {enabled: false}, vlan: "
	  "{vlanFiltering: true}}}]",
	  "kind: BridgeConfig\nname: br0\nlinks:\n  - eth1\nstp:\n  enabled: false\nvlan:\n"
	  "  filtering: true\nup: true\n" },
	{ "a tunnel",
	  "[{interface: wg0, wireguard: {privateKey: k, listenPort: 1, peers: [{publicKey: p}]}}]",
	  "kind: WireguardConfig\nname: wg0\nprivateKey: k\nlistenPort: 1\npeers:\n"
	  "  - publicKey: p\nup: true\n" },
	{ "a dummy", "[{interface: dummy0, dummy: true}]",
	  "kind: DummyLinkConfig\nname: dummy0\nup: true\n" },
	{ "addresses that are shared, one of them at Hetzner",
	  "[{interface: eth0, vip: {ip: 10.0.0.5}, vlans: [{vlanId: 4, vip: {ip: 10.0.0.6, "
	  "hcloud: {apiToken: t}}}]}]",
	  "kind: LinkConfig\nname: eth0\nup: true\nkind: Layer2VIPConfig\nname: 10.0.0.5\n"
	  "link: eth0\nkind: VLANConfig\nname: eth0.4\nvlanID: 4\nparent: eth0\nup: true\n"
	  "kind: HCloudVIPConfig\nname: 10.0.0.6\nlink: eth0.4\napiToken: t\n" },
};

static const char *const unspeakable[] = {
	"[{interface: eth0}, {interface: eth1, ignore: true}]",
	"[{interface: eth0, bridgePort: {master: br0}}]",
	"[{interface: e, vlans: [{vlanId: 3, vip: {ip: 10.0.0.1, equinixMetal: {apiToken: x}}}]}]",
	"[{interface: eth0, dhcp: true, dhcpOptions: {duidv6: '00'}}]",
	"[{interface: bond0, bond: {primary: eth0}}]",
	"[{interface: bond0, bond: {adActorSystem: '00:00:00:00:00:01'}}]",
};
/* clang-format on */

Test(link_documents, every_kind_of_device)
{
	static const struct yaml_style style = { .indent = 2, .single_words = true };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(8192);
		struct link_documents links = { .arena = arena };
		const struct value *devices = devices_of(arena, rows[i].devices);

		cr_assert(link_documents_can(devices), "%s", rows[i].name);
		link_documents_add(&links, devices);
		for (size_t k = 0; k < links.len; k++)
			yaml_write(&text,
				   value_set(arena, links.at[k].document.root, "apiVersion", NULL),
				   &style);
		cr_assert_str_eq(str_text(&text), rows[i].documents, "%s", rows[i].name);
	}
}

Test(link_documents, what_has_no_document)
{
	for (size_t i = 0; i < ARRAY_LEN(unspeakable); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");

		cr_assert_not(link_documents_can(devices_of(arena, unspeakable[i])), "%s",
			      unspeakable[i]);
	}
}

Test(link_documents, a_name_that_is_taken)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct link_documents links = { .arena = arena,
					.taken = devices_of(arena, "{ethSel0: x}") };

	link_documents_add(&links, devices_of(arena, "[{deviceSelector: {driver: x}}]"));
	cr_assert_str_eq(links.at[0].name, "ethSel1");
}
