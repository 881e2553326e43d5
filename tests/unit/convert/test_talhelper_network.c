#include "convert/talhelper_network.h"

#include "base/own.h"
#include "base/str.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

struct converted {
	struct findings findings;
	struct str text;
};

static void convert(struct arena *arena, const char *text, struct converted *out)
{
	const struct yaml_input input = { .file = "t.yaml", .text = text, .len = strlen(text) };
	const struct yaml_style style = { .indent = 2, .flat_lists = true };
	const struct typed typed = { arena, RELEASE_1_13, &out->findings };
	struct list_builder *list = list_begin(arena);
	struct yaml_documents documents;
	const struct value *devices;

	findings_init(&out->findings, arena);
	str_init(&out->text, 1 << 16);
	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0, "%s", text);
	devices = typed_field(&typed, SCHEMA_MAIN, "machine.network.interfaces", documents.at[0],
			      "n");
	talhelper_network_check(&typed, devices, "n");
	talhelper_network(&typed, devices, "n", list);

	const struct value *made = list_end(list);
	for (size_t i = 0; i < value_len(made); i++) {
		const struct value *bare =
			value_set(arena, value_at(made, i), "apiVersion", NULL);

		str_add(&out->text, i ? "---\n" : "");
		yaml_write(&out->text, bare, &style);
	}
}

static const struct {
	const char *name, *from, *to;
} devices[] = {
	{ "nothing to say", "[{interface: eth0}]", "" },
	{ "DHCP of both families",
	  "[{interface: eth0, dhcp: true, dhcpOptions: {ipv6: true, routeMetric: 5}}]",
	  "kind: DHCPv4Config\nname: eth0\nrouteMetric: 5\n"
	  "---\nkind: DHCPv6Config\nname: eth0\nrouteMetric: 5\n" },
	{ "DHCP of family 6 alone",
	  "[{interface: eth0, dhcp: true, dhcpOptions: {ipv4: false, ipv6: true}}]",
	  "kind: DHCPv6Config\nname: eth0\n" },
	{ "an address without a length", "[{interface: eth0, addresses: ['2001:db8::1']}]",
	  "kind: LinkConfig\nname: eth0\naddresses:\n- address: 2001:db8::1/128\n" },
	{ "default routes have no destination",
	  "[{interface: eth0, routes: [{network: '::/0', gateway: 'fe80::1', metric: 7, "
	  "mtu: 1400}]}]",
	  "kind: LinkConfig\nname: eth0\nroutes:\n- gateway: fe80::1\n  metric: 7\n"
	  "  mtu: 1400\n" },
	{ "a route says a network or a gateway",
	  "[{interface: eth0, routes: [{gateway: 192.0.2.1}, {network: '', gateway: 192.0.2.2}, "
	  "{network: 10.0.0.0/8}]}]",
	  "kind: LinkConfig\nname: eth0\nroutes:\n- gateway: 192.0.2.1\n"
	  "- gateway: 192.0.2.2\n- destination: 10.0.0.0/8\n" },
	{ "a bridge without the filter it might have",
	  "[{interface: br0, bridge: {interfaces: [eth0], stp: {enabled: false}, vlan: "
	  "{vlanFiltering: false}}}]",
	  "kind: BridgeConfig\nname: br0\nlinks:\n- eth0\nstp:\n  enabled: false\n" },
	{ "names that are taken are passed over",
	  "[{interface: ethSel0, mtu: 1400}, {deviceSelector: {driver: x}}]",
	  "kind: LinkAliasConfig\nname: ethSel1\nselector:\n"
	  "  match: glob(\"x\", link.driver)\n"
	  "---\nkind: LinkConfig\nname: ethSel0\nmtu: 1400\n" },
	{ "every term of a selector, in order",
	  "[{deviceSelector: {physical: true, pciID: p, driver: d, busPath: b, "
	  "permanentAddr: q, hardwareAddr: h}}]",
	  "kind: LinkAliasConfig\nname: ethSel0\nselector:\n"
	  "  match: glob(\"h\", mac(link.hardware_addr)) && glob(\"q\", "
	  "mac(link.permanent_addr)) && glob(\"b\",\n"
	  "" },
	{ "a VLAN with DHCP and a virtual address",
	  "[{interface: eth0, vlans: [{vlanId: 7, dhcp: true, vip: {ip: 192.0.2.9}}]}]",
	  "kind: VLANConfig\nname: eth0.7\nvlanID: 7\nparent: eth0\n"
	  "---\nkind: DHCPv4Config\nname: eth0.7\n"
	  "---\nkind: Layer2VIPConfig\nname: 192.0.2.9\nlink: eth0.7\n" },
	{ "a bond of selectors",
	  "[{interface: bond0, bond: {mode: active-backup, miimon: 0, useCarrier: false, "
	  "resendIgmp: 2, deviceSelectors: [{driver: x}]}}]",
	  "kind: LinkAliasConfig\nname: bond0-m0\nselector:\n"
	  "  match: glob(\"x\", link.driver)\n"
	  "---\nkind: BondConfig\nname: bond0\nlinks:\n- bond0-m0\n"
	  "bondMode: active-backup\nresendIGMP: 2\nuseCarrier: false\n" },
};

