#include "cel/node.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

#define TYPE_TEXT_MAX 200
#define NAMES_MAX 200

struct local {
	const struct cel_node *binder;
	const struct cel_type *type;
	const struct local *next;
};

struct checker {
	struct arena *arena;
	const char *text;
	const struct cel_env *env;
	const struct local *locals;
};

typedef int judge_fn(const struct checker *checker, const struct cel_type *const *arg,
		     const struct cel_type **out);

static int judge(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		 struct err *err);

static int fault(const struct checker *checker, const struct cel_node *node, struct err *err)
{
	return cel_place(err, checker->text, node->place);
}

/* The type of a kind whose parts do not matter. */
static const struct cel_type *plain(enum cel_kind kind)
{
	static const struct cel_type types[CEL_KIND_COUNT] = {
		[CEL_DYN] = { .kind = CEL_DYN },
		[CEL_NULL] = { .kind = CEL_NULL },
		[CEL_BOOL] = { .kind = CEL_BOOL },
		[CEL_INT] = { .kind = CEL_INT },
		[CEL_UINT] = { .kind = CEL_UINT },
		[CEL_DOUBLE] = { .kind = CEL_DOUBLE },
		[CEL_STRING] = { .kind = CEL_STRING },
		[CEL_BYTES] = { .kind = CEL_BYTES },
		[CEL_LIST] = { .kind = CEL_LIST },
		[CEL_MAP] = { .kind = CEL_MAP },
		[CEL_DURATION] = { .kind = CEL_DURATION },
		[CEL_TYPE] = { .kind = CEL_TYPE },
		[CEL_TIMESTAMP] = { .kind = CEL_TIMESTAMP },
		[CEL_OPTIONAL] = { .kind = CEL_OPTIONAL },
	};

	return &types[kind];
}

static const struct cel_type *part(const struct cel_type *type)
{
	return type ? type : &cel_dyn;
}

static const struct cel_type *type_new(const struct checker *checker, enum cel_kind kind,
				       const struct cel_type *key, const struct cel_type *item)
{
	struct cel_type *type = arena_alloc(checker->arena, sizeof(*type));

	*type = (struct cel_type){ .kind = kind, .key = key, .item = item };
	return type;
}

static bool may_be_null(const struct cel_type *type)
{
	return type->kind == CEL_DURATION || type->kind == CEL_TIMESTAMP ||
	       type->kind == CEL_STRUCT;
}

static bool has_parts(const struct cel_type *type)
{
	return type->kind == CEL_LIST || type->kind == CEL_MAP || type->kind == CEL_OPTIONAL;
}

/* Whether a value of the one type may stand where the other is. */
static bool agree(const struct cel_type *a, const struct cel_type *b)
{
	if (a->kind == CEL_DYN || b->kind == CEL_DYN)
		return true;
	if (a->kind == CEL_NULL && may_be_null(b))
		return true;
	if (b->kind == CEL_NULL && may_be_null(a))
		return true;
	if (a->kind != b->kind)
		return false;
	if (has_parts(a))
		return agree(part(a->key), part(b->key)) && agree(part(a->item), part(b->item));
	return a->of == b->of;
}

static bool is_same(const struct cel_type *a, const struct cel_type *b)
{
	if (a->kind != b->kind || a->of != b->of)
		return false;
	if (!has_parts(a))
		return true;
	return is_same(part(a->key), part(b->key)) && is_same(part(a->item), part(b->item));
}

static const struct cel_type *join(const struct cel_type *a, const struct cel_type *b)
{
	if (a->kind == CEL_NULL && may_be_null(b))
		return b;
	return is_same(a, b) || (b->kind == CEL_NULL && may_be_null(a)) ? a : &cel_dyn;
}

static void add_type(struct str *out, const struct cel_type *type)
{
	if (type->kind == CEL_STRUCT) {
		str_add(out, type->of->name);
		return;
	}
	str_add(out, cel_kind_name(type->kind));
	if (!has_parts(type))
		return;
	str_addc(out, '(');
	if (type->kind == CEL_MAP) {
		add_type(out, part(type->key));
		str_add(out, ", ");
	}
	add_type(out, part(type->item));
	str_addc(out, ')');
}

