#include "render/render.h"

#include "base/own.h"
#include "tree/yaml.h"
#include "unit/render/site.h"

#include <criterion/criterion.h>
#include <string.h>

#define MAIN "v1alpha1"
#define DEVICE "machine.network.interfaces[0]."

struct leaf {
	const char *kind, *path, *text;
};

static void check(const struct site *site, const struct leaf *leaves, size_t count)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;
	struct config config;

	cr_assert_eq(render_node(arena, &site->input, &site->node, &config, &err), 0, "%s",
		     err.text);
	for (size_t i = 0; i < count; i++)
		cr_assert_str_eq(site_text(arena, &config, leaves[i].kind, leaves[i].path),
				 leaves[i].text, "%s.%s", leaves[i].kind, leaves[i].path);
}

static const struct value *yaml(struct arena *arena, const char *text)
{
	struct yaml_input input = { .file = "nodes.yaml", .text = text, .len = strlen(text) };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0, "%s", text);
	return documents.at[0];
}

Test(render, a_controller_by_its_hardware_address)
{
	static const struct leaf leaves[] = {
		{ MAIN, "machine.type", "controlplane" },
		{ MAIN, "machine.certSANs[0]", "10.0.50.50" },
		{ MAIN, "machine.install.disk", "/dev/sda" },
		{ MAIN, "machine.install.image", "ghcr.io/siderolabs/installer:v1.13.9" },
		{ MAIN, DEVICE "deviceSelector.hardwareAddr", "02:00:0a:00:32:01" },
		{ MAIN, DEVICE "dhcp", "false" },
		{ MAIN, DEVICE "addresses[0]", "10.0.50.1/16" },
		{ MAIN, DEVICE "routes[0].network", "0.0.0.0/0" },
		{ MAIN, DEVICE "routes[0].gateway", "10.0.0.1" },
		{ MAIN, DEVICE "mtu", "1500" },
		{ MAIN, DEVICE "vip.ip", "10.0.50.50" },
		{ MAIN, "machine.network.nameservers[0]", "1.1.1.1" },
		{ MAIN, "machine.kubelet.nodeIP.validSubnets[0]", "10.0.0.0/16" },
		{ MAIN, "cluster.etcd.advertisedSubnets[0]", "10.0.0.0/16" },
		{ MAIN, "cluster.network.podSubnets[0]", "10.42.0.0/16" },
		{ MAIN, "cluster.network.podSubnets[1]", "" },
		{ MAIN, "cluster.network.cni.name", "none" },
		{ MAIN, "cluster.proxy.disabled", "" },
		{ "HostnameConfig", "hostname", "control0" },
		{ "HostnameConfig", "auto", "off" },
	};
	struct site site;

	site_init(&site);
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, a_worker_without_virtual_address)
{
	static const struct leaf leaves[] = {
		{ MAIN, "machine.type", "worker" },
		{ MAIN, DEVICE "vip.ip", "" },
		{ MAIN, "cluster.etcd.advertisedSubnets[0]", "" },
		{ MAIN, "cluster.proxy.disabled", "" },
	};
	struct site site;

	site_init(&site);
	site.node.role = ROLE_WORKER;
	site.cluster.cni = "cilium";
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, tagged_nodes_have_it_all_on_the_vlan)
{
	static const struct leaf leaves[] = {
		{ MAIN, DEVICE "addresses[0]", "" },
		{ MAIN, DEVICE "vip.ip", "" },
		{ MAIN, DEVICE "vlans[0].vlanId", "51" },
		{ MAIN, DEVICE "vlans[0].addresses[0]", "10.0.50.1/16" },
		{ MAIN, DEVICE "vlans[0].routes[0].gateway", "10.0.0.1" },
		{ MAIN, DEVICE "vlans[0].vip.ip", "10.0.50.50" },
		{ MAIN, DEVICE "mtu", "1500" },
	};
	struct site site;

	site_init(&site);
	site.cluster.vlan_tag = "51";
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, interfaces_as_the_user_wrote_them)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct leaf leaves[] = {
		{ MAIN, DEVICE "interface", "enp3s0" },
		{ MAIN, DEVICE "dhcp", "true" },
		{ MAIN, DEVICE "vip.ip", "10.0.50.50" },
		{ MAIN, DEVICE "addresses[0]", "" },
		{ MAIN, "machine.network.interfaces[1].interface", "bond0" },
		{ MAIN, "machine.network.interfaces[1].vip.ip", "" },
		{ "DummyLinkConfig", "name", "dummy0" },
		{ "UserVolumeConfig", "name", "data" },
	};
	struct site site;

	site_init(&site);
	site.node.mac_addr = NULL;
	site.node.interfaces = yaml(arena, "[{interface: enp3s0, dhcp: true},"
					   " {kind: DummyLinkConfig, name: dummy0}]");
	site.node.bonds = yaml(arena, "[{interface: bond0, bond: {mode: 802.3ad}}]");
	site.node.volumes = yaml(arena, "[{name: data, provisioning: {minSize: 1GB}}]");
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, disks_in_all_forms)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *apple = yaml(arena, "{model: APPLE*}");
	struct {
		struct disk disk;
		const char *found, *path, *text;
	} rows[] = {
		{ { DISK_PATH, "/dev/nvme0n1", NULL }, NULL, "disk", "/dev/nvme0n1" },
		{ { DISK_SERIAL, "S1", NULL }, NULL, "diskSelector.serial", "S1" },
		{ { DISK_MATCH, NULL, apple }, NULL, "diskSelector.model", "APPLE*" },
		{ { DISK_CEL, "disk.size > 1u", NULL }, NULL, "disk", "" },
		{ { DISK_CEL, "disk.size > 1u", NULL }, "/dev/vdb", "disk", "/dev/vdb" },
		{ { DISK_SERIAL, "S1", NULL }, "/dev/vdb", "diskSelector.serial", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct leaf leaf = { MAIN, NULL, rows[i].text };
		struct site site;
		site_init(&site);
		site.node.disk = rows[i].disk;
		site.input.install_disk = rows[i].found;
		leaf.path = arena_printf(arena, "machine.install.%s", rows[i].path);
		check(&site, &leaf, 1);
	}
}

