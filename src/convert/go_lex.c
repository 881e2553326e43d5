#include "convert/go_lex.h"

#include "base/utf8.h"
#include "convert/letter.h"

#include <string.h>

struct lexer {
	struct go_run *run;
	struct go_tokens *tokens;
	const char *text;
	size_t len, at, start;
	unsigned open; /* parentheses */
};

static int fail_at(struct lexer *lexer, size_t at, const char *what)
{
	lexer->run->place = at;
	return go_fail(lexer->run, "%s", what);
}

static void emit(struct lexer *lexer, enum go_token_kind kind)
{
	struct go_tokens *tokens = lexer->tokens;

	tokens->at = arena_grow(lexer->run->arena, tokens->at, tokens->len, &tokens->cap,
				sizeof(*tokens->at));
	tokens->at[tokens->len++] = (struct go_token){
		kind, lexer->start, { lexer->text + lexer->start, lexer->at - lexer->start }
	};
	lexer->start = lexer->at;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char char_at(const struct lexer *lexer, size_t at)
{
	return at < lexer->len ? lexer->text[at] : '\0';
}

static bool stands(const struct lexer *lexer, size_t at, const char *what)
{
	size_t len = strlen(what);

	return at <= lexer->len && lexer->len - at >= len &&
	       memcmp(lexer->text + at, what, len) == 0;
}

/* "- " behind the opening braces. */
static bool trims_left(const struct lexer *lexer, size_t at)
{
	return char_at(lexer, at) == '-' && is_space(char_at(lexer, at + 1));
}

/* The closing braces with what may stand before them: " -}}" or "}}". Their length, or 0. */
static size_t closing_at(const struct lexer *lexer, size_t at)
{
	if (is_space(char_at(lexer, at)) && stands(lexer, at + 1, "-}}"))
		return 4;
	return stands(lexer, at, "}}") ? 2 : 0;
}

/* Behind closing braces: takes the white space that they trim. */
static void close_braces(struct lexer *lexer, size_t closing)
{
	lexer->at += closing;
	if (closing == 4)
		while (lexer->at < lexer->len && is_space(lexer->text[lexer->at]))
			lexer->at++;
	lexer->start = lexer->at;
}

static size_t find(const struct lexer *lexer, size_t from, const char *what)
{
	const char *found = from < lexer->len ? memmem(lexer->text + from, lexer->len - from, what,
						       strlen(what))
					      : NULL;

	return found ? (size_t)(found - lexer->text) : lexer->len;
}

static int lex_comment(struct lexer *lexer, size_t opening)
{
	size_t end = find(lexer, lexer->at + 2, "*/");

	if (end >= lexer->len)
		return fail_at(lexer, opening, "a comment does not end");
	lexer->at = end + 2;

	size_t closing = closing_at(lexer, lexer->at);
	if (!closing)
		return fail_at(lexer, opening, "a comment ends before the action does");
	close_braces(lexer, closing);
	return 0;
}

static size_t word_end(const struct lexer *lexer, size_t at)
{
	size_t len;

	while (at < lexer->len &&
	       letter_is_word(utf8_take(lexer->text + at, lexer->len - at, &len)))
		at += len;
	return at;
}

/* Whether a word may end here. */
static bool at_end(const struct lexer *lexer)
{
	char c = char_at(lexer, lexer->at);

	return lexer->at >= lexer->len || is_space(c) || (c && strchr(".,|:)(", c)) ||
	       stands(lexer, lexer->at, "}}");
}

static int lex_name(struct lexer *lexer, enum go_token_kind alone, enum go_token_kind named)
{
	lexer->at++;
	if (at_end(lexer)) {
		emit(lexer, alone);
		return 0;
	}
	lexer->at = word_end(lexer, lexer->at);
	if (!at_end(lexer))
		return fail_at(lexer, lexer->at, "a character that cannot stand in a name");
	emit(lexer, named);
	return 0;
}

static int lex_word(struct lexer *lexer)
{
	static const struct {
		const char *word;
		enum go_token_kind kind;
	} rows[] = {
		{ "block", TOKEN_BLOCK },
		{ "break", TOKEN_BREAK },
		{ "continue", TOKEN_CONTINUE },
		{ "define", TOKEN_DEFINE },
		{ "else", TOKEN_ELSE },
		{ "end", TOKEN_END },
		{ "if", TOKEN_IF },
		{ "nil", TOKEN_NIL },
		{ "range", TOKEN_RANGE },
		{ "template", TOKEN_TEMPLATE },
		{ "with", TOKEN_WITH },
		{ "true", TOKEN_BOOL },
		{ "false", TOKEN_BOOL },
	};
	enum go_token_kind kind = TOKEN_WORD;

	lexer->at = word_end(lexer, lexer->at);
	if (!at_end(lexer))
		return fail_at(lexer, lexer->at, "a character that cannot stand in a word");

	struct go_text text = { lexer->text + lexer->start, lexer->at - lexer->start };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (go_text_is(text, rows[i].word))
			kind = rows[i].kind;
	emit(lexer, kind);
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_sign(char c)
{
	return c == '+' || c == '-';
}

/* Whether a sign may stand behind this: it belongs to an exponent. */
static bool has_exponent(char before, bool hex)
{
	return hex ? before == 'p' || before == 'P' : before == 'e' || before == 'E';
}

/* Digits of all notations and the signs of exponents; what they mean is the parser's. */
static int lex_number(struct lexer *lexer)
{
	bool hex;
	char before = '\0';

	if (is_sign(char_at(lexer, lexer->at)))
		lexer->at++;
	hex = stands(lexer, lexer->at, "0x") || stands(lexer, lexer->at, "0X");
	for (; lexer->at < lexer->len; lexer->at++) {
		char c = lexer->text[lexer->at];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !is_digit(c) && c != '.' && c != '_' &&
		    !(is_sign(c) && has_exponent(before, hex)))
			break;
		before = c;
	}
	emit(lexer, TOKEN_NUMBER);
	return 0;
}

static int lex_quoted(struct lexer *lexer, char quote)
{
	size_t opening = lexer->at++;

	while (lexer->at < lexer->len && lexer->text[lexer->at] != quote) {
		lexer->at += lexer->text[lexer->at] == '\\';
		if (lexer->at >= lexer->len || lexer->text[lexer->at] == '\n')
			return fail_at(lexer, opening, "a quoted text does not end");
		lexer->at++;
	}
	if (lexer->at >= lexer->len)
		return fail_at(lexer, opening, "a quoted text does not end");
	lexer->at++;
	emit(lexer, quote == '"' ? TOKEN_STRING : TOKEN_RUNE);
	return 0;
}

static int lex_raw(struct lexer *lexer)
{
	size_t end = find(lexer, lexer->at + 1, "`");

	if (end >= lexer->len)
		return fail_at(lexer, lexer->at, "a raw text does not end");
	lexer->at = end + 1;
	emit(lexer, TOKEN_RAW);
	return 0;
}

static int lex_space(struct lexer *lexer)
{
	while (is_space(char_at(lexer, lexer->at)) && !closing_at(lexer, lexer->at))
		lexer->at++;
	emit(lexer, TOKEN_SPACE);
	return 0;
}

static int lex_sign(struct lexer *lexer, char c)
{
	static const struct {
		char sign;
		enum go_token_kind kind;
	} rows[] = { { '=', TOKEN_ASSIGN },
		     { '|', TOKEN_PIPE },
		     { ',', TOKEN_COMMA },
		     { '(', TOKEN_LEFT },
		     { ')', TOKEN_RIGHT } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].sign != c)
			continue;
		if (c == ')' && lexer->open == 0)
			return fail_at(lexer, lexer->at, "a ) without its (");
		lexer->open += c == '(';
		lexer->open -= c == ')';
		lexer->at++;
		emit(lexer, rows[i].kind);
		return 0;
	}
	if (c == ':' && char_at(lexer, lexer->at + 1) == '=') {
		lexer->at += 2;
		emit(lexer, TOKEN_DECLARE);
		return 0;
	}
	return fail_at(lexer, lexer->at, "a character that means nothing in an action");
}

