/*
 * Tokens of a CEL expression. Internal to the module.
 *
 *	struct lexer lexer = { .text = text, .arena = arena };
 *	while (cel_lex(&lexer, &token, err) == 0 && token.kind != TOKEN_END)
 */
#pragma once

#include "cel/cel.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,  /* text; `in`, `true`, `false` and `null` have no kind of their own */
	TOKEN_VALUE, /* a literal number or text */
	TOKEN_MIN,   /* 9223372036854775808, which only a minus before it makes an int */
	TOKEN_SIGN,  /* text: an operator or bracket */
};

struct token {
	enum token_kind kind;
	unsigned place;
	const char *text; /* name or sign */
	struct cel_value value;
};

struct lexer {
	struct arena *arena;
	const char *text;
	size_t at;
};

int cel_lex(struct lexer *lexer, struct token *out, struct err *err);

/* A quoted text from its prefix on, with its escapes read (literal.c). */
bool cel_literal_starts(const char *text);
int cel_literal(struct lexer *lexer, struct token *out, struct err *err);