Test(render, images_of_schematics_and_secure_boot)
{
	static const struct {
		const char *talos, *schematic;
		bool secureboot;
		const char *image;
	} rows[] = {
		{ "v1.13.9", NULL, false, "ghcr.io/siderolabs/installer:v1.13.9" },
		{ "v1.13.9", "abc", false, "factory.talos.dev/installer/abc:v1.13.9" },
		{ "v1.13.9", "abc", true, "factory.talos.dev/installer-secureboot/abc:v1.13.9" },
		{ "v1.14.0", "abc", true,
		  "factory.talos.dev/metal-installer-secureboot/abc:v1.14.0" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct site site;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		site_init(&site);
		site.cluster.talos = rows[i].talos;
		site.node.schematic_id = rows[i].schematic;
		site.node.secureboot = rows[i].secureboot;
		cr_assert_str_eq(render_install_image(arena, &site.input, &site.node),
				 rows[i].image);
	}
}

Test(render, encryption_by_contract)
{
	static const struct leaf documents[] = {
		{ "VolumeConfig", "encryption.provider", "luks2" },
		{ "VolumeConfig", "encryption.keys[0].kms.endpoint", "https://kms:4050" },
		{ MAIN, "machine.systemDiskEncryption.state.provider", "" },
	};
	static const struct leaf sections[] = {
		{ "VolumeConfig", "encryption.provider", "" },
		{ MAIN, "machine.systemDiskEncryption.ephemeral.keys[0].kms.endpoint",
		  "https://kms:4050" },
		{ MAIN, "machine.network.hostname", "control0" },
	};
	struct site site;

	site_init(&site);
	site.node.encrypt = ENCRYPT_KMS;
	site.node.kms = "https://kms:4050";
	check(&site, documents, ARRAY_LEN(documents));
	site.input.contract = "v1.10";
	check(&site, sections, ARRAY_LEN(sections));
}

Test(render, labels_modules_and_scheduling)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char *const modules[] = { "drbd" };
	static const struct leaf leaves[] = {
		{ MAIN, "machine.kernel.modules[0].name", "drbd" },
		{ MAIN, "machine.nodeLabels.tier", "gold" },
		{ MAIN, "machine.nodeAnnotations.a", "b" },
		{ MAIN, "machine.nodeTaints.t", "v:NoSchedule" },
		{ MAIN, "cluster.allowSchedulingOnControlPlanes", "true" },
		{ MAIN, "cluster.proxy.disabled", "true" },
	};
	struct site site;

	site_init(&site);
	site.cluster.schedule_on_controllers = true;
	site.cluster.cni = "cilium";
	site.node.kernel_modules = (struct texts){ modules, NULL, 1 };
	site.node.labels = yaml(arena, "{tier: gold}");
	site.node.annotations = yaml(arena, "{a: b}");
	site.node.taints = yaml(arena, "{t: 'v:NoSchedule'}");
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, documents_of_1_14)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct leaf leaves[] = {
		{ "UnattendedInstallConfig", "provisioning.diskSelector.match",
		  "glob(\"APPLE*\", disk.model) && disk.size >= 100u * GB && "
		  "disk.transport != \"\" && !disk.readonly && !disk.cdrom" },
		{ "KubeNetworkConfig", "podSubnets[0]", "10.42.0.0/16" },
		{ "KubeNodeConfig", "nodeIP.validSubnets[0]", "10.0.0.0/16" },
		{ "KubeNodeConfig", "taints[\"node-role.kubernetes.io/control-plane\"]", "" },
		{ "KubeProxyConfig", "enabled", "false" },
		{ "KubeFlannelCNIConfig", "backendType", "" },
		{ "ResolverConfig", "nameservers[0].address", "1.1.1.1" },
		{ "ResolverConfig", "hostDNS.enabled", "true" },
		{ "HostnameConfig", "hostname", "control0" },
		{ MAIN, "machine.network", "" },
		{ "LinkAliasConfig", "selector.match",
		  "glob(\"02:00:0a:00:32:01\", mac(link.hardware_addr))" },
		{ "LinkConfig", "name", "ethSel0" },
		{ "LinkConfig", "addresses[0].address", "10.0.50.1/16" },
		{ "LinkConfig", "routes[0].gateway", "10.0.0.1" },
		{ "LinkConfig", "routes[0].destination", "" },
		{ "LinkConfig", "mtu", "1500" },
		{ "Layer2VIPConfig", "name", "10.0.50.50" },
		{ "Layer2VIPConfig", "link", "ethSel0" },
	};
	struct site site;

	site_init(&site);
	site.cluster.talos = "v1.14.0";
	site.cluster.contract = "v1.14";
	site.cluster.cni = "cilium";
	site.cluster.schedule_on_controllers = true;
	site.node.disk = (struct disk){ DISK_MATCH, NULL,
					yaml(arena, "{model: APPLE*, size: '>= 100 GB'}") };
	check(&site, leaves, ARRAY_LEN(leaves));
}

