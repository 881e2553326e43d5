#include "convert/env_substitute.h"

#include "base/arena.h"
#include "base/own.h"
#include "base/utf8.h"
#include "convert/letter.h"

#include <string.h>

/*
 * The text falls into tokens first. After "${" comes an operand, then perhaps an operator, then
 * anything up to "}". The original keeps counting a brace as open when it meets "${_" and reads
 * the text behind it as if it stood within; that is kept, because texts in the field pass through
 * it unchanged or not at all depending on it.
 */
enum token_kind {
	TOKEN_TEXT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_NAME,
	TOKEN_UNSET, /* - and = */
	TOKEN_EMPTY, /* :- and := */
	TOKEN_SET,   /* + and :+ */
	TOKEN_END
};

struct token {
	enum token_kind kind;
	const char *at;
	size_t len;
};

enum state {
	STATE_TEXT,
	STATE_NAME,
	STATE_OPERATOR,
	STATE_INSIDE,
	STATE_DONE,
	STATE_FAILED
};

struct lexer {
	const char *at, *start, *last, *end; /* `last`: where the last token began */
	unsigned depth;
	struct arena *arena;
	struct token *token;
	size_t len, cap;
};

struct substitution {
	const struct env_text *text;
	struct str *out;
	const struct token *token;
	size_t at;
	struct err *err;
};

static int refuse(struct err *err, const struct env_text *text, const char *at)
{
	unsigned line = text->line ? text->line : 1;
	unsigned column = text->column ? text->column : 1;

	for (const char *c = text->text; c < at; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	return err_at(err, text->file, line, column);
}

static uint32_t peek(const struct lexer *lexer, size_t *len)
{
	*len = 0;
	return lexer->at < lexer->end
		       ? utf8_take(lexer->at, (size_t)(lexer->end - lexer->at), len)
		       : '\n';
}

static void emit(struct lexer *lexer, enum token_kind kind)
{
	lexer->token = arena_grow(lexer->arena, lexer->token, lexer->len, &lexer->cap,
				  sizeof(*lexer->token));
	lexer->token[lexer->len++] = (struct token){ kind, lexer->start,
						     (size_t)(lexer->at - lexer->start) };
	lexer->last = lexer->start;
	lexer->start = lexer->at;
}

/* At a dollar sign. */
static enum state lex_dollar(struct lexer *lexer)
{
	size_t len;

	if (lexer->at > lexer->start)
		emit(lexer, TOKEN_TEXT);
	lexer->at++;

	uint32_t next = peek(lexer, &len);
	if (len == 0)
		return STATE_TEXT;
	if (next == '$') {
		lexer->start = lexer->at++;
		emit(lexer, TOKEN_TEXT);
	} else if (next == '{') {
		lexer->at++;
		lexer->depth++;
		emit(lexer, TOKEN_OPEN);
		return STATE_OPERATOR;
	} else if (letter_is_word(next)) {
		return STATE_NAME;
	}
	return STATE_TEXT;
}

static enum state lex_text(struct lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '$')
		lexer->at++;
	if (lexer->at < lexer->end)
		return lex_dollar(lexer);
	if (lexer->at > lexer->start)
		emit(lexer, TOKEN_TEXT);
	emit(lexer, TOKEN_END);
	return STATE_DONE;
}

static enum state lex_name(struct lexer *lexer)
{
	size_t len;

	while (letter_is_word(peek(lexer, &len)))
		lexer->at += len;

	size_t all = (size_t)(lexer->at - lexer->start);
	if ((all == 1 && *lexer->start == '_') || (all == 2 && memcmp(lexer->start, "$_", 2) == 0))
		return STATE_TEXT;
	emit(lexer, TOKEN_NAME);
	return lexer->depth > 0 ? STATE_OPERATOR : STATE_TEXT;
}

static bool is_line_end(uint32_t c)
{
	return c == '\n' || c == '\r';
}

/* Whether the token before was "${", so that a name may begin here. */
static bool may_begin_name(const struct lexer *lexer)
{
	return lexer->end - lexer->last >= 2 && memcmp(lexer->last, "${", 2) == 0;
}

static enum state lex_close(struct lexer *lexer)
{
	if (lexer->depth > 0)
		lexer->depth--;
	emit(lexer, TOKEN_CLOSE);
	return STATE_TEXT;
}

static void lex_colon(struct lexer *lexer)
{
	size_t len;
	uint32_t c = peek(lexer, &len);

	lexer->at += len;
	if (len && (c == '-' || c == '='))
		emit(lexer, TOKEN_EMPTY);
	else if (len && c == '+')
		emit(lexer, TOKEN_SET);
}

static enum state lex_operator(struct lexer *lexer)
{
	size_t len;
	uint32_t c = peek(lexer, &len);

	lexer->at += len;
	if (c == '}')
		return lex_close(lexer);
	if (is_line_end(c))
		return STATE_FAILED;
	if (letter_is_word(c) && may_begin_name(lexer))
		return STATE_NAME;
	if (c == '+')
		emit(lexer, TOKEN_SET);
	else if (c == '-' || c == '=')
		emit(lexer, TOKEN_UNSET);
	else if (c == ':')
		lex_colon(lexer);
	return STATE_INSIDE;
}

static enum state lex_inside(struct lexer *lexer)
{
	size_t len;
	uint32_t c = peek(lexer, &len);

