#include "cluster/check.h"

#include "sample.h"

static const struct broken rows[] = {
	{ "same name", "name: worker1", "name: cp2", "duplicate-name", "nodes[3].name",
	  "nodes[1] (line 7) and nodes[3] (line 17)", 17, true, false },
	{ "same MAC address", "02:00:0a:00:32:11", "02:00:0a:00:32:01", "duplicate-mac",
	  "nodes[3].mac_addr", "nodes[0] (line 6) and nodes[3] (line 21)", 21, true, false },
	{ "same output", "name: worker1\n    address: 10.0.50.11",
	  "name: worker1\n    output: a.yaml\n    address: 10.0.50.11\n  - name: worker2\n"
	  "    output: a.yaml\n    address: 10.0.50.12",
	  "duplicate-output", "nodes[4].output", NULL, 21, true, false },
	{ "another node's output", "    disk: 234043C6E0D3",
	  "    disk: x\n    output: kubernetes-cp1.yaml", "duplicate-output", "nodes[3].output",
	  "nodes[0]", 21, true, false },
	{ "another node's output as a folder", "    disk: 234043C6E0D3",
	  "    disk: x\n    output: kubernetes-cp1.yaml/a/b.yaml", "duplicate-output",
	  "nodes[3].output", "kubernetes-cp1.yaml is the file of nodes[0]", 21, true, false },
	{ "role missing", "    controller: false\n", "", "missing-key", "nodes[3].controller", NULL,
	  17, true, false },
	{ "disk missing", "    disk: 234043C6E0D3\n", "", "missing-key", "nodes[3].disk", NULL, 17,
	  true, false },
	{ "name missing", "name: worker1\n    ", "", "missing-key", "nodes[3].name", NULL, 17, true,
	  false },
	{ "address missing", "    address: 10.0.50.11\n", "", "missing-key", "nodes[3].address",
	  NULL, 17, true, false },
	{ "reserved name", "name: worker1", "name: worker", "reserved-name", "nodes[3].name",
	  "patches/worker", 17, true, false },
	{ "two control planes", "name: cp3\n    address: 10.0.50.3\n    controller: true",
	  "name: cp3\n    address: 10.0.50.3\n    controller: false", "quorum-even", "nodes",
	  "1 or 3", 2, true, true },
	{ "USB disk", "disk: 234043C6E0D3", "disk: /dev/disk/by-id/usb-Samsung_T5",
	  "install-on-usb", "nodes[3].disk", "worker1", 20, true, true },
	{ "key from the node's id", "disk: 234043C6E0D3",
	  "disk: 234043C6E0D3\n    encrypt_disk: node-id", "encrypt-node-id",
	  "nodes[3].encrypt_disk", NULL, 21, true, true },
	{ "an expression for a USB disk", "disk: 234043C6E0D3",
	  "disk: {cel: disk.transport == \"usb\"}", "install-on-usb", "nodes[3].disk", "worker1",
	  20, true, true },
	{ "a pattern for a serial number", "disk: 234043C6E0D3", "disk: 2340*", "bad-disk",
	  "nodes[3].disk", "{serial: \"2340*\"}", 20, true, false },
	{ "an mtu for nothing", "mac_addr: 02:00:0a:00:32:11", "mtu: 9000", "unused-key",
	  "nodes[3].mtu", "mac_addr", 21, true, true },
	{ "VLANs on nothing", "mac_addr: 02:00:0a:00:32:11", "vlans: [{vlanId: 5}]",
	  "vlans-without-device", "nodes[3].vlans", "mac_addr", 21, true, false },
	{ "no list", "nodes:\n", "nodes: none\nx:\n", "wrong-type", "nodes", NULL, 1, true, false },
	{ "a node that is text", "  - name: worker1", "  - text\n  - name: worker1", "wrong-type",
	  "nodes[3]", NULL, 17, true, false },
};

Test(check_nodes, each_fault_is_found_at_its_place)
{
	sample_check(rows, ARRAY_LEN(rows));
}

static const struct {
	const char *name, *nodes, *id;
} empty[] = {
	{ "no nodes", "nodes: []\n", "no-nodes" },
	{ "no control plane",
	  "nodes: [{name: a, address: 10.0.50.1, controller: false, disk: /dev/sda}]\n",
	  "no-controller" },
	{ "an empty file", "", "missing-key" },
};

Test(check_nodes, a_cluster_needs_a_control_plane)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct sample sample = sample_good();

		sample.nodes = empty[i].nodes;

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
		const struct finding *finding = sample_find(workspace, empty[i].id);

		cr_assert_not_null(finding, "%s:%s", empty[i].name, sample_all(workspace, arena));
		cr_assert_eq(finding->severity, FINDING_ERROR, "%s", empty[i].name);
		cr_assert_str_eq(finding->src.file, "nodes.yaml", "%s", empty[i].name);
	}
}
