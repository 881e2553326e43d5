#include "render/merge.h"

#include "base/text.h"
#include "render/emit.h"
#include "render/fault.h"
#include "render/free_time.h"
#include "render/scalar_forms.h"
#include "render/slots.h"
#include "render/url.h"

#include <string.h>

/* NULL when Talos cannot do it. */
static const struct value *merge_url(const struct merger *merger, const struct value *left,
				     const struct value *right)
{
	struct url base, over;

	if (!url_parse(merger->arena, value_text(left), &base) ||
	    !url_parse(merger->arena, value_text(right), &over))
		return right;
	if (base.user[0] && over.user[0])
		return NULL;
	struct url merged = url_merge(&base, &over);
	return value_with_src(merger->arena,
			      value_str(merger->arena, url_text(merger->arena, &merged)),
			      value_src(right));
}

/* Bytes and percent are two slots, and bytes are printed when both are filled. */
static const struct value *merge_size(const struct value *left, const struct value *right)
{
	bool left_percent = strchr(value_text(left), '%') != NULL;
	bool right_percent = strchr(value_text(right), '%') != NULL;

	if (!value_text_len(right) || (right_percent && !left_percent && value_text_len(left)))
		return left;
	return right;
}

static const struct value *as_talos_does(const struct merger *merger,
					 const struct schema_field *field, const struct value *left,
					 const struct value *right)
{
	if (field->type == TYPE_BYTES || field->type == TYPE_CEL)
		return right;
	if (right && (field->type == TYPE_HARDWARE || field->type == TYPE_BASE64))
		return right;
	if (field->type == TYPE_BOOL && !field->pointer)
		return right;
	if (!right || !left)
		return right ? right : left;
	if (field->type == TYPE_URL)
		return merge_url(merger, left, right);
	if (field->type == TYPE_SIZE)
		return merge_size(left, right);
	return field->pointer || !scalar_form_is_zero(field, right) ? right : left;
}

static bool same_text(const struct value *a, const struct value *b)
{
	return value_text_len(a) == value_text_len(b) && text_equal(value_text(a), value_text(b));
}

/* `left` in place of `right`, or NULL with an error where that is not wanted. */
static const struct value *keep(const struct merger *merger, enum trap trap,
				const struct value *left, const struct value *right)
{
	if (same_text(left, right) || trap_found(merger->traps, trap, value_src(right)) == 0)
		return left;
	return NULL;
}

/* The same for what the patch does not mention. */
static void drop(const struct merger *merger, const struct schema_field *field,
		 const struct value *left)
{
	if (left && !scalar_form_is_zero(field, left))
		trap_found(merger->traps, TRAP_FIELD_WIPED, merger->place);
}

static enum trap trap_of(const struct schema_field *field)
{
	switch (field->type) {
	case TYPE_URL:
		return TRAP_URL_MERGED;
	case TYPE_SIZE:
		return TRAP_SIZE_HIDDEN;
	case TYPE_WORD:
	case TYPE_TABLE:
		return TRAP_WORD_IGNORED;
	default:
		return TRAP_ZERO_IGNORED;
	}
}

/* Talos keeps a part of such a value to itself and cannot merge it: the condition of a disk's size,
 * the user of a URL. */
static const struct value *never(const struct merger *merger, const struct schema_field *field,
				 const struct value *right)
{
	fault(merger->err, value_src(right), "Talos cannot merge %s over another one",
	      scalar_form_name(field->type));
	err_hint(merger->err, "delete the old one with $patch: delete in an earlier patch");
	return NULL;
}

/* As Talos merges, or not at all. */
static const struct value *merge_scalar(const struct merger *merger,
					const struct schema_field *field, const struct value *left,
					const struct value *right)
{
	const struct value *merged = as_talos_does(merger, field, left, right);

	if (left && right && (field->type == TYPE_DISK_MATCH || !merged))
		return never(merger, field, right);
	if (right && merged != right)
		return keep(merger,
			    value_text_len(right) ? trap_of(field) : TRAP_ZERO_IGNORED, merged,
			    right);
	if (!merged)
		drop(merger, field, left);
	return merged;
}

