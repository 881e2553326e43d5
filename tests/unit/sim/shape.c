#include "shape.h"

#include "base/str.h"
#include "base/text.h"

#include <string.h>

static void add_path(struct arena *arena, struct shape *shape, const char *path)
{
	size_t at = 0;

	while (at < shape->len && strcmp(shape->path[at], path) < 0)
		at++;
	if (at < shape->len && !strcmp(shape->path[at], path))
		return;
	shape->path = arena_grow(arena, shape->path, shape->len, &shape->cap, sizeof(*shape->path));
	memmove(shape->path + at + 1, shape->path + at, (shape->len - at) * sizeof(*shape->path));
	shape->path[at] = path;
	shape->len++;
}

static const void *member(const ProtobufCMessage *message, unsigned offset)
{
	return (const char *)message + offset;
}

static bool is_zero(const void *data, size_t size)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < size; i++) {
		if (byte[i])
			return false;
	}
	return true;
}

static bool is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const void *at = member(message, field->offset);

	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)member(message, field->quantifier_offset) == field->id;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return *(const size_t *)member(message, field->quantifier_offset) > 0;
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return *(char *const *)at && **(char *const *)at;
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)at)->len > 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		return *(ProtobufCMessage *const *)at != NULL;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return !is_zero(at, 8);
	default:
		return !is_zero(at, 4);
	}
}

static bool add_message(struct arena *arena, struct shape *shape, const ProtobufCMessage *message,
			const char *prefix)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	bool known = message->n_unknown_fields == 0;

	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		const char *path = arena_printf(arena, "%s%s", prefix, field->name);

		if (!is_present(message, field))
			continue;
		add_path(arena, shape, path);
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;

		const void *at = member(message, field->offset);
		bool many = field->label == PROTOBUF_C_LABEL_REPEATED;
		size_t count =
			many ? *(const size_t *)member(message, field->quantifier_offset) : 1;
		ProtobufCMessage *const *inner = many ? *(ProtobufCMessage *const *const *)at : at;

		for (size_t k = 0; k < count; k++)
			known = add_message(arena, shape, inner[k],
					    arena_printf(arena, "%s.", path)) &&
				known;
	}
	return known;
}

bool shape_add(struct arena *arena, struct shape *shape,
	       const ProtobufCMessageDescriptor *descriptor, const void *data, size_t len)
{
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, len, data);

	if (!message)
		return false;

	bool known = add_message(arena, shape, message, "");

	protobuf_c_message_free_unpacked(message, NULL);
	return known;
}

static bool is_ignored(const char *path, const char *ignore)
{
	while (ignore && *ignore) {
		size_t len = strcspn(ignore, " ");

		if (!strncmp(path, ignore, len))
			return true;
		ignore += len;
		ignore += *ignore == ' ';
	}
	return false;
}

static bool has(const struct shape *shape, const char *path)
{
	for (size_t i = 0; i < shape->len; i++) {
		if (!strcmp(shape->path[i], path))
			return true;
	}
	return false;
}

static void add_missing(struct str *text, const struct shape *from, const struct shape *in,
			const char *what, const char *ignore)
{
	for (size_t i = 0; i < from->len; i++) {
		if (!has(in, from->path[i]) && !is_ignored(from->path[i], ignore))
			str_addf(text, "%s %s\n", what, from->path[i]);
	}
}

const char *shape_diff(struct arena *arena, const struct shape *real, const struct shape *ours,
		       const char *ignore)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 16);

	add_missing(&text, real, ours, "missing", ignore);
	add_missing(&text, ours, real, "too much", ignore);
	return arena_str(arena, str_text(&text));
}
