#include "sim/service.h"

#include "base/clock.h"
#include "common.pb-c.h"
#include "observe.pb-c.h"
#include "sim/world_impl.h"
#include "storage.pb-c.h"

#include <string.h>

/* KiB; every simulated machine has as much. */
#define MEMORY_TOTAL (8u << 20)
#define MEMORY_FREE (6u << 20)

/* ---- logs: the node's events as lines -------------------------------------------------------- */

struct line_stream {
	uint64_t sent;	     /* number of the last event looked at */
	const char *service; /* whose; NULL: the kernel's, which machined writes to as well */
};

static void send_text(struct sim_call *call, const char *text)
{
	Common__Data piece = COMMON__DATA__INIT;

	piece.bytes.data = (uint8_t *)text;
	piece.bytes.len = strlen(text);
	call_send(call, &piece.base);
}

static const char *verb(const struct sim_event *event)
{
	if (event->kind == SIM_EVENT_SEQUENCE)
		return event->action == SEQUENCE_START	? "started"
		       : event->action == SEQUENCE_STOP ? "done"
							: "failed";
	return event->action == PHASE_START ? "started" : "done";
}

/* What machined says of it in the kernel's log; NULL: nothing. */
static const char *kernel_text(struct arena *arena, const struct sim_event *event)
{
	static const char *const nouns[SIM_EVENT_KIND_COUNT] = {
		[SIM_EVENT_SEQUENCE] = "sequence",
		[SIM_EVENT_PHASE] = "phase",
		[SIM_EVENT_TASK] = "task",
	};

	if (event->kind == SIM_EVENT_SERVICE)
		return arena_printf(arena, "[talos] service[%s]: %s", event->name, event->text);
	if (!nouns[event->kind])
		return NULL;
	return arena_printf(arena, "[talos] %s %s: %s", nouns[event->kind], event->name,
			    verb(event));
}

static const char *line_of(struct arena *arena, const struct line_stream *stream,
			   const struct sim_event *event)
{
	char time[TIME_TEXT_MAX];
	const char *text;

	if (stream->service) {
		if (event->kind != SIM_EVENT_SERVICE || strcmp(event->name, stream->service) != 0)
			return NULL;
		return arena_printf(arena, "%s %s\n", time_text_ms(event->wall, time),
				    event->text);
	}
	text = kernel_text(arena, event);
	return text ? arena_printf(arena, "user: warning: [%s]: %s\n",
				   time_text_ms(event->wall, time), text)
		    : NULL;
}

static void lines_settle(struct sim_call *call)
{
	struct line_stream *stream = call->data;
	const struct sim_log *log = &call->node->log;

	if (stream->sent + 1 < log_first(log))
		stream->sent = log_first(log) - 1;
	while (stream->sent < log->count) {
		/* a stream may last for days: what one line takes goes with it */
		struct arena *arena OWNED(arena_free) = arena_new("simulated line");
		const char *line = line_of(arena, stream, log_at(log, ++stream->sent));

		if (line)
			send_text(call, line);
	}
}

static void lines_leave(struct sim_call *call)
{
	lines_settle(call);
	call_end(call);
}

/* The number before the first of the last `tail` lines; all of them when it is negative. */
static uint64_t tail_start(struct sim_call *call, const struct line_stream *stream, int32_t tail)
{
	struct arena *arena OWNED(arena_free) = arena_new("simulated lines");
	const struct sim_log *log = &call->node->log;
	uint64_t number = log->count;

	if (tail < 0)
		return log_first(log) - 1;
	for (; number >= log_first(log) && number > 0 && tail > 0; number--)
		tail -= line_of(arena, stream, log_at(log, number)) != NULL;
	return number;
}

static void send_lines(struct sim_call *call, struct line_stream *stream, bool follow)
{
	call->data = stream;
	lines_settle(call);
	if (!follow) {
		call_end(call);
		return;
	}
	call->on_settle = lines_settle;
	call->on_leave = lines_leave;
}

void call_dmesg(struct sim_call *call, const void *message)
{
	const Machine__DmesgRequest *request = message;
	struct line_stream *stream = arena_alloc(call_arena(call), sizeof(*stream));

	stream->sent = tail_start(call, stream, request->tail ? 0 : -1);
	if (!request->tail) {
		char time[TIME_TEXT_MAX];

		send_text(call, arena_printf(call_arena(call),
					     "kern:  notice: [%s]: Linux version 6.18.9-talos\n",
					     time_text_ms(call->node->since, time)));
	}
	send_lines(call, stream, request->follow);
}

static bool is_service(const struct sim_node *node, const char *name, enum sim_service_id *out)
{
	for (*out = 0; *out < SERVICE_COUNT; (*out)++) {
		if (!strcmp(service_name(*out), name))
			return node->service[*out].state != SERVICE_ABSENT;
	}
	return false;
}

