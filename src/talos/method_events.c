#include "base/clock.h"
#include "base/text.h"
#include "machine.pb-c.h"
#include "talos/proto.h"
#include "talos/stage.h"
#include "talos/talos.h"

#include <string.h>

static const char *const sequence_actions[] = {
	[MACHINE__SEQUENCE_EVENT__ACTION__NOOP] = "noop",
	[MACHINE__SEQUENCE_EVENT__ACTION__START] = "start",
	[MACHINE__SEQUENCE_EVENT__ACTION__STOP] = "stop",
};
static const char *const phase_actions[] = {
	[MACHINE__PHASE_EVENT__ACTION__START] = "start",
	[MACHINE__PHASE_EVENT__ACTION__STOP] = "stop",
};
static const char *const task_actions[] = {
	[MACHINE__TASK_EVENT__ACTION__START] = "start",
	[MACHINE__TASK_EVENT__ACTION__STOP] = "stop",
};
/* As ServiceList spells them. */
static const char *const service_states[] = {
	[MACHINE__SERVICE_STATE_EVENT__ACTION__INITIALIZED] = "Initialized",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__PREPARING] = "Preparing",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__WAITING] = "Waiting",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__RUNNING] = "Running",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__STOPPING] = "Stopping",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__FINISHED] = "Finished",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__FAILED] = "Failed",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__SKIPPED] = "Skipped",
	[MACHINE__SERVICE_STATE_EVENT__ACTION__STARTING] = "Starting",
};

/* "" for one that a newer node invented. */
#define ACTION_NAME(names, action) action_name(names, ARRAY_LEN(names), (size_t)(action))

static const char *action_name(const char *const *names, size_t count, size_t action)
{
	return action < count ? names[action] : "";
}

static const char *error_text(const char *text)
{
	return *text ? text : NULL;
}

static void sequence_fill(const void *payload, struct talos_event *event)
{
	const Machine__SequenceEvent *sequence = payload;

	event->name = sequence->sequence;
	event->action = ACTION_NAME(sequence_actions, sequence->action);
	event->error = sequence->error ? sequence->error->message : NULL;
}

static void phase_fill(const void *payload, struct talos_event *event)
{
	const Machine__PhaseEvent *phase = payload;

	event->name = phase->phase;
	event->action = ACTION_NAME(phase_actions, phase->action);
}

static void task_fill(const void *payload, struct talos_event *event)
{
	const Machine__TaskEvent *task = payload;

	event->name = task->task;
	event->action = ACTION_NAME(task_actions, task->action);
}

static void service_fill(const void *payload, struct talos_event *event)
{
	const Machine__ServiceStateEvent *service = payload;

	event->name = service->service;
	event->action = ACTION_NAME(service_states, service->action);
	event->message = service->message;
}

static void machine_fill(const void *payload, struct talos_event *event)
{
	const Machine__MachineStatusEvent *machine = payload;

	event->stage = stage_read((int)machine->stage);
	event->ready = machine->status && machine->status->ready;
}

static void load_error_fill(const void *payload, struct talos_event *event)
{
	event->error = error_text(((const Machine__ConfigLoadErrorEvent *)payload)->error);
}

static void validation_error_fill(const void *payload, struct talos_event *event)
{
	event->error = error_text(((const Machine__ConfigValidationErrorEvent *)payload)->error);
}

static const struct payload {
	const char *type;
	const ProtobufCMessageDescriptor *descriptor;
	void (*fill)(const void *payload, struct talos_event *event);
} payloads[] = {
	{ "machine.SequenceEvent", &machine__sequence_event__descriptor, sequence_fill },
	{ "machine.PhaseEvent", &machine__phase_event__descriptor, phase_fill },
	{ "machine.TaskEvent", &machine__task_event__descriptor, task_fill },
	{ "machine.ServiceStateEvent", &machine__service_state_event__descriptor, service_fill },
	{ "machine.MachineStatusEvent", &machine__machine_status_event__descriptor, machine_fill },
	{ "machine.ConfigLoadErrorEvent", &machine__config_load_error_event__descriptor,
	  load_error_fill },
	{ "machine.ConfigValidationErrorEvent", &machine__config_validation_error_event__descriptor,
	  validation_error_fill },
};

/* What is in an event of a type that nobody here reads stays there. */
static int payload_read(struct arena *arena, const ProtobufCBinaryData *value,
			struct talos_event *event, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		if (strcmp(payloads[i].type, event->type) != 0)
			continue;
		const void *payload = proto_unpack(arena, payloads[i].descriptor, value->data,
						   value->len, err);
		if (!payload)
			return -1;
		payloads[i].fill(payload, event);
	}
	return 0;
}

static int events_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			 struct err *err)
{
	static const char prefix[] = "talos/runtime/";
	const Machine__Event *event = proto_unpack_part(arena, &machine__event__descriptor,
							message->data, message->len, err);
	struct talos_event *reply = arena_alloc(arena, sizeof(*reply));

	if (!event)
		return -1;
	*reply = (struct talos_event){
		.id = event->id,
		.actor = event->actor_id,
		.type = event->data ? event->data->type_url : "",
		.name = "",
		.action = "",
		.message = "",
	};
	if (text_starts(reply->type, prefix))
		reply->type += sizeof(prefix) - 1;
	if (event->data && payload_read(arena, &event->data->value, reply, err) < 0)
		return -1;
	*out = reply;
	return 0;
}

static void events_pack(const void *request, struct str *out)
{
	const struct talos_events_request *events = request;
	Machine__EventsRequest message = MACHINE__EVENTS_REQUEST__INIT;

	if (events)
		message.tail_events = events->tail;
	if (events && events->actor)
		message.with_actor_id = proto_text(events->actor);
	proto_pack(&message.base, out);
}

const struct talos_method talos_events = {
	.name = "Events",
	.path = "/machine.MachineService/Events",
	.phrase = "follow the events",
	.timeout = DAY,
	.streaming = true,
	.endless = true,
	.pack = events_pack,
	.unpack = events_unpack,
};
