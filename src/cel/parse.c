#include "base/own.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cel/lex.h"
#include "cel/node.h"

#include <string.h>

struct parser {
	struct lexer lexer;
	struct token token; /* the one to look at next */
	unsigned depth;
};

/* Operators of two sides, from the loosest to the tightest; all group to the left. */
static const char *const levels[][8] = {
	{ "||" },
	{ "&&" },
	{ "==", "!=", "<", "<=", ">", ">=", "in" },
	{ "+", "-" },
	{ "*", "/", "%" },
};

static const char *const reserved[] = {
	"as",
	"break",
	"const",
	"continue",
	"else",
	"for",
	"function",
	"if",
	"import",
	"let",
	"loop",
	"package",
	"namespace",
	"return",
	"var",
	"void",
	"while",
};

static const struct loop_row {
	const char *name;
	size_t args; /* in the parentheses */
	enum loop_kind kind;
} loop_rows[] = {
	{ "all", 2, LOOP_ALL },
	{ "exists", 2, LOOP_EXISTS },
	{ "exists_one", 2, LOOP_ONE },

	{ "filter", 2, LOOP_FILTER },
	{ "map", 2, LOOP_MAP },
	{ "map", 3, LOOP_MAP },
};

static int parse_expression(struct parser *parser, struct cel_node **out, struct err *err);

static int fault(const struct parser *parser, unsigned place, struct err *err)
{
	return cel_place(err, parser->lexer.text, place);
}

static int next(struct parser *parser, struct err *err)
{
	return cel_lex(&parser->lexer, &parser->token, err);
}

static bool is_token(const struct parser *parser, const char *text)
{
	return (parser->token.kind == TOKEN_SIGN || parser->token.kind == TOKEN_NAME) &&
	       strcmp(parser->token.text, text) == 0;
}

static bool is_sign(const struct parser *parser, const char *text)
{
	return parser->token.kind == TOKEN_SIGN && strcmp(parser->token.text, text) == 0;
}

static int unexpected(const struct parser *parser, const char *wanted, struct err *err)
{
	const struct token *token = &parser->token;

	if (token->kind == TOKEN_END)
		err_set(err, ERR_INPUT, "the expression ends where %s should be", wanted);
	else if (token->kind == TOKEN_NAME || token->kind == TOKEN_SIGN)
		err_set(err, ERR_INPUT, "there is %s where %s should be", token->text, wanted);
	else
		err_set(err, ERR_INPUT, "there is a literal where %s should be", wanted);
	return fault(parser, token->place, err);
}

static int expect(struct parser *parser, const char *sign, struct err *err)
{
	return is_sign(parser, sign) ? next(parser, err) : unexpected(parser, sign, err);
}

static struct cel_node *node_new(struct parser *parser, enum node_kind kind, unsigned place)
{
	struct cel_node *node = arena_alloc(parser->lexer.arena, sizeof(*node));

	node->kind = kind;
	node->place = place;
	node->depth = 1;
	return node;
}

static int add_arg(struct parser *parser, struct cel_node *node, struct cel_node *arg,
		   struct err *err)
{
	size_t count = node->args;

	/* Room doubles at 1, 2, 4, ... */
	if (!(count & (count - 1))) {
		struct cel_node **room = arena_calloc(parser->lexer.arena, count ? 2 * count : 1,
						      sizeof(struct cel_node *));
		if (count)
			memcpy(room, node->arg, count * sizeof(*room));
		node->arg = room;
	}
	node->arg[node->args++] = arg;
	if (arg->depth + 1 > node->depth)
		node->depth = arg->depth + 1;
	if (node->depth <= CEL_DEPTH_MAX)
		return 0;
	err_set(err, ERR_INPUT, "the expression is nested too deeply");
	return fault(parser, node->place, err);
}

/* An entry that may be left out, [?e], stands in a node of its own. */
static int parse_entry(struct parser *parser, struct cel_node *node, bool asking, struct err *err)
{
	struct cel_node *arg = NULL;

	if (parse_expression(parser, &arg, err) < 0 || !arg)
		return -1;
	if (asking) {
		struct cel_node *value = node_new(parser, NODE_CALL, arg->place);

		value->name = "?";
		if (add_arg(parser, value, arg, err) < 0)
			return -1;
		arg = value;
	}
	return add_arg(parser, node, arg, err);
}

