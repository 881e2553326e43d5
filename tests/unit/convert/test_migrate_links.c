#include "convert/migrate.h"

#include "base/own.h"
#include "unit/convert/migrate_site.h"

#include <criterion/criterion.h>
#include <string.h>

Test(migrate_links, links_when_no_setting_makes_devices)
{
	static const char patch[] =
		"machine:\n"
		"  network:\n"
		"    interfaces:\n"
		"      - interface: eth0\n"
		"        addresses: [10.0.0.11/24, 'fd00::1']\n"
		"        routes: [{network: 0.0.0.0/0, gateway: 10.0.0.1}]\n"
		"        vip: {ip: 10.0.0.10}\n"
		"        vlans: [{vlanId: 5, dhcp: true, mtu: 1400}]\n"
		"      - deviceSelector: {hardwareAddr: 'aa:bb:*', driver: igb, physical: true}\n"
		"        dhcp: true\n"
		"        dhcpOptions: {routeMetric: 200, ipv6: true}\n"
		"      - interface: bond0\n"
		"        bond: {mode: 802.3ad, interfaces: [eth1, eth2], miimon: 100,"
		" updelay: 200, downdelay: 200, lacpRate: fast}\n"
		"      - interface: br0\n"
		"        bridge: {interfaces: [eth5], stp: {enabled: true}}\n"
		"      - {interface: dummy0, dummy: true}\n";
	static const char *const has[] = {
		"kind: LinkConfig\nname: eth0\nup: true\naddresses:\n  - address: 10.0.0.11/24\n"
		"  - address: fd00::1/128\nroutes:\n  - gateway: 10.0.0.1\n",
		"kind: Layer2VIPConfig\nname: 10.0.0.10\nlink: eth0\n",
		"kind: VLANConfig\nname: eth0.5\nvlanID: 5\nparent: eth0\nup: true\nmtu: 1400\n",
		"kind: DHCPv4Config\nname: eth0.5\n",
		"kind: LinkAliasConfig\nname: ethSel0\nselector:\n  match: glob(\"aa:bb:*\", "
		"mac(link.hardware_addr)) && glob(\"igb\", link.driver) && link.type == 1\n",
		"kind: DHCPv6Config\nname: ethSel0\nrouteMetric: 200\n",
		"kind: BondConfig\nname: bond0\nlinks:\n  - eth1\n  - eth2\nbondMode: 802.3ad\n",
		"kind: BridgeConfig\nname: br0\nlinks:\n  - eth5\nstp:\n  enabled: true\n",
		"kind: DummyLinkConfig\nname: dummy0\n",
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/cp1/p.yaml", patch);
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	const char *text = site_text(&migration, "patches/cp1/zz-migrated.yaml");
	for (size_t i = 0; i < ARRAY_LEN(has); i++)
		cr_assert(strstr(text, has[i]), "%s\nis not in\n%s", has[i], text);
	cr_assert_not(strstr(site_patches(arena, &migration), "interfaces:"));
}

static const char described[] = "nodes:\n"
				"  - name: cp1\n"
				"    address: 10.0.0.11\n"
				"    controller: true\n"
				"    disk: /dev/disk/by-id/one\n"
				"    mac_addr: 'aa:bb:cc:00:00:01'\n"
				"  - name: w1\n"
				"    address: 10.0.0.21\n"
				"    controller: false\n"
				"    disk: /dev/sdb\n"
				"    interfaces: [{interface: eth0, dhcp: true}]\n";

static void site_described(struct migrate_site *site, struct arena *arena)
{
	site_begin(site, arena, NULL);
	site->file[1] = (struct file_text){ "nodes.yaml", described, strlen(described) };
}

Test(migrate_links, links_that_settings_describe_need_no_patch)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_described(&site, arena);
	site_file(&site, "patches/global/p.yaml", "machine: {sysctls: {a: '1'}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert_str_empty(site_text(&migration, "patches/cp1/zz-migrated.yaml"));
	cr_assert_str_empty(site_text(&migration, "patches/w1/zz-migrated.yaml"));
	cr_assert_eq(migration.stays, 0, "%s", migration.stays ? migration.stay[0].path : "");
}

Test(migrate_links, a_patch_adds_to_a_link_that_settings_describe)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_described(&site, arena);
	site_file(&site, "patches/cp1/p.yaml",
		  "machine: {network: {interfaces: [{deviceSelector: {hardwareAddr: "
		  "'aa:bb:cc:00:00:01'}, mtu: 9000, vlans: [{vlanId: 7, dhcp: true}]}]}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert_str_eq(site_text(&migration, "patches/cp1/zz-migrated.yaml"),
			 "apiVersion: v1alpha1\nkind: LinkConfig\nname: ethSel0\nmtu: 9000\n---\n"
			 "apiVersion: v1alpha1\nkind: VLANConfig\nname: ethSel0.7\nvlanID: 7\n"
			 "parent: ethSel0\nup: true\n---\n"
			 "apiVersion: v1alpha1\nkind: DHCPv4Config\nname: ethSel0.7\n");
}

