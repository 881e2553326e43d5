#include "seal/armor.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END "-----END AGE ENCRYPTED FILE-----"
#define COLUMNS 64
#define BLANKS_MAX ((size_t)1024) /* bytes before and behind */

char *base64_bare(struct arena *arena, const unsigned char *data, size_t len)
{
	char *text = base64_encode(arena, data, len);

	text[strcspn(text, "=")] = '\0';
	return text;
}

unsigned char *base64_bare_read(struct arena *arena, const char *text, size_t len, size_t *size)
{
	static const char pads[] = "==";
	unsigned char *data;
	const char *again;

	if (len % 4 == 1 || memchr(text, '=', len) || memchr(text, '\n', len) ||
	    memchr(text, '\r', len) || memchr(text, '\0', len))
		return NULL;
	data = base64_decode(
		arena, arena_printf(arena, "%.*s%.*s", (int)len, text, (int)(-len % 4), pads),
		size);
	if (!data)
		return NULL;
	again = base64_bare(arena, data, *size);
	return strlen(again) == len && memcmp(again, text, len) == 0 ? data : NULL;
}

/* ---- armor ---- */

struct armor_line {
	const char *at;
	size_t len;
};

/* The next line without its end; false at the end of the text. */
static bool next_line(const char **at, const char *end, struct armor_line *line)
{
	const char *stop;

	if (*at >= end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	line->at = *at;
	line->len = (size_t)((stop ? stop : end) - *at);
	*at = stop ? stop + 1 : end;
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool line_is(const struct armor_line *line, const char *text)
{
	return line->len == strlen(text) && memcmp(line->at, text, line->len) == 0;
}

static size_t blanks(const char *text, size_t len)
{
	size_t count = 0;

	while (count < len && isspace((unsigned char)text[count]))
		count++;
	return count;
}

bool armor_is(const char *text, size_t len)
{
	size_t skip = blanks(text, len);

	return len - skip >= strlen(BEGIN) && memcmp(text + skip, BEGIN, strlen(BEGIN)) == 0;
}

/* Bytes of a line of padded base64; NULL when it is not in its one form. */
static unsigned char *line_bytes(struct arena *arena, const struct armor_line *line, size_t *size)
{
	size_t len = line->len;

	if (len == 0 || len > COLUMNS || len % 4 != 0)
		return NULL;
	for (unsigned i = 0; i < 2 && line->at[len - 1] == '='; i++)
		len--;
	return base64_bare_read(arena, line->at, len, size);
}

static int damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "the armor of the age file is damaged: %s", what);
}

static int read_body(const char **at, const char *end, struct str *out,
		     struct err *err)
{
	struct armor_line line = { 0 };
	bool last = false;

	while (next_line(at, end, &line) && !line_is(&line, END)) {
		struct arena *scratch OWNED(arena_free) = arena_new("armor");
		size_t size = 0;
		const unsigned char *bytes = line_bytes(scratch, &line, &size);

		if (!bytes || last)
			return damaged(err, "a line is no base64 of 64 columns");
		last = size < COLUMNS / 4 * 3;
		str_addn(out, bytes, size);
	}
	if (!line_is(&line, END))
		return damaged(err, "its end is missing");
	return 0;
}

int armor_read(struct arena *arena, const char *text, size_t len, unsigned char **out, size_t *size,
	       struct err *err)
{
	struct str data SCOPED(str_done) = STR_INIT(len);
	size_t skip = blanks(text, len), rest;
	const char *at = text + skip, *end = text + len;
	struct armor_line line;

	if (skip > BLANKS_MAX || !next_line(&at, end, &line) || !line_is(&line, BEGIN))
		return damaged(err, "its first line is wrong");
	if (read_body(&at, end, &data, err) < 0)
		return -1;
	rest = (size_t)(end - at);
	if (rest >= BLANKS_MAX || blanks(at, rest) != rest)
		return damaged(err, "something stands behind its end");
	*out = arena_dup(arena, str_text(&data), data.len + 1);
	*size = data.len;
	return 0;
}

void armor_write(struct str *out, const unsigned char *data, size_t len)
{
	struct arena *scratch OWNED(arena_free) = arena_new("armor");
	const char *text = base64_encode(scratch, data, len);

	str_add(out, BEGIN "\n");
	while (*text) {
		size_t part = strnlen(text, COLUMNS);

		str_addn(out, text, part);
		str_addc(out, '\n');
		text += part;
	}
	str_add(out, END "\n");
}
