#include "tree/template.h"

#include "base/arena.h"

#include <assert.h>
#include <string.h>

#define DEPTH_MAX 32 /* of sections */

enum token_kind {
	TOKEN_TEXT,
	TOKEN_VARIABLE,
	TOKEN_SECTION,
	TOKEN_INVERTED,
	TOKEN_CLOSE,
	TOKEN_COMMENT,
};

struct token {
	enum token_kind kind;
	const char *text; /* or the name, with an end */
	size_t len;
	size_t end; /* of a section: the token that closes it */
	unsigned line;
};

struct template
{
	const struct template_input *input;
	struct arena *arena;
	struct token *token;
	size_t tokens, cap;
	const struct value *scope[DEPTH_MAX + 1]; /* the innermost is last */
	unsigned depth;
	struct str *out;
};

static int fault(const struct template *template, unsigned line, struct err *err)
{
	err_at(err, template->input->file, line, 0);
	return -1;
}

static struct token *add_token(struct template *template, const struct token *token)
{
	template->token = arena_grow(template->arena, template->token, template->tokens,
				     &template->cap, sizeof(*template->token));
	template->token[template->tokens] = *token;
	return &template->token[template->tokens++];
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the line of a tag that stands alone on it begins; NULL when something is before it. */
static const char *line_begin(const char *text, const char *tag)
{
	while (tag > text && is_space(tag[-1]))
		tag--;
	return tag == text || tag[-1] == '\n' ? tag : NULL;
}

/* Behind the line's end; NULL when something is behind the tag. */
static const char *line_end(const char *at, const char *end)
{
	while (at < end && is_space(*at))
		at++;
	if (at == end)
		return at;
	if (*at == '\r' && at + 1 < end && at[1] == '\n')
		at++;
	return *at == '\n' ? at + 1 : NULL;
}

struct cursor {
	const char *text, *at, *end; /* what is left is at..end */
	const char *seen;	     /* the place that `line` is of */
	unsigned line;
};

static unsigned line_of(struct cursor *cursor, const char *place)
{
	for (; cursor->seen < place; cursor->seen++)
		cursor->line += *cursor->seen == '\n';
	return cursor->line;
}

struct tag {
	const char *begin, *end; /* with its braces */
	char sign;		 /* 0: a variable */
	const char *name;
	size_t len;
};

static int read_tag(const struct cursor *cursor, const char *begin, struct tag *out)
{
	bool triple = begin + 2 < cursor->end && begin[2] == '{';
	const char *inner = begin + (triple ? 3 : 2);
	size_t left = (size_t)(cursor->end - inner);
	const char *close = memmem(inner, left, triple ? "}}}" : "}}", triple ? 3 : 2);
	struct tag tag = { .begin = begin };

	if (!close)
		return -1;
	tag.end = close + (triple ? 3 : 2);
	if (!triple && inner < close && strchr("#^/!>=&", *inner))
		tag.sign = *inner++;
	while (inner < close && strchr(" \t\r\n", *inner))
		inner++;
	while (close > inner && strchr(" \t\r\n", close[-1]))
		close--;
	tag.name = inner;
	tag.len = (size_t)(close - inner);
	*out = tag;
	return 0;
}

static enum token_kind kind_of(char sign)
{
	switch (sign) {
	case '#':
		return TOKEN_SECTION;
	case '^':
		return TOKEN_INVERTED;
	case '/':
		return TOKEN_CLOSE;
	case '!':
		return TOKEN_COMMENT;
	default:
		return TOKEN_VARIABLE;
	}
}

static int check_tag(const struct tag *tag, struct err *err)
{
	if (tag->sign == '>')
		return err_set(err, ERR_INPUT, "templates have no partials");
	if (tag->sign == '=')
		return err_set(err, ERR_INPUT, "templates keep the delimiters {{ and }}");
	if (tag->sign == '!')
		return 0;
	for (size_t i = 0; i < tag->len; i++)
		if (strchr(" \t\r\n{}", tag->name[i]))
			return err_set(err, ERR_INPUT, "a tag has a name without spaces");
	return tag->len > 0 ? 0 : err_set(err, ERR_INPUT, "a tag has no name");
}

/* The text before the tag, and the tag. */
static int take_tag(struct template *template, struct cursor *cursor, const struct tag *tag,
		    struct err *err)
{
	struct token text = { .kind = TOKEN_TEXT, .text = cursor->at };
	struct token token = { .kind = kind_of(tag->sign),
			       .len = tag->len,
			       .line = line_of(cursor, tag->begin) };
	const char *begin = tag->begin, *end = tag->end;

