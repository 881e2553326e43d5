#include "cel/node.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cel/types.h"

#include <string.h>

#define TYPE_TEXT_MAX 200
#define NAMES_MAX 200

struct local {
	const struct cel_node *binder;
	const struct cel_type *type;
	const struct local *next;
};

struct checker {
	struct cel_types *types;
	const char *text;
	const struct cel_env *env;
	const struct local *locals;
};

static int judge(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		 struct err *err);

static int fault(const struct checker *checker, const struct cel_node *node, struct err *err)
{
	return cel_place(err, checker->text, node->place);
}

static void add_type(struct str *out, const struct cel_type *type)
{
	type = cel_type_now(type);
	if (out->full)
		return;
	if (type->kind == CEL_STRUCT) {
		str_add(out, type->of->name);
		return;
	}
	str_add(out, cel_kind_name(type->kind));
	if (!cel_type_has_parts(type))
		return;
	str_addc(out, '(');
	if (type->kind == CEL_MAP) {
		add_type(out, cel_type_part(type->key));
		str_add(out, ", ");
	}
	add_type(out, cel_type_part(type->item));
	str_addc(out, ')');
}

static const char *type_text(const struct checker *checker, const struct cel_type *type)
{
	struct str out SCOPED(str_done) = STR_INIT(TYPE_TEXT_MAX);

	add_type(&out, type);
	return arena_str(checker->types->arena, str_text(&out));
}

static int unknown_name(const struct checker *checker, const struct cel_node *node, struct err *err)
{
	const struct cel_env *env = checker->env;
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < env->variables && count < NAMES_MAX; i++)
		names[count++] = env->variable[i].name;
	for (size_t i = 0; i < env->constants && count < NAMES_MAX; i++)
		names[count++] = env->constant[i].name;

	const char *near = text_nearest(node->name, names, count);

	err_set(err, ERR_INPUT, "there is no \"%s\"", node->name);
	if (near)
		err_hint(err, "did you mean \"%s\"?", near);
	else if (env->variables)
		err_hint(err, "a text stands in quotes; known here: %s%s%s", env->variable[0].name,
			 env->variables > 1 ? ", " : "",
			 env->variables > 1 ? env->variable[1].name : "");
	return fault(checker, node, err);
}

static const struct cel_type *type_of_constant(const struct cel_value *value)
{
	return cel_type_plain(value->kind);
}

static int judge_name(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		      struct err *err)
{
	const struct cel_env *env = checker->env;
	enum cel_kind kind;

	for (const struct local *at = checker->locals; at; at = at->next) {
		if (strcmp(at->binder->variable, node->name) != 0)
			continue;
		node->stands_for = NAME_LOCAL;
		node->binder = at->binder;
		*out = at->type;
		return 0;
	}
	for (size_t i = 0; i < env->variables; i++) {
		if (strcmp(env->variable[i].name, node->name) != 0)
			continue;
		node->stands_for = NAME_VARIABLE;
		node->slot = i;
		*out = env->variable[i].type;
		return 0;
	}
	node->stands_for = NAME_VALUE;
	for (size_t i = 0; i < env->constants; i++) {
		if (strcmp(env->constant[i].name, node->name) != 0)
			continue;
		node->value = env->constant[i].value;
		*out = type_of_constant(&node->value);
		return 0;
	}
	if (!cel_kind_named(node->name, &kind))
		return unknown_name(checker, node, err);
	node->value = (struct cel_value){ .kind = CEL_TYPE, .type = kind };
	*out = cel_type_plain(CEL_TYPE);
	return 0;
}

static int judge_struct_field(const struct checker *checker, const struct cel_node *node,
			      const struct cel_struct *of, const struct cel_type **out,
			      struct err *err)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < of->fields; i++) {
		if (strcmp(of->field[i].name, node->name) == 0) {
			*out = of->field[i].type;
			return 0;
		}
		if (count < NAMES_MAX)
			names[count++] = of->field[i].name;
	}
	const char *near = text_nearest(node->name, names, count);

	err_set(err, ERR_INPUT, "a %s has no field \"%s\"", of->name, node->name);
	if (near)
		err_hint(err, "did you mean \"%s\"?", near);
	return fault(checker, node, err);
}

