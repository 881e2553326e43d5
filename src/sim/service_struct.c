#include "sim/service_resource.h"

#include "base/str.h"
#include "tree/value.h"

#include <string.h>

/* Struct {1: map<string, Value>}; Value {1: null, 2: double, 3: string, 4: bool, 5: Struct, 6:
 * list}; ListValue {1: repeated Value}. */
enum wire {
	WIRE_VARINT = 0,
	WIRE_DOUBLE = 1,
	WIRE_BYTES = 2
};

#define STRUCT_MAX ((size_t)1 << 20)

static void add_varint(struct str *out, uint64_t number)
{
	while (number > 127) {
		str_addc(out, (char)(number | 128));
		number >>= 7;
	}
	str_addc(out, (char)number);
}

static void add_tag(struct str *out, unsigned field, enum wire wire)
{
	add_varint(out, field << 3 | wire);
}

static void add_bytes(struct str *out, unsigned field, const void *data, size_t len)
{
	add_tag(out, field, WIRE_BYTES);
	add_varint(out, len);
	str_addn(out, data, len);
}

static void value_pack(struct str *out, const struct value *value);

static void list_pack(struct str *out, const struct value *list)
{
	for (size_t i = 0; i < value_len(list); i++) {
		struct str one SCOPED(str_done) = STR_INIT(STRUCT_MAX);

		value_pack(&one, value_at(list, i));
		add_bytes(out, 1, str_text(&one), one.len);
	}
}

static void scalar_pack(struct str *out, const struct value *value)
{
	double number = 0;

	switch (value_type(value)) {
	case SCALAR_BOOL:
		add_tag(out, 4, WIRE_VARINT);
		add_varint(out, value_bool(value, false));
		return;
	case SCALAR_INT:
	case SCALAR_FLOAT:
		value_double(value, &number);
		add_tag(out, 2, WIRE_DOUBLE);
		str_addn(out, &number, sizeof(number)); /* little-endian, as this machine */
		return;
	case SCALAR_STR:
		add_bytes(out, 3, value_text(value), value_text_len(value));
		return;
	}
}

static void value_pack(struct str *out, const struct value *value)
{
	struct str inner SCOPED(str_done) = STR_INIT(STRUCT_MAX);

	switch (value_kind(value)) {
	case VALUE_NULL:
		add_tag(out, 1, WIRE_VARINT);
		add_varint(out, 0);
		return;
	case VALUE_SCALAR:
		scalar_pack(out, value);
		return;
	case VALUE_LIST:
		list_pack(&inner, value);
		add_bytes(out, 6, str_text(&inner), inner.len);
		return;
	case VALUE_MAP:
		struct_pack(&inner, value);
		add_bytes(out, 5, str_text(&inner), inner.len);
		return;
	}
}

void struct_pack(struct str *out, const struct value *map)
{
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		struct str entry SCOPED(str_done) = STR_INIT(STRUCT_MAX);
		struct str value SCOPED(str_done) = STR_INIT(STRUCT_MAX);

		value_pack(&value, value_at(map, i));
		add_bytes(&entry, 1, key, strlen(key));
		add_bytes(&entry, 2, str_text(&value), value.len);
		add_bytes(out, 1, str_text(&entry), entry.len);
	}
}
