#include "render/json_patch.h"

#include "base/own.h"
#include "base/text.h"
#include "render/fault.h"
#include "render/free_time.h"
#include "render/key_order.h"
#include "tree/yaml.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct operation_row {
	const char *name;
	bool needs_from;
};

static const struct operation_row operations[] = {
	[JSON_ADD] = { "add", false },
	[JSON_REMOVE] = { "remove", false },
	[JSON_REPLACE] = { "replace", false },
	[JSON_MOVE] = { "move", true },
	[JSON_COPY] = { "copy", true },
	[JSON_TEST] = { "test", false },
};
_Static_assert(ARRAY_LEN(operations) == JSON_OPERATION_COUNT, "a row for every operation");

typedef const struct value *leaf_fn(struct arena *arena, const struct value *scalar);

static const struct value *each_leaf(struct arena *arena, const struct value *value, leaf_fn *leaf)
{
	if (value_kind(value) == VALUE_SCALAR)
		return leaf(arena, value);
	if (value_is_list(value)) {
		struct list_builder *list = list_begin(arena);
		list_src(list, value_src(value));
		for (size_t i = 0; i < value_len(value); i++)
			list_add(list, each_leaf(arena, value_at(value, i), leaf));
		return list_end(list);
	}
	if (!value_is_map(value))
		return value;

	struct map_builder *map = map_begin(arena);
	map_src(map, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_key_at(value, i);
		map_add_at(map, key, value_key_src(value, key),
			   each_leaf(arena, value_at(value, i), leaf));
	}
	return map_end(map);
}

/* An unquoted date becomes a text. */
static const struct value *date_leaf(struct arena *arena, const struct value *scalar)
{
	const char *time = value_was_quoted(scalar) ? NULL : free_time(arena, scalar);

	return time ? value_with_src(arena, value_str(arena, time), value_src(scalar)) : scalar;
}

static int read_step(struct arena *arena, const struct value *map, struct json_step *out,
		     struct err *err)
{
	const char *name = value_get_text(map, "op");
	struct src src = value_src(map);
	size_t i = 0;

	if (!value_is_map(map) || !name)
		return fault(err, src, "an operation of a JSON patch needs an op");
	while (i < ARRAY_LEN(operations) && strcmp(operations[i].name, name) != 0)
		i++;
	if (i == ARRAY_LEN(operations))
		return fault(err, value_src(value_get(map, "op")),
			     "%s is not an operation of a JSON patch", name);
	*out = (struct json_step){
		.operation = (enum json_operation)i,
		.path = value_get_text(map, "path"),
		.from = operations[i].needs_from ? value_get_text(map, "from") : NULL,
		.value = each_leaf(arena, value_get(map, "value"), date_leaf),
		.src = src,
	};
	if (!out->value)
		out->value = value_null(arena);
	out->asks_null = value_has(map, "value") && value_is_null(out->value);
	if (!out->path || (out->path[0] && !strchr(out->path, '/')))
		return fault(err, src, "the %s operation needs a path that begins with /", name);
	if (operations[i].needs_from && !out->from)
		return fault(err, src, "the %s operation needs a from", name);
	return 0;
}

/* JSON has no numbers for what is none and for infinity. */
static bool is_json(const struct value *value)
{
	double number;

	if (value_kind(value) == VALUE_SCALAR)
		return value_type(value) != SCALAR_FLOAT || !value_double(value, &number) ||
		       isfinite(number);
	for (size_t i = 0; i < value_len(value); i++) {
		if (!is_json(value_at(value, i)))
			return false;
	}
	return true;
}

static int check_numbers(const struct value *value, struct err *err)
{
	return is_json(value) ? 0 : fault(err, value_src(value), "JSON has no such number");
}

int json_patch_read(struct arena *arena, const struct value *list, struct json_patch *out,
		    struct err *err)
{
	size_t len = value_len(list);
	struct json_patch patch = { arena_calloc(arena, len + 1, sizeof(*patch.at)), len };

