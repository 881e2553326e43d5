#include "convert/go_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int go_fail(struct go_run *run, const char *fmt, ...)
{
	const struct go_template *template = run->template;
	unsigned line = template->line ? template->line : 1;
	unsigned column = template->column ? template->column : 1;
	char text[sizeof(run->err->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (size_t i = 0; i < run->place && i < template->len; i++) {
		column = template->text[i] == '\n' ? 1 : column + 1;
		line += template->text[i] == '\n';
	}
	err_set(run->err, ERR_INPUT, "%s", text);
	err_at(run->err, template->file, line, column);
	return -1;
}

int go_charge(struct go_run *run, size_t bytes)
{
	run->bytes += bytes;
	if (++run->steps > GO_STEPS_MAX)
		return go_fail(run, "the template takes more than %u steps", GO_STEPS_MAX);
	if (run->bytes > GO_BYTES_MAX || bytes > GO_BYTES_MAX)
		return go_fail(run, "the template makes more than %u bytes", GO_BYTES_MAX);
	return 0;
}

struct go_value go_of_bool(bool flag)
{
	return (struct go_value){ .sort = SORT_BOOL, .flag = flag };
}

struct go_value go_of_int(int64_t number)
{
	return (struct go_value){ .sort = SORT_INT, .number = number };
}

struct go_value go_of_int64(int64_t number)
{
	return (struct go_value){ .sort = SORT_INT, .named = "int64", .number = number };
}

struct go_value go_of_float(double real)
{
	return (struct go_value){ .sort = SORT_FLOAT, .real = real };
}

struct go_value go_of_text(struct go_text text)
{
	return (struct go_value){ .sort = SORT_TEXT, .text = text };
}

struct go_value go_of_list(const struct go_list *list)
{
	return (struct go_value){ .sort = SORT_LIST, .list = list };
}

struct go_value go_of_strings(const struct go_list *list)
{
	return (struct go_value){ .sort = SORT_LIST, .named = "[]string", .list = list };
}

struct go_value go_of_map(struct go_map *map)
{
	return (struct go_value){ .sort = SORT_MAP, .map = map };
}

struct go_value go_nil(void)
{
	return (struct go_value){ .sort = SORT_NIL };
}

struct go_text go_text_copy(struct go_run *run, const char *at, size_t len)
{
	return (struct go_text){ arena_strn(run->arena, at, len), len };
}

int go_text_take(struct go_run *run, struct str *built, struct go_value *out)
{
	if (built->full)
		return go_fail(run, "a text is longer than %zu bytes", built->max);
	if (go_charge(run, built->len) < 0)
		return -1;
	*out = go_of_text(go_text_copy(run, str_text(built), built->len));
	return 0;
}

int go_text_compare(struct go_text a, struct go_text b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least ? memcmp(a.at, b.at, least) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool go_text_is(struct go_text text, const char *word)
{
	return strlen(word) == text.len && memcmp(text.at, word, text.len) == 0;
}

const char *go_text_c(struct go_run *run, struct go_text text)
{
	return arena_strn(run->arena, text.at, text.len);
}

struct go_list *go_list_new(struct go_run *run)
{
	return arena_alloc(run->arena, sizeof(struct go_list));
}

void go_list_add(struct go_run *run, struct go_list *list, struct go_value value)
{
	list->at = arena_grow(run->arena, list->at, list->len, &list->cap, sizeof(*list->at));
	if (value.sort == SORT_NONE)
		value.sort = SORT_NIL;
	list->at[list->len++] = value;
}

size_t go_list_len(const struct go_value *value)
{
	return value->sort == SORT_LIST && value->list ? value->list->len : 0;
}

struct go_map *go_map_new(struct go_run *run)
{
	return arena_alloc(run->arena, sizeof(struct go_map));
}

/* Where the key stands or would stand. */
static size_t map_place(const struct go_map *map, struct go_text key, bool *there)
{
	size_t low = 0, high = map->len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = go_text_compare(map->at[mid].key, key);

		if (order == 0) {
			*there = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*there = false;
	return low;
}

void go_map_put(struct go_run *run, struct go_map *map, struct go_text key, struct go_value value)
{
	bool there;
	size_t place = map_place(map, key, &there);

	if (value.sort == SORT_NONE)
		value.sort = SORT_NIL;
	if (there) {
		map->at[place].value = value;
		return;
	}
	map->at = arena_grow(run->arena, map->at, map->len, &map->cap, sizeof(*map->at));
	memmove(map->at + place + 1, map->at + place, (map->len - place) * sizeof(*map->at));
	map->at[place] = (struct go_pair){ key, value };
	map->len++;
}

const struct go_value *go_map_get(const struct go_map *map, struct go_text key)
{
	bool there;
	size_t place = map_place(map, key, &there);

	return there ? &map->at[place].value : NULL;
}

void go_map_drop(struct go_map *map, struct go_text key)
{
	bool there;
	size_t place = map_place(map, key, &there);

	if (!there)
		return;
	map->len--;
	memmove(map->at + place, map->at + place + 1, (map->len - place) * sizeof(*map->at));
}

static const struct go_type any_type = { .kind = GO_ANY };

static struct go_value of_scalar(struct go_run *run, const struct value *tree, enum go_kind kind)
{
	struct go_text text = { value_text(tree), value_text_len(tree) };
	enum scalar_type type = value_type(tree);
	int64_t number = 0;
	double real = 0;

	if (value_is_sensitive(tree) && run->template->sensitive)
		*run->template->sensitive = true;
	if (kind == GO_STRING || kind == GO_URL || (kind != GO_BOOL && type == SCALAR_STR))
		return go_of_text(text);
	if (kind == GO_BOOL || type == SCALAR_BOOL)
		return go_of_bool(value_bool(tree, false));
	if (type == SCALAR_INT && kind != GO_FLOAT && value_i64(tree, &number))
		return go_of_int(number);
	if (value_double(tree, &real))
		return go_of_float(real);
	return go_of_text(text);
}

static struct go_value of_list(struct go_run *run, const struct value *tree,
			       const struct go_type *item)
{
	struct go_list *list = go_list_new(run);
	struct go_value value = go_of_list(list);

	for (size_t i = 0; i < value_len(tree); i++)
		go_list_add(run, list, go_of_tree(run, value_at(tree, i), item));
	if (item && item->kind == GO_STRING)
		value.named = "[]string";
	return value;
}

static struct go_value of_map(struct go_run *run, const struct value *tree,
			      const struct go_type *item)
{
	struct go_map *map = go_map_new(run);

	map->item = item;
	for (size_t i = 0; i < value_len(tree); i++) {
		const char *key = value_key_at(tree, i);

		go_map_put(run, map, (struct go_text){ key, strlen(key) },
			   go_of_tree(run, value_at(tree, i), item));
	}
	return go_of_map(map);
}

struct go_value go_zero(struct go_run *run, const struct go_type *type)
{
	struct go_value zero = { .sort = SORT_NIL, .type = type };

	if (!type || type->pointer) {
		zero.pointer = type;
		return zero;
	}
	switch (type->kind) {
	case GO_STRING:
		return go_of_text((struct go_text){ "", 0 });
	case GO_BOOL:
		return go_of_bool(false);
	case GO_INT:
		return go_of_int(0);
	case GO_FLOAT:
		return go_of_float(0);
	case GO_LIST:
		return of_list(run, NULL, type->item);
	case GO_MAP:
		return of_map(run, NULL, type->item);
	case GO_STRUCT:
		zero.sort = SORT_STRUCT;
		zero.tree = NULL;
		return zero;
	default:
		return go_nil();
	}
}

struct go_value go_of_tree(struct go_run *run, const struct value *tree, const struct go_type *type)
{
	const struct go_type *as = type ? type : &any_type;
	struct go_value value;

	if (value_is_null(tree))
		return type ? go_zero(run, type) : go_nil();
	if (as->kind == GO_STRUCT)
		value = (struct go_value){ .sort = SORT_STRUCT, .type = as, .tree = tree };
	else if (value_is_list(tree))
		value = of_list(run, tree, as->item);
	else if (value_is_map(tree))
		value = of_map(run, tree, as->kind == GO_MAP ? as->item : NULL);
	else
		value = of_scalar(run, tree, as->kind);
	value.pointer = as->pointer;
	if (as->kind == GO_URL) {
		value.type = as;
		value.named = as->name;
	}
	return value;
}

bool go_truth(const struct go_value *value)
{
	if (value->pointer)
		return value->sort != SORT_NIL;
	return value->sort == SORT_STRUCT || !go_is_empty(value);
}

bool go_is_empty(const struct go_value *value)
{
	if (value->pointer)
		return value->sort == SORT_NIL;
	switch (value->sort) {
	case SORT_BOOL:
		return !value->flag;
	case SORT_INT:
		return value->number == 0;
	case SORT_FLOAT:
		return value->real == 0;
	case SORT_TEXT:
		return value->text.len == 0;
	case SORT_LIST:
		return go_list_len(value) == 0;
	case SORT_MAP:
		return value->map->len == 0;
	case SORT_STRUCT:
		return false;
	default:
		return true;
	}
}

static bool lists_equal(const struct go_value *a, const struct go_value *b)
{
	if (!a->list || !b->list)
		return a->list == b->list;
	if (a->list->len != b->list->len)
		return false;
	for (size_t i = 0; i < a->list->len; i++)
		if (!go_deep_equal(&a->list->at[i], &b->list->at[i]))
			return false;
	return true;
}

static bool maps_equal(const struct go_map *a, const struct go_map *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (go_text_compare(a->at[i].key, b->at[i].key) != 0 ||
		    !go_deep_equal(&a->at[i].value, &b->at[i].value))
			return false;
	return true;
}

/* Types count: an int is not an int64. */
bool go_deep_equal(const struct go_value *a, const struct go_value *b)
{
	if (a->sort != b->sort || strcmp(go_type_word(a), go_type_word(b)) != 0)
		return a->sort <= SORT_NIL && b->sort <= SORT_NIL;
	switch (a->sort) {
	case SORT_BOOL:
		return a->flag == b->flag;
	case SORT_INT:
		return a->number == b->number;
	case SORT_FLOAT:
		return a->real == b->real;
	case SORT_TEXT:
		return go_text_compare(a->text, b->text) == 0;
	case SORT_LIST:
		return lists_equal(a, b);
	case SORT_MAP:
		return maps_equal(a->map, b->map);
	case SORT_STRUCT:
		return value_equal(a->tree, b->tree);
	default:
		return true;
	}
}

static const struct {
	const char *kind, *type;
} words[SORT_COUNT] = {
	[SORT_NONE] = { "invalid", "<nil>" },
	[SORT_NIL] = { "invalid", "<nil>" },
	[SORT_BOOL] = { "bool", "bool" },
	[SORT_INT] = { "int", "int" },
	[SORT_FLOAT] = { "float64", "float64" },
	[SORT_TEXT] = { "string", "string" },
	[SORT_LIST] = { "slice", "[]interface {}" },
	[SORT_MAP] = { "map", "map[string]interface {}" },
	[SORT_STRUCT] = { "struct", "struct" },
};

const char *go_kind_word(const struct go_value *value)
{
	if (value->pointer)
		return "ptr";
	if (value->sort == SORT_INT && value->named)
		return value->named;
	return words[value->sort].kind;
}

const char *go_type_word(const struct go_value *value)
{
	if (value->type && value->type->name)
		return value->type->name;
	if (value->sort == SORT_MAP && value->map->item && value->map->item->kind == GO_STRING)
		return "map[string]string";
	return value->named ? value->named : words[value->sort].type;
}
