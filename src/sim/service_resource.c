#include "sim/service_resource.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/str.h"
#include "resources.pb-c.h"
#include "sim/world_impl.h"
#include "tree/yaml.h"

#include <stdlib.h>
#include <string.h>

#define YAML_MAX ((size_t)64 << 20)

#define LINK_NAME "eth0"
#define LINK_INDEX 2
#define LINK_FLAGS 69699 /* UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP */
#define LOOPBACK_FLAGS 65609
#define OPER_UP 6
#define LOOPBACK_TYPE 772
#define SCOPE_HOST 254
#define FLAG_PERMANENT 128
#define UNKNOWN_PORT 255

struct builder {
	struct arena *arena;
	const struct sim_node *node;
	struct shown_list *list;
};

/* ---- one resource ---------------------------------------------------------------------------- */

struct shown *shown_add(struct arena *arena, struct shown_list *list, const struct shown *what,
			const struct value *tree)
{
	list->at = arena_grow(arena, list->at, list->len, &list->cap, sizeof(*list->at));
	struct shown *shown = &list->at[list->len++];

	*shown = *what;
	shown->tree = tree;
	return shown;
}

const char *shown_yaml(struct arena *arena, const struct shown *shown)
{
	struct str written SCOPED(str_done) = STR_INIT(YAML_MAX);

	if (!shown->tree)
		return NULL;
	yaml_write(&written, shown->tree, &yaml_style_talos);
	return arena_str(arena, str_text(&written));
}

void shown_pack(struct arena *arena, struct shown *shown, const ProtobufCMessage *message)
{
	uint8_t *data;

	shown->len = protobuf_c_message_get_packed_size(message);
	data = arena_alloc(arena, shown->len + 1);
	protobuf_c_message_pack(message, data);
	shown->proto = data;
}

static struct shown *show(struct builder *b, const struct shown *what, const struct value *yaml)
{
	return shown_add(b->arena, b->list, what, yaml);
}

static void with_proto(struct builder *b, struct shown *shown, const ProtobufCMessage *message)
{
	shown_pack(b->arena, shown, message);
}

static const struct value *text(struct builder *b, const char *string)
{
	return value_str(b->arena, string ? string : "");
}

static const struct value *flag(struct builder *b, bool on)
{
	return value_of_bool(b->arena, on);
}

static const struct value *number(struct builder *b, uint64_t count)
{
	return value_of_u64(b->arena, count);
}

static void add_text(struct builder *b, struct map_builder *map, const char *key,
		     const char *string)
{
	if (string && *string)
		map_add(map, key, text(b, string));
}

/* ---- the machine ----------------------------------------------------------------------------- */

static const char *const stage_names[] = { "unknown", "booting", "installing", "maintenance",
					   "running", "rebooting", "shutting down",
					   "resetting", "upgrading" };

static void show_status(struct builder *b)
{
	const struct sim_status *status = &b->node->status;
	Resource__MachineStatusSpec spec = RESOURCE__MACHINE_STATUS_SPEC__INIT;
	Resource__MachineStatusStatus inner = RESOURCE__MACHINE_STATUS_STATUS__INIT;
	Resource__UnmetCondition unmet[CONDITION_COUNT], *list[CONDITION_COUNT];
	struct map_builder *yaml = map_begin(b->arena), *state = map_begin(b->arena);
	struct list_builder *conditions = list_begin(b->arena);

	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		const char *name = condition_name((enum sim_condition)i);
		struct map_builder *one = map_begin(b->arena);

		if (!status->unmet[i])
			continue;
		map_add(one, "name", text(b, name));
		map_add(one, "reason", text(b, status->unmet[i]));
		list_add(conditions, map_end(one));
		resource__unmet_condition__init(&unmet[i]);
		unmet[i].name = (char *)name;
		unmet[i].reason = (char *)status->unmet[i];
		list[inner.n_unmet_conditions++] = &unmet[i];
	}
	inner.ready = sim_status_ready(status);
	inner.unmet_conditions = list;
	spec.stage = (Resource__MachineStage)status->stage;
	spec.status = &inner;
	map_add(state, "ready", flag(b, inner.ready));
	map_add(state, "unmetConditions", list_end(conditions));
	map_add(yaml, "stage", text(b, stage_names[status->stage]));
	map_add(yaml, "status", map_end(state));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "MachineStatuses.runtime.talos.dev",
					 .ns = "runtime",
					 .id = "machine",
					 .owner = "runtime.MachineStatusController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_type(struct builder *b)
{
	const struct sim_config *config = b->node->config;
	Resource__MachineTypeSpec spec = RESOURCE__MACHINE_TYPE_SPEC__INIT;
	const char *name = "unknown";

	if (config && config->complete) {
		name = config->control ? "controlplane" : "worker";
		spec.machine_type = config->control ? RESOURCE__MACHINE_TYPE__TYPE_CONTROL_PLANE
						    : RESOURCE__MACHINE_TYPE__TYPE_WORKER;
	}
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "MachineTypes.config.talos.dev",
					 .ns = "config",
					 .id = "machine-type",
					 .owner = "config.MachineTypeController" },
			text(b, name)),
		   &spec.base);
}

