#include "convert/go_template.h"

#include "convert/go_eval.h"

#include <string.h>

static int walk(struct go_run *run, const struct go_node *list);

static int put_text(struct go_run *run, const struct go_node *node)
{
	str_addn(run->out, node->text.at, node->text.len);
	return go_charge(run, 0);
}

static int put_action(struct go_run *run, const struct go_node *node)
{
	struct go_value value;

	if (go_eval_pipe(run, node->pipe, &value) < 0)
		return -1;
	if (node->pipe->idents > 0)
		return 0;
	run->place = node->at;
	if (value.sort == SORT_NONE) {
		str_add(run->out, "<no value>");
		return 0;
	}
	return go_print(run, run->out, &value);
}

static int put_if(struct go_run *run, const struct go_node *node)
{
	struct go_value value, dot = run->dot;
	size_t scope = run->variables;
	int rc = 0;

	if (go_eval_pipe(run, node->pipe, &value) < 0)
		return -1;
	if (go_truth(&value)) {
		if (node->kind == NODE_WITH)
			run->dot = value;
		rc = walk(run, node->body);
		run->dot = dot;
	} else if (node->otherwise) {
		rc = walk(run, node->otherwise);
	}
	run->variables = scope;
	return rc;
}

struct round {
	const struct go_node *node;
	size_t scope; /* behind the variables that the range declares */
	struct go_value key, item;
};

static int set_round(struct go_run *run, const struct round *round)
{
	const struct go_node *pipe = round->node->pipe;
	bool two = pipe->idents > 1;

	if (pipe->idents == 0)
		return 0;
	if (pipe->assign) {
		if (go_variable_set(run, pipe->ident[0], two ? round->key : round->item) < 0)
			return -1;
		return two ? go_variable_set(run, pipe->ident[1], round->item) : 0;
	}
	run->variable[round->scope - 1].value = round->item;
	if (two)
		run->variable[round->scope - 2].value = round->key;
	return 0;
}

/* 1 after a break. */
static int run_round(struct go_run *run, const struct round *round)
{
	struct go_value dot = run->dot;
	bool stop;

	if (go_charge(run, 0) < 0 || set_round(run, round) < 0)
		return -1;
	run->dot = round->item;
	if (walk(run, round->node->body) < 0)
		return -1;
	run->dot = dot;
	run->variables = round->scope;
	stop = run->flow == FLOW_BREAK;
	run->flow = FLOW_ON;
	return stop;
}

static int count_rounds(struct go_run *run, const struct go_value *over, struct round *round)
{
	int rc = 0;

	if (round->node->pipe->idents > 1)
		return go_fail(run, "a range over a number has one variable");
	for (int64_t i = 0; i < over->number && rc == 0; i++) {
		round->item = go_of_int(i);
		round->item.named = over->named;
		rc = run_round(run, round);
	}
	return rc;
}

static int list_rounds(struct go_run *run, const struct go_value *over, struct round *round)
{
	int rc = 0;

	for (size_t i = 0; i < go_list_len(over) && rc == 0; i++) {
		round->key = go_of_int((int64_t)i);
		round->item = over->list->at[i];
		rc = run_round(run, round);
	}
	return rc;
}

/* Over the keys that were there at the beginning. */
static int map_rounds(struct go_run *run, const struct go_value *over, struct round *round)
{
	size_t len = over->map->len;
	int rc = 0;

	if (len == 0)
		return 0;
	if (go_charge(run, len * sizeof(struct go_pair)) < 0)
		return -1;

	const struct go_pair *pair = arena_dup(run->arena, over->map->at, len * sizeof(*pair));
	for (size_t i = 0; i < len && rc == 0; i++) {
		round->key = go_of_text(pair[i].key);
		round->item = pair[i].value;
		rc = run_round(run, round);
	}
	return rc;
}

