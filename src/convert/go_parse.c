#include "convert/go_parse.h"

#include "base/utf8.h"
#include "convert/go_lex.h"
#include "convert/letter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct go_run *run;
	struct go_tokens tokens;
	size_t at;
	unsigned depth, loops;
	struct go_text *variable; /* names in scope */
	size_t variables, variables_cap;
};

static const struct go_token *peek(const struct parser *parser)
{
	return &parser->tokens.at[parser->at];
}

/* The word after white space. */
static const struct go_token *peek_word(struct parser *parser)
{
	while (peek(parser)->kind == TOKEN_SPACE)
		parser->at++;
	return peek(parser);
}

/* The last token is never passed. */
static const struct go_token *take_word(struct parser *parser)
{
	const struct go_token *token = peek_word(parser);

	parser->at += token->kind != TOKEN_EOF;
	return token;
}

static int refuse(struct parser *parser, const struct go_token *token, const char *what)
{
	parser->run->place = token->at;
	return go_fail(parser->run, "%s", what);
}

static int unexpected(struct parser *parser, const struct go_token *token, const char *where)
{
	int len = token->text.len > 20 ? 20 : (int)token->text.len;

	parser->run->place = token->at;
	if (token->kind == TOKEN_EOF)
		return go_fail(parser->run, "the template ends in %s", where);
	return go_fail(parser->run, "\"%.*s\" cannot stand here, in %s", len, token->text.at,
		       where);
}

static int expect(struct parser *parser, enum go_token_kind kind, const char *where)
{
	const struct go_token *token = take_word(parser);

	return token->kind == kind ? 0 : unexpected(parser, token, where);
}

static struct go_node *node_new(struct parser *parser, enum go_node_kind kind, size_t at)
{
	struct go_node *node = arena_alloc(parser->run->arena, sizeof(*node));

	node->kind = kind;
	node->at = at;
	return node;
}

static void ident_add(struct parser *parser, struct go_node *node, struct go_text name)
{
	node->ident = arena_grow(parser->run->arena, node->ident, node->idents, &node->idents_cap,
				 sizeof(*node->ident));
	node->ident[node->idents++] = name;
}

static void declare(struct parser *parser, struct go_text name)
{
	parser->variable = arena_grow(parser->run->arena, parser->variable, parser->variables,
				      &parser->variables_cap, sizeof(*parser->variable));
	parser->variable[parser->variables++] = name;
}

static bool is_declared(const struct parser *parser, struct go_text name)
{
	for (size_t i = 0; i < parser->variables; i++)
		if (go_text_compare(parser->variable[i], name) == 0)
			return true;
	return false;
}

static int deeper(struct parser *parser, const struct go_token *token)
{
	if (++parser->depth > GO_DEPTH_MAX)
		return refuse(parser, token, "the template is nested too deeply");
	return 0;
}

static bool read_real(const char *text, double *out)
{
	char *end;

	if (!strpbrk(text, ".eEpP") || strchr(text, '_'))
		return false;
	errno = 0;
	*out = strtod(text, &end);
	return !*end && end != text && errno != ERANGE;
}

static int read_number(struct parser *parser, const struct go_token *token, struct go_node *node)
{
	const char *text = go_text_c(parser->run, token->text);
	const char *digits = text + (*text == '-' || *text == '+');

	if (go_whole(text, &node->number)) {
		node->whole = node->wordly = true;
		node->real = (double)node->number;
		return 0;
	}
	if (!read_real(text, &node->real))
		return refuse(parser, token, "this is not a number, or it is too large");
	node->wordly = strlen(digits) > 2 && digits[0] == '0' && strchr("xX", digits[1]) &&
		       !strpbrk(digits, "pP");
	if (node->real > -9e18 && node->real < 9e18 &&
	    (double)(int64_t)node->real == node->real) {
		node->whole = true;
		node->number = (int64_t)node->real;
	}
	return 0;
}

static int read_rune(struct parser *parser, const struct go_token *token, struct go_node *node)
{
	struct go_text text;
	size_t len = 0;

	if (go_unquote(parser->run, token, &text) < 0)
		return -1;
	if (text.len > 0)
		node->number = utf8_take(text.at, text.len, &len);
	if (text.len == 0 || len != text.len)
		return refuse(parser, token, "quotes of this kind hold one character");
	node->whole = node->wordly = true;
	node->real = (double)node->number;
	return 0;
}

