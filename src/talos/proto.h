/*
 * Protobuf messages inside this module: bytes to protobuf-c structs and back.
 *
 *	Machine__Version *version = proto_unpack_only(arena, &machine__version_response__descriptor,
 *						      message->data, message->len, err);
 *
 * What is unpacked lives in the arena and is erased with it, so replies may point to its texts,
 * which are never NULL. Sub-messages may be. An arena takes at most PROTO_ARENA_MAX bytes, because
 * two bytes of a message can ask for a hundred. Failures are ERR_REMOTE.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

#define PROTO_ARENA_MAX ((size_t)128 << 20)

struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;
struct talos_message;

void *proto_unpack(struct arena *arena, const struct ProtobufCMessageDescriptor *type,
		   const void *data, size_t len, struct err *err);
/* Likewise; when its `metadata` tells of an error, that is the error, with the code it names. */
void *proto_unpack_part(struct arena *arena, const struct ProtobufCMessageDescriptor *type,
			const void *data, size_t len, struct err *err);
/* Likewise of a message with `messages`, one per node asked: the only one. */
void *proto_unpack_only(struct arena *arena, const struct ProtobufCMessageDescriptor *type,
			const void *data, size_t len, struct err *err);
/* Likewise, and there is nothing in it to read: an unpack function's end. */
int proto_unpack_done(struct arena *arena, const struct ProtobufCMessageDescriptor *type,
		      const struct talos_message *message, const void **out, struct err *err);
/* A piece of a byte stream, as struct talos_bytes: a method's unpack function. */
int proto_unpack_bytes(struct arena *arena, const struct talos_message *message, const void **out,
		       struct err *err);

void proto_pack(const struct ProtobufCMessage *message, struct str *out);
/* For the fields of a message that is only packed. */
char *proto_text(const char *text);

/* A NULL-ended list. */
const char *const *proto_texts(struct arena *arena, char *const *texts, size_t len);
