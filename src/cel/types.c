#include "cel/types.h"

#include <string.h>

#define STEPS_MAX 2000000

struct cel_slot {
	const struct cel_type *is; /* NULL: nothing yet */
};

struct cel_bound {
	struct cel_slot *slot;
	const struct cel_type *was;
	struct cel_bound *next;
};

const struct cel_type cel_param_a = { .kind = CEL_OPEN }, cel_param_b = { .kind = CEL_OPEN };

bool cel_types_spent(const struct cel_types *types)
{
	return types->steps > STEPS_MAX;
}

static bool step(struct cel_types *types)
{
	if (types->steps <= STEPS_MAX)
		types->steps++;
	return !cel_types_spent(types);
}

const struct cel_type *cel_type_plain(enum cel_kind kind)
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

const struct cel_type *cel_type_part(const struct cel_type *type)
{
	return type ? type : &cel_dyn;
}

bool cel_type_has_parts(const struct cel_type *type)
{
	return type->kind == CEL_LIST || type->kind == CEL_MAP || type->kind == CEL_OPTIONAL;
}

const struct cel_type *cel_type_new(struct cel_types *types, enum cel_kind kind,
				    const struct cel_type *key, const struct cel_type *item)
{
	struct cel_type *type = arena_alloc(types->arena, sizeof(*type));

	*type = (struct cel_type){ .kind = kind, .key = key, .item = item };
	return type;
}

const struct cel_type *cel_type_open(struct cel_types *types)
{
	struct cel_type *type = arena_alloc(types->arena, sizeof(*type));

	*type = (struct cel_type){ .kind = CEL_OPEN };
	type->slot = arena_alloc(types->arena, sizeof(*type->slot));
	return type;
}

const struct cel_type *cel_type_now(const struct cel_type *type)
{
	while (type->kind == CEL_OPEN && type->slot && type->slot->is)
		type = type->slot->is;
	return type;
}

const struct cel_type *cel_type_settled(struct cel_types *types, const struct cel_type *type)
{
	type = cel_type_now(type);
	if (!cel_type_has_parts(type) || !step(types))
		return type;

	const struct cel_type *key = type->key ? cel_type_settled(types, type->key) : NULL;
	const struct cel_type *item = type->item ? cel_type_settled(types, type->item) : NULL;

	if (key == type->key && item == type->item)
		return type;
	return cel_type_new(types, type->kind, key, item);
}

static const struct cel_type *param(struct cel_types *types, const struct cel_type **slot)
{
	if (!*slot)
		*slot = cel_type_open(types);
	return *slot;
}

const struct cel_type *cel_type_instance(struct cel_types *types, const struct cel_type *pattern,
					 struct cel_params *params)
{
	if (pattern == &cel_param_a)
		return param(types, &params->a);
	if (pattern == &cel_param_b)
		return param(types, &params->b);
	if (!cel_type_has_parts(pattern) || (!pattern->key && !pattern->item))
		return pattern;
	return cel_type_new(types, pattern->kind,
			    pattern->key ? cel_type_instance(types, pattern->key, params) : NULL,
			    cel_type_instance(types, cel_type_part(pattern->item), params));
}

static bool may_be_null(const struct cel_type *type)
{
	return type->kind == CEL_DURATION || type->kind == CEL_TIMESTAMP ||
	       type->kind == CEL_STRUCT || type->kind == CEL_OPTIONAL || type->kind == CEL_NULL;
}

static bool mentions(struct cel_types *types, const struct cel_type *open,
		     const struct cel_type *type)
{
	type = cel_type_now(type);
	if (type == open)
		return true;
	return cel_type_has_parts(type) && step(types) &&
	       (mentions(types, open, cel_type_part(type->key)) ||
		mentions(types, open, cel_type_part(type->item)));
}

