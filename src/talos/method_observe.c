#include "base/clock.h"
#include "observe.pb-c.h"
#include "storage.pb-c.h"
#include "talos/proto.h"
#include "talos/talos.h"

/* Follows may last for a day; whoever wants more starts again. */
#define FOLLOW_MAX DAY

/* ---- texts as the node keeps them ------------------------------------------------------------ */

static void dmesg_pack(const void *request, struct str *out)
{
	const struct talos_dmesg_request *dmesg = request;
	Machine__DmesgRequest message = MACHINE__DMESG_REQUEST__INIT;

	message.follow = dmesg && dmesg->follow;
	message.tail = dmesg && dmesg->tail;
	proto_pack(&message.base, out);
}

const struct talos_method talos_dmesg = {
	.name = "Dmesg",
	.path = "/machine.MachineService/Dmesg",
	.phrase = "read the kernel's messages",
	.timeout = FOLLOW_MAX,
	.streaming = true,
	.endless = true,
	.pack = dmesg_pack,
	.unpack = proto_unpack_bytes,
};

static char *space_text(const char *name)
{
	return proto_text(name ? name : "system");
}

static Common__ContainerDriver driver_of(enum talos_driver driver)
{
	return driver == DRIVER_CRI ? COMMON__CONTAINER_DRIVER__CRI
				    : COMMON__CONTAINER_DRIVER__CONTAINERD;
}

static void logs_pack(const void *request, struct str *out)
{
	const struct talos_logs_request *logs = request;
	Machine__LogsRequest message = MACHINE__LOGS_REQUEST__INIT;

	message.namespace_ = space_text(logs->namespace);
	message.id = proto_text(logs->id);
	message.driver = driver_of(logs->driver);
	message.follow = logs->follow;
	message.tail_lines = logs->tail;
	proto_pack(&message.base, out);
}

const struct talos_method talos_logs = {
	.name = "Logs",
	.path = "/machine.MachineService/Logs",
	.phrase = "read a log",
	.timeout = FOLLOW_MAX,
	.streaming = true,
	.endless = true,
	.pack = logs_pack,
	.unpack = proto_unpack_bytes,
};

static int names_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	const Machine__LogsContainer *logs =
		proto_unpack_only(arena, &machine__logs_containers_response__descriptor,
				  message->data, message->len, err);
	struct talos_names *reply = arena_alloc(arena, sizeof(*reply));

	if (!logs)
		return -1;
	reply->at = proto_texts(arena, logs->ids, logs->n_ids);
	*out = reply;
	return 0;
}

const struct talos_method talos_logs_list = {
	.name = "LogsContainers",
	.path = "/machine.MachineService/LogsContainers",
	.phrase = "list the logs",
	.timeout = 10 * SECOND,
	.unpack = names_unpack,
};

/* ---- services -------------------------------------------------------------------------------- */

static int said(struct arena *arena, const char *text, const void **out)
{
	struct talos_service_said *reply = arena_alloc(arena, sizeof(*reply));

	reply->text = text;
	*out = reply;
	return 0;
}

static void start_pack(const void *request, struct str *out)
{
	const struct talos_service_request *service = request;
	Machine__ServiceStartRequest message = MACHINE__SERVICE_START_REQUEST__INIT;

	message.id = proto_text(service->id);
	proto_pack(&message.base, out);
}

static int start_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	const Machine__ServiceStart *reply =
		proto_unpack_only(arena, &machine__service_start_response__descriptor,
				  message->data, message->len, err);

	return reply ? said(arena, reply->resp, out) : -1;
}

const struct talos_method talos_service_start = {
	.name = "ServiceStart",
	.path = "/machine.MachineService/ServiceStart",
	.phrase = "start a service",
	.timeout = 30 * SECOND,
	.pack = start_pack,
	.unpack = start_unpack,
};

static void stop_pack(const void *request, struct str *out)
{
	const struct talos_service_request *service = request;
	Machine__ServiceStopRequest message = MACHINE__SERVICE_STOP_REQUEST__INIT;

	message.id = proto_text(service->id);
	proto_pack(&message.base, out);
}

static int stop_unpack(struct arena *arena, const struct talos_message *message, const void **out,
		       struct err *err)
{
	const Machine__ServiceStop *reply =
		proto_unpack_only(arena, &machine__service_stop_response__descriptor, message->data,
				  message->len, err);

	return reply ? said(arena, reply->resp, out) : -1;
}

const struct talos_method talos_service_stop = {
	.name = "ServiceStop",
	.path = "/machine.MachineService/ServiceStop",
	.phrase = "stop a service",
	.timeout = 30 * SECOND,
	.pack = stop_pack,
	.unpack = stop_unpack,
};

static void restart_pack(const void *request, struct str *out)
{
	const struct talos_service_request *service = request;
	Machine__ServiceRestartRequest message = MACHINE__SERVICE_RESTART_REQUEST__INIT;

	message.id = proto_text(service->id);
	proto_pack(&message.base, out);
}

static int restart_unpack(struct arena *arena, const struct talos_message *message,
			  const void **out, struct err *err)
{
	const Machine__ServiceRestart *reply =
		proto_unpack_only(arena, &machine__service_restart_response__descriptor,
				  message->data, message->len, err);

	return reply ? said(arena, reply->resp, out) : -1;
}

const struct talos_method talos_service_restart = {
	.name = "ServiceRestart",
	.path = "/machine.MachineService/ServiceRestart",
	.phrase = "restart a service",
	.timeout = 30 * SECOND,
	.pack = restart_pack,
	.unpack = restart_unpack,
};