static int read_pipe(struct parser *parser, enum go_token_kind end, bool range,
		     struct go_node **out);

static int read_function(struct parser *parser, const struct go_token *token, struct go_node *node)
{
	const char *why = NULL;
	int len = token->text.len > 80 ? 80 : (int)token->text.len;

	node->text = token->text;
	node->function = go_function_find(parser->run, token->text, &why);
	if (node->function)
		return 0;
	parser->run->place = token->at;
	if (why)
		return go_fail(parser->run, "the function %.*s is not there: %s", len,
			       token->text.at, why);
	return go_fail(parser->run, "there is no function %.*s", len, token->text.at);
}

static int read_group(struct parser *parser, const struct go_token *token, struct go_node **out)
{
	if (deeper(parser, token) < 0 || read_pipe(parser, TOKEN_RIGHT, false, out) < 0)
		return -1;
	parser->depth--;
	return 0;
}

static struct go_text behind_dot(const struct go_token *token)
{
	return (struct go_text){ token->text.at + 1, token->text.len - 1 };
}

/* The name of `.name` or the variable `$name`. */
static int read_name(struct parser *parser, const struct go_token *token, struct go_node *node)
{
	node->text = token->text;
	if (token->kind == TOKEN_FIELD) {
		ident_add(parser, node, behind_dot(token));
		return 0;
	}
	if (is_declared(parser, token->text))
		return 0;
	parser->run->place = token->at;
	return go_fail(parser->run, "the variable %.*s is not declared",
		       token->text.len > 80 ? 80 : (int)token->text.len, token->text.at);
}

static int fill_term(struct parser *parser, const struct go_token *token, struct go_node *node)
{
	switch (token->kind) {
	case TOKEN_WORD:
		return read_function(parser, token, node);
	case TOKEN_FIELD:
	case TOKEN_VARIABLE:
		return read_name(parser, token, node);
	case TOKEN_NUMBER:
		return read_number(parser, token, node);
	case TOKEN_RUNE:
		return read_rune(parser, token, node);
	case TOKEN_STRING:
	case TOKEN_RAW:
		return go_unquote(parser->run, token, &node->text);
	default:
		node->flag = go_text_is(token->text, "true");
		return 0;
	}
}

/* A word; *out is NULL when none stands here. */
static int read_term(struct parser *parser, struct go_node **out)
{
	static const struct {
		enum go_token_kind token;
		enum go_node_kind node;
	} rows[] = {
		{ TOKEN_WORD, NODE_FUNCTION },
		{ TOKEN_DOT, NODE_DOT },
		{ TOKEN_NIL, NODE_NIL },
		{ TOKEN_VARIABLE, NODE_VARIABLE },
		{ TOKEN_FIELD, NODE_FIELD },
		{ TOKEN_BOOL, NODE_BOOL },
		{ TOKEN_NUMBER, NODE_NUMBER },
		{ TOKEN_RUNE, NODE_NUMBER },
		{ TOKEN_STRING, NODE_STRING },
		{ TOKEN_RAW, NODE_STRING },
	};
	const struct go_token *token = peek_word(parser);

	*out = NULL;
	if (token->kind == TOKEN_LEFT) {
		parser->at++;
		return read_group(parser, token, out);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].token != token->kind)
			continue;
		parser->at++;
		*out = node_new(parser, rows[i].node, token->at);
		return fill_term(parser, token, *out);
	}
	return 0;
}

/* A word with the .names behind it. */
static int read_operand(struct parser *parser, struct go_node **out)
{
	const struct go_token *token = peek_word(parser);
	struct go_node *node = NULL;

	if (read_term(parser, &node) < 0)
		return -1;
	*out = node;
	if (!node || peek(parser)->kind != TOKEN_FIELD)
		return 0;
	if (node->kind != NODE_FIELD && node->kind != NODE_VARIABLE) {
		if (node->kind != NODE_FUNCTION && node->kind != NODE_PIPE)
			return refuse(parser, token, "a value that has no fields");

		struct go_node *chain = node_new(parser, NODE_CHAIN, token->at);
		chain->body = node;
		node = *out = chain;
	}
	while (peek(parser)->kind == TOKEN_FIELD) {
		ident_add(parser, node, behind_dot(peek(parser)));
		parser->at++;
	}
	return 0;
}