void call_logs(struct sim_call *call, const void *message)
{
	const Machine__LogsRequest *request = message;
	struct line_stream *stream = arena_alloc(call_arena(call), sizeof(*stream));
	bool kernel = !strcmp(request->id, "kernel");
	enum sim_service_id id;

	if (!kernel && !is_service(call->node, request->id, &id)) {
		call_fail(call, RPC_UNKNOWN, "log \"%s\" was not registered", request->id);
		return;
	}
	stream->service = kernel ? NULL : request->id;
	stream->sent = tail_start(call, stream, request->tail_lines);
	send_lines(call, stream, request->follow);
}

void call_logs_list(struct sim_call *call, const void *message)
{
	Machine__LogsContainersResponse reply = MACHINE__LOGS_CONTAINERS_RESPONSE__INIT;
	Machine__LogsContainer one = MACHINE__LOGS_CONTAINER__INIT;
	Machine__LogsContainer *messages[] = { &one };
	char *ids[SERVICE_COUNT + 1];

	(void)message;
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		if (call->node->service[id].state != SERVICE_ABSENT)
			ids[one.n_ids++] = (char *)service_name(id);
	}
	ids[one.n_ids++] = (char *)"kernel";
	one.ids = ids;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- services -------------------------------------------------------------------------------- */

/* The API starts and restarts the kubelet alone, and stops nothing that every node has. */
static bool may_operate(struct sim_call *call, const char *name, const char *verb_text)
{
	enum sim_service_id id;

	if (!is_service(call->node, name, &id))
		call_fail(call, RPC_UNKNOWN, "service \"%s\" not defined", name);
	else if (id != SERVICE_KUBELET || !strcmp(verb_text, "stop"))
		call_fail(call, RPC_UNKNOWN, "service \"%s\" doesn't support %s operation via API",
			  name, verb_text);
	else
		return true;
	return false;
}

static char *said(struct sim_call *call, const char *name, const char *what)
{
	return arena_printf(call_arena(call), "Service \"%s\" %s", name, what);
}