static const char *type_text(const struct checker *checker, const struct cel_type *type)
{
	struct str out SCOPED(str_done) = STR_INIT(TYPE_TEXT_MAX);

	add_type(&out, type);
	return arena_str(checker->arena, str_text(&out));
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
	return plain(value->kind);
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
	*out = plain(CEL_TYPE);
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

/* A field of what may not be there may not be there either. */
static int judge_field_of(const struct checker *checker, const struct cel_node *node,
			  const struct cel_type *of, const struct cel_type **out, struct err *err)
{
	*out = &cel_dyn;
	if (of->kind == CEL_OPTIONAL) {
		if (judge_field_of(checker, node, part(of->item), out, err) < 0)
			return -1;
		*out = type_new(checker, CEL_OPTIONAL, NULL, *out);
		return 0;
	}
	if (of->kind == CEL_STRUCT)
		return judge_struct_field(checker, node, of->of, out, err);
	if (of->kind == CEL_MAP)
		*out = part(of->item);
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

static int judge_equality(const struct checker *checker, const struct cel_type *const *arg,
			  const struct cel_type **out)
{
	(void)checker;
	*out = &cel_bool;
	return agree(arg[0], arg[1]) ? 0 : -1;
}

static int judge_order(const struct checker *checker, const struct cel_type *const *arg,
		       const struct cel_type **out)
{
	static const enum cel_kind unordered[] = { CEL_LIST, CEL_MAP, CEL_TYPE, CEL_STRUCT,
						   CEL_OPTIONAL };

	(void)checker;
	*out = &cel_bool;
	for (size_t i = 0; i < ARRAY_LEN(unordered); i++)
		if (arg[0]->kind == unordered[i] || arg[1]->kind == unordered[i])
			return -1;
	return agree(arg[0], arg[1]) ? 0 : -1;
}

static int judge_in(const struct checker *checker, const struct cel_type *const *arg,
		    const struct cel_type **out)
{
	const struct cel_type *in = arg[1];

	(void)checker;
	*out = &cel_bool;
	if (in->kind == CEL_LIST)
		return agree(arg[0], part(in->item)) ? 0 : -1;
	if (in->kind == CEL_MAP)
		return agree(arg[0], part(in->key)) ? 0 : -1;
	return in->kind == CEL_DYN ? 0 : -1;
}

static int judge_index(const struct checker *checker, const struct cel_type *const *arg,
		       const struct cel_type **out)
{
	const struct cel_type *of = arg[0];

	if (of->kind == CEL_OPTIONAL) {
		const struct cel_type *const inner[2] = { part(of->item), arg[1] };

		if (judge_index(checker, inner, out) < 0)
			return -1;
		*out = type_new(checker, CEL_OPTIONAL, NULL, *out);
		return 0;
	}
	*out = part(of->item);
	if (arg[1]->kind == CEL_NULL)
		return -1;
	if (of->kind == CEL_LIST)
		return agree(arg[1], &cel_int) ? 0 : -1;
	if (of->kind == CEL_MAP)
		return agree(arg[1], part(of->key)) ? 0 : -1;
	return of->kind == CEL_DYN ? 0 : -1;
}

/* Only for two lists; everything else that can be added is a row of the functions. */
static int judge_join(const struct checker *checker, const struct cel_type *const *arg,
		      const struct cel_type **out)
{
	if (arg[0]->kind != CEL_LIST || arg[1]->kind != CEL_LIST)
		return 1;
	*out = type_new(checker, CEL_LIST, NULL, join(part(arg[0]->item), part(arg[1]->item)));
	return agree(arg[0], arg[1]) ? 0 : -1;
}

static const struct judge_row {
	const char *sign;
	judge_fn *judge;
} judge_rows[] = {
	{ "==", judge_equality },
	{ "!=", judge_equality },
	{ "<", judge_order },
	{ "<=", judge_order },
	{ ">", judge_order },
	{ ">=", judge_order },
	{ "in", judge_in },
	{ "[]", judge_index },
	{ "+", judge_join },
};

static bool kinds_fit(const struct cel_function *row, const struct cel_type *const *arg)
{
	for (unsigned i = 0; i < row->args; i++) {
		if (!agree(plain(row->arg[i]), arg[i]) && row->arg[i] != arg[i]->kind)
			return false;
		if (row->takes && !agree(row->takes, arg[i]))
			return false;
	}
	return true;
}

/* What is gathered from the rows of one name. */
struct candidates {
	bool known; /* a function of this name and form exists */
	bool fits;
	enum cel_kind result;
	const char *names[NAMES_MAX];
	size_t count;
};

static void consider(const struct cel_function *row, const struct cel_node *node,
		     const struct cel_type *const *arg, struct candidates *out)
{
	if (!(row->form & (node->method ? CEL_METHOD : CEL_GLOBAL)))
		return;
	if (out->count < NAMES_MAX)
		out->names[out->count++] = row->name;
	if (strcmp(row->name, node->name) != 0)
		return;
	out->known = true;
	if (row->args != node->args || !kinds_fit(row, arg))
		return;
	if (out->fits && out->result != row->result)
		out->result = CEL_DYN;
	else
		out->result = row->result;
	out->fits = true;
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

/* What must be asked before its value is used; >0 when it is something else. */
static int judge_optional(const struct cel_node *node, const struct cel_type *const *arg,
			  const struct cel_type **out)
{
	static const struct {
		const char *name;
		size_t args;
		bool value, other; /* the result; what the second argument is */
	} rows[] = {
		{ "hasValue", 1, false, false },
		{ "value", 1, true, false },
		{ "orValue", 2, true, false },
		{ "or", 2, false, true },
	};
	const struct cel_type *of = node->args ? arg[0] : NULL;

	if (!node->method || !of || of->kind != CEL_OPTIONAL)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, node->name) != 0)
			continue;
		*out = rows[i].value ? part(of->item) : rows[i].other ? of
								      : &cel_bool;
		if (rows[i].args != node->args)
			return -1;
		const struct cel_type *wanted = rows[i].other ? of : part(of->item);
		return node->args == 1 || agree(wanted, arg[1]) ? 0 : -1;
	}
	return 1;
}

