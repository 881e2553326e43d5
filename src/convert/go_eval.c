#include "convert/go_eval.h"

#include "render/url.h"

#include <string.h>

#define ARGS_MAX 64

void go_variable_push(struct go_run *run, struct go_text name, struct go_value value)
{
	run->variable = arena_grow(run->arena, run->variable, run->variables, &run->variables_cap,
				   sizeof(*run->variable));
	run->variable[run->variables++] = (struct go_variable){ name, value };
}

static struct go_variable *variable_find(struct go_run *run, struct go_text name)
{
	for (size_t i = run->variables; i-- > run->base;)
		if (go_text_compare(run->variable[i].name, name) == 0)
			return &run->variable[i];
	return NULL;
}

static int no_variable(struct go_run *run, struct go_text name)
{
	return go_fail(run, "the variable %s is not declared", go_text_c(run, name));
}

int go_variable_set(struct go_run *run, struct go_text name, struct go_value value)
{
	struct go_variable *variable = variable_find(run, name);

	if (!variable)
		return no_variable(run, name);
	variable->value = value;
	return 0;
}

static const struct go_field *field_find(const struct go_type *type, struct go_text name)
{
	for (size_t i = 0; i < type->fields; i++) {
		const struct go_field *field = &type->field[i];

		if (go_text_is(name, field->name))
			return field;
		if (!field->key && field->type->kind == GO_STRUCT) {
			field = field_find(field->type, name);
			if (field)
				return field;
		}
	}
	return NULL;
}

static int field_of_struct(struct go_run *run, const struct go_value *from, struct go_text name,
			   struct go_value *out)
{
	const struct go_field *field = from->type ? field_find(from->type, name) : NULL;

	if (!field)
		return go_fail(run, "%s has no field %s", go_type_word(from), go_text_c(run, name));
	if (from->sort == SORT_NIL)
		return go_fail(run, "%s is nil, so it has no %s", go_type_word(from),
			       go_text_c(run, name));
	*out = go_of_tree(run, field->key ? value_get(from->tree, field->key) : from->tree,
			  field->type);
	return 0;
}

/* The parts of a URL, and those of its methods that need no more. */
static int part_of_url(struct go_run *run, const struct go_value *from, struct go_text name,
		       struct go_value *out)
{
	struct url url;

	if (!url_parse(run->arena, go_text_c(run, from->text), &url))
		return go_fail(run, "a URL that cannot be read has no %s", go_text_c(run, name));
	const struct {
		const char *name, *text;
	} parts[] = {
		{ "Scheme", url.scheme },
		{ "Opaque", url.opaque },
		{ "Host", url.host },
		{ "Path", url.path },
		{ "RawQuery", url.query },
		{ "Fragment", url.fragment },
		{ "Hostname", url_hostname(run->arena, &url) },
		{ "Port", url_port(&url) },
		{ "String", go_text_c(run, from->text) },
	};
	if (go_text_is(name, "URL")) {
		*out = *from;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!go_text_is(name, parts[i].name))
			continue;
		*out = go_of_text((struct go_text){ parts[i].text, strlen(parts[i].text) });
		return 0;
	}
	return go_fail(run, "%s has no field %s", go_type_word(from), go_text_c(run, name));
}

static int field_of(struct go_run *run, const struct go_value *from, struct go_text name,
		    struct go_value *out)
{
	struct go_value none = { .sort = SORT_NONE };
	const struct go_value *found;

	*out = none;
	if (from->sort == SORT_NONE)
		return run->template->strict
			       ? go_fail(run, "there is nothing that has a field %s",
					 go_text_c(run, name))
			       : 0;
	if (from->sort == SORT_STRUCT ||
	    (from->sort == SORT_NIL && from->type && from->type->kind == GO_STRUCT))
		return field_of_struct(run, from, name, out);
	if (from->sort == SORT_TEXT && from->type && from->type->kind == GO_URL)
		return part_of_url(run, from, name, out);
	if (from->sort == SORT_NIL)
		return go_fail(run, "nil has no field %s", go_text_c(run, name));
	if (from->sort != SORT_MAP)
		return go_fail(run, "%s has no field %s", go_type_word(from), go_text_c(run, name));
	found = go_map_get(from->map, name);
	if (found)
		*out = *found;
	else if (run->template->strict)
		return go_fail(run, "there is no %s", go_text_c(run, name));
	return 0;
}

