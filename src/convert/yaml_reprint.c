#include "convert/yaml_reprint.h"

#include <string.h>

#define INDENT 2

/* Styles are not kept in values: they are looked up where each was written. */
struct reprint {
	struct str *out;
	const char *text;
	size_t len;
	const size_t *line; /* where each begins */
	size_t lines;
};

static const char *at(const struct reprint *r, struct src src)
{
	size_t offset;

	if (!src.line || src.line > r->lines || !src.column)
		return "";
	offset = r->line[src.line - 1] + src.column - 1;
	return offset < r->len ? r->text + offset : "";
}

static void put_double(struct str *out, const char *text, size_t len)
{
	str_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			str_addf(out, "\\%c", text[i]);
		else if (text[i] == '\n')
			str_add(out, "\\n");
		else if (text[i] == '\t')
			str_add(out, "\\t");
		else
			str_addc(out, text[i]);
	}
	str_addc(out, '"');
}

/* After | and >: what becomes of the line breaks at the end. */
static const char *chomping(const char *text, size_t len)
{
	if (!len || text[len - 1] != '\n')
		return "-";
	return len > 1 && text[len - 2] == '\n' ? "+" : "";
}

static void put_block(const struct reprint *r, char mark, const struct value *value, size_t indent)
{
	const char *text = value_text(value), *rest = text;
	size_t len = value_text_len(value);

	str_addf(r->out, "%c%s", mark, chomping(text, len));
	while (rest < text + len) {
		size_t line = strcspn(rest, "\n");

		str_addc(r->out, '\n');
		if (line)
			str_pad(r->out, ' ', indent);
		str_addn(r->out, rest, line);
		rest += line + 1;
		if (mark == '>' && rest < text + len && *rest != '\n')
			str_addc(r->out, '\n');
	}
}

/* How long the word for nothing is there, if there is one. */
static size_t null_len(const char *start)
{
	if (*start == '~')
		return 1;
	return *start == 'n' || *start == 'N' ? strlen("null") : 0;
}

static void put_plain(const struct reprint *r, const char *start, const struct value *value)
{
	if (value_text(value))
		str_addn(r->out, value_text(value), value_text_len(value));
	else
		str_addn(r->out, start, null_len(start));
}

static void put_scalar(const struct reprint *r, const struct value *value, size_t indent)
{
	const char *start = at(r, value_src(value));
	const char *text = value_text(value);

	if (!text || !value_was_quoted(value))
		put_plain(r, start, value);
	else if (*start == '\'')
		yaml_write_single(r->out, text, value_text_len(value));
	else if (*start == '|' || *start == '>')
		put_block(r, *start, value, indent);
	else
		put_double(r->out, text, value_text_len(value));
}

static void put_key(const struct reprint *r, const struct value *map, const char *key)
{
	const char *start = at(r, value_key_src(map, key));

	if (*start == '"')
		put_double(r->out, key, strlen(key));
	else if (*start == '\'')
		yaml_write_single(r->out, key, strlen(key));
	else
		str_add(r->out, key);
	str_addc(r->out, ':');
}

static void put_flow(const struct reprint *r, const struct value *value)
{
	bool map = value_is_map(value);

	if (!map && !value_is_list(value)) {
		put_scalar(r, value, 0);
		return;
	}
	str_addc(r->out, map ? '{' : '[');
	for (size_t i = 0; i < value_len(value); i++) {
		if (i)
			str_add(r->out, ", ");
		if (map) {
			put_key(r, value, value_key_at(value, i));
			str_addc(r->out, ' ');
		}
		put_flow(r, value_at(value, i));
	}
	str_addc(r->out, map ? '}' : ']');
}

static bool is_block(const struct reprint *r, const struct value *value)
{
	const char *start = at(r, value_src(value));

	return (value_is_map(value) || value_is_list(value)) && value_len(value) &&
	       *start != '{' && *start != '[';
}

static void put_list(const struct reprint *r, const struct value *list, size_t indent);

/* The first line stands where the caller is. */
static void put_map(const struct reprint *r, const struct value *map, size_t indent)
{
	for (size_t i = 0; i < value_len(map); i++) {
		const struct value *value = value_at(map, i);

		if (i)
			str_pad(r->out, ' ', indent);
		put_key(r, map, value_key_at(map, i));
		if (is_block(r, value)) {
			str_addc(r->out, '\n');
			str_pad(r->out, ' ', indent + INDENT);
			if (value_is_map(value))
				put_map(r, value, indent + INDENT);
			else
				put_list(r, value, indent + INDENT);
			continue;
		}
		if (!value_is_null(value) || null_len(at(r, value_src(value))))
			str_addc(r->out, ' ');
		if (value_is_map(value) || value_is_list(value))
			put_flow(r, value);
		else
			put_scalar(r, value, indent + INDENT);
		str_addc(r->out, '\n');
	}
}

static void put_list(const struct reprint *r, const struct value *list, size_t indent)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *value = value_at(list, i);

		if (i)
			str_pad(r->out, ' ', indent);
		str_add(r->out, "- ");
		if (!is_block(r, value)) {
			if (value_is_map(value) || value_is_list(value))
				put_flow(r, value);
			else
				put_scalar(r, value, indent + INDENT);
			str_addc(r->out, '\n');
		} else if (value_is_map(value)) {
			put_map(r, value, indent + INDENT);
		} else {
			put_list(r, value, indent + INDENT);
		}
	}
}

static void put_document(const struct reprint *r, const struct value *value)
{
	if (!is_block(r, value)) {
		put_flow(r, value);
		str_addc(r->out, '\n');
	} else if (value_is_map(value)) {
		put_map(r, value, 0);
	} else {
		put_list(r, value, 0);
	}
}

static size_t *find_lines(struct arena *arena, const struct yaml_input *input, size_t *count)
{
	size_t *line, lines = 1;

	for (size_t i = 0; i < input->len; i++)
		lines += input->text[i] == '\n';
	line = arena_calloc(arena, lines, sizeof(*line));
	*count = 1;
	for (size_t i = 0; i < input->len && *count < lines; i++)
		if (input->text[i] == '\n')
			line[(*count)++] = i + 1;
	return line;
}

int yaml_reprint(struct arena *arena, const struct yaml_input *input, struct str *out,
		 struct err *err)
{
	struct reprint reprint = { .out = out, .text = input->text, .len = input->len };
	struct yaml_documents documents;

	if (yaml_read(arena, input, &documents, err) < 0)
		return -1;
	reprint.line = find_lines(arena, input, &reprint.lines);
	for (size_t i = 0; i < documents.len; i++) {
		if (i)
			str_add(out, "---\n");
		put_document(&reprint, documents.at[i]);
	}
	return 0;
}

void yaml_reprint_scalar(struct arena *arena, const struct yaml_input *input,
			 const struct value *scalar, struct str *out)
{
	struct reprint reprint = { .out = out, .text = input->text, .len = input->len };

	reprint.line = find_lines(arena, input, &reprint.lines);
	put_scalar(&reprint, scalar, INDENT);
}
