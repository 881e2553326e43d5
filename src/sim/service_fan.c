#include "sim/service.h"

#include "common.pb-c.h"
#include "status.pb-c.h"

#include <string.h>

/*
 * A call that names many nodes is one call to each, and their answers are one: of an unary call the
 * lists are joined, of a stream the messages are interleaved. Each says whose it is. What failed is
 * an answer too, and the call as a whole ends well.
 */

struct fan {
	struct sim_call **part;
	const char **target; /* of each, as the caller named it */
	size_t count, open;
	bool stream;
	struct sim_call *call;
};

#define TARGETS_MAX 1000

static bool is_stream(const char *name)
{
	static const char *const names[] = { "Copy", "DiskUsage", "Dmesg", "EtcdSnapshot",
					     "Events", "ImageList", "Kubeconfig", "List",
					     "Logs", "Read", "HealthCheck", "PacketCapture" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static const char *target_of(const struct sim_call *part)
{
	const struct fan *fan = part->part_of->fan;

	for (size_t i = 0; i < fan->count; i++) {
		if (fan->part[i] == part)
			return fan->target[i];
	}
	return "";
}

/* ---- saying whose it is ---------------------------------------------------------------------- */

static void *member(ProtobufCMessage *message, size_t offset)
{
	return (char *)message + offset;
}

static void set_metadata(ProtobufCMessage *message, Common__Metadata *metadata)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "metadata");

	if (field)
		memcpy(member(message, field->offset), &metadata, sizeof(metadata));
}

/* Into each of an unary answer's elements, or into a stream's message. */
static void mark(ProtobufCMessage *message, Common__Metadata *metadata)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "messages");
	ProtobufCMessage **elements;
	size_t count;

	if (!field) {
		set_metadata(message, metadata);
		return;
	}
	memcpy(&count, member(message, field->quantifier_offset), sizeof(count));
	memcpy(&elements, member(message, field->offset), sizeof(elements));
	for (size_t i = 0; i < count; i++)
		set_metadata(elements[i], metadata);
}

/* Bytes of an unary answer go out together: field 1 of all of them is one list. */
static void pass_on(struct fan *fan, const void *data, size_t len)
{
	struct sim_call *call = fan->call;

	if (call->cut || !call_is_kept(call))
		return;
	if (fan->stream)
		rpc_reply(call->request, data, len);
	else
		str_addn(call->data, data, len);
}

void fan_send(struct sim_call *part, ProtobufCMessage *message)
{
	struct arena *arena OWNED(arena_free) = arena_new("part of an answer");
	Common__Metadata metadata = COMMON__METADATA__INIT;
	uint8_t *data;
	size_t len;

	metadata.hostname = (char *)target_of(part);
	mark(message, &metadata);
	len = protobuf_c_message_get_packed_size(message);
	data = arena_alloc(arena, len + 1);
	protobuf_c_message_pack(message, data);
	mark(message, NULL);
	pass_on(part->part_of->fan, data, len);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void put_varint(struct str *out, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		str_addc(out, (char)(value | 0x80));
	str_addc(out, (char)value);
}

/* Field 1: `inner`. */
static void put_first(struct str *out, const void *inner, size_t len)
{
	str_addc(out, 1 << 3 | 2);
	put_varint(out, len);
	str_addn(out, inner, len);
}

static void send_failure(struct sim_call *part, enum rpc_code code, const char *message)
{
	struct fan *fan = part->part_of->fan;
	struct arena *arena = call_arena(part);
	struct str one SCOPED(str_done) = STR_INIT(1 << 20);
	struct str list SCOPED(str_done) = STR_INIT(1 << 20);
	Common__Metadata metadata = COMMON__METADATA__INIT;
	Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
	size_t len;
	uint8_t *data;

	status.code = (int32_t)code;
	status.message = (char *)(message ? message : "");
	metadata.hostname = (char *)target_of(part);
	metadata.error = arena_printf(arena, "rpc error: code = %s desc = %s", rpc_code_name(code),
				      status.message);
	metadata.status = &status;
	len = protobuf_c_message_get_packed_size(&metadata.base);
	data = arena_alloc(arena, len + 1);
	protobuf_c_message_pack(&metadata.base, data);
	put_first(&one, data, len);
	put_first(&list, one.at, one.len);
	pass_on(fan, fan->stream ? one.at : list.at, fan->stream ? one.len : list.len);
}

static void end_all(struct fan *fan)
{
	struct sim_call *call = fan->call;
	struct str *joined = call->data;

	if (!fan->stream && !call->cut)
		rpc_reply(call->request, str_text(joined), joined->len);
	str_done(joined);
	call->fan = NULL;
	call_end(call);
}

void fan_end(struct sim_call *part, enum rpc_code code, const char *message)
{
	struct fan *fan = part->part_of->fan;

	if (code != RPC_OK)
		send_failure(part, code, message);
	if (--fan->open == 0)
		end_all(fan);
}

void fan_close(struct sim_call *call)
{
	for (size_t i = 0; i < call->fan->count; i++)
		call_close(call->fan->part[i]);
	str_done(call->data);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void start_part(struct fan *fan, size_t i, const struct service_method *method)
{
	struct sim_call *part = fan->part[i];

	if (!call_forward(part, fan->target[i]))
		return;
	if (part->node->state == SIM_LEAVING)
		call_fail(part, RPC_UNAVAILABLE, "error reading from server: EOF");
	else
		call_invoke(part, method);
	if (!part->over && part->on_settle)
		call_open(part);
}

void fan_out(struct sim_call *call, const struct service_method *method)
{
	struct arena *arena = call_arena(call);
	struct fan *fan = arena_alloc(arena, sizeof(*fan));
	struct str *joined = arena_alloc(arena, sizeof(*joined));
	const char *slash = strrchr(call->path, '/');

	fan->target = arena_calloc(arena, TARGETS_MAX, sizeof(*fan->target));
	fan->count = rpc_request_metadata_all(call->request, "nodes", fan->target, TARGETS_MAX);
	if (fan->count > TARGETS_MAX)
		fan->count = TARGETS_MAX;
	fan->part = arena_calloc(arena, fan->count, sizeof(*fan->part));
	fan->open = fan->count;
	fan->stream = is_stream(slash + 1);
	fan->call = call;
	str_init(joined, RPC_UPLOAD_MAX);
	call->fan = fan;
	call->data = joined;
	for (size_t i = 0; i < fan->count; i++) {
		fan->part[i] = arena_dup(arena, call, sizeof(*call));
		fan->part[i]->part_of = call;
		fan->part[i]->fan = NULL;
		fan->part[i]->data = NULL;
	}
	/* the last one to end ends them all, and may do so at once */
	for (size_t i = 0, count = fan->count; i < count; i++)
		start_part(fan, i, method);
}
