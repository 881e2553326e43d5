#include "tree/json.h"

#include "base/own.h"
#include "base/text.h"
#include "base/utf8.h"
#include "tree/scalar.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 100
#define INDENT 2

/* ---- reading ---- */

struct json_reader {
	struct arena *arena;
	const char *file;
	unsigned depth;
};

static void release(json_t **json)
{
	json_decref(*json);
}

struct json_complaint {
	enum json_error_code code;
	const char *text;
};

static const struct json_complaint complaints[] = {
	{ json_error_stack_overflow, "nested too deeply" },
	{ json_error_invalid_utf8, "the text is not UTF-8" },
	{ json_error_premature_end_of_input, "the JSON text ends too early" },
	{ json_error_end_of_input_expected, "something follows the end of the JSON text" },
	{ json_error_duplicate_key, "a key is there twice" },
	{ json_error_numeric_overflow, "a number is too large" },
	{ json_error_null_byte_in_key, "a key must not hold a NUL character" },
};

static int fail_read(const struct json_reader *reader, const json_error_t *error, struct err *err)
{
	const char *text = "this is not JSON";
	bool placed = error->line > 0 && error->column >= 0;

	for (size_t i = 0; i < ARRAY_LEN(complaints); i++)
		if (complaints[i].code == json_error_code(error))
			text = complaints[i].text;
	err_set(err, ERR_INPUT, "%s", text);
	return err_at(err, reader->file, placed ? (unsigned)error->line : 0,
		      placed ? (unsigned)error->column : 0);
}

static int convert(struct json_reader *reader, json_t *json, const struct value **out,
		   struct err *err);

static int convert_list(struct json_reader *reader, json_t *json, const struct value **out,
			struct err *err)
{
	struct list_builder *list = list_begin(reader->arena);
	const struct value *value;
	size_t i;
	json_t *entry;

	json_array_foreach(json, i, entry)
	{
		if (convert(reader, entry, &value, err) < 0)
			return -1;
		list_add(list, value);
	}
	*out = list_end(list);
	return 0;
}

static int convert_map(struct json_reader *reader, json_t *json, const struct value **out,
		       struct err *err)
{
	struct map_builder *map = map_begin(reader->arena);
	const struct value *value;
	const char *key;
	json_t *entry;

	json_object_foreach(json, key, entry)
	{
		if (convert(reader, entry, &value, err) < 0)
			return -1;
		map_add(map, key, value);
	}
	*out = map_end(map);
	return 0;
}

static const struct value *convert_scalar(struct arena *arena, const json_t *json)
{
	struct scalar_form form = { .type = SCALAR_STR, .quoted = true };

	switch (json_typeof(json)) {
	case JSON_STRING:
		return value_scalar_form(arena, json_string_value(json), json_string_length(json),
					 &form);
	case JSON_INTEGER:
		return value_of_int(arena, json_integer_value(json));
	case JSON_REAL:
		return value_of_double(arena, json_real_value(json));
	case JSON_TRUE:
	case JSON_FALSE:
		return value_of_bool(arena, json_is_true(json));
	default:
		return value_null(arena);
	}
}

static int convert(struct json_reader *reader, json_t *json, const struct value **out,
		   struct err *err)
{
	struct src src = { .file = reader->file };
	int r = 0;

	if (!json_is_array(json) && !json_is_object(json)) {
		*out = convert_scalar(reader->arena, json);
	} else {
		if (++reader->depth > DEPTH_MAX) {
			err_set(err, ERR_INPUT, "nested more than %d levels deep", DEPTH_MAX);
			return err_at(err, reader->file, 0, 0);
		}
		if (json_is_array(json))
			r = convert_list(reader, json, out, err);
		else
			r = convert_map(reader, json, out, err);
		reader->depth--;
	}
	if (r == 0)
		*out = value_with_src(reader->arena, *out, src);
	return r;
}