static int read_command(struct parser *parser, struct go_node **out)
{
	struct go_node *command = node_new(parser, NODE_COMMAND, peek_word(parser)->at);
	struct go_node **tail = &command->body;

	for (;;) {
		if (read_operand(parser, tail) < 0)
			return -1;
		if (*tail)
			tail = &(*tail)->next;

		const struct go_token *token = peek(parser);
		if (token->kind == TOKEN_SPACE) {
			peek_word(parser);
			continue;
		}
		if (token->kind == TOKEN_PIPE)
			parser->at++;
		else if (token->kind != TOKEN_CLOSE && token->kind != TOKEN_RIGHT)
			return unexpected(parser, token, "an operand");
		break;
	}
	if (!command->body)
		return refuse(parser, peek(parser), "a command is empty");
	*out = command;
	return 0;
}

/* `$x :=`, `$x =` and in a range `$i, $x :=`. What is none of these is left where it stands. */
static int read_declarations(struct parser *parser, bool range, struct go_node *pipe)
{
	while (peek_word(parser)->kind == TOKEN_VARIABLE) {
		const struct go_token *name = peek(parser);
		size_t back = parser->at++;
		const struct go_token *next = peek_word(parser);

		if (next->kind == TOKEN_ASSIGN || next->kind == TOKEN_DECLARE) {
			pipe->assign = next->kind == TOKEN_ASSIGN;
			parser->at++;
			ident_add(parser, pipe, name->text);
			declare(parser, name->text);
			return 0;
		}
		if (next->kind != TOKEN_COMMA) {
			parser->at = back;
			return 0;
		}
		parser->at++;
		ident_add(parser, pipe, name->text);
		declare(parser, name->text);
		if (!range || pipe->idents > 1)
			return refuse(parser, name, "too many variables are declared");
		if (peek_word(parser)->kind != TOKEN_VARIABLE)
			return unexpected(parser, peek(parser), "the variables of a range");
	}
	return 0;
}

static int check_pipe(struct parser *parser, const struct go_node *pipe)
{
	if (!pipe->body)
		return refuse(parser, peek(parser), "a value is missing");
	for (const struct go_node *at = pipe->body->next; at; at = at->next) {
		enum go_node_kind kind = at->body->kind;

		if (kind == NODE_BOOL || kind == NODE_DOT || kind == NODE_NIL ||
		    kind == NODE_NUMBER || kind == NODE_STRING) {
			parser->run->place = at->body->at;
			return go_fail(parser->run, "what stands behind | must be a function");
		}
	}
	return 0;
}

static int read_pipe(struct parser *parser, enum go_token_kind end, bool range,
		     struct go_node **out)
{
	struct go_node *pipe = node_new(parser, NODE_PIPE, peek_word(parser)->at);
	struct go_node **tail = &pipe->body;

	if (read_declarations(parser, range, pipe) < 0)
		return -1;
	while (peek_word(parser)->kind != end) {
		if (peek(parser)->kind == TOKEN_CLOSE || peek(parser)->kind == TOKEN_RIGHT)
			return unexpected(parser, peek(parser), "a command");
		if (read_command(parser, tail) < 0)
			return -1;
		tail = &(*tail)->next;
	}
	parser->at++;
	*out = pipe;
	return check_pipe(parser, pipe);
}

static int read_list(struct parser *parser, struct go_node **out, const struct go_token **stop);

static int read_end(struct parser *parser, const struct go_token *stop)
{
	if (stop->kind != TOKEN_END)
		return unexpected(parser, stop, "a place where an end belongs");
	return expect(parser, TOKEN_CLOSE, "an end");
}

static int read_control(struct parser *parser, enum go_node_kind kind, size_t at,
			struct go_node **out);