/* optional.of(x), optional.ofNonZeroValue(x), optional.none(); >0 when it is something else. */
static int judge_maker(struct checker *checker, const struct cel_node *node,
		       const struct cel_type **out, struct err *err)
{
	const struct cel_type *of = &cel_dyn;
	bool none = strcmp(node->name, "none") == 0;

	if (!node->method || node->arg[0]->kind != NODE_NAME ||
	    strcmp(node->arg[0]->name, "optional") != 0 || node->args != (none ? 1 : 2))
		return 1;
	if (!none && strcmp(node->name, "of") != 0 && strcmp(node->name, "ofNonZeroValue") != 0)
		return 1;
	if (!none && judge(checker, node->arg[1], &of, err) < 0)
		return -1;
	*out = type_new(checker, CEL_OPTIONAL, NULL, of);
	return 0;
}

/* x.optMap(name, expression); >0 when it is something else. */
static int judge_opt_map(struct checker *checker, struct cel_node *node,
			 const struct cel_type **out, struct err *err)
{
	bool flat = strcmp(node->name, "optFlatMap") == 0;
	const struct cel_type *of = &cel_dyn, *made = &cel_dyn;

	if (!node->method || node->args != 3 || node->arg[1]->kind != NODE_NAME ||
	    (!flat && strcmp(node->name, "optMap") != 0))
		return 1;
	if (judge(checker, node->arg[0], &of, err) < 0)
		return -1;
	node->variable = node->arg[1]->name;

	struct local local = { .binder = node, .type = part(of->item), .next = checker->locals };
	struct checker inner = *checker;
	inner.locals = &local;
	if (judge(&inner, node->arg[2], &made, err) < 0)
		return -1;
	*out = flat ? made : type_new(checker, CEL_OPTIONAL, NULL, made);
	if (of->kind == CEL_OPTIONAL && (!flat || made->kind == CEL_OPTIONAL))
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
	*out = part(of->item);
	if (of->kind == CEL_OPTIONAL || of->kind == CEL_DYN)
		return 0;
	err_set(err, ERR_INPUT, "%s is always there", type_text(checker, of));
	return fault(checker, node, err);
}

/* a.?b and a[?b]: like a.b and a[b], but it may not be there. */
static int judge_asking(struct checker *checker, struct cel_node *node,
			const struct cel_type **out, struct err *err)
{
	bool field = strcmp(node->name, ".?") == 0;
	const struct cel_type *arg[2] = { NULL, &cel_dyn };

	if (judge(checker, node->arg[0], &arg[0], err) < 0)
		return -1;
	struct cel_node named = { .place = node->place, .name = node->variable };
	if (field && judge_field_of(checker, &named, arg[0], out, err) < 0)
		return -1;
	if (!field && (judge(checker, node->arg[1], &arg[1], err) < 0 ||
		       (judge_index(checker, arg, out) < 0 &&
			misfit(checker, node, arg, err) < 0)))
		return -1;
	if (arg[0]->kind != CEL_OPTIONAL)
		*out = type_new(checker, CEL_OPTIONAL, NULL, *out);
	return 0;
}

/* What its arguments alone do not decide; >0 when it is a usual call. */
static int judge_special(struct checker *checker, struct cel_node *node,
			 const struct cel_type **out, struct err *err)
{
	bool entry = strcmp(node->name, "?") == 0;
	bool asking = entry || strcmp(node->name, ".?") == 0 || strcmp(node->name, "[?]") == 0;

	if (asking && !checker->env->optionals) {
		err_set(err, ERR_INPUT, "optional fields (.?) are not covered");
		err_hint(err, "use has(a.b) ? a.b : ...");
		return fault(checker, node, err);
	}
	if (asking)
		return (entry ? judge_entry : judge_asking)(checker, node, out, err);
	if (!checker->env->optionals)
		return 1;
	int r = judge_maker(checker, node, out, err);
	return r > 0 ? judge_opt_map(checker, node, out, err) : r;
}