static void show_config(struct builder *b, const char *id, const struct sim_config *config)
{
	Resource__MachineConfigSpec spec = RESOURCE__MACHINE_CONFIG_SPEC__INIT;

	if (!config)
		return;
	spec.yaml_marshalled.data = (uint8_t *)config->text;
	spec.yaml_marshalled.len = config->len;
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "MachineConfigs.config.talos.dev",
					 .ns = "config",
					 .id = id,
					 .owner = "",
					 .quoted = true },
			text(b, config->text)),
		   &spec.base);
}

static void show_version(struct builder *b)
{
	Resource__VersionSpec spec = RESOURCE__VERSION_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	spec.version = (char *)node_version(b->node);
	spec.name = (char *)"Talos";
	map_add(yaml, "name", text(b, spec.name));
	map_add(yaml, "version", text(b, spec.version));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "Versions.runtime.talos.dev",
					 .ns = "runtime",
					 .id = "version",
					 .owner = "runtime.VersionController" },
			map_end(yaml)),
		   &spec.base);
}

/* What an image brings along, as an extension of that name tells of. */
static void show_schematic(struct builder *b)
{
	Resource__ExtensionStatusSpec spec = RESOURCE__EXTENSION_STATUS_SPEC__INIT;
	Resource__ExtensionMetadata metadata = RESOURCE__EXTENSION_METADATA__INIT;
	struct map_builder *inner = map_begin(b->arena);
	struct map_builder *yaml = map_begin(b->arena);

	if (!b->node->boot_from.now.schematic[0])
		return;
	spec.image = (char *)"0.sqsh";
	spec.metadata = &metadata;
	metadata.name = (char *)"schematic";
	metadata.version = (char *)b->node->boot_from.now.schematic;
	map_add(inner, "name", text(b, metadata.name));
	map_add(inner, "version", text(b, metadata.version));
	map_add(yaml, "image", text(b, spec.image));
	map_add(yaml, "metadata", map_end(inner));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "ExtensionStatuses.runtime.talos.dev",
					 .ns = "runtime",
					 .id = "0",
					 .owner = "runtime.ExtensionStatusController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_platform(struct builder *b)
{
	const struct sim_hardware *hardware = b->node->hardware;
	Resource__PlatformMetadataSpec spec = RESOURCE__PLATFORM_METADATA_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	spec.platform = (char *)"metal";
	spec.instance_id = (char *)hardware->uuid;
	map_add(yaml, "platform", text(b, spec.platform));
	map_add(yaml, "instanceId", text(b, spec.instance_id));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "PlatformMetadatas.talos.dev",
					 .ns = "runtime",
					 .id = "platformmetadata",
					 .owner = "network.PlatformConfigApplyController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_board(struct builder *b)
{
	Resource__SystemInformationSpec spec = RESOURCE__SYSTEM_INFORMATION_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	spec.manufacturer = (char *)"Simulated";
	spec.product_name = (char *)"Bare metal";
	spec.uuid = (char *)b->node->hardware->uuid;
	map_add(yaml, "manufacturer", text(b, spec.manufacturer));
	map_add(yaml, "productName", text(b, spec.product_name));
	map_add(yaml, "uuid", text(b, spec.uuid));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "SystemInformations.hardware.talos.dev",
					 .ns = "hardware",
					 .id = "systeminformation",
					 .owner = "hardware.SystemInfoController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_security(struct builder *b)
{
	struct map_builder *yaml = map_begin(b->arena);

	map_add(yaml, "secureBoot", flag(b, false));
	show(b,
	     &(struct shown){ .type = "SecurityStates.talos.dev",
			      .ns = "runtime",
			      .id = "securitystate",
			      .owner = "runtime.SecurityStateController" },
	     map_end(yaml));
}

/* ---- disks ----------------------------------------------------------------------------------- */

static void show_disk(struct builder *b, const struct sim_disk *disk)
{
	Resource__DiskSpec spec = RESOURCE__DISK_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);
	struct list_builder *links = list_begin(b->arena);
	char *symlinks[] = { (char *)disk->symlink };

	spec.size = disk->size;
	spec.io_size = spec.sector_size = 512;
	spec.model = (char *)disk->model;
	spec.serial = (char *)disk->serial;
	spec.modalias = (char *)disk->modalias;
	spec.wwid = (char *)disk->wwid;
	spec.bus_path = (char *)disk->bus_path;
	spec.sub_system = (char *)"/sys/class/block";
	spec.transport = (char *)disk->transport;
	spec.rotational = disk->rotational;
	spec.dev_path = arena_printf(b->arena, "/dev/%s", disk->id);
	spec.pretty_size = (char *)size_pretty(b->arena, disk->size);
	spec.uuid = (char *)disk->uuid;
	spec.symlinks = symlinks;
	spec.n_symlinks = disk->symlink[0] ? 1 : 0;
	list_add(links, text(b, disk->symlink));
	map_add(yaml, "dev_path", text(b, spec.dev_path));
	map_add(yaml, "size", number(b, spec.size));
	map_add(yaml, "pretty_size", text(b, spec.pretty_size));
	map_add(yaml, "io_size", number(b, spec.io_size));
	map_add(yaml, "sector_size", number(b, spec.sector_size));
	map_add(yaml, "readonly", flag(b, false));
	map_add(yaml, "cdrom", flag(b, false));
	add_text(b, yaml, "model", disk->model);
	add_text(b, yaml, "serial", disk->serial);
	add_text(b, yaml, "modalias", disk->modalias);
	add_text(b, yaml, "wwid", disk->wwid);
	add_text(b, yaml, "bus_path", disk->bus_path);
	add_text(b, yaml, "sub_system", spec.sub_system);
	add_text(b, yaml, "transport", disk->transport);
	if (disk->rotational)
		map_add(yaml, "rotational", flag(b, true));
	add_text(b, yaml, "uuid", disk->uuid);
	if (spec.n_symlinks)
		map_add(yaml, "symlinks", list_end(links));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "Disks.block.talos.dev",
					 .ns = "runtime",
					 .id = disk->id,
					 .owner = "block.DisksController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_system_disk(struct builder *b)
{
	Resource__SystemDiskSpec spec = RESOURCE__SYSTEM_DISK_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	if (!b->node->installed[0])
		return;
	spec.disk_id = (char *)b->node->installed;
	spec.dev_path = arena_printf(b->arena, "/dev/%s", b->node->installed);
	map_add(yaml, "diskID", text(b, spec.disk_id));
	map_add(yaml, "devPath", text(b, spec.dev_path));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "SystemDisks.block.talos.dev",
					 .ns = "runtime",
					 .id = "system-disk",
					 .owner = "block.SystemDiskController" },
			map_end(yaml)),
		   &spec.base);
}