/* Behind "else". */
static int read_else(struct parser *parser, struct go_node *node)
{
	const struct go_token *token = peek_word(parser), *stop;
	enum go_token_kind same = node->kind == NODE_IF ? TOKEN_IF : TOKEN_WITH;

	if (node->kind != NODE_RANGE && token->kind == same) {
		node->otherwise = node_new(parser, NODE_LIST, token->at);
		parser->at++;
		return read_control(parser, node->kind, token->at, &node->otherwise->body);
	}
	if (expect(parser, TOKEN_CLOSE, "an else") < 0 ||
	    read_list(parser, &node->otherwise, &stop) < 0)
		return -1;
	return read_end(parser, stop);
}

/* if, with and range behind their word. */
static int read_control(struct parser *parser, enum go_node_kind kind, size_t at,
			struct go_node **out)
{
	struct go_node *node = node_new(parser, kind, at);
	size_t scope = parser->variables;
	const struct go_token *stop = peek(parser);
	int rc;

	if (deeper(parser, stop) < 0 ||
	    read_pipe(parser, TOKEN_CLOSE, kind == NODE_RANGE, &node->pipe) < 0)
		return -1;
	parser->loops += kind == NODE_RANGE;
	if (read_list(parser, &node->body, &stop) < 0)
		return -1;
	parser->loops -= kind == NODE_RANGE;
	rc = stop->kind == TOKEN_ELSE ? read_else(parser, node) : read_end(parser, stop);
	parser->variables = scope;
	parser->depth--;
	*out = node;
	return rc;
}

static int read_title(struct parser *parser, struct go_text *out)
{
	const struct go_token *token = take_word(parser);

	if (token->kind != TOKEN_STRING && token->kind != TOKEN_RAW)
		return unexpected(parser, token, "the name of a template");
	return go_unquote(parser->run, token, out);
}

static int read_call(struct parser *parser, struct go_node *node)
{
	if (read_title(parser, &node->text) < 0)
		return -1;
	if (peek_word(parser)->kind != TOKEN_CLOSE)
		return read_pipe(parser, TOKEN_CLOSE, false, &node->pipe);
	parser->at++;
	return 0;
}

static bool is_blank(const struct go_node *list)
{
	for (const struct go_node *at = list->body; at; at = at->next) {
		if (at->kind != NODE_TEXT)
			return false;
		for (size_t i = 0; i < at->text.len; i++)
			if (!strchr(" \t\r\n\v\f", at->text.at[i]))
				return false;
	}
	return true;
}

/* A template with text replaces one without; two with text are too many. */
static int define(struct parser *parser, struct go_node *node)
{
	struct go_run *run = parser->run;

	for (struct go_node *at = run->defined; at; at = at->next) {
		if (go_text_compare(at->text, node->text) != 0)
			continue;
		if (is_blank(node->body))
			return 0;
		run->place = node->at;
		if (!is_blank(at->body))
			return go_fail(run, "a template of this name is defined already");
		at->body = node->body;
		return 0;
	}
	node->next = run->defined;
	run->defined = node;
	return 0;
}

/* The body of a define or block, which knows no variable but $. */
static int read_definition(struct parser *parser, struct go_text name, size_t at)
{
	static const struct go_text dollar = { "$", 1 };
	struct go_node *node = node_new(parser, NODE_DEFINE, at);
	struct go_text *outer = parser->variable;
	size_t variables = parser->variables, cap = parser->variables_cap;
	unsigned loops = parser->loops;
	const struct go_token *stop = peek(parser);

	node->text = name;
	parser->variable = NULL;
	parser->variables = parser->variables_cap = parser->loops = 0;
	declare(parser, dollar);
	if (deeper(parser, stop) < 0 || read_list(parser, &node->body, &stop) < 0 ||
	    read_end(parser, stop) < 0)
		return -1;
	parser->variable = outer;
	parser->variables = variables;
	parser->variables_cap = cap;
	parser->loops = loops;
	parser->depth--;
	return define(parser, node);
}

static int read_block(struct parser *parser, struct go_node *node)
{
	if (read_title(parser, &node->text) < 0 ||
	    read_pipe(parser, TOKEN_CLOSE, false, &node->pipe) < 0)
		return -1;
	return read_definition(parser, node->text, node->at);
}

static int read_define(struct parser *parser, const struct go_token *token)
{
	struct go_text name;

	if (read_title(parser, &name) < 0 || expect(parser, TOKEN_CLOSE, "a define") < 0)
		return -1;
	return read_definition(parser, name, token->at);
}