void call_service_start(struct sim_call *call, const void *message)
{
	const Machine__ServiceStartRequest *request = message;
	Machine__ServiceStartResponse reply = MACHINE__SERVICE_START_RESPONSE__INIT;
	Machine__ServiceStart one = MACHINE__SERVICE_START__INIT;
	Machine__ServiceStart *messages[] = { &one };

	/* it runs already, or is about to */
	if (!may_operate(call, request->id, "start"))
		return;
	one.resp = said(call, request->id, "started");
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_service_stop(struct sim_call *call, const void *message)
{
	const Machine__ServiceStopRequest *request = message;

	may_operate(call, request->id, "stop");
}

void call_service_restart(struct sim_call *call, const void *message)
{
	const Machine__ServiceRestartRequest *request = message;
	Machine__ServiceRestartResponse reply = MACHINE__SERVICE_RESTART_RESPONSE__INIT;
	Machine__ServiceRestart one = MACHINE__SERVICE_RESTART__INIT;
	Machine__ServiceRestart *messages[] = { &one };

	if (!may_operate(call, request->id, "restart"))
		return;
	services_restart(call->node, SERVICE_KUBELET);
	one.resp = said(call, request->id, "restarted");
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- load ------------------------------------------------------------------------------------ */

void call_memory(struct sim_call *call, const void *message)
{
	Machine__MemoryResponse reply = MACHINE__MEMORY_RESPONSE__INIT;
	Machine__Memory one = MACHINE__MEMORY__INIT;
	Machine__MemInfo info = MACHINE__MEM_INFO__INIT;
	Machine__Memory *messages[] = { &one };

	(void)message;
	info.memtotal = MEMORY_TOTAL;
	info.memfree = MEMORY_FREE;
	info.memavailable = MEMORY_FREE;
	one.meminfo = &info;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_load(struct sim_call *call, const void *message)
{
	Machine__LoadAvgResponse reply = MACHINE__LOAD_AVG_RESPONSE__INIT;
	Machine__LoadAvg one = MACHINE__LOAD_AVG__INIT;
	Machine__LoadAvg *messages[] = { &one };
	const struct sim_service *service = call->node->service;

	(void)message;
	/* one for each service that is on its way */
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++)
		one.load1 += service[id].due != 0;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- containers ------------------------------------------------------------------------------ */

#define CRI_SPACE "k8s.io"

static Machine__ContainerInfo *container(struct arena *arena, const char *space, const char *id,
					 const char *pod)
{
	Machine__ContainerInfo *out = arena_alloc(arena, sizeof(*out));

	machine__container_info__init(out);
	out->namespace_ = (char *)space;
	out->id = (char *)id;
	out->pod_id = (char *)pod;
	out->name = (char *)id;
	out->status = (char *)"RUNNING";
	return out;
}

static size_t system_containers(struct sim_call *call, Machine__ContainerInfo **out)
{
	static const enum sim_service_id ids[] = { SERVICE_APID, SERVICE_TRUSTD };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		const char *name = service_name(ids[i]);

		if (service_is_running(&call->node->service[ids[i]]))
			out[count++] = container(call_arena(call), "system", name, name);
	}
	return count;
}

/* A pod's sandbox and the one container in it. */
static size_t pod_containers(struct sim_call *call, Machine__ContainerInfo **out, size_t max)
{
	struct arena *arena = call_arena(call);
	const struct sim_node *node = call->node;
	size_t count = 0;

	for (size_t i = 0; node->kube.pods && kube_static_pods[i] && count + 2 <= max; i++) {
		const char *pod = arena_printf(arena, "kube-system/%s-%s", kube_static_pods[i],
					       node->hostname);
		const char *id = arena_printf(arena, "%s:%s:%.12s", pod, kube_static_pods[i],
					      node->boot_id);

		out[count] = container(arena, CRI_SPACE, pod, pod);
		out[count++]->status = (char *)"SANDBOX_READY";
		out[count] = container(arena, CRI_SPACE, id, pod);
		out[count]->name = (char *)kube_static_pods[i];
		out[count++]->status = (char *)"CONTAINER_RUNNING";
	}
	return count;
}

#define CONTAINERS_MAX 16

/* False: there is no such namespace, and the call has failed. */
static bool list_containers(struct sim_call *call, const char *space,
			    Machine__ContainerInfo **out, size_t *count)
{
	if (!*space) {
		call_fail(call, RPC_INVALID_ARGUMENT, "namespace is required");
		return false;
	}
	*count = 0;
	if (!strcmp(space, "system"))
		*count = system_containers(call, out);
	else if (!strcmp(space, CRI_SPACE))
		*count = pod_containers(call, out, CONTAINERS_MAX);
	return true;
}

void call_containers(struct sim_call *call, const void *message)
{
	const Machine__ContainersRequest *request = message;
	Machine__ContainersResponse reply = MACHINE__CONTAINERS_RESPONSE__INIT;
	Machine__Container one = MACHINE__CONTAINER__INIT;
	Machine__Container *messages[] = { &one };
	Machine__ContainerInfo *containers[CONTAINERS_MAX];

	if (!list_containers(call, request->namespace_, containers, &one.n_containers))
		return;
	one.containers = containers;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_stats(struct sim_call *call, const void *message)
{
	const Machine__StatsRequest *request = message;
	Machine__StatsResponse reply = MACHINE__STATS_RESPONSE__INIT;
	Machine__Stats one = MACHINE__STATS__INIT;
	Machine__Stats *messages[] = { &one };
	Machine__ContainerInfo *containers[CONTAINERS_MAX];
	Machine__Stat *stats[CONTAINERS_MAX];

	if (!list_containers(call, request->namespace_, containers, &one.n_stats))
		return;
	for (size_t i = 0; i < one.n_stats; i++) {
		stats[i] = arena_alloc(call_arena(call), sizeof(*stats[i]));
		machine__stat__init(stats[i]);
		stats[i]->namespace_ = containers[i]->namespace_;
		stats[i]->id = containers[i]->id;
		stats[i]->pod_id = containers[i]->pod_id;
		stats[i]->name = containers[i]->name;
	}
	one.stats = stats;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- disks ----------------------------------------------------------------------------------- */

static Storage__Disk__DiskType disk_type(const struct sim_disk *disk)
{
	if (!strcmp(disk->transport, "nvme"))
		return STORAGE__DISK__DISK_TYPE__NVME;
	return disk->rotational ? STORAGE__DISK__DISK_TYPE__HDD : STORAGE__DISK__DISK_TYPE__SSD;
}

static Storage__Disk *disk_of(struct sim_call *call, const struct sim_disk *disk)
{
	Storage__Disk *out = arena_alloc(call_arena(call), sizeof(*out));

	storage__disk__init(out);
	out->size = disk->size;
	out->model = (char *)disk->model;
	out->device_name = arena_printf(call_arena(call), "/dev/%s", disk->id);
	out->serial = (char *)disk->serial;
	out->modalias = (char *)disk->modalias;
	out->uuid = (char *)disk->uuid;
	out->wwid = (char *)disk->wwid;
	out->type = disk_type(disk);
	out->bus_path = (char *)disk->bus_path;
	out->subsystem = (char *)"/sys/class/block";
	out->system_disk = !strcmp(disk->id, call->node->installed);
	return out;
}

void call_disks(struct sim_call *call, const void *message)
{
	Storage__DisksResponse reply = STORAGE__DISKS_RESPONSE__INIT;
	Storage__Disks one = STORAGE__DISKS__INIT;
	Storage__Disks *messages[] = { &one };
	Storage__Disk *disks[HARDWARE_DISKS];

	(void)message;
	for (size_t i = 0; i < HARDWARE_DISKS; i++)
		disks[i] = disk_of(call, &call->node->hardware->disk[i]);
	one.disks = disks;
	one.n_disks = HARDWARE_DISKS;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}
