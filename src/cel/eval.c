#include "cel/node.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define PATH_MAX_TEXT 120
#define KEYS_MAX 64
#define BYTES_PER_STEP 16

struct scope {
	const struct cel_node *binder;
	struct cel_value value;
	const struct scope *next;
};

struct eval {
	struct cel_work *work;
	const struct cel_program *program;
	const struct cel_value *values;
	const struct scope *scope;
};

typedef int eval_fn(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		    struct err *err);

static int evaluate(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		    struct err *err);

int cel_charge(struct cel_work *work, uint64_t steps, struct err *err)
{
	if (work->steps >= steps) {
		work->steps -= steps;
		return 0;
	}
	work->steps = 0;
	return err_set(err, ERR_REFUSED, "the evaluation takes more than %d steps", CEL_STEPS_MAX);
}

static int fault(const struct eval *eval, const struct cel_node *node, struct err *err)
{
	return cel_place(err, eval->program->text, node->place);
}

static int charge(struct eval *eval, const struct cel_node *node, uint64_t steps, struct err *err)
{
	return cel_charge(eval->work, steps, err) < 0 ? fault(eval, node, err) : 0;
}

static int eval_constant(struct eval *eval, const struct cel_node *node, struct cel_value *out,
			 struct err *err)
{
	(void)eval;
	(void)err;
	*out = node->value;
	return 0;
}

static int eval_name(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		     struct err *err)
{
	const struct scope *scope = eval->scope;

	(void)err;
	*out = node->value;
	if (node->stands_for == NAME_VARIABLE) {
		*out = eval->values[node->slot];
	} else if (node->stands_for == NAME_LOCAL) {
		while (scope->binder != node->binder)
			scope = scope->next;
		*out = scope->value;
	}
	return 0;
}

/* "status.conditions", or what can be said of something longer. */
static void add_path(struct str *out, const struct cel_node *node)
{
	if (node->kind == NODE_NAME) {
		str_add(out, node->name);
	} else if (node->kind == NODE_FIELD) {
		add_path(out, node->arg[0]);
		str_addf(out, ".%s", node->name);
	} else if (node->kind == NODE_CALL && strcmp(node->name, "[]") == 0) {
		add_path(out, node->arg[0]);
		str_add(out, "[]");
	} else {
		str_add(out, "the value");
	}
}

static int no_key(const struct eval *eval, const struct cel_node *node, const struct cel_value *map,
		  struct err *err)
{
	struct str path SCOPED(str_done) = STR_INIT(PATH_MAX_TEXT);
	const char *keys[KEYS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < map->list.len && count < KEYS_MAX; i++)
		if (map->list.at[2 * i].kind == CEL_STRING)
			keys[count++] = map->list.at[2 * i].text.at;
	add_path(&path, node->arg[0]);

	const char *near = text_nearest(node->name, keys, count);

	err_set(err, ERR_NOT_FOUND, "%s has no field \"%s\"",
		path.full ? "the value" : str_text(&path), node->name);
	if (near)
		err_hint(err, "did you mean \"%s\"?", near);
	else
		err_hint(err, "has(a.b) asks whether a field is there");
	return fault(eval, node, err);
}

static int eval_field(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		      struct err *err)
{
	struct cel_value of;
	struct cel_value key = cel_of_text(node->name);
	const struct cel_value *found = NULL;
	bool is_set;

	if (evaluate(eval, node->arg[0], &of, err) < 0)
		return -1;
	if (of.kind == CEL_STRUCT &&
	    cel_record_field(eval->work->arena, &of.object, node->name, out, &is_set)) {
		if (node->kind == NODE_HAS)
			*out = cel_of_bool(is_set);
		return 0;
	}
	if (of.kind != CEL_MAP && of.kind != CEL_LIST && node->kind == NODE_HAS) {
		*out = cel_of_bool(false);
		return 0;
	}
	if (of.kind != CEL_MAP) {
		err_set(err, ERR_INPUT, "%s has no fields, so no \"%s\"", cel_kind_name(of.kind),
			node->name);
		return fault(eval, node, err);
	}
	if (charge(eval, node, of.list.len / BYTES_PER_STEP, err) < 0)
		return -1;
	found = cel_map_find(&of, &key);
	if (node->kind == NODE_HAS)
		*out = cel_of_bool(found != NULL);
	else if (!found)
		return no_key(eval, node, &of, err);
	else
		*out = *found;
	return 0;
}

