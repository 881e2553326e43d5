#include "talos/proto.h"

#include "base/own.h"
#include "common.pb-c.h"
#include "rpc/status.h"
#include "talos/talos.h"

#include <protobuf-c/protobuf-c.h>
#include <string.h>

struct budget {
	struct arena *arena;
	bool spent;
};

static void *take_memory(void *data, size_t size)
{
	struct budget *budget = data;
	size_t used = arena_used(budget->arena);

	if (used > PROTO_ARENA_MAX || size > PROTO_ARENA_MAX - used) {
		budget->spent = true;
		return NULL;
	}
	return arena_alloc(budget->arena, size);
}

static void keep_memory(void *data, void *memory)
{
	(void)data;
	(void)memory;
}

void *proto_unpack(struct arena *arena, const ProtobufCMessageDescriptor *type, const void *data,
		   size_t len, struct err *err)
{
	struct budget budget = { .arena = arena };
	ProtobufCAllocator allocator = { take_memory, keep_memory, &budget };
	void *message = protobuf_c_message_unpack(type, &allocator, len, data);

	if (!message && budget.spent)
		err_set(err, ERR_REMOTE, "the answer takes more than %zu MiB of memory",
			PROTO_ARENA_MAX >> 20);
	else if (!message)
		err_set(err, ERR_REMOTE, "the answer is not a valid %s", type->name);
	return message;
}

/* The member of a message that a field is kept in; protobuf-c lays them out as C structs. */
static const void *member(const void *message, size_t offset)
{
	return (const char *)message + offset;
}

/* 0: all is well, or the message has no metadata. */
static int check_metadata(const ProtobufCMessage *message, struct err *err)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "metadata");
	const Common__Metadata *metadata;

	if (!field || field->descriptor != &common__metadata__descriptor)
		return 0;
	memcpy(&metadata, member(message, field->offset), sizeof(metadata));
	if (!metadata || (!metadata->status && !*metadata->error))
		return 0;

	const Google__Rpc__Status *status = metadata->status;
	enum rpc_code code = status ? (enum rpc_code)status->code : RPC_UNKNOWN;
	const char *text = status && *status->message ? status->message : metadata->error;

	return rpc_status_err(err, code == RPC_OK && *metadata->error ? RPC_UNKNOWN : code, text);
}

void *proto_unpack_part(struct arena *arena, const ProtobufCMessageDescriptor *type,
			const void *data, size_t len, struct err *err)
{
	void *message = proto_unpack(arena, type, data, len, err);

	if (!message || check_metadata(message, err) < 0)
		return NULL;
	return message;
}

void *proto_unpack_only(struct arena *arena, const ProtobufCMessageDescriptor *type,
			const void *data, size_t len, struct err *err)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(type, "messages");
	const void *reply = proto_unpack(arena, type, data, len, err);
	ProtobufCMessage **messages;
	size_t count;

	if (!reply)
		return NULL;
	memcpy(&count, member(reply, field->quantifier_offset), sizeof(count));
	if (count != 1) {
		err_set(err, ERR_REMOTE, "the answer is that of %zu nodes instead of one", count);
		return NULL;
	}
	memcpy(&messages, member(reply, field->offset), sizeof(messages));
	return check_metadata(messages[0], err) < 0 ? NULL : messages[0];
}

int proto_unpack_done(struct arena *arena, const ProtobufCMessageDescriptor *type,
		      const struct talos_message *message, const void **out, struct err *err)
{
	*out = NULL;
	return proto_unpack_only(arena, type, message->data, message->len, err) ? 0 : -1;
}

int proto_unpack_bytes(struct arena *arena, const struct talos_message *message, const void **out,
		       struct err *err)
{
	const Common__Data *data = proto_unpack_part(arena, &common__data__descriptor,
						     message->data, message->len, err);
	struct talos_bytes *reply = arena_alloc(arena, sizeof(*reply));

	if (!data)
		return -1;
	*reply = (struct talos_bytes){ data->bytes.data, data->bytes.len };
	*out = reply;
	return 0;
}

struct sink {
	ProtobufCBuffer buffer;
	struct str *out;
};

static void sink_append(ProtobufCBuffer *buffer, size_t len, const uint8_t *data)
{
	str_addn(container_of(buffer, struct sink, buffer)->out, data, len);
}

void proto_pack(const ProtobufCMessage *message, struct str *out)
{
	struct sink sink = { .buffer = { sink_append }, .out = out };

	protobuf_c_message_pack_to_buffer(message, &sink.buffer);
}

char *proto_text(const char *text)
{
	return (char *)text;
}

const char *const *proto_texts(struct arena *arena, char *const *texts, size_t len)
{
	const char **list = arena_calloc(arena, len + 1, sizeof(*list));

	for (size_t i = 0; i < len; i++)
		list[i] = texts[i];
	return list;
}
