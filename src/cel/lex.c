#include "cel/lex.h"

#include "base/own.h"
#include "base/text.h"
#include "cel/node.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 400

/* Longer signs first. */
static const char *const signs[] = {
	"==",
	"!=",
	"<=",
	">=",
	"&&",
	"||",
	"<",
	">",
	"+",
	"-",
	"*",
	"/",
	"%",
	"!",
	"?",
	":",
	".",
	",",
	"(",
	")",
	"[",
	"]",
	"{",
	"}",
};

static int fault(const struct lexer *lexer, size_t place, struct err *err)
{
	return cel_place(err, lexer->text, (unsigned)place);
}

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || isdigit((unsigned char)c);
}

static void skip_space(struct lexer *lexer)
{
	for (;;) {
		lexer->at += strspn(lexer->text + lexer->at, " \t\r\n\f");
		if (!text_starts(lexer->text + lexer->at, "//"))
			return;
		lexer->at += strcspn(lexer->text + lexer->at, "\n");
	}
}

/* The length of a floating-point number at `text`; 0 when it is an integer. */
static size_t real_length(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	size_t len = digits;
	bool real = false;

	if (text[len] == '.' && isdigit((unsigned char)text[len + 1])) {
		len += 1 + strspn(text + len + 1, "0123456789");
		real = true;
	}
	if (text[len] == 'e' || text[len] == 'E') {
		size_t sign = strspn(text + len + 1, "+-") ? 1 : 0;
		size_t power = strspn(text + len + 1 + sign, "0123456789");

		if (power) {
			len += 1 + sign + power;
			real = true;
		}
	}
	return real ? len : 0;
}

static int lex_real(struct lexer *lexer, size_t len, struct token *out, struct err *err)
{
	const char *text = arena_strn(lexer->arena, lexer->text + lexer->at, len);
	double number = strtod(text, NULL);

	if (len > NUMBER_MAX || isinf(number)) {
		err_set(err, ERR_INPUT, "this number is too large");
		return fault(lexer, lexer->at, err);
	}
	out->value = (struct cel_value){ .kind = CEL_DOUBLE, .real = number };
	lexer->at += len;
	return 0;
}

static int lex_whole(struct lexer *lexer, struct token *out, struct err *err)
{
	const char *text = lexer->text + lexer->at;
	bool hex = text[0] == '0' && text[1] == 'x' && isxdigit((unsigned char)text[2]);
	char *end;

	errno = 0;
	unsigned long long number = strtoull(text, &end, hex ? 16 : 10);
	bool natural = *end == 'u' || *end == 'U';

	if (errno || (!natural && number > (unsigned long long)INT64_MAX + 1)) {
		err_set(err, ERR_INPUT, "this number does not fit into 64 bits");
		return fault(lexer, lexer->at, err);
	}
	lexer->at = (size_t)(end - lexer->text) + natural;
	if (natural) {
		out->value = (struct cel_value){ .kind = CEL_UINT, .natural = number };
		return 0;
	}
	if (number > INT64_MAX) {
		out->kind = TOKEN_MIN;
		number = 0;
	}
	out->value = (struct cel_value){ .kind = CEL_INT, .number = (int64_t)number };
	return 0;
}

static int lex_number(struct lexer *lexer, struct token *out, struct err *err)
{
	size_t real = real_length(lexer->text + lexer->at);

	out->kind = TOKEN_VALUE;
	return real ? lex_real(lexer, real, out, err) : lex_whole(lexer, out, err);
}

static int lex_sign(struct lexer *lexer, struct token *out, struct err *err)
{
	const char *text = lexer->text + lexer->at;

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (!text_starts(text, signs[i]))
			continue;
		out->kind = TOKEN_SIGN;
		out->text = signs[i];
		lexer->at += strlen(signs[i]);
		return 0;
	}
	if (isgraph((unsigned char)*text))
		err_set(err, ERR_INPUT, "\"%c\" has no meaning here", *text);
	else
		err_set(err, ERR_INPUT, "this character has no meaning here");
	if (*text == '=')
		err_hint(err, "two values are compared with ==");
	else if (*text == '&' || *text == '|')
		err_hint(err, "both is &&, either is ||");
	return fault(lexer, lexer->at, err);
}

int cel_lex(struct lexer *lexer, struct token *out, struct err *err)
{
	skip_space(lexer);

	const char *text = lexer->text + lexer->at;

	*out = (struct token){ .place = (unsigned)lexer->at, .text = "" };
	if (!*text)
		return 0;
	if (cel_literal_starts(text))
		return cel_literal(lexer, out, err);
	if (isdigit((unsigned char)text[0]) || (text[0] == '.' && isdigit((unsigned char)text[1])))
		return lex_number(lexer, out, err);
	if (!is_name_start(text[0]))
		return lex_sign(lexer, out, err);

	size_t len = 1;

	while (is_name(text[len]))
		len++;
	out->kind = TOKEN_NAME;
	out->text = arena_strn(lexer->arena, text, len);
	lexer->at += len;
	return 0;
}