typedef int operator_fn(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
			struct err *err);

/* What two values cost to compare: all that they contain. */
static uint64_t weight(const struct cel_value *value)
{
	uint64_t sum = 1;

	if (value->kind == CEL_STRING || value->kind == CEL_BYTES)
		return sum + value->text.len / BYTES_PER_STEP;
	if (value->kind != CEL_LIST && value->kind != CEL_MAP)
		return sum;

	size_t parts = value->list.len * (value->kind == CEL_MAP ? 2 : 1);

	for (size_t i = 0; i < parts && sum < CEL_STEPS_MAX; i++)
		sum += weight(&value->list.at[i]);
	/* Maps find each key by going through the other's keys. */
	return value->kind == CEL_MAP ? sum * (1 + value->list.len / BYTES_PER_STEP) : sum;
}

static int op_equal(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	*out = cel_of_bool(cel_equal(&arg[0], &arg[1]));
	return cel_charge(work, weight(&arg[0]), err);
}

static int op_differ(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	if (op_equal(work, arg, out, err) < 0)
		return -1;
	out->flag = !out->flag;
	return 0;
}

static int op_order(const struct cel_value *arg, enum order *out, struct err *err)
{
	if (!cel_comparable(&arg[0], &arg[1]))
		return err_set(err, ERR_INPUT, "%s and %s have no order between them",
			       cel_kind_name(arg[0].kind), cel_kind_name(arg[1].kind));
	*out = cel_compare(&arg[0], &arg[1]);
	if (*out == ORDER_NONE)
		return err_set(err, ERR_INPUT, "NaN has no order");
	return 0;
}

static int op_less(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	enum order order;

	(void)work;
	if (op_order(arg, &order, err) < 0)
		return -1;
	*out = cel_of_bool(order == ORDER_LESS);
	return 0;
}

static int op_most(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	enum order order;

	(void)work;
	if (op_order(arg, &order, err) < 0)
		return -1;
	*out = cel_of_bool(order != ORDER_MORE);
	return 0;
}

static int op_more(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	if (op_most(work, arg, out, err) < 0)
		return -1;
	out->flag = !out->flag;
	return 0;
}

static int op_least(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	if (op_less(work, arg, out, err) < 0)
		return -1;
	out->flag = !out->flag;
	return 0;
}

static int op_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	const struct cel_list *list = &arg[1].list;

	if (arg[1].kind != CEL_LIST && arg[1].kind != CEL_MAP)
		return err_set(err, ERR_INPUT, "%s contains nothing to look for",
			       cel_kind_name(arg[1].kind));
	if (cel_charge(work, weight(&arg[0]) + list->len, err) < 0)
		return -1;
	*out = cel_of_bool(false);
	if (arg[1].kind == CEL_MAP) {
		out->flag = cel_map_find(&arg[1], &arg[0]) != NULL;
		return 0;
	}
	for (size_t i = 0; i < list->len && !out->flag; i++)
		out->flag = cel_equal(&arg[0], &list->at[i]);
	return 0;
}

/* An index may be any number that is whole. */
static bool whole(const struct cel_value *value, uint64_t *out)
{
	switch (value->kind) {
	case CEL_INT:
		*out = value->number < 0 ? UINT64_MAX : (uint64_t)value->number;
		return true;
	case CEL_UINT:
		*out = value->natural;
		return true;
	case CEL_DOUBLE:
		if (!(value->real == floor(value->real)) || fabs(value->real) > 1e15)
			return false;
		*out = value->real < 0 ? UINT64_MAX : (uint64_t)value->real;
		return true;
	default:
		return false;
	}
}