static int lex_inside(struct lexer *lexer)
{
	char c = char_at(lexer, lexer->at), next = char_at(lexer, lexer->at + 1);
	size_t len;

	if (is_space(c))
		return lex_space(lexer);
	if (c == '"' || c == '\'')
		return lex_quoted(lexer, c);
	if (c == '`')
		return lex_raw(lexer);
	if (c == '$')
		return lex_name(lexer, TOKEN_VARIABLE, TOKEN_VARIABLE);
	if (c == '.' && !is_digit(next))
		return lex_name(lexer, TOKEN_DOT, TOKEN_FIELD);
	if (c == '.' || c == '+' || c == '-' || is_digit(c))
		return lex_number(lexer);
	if (letter_is_word(utf8_take(lexer->text + lexer->at, lexer->len - lexer->at, &len)))
		return lex_word(lexer);
	return lex_sign(lexer, c);
}

static int lex_action(struct lexer *lexer, size_t opening)
{
	lexer->start = opening;
	lexer->open = 0;
	emit(lexer, TOKEN_OPEN);
	lexer->start = lexer->at;
	while (lexer->at < lexer->len) {
		size_t closing = closing_at(lexer, lexer->at);

		if (closing && lexer->open > 0)
			return fail_at(lexer, lexer->at, "a parenthesis is still open");
		if (closing) {
			emit(lexer, TOKEN_CLOSE);
			close_braces(lexer, closing);
			return 0;
		}
		if (lex_inside(lexer) < 0)
			return -1;
	}
	return fail_at(lexer, opening, "an action does not end");
}