/* What nothing is known of is dyn from then on when something is asked of it. */
static const struct cel_type *known_or_dyn(const struct checker *checker,
					   const struct cel_type *type)
{
	type = cel_type_now(type);
	if (type->kind == CEL_OPEN)
		cel_type_agree(checker->types, &cel_dyn, type);
	return cel_type_now(type);
}

/* A field of what may not be there may not be there either. */
static int judge_field_of(const struct checker *checker, const struct cel_node *node,
			  const struct cel_type *of, const struct cel_type **out, struct err *err)
{
	*out = &cel_dyn;
	of = known_or_dyn(checker, of);
	if (of->kind == CEL_OPTIONAL) {
		if (judge_field_of(checker, node, cel_type_part(of->item), out, err) < 0)
			return -1;
		*out = cel_type_new(checker->types, CEL_OPTIONAL, NULL, *out);
		return 0;
	}
	if (of->kind == CEL_STRUCT)
		return judge_struct_field(checker, node, of->of, out, err);
	if (of->kind == CEL_MAP)
		*out = cel_type_part(of->item);
	if (of->kind == CEL_MAP || of->kind == CEL_DYN)
		return 0;
	err_set(err, ERR_INPUT, "%s has no fields, so no \"%s\"", type_text(checker, of),
		node->name);
	return fault(checker, node, err);
}

static int judge_field(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		       struct err *err)
{
	const struct cel_type *of;

	if (judge(checker, node->arg[0], &of, err) < 0 ||
	    judge_field_of(checker, node, of, out, err) < 0)
		return -1;
	if (node->kind == NODE_HAS)
		*out = &cel_bool;
	return 0;
}

/* clang-format off */
#define A &cel_param_a
#define B &cel_param_b
#define LIST_OF(name, of) static const struct cel_type name = { .kind = CEL_LIST, .item = (of) }
#define MAP_OF(name, from, to) \
	static const struct cel_type name = { .kind = CEL_MAP, .key = (from), .item = (to) }
#define MAYBE(name, of) static const struct cel_type name = { .kind = CEL_OPTIONAL, .item = (of) }
LIST_OF(list_a, A);
MAP_OF(map_ab, A, B);
MAYBE(maybe_a, A);
MAYBE(maybe_b, B);
MAYBE(maybe_list, &list_a);
MAYBE(maybe_map, &map_ab);
LIST_OF(list_maybe, &maybe_a);

/* What a function or an operator takes and makes, in full. */
struct signature {
	const char *name;
	bool method;
	enum where {
		EVERYWHERE,
		WITH_OPTIONALS, /* where expressions may ask for what is not there */
		AFTER_LOOPS,	/* cel-go forgets in the first one that it is not to be had */
	} where;
	unsigned args;
	const struct cel_type *arg[CEL_ARGS_MAX + 1];
	const struct cel_type *result;
};

#define SIGN(sign, a, b, result) { sign, false, EVERYWHERE, 2, { a, b }, result }
#define ACROSS(sign, a, b) { sign, false, AFTER_LOOPS, 2, { a, b }, &cel_bool }
#define ORDER(sign)                                                                             \
	SIGN(sign, &cel_bool, &cel_bool, &cel_bool), SIGN(sign, &cel_int, &cel_int, &cel_bool), \
	ACROSS(sign, &cel_int, &cel_double), ACROSS(sign, &cel_int, &cel_uint),                 \
	SIGN(sign, &cel_uint, &cel_uint, &cel_bool), ACROSS(sign, &cel_uint, &cel_double),      \
	ACROSS(sign, &cel_uint, &cel_int), SIGN(sign, &cel_double, &cel_double, &cel_bool),     \
	ACROSS(sign, &cel_double, &cel_int), ACROSS(sign, &cel_double, &cel_uint),              \
	SIGN(sign, &cel_string, &cel_string, &cel_bool),                                        \
	SIGN(sign, &cel_bytes, &cel_bytes, &cel_bool),                                          \
	SIGN(sign, &cel_timestamp, &cel_timestamp, &cel_bool),                                  \
	SIGN(sign, &cel_duration, &cel_duration, &cel_bool)