/* Expressions between commas up to `end`, a comma before the end tolerated where CEL does. */
static int parse_list(struct parser *parser, struct cel_node *node, const char *end,
		      struct err *err)
{
	while (!is_sign(parser, end)) {
		bool asking = node->kind != NODE_CALL && is_sign(parser, "?");

		if (asking && next(parser, err) < 0)
			return -1;
		if (node->kind == NODE_MAP && (parse_entry(parser, node, false, err) < 0 ||
					       expect(parser, ":", err) < 0))
			return -1;
		if (parse_entry(parser, node, asking, err) < 0)
			return -1;
		if (is_sign(parser, end))
			break;
		if (!is_sign(parser, ","))
			return unexpected(parser, end, err);
		if (next(parser, err) < 0)
			return -1;
		if (node->kind == NODE_CALL && is_sign(parser, end))
			return unexpected(parser, "an argument", err);
	}
	return next(parser, err);
}

static int make_has(struct parser *parser, struct cel_node *node, struct err *err)
{
	struct cel_node *field = node->args == 1 ? node->arg[0] : NULL;

	if (!field || field->kind != NODE_FIELD) {
		err_set(err, ERR_INPUT, "has() takes one field, as in has(a.b)");
		return fault(parser, node->place, err);
	}
	node->kind = NODE_HAS;
	node->name = field->name;
	node->arg[0] = field->arg[0];
	return 0;
}

static int make_loop(struct parser *parser, struct cel_node *node, struct err *err)
{
	const struct loop_row *row = NULL;

	for (size_t i = 0; i < ARRAY_LEN(loop_rows); i++)
		if (strcmp(loop_rows[i].name, node->name) == 0 &&
		    loop_rows[i].args + 1 == node->args)
			row = &loop_rows[i];
	if (!row)
		return 0;
	if (node->arg[1]->kind != NODE_NAME || node->arg[1]->name[0] == '.') {
		err_set(err, ERR_INPUT, "%s() takes the name of a variable first", node->name);
		return fault(parser, node->arg[1]->place, err);
	}
	node->kind = NODE_LOOP;
	node->loop = row->kind;
	node->variable = node->arg[1]->name;
	memmove(&node->arg[1], &node->arg[2], (node->args - 2) * sizeof(struct cel_node *));
	node->args--;
	return 0;
}

/* From the opening parenthesis on. */
static int parse_call(struct parser *parser, struct cel_node *node, struct err *err)
{
	node->kind = NODE_CALL;
	if (expect(parser, "(", err) < 0 || parse_list(parser, node, ")", err) < 0)
		return -1;
	if (node->method)
		return make_loop(parser, node, err);
	return strcmp(node->name, "has") == 0 ? make_has(parser, node, err) : 0;
}

static bool is_word(const char *text)
{
	return strcmp(text, "in") == 0 || strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
	       strcmp(text, "null") == 0;
}

static int parse_member(struct parser *parser, struct cel_node **node, struct err *err)
{
	struct cel_node *member = node_new(parser, NODE_FIELD, parser->token.place);

	if (next(parser, err) < 0)
		return -1;
	bool asking = is_sign(parser, "?");
	if (asking && next(parser, err) < 0)
		return -1;
	if (parser->token.kind != TOKEN_NAME || is_word(parser->token.text))
		return unexpected(parser, "the name of a field", err);
	if (asking) {
		member->kind = NODE_CALL;
		member->name = ".?";
		member->variable = parser->token.text;
	} else {
		member->place = parser->token.place;
		member->name = parser->token.text;
	}
	if (add_arg(parser, member, *node, err) < 0 || next(parser, err) < 0)
		return -1;
	*node = member;
	if (asking || !is_sign(parser, "("))
		return 0;
	member->method = true;
	return parse_call(parser, member, err);
}

static int parse_index(struct parser *parser, struct cel_node **node, struct err *err)
{
	struct cel_node *call = node_new(parser, NODE_CALL, parser->token.place);
	struct cel_node *index;

	if (next(parser, err) < 0)
		return -1;
	call->name = is_sign(parser, "?") ? "[?]" : "[]";
	if (is_sign(parser, "?") && next(parser, err) < 0)
		return -1;
	if (parse_expression(parser, &index, err) < 0 ||
	    add_arg(parser, call, *node, err) < 0 || add_arg(parser, call, index, err) < 0)
		return -1;
	*node = call;
	return expect(parser, "]", err);
}

