#include "convert/dotenv.h"

#include "base/map.h"
#include "base/own.h"
#include "base/str.h"
#include "base/utf8.h"
#include "convert/letter.h"

#include <string.h>

/* Texts of this reader are bytes: the original asks for the properties of a byte as if it were a
 * character of Latin-1, in names at least. */
struct reader {
	const struct dotenv_text *text;
	struct arena *arena;
	struct map_builder *map;
	struct map *known; /* the values so far, for variables */
	struct str body;   /* without carriage returns and "---" */
	size_t at;
	struct err *err;
};

static bool is_blank(uint32_t c)
{
	return c != '\n' && (c == '\t' || c == '\v' || c == '\f' || c == '\r' || c == ' ' ||
			     c == 0x85 || c == 0xa0);
}

static bool is_ascii_blank(char c)
{
	return (unsigned char)c < 0x80 && is_blank((unsigned char)c);
}

/* A letter or digit of Latin-1, or a dot. */
static bool is_name_byte(unsigned char c)
{
	if (c < 0x80)
		return (letter_is_word(c) && c != '_') || c == '.';
	return letter_is_word(c) || c == 0xb2 || c == 0xb3 || c == 0xb9 ||
	       (c >= 0xbc && c <= 0xbe);
}

/* The line of the file in which a place of the body stands. */
static unsigned line_of(const struct reader *reader, size_t place)
{
	const char *at = reader->text->text, *end = at + reader->text->len;
	unsigned line = 1;
	size_t seen = 0;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		bool cr = stop && len > 0 && stop[-1] == '\r';

		if (!(stop && len - cr == 3 && memcmp(at, "---", 3) == 0))
			seen += len - cr + 1;
		if (seen > place || !stop)
			break;
		at = stop + 1;
		line++;
	}
	return line;
}

static int refuse(struct reader *reader, size_t place, const char *what)
{
	err_set(reader->err, ERR_INPUT, "%s", what);
	err_at(reader->err, reader->text->file, line_of(reader, place), 0);
	return -1;
}

static void read_body(struct reader *reader)
{
	const char *at = reader->text->text, *end = at + reader->text->len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		size_t kept = len;

		if (stop && len > 0 && stop[-1] == '\r')
			kept--;
		if (!(stop && kept == 3 && memcmp(at, "---", 3) == 0)) {
			str_addn(&reader->body, at, kept);
			if (stop)
				str_addc(&reader->body, '\n');
		}
		at = stop ? stop + 1 : end;
	}
}

static uint32_t letter_at(const struct reader *reader, size_t at, size_t *len)
{
	*len = 0;
	return at < reader->body.len
		       ? utf8_take(reader->body.at + at, reader->body.len - at, len)
		       : '\n';
}

static void skip_blanks(struct reader *reader)
{
	size_t len;

	while (is_blank(letter_at(reader, reader->at, &len)))
		reader->at += len;
}

/* To the next statement; false at the end. */
static bool next_statement(struct reader *reader)
{
	size_t len;

	for (;;) {
		while (reader->at < reader->body.len &&
		       utf8_is_space(letter_at(reader, reader->at, &len)))
			reader->at += len;
		if (reader->at >= reader->body.len)
			return false;
		if (reader->body.at[reader->at] != '#')
			return true;
		while (reader->at < reader->body.len && reader->body.at[reader->at] != '\n')
			reader->at++;
	}
}

static void skip_export(struct reader *reader)
{
	static const char word[] = "export";
	size_t len, behind = reader->at + sizeof(word) - 1;

	if (behind >= reader->body.len ||
	    memcmp(reader->body.at + reader->at, word, sizeof(word) - 1) != 0)
		return;

	uint32_t next = letter_at(reader, behind, &len);
	if (!is_blank(next))
		return;
	reader->at = behind;
	skip_blanks(reader);
}

static int read_name(struct reader *reader, const char **name)
{
	size_t at;

	skip_blanks(reader);
	skip_export(reader);
	*name = "";
	for (at = reader->at; at < reader->body.len; at++) {
		unsigned char c = (unsigned char)reader->body.at[at];

		if (c == '=' || c == ':')
			break;
		if (c != '_' && !is_blank(c) && !is_name_byte(c))
			return refuse(reader, at, "a line is neither NAME=value nor NAME: value");
	}
	/* Text to the end of the file without = or : is the value of a name that is empty. */
	if (at < reader->body.len) {
		size_t end = at;

		while (end > reader->at && utf8_is_space((unsigned char)reader->body.at[end - 1]))
			end--;
		*name = arena_strn(reader->arena, reader->body.at + reader->at, end - reader->at);
		reader->at = at + 1;
	}
	skip_blanks(reader);
	return 0;
}

