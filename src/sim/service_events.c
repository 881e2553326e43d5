#include "sim/service.h"

#include "base/clock.h"
#include "base/text.h"
#include "machine.pb-c.h"
#include "sim/world_impl.h"

#include <string.h>

/* "0001-01-01T00:00:00Z": what a time that was never set is on the wire. */
#define NEVER (-INT64_C(62135596800))

struct event_stream {
	uint64_t sent; /* number of the last event looked at */
	const char *actor;
};

static Google__Protobuf__Timestamp *timestamp(struct arena *arena, uint64_t wall)
{
	Google__Protobuf__Timestamp *time = arena_alloc(arena, sizeof(*time));

	google__protobuf__timestamp__init(time);
	time->seconds = wall ? (int64_t)(wall / SECOND) : NEVER;
	time->nanos = (int32_t)(wall % SECOND);
	return time;
}

/* ---- payloads -------------------------------------------------------------------------------- */

static const ProtobufCMessage *pack_sequence(struct arena *arena, const struct sim_event *event)
{
	Machine__SequenceEvent *out = arena_alloc(arena, sizeof(*out));
	Common__Error *error = arena_alloc(arena, sizeof(*error));

	machine__sequence_event__init(out);
	common__error__init(error);
	out->sequence = (char *)event->name;
	out->action = (Machine__SequenceEvent__Action)event->action;
	if (event->text) {
		error->code = (Common__Code)event->code;
		error->message = (char *)event->text;
		out->error = error;
	}
	return &out->base;
}

static const ProtobufCMessage *pack_phase(struct arena *arena, const struct sim_event *event)
{
	Machine__PhaseEvent *out = arena_alloc(arena, sizeof(*out));

	machine__phase_event__init(out);
	out->phase = (char *)event->name;
	out->action = (Machine__PhaseEvent__Action)event->action;
	return &out->base;
}

static const ProtobufCMessage *pack_task(struct arena *arena, const struct sim_event *event)
{
	Machine__TaskEvent *out = arena_alloc(arena, sizeof(*out));

	machine__task_event__init(out);
	out->task = (char *)event->name;
	out->action = (Machine__TaskEvent__Action)event->action;
	return &out->base;
}

static const ProtobufCMessage *pack_service(struct arena *arena, const struct sim_event *event)
{
	Machine__ServiceStateEvent *out = arena_alloc(arena, sizeof(*out));
	Machine__ServiceHealth *health = arena_alloc(arena, sizeof(*health));

	machine__service_state_event__init(out);
	machine__service_health__init(health);
	health->unknown = !event->healthy;
	health->healthy = event->healthy;
	health->last_change = timestamp(arena, event->healthy ? event->wall : 0);
	out->service = (char *)event->name;
	out->action = (Machine__ServiceStateEvent__Action)event->action;
	out->message = (char *)event->text;
	out->health = health;
	return &out->base;
}

static const ProtobufCMessage *pack_status(struct arena *arena, const struct sim_event *event)
{
	Machine__MachineStatusEvent *out = arena_alloc(arena, sizeof(*out));
	Machine__MachineStatusEvent__MachineStatus *status = arena_alloc(arena, sizeof(*status));

	machine__machine_status_event__init(out);
	machine__machine_status_event__machine_status__init(status);
	out->stage = (Machine__MachineStatusEvent__MachineStage)event->status.stage;
	out->status = status;
	status->ready = sim_status_ready(&event->status);
	status->unmet_conditions = arena_calloc(arena, CONDITION_COUNT, sizeof(void *));
	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		if (!event->status.unmet[i])
			continue;
		Machine__MachineStatusEvent__MachineStatus__UnmetCondition *unmet =
			arena_alloc(arena, sizeof(*unmet));

		machine__machine_status_event__machine_status__unmet_condition__init(unmet);
		unmet->name = (char *)condition_name((enum sim_condition)i);
		unmet->reason = (char *)event->status.unmet[i];
		status->unmet_conditions[status->n_unmet_conditions++] = unmet;
	}
	return &out->base;
}

static const ProtobufCMessage *pack_address(struct arena *arena, const struct sim_event *event)
{
	Machine__AddressEvent *out = arena_alloc(arena, sizeof(*out));
	char **addresses = arena_calloc(arena, 1, sizeof(*addresses));

	machine__address_event__init(out);
	addresses[0] = (char *)event->text;
	out->hostname = (char *)event->name;
	out->addresses = addresses;
	out->n_addresses = 1;
	return &out->base;
}

static const ProtobufCMessage *pack_restart(struct arena *arena, const struct sim_event *event)
{
	Machine__RestartEvent *out = arena_alloc(arena, sizeof(*out));
	int64_t command = 0;

	machine__restart_event__init(out);
	text_i64(event->name, &command);
	out->cmd = command;
	return &out->base;
}