static int fields_of(struct go_run *run, struct go_value from, const struct go_node *node,
		     struct go_value *out)
{
	*out = from;
	for (size_t i = 0; i < node->idents; i++) {
		struct go_value step = *out;

		if (go_charge(run, 0) < 0 || field_of(run, &step, node->ident[i], out) < 0)
			return -1;
	}
	return 0;
}

static struct go_value constant(const struct go_node *node)
{
	switch (node->kind) {
	case NODE_BOOL:
		return go_of_bool(node->flag);
	case NODE_NUMBER:
		return node->wordly ? go_of_int(node->number) : go_of_float(node->real);
	default:
		return go_of_text(node->text);
	}
}

static int call(struct go_run *run, const struct go_node *function, const struct go_node *arg,
		const struct go_value *last, struct go_value *out);

/* A word without arguments. */
static int eval_word(struct go_run *run, const struct go_node *node, struct go_value *out)
{
	struct go_value from;
	struct go_variable *variable;

	run->place = node->at;
	if (go_charge(run, 0) < 0)
		return -1;
	switch (node->kind) {
	case NODE_FIELD:
		return fields_of(run, run->dot, node, out);
	case NODE_VARIABLE:
		variable = variable_find(run, node->text);
		if (!variable)
			return no_variable(run, node->text);
		return fields_of(run, variable->value, node, out);
	case NODE_CHAIN:
		if (eval_word(run, node->body, &from) < 0)
			return -1;
		run->place = node->at;
		return fields_of(run, from, node, out);
	case NODE_PIPE:
		return go_eval_pipe(run, node, out);
	case NODE_FUNCTION:
		return call(run, node, NULL, NULL, out);
	case NODE_DOT:
		*out = run->dot;
		return 0;
	case NODE_NIL:
		return go_fail(run, "nil cannot stand alone");
	default:
		*out = constant(node);
		return 0;
	}
}

static const struct {
	char letter;
	enum go_sort sort;
	const char *name;
} parameters[] = {
	{ 's', SORT_TEXT, "a string" },
	{ 'i', SORT_INT, "an int" },
	{ 'f', SORT_FLOAT, "a float64" },
	{ 'b', SORT_BOOL, "a bool" },
	{ 'm', SORT_MAP, "a map[string]interface {}" },
};

/* Whether a value can be given for a parameter; a pointer is followed. */
static int validate(struct go_run *run, const char *name, char letter, struct go_value *value)
{
	if (letter == 'r')
		return 0;
	if (value->sort == SORT_NONE && letter == 'm') {
		struct go_map *nil = go_map_new(run);

		nil->nil = true;
		*value = go_of_map(nil);
		return 0;
	}
	if (value->sort == SORT_NONE)
		value->sort = SORT_NIL;
	if (letter == 'a')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
		if (parameters[i].letter != letter)
			continue;
		bool fits = value->sort == parameters[i].sort && !value->named;

		if (value->sort == SORT_MAP && fits)
			fits = !value->map->item || value->map->item->kind == GO_ANY;
		if (!fits)
			return go_fail(run, "%s takes %s here and not %s", name,
				       parameters[i].name, go_type_word(value));
	}
	value->pointer = false;
	return 0;
}

/* A word as an argument. A constant must be of the parameter's kind as it is written. */
static int eval_arg(struct go_run *run, const char *name, char letter, const struct go_node *node,
		    struct go_value *out)
{
	run->place = node->at;
	if (node->kind == NODE_NIL) {
		*out = (struct go_value){ .sort = SORT_NONE };
		return strchr("arm", letter) ? validate(run, name, letter, out)
					     : go_fail(run, "%s takes no nil here", name);
	}
	if (node->kind == NODE_CHAIN && node->body->kind == NODE_NIL)
		return go_fail(run, "nil has no fields");
	if (node->kind == NODE_NUMBER && letter == 'i' && node->whole) {
		*out = go_of_int(node->number);
		return 0;
	}
	if (node->kind == NODE_NUMBER && letter == 'f') {
		*out = go_of_float(node->real);
		return 0;
	}
	if (eval_word(run, node, out) < 0)
		return -1;
	run->place = node->at;
	return validate(run, name, letter, out);
}