/* ---- load ------------------------------------------------------------------------------------ */

static int memory_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			 struct err *err)
{
	const Machine__Memory *memory = proto_unpack_only(
		arena, &machine__memory_response__descriptor, message->data, message->len, err);
	struct talos_memory *reply = arena_alloc(arena, sizeof(*reply));

	if (!memory)
		return -1;
	if (!memory->meminfo)
		return err_set(err, ERR_REMOTE, "the answer holds no numbers");
	*reply = (struct talos_memory){
		.total = memory->meminfo->memtotal,
		.free = memory->meminfo->memfree,
		.available = memory->meminfo->memavailable,
	};
	*out = reply;
	return 0;
}

const struct talos_method talos_memory = {
	.name = "Memory",
	.path = "/machine.MachineService/Memory",
	.phrase = "read the use of memory",
	.timeout = 10 * SECOND,
	.unpack = memory_unpack,
};

static int load_unpack(struct arena *arena, const struct talos_message *message, const void **out,
		       struct err *err)
{
	const Machine__LoadAvg *load = proto_unpack_only(
		arena, &machine__load_avg_response__descriptor, message->data, message->len, err);
	struct talos_load *reply = arena_alloc(arena, sizeof(*reply));

	if (!load)
		return -1;
	*reply = (struct talos_load){ load->load1, load->load5, load->load15 };
	*out = reply;
	return 0;
}

const struct talos_method talos_load = {
	.name = "LoadAvg",
	.path = "/machine.MachineService/LoadAvg",
	.phrase = "read the load",
	.timeout = 10 * SECOND,
	.unpack = load_unpack,
};

/* ---- containers ------------------------------------------------------------------------------ */

static void containers_pack(const void *request, struct str *out)
{
	const struct talos_containers_request *containers = request;
	Machine__ContainersRequest message = MACHINE__CONTAINERS_REQUEST__INIT;

	message.namespace_ = space_text(containers ? containers->namespace : NULL);
	message.driver = driver_of(containers ? containers->driver : DRIVER_CONTAINERD);
	proto_pack(&message.base, out);
}

static int containers_unpack(struct arena *arena, const struct talos_message *message,
			     const void **out, struct err *err)
{
	const Machine__Container *list = proto_unpack_only(
		arena, &machine__containers_response__descriptor, message->data, message->len, err);
	struct talos_containers *reply = arena_alloc(arena, sizeof(*reply));

	if (!list)
		return -1;
	reply->at = arena_calloc(arena, list->n_containers, sizeof(*reply->at));
	reply->len = list->n_containers;
	for (size_t i = 0; i < reply->len; i++) {
		const Machine__ContainerInfo *info = list->containers[i];

		reply->at[i] = (struct talos_container){
			.namespace = info->namespace_,
			.id = info->id,
			.pod = info->pod_id,
			.name = info->name,
			.image = info->image,
			.status = info->status,
			.pid = info->pid,
		};
	}
	*out = reply;
	return 0;
}

const struct talos_method talos_containers = {
	.name = "Containers",
	.path = "/machine.MachineService/Containers",
	.phrase = "list the containers",
	.timeout = 20 * SECOND,
	.pack = containers_pack,
	.unpack = containers_unpack,
};

static int stats_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	const Machine__Stats *list = proto_unpack_only(arena, &machine__stats_response__descriptor,
						       message->data, message->len, err);
	struct talos_stats *reply = arena_alloc(arena, sizeof(*reply));

	if (!list)
		return -1;
	reply->at = arena_calloc(arena, list->n_stats, sizeof(*reply->at));
	reply->len = list->n_stats;
	for (size_t i = 0; i < reply->len; i++) {
		const Machine__Stat *stat = list->stats[i];

		reply->at[i] = (struct talos_stat){
			.namespace = stat->namespace_,
			.id = stat->id,
			.pod = stat->pod_id,
			.name = stat->name,
			.memory = stat->memory_usage,
			.cpu = stat->cpu_usage,
		};
	}
	*out = reply;
	return 0;
}

/* The requests of both calls have the same two fields. */
const struct talos_method talos_stats = {
	.name = "Stats",
	.path = "/machine.MachineService/Stats",
	.phrase = "read the use of the containers",
	.timeout = 20 * SECOND,
	.pack = containers_pack,
	.unpack = stats_unpack,
};

/* ---- disks ----------------------------------------------------------------------------------- */

static int disks_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	const Storage__Disks *list = proto_unpack_only(arena, &storage__disks_response__descriptor,
						       message->data, message->len, err);
	struct talos_disk_infos *reply = arena_alloc(arena, sizeof(*reply));

	if (!list)
		return -1;
	reply->at = arena_calloc(arena, list->n_disks, sizeof(*reply->at));
	reply->len = list->n_disks;
	for (size_t i = 0; i < reply->len; i++) {
		const Storage__Disk *disk = list->disks[i];

		reply->at[i] = (struct talos_disk_info){
			.device = disk->device_name,
			.model = disk->model,
			.serial = disk->serial,
			.wwid = disk->wwid,
			.bus_path = disk->bus_path,
			.size = disk->size,
			.system = disk->system_disk,
			.readonly = disk->readonly,
		};
	}
	*out = reply;
	return 0;
}

const struct talos_method talos_disks = {
	.name = "Disks",
	.path = "/storage.StorageService/Disks",
	.phrase = "list the disks",
	.timeout = 10 * SECOND,
	.unpack = disks_unpack,
};