Test(talhelper_network, documents)
{
	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct converted made;
		size_t len = strlen(devices[i].to);

		convert(arena, devices[i].from, &made);
		cr_expect_eq(made.findings.len, 0, "%s: %s", devices[i].name,
			     made.findings.len ? made.findings.at[0].text : "");
		/* a long expression is compared as far as it is written down */
		if (len && devices[i].to[len - 2] == ',')
			str_cut(&made.text, len - 1);
		cr_expect_eq(strncmp(str_text(&made.text), devices[i].to,
				     len && devices[i].to[len - 2] == ',' ? len - 1 : len + 1),
			     0, "%s:\n%s", devices[i].name, str_text(&made.text));
		str_done(&made.text);
	}
}

Test(talhelper_network, what_is_dropped_is_said)
{
	static const struct {
		const char *name, *from, *id, *path;
	} rows[] = {
		{ "a dummy", "[{interface: d0, dummy: true}]", "talhelper-drops", "n[0].dummy" },
		{ "an old address", "[{interface: e, cidr: 192.0.2.1/24}]", "talhelper-drops",
		  "n[0].cidr" },
		{ "a primary", "[{interface: b, bond: {interfaces: [e], primary: e}}]",
		  "talhelper-drops", "n[0].bond.primary" },
		{ "no such mode", "[{interface: b, bond: {interfaces: [e], mode: fast}}]",
		  "talhelper-drops", "n[0].bond.mode" },
		{ "a cloud's address", "[{interface: e, vip: {hcloud: {apiToken: x}}}]",
		  "talhelper-drops", "n[0].vip.hcloud" },
		{ "a bad route", "[{interface: e, mtu: 1400, routes: [{network: x, gateway: y}]}]",
		  "talhelper-drops", "n[0].routes" },
		{ "a key that is none", "[{interface: e, mtuu: 1}]", "unknown-key", "n[0].mtuu" },
		{ "a bad address", "[{interface: e, addresses: [x]}]", "bad-interface",
		  "n[0].addresses[0]" },
		{ "both ways to find it", "[{interface: e, deviceSelector: {driver: x}}]",
		  "bad-interface", "n[0]" },
		{ "no way to find it", "[{dhcp: true}]", "bad-interface", "n[0]" },
		{ "a bond of both",
		  "[{interface: b, bond: {interfaces: [e], deviceSelectors: [{driver: x}]}}]",
		  "bad-interface", "n[0].bond" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct converted made;

		convert(arena, rows[i].from, &made);
		cr_assert_geq(made.findings.len, 1, "%s", rows[i].name);
		cr_expect_str_eq(made.findings.at[0].id, rows[i].id, "%s", rows[i].name);
		cr_expect_str_eq(made.findings.at[0].path, rows[i].path, "%s", rows[i].name);
		str_done(&made.text);
	}
}