#define ASKING(sign, a, b, result) { sign, false, WITH_OPTIONALS, 2, { a, b }, result }
#define METHOD(name, args, a, b, result) { name, true, WITH_OPTIONALS, args, { a, b }, result }

static const struct signature choice = { "?:", false, EVERYWHERE, 3, { &cel_bool, A, A }, A };
static const struct signature signatures[] = {
	SIGN("==", A, A, &cel_bool),
	SIGN("!=", A, A, &cel_bool),
	ORDER("<"),
	ORDER("<="),
	ORDER(">"),
	ORDER(">="),
	SIGN("in", A, &list_a, &cel_bool),
	SIGN("in", A, &map_ab, &cel_bool),
	SIGN("[]", &list_a, &cel_int, A),
	SIGN("[]", &map_ab, A, B),
	ASKING("[]", &maybe_list, &cel_int, &maybe_a),
	ASKING("[]", &maybe_map, A, &maybe_b),
	ASKING("[?]", &list_a, &cel_int, &maybe_a),
	ASKING("[?]", &maybe_list, &cel_int, &maybe_a),
	ASKING("[?]", &map_ab, A, &maybe_b),
	ASKING("[?]", &maybe_map, A, &maybe_b),
	METHOD("hasValue", 1, &maybe_a, NULL, &cel_bool),
	METHOD("value", 1, &maybe_a, NULL, A),
	METHOD("orValue", 2, &maybe_a, A, A),
	METHOD("or", 2, &maybe_a, &maybe_a, &maybe_a),
	METHOD("first", 1, &list_a, NULL, &maybe_a),
	METHOD("last", 1, &list_a, NULL, &maybe_a),
	METHOD("unwrapOpt", 1, &list_maybe, NULL, &list_a),
};
static const struct signature unwrap = METHOD("unwrap", 1, &list_maybe, NULL, &list_a);
/* clang-format on */

/* What a row of a function says in kinds. */
static struct signature signature_of(const struct cel_function *row)
{
	struct signature out = { .name = row->name, .args = row->args };
	static const struct cel_type *const parts[CEL_KIND_COUNT] = {
		[CEL_DYN] = A,
		[CEL_LIST] = &list_a,
		[CEL_MAP] = &map_ab,
	};

	for (unsigned i = 0; i < row->args; i++) {
		const struct cel_type *of = parts[row->arg[i]];

		out.arg[i] = of ? of : cel_type_plain(row->arg[i]);
		if (row->takes)
			out.arg[i] = row->takes;
	}
	out.result = row->result == CEL_LIST ? &list_a : cel_type_plain(row->result);
	return out;
}

static bool takes(const struct checker *checker, const struct signature *signature,
		  const struct cel_type *const *arg, const struct cel_type **result)
{
	struct cel_params params = { NULL, NULL };
	const struct cel_type *wanted[ARRAY_LEN(signature->arg)];

	for (unsigned i = 0; i < signature->args; i++)
		wanted[i] = cel_type_instance(checker->types, signature->arg[i], &params);
	if (!cel_type_agree_all(checker->types, arg, wanted, signature->args))
		return false;
	*result = cel_type_settled(
		checker->types, cel_type_instance(checker->types, signature->result, &params));
	return true;
}

/* What is gathered from the rows of one name. */
struct candidates {
	bool known;		       /* a function of this name and form exists */
	const struct cel_type *result; /* NULL: none that fits */
	const char *names[NAMES_MAX];
	size_t count;
};