static void begin_1_14(struct site *site)
{
	site_init(site);
	site->cluster.talos = "v1.14.0";
	site->cluster.contract = "v1.14";
}

Test(render, devices_of_1_14_are_documents)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct leaf leaves[] = {
		{ MAIN, "machine.network", "" },
		{ "LinkConfig", "name", "enp3s0" },
		{ "DHCPv4Config", "name", "enp3s0" },
		{ "Layer2VIPConfig", "link", "enp3s0" },
		{ "BondConfig", "bondMode", "active-backup" },
		{ "BondConfig", "links[1]", "eth2" },
		{ "VLANConfig", "name", "enp3s0.5" },
		{ "LinkAliasConfig", "name", "ethSel1" },
		{ "LinkAliasConfig", "selector.match", "glob(\"0*\", link.bus_path)" },
		{ "DHCPv6Config", "name", "ethSel1" },
	};
	struct site site;

	begin_1_14(&site);
	site.node.mac_addr = NULL;
	site.node.interfaces =
		yaml(arena, "[{interface: enp3s0, dhcp: true}, {apiVersion: v1alpha1, "
			    "kind: LinkAliasConfig, name: ethSel0, selector: "
			    "{match: 'glob(\"own\", link.driver)'}},"
			    " {deviceSelector: {busPath: '0*'}, dhcp: true, dhcpOptions: "
			    "{ipv4: false, ipv6: true, routeMetric: 5}}]");
	site.node.bonds = yaml(arena, "[{interface: bond0, bond: {mode: active-backup, "
				      "interfaces: [eth1, eth2]}}]");
	site.node.vlans = yaml(arena, "[{vlanId: 5, addresses: [10.5.0.1/24], routes: []}]");
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, one_device_without_document_keeps_all_in_sections)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct leaf leaves[] = {
		{ MAIN, DEVICE "deviceSelector.hardwareAddr", "02:00:0a:00:32:01" },
		{ MAIN, "machine.network.interfaces[1].ignore", "true" },
		{ "LinkConfig", "name", "" },
		{ "Layer2VIPConfig", "name", "" },
	};
	struct site site;

	begin_1_14(&site);
	site.node.interfaces = yaml(arena, "[{interface: eth9, ignore: true}]");
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, a_link_to_a_disk_is_no_path_of_it)
{
	static const char by_id[] = "/dev/disk/by-id/wwn-1";
	static const struct leaf link[] = {
		{ "UnattendedInstallConfig", "provisioning.diskSelector.match",
		  "\"/dev/disk/by-id/wwn-1\" in disk.symlinks" },
		{ "UnattendedInstallConfig", "installer.image",
		  "factory.talos.dev/metal-installer/"
		  "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.14.0" },
	};
	static const struct leaf resolved = { "UnattendedInstallConfig",
					      "provisioning.diskSelector.match",
					      "disk.dev_path == \"/dev/vdb\"" };
	static const struct leaf section = { MAIN, "machine.install.disk", by_id };
	struct site site;

	begin_1_14(&site);
	site.node.disk = (struct disk){ DISK_PATH, by_id, NULL };
	check(&site, link, ARRAY_LEN(link));
	site.input.install_disk = "/dev/vdb";
	check(&site, &resolved, 1);
	site_init(&site);
	site.node.disk = (struct disk){ DISK_PATH, by_id, NULL };
	check(&site, &section, 1);
}