/* The device of the settings and that of the patch stay one, and the other node has documents. */
Test(migrate_links, links_that_stay_take_those_of_the_settings_along)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_described(&site, arena);
	site_file(&site, "patches/cp1/p.yaml",
		  "machine: {network: {interfaces: [{deviceSelector: {hardwareAddr: "
		  "'aa:bb:cc:00:00:01'}, mtu: 9000}, {interface: eth5, ignore: true}]}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert(site_stay(&migration, "machine.network.interfaces"));
	const char *text = site_patches(arena, &migration);
	cr_assert(strstr(text, "kind: LinkConfig\nname: ethSel0\n$patch: delete\n"), "%s", text);
	cr_assert(strstr(text, "mtu: 9000\n"), "%s", text);
	cr_assert_str_empty(site_text(&migration, "patches/w1/zz-migrated.yaml"));
}

Test(migrate_links, a_device_without_document_keeps_all_of_them)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/cp1/p.yaml",
		  "machine: {network: {interfaces: [{interface: eth0, ignore: true}, "
		  "{interface: eth1, dhcp: true}]}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert(site_stay(&migration, "machine.network.interfaces"));
	cr_assert_not(strstr(site_patches(arena, &migration), "DHCPv4Config"));
}

static bool site_notes_domains(const struct migration *migration)
{
	for (size_t i = 0; i < migration->added_count; i++)
		if (!strcmp(migration->added[i].path, "ResolverConfig.searchDomains.domains"))
			return true;
	return false;
}

Test(migrate_links, domains_of_dhcp_are_new_where_none_are_said)
{
	static const char fixed[] = "nodes:\n"
				    "  - name: cp1\n"
				    "    address: 10.0.0.11\n"
				    "    controller: true\n"
				    "    disk: /dev/sda\n"
				    "    mac_addr: 'aa:bb:cc:00:00:01'\n";
	static const struct {
		const char *name, *nodes, *patch;
		bool noted;
	} rows[] = {
		{ "a node asks DHCP", described, "machine: {}\n", true },
		{ "no node does", fixed, "machine: {}\n", false },
		{ "a VLAN does", fixed,
		  "machine: {network: {interfaces: [{deviceSelector: {hardwareAddr: "
		  "'aa:bb:cc:00:00:01'}, vlans: [{vlanId: 7, dhcp: true}]}]}}\n",
		  true },
		{ "domains are said", described,
		  "machine: {network: {searchDomains: [a.example]}}\n", false },
		{ "that there are none is said", described,
		  "machine: {network: {searchDomains: []}}\n", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct migrate_site site;
		struct migration migration;
		struct err err = ERR_INIT;

		site_begin(&site, arena, NULL);
		site.file[1] = (struct file_text){ "nodes.yaml", rows[i].nodes,
						   strlen(rows[i].nodes) };
		site_file(&site, "patches/global/p.yaml", rows[i].patch);
		cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s: %s",
			     rows[i].name, err.text);
		cr_assert_eq(site_notes_domains(&migration), rows[i].noted, "%s", rows[i].name);
	}
}