static int parse_name(struct parser *parser, struct cel_node **out, struct err *err)
{
	struct cel_node *node = node_new(parser, NODE_NAME, parser->token.place);

	node->name = parser->token.text;
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		if (strcmp(reserved[i], node->name) == 0) {
			err_set(err, ERR_INPUT, "%s is a reserved word", node->name);
			return fault(parser, node->place, err);
		}
	}
	*out = node;
	if (next(parser, err) < 0)
		return -1;
	if (is_sign(parser, "{")) {
		err_set(err, ERR_INPUT, "messages such as %s{...} are not covered", node->name);
		return fault(parser, node->place, err);
	}
	return is_sign(parser, "(") ? parse_call(parser, node, err) : 0;
}

static int parse_literal(struct parser *parser, struct cel_node **out, struct err *err)
{
	struct cel_node *node = node_new(parser, NODE_CONST, parser->token.place);

	node->value = parser->token.value;
	if (is_token(parser, "true") || is_token(parser, "false"))
		node->value = cel_of_bool(is_token(parser, "true"));
	else if (is_token(parser, "null"))
		node->value.kind = CEL_NULL;
	*out = node;
	return next(parser, err);
}

static int parse_brackets(struct parser *parser, struct cel_node **out, struct err *err)
{
	bool list = is_sign(parser, "[");
	struct cel_node *node = node_new(parser, list ? NODE_LIST : NODE_MAP, parser->token.place);

	*out = node;
	if (next(parser, err) < 0)
		return -1;
	if (is_sign(parser, ",")) {
		if (next(parser, err) < 0)
			return -1;
		return expect(parser, list ? "]" : "}", err);
	}
	return parse_list(parser, node, list ? "]" : "}", err);
}

static int parse_group(struct parser *parser, struct cel_node **out, struct err *err)
{
	if (next(parser, err) < 0 || parse_expression(parser, out, err) < 0)
		return -1;
	return expect(parser, ")", err);
}

/* A name from the root, which is where all of ours are. */
static int parse_rooted(struct parser *parser, struct cel_node **out, struct err *err)
{
	if (next(parser, err) < 0)
		return -1;
	if (parser->token.kind != TOKEN_NAME || is_word(parser->token.text))
		return unexpected(parser, "a name", err);
	return parse_name(parser, out, err);
}

static int parse_primary(struct parser *parser, struct cel_node **out, struct err *err)
{
	const struct token *token = &parser->token;

	switch (token->kind) {
	case TOKEN_NAME:
		if (!is_word(token->text))
			return parse_name(parser, out, err);
		if (strcmp(token->text, "in") != 0)
			return parse_literal(parser, out, err);
		break;
	case TOKEN_VALUE:
		return parse_literal(parser, out, err);
	case TOKEN_MIN:
		err_set(err, ERR_INPUT, "this number does not fit into 64 bits");
		return fault(parser, token->place, err);
	case TOKEN_SIGN:
		if (is_sign(parser, "("))
			return parse_group(parser, out, err);
		if (is_sign(parser, "[") || is_sign(parser, "{"))
			return parse_brackets(parser, out, err);
		if (is_sign(parser, "."))
			return parse_rooted(parser, out, err);
		break;
	case TOKEN_END:
		break;
	}
	return unexpected(parser, "a value", err);
}

static int parse_members(struct parser *parser, struct cel_node **out, struct err *err)
{
	int r = 0;

	while (r == 0) {
		if (is_sign(parser, "."))
			r = parse_member(parser, out, err);
		else if (is_sign(parser, "["))
			r = parse_index(parser, out, err);
		else
			break;
	}
	return r;
}

/* A minus before a number belongs to it, so that the least int can be written. */
static int parse_negative(struct parser *parser, struct cel_node **out, struct err *err)
{
	struct cel_value *value = &parser->token.value;

	if (parser->token.kind == TOKEN_MIN)
		value->number = INT64_MIN;
	else if (value->kind == CEL_INT)
		value->number = -value->number;
	else
		value->real = -value->real;
	return parse_literal(parser, out, err);
}

static bool is_signed_number(const struct parser *parser)
{
	const struct token *token = &parser->token;

	return token->kind == TOKEN_MIN ||
	       (token->kind == TOKEN_VALUE &&
		(token->value.kind == CEL_INT || token->value.kind == CEL_DOUBLE));
}

/* What stands behind `count` equal signs; one that belongs to a number is taken off. */
static int parse_operand(struct parser *parser, const char *sign, unsigned *count,
			 struct cel_node **out, struct err *err)
{
	if (*count && *sign == '!' && is_sign(parser, "-")) {
		if (next(parser, err) < 0)
			return -1;
		return is_signed_number(parser) ? parse_negative(parser, out, err)
						: unexpected(parser, "a number", err);
	}
	if (*count && *sign == '-' && is_signed_number(parser) &&
	    (*count == 1 || parser->token.kind != TOKEN_MIN)) {
		--*count;
		return parse_negative(parser, out, err);
	}
	return parse_primary(parser, out, err);
}

