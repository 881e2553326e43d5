/* Lists: most are appended to, some find their elements again. */
#include "render/merge.h"

#include "base/own.h"
#include "render/scalar_forms.h"

#include <string.h>

typedef bool match_fn(const struct schema_field *field, const struct value *old,
		      const struct value *new);

static bool same_scalar(const struct schema_field *field, const struct value *a,
			const struct value *b)
{
	bool a_zero = scalar_form_is_zero(field, a), b_zero = scalar_form_is_zero(field, b);

	return a_zero == b_zero && (a_zero || !strcmp(value_text(a), value_text(b)));
}

static bool match_key(const struct schema_field *field, const struct value *old,
		      const struct value *new)
{
	const struct schema_field *key = schema_find(field->inner, field->key, RELEASE_1_13);

	return same_scalar(key, value_get(old, field->key), value_get(new, field->key));
}

/* A selector that asks for physical devices is never equal to another one. */
static bool same_selector(const struct schema_field *fields, const struct value *a,
			  const struct value *b)
{
	if (!value_is_map(a))
		return false;
	for (; fields->name; fields++) {
		const struct value *left = value_get(a, fields->name);
		const struct value *right = value_get(b, fields->name);
		if (fields->pointer && (!value_is_null(left) || !value_is_null(right)))
			return false;
		if (!fields->pointer && !same_scalar(fields, left, right))
			return false;
	}
	return true;
}

static bool match_device(const struct schema_field *field, const struct value *old,
			 const struct value *new)
{
	const char *name = value_get_text(new, "interface");
	const struct value *selector = value_get(new, "deviceSelector");

	if (name && name[0]) {
		const char *other = value_get_text(old, "interface");
		return other && !strcmp(name, other);
	}
	if (!value_is_map(selector))
		return false;
	const struct schema_field *row =
		schema_find(field->inner, "deviceSelector", RELEASE_1_13);
	return same_selector(row->inner, value_get(old, "deviceSelector"), selector);
}

struct list_rule {
	match_fn *match; /* NULL: always appended */
	bool whole;	 /* the last match is replaced; only what was there before can match */
};

static const struct list_rule rules[] = {
	[MERGE_USUAL] = { NULL, false },
	[MERGE_REPLACE] = { NULL, false },
	[MERGE_BY_KEY] = { match_key, false },
	[MERGE_BY_KEY_WHOLE] = { match_key, true },
	[MERGE_BY_DEVICE] = { match_device, false },
};
_Static_assert(ARRAY_LEN(rules) == MERGE_COUNT, "a row for every rule");

struct elements {
	const struct value **at;
	size_t len, old;
};

static size_t find(const struct schema_field *field, const struct elements *elements,
		   const struct value *wanted)
{
	const struct list_rule *rule = &rules[field->merge];
	size_t limit = rule->whole ? elements->old : elements->len;
	size_t found = elements->len;

	for (size_t i = 0; rule->match && i < limit; i++) {
		if (rule->match(field, elements->at[i], wanted))
			found = i;
		if (found == i && !rule->whole)
			return i;
	}
	return found;
}

/* A selector that reads like one that is there and is not found by it. */
static bool is_selector_again(const struct schema_field *field, const struct elements *elements,
			      const struct value *element)
{
	const struct value *selector = value_get(element, "deviceSelector");

	if (field->merge != MERGE_BY_DEVICE || !value_is_map(selector))
		return false;
	for (size_t i = 0; i < elements->old; i++) {
		if (value_equal(value_get(elements->at[i], "deviceSelector"), selector))
			return true;
	}
	return false;
}

static int take_element(const struct merger *merger, const struct schema_field *field,
			struct elements *elements, const struct value *element)
{
	size_t at = find(field, elements, element);

	if (at == elements->len && is_selector_again(field, elements, element) &&
	    trap_found(merger->traps, TRAP_SELECTOR_REPEATED, value_src(element)) < 0)
		return -1;
	if (at == elements->len) {
		elements->at[elements->len++] = element;
		return 0;
	}
	if (!rules[field->merge].whole)
		element = merge_fields(merger, field->inner, elements->at[at], element);
	elements->at[at] = element;
	return element ? 0 : -1;
}

const struct value *merge_list(const struct merger *merger, const struct schema_field *field,
			       const struct value *left, const struct value *right)
{
	size_t count = value_len(left) + value_len(right);
	struct elements elements = { arena_calloc(merger->arena, count + 1, sizeof(void *)), 0, 0 };

	if (field->merge == MERGE_REPLACE)
		return right;
	for (size_t i = 0; i < value_len(left); i++)
		elements.at[elements.len++] = value_at(left, i);
	elements.old = elements.len;
	for (size_t i = 0; i < value_len(right); i++) {
		struct path_step step = { .up = merger->traps->at, .index = i };
		merger->traps->at = &step;
		int r = take_element(merger, field, &elements, value_at(right, i));
		merger->traps->at = step.up;
		if (r < 0)
			return NULL;
	}

	struct list_builder *list = list_begin(merger->arena);
	list_src(list, value_src(left ? left : right));
	for (size_t i = 0; i < elements.len; i++)
		list_add(list, elements.at[i]);
	return list_end(list);
}