static struct path_step enter(const struct merger *merger, const char *key)
{
	return (struct path_step){ .up = merger->traps->at, .key = key };
}

static const struct value *merge_entry(const struct merger *merger,
				       const struct schema_field *field, const struct value *old,
				       const struct value *new)
{
	if (value_is_null(new) && !value_is_null(old))
		return keep(merger, TRAP_NULL_IGNORED, old, new);
	if (!value_is_null(old) && field->type == TYPE_STRUCT)
		return merge_fields(merger, field->inner, old, new);
	if (old && field->type == TYPE_TEXT && scalar_form_is_zero(field, new))
		return keep(merger, TRAP_ZERO_IGNORED, old, new);
	return new;
}

static const struct value *merge_map(const struct merger *merger, const struct schema_field *field,
				     const struct value *left, const struct value *right)
{
	struct map_builder *out = map_begin(merger->arena);

	map_src(out, value_src(left));
	for (size_t i = 0; i < value_len(left); i++) {
		const char *key = value_key_at(left, i);
		map_add_new(out, key, value_key_src(left, key), value_at(left, i));
	}
	for (size_t i = 0; i < value_len(right); i++) {
		const char *key = value_key_at(right, i);
		const struct value *old = value_get(left, key), *new = value_at(right, i);
		struct path_step step = enter(merger, key);

		merger->traps->at = &step;
		new = merge_entry(merger, field, old, new);
		merger->traps->at = step.up;
		if (!new)
			return NULL;
		map_add_at(out, key, value_key_src(right, key), new);
	}
	return map_end(out);
}

/* Minus nothing has a fraction. */
static enum scalar_type free_type(const struct value *value)
{
	if (value_type(value) == SCALAR_INT && !strcmp(value_text(value), "-0"))
		return SCALAR_FLOAT;
	return value_type(value);
}

/* Whole numbers of more than 63 bits are of a type of their own. */
static bool is_huge(const struct value *value)
{
	uint64_t number;

	return value_u64(value, &number) && number > INT64_MAX;
}

static bool same_type(const struct merger *merger, const struct value *a, const struct value *b)
{
	bool a_time = free_time(merger->arena, a), b_time = free_time(merger->arena, b);

	return a_time == b_time && value_kind(a) == value_kind(b) &&
	       (value_kind(a) != VALUE_SCALAR ||
		(free_type(a) == free_type(b) && is_huge(a) == is_huge(b)));
}

static bool free_is_zero(const struct merger *merger, const struct value *value)
{
	if (value_type(value) == SCALAR_BOOL)
		return false;
	const char *text = value_text(value_normal(merger->arena, value));
	return !value_text_len(value) || (value_type(value) != SCALAR_STR && !strcmp(text, "0"));
}

static const struct value *join(const struct merger *merger, const struct value *left,
				const struct value *right)
{
	struct list_builder *list = list_begin(merger->arena);

	list_src(list, value_src(left));
	for (size_t i = 0; i < value_len(left); i++)
		list_add(list, value_at(left, i));
	for (size_t i = 0; i < value_len(right); i++)
		list_add(list, value_at(right, i));
	return list_end(list);
}

/* Nothing is added, and nothing removed. */
static int check_empty(const struct merger *merger, const struct value *left,
		       const struct value *right)
{
	if (value_len(right) || !value_len(left))
		return 0;
	return trap_found(merger->traps, TRAP_EMPTY_KEPT, value_src(right));
}