	if (!value_is_list(list) && !value_is_null(list))
		return fault(err, value_src(list), "a JSON patch is a list of operations");
	if (check_numbers(list, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (read_step(arena, value_at(list, i), &patch.at[i], err) < 0)
			return -1;
	}
	*out = patch;
	return 0;
}

struct pointer {
	const char **at;
	size_t len;
};

/* ~1 is a slash, ~0 a tilde. */
static const char *unescape(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_alloc(arena, len + 1);
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '~' && i + 1 < len && (text[i + 1] == '0' || text[i + 1] == '1'))
			out[at++] = text[++i] == '1' ? '/' : '~';
		else
			out[at++] = text[i];
	}
	return out;
}

/* What stands before the first slash does not count. */
static struct pointer pointer_parse(struct arena *arena, const char *text)
{
	struct pointer pointer = { arena_calloc(arena, strlen(text) + 1, sizeof(char *)), 0 };

	text += strcspn(text, "/");
	while (*text == '/') {
		size_t len = strcspn(text + 1, "/");
		pointer.at[pointer.len++] = unescape(arena, text + 1, len);
		text += len + 1;
	}
	return pointer;
}

/* Negative indices count from the end, where -1 is the last of `limit`. */
static bool index_parse(const char *text, size_t limit, size_t *out)
{
	int64_t number;

	if ((!isdigit((unsigned char)text[0]) && !isdigit((unsigned char)text[1])) ||
	    !text_i64(text, &number))
		return false;
	if (number < 0)
		number += (int64_t)limit;
	if (number < 0 || number >= (int64_t)limit)
		return false;
	*out = (size_t)number;
	return true;
}

static const struct value *child_of(const struct value *value, const char *key)
{
	size_t index;

	if (value_is_list(value))
		return index_parse(key, value_len(value), &index) ? value_at(value, index) : NULL;
	return value_get(value, key);
}

struct change {
	struct arena *arena;
	enum json_operation operation; /* JSON_ADD, JSON_REMOVE or JSON_REPLACE */
	const struct value *value;
};

static const struct value *change_list(const struct change *change, const struct value *list,
				       const char *key)
{
	bool adds = change->operation == JSON_ADD;
	struct list_builder *out = list_begin(change->arena);
	size_t len = value_len(list), index = len;

	if (!(adds && !strcmp(key, "-")) && !index_parse(key, len + adds, &index))
		return NULL;
	list_src(out, value_src(list));
	for (size_t i = 0; i <= len; i++) {
		if (i == index && change->operation != JSON_REMOVE)
			list_add(out, change->value);
		if (i < len && (i != index || adds))
			list_add(out, value_at(list, i));
	}
	return list_end(out);
}

static const struct value *change_at(const struct change *change, const struct value *value,
				     const char *const *path, size_t len)
{
	const struct value *child = child_of(value, path[0]);

	if (len > 1) {
		child = child ? change_at(change, child, path + 1, len - 1) : NULL;
		if (!child)
			return NULL;
		struct change set = { change->arena, JSON_REPLACE, child };
		return change_at(&set, value, path, 1);
	}
	if (value_is_list(value))
		return change_list(change, value, path[0]);
	if (!value_is_map(value) || (change->operation == JSON_REMOVE && !child))
		return NULL;
	return value_set(change->arena, value, path[0],
			 change->operation == JSON_REMOVE ? NULL : change->value);
}

static const struct value *change_document(const struct change *change,
					   const struct value *document, const char *path)
{
	struct pointer pointer = pointer_parse(change->arena, path);

	if (!pointer.len)
		return change->operation == JSON_REPLACE &&
				       value_kind(change->value) >= VALUE_LIST
			       ? change->value
			       : NULL;
	return change_at(change, document, pointer.at, pointer.len);
}

/* A key that a map does not have is null; anything else that is missing is NULL. */
static const struct value *look_up(struct arena *arena, const struct value *document,
				   const char *path)
{
	struct pointer pointer = pointer_parse(arena, path);

	if (path[0] && !pointer.len)
		return NULL;
	for (size_t i = 0; i < pointer.len && document; i++) {
		const struct value *child = child_of(document, pointer.at[i]);
		bool last = i + 1 == pointer.len;
		document = child || !last || !value_is_map(document) ? child : value_null(arena);
	}
	return document;
}