static int lex_braces(struct lexer *lexer, size_t opening)
{
	lexer->at = opening + 2;
	lexer->at += trims_left(lexer, lexer->at) ? 2 : 0;
	if (stands(lexer, lexer->at, "/*"))
		return lex_comment(lexer, opening);
	return lex_action(lexer, opening);
}

int go_lex(struct go_run *run, struct go_tokens *out)
{
	struct lexer lexer = { .run = run,
			       .tokens = out,
			       .text = run->template->text,
			       .len = run->template->len };

	while (lexer.at < lexer.len) {
		size_t opening = find(&lexer, lexer.at, "{{");

		lexer.start = lexer.at;
		lexer.at = opening;
		if (opening < lexer.len && trims_left(&lexer, opening + 2))
			while (lexer.at > lexer.start && is_space(lexer.text[lexer.at - 1]))
				lexer.at--;
		if (lexer.at > lexer.start)
			emit(&lexer, TOKEN_TEXT);
		lexer.at = opening;
		if (opening < lexer.len && lex_braces(&lexer, opening) < 0)
			return -1;
	}
	lexer.start = lexer.at;
	emit(&lexer, TOKEN_EOF);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* `count` digits of a base; false when they are not there. */
static bool read_digits(struct go_text in, size_t count, int base, uint32_t *out)
{
	*out = 0;
	if (in.len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int digit = hex_digit(in.at[i]);

		if (digit >= base)
			return false;
		*out = *out * (uint32_t)base + (uint32_t)digit;
	}
	return true;
}

/* \x41, \u0041, \U00000041 and \101 behind their backslash. */
static size_t unescape_digits(struct go_text in, char to[static 4], size_t *put)
{
	size_t digits;
	uint32_t letter;

	digits = *in.at == 'x' ? 2 : *in.at == 'u' ? 4
			     : *in.at == 'U'	   ? 8
						   : 0;
	if (digits == 0) {
		if (!read_digits(in, 3, 8, &letter) || letter > 255)
			return 0;
		to[0] = (char)letter;
		return 3;
	}
	if (!read_digits((struct go_text){ in.at + 1, in.len - 1 }, digits, 16, &letter))
		return 0;
	if (digits == 2)
		to[0] = (char)letter;
	else if (letter > 0x10ffff || (letter >= 0xd800 && letter <= 0xdfff))
		return 0;
	else
		*put = utf8_put(letter, to);
	return digits + 1;
}

/* An escape behind its backslash: bytes to `to`, how many in *put; returns how many it takes, 0
 * when it is none. */
static size_t unescape(struct go_text in, char quote, char to[static 4], size_t *put)
{
	static const char from[] = "abfnrtv\\", meaning[] = "\a\b\f\n\r\t\v\\";
	*put = 1;
	if (in.len == 0 || !*in.at)
		return 0;
	to[0] = *in.at;
	if (*in.at == quote)
		return 1;
	if (strchr(from, *in.at)) {
		to[0] = meaning[strchr(from, *in.at) - from];
		return 1;
	}
	return unescape_digits(in, to, put);
}

static void unquote_raw(struct go_text in, char *to, size_t *len)
{
	*len = 0;
	for (size_t i = 0; i < in.len; i++)
		if (in.at[i] != '\r')
			to[(*len)++] = in.at[i];
}

int go_unquote(struct go_run *run, const struct go_token *token, struct go_text *out)
{
	struct go_text in = { token->text.at + 1, token->text.len - 2 };
	char *to = arena_alloc(run->arena, token->text.len + 4);
	size_t len = 0, put;

	if (token->kind == TOKEN_RAW) {
		unquote_raw(in, to, &len);
		*out = (struct go_text){ to, len };
		return 0;
	}
	while (in.len > 0) {
		size_t taken = 1;

		if (*in.at != '\\') {
			to[len++] = *in.at;
		} else {
			struct go_text rest = { in.at + 1, in.len - 1 };

			taken = unescape(rest, *token->text.at, to + len, &put);
			run->place = token->at;
			if (taken == 0)
				return go_fail(run, "an escape that Go does not know");
			len += put;
			taken++;
		}
		in.at += taken;
		in.len -= taken;
	}
	*out = (struct go_text){ to, len };
	return 0;
}