Test(render, patches_come_last_and_in_order)
{
	static const struct patch_source patches[] = {
		{ "patches/a.yaml", "machine: {install: {disk: /dev/a}}", 34, { NULL, 0, 0 } },
		{ "patches/b.yaml", "machine: {install: {disk: /dev/b}}", 34, { NULL, 0, 0 } },
	};
	static const struct leaf leaf = { MAIN, "machine.install.disk", "/dev/b" };
	struct site site;

	site_init(&site);
	site.node.patch = patches;
	site.node.patches = ARRAY_LEN(patches);
	check(&site, &leaf, 1);
}

Test(render, what_is_given_twice_is_there_once)
{
	static const char text[] = "machine: {network: {nameservers: [9.9.9.9, 1.1.1.1]},\n"
				   "  kubelet: {nodeIP: {validSubnets: [10.0.0.0/16]}}}\n";
	static const struct patch_source patch = { "patches/a.yaml",
						   text,
						   sizeof(text) - 1,
						   { NULL, 0, 0 } };
	static const struct leaf leaves[] = {
		{ MAIN, "machine.network.nameservers[0]", "1.1.1.1" },
		{ MAIN, "machine.network.nameservers[1]", "9.9.9.9" },
		{ MAIN, "machine.network.nameservers[2]", "" },
		{ MAIN, "machine.kubelet.nodeIP.validSubnets[0]", "10.0.0.0/16" },
		{ MAIN, "machine.kubelet.nodeIP.validSubnets[1]", "" },
	};
	struct site site;

	site_init(&site);
	site.node.patch = &patch;
	site.node.patches = 1;
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, a_json_patch_is_about_the_main_document)
{
	static const char text[] = "- op: remove\n  path: /cluster/apiServer/admissionControl\n"
				   "- op: add\n  path: /machine/sysctls\n  value: {a.b: c}\n";
	static const struct patch_source patch = { "patches/a.yaml",
						   text,
						   sizeof(text) - 1,
						   { NULL, 0, 0 } };
	static const struct leaf without = {
		MAIN, "cluster.apiServer.admissionControl[0].name", "PodSecurity"
	};
	static const struct leaf leaves[] = {
		{ MAIN, "cluster.apiServer.admissionControl[0].name", "" },
		{ MAIN, "cluster.apiServer.image", "registry.k8s.io/kube-apiserver:v1.36.3" },
		{ MAIN, "machine.sysctls[\"a.b\"]", "c" },
		{ "HostnameConfig", "hostname", "control0" },
	};
	struct site site;

	site_init(&site);
	check(&site, &without, 1);
	site.node.patch = &patch;
	site.node.patches = 1;
	check(&site, leaves, ARRAY_LEN(leaves));
}