	lexer->at += len;
	if (c == '}')
		return lex_close(lexer);
	if (is_line_end(c))
		return STATE_FAILED;
	if (c == '$' || (letter_is_word(c) && may_begin_name(lexer)))
		return STATE_NAME;
	emit(lexer, TOKEN_TEXT);
	return STATE_INSIDE;
}

static int lex(struct lexer *lexer, const struct env_text *text, struct err *err)
{
	static enum state (*const states[])(struct lexer *) = { lex_text, lex_name, lex_operator,
								lex_inside };
	enum state state = STATE_TEXT;

	while (state < STATE_DONE)
		state = states[state](lexer);
	if (state == STATE_DONE)
		return 0;
	err_set(err, ERR_INPUT, "\"${\" without \"}\" on the same line");
	err_hint(err, "write $$ for a dollar sign");
	refuse(err, text, lexer->last);
	return -1;
}

static const char *name_of(struct arena *arena, const struct token *token, bool dollar)
{
	size_t skip = dollar && token->len > 0 && *token->at == '$';

	return arena_strn(arena, token->at + skip, token->len - skip);
}

/* What a variable gives; NULL when it is refused. */
static const char *value_of(const struct substitution *run, const struct token *token,
			    const char *name, struct err *err)
{
	const char *value = run->text->get(run->text->context, name);

	if (value && *value)
		return value;
	err_set(err, ERR_INPUT, value ? "the variable %s is empty" : "the variable %s is not set",
		*name ? name : "without a name");
	if (strcmp(name, "patch") == 0)
		err_hint(err, "$patch needs another dollar sign here: $$patch");
	else
		err_hint(err, "set it, give a default as in ${%s:-text}, or write $$ for a "
			      "dollar sign",
			 name);
	refuse(err, run->text, token->at);
	return NULL;
}

struct choice {
	const struct token *name, *other; /* other: of a default that is a variable */
	const char *text;
	enum token_kind how;
};

/* From the name to the closing brace. */
static int read_choice(struct substitution *run, struct arena *arena, struct choice *choice)
{
	choice->name = &run->token[run->at++];
	choice->how = TOKEN_TEXT;
	for (;; run->at++) {
		const struct token *token = &run->token[run->at];

		if (token->kind == TOKEN_CLOSE) {
			run->at++;
			return 0;
		}
		if (token->kind == TOKEN_END) {
			err_set(run->err, ERR_INPUT, "\"${\" without \"}\"");
			refuse(run->err, run->text, choice->name->at);
			return -1;
		}
		if (token->kind == TOKEN_NAME) {
			choice->other = token;
			choice->text = NULL;
		} else if (token->kind == TOKEN_TEXT) {
			const char *from = token->at;

			while (run->token[run->at + 1].kind != TOKEN_CLOSE &&
			       run->token[run->at + 1].kind != TOKEN_END)
				run->at++;
			token = &run->token[run->at];
			choice->text = arena_strn(arena, from,
						  (size_t)(token->at + token->len - from));
			choice->other = NULL;
		} else {
			choice->how = token->kind;
		}
	}
}

static int put_otherwise(struct substitution *run, struct arena *arena,
			 const struct choice *choice)
{
	const char *text = choice->text;

	if (choice->other)
		text = value_of(run, choice->other, name_of(arena, choice->other, true), run->err);
	if (!text)
		return -1;
	str_add(run->out, text);
	return 0;
}

static int put_choice(struct substitution *run, struct arena *arena)
{
	struct choice choice = { 0 };

	if (read_choice(run, arena, &choice) < 0)
		return -1;

	const char *name = name_of(arena, choice.name, false);
	const char *value = run->text->get(run->text->context, name);
	if (choice.how != TOKEN_TEXT && (choice.text || choice.other)) {
		if (choice.how == TOKEN_SET)
			return value ? put_otherwise(run, arena, &choice) : 0;
		if (!value || (choice.how == TOKEN_EMPTY && !*value))
			return put_otherwise(run, arena, &choice);
	}
	value = value_of(run, choice.name, name, run->err);
	if (!value)
		return -1;
	str_add(run->out, value);
	return 0;
}

static int put_name(struct substitution *run, struct arena *arena, const struct token *token)
{
	const char *value = value_of(run, token, name_of(arena, token, true), run->err);

	if (!value)
		return -1;
	str_add(run->out, value);
	return 0;
}

static int put_all(struct substitution *run, struct arena *arena)
{
	while (run->token[run->at].kind != TOKEN_END) {
		const struct token *token = &run->token[run->at++];

		if (token->kind == TOKEN_NAME) {
			if (put_name(run, arena, token) < 0)
				return -1;
		} else if (token->kind == TOKEN_OPEN && run->token[run->at].kind == TOKEN_NAME) {
			if (put_choice(run, arena) < 0)
				return -1;
		} else {
			str_addn(run->out, token->at, token->len);
		}
	}
	return 0;
}

int env_substitute(struct str *out, const struct env_text *text, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("substitute");
	struct lexer lexer = { .at = text->text,
			       .start = text->text,
			       .last = text->text,
			       .end = text->text + text->len,
			       .arena = arena };
	struct substitution run = { .text = text, .out = out, .err = err };

	str_clear(out);
	if (lex(&lexer, text, err) < 0)
		return -1;
	run.token = lexer.token;
	if (put_all(&run, arena) < 0)
		return -1;
	if (out->full) {
		err_set(err, ERR_INPUT, "the text is too long with its variables put in");
		return err_at(err, text->file, 0, 0);
	}
	return 0;
}
