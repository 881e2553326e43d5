#include "talos/struct_read.h"

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Struct {1: map<string, Value>}; Value {1: null, 2: double, 3: string, 4: bool, 5: Struct, 6:
 * list}; ListValue {1: repeated Value}. A map is a list of entries {1: key, 2: value}. */
enum wire {
	WIRE_VARINT = 0,
	WIRE_DOUBLE = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5
};

#define EXACT 9007199254740992.0 /* up to here a double holds every integer */

struct span {
	const unsigned char *at, *end;
};

struct piece { /* a field of a message */
	unsigned field;
	enum wire wire;
	uint64_t number; /* of a varint */
	double real;
	struct span bytes;
};

struct reader {
	struct arena *arena;
	unsigned depth;
	struct err *err;
};

static int broken(const struct reader *reader)
{
	return err_set(reader->err, ERR_REMOTE, "the answer holds a tree that cannot be read");
}

static bool get_varint(struct span *span, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 64 && span->at < span->end; shift += 7) {
		unsigned char byte = *span->at++;

		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static bool get_bytes(struct span *span, uint64_t len, struct span *out)
{
	if (len > (uint64_t)(span->end - span->at))
		return false;
	*out = (struct span){ span->at, span->at + len };
	span->at += len;
	return true;
}

static bool get_piece(struct span *span, struct piece *out)
{
	uint64_t tag, len;

	*out = (struct piece){ 0 };
	if (!get_varint(span, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
		return false;
	out->field = (unsigned)(tag >> 3);
	out->wire = (enum wire)(tag & 7);
	switch (out->wire) {
	case WIRE_VARINT:
		return get_varint(span, &out->number);
	case WIRE_DOUBLE:
		if (!get_bytes(span, sizeof(out->real), &out->bytes))
			return false;
		memcpy(&out->real, out->bytes.at, sizeof(out->real));
		return true;
	case WIRE_BYTES:
		return get_varint(span, &len) && get_bytes(span, len, &out->bytes);
	case WIRE_FIXED32:
		return get_bytes(span, 4, &out->bytes);
	}
	return false;
}

static size_t size_of(const struct span *span)
{
	return (size_t)(span->end - span->at);
}

static const struct value *number_of(struct arena *arena, double real)
{
	if (real >= -EXACT && real <= EXACT && (double)(int64_t)real == real)
		return value_of_int(arena, (int64_t)real);
	return value_of_double(arena, real);
}

static int read_map(struct reader *reader, struct span span, const struct value **out);
static int read_list(struct reader *reader, struct span span, const struct value **out);

static const struct value *scalar_of(struct arena *arena, const struct piece *piece)
{
	static const enum wire wires[] = { [1] = WIRE_VARINT,
					   [2] = WIRE_DOUBLE,
					   [3] = WIRE_BYTES,
					   [4] = WIRE_VARINT };

	if (piece->field >= ARRAY_LEN(wires) || piece->wire != wires[piece->field])
		return NULL;
	switch (piece->field) {
	case 2:
		return number_of(arena, piece->real);
	case 3:
		return value_strn(arena, (const char *)piece->bytes.at, size_of(&piece->bytes));
	case 4:
		return value_of_bool(arena, piece->number != 0);
	default:
		return value_null(arena);
	}
}

static int read_inner(struct reader *reader, const struct piece *piece, const struct value **out)
{
	if (piece->wire != WIRE_BYTES)
		return 0;
	if (piece->field == 5)
		return read_map(reader, piece->bytes, out);
	return piece->field == 6 ? read_list(reader, piece->bytes, out) : 0;
}

/* The last of the kinds that are named is the one that counts. */
static int read_value(struct reader *reader, struct span span, const struct value **out)
{
	const struct value *value = value_null(reader->arena);
	struct piece piece;

	while (span.at < span.end) {
		if (!get_piece(&span, &piece))
			return broken(reader);
		const struct value *scalar = scalar_of(reader->arena, &piece);

		if (scalar)
			value = scalar;
		else if (read_inner(reader, &piece, &value) < 0)
			return -1;
	}
	*out = value;
	return 0;
}

static int read_list(struct reader *reader, struct span span, const struct value **out)
{
	struct list_builder *list = list_begin(reader->arena);
	struct piece piece;

	if (++reader->depth > STRUCT_DEPTH_MAX)
		return broken(reader);
	while (span.at < span.end) {
		const struct value *value;

		if (!get_piece(&span, &piece))
			return broken(reader);
		if (piece.field != 1 || piece.wire != WIRE_BYTES)
			continue;
		if (read_value(reader, piece.bytes, &value) < 0)
			return -1;
		list_add(list, value);
	}
	reader->depth--;
	*out = list_end(list);
	return 0;
}

static int read_entry(struct reader *reader, struct span span, struct map_builder *map)
{
	const struct value *value = value_null(reader->arena);
	struct span key = { 0 };
	struct piece piece;

	while (span.at < span.end) {
		if (!get_piece(&span, &piece))
			return broken(reader);
		if (piece.wire != WIRE_BYTES)
			continue;
		if (piece.field == 1)
			key = piece.bytes;
		else if (piece.field == 2 && read_value(reader, piece.bytes, &value) < 0)
			return -1;
	}
	if (key.at && memchr(key.at, 0, size_of(&key)))
		return broken(reader);
	map_add(map, key.at ? arena_strn(reader->arena, (const char *)key.at, size_of(&key)) : "",
		value);
	return 0;
}

static int read_map(struct reader *reader, struct span span, const struct value **out)
{
	struct map_builder *map = map_begin(reader->arena);
	struct piece piece;

	if (++reader->depth > STRUCT_DEPTH_MAX)
		return broken(reader);
	while (span.at < span.end) {
		if (!get_piece(&span, &piece))
			return broken(reader);
		if (piece.field == 1 && piece.wire == WIRE_BYTES &&
		    read_entry(reader, piece.bytes, map) < 0)
			return -1;
	}
	reader->depth--;
	*out = map_end(map);
	return 0;
}

int struct_read(struct arena *arena, const void *data, size_t len, const struct value **out,
		struct err *err)
{
	struct reader reader = { .arena = arena, .err = err };
	const unsigned char *at = data;

	return read_map(&reader, (struct span){ at, at + len }, out);
}
