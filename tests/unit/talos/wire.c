#include "wire.h"

#include "base/own.h"

#include <string.h>

static void put_varint(struct str *out, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		str_addc(out, (char)(number | 0x80));
	str_addc(out, (char)number);
}

void wire_number(struct str *out, unsigned field, uint64_t number)
{
	put_varint(out, field << 3);
	put_varint(out, number);
}

void wire_bytes(struct str *out, unsigned field, const void *data, size_t len)
{
	put_varint(out, field << 3 | 2);
	put_varint(out, len);
	str_addn(out, data, len);
}

void wire_text(struct str *out, unsigned field, const char *text)
{
	wire_bytes(out, field, text, strlen(text));
}

void wire_message(struct str *out, unsigned field, const struct str *message)
{
	wire_bytes(out, field, str_text(message), message->len);
}

void wire_resource(struct str *out, const char *type, const struct str *spec)
{
	struct str metadata SCOPED(str_done) = STR_INIT(4096);
	struct str specs SCOPED(str_done) = STR_INIT(4096);
	struct str resource SCOPED(str_done) = STR_INIT(8192);

	wire_text(&metadata, 1, "runtime");
	wire_text(&metadata, 2, type);
	wire_text(&metadata, 3, "one");
	wire_text(&metadata, 4, "7");
	wire_message(&resource, 1, &metadata);
	if (spec) {
		wire_message(&specs, 1, spec);
		wire_message(&resource, 2, &specs);
	}
	wire_message(out, 1, &resource);
}