static const struct value *run_step(struct arena *arena, const struct json_step *step,
				    const struct value *document)
{
	const struct value *moved =
		step->from && step->from[0] ? look_up(arena, document, step->from) : NULL;
	struct change change = { arena, step->operation, step->value };
	const struct value *found;

	switch (step->operation) {
	case JSON_TEST:
		found = look_up(arena, document, step->path);
		return found && !step->asks_null && value_equal(found, step->value) ? document
										    : NULL;
	case JSON_MOVE:
		change.operation = JSON_REMOVE;
		document = moved ? change_document(&change, document, step->from) : NULL;
		break;
	case JSON_COPY:
		document = moved ? document : NULL;
		break;
	default:
		return change_document(&change, document, step->path);
	}
	change = (struct change){ arena, JSON_ADD, moved };
	return document ? change_document(&change, document, step->path) : NULL;
}

int json_patch_apply(struct arena *arena, const struct json_patch *patch,
		     const struct value *document, const struct value **out, struct err *err)
{
	for (size_t i = 0; i < patch->len; i++) {
		const struct json_step *step = &patch->at[i];
		const char *name = operations[step->operation].name;
		document = run_step(arena, step, document);
		if (!document && step->operation == JSON_TEST)
			return fault(err, step->src, "the test of %s fails", step->path);
		if (!document)
			return fault(err, step->src, "%s %s%s%s: there is no such place", name,
				     step->from ? step->from : "", step->from ? " to " : "",
				     step->path);
	}
	*out = document;
	return 0;
}

static const struct value *json_leaf(struct arena *arena, const struct value *scalar)
{
	bool flag;

	if (!value_is_str(scalar) && text_equal(value_text(scalar), "-0"))
		return value_with_src(arena, value_of_int(arena, 0), value_src(scalar));
	if (value_was_quoted(scalar) || !value_is_str(scalar) || !value_truth(scalar, &flag))
		return scalar;
	return value_with_src(arena, value_of_bool(arena, flag), value_src(scalar));
}

int json_patch_document(struct arena *arena, const struct value *document,
			const struct value **out, struct err *err)
{
	if (check_numbers(document, err) < 0)
		return -1;
	*out = each_leaf(arena, document, json_leaf);
	return 0;
}

static const struct value *printed_leaf(struct arena *arena, const struct value *scalar)
{
	return value_is_bare(scalar) || !value_is_str(scalar) ? json_leaf(arena, scalar) : scalar;
}

int json_patch_printed(struct arena *arena, const struct value *document,
		       const struct value **out, struct err *err)
{
	if (check_numbers(document, err) < 0)
		return -1;
	*out = each_leaf(arena, document, printed_leaf);
	return 0;
}

static const struct value *normal_leaf(struct arena *arena, const struct value *scalar)
{
	return value_with_src(arena, value_normal(arena, scalar), value_src(scalar));
}

const struct value *json_patch_normal(struct arena *arena, const struct value *document)
{
	return each_leaf(arena, document, normal_leaf);
}

static const struct value *plain(struct arena *arena, const struct value *value);

static const struct value *plain_map(struct arena *arena, const struct value *map)
{
	const struct value *sorted = key_order_json_sorted(arena, map);
	struct map_builder *out = map_begin(arena);

	for (size_t i = 0; i < value_len(sorted); i++)
		map_add(out, value_key_at(sorted, i), plain(arena, value_at(sorted, i)));
	return map_end(out);
}

static const struct value *plain(struct arena *arena, const struct value *value)
{
	if (value_is_map(value))
		return plain_map(arena, value);
	if (value_is_null(value))
		return value_null(arena);
	if (!value_is_list(value))
		return value_normal(arena, value);

	struct list_builder *out = list_begin(arena);
	for (size_t i = 0; i < value_len(value); i++)
		list_add(out, plain(arena, value_at(value, i)));
	return list_end(out);
}

void json_patch_write(struct arena *arena, struct str *out, const struct value *document)
{
	struct yaml_style style = { .indent = 2, .flat_lists = true };

	yaml_write(out, plain(arena, document), &style);
}