static int read_jump(struct parser *parser, const struct go_token *token)
{
	if (parser->loops == 0)
		return refuse(parser, token, "break and continue stand in a range");
	return expect(parser, TOKEN_CLOSE, "a break or continue");
}

/* What stands behind {{. */
static int read_action(struct parser *parser, struct go_node **out)
{
	const struct go_token *token = peek_word(parser);
	struct go_node *node = node_new(parser, NODE_ACTION, token->at);

	*out = node;
	parser->at += token->kind != TOKEN_EOF;
	switch (token->kind) {
	case TOKEN_IF:
		return read_control(parser, NODE_IF, token->at, out);
	case TOKEN_WITH:
		return read_control(parser, NODE_WITH, token->at, out);
	case TOKEN_RANGE:
		return read_control(parser, NODE_RANGE, token->at, out);
	case TOKEN_TEMPLATE:
		node->kind = NODE_TEMPLATE;
		return read_call(parser, node);
	case TOKEN_BLOCK:
		node->kind = NODE_TEMPLATE;
		return read_block(parser, node);
	case TOKEN_BREAK:
	case TOKEN_CONTINUE:
		node->kind = token->kind == TOKEN_BREAK ? NODE_BREAK : NODE_CONTINUE;
		return read_jump(parser, token);
	case TOKEN_DEFINE:
		return refuse(parser, token, "a define stands at the top of a template");
	default:
		parser->at -= token->kind != TOKEN_EOF;
		return read_pipe(parser, TOKEN_CLOSE, false, &node->pipe);
	}
}

/* The word behind {{ without taking anything. */
static const struct go_token *action_word(const struct parser *parser)
{
	size_t at = parser->at + 1;

	while (parser->tokens.at[at].kind == TOKEN_SPACE)
		at++;
	return &parser->tokens.at[at];
}

static int read_item(struct parser *parser, struct go_node **out)
{
	const struct go_token *token = peek(parser);

	parser->at++;
	if (token->kind == TOKEN_OPEN)
		return read_action(parser, out);
	*out = node_new(parser, NODE_TEXT, token->at);
	(*out)->text = token->text;
	return 0;
}

/* Up to {{else or {{end, whose word is left in *stop. */
static int read_list(struct parser *parser, struct go_node **out, const struct go_token **stop)
{
	struct go_node *list = node_new(parser, NODE_LIST, peek(parser)->at);
	struct go_node **tail = &list->body;

	*out = list;
	while (peek(parser)->kind != TOKEN_EOF) {
		if (peek(parser)->kind == TOKEN_OPEN) {
			const struct go_token *word = action_word(parser);

			if (word->kind == TOKEN_END || word->kind == TOKEN_ELSE) {
				parser->at = (size_t)(word - parser->tokens.at) + 1;
				*stop = word;
				return 0;
			}
		}
		if (read_item(parser, tail) < 0)
			return -1;
		tail = &(*tail)->next;
	}
	return unexpected(parser, peek(parser), "a list that has no end");
}

static int read_top(struct parser *parser, struct go_node **tail)
{
	while (peek(parser)->kind != TOKEN_EOF) {
		const struct go_token *word = action_word(parser);

		if (peek(parser)->kind == TOKEN_OPEN && word->kind == TOKEN_DEFINE) {
			parser->at = (size_t)(word - parser->tokens.at) + 1;
			if (read_define(parser, word) < 0)
				return -1;
			continue;
		}
		if (peek(parser)->kind == TOKEN_OPEN &&
		    (word->kind == TOKEN_END || word->kind == TOKEN_ELSE))
			return unexpected(parser, word, "the template itself");
		if (read_item(parser, tail) < 0)
			return -1;
		tail = &(*tail)->next;
	}
	return 0;
}

int go_parse(struct go_run *run, const struct go_node **out)
{
	static const struct go_text dollar = { "$", 1 };
	struct parser parser = { .run = run };

	if (go_lex(run, &parser.tokens) < 0)
		return -1;

	struct go_node *list = node_new(&parser, NODE_LIST, 0);
	declare(&parser, dollar);
	*out = list;
	return read_top(&parser, &list->body);
}