/* Operators that take what fits together; >0 when it is something else. */
static int judge_sign(const struct checker *checker, const struct cel_node *node,
		      const struct cel_type *const *arg, const struct cel_type **out)
{
	if (node->method || node->args != 2)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(judge_rows); i++) {
		if (strcmp(judge_rows[i].sign, node->name) != 0)
			continue;
		int r = judge_rows[i].judge(checker, arg, out);

		if (r <= 0)
			return r;
	}
	return 1;
}

static int judge_call(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		      struct err *err)
{
	const struct cel_type **arg = arena_calloc(checker->arena, node->args + 1, sizeof(*arg));
	struct candidates found = { 0 };
	int special = judge_special(checker, node, out, err);

	if (special <= 0)
		return special;
	for (size_t i = 0; i < node->args; i++)
		if (judge(checker, node->arg[i], &arg[i], err) < 0)
			return -1;
	special = judge_optional(node, arg, out);
	if (special <= 0)
		return special < 0 ? misfit(checker, node, arg, err) : 0;
	special = judge_sign(checker, node, arg, out);
	if (special <= 0)
		return special < 0 ? misfit(checker, node, arg, err) : 0;
	for (const struct cel_function *row = cel_standard_functions; row->name; row++)
		consider(row, node, arg, &found);
	for (size_t i = 0; i < checker->env->functions; i++)
		consider(&checker->env->function[i], node, arg, &found);
	if (!found.known)
		return unknown_function(checker, node, &found, err);
	if (!found.fits)
		return misfit(checker, node, arg, err);
	*out = plain(found.result);
	return 0;
}

static int judge_bool(struct checker *checker, struct cel_node *node, const char *what,
		      struct err *err)
{
	const struct cel_type *type;

	if (judge(checker, node, &type, err) < 0)
		return -1;
	if (agree(type, &cel_bool))
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
	const struct cel_type *yes, *no;

	if (judge_bool(checker, node->arg[0], "the condition", err) < 0 ||
	    judge(checker, node->arg[1], &yes, err) < 0 ||
	    judge(checker, node->arg[2], &no, err) < 0)
		return -1;
	*out = join(yes, no);
	if (agree(yes, no))
		return 0;
	err_set(err, ERR_INPUT, "one choice is %s, the other %s", type_text(checker, yes),
		type_text(checker, no));
	return fault(checker, node, err);
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
		out[slot] = out[slot] ? join(out[slot], type) : type;
	}
	return 0;
}

static int judge_list(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		      struct err *err)
{
	const struct cel_type *parts[1] = { NULL };

	if (judge_all(checker, node, 1, parts, err) < 0)
		return -1;
	*out = type_new(checker, CEL_LIST, NULL, part(parts[0]));
	return 0;
}

static int judge_map(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		     struct err *err)
{
	const struct cel_type *parts[2] = { NULL, NULL };

	if (judge_all(checker, node, 2, parts, err) < 0)
		return -1;
	*out = type_new(checker, CEL_MAP, part(parts[0]), part(parts[1]));
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
		*out = type_new(checker, CEL_LIST, NULL, made);
	return 0;
}

static int judge_loop(struct checker *checker, struct cel_node *node, const struct cel_type **out,
		      struct err *err)
{
	const struct cel_type *range;

	if (judge(checker, node->arg[0], &range, err) < 0)
		return -1;
	if (range->kind != CEL_LIST && range->kind != CEL_MAP && range->kind != CEL_DYN) {
		err_set(err, ERR_INPUT, "%s() goes over lists and maps, not %s", node->name,
			type_text(checker, range));
		return fault(checker, node, err);
	}
	struct local local = {
		.binder = node,
		.type = part(range->kind == CEL_MAP ? range->key : range->item),
		.next = checker->locals,
	};
	struct checker inner = *checker;

	inner.locals = &local;
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
	struct checker checker = { .arena = arena, .text = text, .env = env };

	if (judge(&checker, root, out, err) < 0)
		return -1;
	if (!env->result ||
	    (env->exact ? is_same(*out, env->result) : agree(*out, env->result)))
		return 0;
	err_set(err, ERR_INPUT, "the result is %s, not %s", type_text(&checker, *out),
		type_text(&checker, env->result));
	return fault(&checker, root, err);
}