/* ---- network --------------------------------------------------------------------------------- */

static void mac_bytes(const char *text_of_mac, uint8_t out[6])
{
	char *at = (char *)text_of_mac;

	for (size_t i = 0; i < 6; i++) {
		out[i] = (uint8_t)strtoul(at, &at, 16);
		if (*at == ':')
			at++;
	}
}

static const struct value *link_yaml(struct builder *b, const Resource__LinkStatusSpec *spec,
				     const char *mac, bool loopback)
{
	struct map_builder *yaml = map_begin(b->arena);

	map_add(yaml, "index", number(b, spec->index));
	map_add(yaml, "type", text(b, loopback ? "loopback" : "ether"));
	map_add(yaml, "linkIndex", number(b, 0));
	map_add(yaml, "flags",
		text(b, loopback ? "UP,LOOPBACK,RUNNING,LOWER_UP"
				 : "UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP"));
	map_add(yaml, "hardwareAddr", text(b, mac));
	map_add(yaml, "permanentAddr", text(b, loopback ? "" : mac));
	map_add(yaml, "broadcastAddr", text(b, loopback ? mac : "ff:ff:ff:ff:ff:ff"));
	map_add(yaml, "mtu", number(b, spec->mtu));
	map_add(yaml, "queueDisc", text(b, spec->queue_disc));
	map_add(yaml, "operationalState", text(b, loopback ? "unknown" : "up"));
	map_add(yaml, "kind", text(b, ""));
	map_add(yaml, "slaveKind", text(b, ""));
	add_text(b, yaml, "busPath", spec->bus_path);
	add_text(b, yaml, "driver", spec->driver);
	map_add(yaml, "linkState", flag(b, true));
	map_add(yaml, "port", text(b, "Other"));
	map_add(yaml, "duplex", text(b, "Unknown"));
	return map_end(yaml);
}