static void consider(const struct checker *checker, const struct signature *signature,
		     const struct cel_node *node, const struct cel_type *const *arg,
		     struct candidates *out)
{
	const struct cel_type *result;

	if (out->count < NAMES_MAX)
		out->names[out->count++] = signature->name;
	if (strcmp(signature->name, node->name) != 0)
		return;
	out->known = true;
	if (signature->args != node->args || !takes(checker, signature, arg, &result))
		return;
	if (!out->result)
		out->result = result;
	else if (!cel_type_same(checker->types, out->result, result))
		out->result = &cel_dyn;
}

static void consider_row(const struct checker *checker, const struct cel_function *row,
			 const struct cel_node *node, const struct cel_type *const *arg,
			 struct candidates *out)
{
	if (!(row->form & (node->method ? CEL_METHOD : CEL_GLOBAL)))
		return;

	struct signature signature = signature_of(row);

	consider(checker, &signature, node, arg, out);
}

static bool is_pair(const struct cel_type *const *arg, enum cel_kind a, enum cel_kind b)
{
	return (arg[0]->kind == a && arg[1]->kind == b) || (arg[0]->kind == b && arg[1]->kind == a);
}

static int misfit(const struct checker *checker, const struct cel_node *node,
		  const struct cel_type *const *arg, struct err *err)
{
	struct str list SCOPED(str_done) = STR_INIT(TYPE_TEXT_MAX);
	bool sign = !text_is_blank(node->name) && strchr("=!<>+-*/%[i", node->name[0]) &&
		    (node->name[0] != 'i' || strcmp(node->name, "in") == 0);

	for (size_t i = 0; i < node->args; i++) {
		str_add(&list, i ? ", " : "");
		add_type(&list, arg[i]);
	}
	if (sign && strcmp(node->name, "[]") == 0)
		err_set(err, ERR_INPUT, "%s cannot be indexed by %s", type_text(checker, arg[0]),
			type_text(checker, arg[1]));
	else if (sign && node->args == 2)
		err_set(err, ERR_INPUT, "there is no %s %s %s", type_text(checker, arg[0]),
			node->name, type_text(checker, arg[1]));
	else if (sign)
		err_set(err, ERR_INPUT, "there is no %s before %s", node->name, str_text(&list));
	else
		err_set(err, ERR_INPUT, "%s() does not take (%s)", node->name, str_text(&list));
	if (node->args == 2 && is_pair(arg, CEL_INT, CEL_UINT))
		err_hint(err, "an unsigned number is written 100u; uint(x) makes one");
	else if (node->args == 2 && is_pair(arg, CEL_INT, CEL_DOUBLE))
		err_hint(err, "a floating-point number is written 1.0; double(x) makes one");
	return fault(checker, node, err);
}

static int unknown_function(const struct checker *checker, const struct cel_node *node,
			    const struct candidates *found, struct err *err)
{
	const char *near = text_nearest(node->name, found->names, found->count);

	err_set(err, ERR_INPUT, "there is no function \"%s\"%s", node->name,
		node->method ? " of a value" : "");
	if (near)
		err_hint(err, "did you mean \"%s\"?", near);
	return fault(checker, node, err);
}

/* optional.of(x), optional.ofNonZeroValue(x), optional.none(), optional.unwrap(x); >0 when it is
 * something else. */