static const ProtobufCMessage *pack_invalid(struct arena *arena, const struct sim_event *event)
{
	Machine__ConfigValidationErrorEvent *out = arena_alloc(arena, sizeof(*out));

	machine__config_validation_error_event__init(out);
	out->error = (char *)event->name;
	return &out->base;
}

static const struct event_row {
	const char *type;
	const ProtobufCMessage *(*pack)(struct arena *arena, const struct sim_event *event);
} rows[SIM_EVENT_KIND_COUNT] = {
	[SIM_EVENT_SEQUENCE] = { "talos/runtime/machine.SequenceEvent", pack_sequence },
	[SIM_EVENT_PHASE] = { "talos/runtime/machine.PhaseEvent", pack_phase },
	[SIM_EVENT_TASK] = { "talos/runtime/machine.TaskEvent", pack_task },
	[SIM_EVENT_SERVICE] = { "talos/runtime/machine.ServiceStateEvent", pack_service },
	[SIM_EVENT_STATUS] = { "talos/runtime/machine.MachineStatusEvent", pack_status },
	[SIM_EVENT_ADDRESS] = { "talos/runtime/machine.AddressEvent", pack_address },
	[SIM_EVENT_RESTART] = { "talos/runtime/machine.RestartEvent", pack_restart },
	[SIM_EVENT_INVALID_CONFIG] = { "talos/runtime/machine.ConfigValidationErrorEvent",
				       pack_invalid },
};

/* ---- the stream ------------------------------------------------------------------------------ */

static void send_event(struct sim_call *call, const struct sim_event *event)
{
	/* a stream may last for days: what one event takes goes with it */
	struct arena *arena OWNED(arena_free) = arena_new("simulated event");
	const ProtobufCMessage *inner = rows[event->kind].pack(arena, event);
	Machine__Event out = MACHINE__EVENT__INIT;
	Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;

	any.type_url = (char *)rows[event->kind].type;
	any.value.len = protobuf_c_message_get_packed_size(inner);
	any.value.data = arena_alloc(arena, any.value.len + 1);
	protobuf_c_message_pack(inner, any.value.data);
	out.data = &any;
	out.id = (char *)event->id;
	out.actor_id = (char *)event->actor;
	call_send(call, &out.base);
}

static void events_settle(struct sim_call *call)
{
	struct event_stream *stream = call->data;
	const struct sim_log *log = &call->node->log;

	if (stream->sent + 1 < log_first(log))
		stream->sent = log_first(log) - 1;
	while (stream->sent < log->count) {
		const struct sim_event *event = log_at(log, ++stream->sent);

		if (!*stream->actor || !strcmp(stream->actor, event->actor))
			send_event(call, event);
	}
}

/* Real nodes end the stream well once apid is told to stop. */
static void events_leave(struct sim_call *call)
{
	events_settle(call);
	call_end(call);
}

static void send_hello(struct sim_call *call, const char *actor)
{
	Machine__Event hello = MACHINE__EVENT__INIT;
	Google__Protobuf__Any nothing = GOOGLE__PROTOBUF__ANY__INIT;
	char id[21];

	log_new_id(&call->node->log, world_wall(call->node->world), id);
	hello.data = &nothing;
	hello.id = id;
	hello.actor_id = (char *)actor;
	call_send(call, &hello.base);
}

static uint64_t by_count(const struct sim_log *log, int32_t tail)
{
	uint64_t kept = log->count - (log_first(log) - 1);

	if (tail < 0 || (uint64_t)tail > kept)
		return log_first(log) - 1;
	return log->count - (uint64_t)tail;
}

/* The number of the event before the first one wanted; UINT64_MAX: there is no such id. */
static uint64_t start_of(const struct sim_log *log, const Machine__EventsRequest *request,
			 uint64_t wall)
{
	uint64_t seconds = request->tail_seconds > 0 ? (uint64_t)request->tail_seconds : 0;

	if (request->tail_id[0]) {
		for (uint64_t i = log_first(log); i <= log->count; i++) {
			if (!strcmp(log_at(log, i)->id, request->tail_id))
				return i;
		}
		return UINT64_MAX;
	}
	if (seconds) {
		uint64_t from = wall > seconds * SECOND ? wall - seconds * SECOND : 0;
		uint64_t number = log_first(log);

		while (number <= log->count && log_at(log, number)->wall < from)
			number++;
		return number - 1;
	}
	return by_count(log, request->tail_events);
}

void call_events(struct sim_call *call, const void *message)
{
	const Machine__EventsRequest *request = message;
	struct event_stream *stream = arena_alloc(call_arena(call), sizeof(*stream));

	stream->actor = request->with_actor_id;
	stream->sent = start_of(&call->node->log, request, world_wall(call->node->world));
	send_hello(call, stream->actor);
	if (stream->sent == UINT64_MAX) {
		call_fail(call, RPC_UNKNOWN, "event with ID \"%s\" not found", request->tail_id);
		return;
	}
	call->data = stream;
	call->on_settle = events_settle;
	call->on_leave = events_leave;
	events_settle(call);
}