	if (check_tag(tag, err) < 0)
		return fault(template, token.line, err);
	if (token.kind != TOKEN_VARIABLE) {
		const char *first = line_begin(cursor->text, tag->begin);
		const char *behind = line_end(tag->end, cursor->end);

		if (first && behind) {
			begin = first;
			end = behind;
		}
	}
	/* a line that the tag before took already begins behind it */
	text.len = begin > cursor->at ? (size_t)(begin - cursor->at) : 0;
	if (text.len > 0)
		add_token(template, &text);
	token.text = arena_strn(template->arena, tag->name, tag->len);
	if (token.kind != TOKEN_COMMENT)
		add_token(template, &token);
	cursor->at = end;
	return 0;
}

static int split(struct template *template, struct err *err)
{
	const struct template_input *input = template->input;
	struct cursor cursor = { input->text, input->text, input->text + input->len, input->text,
				 1 };
	const char *begin;
	struct tag tag;

	while ((begin = memmem(cursor.at, (size_t)(cursor.end - cursor.at), "{{", 2))) {
		if (read_tag(&cursor, begin, &tag) < 0) {
			err_set(err, ERR_INPUT, "a tag does not end");
			return fault(template, line_of(&cursor, begin), err);
		}
		if (take_tag(template, &cursor, &tag, err) < 0)
			return -1;
	}
	add_token(template, &(struct token){ .kind = TOKEN_TEXT,
					     .text = cursor.at,
					     .len = (size_t)(cursor.end - cursor.at) });
	return 0;
}

/* Finds the end of every section. */
static int pair(struct template *template, struct err *err)
{
	size_t open[DEPTH_MAX];
	unsigned depth = 0;

	for (size_t i = 0; i < template->tokens; i++) {
		struct token *token = &template->token[i];

		if (token->kind == TOKEN_SECTION || token->kind == TOKEN_INVERTED) {
			if (depth == DEPTH_MAX) {
				err_set(err, ERR_INPUT, "more than %d sections in another",
					DEPTH_MAX);
				return fault(template, token->line, err);
			}
			open[depth++] = i;
		}
		if (token->kind != TOKEN_CLOSE)
			continue;
		if (depth == 0 || strcmp(template->token[open[depth - 1]].text, token->text) != 0) {
			err_set(err, ERR_INPUT, "nothing named \"%s\" is open here", token->text);
			return fault(template, token->line, err);
		}
		template->token[open[--depth]].end = i;
	}
	if (depth == 0)
		return 0;
	err_set(err, ERR_INPUT, "the section \"%s\" does not end",
		template->token[open[depth - 1]].text);
	return fault(template, template->token[open[depth - 1]].line, err);
}

/* NULL: nobody defined it. The first part of a dotted name decides which scope counts. */
static const struct value *find(const struct template *template, const char *name)
{
	size_t len = strcspn(name, ".");
	const struct value *found = NULL;

	if (strcmp(name, ".") == 0)
		return template->scope[template->depth];

	const char *first = arena_strn(template->arena, name, len);

	for (unsigned i = template->depth + 1; i-- > 0 && !found;)
		found = value_get(template->scope[i], first);
	while (found && name[len] == '.') {
		name += len + 1;
		len = strcspn(name, ".");
		found = value_get(found, arena_strn(template->arena, name, len));
	}
	return found;
}

static int put_variable(struct template *template, const struct token *token, struct err *err)
{
	const struct value *value = find(template, token->text);

	if (value && value_is_null(value))
		return 0;
	if (!value_text(value)) {
		err_set(err, ERR_INPUT, value ? "\"%s\" is no text" : "there is no value \"%s\"",
			token->text);
		return fault(template, token->line, err);
	}
	if (value_is_sensitive(value) && !template->input->show_sensitive)
		str_add(template->out, "***");
	else
		str_addn(template->out, value_text(value), value_text_len(value));
	return 0;
}

static bool is_true(const struct value *value)
{
	if (value_is_null(value) || (value_is_list(value) && value_len(value) == 0))
		return false;
	return value_kind(value) != VALUE_SCALAR || value_bool(value, true);
}

static int render(struct template *template, size_t from, size_t to, struct err *err);

static int render_within(struct template *template, const struct value *scope, size_t from,
			 struct err *err)
{
	template->scope[++template->depth] = scope;

	int r = render(template, from + 1, template->token[from].end, err);

	template->depth--;
	return r;
}

static int render_section(struct template *template, size_t index, struct err *err)
{
	const struct token *token = &template->token[index];
	const struct value *value = find(template, token->text);

	assert(template->depth < DEPTH_MAX);
	if (token->kind == TOKEN_INVERTED)
		return is_true(value) ? 0 : render(template, index + 1, token->end, err);
	if (!is_true(value))
		return 0;
	if (!value_is_list(value))
		return render_within(template, value, index, err);
	for (size_t i = 0; i < value_len(value); i++)
		if (render_within(template, value_at(value, i), index, err) < 0)
			return -1;
	return 0;
}

static int render(struct template *template, size_t from, size_t to, struct err *err)
{
	for (size_t i = from; i < to; i++) {
		const struct token *token = &template->token[i];
		int r = 0;

		if (token->kind == TOKEN_TEXT) {
			str_addn(template->out, token->text, token->len);
		} else if (token->kind == TOKEN_VARIABLE) {
			r = put_variable(template, token, err);
		} else {
			r = render_section(template, i, err);
			i = token->end;
		}
		if (r < 0)
			return -1;
	}
	return 0;
}

int template_render(struct str *out, const struct template_input *input, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("template");
	struct template template = { .input = input, .arena = arena, .out = out };

	template.scope[0] = input->context;
	if (split(&template, err) < 0 || pair(&template, err) < 0 ||
	    render(&template, 0, template.tokens, err) < 0)
		return -1;
	if (out->full)
		return err_set(err, ERR_INPUT, "the text is longer than %zu bytes", out->max);
	return 0;
}