static void show_link(struct builder *b, const char *name, const char *mac)
{
	Resource__LinkStatusSpec spec = RESOURCE__LINK_STATUS_SPEC__INIT;
	bool loopback = !strcmp(name, "lo");
	uint8_t own[6], all[6] = { 255, 255, 255, 255, 255, 255 };

	mac_bytes(mac, own);
	spec.index = loopback ? 1 : LINK_INDEX;
	spec.type = loopback ? LOOPBACK_TYPE : 1;
	spec.flags = loopback ? LOOPBACK_FLAGS : LINK_FLAGS;
	spec.hardware_addr = (ProtobufCBinaryData){ 6, own };
	spec.broadcast_addr = (ProtobufCBinaryData){ 6, loopback ? own : all };
	spec.mtu = loopback ? 65536 : 1500;
	spec.queue_disc = (char *)(loopback ? "noqueue" : "fq_codel");
	spec.operational_state = loopback ? 0 : OPER_UP;
	spec.link_state = true;
	spec.port = spec.duplex = UNKNOWN_PORT;
	if (!loopback) {
		spec.permanent_addr = (ProtobufCBinaryData){ 6, own };
		spec.bus_path = (char *)"0000:00:02.0";
		spec.driver = (char *)"virtio_net";
	}
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "LinkStatuses.net.talos.dev",
					 .ns = "network",
					 .id = name,
					 .owner = "network.LinkStatusController" },
			link_yaml(b, &spec, mac, loopback)),
		   &spec.base);
}

struct own_address {
	struct ip_prefix prefix;
	const char *text; /* "10.0.0.1/24" */
	const char *link;
};

static bool address_make(struct builder *b, const char *address, unsigned bits, const char *link,
			 struct own_address *out)
{
	char buffer[IP_TEXT_MAX];

	if (!ip_parse(address, &out->prefix.base))
		return false;
	out->prefix.bits = bits ? bits : out->prefix.base.family == 4 ? 24
								      : 64;
	out->text = arena_str(b->arena, ip_prefix_text(&out->prefix, buffer));
	out->link = link;
	return true;
}

static size_t ip_size(const struct ip *ip)
{
	return ip->family == 4 ? 4 : 16;
}

/* The node's own, and the shared one as long as it owns that. */
static size_t own_addresses(struct builder *b, struct own_address out[2])
{
	const struct sim_node *node = b->node;
	size_t count = 0;

	count += address_make(b, node_address(node), 0, LINK_NAME, &out[count]);
	if (node->vip &&
	    address_make(b, node->config->vip, strchr(node->config->vip, ':') ? 128 : 32, LINK_NAME,
			 &out[count]))
		count++;
	return count;
}