static int op_index(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	uint64_t index;

	if (cel_charge(work, arg[0].kind == CEL_MAP ? arg[0].list.len / BYTES_PER_STEP : 0, err) <
	    0)
		return -1;
	if (arg[0].kind == CEL_MAP) {
		const struct cel_value *found = cel_map_find(&arg[0], &arg[1]);

		if (!found && arg[1].kind == CEL_STRING)
			return err_set(err, ERR_NOT_FOUND, "there is no key \"%s\"",
				       arg[1].text.at);
		if (!found)
			return err_set(err, ERR_NOT_FOUND, "there is no such key");
		*out = *found;
		return 0;
	}
	if (arg[0].kind != CEL_LIST || !whole(&arg[1], &index))
		return err_set(err, ERR_INPUT, "%s cannot be indexed by %s",
			       cel_kind_name(arg[0].kind), cel_kind_name(arg[1].kind));
	if (index >= arg[0].list.len)
		return err_set(err, ERR_NOT_FOUND, "the list has no such index, only %zu entries",
			       arg[0].list.len);
	*out = arg[0].list.at[index];
	return 0;
}

static const struct operator_row {
	const char *sign;
	operator_fn *call;
} operator_rows[] = {
	{ "==", op_equal },
	{ "!=", op_differ },
	{ "<", op_less },
	{ "<=", op_most },
	{ ">", op_more },
	{ ">=", op_least },
	{ "in", op_in },
	{ "[]", op_index },
};

static bool fits(const struct cel_function *row, const struct cel_node *node,
		 const struct cel_value *arg)
{
	if (row->args != node->args || !(row->form & (node->method ? CEL_METHOD : CEL_GLOBAL)) ||
	    strcmp(row->name, node->name) != 0)
		return false;
	for (unsigned i = 0; i < row->args; i++)
		if (row->arg[i] != CEL_DYN && row->arg[i] != arg[i].kind)
			return false;
	return true;
}

static cel_function_fn *function_find(const struct eval *eval, const struct cel_node *node,
				      const struct cel_value *arg)
{
	const struct cel_env *env = eval->program->env;

	for (size_t i = 0; i < ARRAY_LEN(operator_rows); i++)
		if (!node->method && node->args == 2 &&
		    strcmp(operator_rows[i].sign, node->name) == 0)
			return operator_rows[i].call;
	for (const struct cel_function *row = cel_standard_functions; row->name; row++)
		if (fits(row, node, arg))
			return row->call;
	for (size_t i = 0; i < env->functions; i++)
		if (fits(&env->function[i], node, arg))
			return env->function[i].call;
	return NULL;
}

static uint64_t argument_cost(const struct cel_value *arg, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		if (arg[i].kind == CEL_STRING || arg[i].kind == CEL_BYTES)
			sum += arg[i].text.len / BYTES_PER_STEP;
	}
	return sum;
}

static int eval_call(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		     struct err *err)
{
	struct cel_value arg[CEL_ARGS_MAX];

	/* The checker let no call pass that has more. */
	for (size_t i = 0; i < node->args; i++)
		if (evaluate(eval, node->arg[i], &arg[i], err) < 0)
			return -1;
	if (charge(eval, node, argument_cost(arg, node->args), err) < 0)
		return -1;

	cel_function_fn *call = function_find(eval, node, arg);

	if (!call) {
		err_set(err, ERR_INPUT, "%s does not take %s%s%s", node->name,
			cel_kind_name(arg[0].kind), node->args > 1 ? " and " : "",
			node->args > 1 ? cel_kind_name(arg[1].kind) : "");
		return fault(eval, node, err);
	}
	return call(eval->work, arg, out, err) < 0 ? fault(eval, node, err) : 0;
}

static int eval_bool(struct eval *eval, const struct cel_node *node, bool *out, struct err *err)
{
	struct cel_value value;

	if (evaluate(eval, node, &value, err) < 0)
		return -1;
	*out = value.kind == CEL_BOOL && value.flag;
	if (value.kind == CEL_BOOL)
		return 0;
	err_set(err, ERR_INPUT, "a condition is %s, not bool", cel_kind_name(value.kind));
	return fault(eval, node, err);
}

