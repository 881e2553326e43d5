#include "base/utf8.h"
#include "convert/go_run.h"
#include "convert/letter.h"
#include "tree/json.h"
#include "tree/scalar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
	struct go_run *run;
	struct str *to;
	bool pretty, raw; /* raw: < > & as they are */
};

static void put_letter(const struct writer *writer, uint32_t letter, const char *at, size_t len)
{
	static const char from[] = "\b\f\n\r\t\\\"", meaning[] = "bfnrt\\\"";
	const char *simple = letter && letter < 0x80 ? strchr(from, (int)letter) : NULL;
	bool markup = letter == '<' || letter == '>' || letter == '&';

	if (simple)
		str_addf(writer->to, "\\%c", meaning[simple - from]);
	else if (letter < 0x20 || letter == 0x2028 || letter == 0x2029 ||
		 (markup && !writer->raw) || (letter == UTF8_BAD && len == 1))
		str_addf(writer->to, "\\u%04x", (unsigned)letter);
	else
		str_addn(writer->to, at, len);
}

static void put_text(const struct writer *writer, struct go_text text)
{
	size_t len;

	str_addc(writer->to, '"');
	for (size_t i = 0; i < text.len; i += len) {
		uint32_t letter = utf8_take(text.at + i, text.len - i, &len);

		put_letter(writer, letter, text.at + i, len);
	}
	str_addc(writer->to, '"');
}

static void put_line(const struct writer *writer, unsigned depth)
{
	if (!writer->pretty)
		return;
	str_addc(writer->to, '\n');
	str_pad(writer->to, ' ', (size_t)depth * 2);
}

/* The shortest digits that read back, with an exponent only where the number is very large or very
 * small. */
static int put_float(const struct writer *writer, double real)
{
	char text[400];
	double size = fabs(real);
	char *exponent;
	int digits = 0;

	if (isnan(real) || isinf(real))
		return go_fail(writer->run, "JSON has no such number");
	for (; digits < 18; digits++) {
		snprintf(text, sizeof(text), "%.*e", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	exponent = strchr(text, 'e');
	if (!exponent)
		return go_fail(writer->run, "JSON has no such number");
	if (real == 0 || (size >= 1e-6 && size < 1e21)) {
		long places = digits - strtol(exponent + 1, NULL, 10);

		snprintf(text, sizeof(text), "%.*f", places > 0 ? (int)places : 0, real);
	} else if (exponent[2] == '0') {
		memmove(exponent + 2, exponent + 3, strlen(exponent + 3) + 1);
	}
	str_add(writer->to, text);
	return 0;
}

static int put(const struct writer *writer, const struct go_value *value, unsigned depth);

static int put_list(const struct writer *writer, const struct go_value *value, unsigned depth)
{
	if (!value->list) {
		str_add(writer->to, "null");
		return 0;
	}
	str_addc(writer->to, '[');
	for (size_t i = 0; i < value->list->len; i++) {
		if (i > 0)
			str_addc(writer->to, ',');
		put_line(writer, depth + 1);
		if (put(writer, &value->list->at[i], depth + 1) < 0)
			return -1;
	}
	if (value->list->len > 0)
		put_line(writer, depth);
	str_addc(writer->to, ']');
	return 0;
}

static int put_map(const struct writer *writer, const struct go_map *map, unsigned depth)
{
	str_addc(writer->to, '{');
	for (size_t i = 0; i < map->len; i++) {
		if (i > 0)
			str_addc(writer->to, ',');
		put_line(writer, depth + 1);
		put_text(writer, map->at[i].key);
		str_add(writer->to, writer->pretty ? ": " : ":");
		if (put(writer, &map->at[i].value, depth + 1) < 0)
			return -1;
	}
	if (map->len > 0)
		put_line(writer, depth);
	str_addc(writer->to, '}');
	return 0;
}

static int put(const struct writer *writer, const struct go_value *value, unsigned depth)
{
	if (go_charge(writer->run, 0) < 0)
		return -1;
	if (depth > GO_DEPTH_MAX)
		return go_fail(writer->run, "a value is nested too deeply");
	switch (value->sort) {
	case SORT_BOOL:
		str_add(writer->to, value->flag ? "true" : "false");
		return 0;
	case SORT_INT:
		str_addf(writer->to, "%lld", (long long)value->number);
		return 0;
	case SORT_FLOAT:
		return put_float(writer, value->real);
	case SORT_TEXT:
		put_text(writer, value->text);
		return 0;
	case SORT_LIST:
		return put_list(writer, value, depth);
	case SORT_MAP:
		return put_map(writer, value->map, depth);
	case SORT_STRUCT:
		return go_fail(writer->run, "a whole %s cannot be written: name one of its fields",
			       go_type_word(value));
	default:
		str_add(writer->to, "null");
		return 0;
	}
}

static int to_json(struct go_run *run, const struct go_value *arg, const struct writer *how,
		   struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);
	struct writer writer = *how;

	writer.run = run;
	writer.to = &built;
	return put(&writer, arg, 0) < 0 ? -1 : go_text_take(run, &built, out);
}

static int do_to_json(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)args;
	return to_json(run, arg, &(struct writer){ .raw = false }, out);
}

static int do_to_pretty_json(struct go_run *run, const struct go_value *arg, size_t args,
			     struct go_value *out)
{
	(void)args;
	return to_json(run, arg, &(struct writer){ .pretty = true }, out);
}

static int do_to_raw_json(struct go_run *run, const struct go_value *arg, size_t args,
			  struct go_value *out)
{
	(void)args;
	return to_json(run, arg, &(struct writer){ .raw = true }, out);
}

/* All numbers of JSON are floats in Go. */
static void make_real(struct go_value *value)
{
	if (value->sort == SORT_INT)
		*value = go_of_float((double)value->number);
	for (size_t i = 0; i < go_list_len(value); i++)
		make_real(&value->list->at[i]);
	for (size_t i = 0; value->sort == SORT_MAP && i < value->map->len; i++)
		make_real(&value->map->at[i].value);
}

static int from_json(struct go_run *run, const struct go_value *arg, bool must,
		     struct go_value *out)
{
	char *text = arena_printf(run->arena, "[%s]", go_text_c(run, arg->text));
	const struct value *tree;

	*out = go_nil();
	if (go_charge(run, arg->text.len * 8) < 0)
		return -1;
	if (json_read(run->arena, "JSON", text, strlen(text), &tree, NULL) < 0 ||
	    value_len(tree) != 1)
		return must ? go_fail(run, "this is not JSON") : 0;
	*out = go_of_tree(run, value_at(tree, 0), NULL);
	make_real(out);
	return 0;
}

static int do_from_json(struct go_run *run, const struct go_value *arg, size_t args,
			struct go_value *out)
{
	(void)args;
	return from_json(run, arg, false, out);
}

static int do_must_from_json(struct go_run *run, const struct go_value *arg, size_t args,
			     struct go_value *out)
{
	(void)args;
	return from_json(run, arg, true, out);
}

static const struct go_function rows[] = {
	{ "toJson", "a", do_to_json },
	{ "mustToJson", "a", do_to_json },
	{ "toPrettyJson", "a", do_to_pretty_json },
	{ "mustToPrettyJson", "a", do_to_pretty_json },
	{ "toRawJson", "a", do_to_raw_json },
	{ "mustToRawJson", "a", do_to_raw_json },
	{ "fromJson", "s", do_from_json },
	{ "mustFromJson", "s", do_must_from_json },
};

const struct go_functions go_json_functions = { rows, ARRAY_LEN(rows) };