static void show_address(struct builder *b, const struct own_address *address)
{
	Resource__AddressStatusSpec spec = RESOURCE__ADDRESS_STATUS_SPEC__INIT;
	Common__NetIPPrefix prefix = COMMON__NET_IPPREFIX__INIT;
	Common__NetIP local = COMMON__NET_IP__INIT;
	struct ip base = address->prefix.base;
	bool loopback = !strcmp(address->link, "lo");
	struct map_builder *yaml = map_begin(b->arena);

	prefix.ip = local.ip = (ProtobufCBinaryData){ ip_size(&base), base.at };
	prefix.prefix_length = (int32_t)address->prefix.bits;
	spec.address = &prefix;
	spec.local = base.family == 4 ? &local : NULL;
	spec.link_index = loopback ? 1 : LINK_INDEX;
	spec.link_name = (char *)address->link;
	spec.family = base.family == 4 ? 2 : 10;
	spec.scope = loopback ? SCOPE_HOST : 0;
	spec.flags = FLAG_PERMANENT;
	map_add(yaml, "address", text(b, address->text));
	map_add(yaml, "linkIndex", number(b, spec.link_index));
	map_add(yaml, "linkName", text(b, address->link));
	map_add(yaml, "family", text(b, base.family == 4 ? "inet4" : "inet6"));
	map_add(yaml, "scope", text(b, loopback ? "host" : "global"));
	map_add(yaml, "flags", text(b, "permanent"));
	map_add(yaml, "priority", number(b, 0));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "AddressStatuses.net.talos.dev",
					 .ns = "network",
					 .id = arena_printf(b->arena, "%s/%s", address->link,
							    address->text),
					 .owner = "network.AddressStatusController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_node_address(struct builder *b, const char *id, const struct own_address *address,
			      size_t count)
{
	Resource__NodeAddressSpec spec = RESOURCE__NODE_ADDRESS_SPEC__INIT;
	Common__NetIPPrefix prefix[2], *list[2];
	struct ip base[2];
	struct map_builder *yaml = map_begin(b->arena);
	struct list_builder *texts = list_begin(b->arena);

	for (size_t i = 0; i < count; i++) {
		base[i] = address[i].prefix.base;
		common__net_ipprefix__init(&prefix[i]);
		prefix[i].ip = (ProtobufCBinaryData){ ip_size(&base[i]), base[i].at };
		prefix[i].prefix_length = (int32_t)address[i].prefix.bits;
		list[i] = &prefix[i];
		list_add(texts, text(b, address[i].text));
	}
	spec.addresses = list;
	spec.n_addresses = count;
	map_add(yaml, "addresses", list_end(texts));
	map_add(yaml, "sortAlgorithm", text(b, "v1"));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "NodeAddresses.net.talos.dev",
					 .ns = "network",
					 .id = id,
					 .owner = "network.NodeAddressController" },
			map_end(yaml)),
		   &spec.base);
}

static const struct address_set {
	const char *id;
	bool configured; /* only with a config */
	bool shared;	 /* with the shared address */
	bool none;	 /* always empty: there is no pod network here */
} address_sets[] = {
	{ "accumulative", false, true, false },
	{ "accumulative-no-k8s", true, true, false },
	{ "accumulative-only-k8s", true, false, true },
	{ "current", false, true, false },
	{ "current-no-k8s", true, true, false },
	{ "current-only-k8s", true, false, true },
	{ "default", false, false, false },
	{ "routed", false, false, false },
	{ "routed-no-k8s", true, false, false },
	{ "routed-only-k8s", true, false, true },
};

