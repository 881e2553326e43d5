#include "cel/lex.h"

#include "base/own.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/node.h"

#include <ctype.h>
#include <string.h>

#define POINT_MAX 0x10ffff

struct quotes {
	bool raw, bytes;
	char mark;
	unsigned marks; /* 1 or 3 */
};

static const char escapes[][2] = {
	{ 'a', '\a' },
	{ 'b', '\b' },
	{ 'f', '\f' },
	{ 'n', '\n' },
	{ 'r', '\r' },
	{ 't', '\t' },
	{ 'v', '\v' },
	{ '"', '"' },
	{ '`', '`' },
	{ '\'', '\'' },
	{ '\\', '\\' },
	{ '?', '?' },
};

/* Escapes by number: how many digits follow the letter. */
static const struct numbered {
	char letter;
	unsigned digits;
	bool in_bytes;
} numbered[] = {
	{ 'x', 2, true },
	{ 'X', 2, true },
	{ 'u', 4, false },
	{ 'U', 8, false },
};

/* The length of the prefix, or -1 when no quote follows it. */
static int prefix(const char *text, struct quotes *quotes)
{
	int len = 0;

	*quotes = (struct quotes){ 0 };
	if (text[len] == 'b' || text[len] == 'B') {
		quotes->bytes = true;
		len++;
	}
	if (text[len] == 'r' || text[len] == 'R') {
		quotes->raw = true;
		len++;
	}
	if (text[len] != '"' && text[len] != '\'')
		return -1;
	quotes->mark = text[len];
	quotes->marks = text[len + 1] == quotes->mark && text[len + 2] == quotes->mark ? 3 : 1;
	return len;
}

bool cel_literal_starts(const char *text)
{
	struct quotes quotes;

	return prefix(text, &quotes) >= 0;
}

static int fault(const struct lexer *lexer, size_t place, struct err *err, const char *text)
{
	err_set(err, ERR_INPUT, "%s", text);
	return cel_place(err, lexer->text, (unsigned)place);
}

static bool at_end(const struct lexer *lexer, const struct quotes *quotes)
{
	for (unsigned i = 0; i < quotes->marks; i++)
		if (lexer->text[lexer->at + i] != quotes->mark)
			return false;
	return true;
}

static bool read_number(const char *text, unsigned digits, unsigned base, uint32_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < digits; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned digit = isdigit(c) ? c - 0x30u : isxdigit(c) ? (c | 0x20u) - 0x57u
								      : base;

		if (digit >= base)
			return false;
		*out = *out * base + digit;
	}
	return true;
}

static void add_point(struct str *out, uint32_t point, bool as_byte)
{
	char bytes[4] = { (char)point };

	str_addn(out, bytes, as_byte ? 1 : utf8_put(point, bytes));
}

static const struct numbered *numbered_find(char letter, const struct quotes *quotes)
{
	for (size_t i = 0; i < ARRAY_LEN(numbered); i++)
		if (numbered[i].letter == letter && (numbered[i].in_bytes || !quotes->bytes))
			return &numbered[i];
	return NULL;
}

static int read_escape(struct lexer *lexer, const struct quotes *quotes, struct str *out,
		       struct err *err)
{
	size_t place = lexer->at++; /* the backslash */
	char letter = lexer->text[lexer->at];
	const struct numbered *row = numbered_find(letter, quotes);
	const char *digits = lexer->text + lexer->at + (row ? 1 : 0);
	unsigned count = row ? row->digits : 3;
	uint32_t point;

	for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
		if (escapes[i][0] != letter)
			continue;
		str_addc(out, escapes[i][1]);
		lexer->at++;
		return 0;
	}
	if (!row && (letter < '0' || letter > '3'))
		return fault(lexer, place, err, "there is no such escape");
	if (!read_number(digits, count, row ? 16 : 8, &point))
		return fault(lexer, place, err, "an escape has too few digits");
	if (point > POINT_MAX || (point >= 0xd800 && point < 0xe000))
		return fault(lexer, place, err, "this is no character of Unicode");
	add_point(out, point, quotes->bytes);
	lexer->at += (row ? 1 : 0) + count;
	return 0;
}

int cel_literal(struct lexer *lexer, struct token *out, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(CEL_TEXT_MAX);
	size_t place = lexer->at;
	struct quotes quotes;

	lexer->at += (size_t)prefix(lexer->text + lexer->at, &quotes) + quotes.marks;
	while (!at_end(lexer, &quotes)) {
		char c = lexer->text[lexer->at];

		if (!c || ((c == '\n' || c == '\r') && quotes.marks == 1))
			return fault(lexer, place, err, "this text has no end");
		if (c == '\\' && !quotes.raw) {
			if (read_escape(lexer, &quotes, &text, err) < 0)
				return -1;
			continue;
		}
		str_addc(&text, c);
		lexer->at++;
	}
	lexer->at += quotes.marks;
	out->kind = TOKEN_VALUE;
	out->value.kind = quotes.bytes ? CEL_BYTES : CEL_STRING;
	out->value.text.len = text.len;
	out->value.text.at = arena_strn(lexer->arena, str_text(&text), text.len);
	return 0;
}

const char *cel_quote(struct arena *arena, const char *text)
{
	struct str out SCOPED(str_done) = STR_INIT(4 * CEL_TEXT_MAX);

	str_addc(&out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_addf(&out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			str_addf(&out, "\\x%02x", (unsigned)*text);
		else
			str_addc(&out, *text);
	}
	str_addc(&out, '"');
	return arena_str(arena, str_text(&out));
}