static bool is_capital(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* At a dollar sign: $NAME, ${NAME} or $(NAME, all of which are the variable. Returns the bytes
 * taken, 0 when it names none. */
static size_t variable_at(const char *at, size_t left, size_t *name, size_t *name_len)
{
	size_t i = 1;

	if (i < left && at[i] == '(')
		i++;
	if (i < left && at[i] == '{')
		i++;
	*name = i;
	while (i < left && is_capital(at[i]))
		i++;
	*name_len = i - *name;
	if (*name_len > 0 && i < left && at[i] == '}')
		i++;
	return *name_len > 0 ? i : 0;
}

static const char *known(struct reader *reader, const char *name, size_t len)
{
	const char *value = map_get(reader->known, arena_strn(reader->arena, name, len));

	return value ? value : "";
}

static char *expand(struct reader *reader, const char *text, size_t len)
{
	struct str out SCOPED(str_done) = STR_INIT(1 << 20);
	size_t name, name_len;

	for (size_t i = 0; i < len;) {
		bool kept = text[i] == '\\' && i + 1 < len && text[i + 1] == '$';
		size_t at = i + kept, taken = 0;

		if (text[at] == '$')
			taken = variable_at(text + at, len - at, &name, &name_len);

		if (kept) {
			taken = taken ? taken : 1;
			str_addn(&out, text + i + 1, taken);
			i += 1 + taken;
		} else if (taken) {
			str_add(&out, known(reader, text + i + name, name_len));
			i += taken;
		} else {
			str_addc(&out, text[i++]);
		}
	}
	return arena_strn(reader->arena, str_text(&out), out.len);
}

/* \n and \r first; then every backslash goes that is not before a dollar sign. */
static const char *unescape(struct arena *arena, const char *text, size_t len, size_t *out_len)
{
	char *once = arena_alloc(arena, len + 1), *twice = arena_alloc(arena, len + 1);
	size_t n = 0, m = 0;

	for (size_t i = 0; i < len; i++) {
		char next = i + 1 < len ? text[i + 1] : '\n';

		if (text[i] != '\\' || next == '\n') {
			once[n++] = text[i];
			continue;
		}
		if (next != 'n' && next != 'r')
			once[n++] = '\\';
		once[n++] = next;
		if (next == 'n' || next == 'r')
			once[n - 1] = next == 'n' ? '\n' : '\r';
		i++;
	}
	for (size_t i = 0; i < n; i++) {
		if (once[i] == '\\' && i + 1 < n && once[i + 1] != '$')
			i++;
		twice[m++] = once[i];
	}
	*out_len = m;
	return twice;
}

static int read_quoted(struct reader *reader, char quote, char **value)
{
	const char *from = reader->body.at + reader->at;
	size_t left = reader->body.len - reader->at, end = 1, begin = 0, close;

	while (end < left && !(from[end] == quote && from[end - 1] != '\\'))
		end++;
	if (end >= left)
		return refuse(reader, reader->at, "a value begins with a quote and does not end");
	close = end;
	while (end > 0 && from[end - 1] == quote)
		end--;
	while (begin < end && from[begin] == quote)
		begin++;
	reader->at += close + 1;
	if (quote == '"') {
		size_t len;
		const char *text = unescape(reader->arena, from + begin, end - begin, &len);

		*value = expand(reader, text, len);
	} else {
		*value = arena_strn(reader->arena, from + begin, end - begin);
	}
	return 0;
}

/* Where a comment begins behind white space, the last one of the line; else `len`. */
static size_t comment_in(const char *line, size_t len)
{
	for (size_t i = len; i-- > 1;) {
		if (line[i] != '#')
			continue;
		if (is_ascii_blank(line[i - 1]))
			return i;
		if (i > 1 && (unsigned char)line[i - 2] == 0xc2 &&
		    ((unsigned char)line[i - 1] == 0x85 || (unsigned char)line[i - 1] == 0xa0))
			return i;
	}
	return len;
}

static void read_plain(struct reader *reader, char **value)
{
	const char *line = reader->body.at + reader->at;
	size_t left = reader->body.len - reader->at, len = 0, end, step;

	while (len < left && line[len] != '\n' && line[len] != '\r')
		len++;
	reader->at += len;
	end = comment_in(line, len);
	while (end > 0 && is_ascii_blank(line[end - 1]))
		end--;
	while (end > 1 && (unsigned char)line[end - 2] == 0xc2 &&
	       is_blank(utf8_take(line + end - 2, 2, &step)))
		end -= 2;
	*value = expand(reader, line, end);
}

static int read_value(struct reader *reader, char **value)
{
	char first = reader->at < reader->body.len ? reader->body.at[reader->at] : '\n';

	if (first == '"' || first == '\'')
		return read_quoted(reader, first, value);
	read_plain(reader, value);
	return 0;
}

static int read_all(struct reader *reader)
{
	const char *file = arena_str(reader->arena, reader->text->file);

	while (next_statement(reader)) {
		struct src src = { .file = file, .line = line_of(reader, reader->at), .column = 1 };
		struct scalar_form form = { .type = SCALAR_STR,
					    .quoted = true,
					    .sensitive = reader->text->sensitive,
					    .src = src };
		const char *name;
		char *value;

		if (read_name(reader, &name) < 0 || read_value(reader, &value) < 0)
			return -1;
		map_add_at(reader->map, name, src,
			   value_scalar_form(reader->arena, value, strlen(value), &form));
		map_put(reader->known, name, value);
	}
	return 0;
}

int dotenv_read(struct arena *arena, const struct dotenv_text *text, const struct value **out,
		struct err *err)
{
	struct reader reader = { .text = text, .arena = arena, .err = err };
	int rc;

	reader.map = map_begin(arena);
	reader.known = map_new(arena);
	str_init(&reader.body, text->len + 1);
	read_body(&reader);
	rc = read_all(&reader);
	str_done(&reader.body);
	if (rc == 0)
		*out = map_end(reader.map);
	return rc;
}