static int put_range(struct go_run *run, const struct go_node *node)
{
	struct round round = { .node = node };
	size_t scope = run->variables;
	struct go_value over;
	bool empty;
	int rc = 0;

	if (go_eval_pipe(run, node->pipe, &over) < 0)
		return -1;
	run->place = node->at;
	round.scope = run->variables;
	if (over.sort == SORT_INT)
		rc = count_rounds(run, &over, &round);
	else if (over.sort == SORT_LIST)
		rc = list_rounds(run, &over, &round);
	else if (over.sort == SORT_MAP)
		rc = map_rounds(run, &over, &round);
	else if (over.sort != SORT_NONE)
		return go_fail(run, "%s cannot be ranged over", go_type_word(&over));
	over.pointer = false;
	empty = over.sort == SORT_INT ? over.number <= 0 : go_is_empty(&over);
	if (rc >= 0 && node->otherwise && empty)
		rc = walk(run, node->otherwise);
	run->variables = scope;
	return rc < 0 ? -1 : 0;
}

static const struct go_node *template_find(const struct go_run *run, struct go_text name)
{
	for (const struct go_node *at = run->defined; at; at = at->next)
		if (go_text_compare(at->text, name) == 0)
			return at;
	return NULL;
}

static int put_template(struct go_run *run, const struct go_node *node)
{
	const struct go_node *body = template_find(run, node->text);
	struct go_value dot = run->dot, value = { .sort = SORT_NONE };
	size_t base = run->base, scope;

	run->place = node->at;
	if (!body)
		return go_fail(run, "no template \"%s\" is defined", go_text_c(run, node->text));
	if (node->pipe && go_eval_pipe(run, node->pipe, &value) < 0)
		return -1;
	run->place = node->at;
	if (++run->depth > GO_DEPTH_MAX)
		return go_fail(run, "templates call each other too deeply");
	scope = run->variables;
	run->base = scope;
	run->dot = value;
	go_variable_push(run, (struct go_text){ "$", 1 }, value);
	if (walk(run, body->body) < 0)
		return -1;
	run->variables = scope;
	run->base = base;
	run->dot = dot;
	run->depth--;
	return 0;
}

static int put_jump(struct go_run *run, const struct go_node *node)
{
	run->flow = node->kind == NODE_BREAK ? FLOW_BREAK : FLOW_CONTINUE;
	return 0;
}

static int walk(struct go_run *run, const struct go_node *list)
{
	static int (*const puts[])(struct go_run *, const struct go_node *) = {
		[NODE_LIST] = walk,
		[NODE_TEXT] = put_text,
		[NODE_ACTION] = put_action,
		[NODE_IF] = put_if,
		[NODE_WITH] = put_if,
		[NODE_RANGE] = put_range,
		[NODE_TEMPLATE] = put_template,
		[NODE_BREAK] = put_jump,
		[NODE_CONTINUE] = put_jump,
	};

	for (const struct go_node *at = list->body; at && run->flow == FLOW_ON; at = at->next) {
		run->place = at->at;
		if (puts[at->kind](run, at) < 0)
			return -1;
		if (run->out->full)
			return go_fail(run, "the template makes more than %zu bytes",
				       run->out->max);
	}
	return 0;
}

int go_template_render(struct arena *arena, const struct go_template *template, struct str *out,
		       struct err *err)
{
	struct err own = ERR_INIT;
	struct go_run run = {
		.arena = arena, .template = template, .out = out, .err = err ? err : &own
	};
	const struct go_node *root;

	str_clear(out);
	if (template->sensitive)
		*template->sensitive = false;
	if (go_parse(&run, &root) < 0)
		return -1;
	run.dot = go_of_tree(&run, template->data, template->type);
	go_variable_push(&run, (struct go_text){ "$", 1 }, run.dot);
	return walk(&run, root);
}

bool go_template_is(const char *text)
{
	return strstr(text, "{{") || strstr(text, "}}");
}