static int parse_unary(struct parser *parser, struct cel_node **out, struct err *err)
{
	const char *sign = parser->token.text;
	unsigned place = parser->token.place;
	unsigned count = 0;

	while ((is_sign(parser, "!") || is_sign(parser, "-")) &&
	       strcmp(sign, parser->token.text) == 0) {
		count++;
		place = parser->token.place;
		if (next(parser, err) < 0)
			return -1;
	}
	if (parse_operand(parser, sign, &count, out, err) < 0 ||
	    parse_members(parser, out, err) < 0)
		return -1;
	/* Two of them are none: they ask nothing of what follows. */
	if (count % 2 == 0)
		return 0;

	struct cel_node *call = node_new(parser, NODE_CALL, place);

	call->name = sign;
	if (add_arg(parser, call, *out, err) < 0)
		return -1;
	*out = call;
	return 0;
}

static const char *operator_at(const struct parser *parser, size_t level)
{
	for (size_t i = 0; i < ARRAY_LEN(levels[level]) && levels[level][i]; i++)
		if (is_token(parser, levels[level][i]))
			return levels[level][i];
	return NULL;
}

/* By precedence climbing: the operators of `level` and of all tighter ones. */
static int parse_binary(struct parser *parser, size_t level, struct cel_node **out, struct err *err)
{
	if (parse_unary(parser, out, err) < 0)
		return -1;
	for (size_t at = ARRAY_LEN(levels); at-- > level;) {
		const char *sign;

		while ((sign = operator_at(parser, at)) != NULL) {
			enum node_kind kind = at == 0 ? NODE_OR : at == 1 ? NODE_AND
									  : NODE_CALL;
			struct cel_node *node = node_new(parser, kind, parser->token.place);
			struct cel_node *right;

			node->name = sign;
			if (next(parser, err) < 0 ||
			    parse_binary(parser, at + 1, &right, err) < 0 ||
			    add_arg(parser, node, *out, err) < 0 ||
			    add_arg(parser, node, right, err) < 0)
				return -1;
			*out = node;
		}
	}
	return 0;
}

static int parse_choice(struct parser *parser, struct cel_node **out, struct err *err)
{
	if (parse_binary(parser, 0, out, err) < 0)
		return -1;
	if (!is_sign(parser, "?"))
		return 0;

	struct cel_node *node = node_new(parser, NODE_IF, parser->token.place);
	struct cel_node *yes, *no;

	if (next(parser, err) < 0 || parse_binary(parser, 0, &yes, err) < 0 ||
	    expect(parser, ":", err) < 0 || parse_expression(parser, &no, err) < 0 ||
	    add_arg(parser, node, *out, err) < 0 || add_arg(parser, node, yes, err) < 0 ||
	    add_arg(parser, node, no, err) < 0)
		return -1;
	*out = node;
	return 0;
}

static int parse_expression(struct parser *parser, struct cel_node **out, struct err *err)
{
	if (++parser->depth > CEL_DEPTH_MAX) {
		err_set(err, ERR_INPUT, "the expression is nested too deeply");
		return fault(parser, parser->token.place, err);
	}
	int r = parse_choice(parser, out, err);

	parser->depth--;
	return r;
}

int cel_parse(struct arena *arena, const char *text, struct cel_node **out, struct err *err)
{
	struct parser parser = { .lexer = { .arena = arena, .text = text } };
	size_t len = strnlen(text, CEL_TEXT_MAX + 1);

	if (len > CEL_TEXT_MAX)
		return err_set(err, ERR_INPUT, "an expression has at most %d bytes", CEL_TEXT_MAX);
	if (!utf8_is_valid(text, len))
		return err_set(err, ERR_INPUT, "the expression is not UTF-8");
	if (next(&parser, err) < 0 || parse_expression(&parser, out, err) < 0)
		return -1;
	return parser.token.kind == TOKEN_END ? 0 : unexpected(&parser, "an operator", err);
}

int cel_place(struct err *err, const char *text, unsigned place)
{
	unsigned line = 1;
	unsigned column = 1;

	for (unsigned i = 0; i < place && text[i]; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_wrap(err, "%u:%u", line, column);
}