static const struct value *merge_free_map(const struct merger *merger, const struct value *left,
					  const struct value *right)
{
	struct map_builder *out = map_begin(merger->arena);

	map_src(out, value_src(left));
	for (size_t i = 0; i < value_len(left); i++) {
		const char *key = value_key_at(left, i);
		map_add_new(out, key, value_key_src(left, key), value_at(left, i));
	}
	for (size_t i = 0; i < value_len(right); i++) {
		const char *key = value_key_at(right, i);
		struct path_step step = enter(merger, key);

		merger->traps->at = &step;
		const struct value *merged =
			merge_free(merger, value_get(left, key), value_at(right, i));
		merger->traps->at = step.up;
		if (!merged) {
			err_wrap(merger->err, "%s", key);
			return NULL;
		}
		map_add_at(out, key, value_key_src(right, key), merged);
	}
	return map_end(out);
}

static const char *type_name(const struct value *value)
{
	static const char *const scalars[] = {
		[SCALAR_STR] = "a text",
		[SCALAR_BOOL] = "a boolean",
		[SCALAR_INT] = "a whole number",
		[SCALAR_FLOAT] = "a number with a fraction",
	};

	switch (value_kind(value)) {
	case VALUE_NULL:
		return "null";
	case VALUE_LIST:
		return "a list";
	case VALUE_MAP:
		return "a mapping";
	default:
		return is_huge(value) ? "a number of 64 bits" : scalars[value_type(value)];
	}
}

const struct value *merge_free(const struct merger *merger, const struct value *left,
			       const struct value *right)
{
	if (value_is_null(left))
		return right;
	if (value_is_null(right)) {
		fault(merger->err, value_src(right),
		      "Talos crashes on null over a value that is there before");
		err_hint(merger->err, "{$patch: delete} in its place removes it");
		return NULL;
	}
	if (!same_type(merger, left, right)) {
		fault(merger->err, value_src(right), "%s cannot be merged over %s",
		      type_name(right), type_name(left));
		return NULL;
	}
	if (value_kind(left) >= VALUE_LIST && check_empty(merger, left, right) < 0)
		return NULL;
	if (value_is_map(left))
		return merge_free_map(merger, left, right);
	if (value_is_list(left))
		return join(merger, left, right);
	return free_is_zero(merger, right) ? keep(merger, TRAP_ZERO_IGNORED, left, right) : right;
}

static const struct value *merge_struct(const struct merger *merger,
					const struct schema_field *field, const struct value *left,
					const struct value *right)
{
	if (field->pointer) {
		if (!left || !right)
			return right ? right : left;
		if (field->merge == MERGE_REPLACE)
			return right;
	}
	return merge_fields(merger, field->inner, left, right);
}

/* Lists, maps and free-form values. */
static const struct value *merge_many(const struct merger *merger, const struct schema_field *field,
				      const struct value *left, const struct value *right)
{
	bool is_list = field->shape == SHAPE_LIST;

	if (!(is_list && field->merge == MERGE_REPLACE) && check_empty(merger, left, right) < 0)
		return NULL;
	if (is_list)
		return merge_list(merger, field, left, right);
	if (field->shape == SHAPE_MAP)
		return merge_map(merger, field, left, right);
	if (!left)
		return right;
	if (!value_len(right))
		return left;
	return field->merge == MERGE_REPLACE ? right : merge_free(merger, left, right);
}

static const struct value *merge_field(const struct merger *merger,
				       const struct schema_field *field, const struct value *left,
				       const struct value *right)
{
	if (field->shape != SHAPE_ONE || field->type == TYPE_FREE)
		return right ? merge_many(merger, field, left, right) : left;
	if (field->type == TYPE_STRUCT)
		return merge_struct(merger, field, left, right);
	return merge_scalar(merger, field, left, right);
}

static const struct value *merge_unknown(const struct merger *merger, const struct value *old,
					 const struct value *new)
{
	if (value_is_map(old) && value_is_map(new))
		return merge_free_map(merger, old, new);
	return value_is_list(old) && value_is_list(new) ? join(merger, old, new) : new;
}