Test(render, says_which_patch_is_at_fault_and_where)
{
	static const char bad[] = "machine:\n  install: here\n";
	static const struct patch_source patches[] = {
		{ "patches/a.yaml", bad, sizeof(bad) - 1, { NULL, 0, 0 } },
		{ "cluster.yaml: patches[0]", bad, sizeof(bad) - 1, { "cluster.yaml", 12, 5 } },
	};
	static const struct src places[] = { { "patches/a.yaml", 2, 12 },
					     { "cluster.yaml", 12, 5 } };

	for (size_t i = 0; i < ARRAY_LEN(patches); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct err err = ERR_INIT;
		struct config config;
		struct site site;
		site_init(&site);
		site.node.patch = &patches[i];
		site.node.patches = 1;
		cr_assert_lt(render_node(arena, &site.input, &site.node, &config, &err), 0);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.file, places[i].file);
		cr_assert_eq(err.line, places[i].line);
		cr_assert_eq(err.column, places[i].column);
		cr_assert_not_null(strstr(err.text, patches[i].name), "%s", err.text);
	}
}

static void check_starred(const struct site *site, const char *const *secrets, size_t count)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str clear SCOPED(str_done) = STR_INIT(1 << 20);
	struct str starred SCOPED(str_done) = STR_INIT(1 << 20);
	struct yaml_style style = yaml_style_talos;
	struct err err = ERR_INIT;
	struct config config;

	cr_assert_eq(render_node(arena, &site->input, &site->node, &config, &err), 0, "%s",
		     err.text);
	config_write(&clear, &config);
	style.stars = true;
	for (size_t i = 0; i < config.len; i++)
		yaml_write(&starred, config.at[i].value, &style);
	for (size_t i = 0; i < count; i++) {
		cr_assert_not_null(strstr(str_text(&clear), secrets[i]), "%s", secrets[i]);
		cr_assert_null(strstr(str_text(&starred), secrets[i]), "%s", secrets[i]);
	}
}