static void show_network(struct builder *b)
{
	struct own_address own[2], loopback;
	size_t count = own_addresses(b, own);
	bool configured = b->node->config && b->node->config->complete;
	Resource__HostnameStatusSpec spec = RESOURCE__HOSTNAME_STATUS_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	show_link(b, LINK_NAME, b->node->hardware->mac);
	show_link(b, "lo", "00:00:00:00:00:00");
	for (size_t i = 0; i < count; i++)
		show_address(b, &own[i]);
	if (address_make(b, "127.0.0.1", 8, "lo", &loopback))
		show_address(b, &loopback);
	if (address_make(b, "::1", 128, "lo", &loopback))
		show_address(b, &loopback);
	for (size_t i = 0; i < ARRAY_LEN(address_sets); i++) {
		const struct address_set *set = &address_sets[i];
		size_t shown = set->none ? 0 : set->shared || count == 0 ? count
									 : 1;

		if (configured || !set->configured)
			show_node_address(b, set->id, own, shown);
	}
	spec.hostname = (char *)b->node->hostname;
	map_add(yaml, "hostname", text(b, spec.hostname));
	map_add(yaml, "domainname", text(b, ""));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "HostnameStatuses.net.talos.dev",
					 .ns = "network",
					 .id = "hostname",
					 .owner = "network.HostnameSpecController" },
			map_end(yaml)),
		   &spec.base);
}

/* ---- services, etcd, Kubernetes -------------------------------------------------------------- */

static void show_service(struct builder *b, enum sim_service_id id)
{
	const struct sim_service *service = &b->node->service[id];
	Resource__ServiceSpec spec = RESOURCE__SERVICE_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	if (!service_is_running(service))
		return;
	spec.running = true;
	spec.healthy = service_is_healthy(service);
	spec.unknown = !spec.healthy;
	map_add(yaml, "running", flag(b, true));
	map_add(yaml, "healthy", flag(b, spec.healthy));
	map_add(yaml, "unknown", flag(b, spec.unknown));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "Services.v1alpha1.talos.dev",
					 .ns = "runtime",
					 .id = service_name(id),
					 .owner = "v1alpha1.ServiceController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_etcd(struct builder *b)
{
	const struct sim_node *node = b->node;
	Resource__EtcdMemberSpec spec = RESOURCE__ETCD_MEMBER_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	if (node->etcd.state < ETCD_LEARNER || !service_is_healthy(&node->service[SERVICE_ETCD]))
		return;
	spec.member_id = arena_printf(b->arena, "%016llx", (unsigned long long)node->etcd.member);
	map_add(yaml, "memberID", text(b, spec.member_id));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "EtcdMembers.etcd.talos.dev",
					 .ns = "etcd",
					 .id = "local",
					 .owner = "etcd.MemberController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_nodename(struct builder *b)
{
	Resource__NodenameSpec spec = RESOURCE__NODENAME_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena);

	spec.nodename = (char *)b->node->hostname;
	spec.hostname_version = (char *)"1";
	map_add(yaml, "nodename", text(b, spec.nodename));
	map_add(yaml, "hostnameVersion", text(b, spec.hostname_version));
	map_add(yaml, "skipNodeRegistration", flag(b, false));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "Nodenames.kubernetes.talos.dev",
					 .ns = "k8s",
					 .id = "nodename",
					 .owner = "k8s.NodenameController" },
			map_end(yaml)),
		   &spec.base);
}

static void show_node_status(struct builder *b)
{
	const struct sim_node *node = b->node;
	Resource__NodeStatusSpec spec = RESOURCE__NODE_STATUS_SPEC__INIT;
	struct map_builder *yaml = map_begin(b->arena), *labels = map_begin(b->arena);
	const char *const keys[] = { "kubernetes.io/arch", "kubernetes.io/hostname",
				     "kubernetes.io/os", "node-role.kubernetes.io/control-plane" };
	const char *const values[] = { "amd64", node->hostname, "linux", "" };
	Resource__NodeStatusSpec__LabelsEntry entry[ARRAY_LEN(keys)], *entries[ARRAY_LEN(keys)];

	if (!node->kube.registered)
		return;
	for (size_t i = 0; i < ARRAY_LEN(keys) - !node->config->control; i++) {
		resource__node_status_spec__labels_entry__init(&entry[i]);
		entry[i].key = (char *)keys[i];
		entry[i].value = (char *)values[i];
		entries[spec.n_labels++] = &entry[i];
		map_add(labels, keys[i], text(b, values[i]));
	}
	spec.labels = entries;
	spec.nodename = (char *)node->hostname;
	spec.node_ready = kube_node_ready(node);
	map_add(yaml, "nodename", text(b, spec.nodename));
	map_add(yaml, "nodeReady", flag(b, spec.node_ready));
	map_add(yaml, "unschedulable", flag(b, false));
	map_add(yaml, "labels", map_end(labels));
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "NodeStatuses.kubernetes.talos.dev",
					 .ns = "k8s",
					 .id = node->hostname,
					 .owner = "k8s.NodeStatusController" },
			map_end(yaml)),
		   &spec.base);
}

