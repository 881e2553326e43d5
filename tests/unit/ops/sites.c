#include "unit/ops/sites.h"

#include "base/own.h"
#include "tree/value.h"

#include <criterion/criterion.h>
#include <string.h>

#define LIST(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

/* clang-format off */
static const struct node mini_nodes[] = {
	{ .name = "mini01", .address = LIST("172.29.51.11"), .addresses = 1, .role = ROLE_CONTROL,
	  .disk = { .form = DISK_MATCH }, .output = "home-mini01.yaml" },
	{ .name = "mini02", .address = LIST("172.29.51.12"), .addresses = 1, .role = ROLE_CONTROL,
	  .disk = { .form = DISK_MATCH }, .output = "home-mini02.yaml", .index = 1 },
	{ .name = "mini03", .address = LIST("172.29.51.13"), .addresses = 1, .role = ROLE_CONTROL,
	  .disk = { .form = DISK_MATCH }, .output = "home-mini03.yaml", .index = 2 },
};
/* clang-format on */

const struct cluster minis = {
	.name = "home",
	.endpoint = "https://172.29.51.10:6443",
	.talos = "v1.13.9",
	.kubernetes = "v1.36.3",
	.contract = "v1.13",
	.vip = "172.29.51.10",
	.gateway = "172.29.51.1",
	.dns_servers = { .at = LIST("1.1.1.1", "1.0.0.1"), .len = 2 },
	.ntp_servers = { .at = LIST("162.159.200.1"), .len = 1 },
	.pod_cidr = { .at = LIST("10.42.0.0/16"), .len = 1 },
	.svc_cidr = { .at = LIST("10.43.0.0/16"), .len = 1 },
	.cni = "none",
	.node_cidr = { { 4, { 172, 29, 51, 0 } }, 24 },
	.has_node_cidr = true,
	.node = mini_nodes,
	.nodes = ARRAY_LEN(mini_nodes),
	.controllers = ARRAY_LEN(mini_nodes),
};

/* clang-format off */
static const struct node rack_nodes[] = {
	{ .name = "control0", .address = LIST("10.0.50.1"), .addresses = 1, .role = ROLE_CONTROL,
	  .disk = { .form = DISK_PATH, .text = "/dev/sda" }, .mac_addr = "02:00:0a:00:32:01",
	  .output = "kubernetes-control0.yaml" },
	{ .name = "control1", .address = LIST("10.0.50.2"), .addresses = 1, .role = ROLE_CONTROL,
	  .disk = { .form = DISK_PATH, .text = "/dev/sda" }, .mac_addr = "02:00:0a:00:32:02",
	  .index = 1,
	  .output = "kubernetes-control1.yaml" },
	{ .name = "worker0", .address = LIST("10.0.50.10"), .addresses = 1, .role = ROLE_WORKER,
	  .disk = { .form = DISK_PATH, .text = "/dev/nvme0n1" }, .mac_addr = "02:00:0a:00:32:10",
	  .index = 2,
	  .output = "kubernetes-worker0.yaml" },
	{ .name = "worker1", .address = LIST("10.0.50.11"), .addresses = 1, .role = ROLE_WORKER,
	  .disk = { .form = DISK_PATH, .text = "/dev/nvme0n1" }, .mac_addr = "02:00:0a:00:32:11",
	  .index = 3,
	  .output = "kubernetes-worker1.yaml" },
	{ .name = "worker2", .address = LIST("10.0.50.12"), .addresses = 1, .role = ROLE_WORKER,
	  .disk = { .form = DISK_PATH, .text = "/dev/nvme0n1" }, .mac_addr = "02:00:0a:00:32:12",
	  .index = 4,
	  .output = "kubernetes-worker2.yaml" },
};
/* clang-format on */

const struct cluster racks = {
	.name = "kubernetes",
	.endpoint = "https://10.0.50.50:6443",
	.talos = "v1.13.9",
	.kubernetes = "v1.36.3",
	.contract = "v1.13",
	.vip = "10.0.50.50",
	.gateway = "10.0.0.1",
	.dns_servers = { .at = LIST("1.1.1.1", "1.0.0.1"), .len = 2 },
	.ntp_servers = { .at = LIST("162.159.200.1"), .len = 1 },
	.pod_cidr = { .at = LIST("10.42.0.0/16"), .len = 1 },
	.svc_cidr = { .at = LIST("10.43.0.0/16"), .len = 1 },
	.cni = "none",
	.node_cidr = { { 4, { 10, 0, 0, 0 } }, 16 },
	.has_node_cidr = true,
	.node = rack_nodes,
	.nodes = ARRAY_LEN(rack_nodes),
	.controllers = 2,
};