Test(render, marks_every_secret)
{
	static const char *const sections[] = { "trustd.token", "cluster-secret", "boot.strap",
						"secret-in-a-box", "b3Mta2V5", "a3ViZS1rZXk=",
						"c2Eta2V5", "ZXRjZC1rZXk=" };
	static const char *const documents[] = { "trustd.token", "cluster-secret", "boot.strap",
						 "secret-in-a-box", "b3Mta2V5", "kube-key",
						 "sa-key", "front-key" };
	struct site site;

	site_init(&site);
	check_starred(&site, sections, ARRAY_LEN(sections));
	site.cluster.talos = "v1.14.0";
	site.cluster.contract = "v1.14";
	check_starred(&site, documents, ARRAY_LEN(documents));
}

Test(render, the_same_input_gives_the_same_bytes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str first SCOPED(str_done) = STR_INIT(1 << 20);
	struct str second SCOPED(str_done) = STR_INIT(1 << 20);
	struct config config;
	struct site site;

	site_init(&site);
	cr_assert_eq(render_node(arena, &site.input, &site.node, &config, NULL), 0);
	config_write(&first, &config);
	cr_assert_eq(render_node(arena, &site.input, &site.node, &config, NULL), 0);
	config_write(&second, &config);
	cr_assert_str_eq(str_text(&first), str_text(&second));
}

Test(render, an_exact_merge_keeps_what_is_there_twice)
{
	static const struct patch_source patch = {
		.name = "p.yaml", .text = "machine: {certSANs: [10.0.50.50]}", .len = 33
	};
	static const struct leaf once[] = { { MAIN, "machine.certSANs[1]", "" } };
	static const struct leaf twice[] = { { MAIN, "machine.certSANs[1]", "10.0.50.50" } };
	struct site site;

	site_init(&site);
	site.node.patch = &patch;
	site.node.patches = 1;
	check(&site, once, ARRAY_LEN(once));
	site.cluster.exact_merge = true;
	check(&site, twice, ARRAY_LEN(twice));
}

Test(render, documents_stay_as_they_are_written)
{
	static const char text[] = "apiVersion: v1alpha1\nkind: WatchdogTimerConfig\n"
				   "device: /dev/watchdog0\ntimeout: 2m\n";
	static const struct leaf leaves[] = { { "WatchdogTimerConfig", "timeout", "2m" } };
	struct patch_source documents = { .name = "w.yaml", .text = text, .verbatim = true };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;
	struct config config;
	struct site site;

	documents.len = strlen(text);
	site_init(&site);
	site.node.patch = &documents;
	site.node.patches = 1;
	check(&site, leaves, ARRAY_LEN(leaves));

	documents.text = "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: other\n";
	documents.len = strlen(documents.text);
	cr_assert_eq(render_node(arena, &site.input, &site.node, &config, &err), -1);
	cr_assert_str_eq(err.text, "documents w.yaml: there are two HostnameConfig documents");
}

#define PROVIDERS "config.resources[0].providers"

/* Who cannot read etcd's secrets without it has it, and nobody else. */
Test(render, the_older_secret_of_a_bundle_is_kept)
{
	static const struct leaf kept = { MAIN, "cluster.aescbcEncryptionSecret", "old" };
	static const struct leaf none = { MAIN, "cluster.aescbcEncryptionSecret", "" };
	static const struct leaf document[] = {
		{ "KubeEtcdEncryptionConfig", PROVIDERS "[0].secretbox.keys[0].name", "key2" },
		{ "KubeEtcdEncryptionConfig", PROVIDERS "[1].aescbc.keys[0].name", "key1" },
		{ "KubeEtcdEncryptionConfig", PROVIDERS "[1].aescbc.keys[0].secret", "old" },
	};
	struct site site;

	site_init(&site);
	site.bundle.aescbc = "old";
	check(&site, &kept, 1);
	site.node.role = ROLE_WORKER;
	check(&site, &none, 1);
	site.cluster.aescbc_on_workers = true;
	check(&site, &kept, 1);
	begin_1_14(&site);
	site.bundle.aescbc = "old";
	check(&site, document, ARRAY_LEN(document));
}