int json_read(struct arena *arena, const char *file, const char *text, size_t len,
	      const struct value **out, struct err *err)
{
	struct json_reader reader = { .arena = arena, .file = arena_str(arena, file) };
	size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_error_t error;
	json_t *json SCOPED(release) = json_loadb(text, len, flags, &error);

	if (!json)
		return fail_read(&reader, &error, err);
	return convert(&reader, json, out, err);
}

/* ---- writing ---- */

struct json_writer {
	struct str *out;
	const struct json_style *style;
	unsigned depth;
};

static const char *short_escape(unsigned char c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\t':
		return "\\t";
	case '\r':
		return "\\r";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	default:
		return NULL;
	}
}

/* Bytes that are not UTF-8 become the replacement character, for JSON has no way to say them. */
static void write_text(struct str *out, const char *text, size_t len)
{
	bool is_text = utf8_is_valid(text, len);
	size_t start = 0;

	str_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		const char *escape = short_escape(c);
		bool plain = c >= 0x20 && c < 0x7f;
		if (!escape && (plain || (c >= 0x80 && is_text)))
			continue;
		str_addn(out, text + start, i - start);
		if (escape)
			str_add(out, escape);
		else if (c >= 0x80)
			str_add(out, "\\ufffd");
		else
			str_addf(out, "\\u%04x", c);
		start = i + 1;
	}
	str_addn(out, text + start, len - start);
	str_addc(out, '"');
}

/* JSON knows decimal numbers only, and neither infinity nor NaN: those stay texts. */
static bool write_number(struct str *out, const struct value *value)
{
	struct scalar_int number;
	char text[SCALAR_FLOAT_MAX];
	double real;

	if (value_type(value) == SCALAR_INT &&
	    scalar_int(value_text(value), value_text_len(value), &number)) {
		str_addf(out, "%s%" PRIu64, number.negative ? "-" : "", number.magnitude);
		return true;
	}
	if (!value_double(value, &real) || !isfinite(real))
		return false;
	str_add(out, scalar_float_text(real, text));
	return true;
}

static void write_scalar(struct json_writer *writer, const struct value *value)
{
	if (value_is_sensitive(value) && !writer->style->show_sensitive)
		str_add(writer->out, "\"***\"");
	else if (value_type(value) == SCALAR_BOOL)
		str_add(writer->out, value_bool(value, false) ? "true" : "false");
	else if (!write_number(writer->out, value))
		write_text(writer->out, value_text(value), value_text_len(value));
}

/* jansson calls a flag of its own JSON_COMPACT. */
static bool has_lines(const struct json_writer *writer)
{
	return writer->style->form == JSON_INDENTED || writer->style->form == JSON_TABBED;
}

static void write_break(struct json_writer *writer)
{
	if (!has_lines(writer))
		return;
	str_addc(writer->out, '\n');
	if (writer->style->form == JSON_TABBED)
		str_pad(writer->out, '\t', writer->depth);
	else
		str_pad(writer->out, ' ', (size_t)INDENT * writer->depth);
}

static void write_value(struct json_writer *writer, const struct value *value);

static void write_entries(struct json_writer *writer, const struct value *value)
{
	bool is_map = value_is_map(value);
	size_t len = value_len(value);

	str_addc(writer->out, is_map ? '{' : '[');
	writer->depth++;
	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			str_addc(writer->out, ',');
		write_break(writer);
		if (is_map) {
			const char *key = value_key_at(value, i);
			write_text(writer->out, key, strlen(key));
			str_add(writer->out, has_lines(writer) ? ": " : ":");
		}
		write_value(writer, value_at(value, i));
	}
	writer->depth--;
	if (len > 0)
		write_break(writer);
	str_addc(writer->out, is_map ? '}' : ']');
}

static void write_value(struct json_writer *writer, const struct value *value)
{
	switch (value_kind(value)) {
	case VALUE_SCALAR:
		write_scalar(writer, value);
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		write_entries(writer, value);
		break;
	default:
		str_add(writer->out, "null");
		break;
	}
}

void json_write(struct str *out, const struct value *value, const struct json_style *style)
{
	struct json_writer writer = { .out = out, .style = style };

	write_value(&writer, value);
}