/* An error on one side does not count when the other side decides. */
static int eval_logic(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		      struct err *err)
{
	bool decisive = node->kind == NODE_OR;
	struct err first = ERR_INIT;

	for (size_t i = 0; i < 2; i++) {
		struct err now = ERR_INIT;
		bool flag;

		if (eval_bool(eval, node->arg[i], &flag, &now) < 0) {
			first = err_is_set(&first) ? first : now;
		} else if (flag == decisive) {
			*out = cel_of_bool(decisive);
			return 0;
		}
	}
	if (err_is_set(&first)) {
		*err = first;
		return -1;
	}
	*out = cel_of_bool(!decisive);
	return 0;
}

static int eval_if(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		   struct err *err)
{
	bool flag;

	if (eval_bool(eval, node->arg[0], &flag, err) < 0)
		return -1;
	return evaluate(eval, node->arg[flag ? 1 : 2], out, err);
}

static int eval_list(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		     struct err *err)
{
	struct cel_value *at = arena_calloc(eval->work->arena, node->args + 1, sizeof(*at));

	for (size_t i = 0; i < node->args; i++)
		if (evaluate(eval, node->arg[i], &at[i], err) < 0)
			return -1;
	*out = (struct cel_value){ .kind = CEL_LIST, .list = { at, node->args } };
	return 0;
}

/* Of a key that stands there twice the last value counts; 1 and 1u are two keys here. */
static int eval_map(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		    struct err *err)
{
	struct cel_value *at = arena_calloc(eval->work->arena, node->args + 1, sizeof(*at));
	size_t len = 0;

	for (size_t i = 0; i + 1 < node->args; i += 2) {
		struct cel_value pair[2];
		size_t slot = 0;

		if (evaluate(eval, node->arg[i], &pair[0], err) < 0 ||
		    evaluate(eval, node->arg[i + 1], &pair[1], err) < 0 ||
		    charge(eval, node, len / BYTES_PER_STEP, err) < 0)
			return -1;
		if (pair[0].kind == CEL_BYTES) {
			err_set(err, ERR_INPUT, "bytes cannot be a key of a map");
			return fault(eval, node, err);
		}
		while (slot < len &&
		       (at[2 * slot].kind != pair[0].kind || !cel_equal(&at[2 * slot], &pair[0])))
			slot++;
		memcpy(&at[2 * slot], pair, sizeof(pair));
		len += slot == len;
	}
	*out = (struct cel_value){ .kind = CEL_MAP, .list = { at, len } };
	return 0;
}

/* all and exists: as && and || over the entries, errors included. */
static int loop_logic(struct eval *eval, const struct cel_node *node, const struct cel_value *range,
		      struct cel_value *out, struct err *err)
{
	struct scope scope = { .binder = node, .next = eval->scope };
	struct eval inner = *eval;
	size_t stride = range->kind == CEL_MAP ? 2 : 1;
	bool decisive = node->loop == LOOP_EXISTS;
	struct err first = ERR_INIT;

	inner.scope = &scope;
	*out = cel_of_bool(!decisive);
	for (size_t i = 0; i < range->list.len && out->flag != decisive; i++) {
		struct err now = ERR_INIT;
		bool flag;

		scope.value = range->list.at[i * stride];
		if (eval_bool(&inner, node->arg[1], &flag, &now) < 0)
			first = err_is_set(&first) ? first : now;
		else if (flag == decisive)
			out->flag = decisive;
		if (first.kind == ERR_REFUSED)
			break;
	}
	if (out->flag == decisive || !err_is_set(&first))
		return 0;
	*err = first;
	return -1;
}

/* One entry of filter, map and exists_one. >0: it is left out. */
static int loop_entry(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		      struct err *err)
{
	bool flag = true;

	*out = eval->scope->value;
	if ((node->loop != LOOP_MAP || node->args == 3) &&
	    eval_bool(eval, node->arg[1], &flag, err) < 0)
		return -1;
	if (!flag)
		return 1;
	return node->loop == LOOP_MAP ? evaluate(eval, node->arg[node->args - 1], out, err) : 0;
}