static int judge_maker(struct checker *checker, const struct cel_node *node,
		       const struct cel_type **out, struct err *err)
{
	bool none = strcmp(node->name, "none") == 0, list = strcmp(node->name, "unwrap") == 0;

	if (!node->method || node->arg[0]->kind != NODE_NAME ||
	    strcmp(node->arg[0]->name, "optional") != 0 || node->args != (none ? 1 : 2))
		return 1;
	if (!none && !list && strcmp(node->name, "of") != 0 &&
	    strcmp(node->name, "ofNonZeroValue") != 0)
		return 1;

	const struct cel_type *of = cel_type_open(checker->types);

	if (!none && judge(checker, node->arg[1], &of, err) < 0)
		return -1;
	if (!list) {
		*out = cel_type_new(checker->types, CEL_OPTIONAL, NULL, of);
		return 0;
	}
	if (takes(checker, &unwrap, &of, out))
		return 0;
	err_set(err, ERR_INPUT, "optional.unwrap() is of lists of optional values, not of %s",
		type_text(checker, of));
	return fault(checker, node, err);
}

/* x.optMap(name, expression); >0 when it is something else. */
static int judge_opt_map(struct checker *checker, struct cel_node *node,
			 const struct cel_type **out, struct err *err)
{
	bool flat = strcmp(node->name, "optFlatMap") == 0;
	const struct cel_type *of = &cel_dyn, *arg[3] = { &cel_bool };

	if (!node->method || node->args != 3 || node->arg[1]->kind != NODE_NAME ||
	    (!flat && strcmp(node->name, "optMap") != 0))
		return 1;
	if (judge(checker, node->arg[0], &of, err) < 0)
		return -1;
	node->variable = node->arg[1]->name;

	const struct cel_type *item = cel_type_open(checker->types);
	struct local local = { .binder = node, .type = item, .next = checker->locals };
	struct checker inner = *checker;
	bool fits = cel_type_agree(checker->types, of,
				   cel_type_new(checker->types, CEL_OPTIONAL, NULL, item));

	inner.locals = &local;
	checker->types->looped = true;
	if (judge(&inner, node->arg[2], &arg[1], err) < 0)
		return -1;
	if (!flat)
		arg[1] = cel_type_new(checker->types, CEL_OPTIONAL, NULL, arg[1]);
	arg[2] = cel_type_new(checker->types, CEL_OPTIONAL, NULL, cel_type_open(checker->types));
	if (fits && takes(checker, &choice, arg, out))
		return 0;
	err_set(err, ERR_INPUT, "%s() is of optional values", node->name);
	return fault(checker, node, err);
}

/* [?e]: as if e were there. */
static int judge_entry(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		       struct err *err)
{
	const struct cel_type *of = &cel_dyn;

	if (judge(checker, node->arg[0], &of, err) < 0)
		return -1;
	of = cel_type_now(of);
	*out = cel_type_part(of->item);
	if (of->kind == CEL_OPTIONAL || of->kind == CEL_DYN)
		return 0;
	err_set(err, ERR_INPUT, "%s is always there", type_text(checker, of));
	return fault(checker, node, err);
}

/* a.?b: like a.b, but it may not be there. */
static int judge_asking(struct checker *checker, struct cel_node *node,
			const struct cel_type **out, struct err *err)
{
	struct cel_node named = { .place = node->place, .name = node->variable };
	const struct cel_type *of;

	if (judge(checker, node->arg[0], &of, err) < 0 ||
	    judge_field_of(checker, &named, of, out, err) < 0)
		return -1;
	if (cel_type_now(of)->kind != CEL_OPTIONAL)
		*out = cel_type_new(checker->types, CEL_OPTIONAL, NULL, *out);
	return 0;
}

/* What its arguments alone do not decide; >0 when it is a usual call. */
static int judge_special(struct checker *checker, struct cel_node *node,
			 const struct cel_type **out, struct err *err)
{
	bool entry = strcmp(node->name, "?") == 0, field = strcmp(node->name, ".?") == 0;

	if ((entry || field || strcmp(node->name, "[?]") == 0) && !checker->env->optionals) {
		err_set(err, ERR_INPUT, "optional fields (.?) are not covered");
		err_hint(err, "use has(a.b) ? a.b : ...");
		return fault(checker, node, err);
	}
	if (entry || field)
		return (entry ? judge_entry : judge_asking)(checker, node, out, err);
	if (!checker->env->optionals)
		return 1;
	int r = judge_maker(checker, node, out, err);
	return r > 0 ? judge_opt_map(checker, node, out, err) : r;
}