struct shape {
	size_t fixed; /* parameters, without the one that repeats */
	bool repeats;
};

static struct shape shape_of(const struct go_function *function)
{
	size_t len = strlen(function->takes);
	bool repeats = len > 0 && function->takes[len - 1] == '*';

	return (struct shape){ repeats ? len - 2 : len, repeats };
}

static char letter_of(const struct go_function *function, struct shape shape, size_t at)
{
	return function->takes[at < shape.fixed ? at : shape.fixed];
}

static int check_count(struct go_run *run, const struct go_function *function, size_t count)
{
	struct shape shape = shape_of(function);

	if (count > ARGS_MAX)
		return go_fail(run, "more than %d arguments", ARGS_MAX);
	if (count < shape.fixed || (count > shape.fixed && !shape.repeats))
		return go_fail(run, "%s takes %s%zu arguments and not %zu", function->name,
			       shape.repeats ? "at least " : "", shape.fixed, count);
	return 0;
}

/* and, or: the first argument that decides, else the last. */
static int call_short(struct go_run *run, const struct go_node *function,
		      const struct go_node *arg, const struct go_value *last, struct go_value *out)
{
	bool stop = go_text_is(function->text, "or");

	for (; arg; arg = arg->next) {
		if (eval_arg(run, function->function->name, 'r', arg, out) < 0)
			return -1;
		if (go_truth(out) == stop)
			return 0;
	}
	if (last)
		*out = *last;
	return 0;
}

static int call(struct go_run *run, const struct go_node *node, const struct go_node *arg,
		const struct go_value *last, struct go_value *out)
{
	const struct go_function *function = node->function;
	struct shape shape = shape_of(function);
	struct go_value args[ARGS_MAX];
	size_t count = last ? 1 : 0;

	for (const struct go_node *at = arg; at; at = at->next)
		count++;
	run->place = node->at;
	if (check_count(run, function, count) < 0)
		return -1;
	if (!function->call)
		return call_short(run, node, arg, last, out);
	if (++run->depth > GO_DEPTH_MAX)
		return go_fail(run, "calls are nested too deeply");
	count = 0;
	for (; arg; arg = arg->next, count++)
		if (eval_arg(run, function->name, letter_of(function, shape, count), arg,
			     &args[count]) < 0)
			return -1;
	run->place = node->at;
	if (last) {
		args[count] = *last;
		if (validate(run, function->name, letter_of(function, shape, count),
			     &args[count]) < 0)
			return -1;
		count++;
	}
	run->depth--;
	*out = (struct go_value){ .sort = SORT_NONE };
	return go_charge(run, 0) < 0 ? -1 : function->call(run, args, count, out);
}

static int eval_command(struct go_run *run, const struct go_node *command,
			const struct go_value *last, struct go_value *out)
{
	const struct go_node *word = command->body;

	if (word->kind == NODE_FUNCTION)
		return call(run, word, word->next, last, out);
	run->place = word->at;
	if (word->next || last)
		return go_fail(run, "what is not a function takes no arguments");
	return eval_word(run, word, out);
}

int go_eval_pipe(struct go_run *run, const struct go_node *pipe, struct go_value *out)
{
	struct go_value last = { .sort = SORT_NONE };

	if (++run->depth > GO_DEPTH_MAX)
		return go_fail(run, "the template is nested too deeply");
	for (const struct go_node *at = pipe->body; at; at = at->next) {
		if (eval_command(run, at, at == pipe->body ? NULL : &last, out) < 0)
			return -1;
		if (out->sort == SORT_NIL && !out->pointer)
			out->sort = SORT_NONE;
		last = *out;
	}
	run->depth--;
	for (size_t i = 0; i < pipe->idents; i++) {
		if (!pipe->assign)
			go_variable_push(run, pipe->ident[i], *out);
		else if (go_variable_set(run, pipe->ident[i], *out) < 0)
			return -1;
	}
	return 0;
}