/* clang-format off */
static const struct talos_disk mini_disks[] = {
	{ .dev_path = "/dev/nvme0n1", .size = UINT64_C(121332826112),
	  .model = "APPLE SSD AP0128N", .serial = "C0FFEE01", .wwid = "", .uuid = "",
	  .modalias = "", .bus_path = "/pci0000:00/nvme", .sub_system = "", .transport = "nvme" },
	{ .dev_path = "/dev/sda", .size = UINT64_C(1000000000000), .model = "Portable T5",
	  .serial = "S4B0", .wwid = "", .uuid = "", .modalias = "",
	  .bus_path = "/pci0000:00/usb2", .sub_system = "", .transport = "usb" },
};
/* clang-format on */

/* clang-format off */
static const struct talos_disk rack_disks[] = {
	{ .dev_path = "/dev/nvme0n1", .size = UINT64_C(1000000000000), .model = "Tough Disk",
	  .serial = "N1", .wwid = "", .uuid = "", .modalias = "", .bus_path = "/pci0000:00/nvme",
	  .sub_system = "", .transport = "nvme" },
	{ .dev_path = "/dev/sda", .size = UINT64_C(256000000000), .model = "Tough Disk",
	  .serial = "A1", .wwid = "", .uuid = "", .modalias = "", .bus_path = "/pci0000:00/ata1",
	  .sub_system = "", .transport = "sata" },
};
/* clang-format on */

static const struct value *apple_pattern(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "model", value_str(arena, "APPLE*"));
	return map_end(map);
}

/* Nodes are copied, because a pattern can be no literal. */
static const struct node *node_copy(struct arena *arena, const struct node *node)
{
	struct node *copy = arena_dup(arena, node, sizeof(*node));

	if (copy->disk.form == DISK_MATCH)
		copy->disk.match = apple_pattern(arena);
	return copy;
}

/* The NIC that nodes.yaml names, bonded: its own address is in permanent_addr. */
static const struct talos_link *links_of(struct arena *arena, const struct node *node)
{
	struct talos_link links[] = {
		{ .hardware_addr = "",
		  .permanent_addr = "",
		  .kind = "",
		  .driver = "",
		  .bus_path = "" },
		{ .hardware_addr = "02:00:0a:00:99:99",
		  .permanent_addr = node->mac_addr ? node->mac_addr : "",
		  .kind = "",
		  .driver = "",
		  .bus_path = "",
		  .type = 1,
		  .up = true,
		  .mtu = 1500 },
	};

	return arena_dup(arena, links, sizeof(links));
}

static void see(struct arena *arena, struct node_state *state, char letter)
{
	static const char *const letters[SIGHT_COUNT] = {
		[SIGHT_SILENT] = "s",
		[SIGHT_MAINTENANCE] = "b",
		[SIGHT_OURS] = "oe",
		[SIGHT_DENIED] = "d",
	};
	bool by_pattern = state->node->disk.form == DISK_MATCH;

	while (!strchr(letters[state->sight], letter))
		state->sight++;
	state->etcd_runs = letter == 'e';
	switch (state->sight) {
	case SIGHT_SILENT:
		err_set(&state->err, ERR_NET, "%s:50000: Connection refused",
			state->node->address[0]);
		break;
	case SIGHT_DENIED:
		err_set(&state->err, ERR_AUTH, "the certificate is signed by an unknown authority");
		break;
	case SIGHT_MAINTENANCE:
		state->stage = STAGE_MAINTENANCE;
		state->disk = by_pattern ? mini_disks : rack_disks;
		state->disks = 2;
		state->link = links_of(arena, state->node);
		state->links = 2;
		break;
	default:
		state->stage = STAGE_RUNNING;
		state->ready = true;
	}
	if (state->sight == SIGHT_MAINTENANCE || state->sight == SIGHT_OURS)
		state->talos = "v1.13.9";
}

void site_inventory(struct arena *arena, const struct cluster *cluster, const char *states,
		    struct inventory *out)
{
	cr_assert_eq(strlen(states), cluster->nodes, "%s", states);
	*out = (struct inventory){
		.cluster = cluster,
		.at = arena_calloc(arena, cluster->nodes, sizeof(*out->at)),
		.len = cluster->nodes,
	};
	for (size_t i = 0; i < out->len; i++) {
		out->at[i].node = node_copy(arena, &cluster->node[i]);
		see(arena, &out->at[i], states[i]);
	}
}