static bool is_there(const struct checker *checker, enum where where)
{
	return where == EVERYWHERE ||
	       (where == AFTER_LOOPS ? checker->types->looped : checker->env->optionals);
}

/* The types agree, but nothing can be found so. */
static bool indexes_by_null(const struct cel_node *node, const struct cel_type *const *arg)
{
	return strcmp(node->name, "[]") == 0 && cel_type_now(arg[1])->kind == CEL_NULL;
}

static int judge_call(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		      struct err *err)
{
	const struct cel_env *env = checker->env;
	struct candidates found = { .known = false };
	int special = judge_special(checker, node, out, err);

	if (special <= 0)
		return special;

	const struct cel_type **arg =
		arena_calloc(checker->types->arena, node->args + 1, sizeof(*arg));

	for (size_t i = 0; i < node->args; i++)
		if (judge(checker, node->arg[i], &arg[i], err) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
		if (signatures[i].method == node->method && is_there(checker, signatures[i].where))
			consider(checker, &signatures[i], node, arg, &found);
	for (const struct cel_function *row = cel_standard_functions; row->name; row++)
		consider_row(checker, row, node, arg, &found);
	for (size_t i = 0; i < env->functions; i++)
		consider_row(checker, &env->function[i], node, arg, &found);
	if (!found.known)
		return unknown_function(checker, node, &found, err);
	if (!found.result || indexes_by_null(node, arg))
		return misfit(checker, node, arg, err);
	*out = found.result;
	return 0;
}

static int judge_bool(struct checker *checker, struct cel_node *node, const char *what,
		      struct err *err)
{
	const struct cel_type *type;

	if (judge(checker, node, &type, err) < 0)
		return -1;
	if (cel_type_agree(checker->types, type, &cel_bool))
		return 0;
	err_set(err, ERR_INPUT, "%s is %s, not bool", what, type_text(checker, type));
	return fault(checker, node, err);
}

static int judge_logic(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		       struct err *err)
{
	*out = &cel_bool;
	if (judge_bool(checker, node->arg[0], "one side of the condition", err) < 0)
		return -1;
	return judge_bool(checker, node->arg[1], "one side of the condition", err);
}

static int judge_if(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		    struct err *err)
{
	const struct cel_type *arg[3] = { &cel_bool };

	if (judge_bool(checker, node->arg[0], "the condition", err) < 0 ||
	    judge(checker, node->arg[1], &arg[1], err) < 0 ||
	    judge(checker, node->arg[2], &arg[2], err) < 0)
		return -1;
	if (takes(checker, &choice, arg, out))
		return 0;
	err_set(err, ERR_INPUT, "one choice is %s, the other %s", type_text(checker, arg[1]),
		type_text(checker, arg[2]));
	return fault(checker, node, err);
}

/* Of the entries of a list: what they have in common, or dyn. */
static const struct cel_type *join(const struct checker *checker, const struct cel_type *before,
				   const struct cel_type *now)
{
	if (!before)
		return now;
	if (!cel_type_agree(checker->types, before, now))
		return &cel_dyn;
	return cel_type_general(checker->types, before, now);
}

/* Elements `first`, `first` + `stride`, ... have one type in common, or are dyn. */
static int judge_all(struct checker *checker, struct cel_node *node, size_t stride,
		     const struct cel_type **out, struct err *err)
{
	for (size_t i = 0; i < node->args; i++) {
		const struct cel_type *type;
		size_t slot = i % stride;

		if (judge(checker, node->arg[i], &type, err) < 0)
			return -1;
		out[slot] = join(checker, out[slot], cel_type_settled(checker->types, type));
	}
	return 0;
}

static const struct cel_type *known(const struct checker *checker, const struct cel_type *type)
{
	return type ? type : cel_type_open(checker->types);
}

static int judge_list(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		      struct err *err)
{
	const struct cel_type *parts[1] = { NULL };

	if (judge_all(checker, node, 1, parts, err) < 0)
		return -1;
	*out = cel_type_new(checker->types, CEL_LIST, NULL, known(checker, parts[0]));
	return 0;
}

static int judge_map(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		     struct err *err)
{
	const struct cel_type *parts[2] = { NULL, NULL };

	if (judge_all(checker, node, 2, parts, err) < 0)
		return -1;
	*out = cel_type_new(checker->types, CEL_MAP, known(checker, parts[0]),
			    known(checker, parts[1]));
	return 0;
}

static int judge_body(struct checker *checker, struct cel_node *node, const struct cel_type *item,
		      const struct cel_type **out, struct err *err)
{
	const struct cel_type *made = item;

	*out = &cel_bool;
	if (node->loop != LOOP_MAP || node->args == 3) {
		if (judge_bool(checker, node->arg[1], "the condition", err) < 0)
			return -1;
	}
	if (node->loop == LOOP_MAP && judge(checker, node->arg[node->args - 1], &made, err) < 0)
		return -1;
	if (node->loop == LOOP_MAP || node->loop == LOOP_FILTER)
		*out = cel_type_new(checker->types, CEL_LIST, NULL, made);
	return 0;
}

static int judge_loop(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		      struct err *err)
{
	const struct cel_type *range;

	if (judge(checker, node->arg[0], &range, err) < 0)
		return -1;
	range = known_or_dyn(checker, range);
	if (range->kind != CEL_LIST && range->kind != CEL_MAP && range->kind != CEL_DYN) {
		err_set(err, ERR_INPUT, "%s() goes over lists and maps, not %s", node->name,
			type_text(checker, range));
		return fault(checker, node, err);
	}
	struct local local = {
		.binder = node,
		.type = cel_type_part(range->kind == CEL_MAP ? range->key : range->item),
		.next = checker->locals,
	};
	struct checker inner = *checker;

	inner.locals = &local;
	checker->types->looped = true;
	return judge_body(&inner, node, local.type, out, err);
}

static int judge_constant(struct checker *checker, struct cel_node *node,
			  const struct cel_type **out, struct err *err)
{
	(void)checker;
	(void)err;
	*out = type_of_constant(&node->value);
	return 0;
}

static int judge(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		 struct err *err)
{
	static int (*const judges[])(struct checker *, struct cel_node *, const struct cel_type **,
				     struct err *) = {
		[NODE_CONST] = judge_constant,
		[NODE_NAME] = judge_name,
		[NODE_FIELD] = judge_field,
		[NODE_HAS] = judge_field,
		[NODE_CALL] = judge_call,
		[NODE_LIST] = judge_list,
		[NODE_MAP] = judge_map,
		[NODE_AND] = judge_logic,
		[NODE_OR] = judge_logic,
		[NODE_IF] = judge_if,
		[NODE_LOOP] = judge_loop,
	};

	return judges[node->kind](checker, node, out, err);
}

int cel_check(struct arena *arena, const char *text, const struct cel_env *env,
	      struct cel_node *root, const struct cel_type **out, struct err *err)
{
	struct cel_types types = { .arena = arena };
	struct checker checker = { .types = &types, .text = text, .env = env };

	int r = judge(&checker, root, out, err);

	if (cel_types_spent(&types))
		return err_set(err, ERR_REFUSED, "the types of the expression grow too large");
	if (r < 0)
		return -1;
	if (!env->result ||
	    (env->exact ? cel_type_same(&types, *out, env->result)
			: cel_type_agree(&types, *out, env->result)))
		return 0;
	err_set(err, ERR_INPUT, "the result is %s, not %s", type_text(&checker, *out),
		type_text(&checker, env->result));
	return fault(&checker, root, err);
}