/* Fields that no schema knows merge by their form. */
static int add_unknown(const struct merger *merger, const struct schema_field *fields,
		       const struct value *from, struct map_builder *out, const struct value *base)
{
	for (size_t i = 0; i < value_len(from); i++) {
		const char *key = value_key_at(from, i);
		const struct value *value = value_at(from, i);

		if (schema_find(fields, key, merger->release))
			continue;
		if (value_has(base, key))
			value = merge_unknown(merger, value_get(base, key), value);
		if (!value)
			return err_wrap(merger->err, "%s", key);
		map_add_at(out, key, value_key_src(from, key), value);
	}
	return 0;
}

/* There hardly ever are any. */
static int take_unknown(const struct merger *merger, const struct schema_field *fields,
			const struct slots *from, struct map_builder *out, const struct value *base)
{
	if (from->current == value_len(from->map))
		return 0;
	return add_unknown(merger, fields, from->map, out, base);
}

/* A section of both sides by the rows of its table. */
struct sides {
	const struct schema_field *fields;
	struct slots left, right;
};

static const struct value *given(const struct slots *slots, size_t row)
{
	const struct value *value = slots_value(slots, row);

	return value_is_null(value) ? NULL : value;
}

static const struct value *merge_row(const struct merger *merger, const struct sides *sides,
				     size_t row)
{
	const struct schema_field *field = &sides->fields[row];
	const struct value *old = given(&sides->left, row), *new = given(&sides->right, row);
	const struct value *null = new ? NULL : slots_value(&sides->right, row);
	struct path_step step = enter(merger, field->name);
	const struct value *merged = NULL;

	merger->traps->at = &step;
	if (!old || !null || trap_found(merger->traps, TRAP_NULL_IGNORED, value_src(null)) == 0)
		merged = merge_field(merger, field, old, new);
	merger->traps->at = step.up;
	return merged;
}

/* Whether Talos 1.13 can merge what is in that row. */
static int check_row(const struct merger *merger, const struct sides *sides, size_t row)
{
	const struct schema_field *field = &sides->fields[row];

	if (field->shape != SHAPE_ONE || field->pointer ||
	    scalar_form_merges(field->type, merger->release))
		return 0;
	fault(merger->err, value_src(sides->right.map),
	      "Talos 1.13 cannot merge documents that hold %s", scalar_form_name(field->type));
	return err_hint(merger->err, "delete the document first and give it whole");
}

static int add_row(const struct merger *merger, const struct sides *sides, size_t row,
		   struct map_builder *out)
{
	const struct schema_field *field = &sides->fields[row];
	const struct value *merged;

	if (!given(&sides->left, row) && !given(&sides->right, row))
		return 0;
	merged = merge_row(merger, sides, row);
	if (!merged && err_is_set(merger->err))
		return err_wrap(merger->err, "%s", field->name);
	if (merged)
		map_add_new(out, field->name,
			    slots_key_src(given(&sides->right, row) ? &sides->right : &sides->left,
					  row),
			    merged);
	return 0;
}

const struct value *merge_fields(const struct merger *merger, const struct schema_field *fields,
				 const struct value *left, const struct value *right)
{
	struct map_builder *out = map_begin(merger->arena);
	struct sides sides = { .fields = fields };

	slots_find(&sides.left, fields, left, merger->release);
	slots_find(&sides.right, fields, right, merger->release);
	map_src(out, value_src(left ? left : right));
	if (take_unknown(merger, fields, &sides.left, out, NULL) < 0 ||
	    take_unknown(merger, fields, &sides.right, out, left) < 0)
		return NULL;
	for (size_t row = 0; fields[row].name; row++) {
		if (!schema_has(&fields[row], merger->release))
			continue;
		if (check_row(merger, &sides, row) < 0 || add_row(merger, &sides, row, out) < 0)
			return NULL;
	}
	return map_end(out);
}