static int loop_gather(struct eval *eval, const struct cel_node *node,
		       const struct cel_value *range, struct cel_value *out, struct err *err)
{
	struct scope scope = { .binder = node, .next = eval->scope };
	struct eval inner = *eval;
	size_t stride = range->kind == CEL_MAP ? 2 : 1;
	struct cel_value *at = arena_calloc(eval->work->arena, range->list.len + 1, sizeof(*at));
	size_t count = 0;
	int r = 0;

	inner.scope = &scope;
	for (size_t i = 0; i < range->list.len && r >= 0; i++) {
		scope.value = range->list.at[i * stride];
		r = loop_entry(&inner, node, &at[count], err);
		count += r == 0;
	}
	if (r < 0)
		return -1;
	if (node->loop == LOOP_ONE)
		*out = cel_of_bool(count == 1);
	else
		*out = (struct cel_value){ .kind = CEL_LIST, .list = { at, count } };
	return 0;
}

static int eval_loop(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		     struct err *err)
{
	struct cel_value range;

	if (evaluate(eval, node->arg[0], &range, err) < 0)
		return -1;
	if (range.kind != CEL_LIST && range.kind != CEL_MAP) {
		err_set(err, ERR_INPUT, "%s() goes over lists and maps, not %s", node->name,
			cel_kind_name(range.kind));
		return fault(eval, node, err);
	}
	if (charge(eval, node, range.list.len, err) < 0)
		return -1;
	if (node->loop == LOOP_ALL || node->loop == LOOP_EXISTS)
		return loop_logic(eval, node, &range, out, err);
	return loop_gather(eval, node, &range, out, err);
}

static int evaluate(struct eval *eval, const struct cel_node *node, struct cel_value *out,
		    struct err *err)
{
	static eval_fn *const evals[] = {
		[NODE_CONST] = eval_constant,
		[NODE_NAME] = eval_name,
		[NODE_FIELD] = eval_field,
		[NODE_HAS] = eval_field,
		[NODE_CALL] = eval_call,
		[NODE_LIST] = eval_list,
		[NODE_MAP] = eval_map,
		[NODE_AND] = eval_logic,
		[NODE_OR] = eval_logic,
		[NODE_IF] = eval_if,
		[NODE_LOOP] = eval_loop,
	};

	if (charge(eval, node, 1, err) < 0)
		return -1;
	return evals[node->kind](eval, node, out, err);
}

int cel_compile(struct arena *arena, const char *text, const struct cel_env *env,
		const struct cel_program **out, struct err *err)
{
	struct cel_program *program = arena_alloc(arena, sizeof(*program));
	struct cel_node *root;
	const struct cel_type *type;

	if (cel_parse(arena, text, &root, err) < 0)
		return -1;
	program->text = arena_str(arena, text);
	program->env = env;
	program->root = root;
	if (cel_check(arena, program->text, env, root, &type, err) < 0)
		return -1;
	*out = program;
	return 0;
}

int cel_eval(const struct cel_program *program, const struct cel_value *values, struct arena *arena,
	     struct cel_value *out, struct err *err)
{
	struct cel_work work = { arena, CEL_STEPS_MAX };
	struct eval eval = { &work, program, values, NULL };
	struct err why = ERR_INIT;
	struct cel_value value = { .kind = CEL_NULL };

	if (evaluate(&eval, program->root, &value, &why) < 0) {
		if (err)
			*err = why;
		return -1;
	}
	*out = value;
	return 0;
}

int cel_holds(const struct cel_program *program, const struct cel_value *values,
	      struct arena *arena, bool *out, struct err *err)
{
	struct cel_value value;

	if (cel_eval(program, values, arena, &value, err) < 0)
		return -1;
	if (value.kind != CEL_BOOL)
		return err_set(err, ERR_INPUT, "the result is %s, not true or false",
			       cel_kind_name(value.kind));
	*out = value.flag;
	return 0;
}