static const struct value *condition(struct builder *b, const char *type, bool met)
{
	struct map_builder *map = map_begin(b->arena);

	map_add(map, "status", text(b, met ? "True" : "False"));
	map_add(map, "type", text(b, type));
	return map_end(map);
}

static const struct value *pod_value(struct builder *b, const char *name, bool ready)
{
	struct map_builder *pod = map_begin(b->arena), *container = map_begin(b->arena);
	struct list_builder *conditions = list_begin(b->arena);
	struct list_builder *containers = list_begin(b->arena);

	list_add(conditions, condition(b, "Initialized", true));
	list_add(conditions, condition(b, "Ready", ready));
	list_add(conditions, condition(b, "ContainersReady", ready));
	list_add(conditions, condition(b, "PodScheduled", true));
	map_add(container, "image",
		value_strf(b->arena, "registry.k8s.io/%s:%s", name, b->node->config->kubernetes));
	map_add(container, "name", text(b, name));
	map_add(container, "ready", flag(b, ready));
	map_add(container, "restartCount", number(b, 0));
	map_add(container, "started", flag(b, true));
	list_add(containers, map_end(container));
	map_add(pod, "conditions", list_end(conditions));
	map_add(pod, "containerStatuses", list_end(containers));
	map_add(pod, "hostIP", text(b, node_address(b->node)));
	map_add(pod, "phase", text(b, "Running"));
	map_add(pod, "podIP", text(b, node_address(b->node)));
	return map_end(pod);
}

static void show_pod(struct builder *b, const char *name)
{
	const struct sim_node *node = b->node;
	const struct value *pod = pod_value(b, name, etcd_is_healthy(node));
	Resource__StaticPodStatusSpec spec = RESOURCE__STATIC_POD_STATUS_SPEC__INIT;
	struct str packed SCOPED(str_done) = STR_INIT(YAML_MAX);

	struct_pack(&packed, pod);
	spec.pod_status.data = (uint8_t *)packed.at;
	spec.pod_status.len = packed.len;
	with_proto(b,
		   show(b,
			&(struct shown){ .type = "StaticPodStatuses.kubernetes.talos.dev",
					 .ns = "k8s",
					 .id = arena_printf(b->arena, "kube-system/%s-%s", name,
							    node->hostname),
					 .owner = "k8s.KubeletStaticPodController" },
			pod),
		   &spec.base);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
	const struct shown *a = left, *b = right;
	int order = strcmp(a->type, b->type);

	return order ? order : strcmp(a->id, b->id);
}

static void show_configured(struct builder *b)
{
	const struct sim_node *node = b->node;

	show_etcd(b);
	show_nodename(b);
	show_node_status(b);
	static_configs_of(b->arena, node, b->list);
	kubelet_of(b->arena, node, b->list);
	for (size_t i = 0; node->kube.pods && kube_static_pods[i]; i++)
		show_pod(b, kube_static_pods[i]);
	manifests_of(b->arena, node, b->list);
}

void resources_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	struct builder b = { arena, node, out };

	*out = (struct shown_list){ 0 };
	if (node->state == SIM_OFF || node->state == SIM_DOWN)
		return;
	show_status(&b);
	show_type(&b);
	show_config(&b, "persistent", node_persistent(node));
	show_config(&b, "v1alpha1", node->config);
	show_version(&b);
	show_schematic(&b);
	show_platform(&b);
	show_board(&b);
	show_security(&b);
	for (size_t i = 0; i < HARDWARE_DISKS; i++)
		show_disk(&b, &node->hardware->disk[i]);
	show_system_disk(&b);
	volumes_of(arena, node, out);
	show_network(&b);
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++)
		show_service(&b, id);
	if (node->config && node->config->complete)
		show_configured(&b);
	qsort(out->at, out->len, sizeof(*out->at), compare);
}