static void bind(struct cel_types *types, const struct cel_type *open, const struct cel_type *is)
{
	struct cel_bound *bound = arena_alloc(types->arena, sizeof(*bound));

	*bound = (struct cel_bound){ open->slot, open->slot->is, types->bound };
	types->bound = bound;
	open->slot->is = is;
}

static void take_back(struct cel_types *types, const struct cel_bound *until)
{
	for (; types->bound != until; types->bound = types->bound->next)
		types->bound->slot->is = types->bound->was;
}

static bool agree(struct cel_types *types, const struct cel_type *have,
		  const struct cel_type *want);

/* Whether `open` may stand for the type: 1 or 0; -1 when what it stands for forbids that. */
static int stand_for(struct cel_types *types, const struct cel_type *open,
		     const struct cel_type *type)
{
	const struct cel_type *is = open->slot->is;

	if (open == type || (is && is == type))
		return 1;
	if (!is) {
		if (mentions(types, open, type))
			return 0;
		bind(types, open, type);
		return 1;
	}
	if (!agree(types, type, is))
		return -1;

	const struct cel_type *both = cel_type_general(types, type, is);

	if (!mentions(types, open, both))
		bind(types, open, both);
	return 1;
}

static bool agree(struct cel_types *types, const struct cel_type *have, const struct cel_type *want)
{
	if (!step(types))
		return false;
	if (want->kind == CEL_OPEN) {
		int r = stand_for(types, want, have);

		if (r != 0)
			return r > 0;
	}
	if (have->kind == CEL_OPEN)
		return stand_for(types, have, want) > 0;
	if (have->kind == CEL_DYN || want->kind == CEL_DYN)
		return true;
	if (have->kind == CEL_NULL)
		return may_be_null(want);
	if (want->kind == CEL_NULL)
		return may_be_null(have);
	if (have->kind != want->kind)
		return false;
	if (!cel_type_has_parts(have))
		return have->of == want->of;
	return agree(types, cel_type_part(have->key), cel_type_part(want->key)) &&
	       agree(types, cel_type_part(have->item), cel_type_part(want->item));
}

bool cel_type_agree_all(struct cel_types *types, const struct cel_type *const *have,
			const struct cel_type *const *want, size_t count)
{
	struct cel_bound *before = types->bound;

	for (size_t i = 0; i < count; i++) {
		if (agree(types, have[i], want[i]))
			continue;
		take_back(types, before);
		return false;
	}
	return true;
}

bool cel_type_agree(struct cel_types *types, const struct cel_type *have,
		    const struct cel_type *want)
{
	return cel_type_agree_all(types, &have, &want, 1);
}

bool cel_type_same(struct cel_types *types, const struct cel_type *a, const struct cel_type *b)
{
	a = cel_type_now(a);
	b = cel_type_now(b);
	if (a == b)
		return true;
	if (a->kind != b->kind || a->kind == CEL_OPEN || a->of != b->of || !step(types))
		return false;
	if (!cel_type_has_parts(a))
		return true;
	return cel_type_same(types, cel_type_part(a->key), cel_type_part(b->key)) &&
	       cel_type_same(types, cel_type_part(a->item), cel_type_part(b->item));
}

/* Whether `a` says at most as much as `b`. */
static bool is_general(struct cel_types *types, const struct cel_type *a, const struct cel_type *b)
{
	if (a->kind == CEL_DYN || a->kind == CEL_OPEN)
		return true;
	if (b->kind == CEL_DYN || b->kind == CEL_OPEN || a->kind != b->kind || !step(types))
		return false;
	if (!cel_type_has_parts(a))
		return a->of == b->of;
	return is_general(types, cel_type_part(a->key), cel_type_part(b->key)) &&
	       is_general(types, cel_type_part(a->item), cel_type_part(b->item));
}

const struct cel_type *cel_type_general(struct cel_types *types, const struct cel_type *a,
					const struct cel_type *b)
{
	return is_general(types, a, b) ? a : b;
}
