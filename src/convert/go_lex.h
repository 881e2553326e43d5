/*
 * The words of a Go template. Internal to the module.
 *
 * White space that trim markers take is left out, so are comments. White space within an action is
 * a word of its own, as it divides arguments.
 */
#pragma once

#include "convert/go_run.h"

enum go_token_kind {
	TOKEN_EOF,
	TOKEN_TEXT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_SPACE,
	TOKEN_ASSIGN,
	TOKEN_DECLARE,
	TOKEN_PIPE,
	TOKEN_COMMA,
	TOKEN_LEFT,
	TOKEN_RIGHT,
	TOKEN_DOT,
	TOKEN_FIELD,	/* .name */
	TOKEN_VARIABLE, /* $name */
	TOKEN_NUMBER,
	TOKEN_RUNE,
	TOKEN_STRING, /* with its quotes */
	TOKEN_RAW,
	TOKEN_BOOL,
	TOKEN_NIL,
	TOKEN_WORD,
	TOKEN_BLOCK,
	TOKEN_BREAK,
	TOKEN_CONTINUE,
	TOKEN_DEFINE,
	TOKEN_ELSE,
	TOKEN_END,
	TOKEN_IF,
	TOKEN_RANGE,
	TOKEN_TEMPLATE,
	TOKEN_WITH,
};

struct go_token {
	enum go_token_kind kind;
	size_t at;
	struct go_text text;
};
struct go_tokens {
	struct go_token *at;
	size_t len, cap;
};

int go_lex(struct go_run *run, struct go_tokens *out);
/* The value of a quoted string, raw string or character constant. */
int go_unquote(struct go_run *run, const struct go_token *token, struct go_text *out);
