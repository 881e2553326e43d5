#include "tree/value.h"

#include "base/map.h"
#include "base/text.h"
#include "tree/scalar.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ENTRIES_FIRST 3
#define ENTRIES_NEXT 8
#define INDEX_FROM 32 /* maps with fewer entries are searched one by one */

struct entry {
	const char *key;
	struct src key_src;
	const struct value *value;
};

struct scalar {
	const char *text;
	size_t len;
};

struct list {
	const struct value **at;
	size_t len;
};

struct entries {
	struct entry *at;
	size_t len;
	struct map *index; /* key to its place in `at`; NULL for small maps */
	struct src merge_key;
};

struct value {
	enum value_kind kind;
	enum scalar_type type;
	bool quoted, sensitive, bare;
	const void *mark;
	struct src src;
	union {
		struct scalar scalar;
		struct list list;
		struct entries map;
	};
};

struct list_builder {
	struct arena *arena;
	struct src src;
	struct list list;
	size_t cap;
};

struct map_builder {
	struct arena *arena;
	struct src src;
	struct entries map;
	size_t cap;
};

static const struct scalar *scalar_of(const struct value *value)
{
	return value && value->kind == VALUE_SCALAR ? &value->scalar : NULL;
}

static const struct entries *map_of(const struct value *value)
{
	return value && value->kind == VALUE_MAP ? &value->map : NULL;
}

enum value_kind value_kind(const struct value *value)
{
	return value ? value->kind : VALUE_NULL;
}

enum scalar_type value_type(const struct value *value)
{
	return scalar_of(value) ? value->type : SCALAR_STR;
}

bool value_is_null(const struct value *value)
{
	return value_kind(value) == VALUE_NULL;
}

bool value_is_map(const struct value *value)
{
	return value_kind(value) == VALUE_MAP;
}

bool value_is_list(const struct value *value)
{
	return value_kind(value) == VALUE_LIST;
}

bool value_is_str(const struct value *value)
{
	return scalar_of(value) && value->type == SCALAR_STR;
}

bool value_was_quoted(const struct value *value)
{
	return value && value->quoted;
}

bool value_is_bare(const struct value *value)
{
	return value && value->bare;
}

bool value_is_sensitive(const struct value *value)
{
	return value && value->sensitive;
}

struct src value_src(const struct value *value)
{
	return value ? value->src : (struct src){ 0 };
}

const char *value_text(const struct value *value)
{
	const struct scalar *scalar = scalar_of(value);

	return scalar ? scalar->text : NULL;
}

size_t value_text_len(const struct value *value)
{
	const struct scalar *scalar = scalar_of(value);

	return scalar ? scalar->len : 0;
}

bool value_bool(const struct value *value, bool otherwise)
{
	const struct scalar *scalar = scalar_of(value);
	bool flag = otherwise;

	if (scalar && value->type == SCALAR_BOOL)
		scalar_bool(scalar->text, scalar->len, SCALAR_NEW_WORDS, &flag);
	return flag;
}

bool value_truth(const struct value *value, bool *out)
{
	const struct scalar *scalar = scalar_of(value);
	bool flag;

	if (!scalar || !scalar_bool(scalar->text, scalar->len, SCALAR_OLD_WORDS, &flag))
		return false;
	if (value->type == SCALAR_STR &&
	    scalar_bool(scalar->text, scalar->len, SCALAR_NEW_WORDS, &flag))
		return false;
	*out = flag;
	return true;
}

static bool int_of(const struct value *value, struct scalar_int *out)
{
	const struct scalar *scalar = scalar_of(value);

	return scalar && value->type == SCALAR_INT && scalar_int(scalar->text, scalar->len, out);
}

bool value_u64(const struct value *value, uint64_t *out)
{
	struct scalar_int number;

	if (!int_of(value, &number) || (number.negative && number.magnitude > 0))
		return false;
	*out = number.magnitude;
	return true;
}

bool value_i64(const struct value *value, int64_t *out)
{
	struct scalar_int number;

	if (!int_of(value, &number))
		return false;
	if (number.magnitude > (uint64_t)INT64_MAX + number.negative)
		return false;
	*out = number.negative ? (int64_t)(0 - number.magnitude) : (int64_t)number.magnitude;
	return true;
}

bool value_double(const struct value *value, double *out)
{
	const struct scalar *scalar = scalar_of(value);
	struct scalar_int number;

	if (int_of(value, &number)) {
		*out = number.negative ? -(double)number.magnitude : (double)number.magnitude;
		return true;
	}
	return scalar && value->type == SCALAR_FLOAT &&
	       scalar_float(scalar->text, scalar->len, out);
}

size_t value_len(const struct value *value)
{
	switch (value_kind(value)) {
	case VALUE_LIST:
		return value->list.len;
	case VALUE_MAP:
		return value->map.len;
	default:
		return 0;
	}
}

const struct value *value_at(const struct value *value, size_t index)
{
	if (index >= value_len(value))
		return NULL;
	return value->kind == VALUE_LIST ? value->list.at[index] : value->map.at[index].value;
}

const char *value_key_at(const struct value *map, size_t index)
{
	const struct entries *entries = map_of(map);

	return entries && index < entries->len ? entries->at[index].key : NULL;
}

/* Most keys differ at once or are the very same text, and are so many that the call counts. */
static bool is_key(const char *a, const char *b)
{
	return a == b || (*a == *b && (!*a || (a[1] == b[1] && strcmp(a, b) == 0)));
}

static struct entry *entry_find(const struct entries *entries, const char *key)
{
	if (entries->index) {
		const size_t *place = map_get(entries->index, key);

		return place ? &entries->at[*place] : NULL;
	}
	for (size_t i = 0; i < entries->len; i++)
		if (is_key(entries->at[i].key, key))
			return &entries->at[i];
	return NULL;
}

static const struct entry *entry_get(const struct value *map, const char *key)
{
	const struct entries *entries = map_of(map);

	return entries && key ? entry_find(entries, key) : NULL;
}

const struct value *value_get(const struct value *map, const char *key)
{
	const struct entry *entry = entry_get(map, key);

	return entry ? entry->value : NULL;
}

const char *value_get_text(const struct value *map, const char *key)
{
	return value_text(value_get(map, key));
}

bool value_has(const struct value *map, const char *key)
{
	return entry_get(map, key) != NULL;
}

struct src value_key_src(const struct value *map, const char *key)
{
	const struct entry *entry = entry_get(map, key);

	return entry ? entry->key_src : (struct src){ 0 };
}

struct src value_key_src_at(const struct value *map, size_t index)
{
	const struct entries *entries = map_of(map);

	return entries && index < entries->len ? entries->at[index].key_src : (struct src){ 0 };
}

bool value_has_merge_key(const struct value *map, struct src *where)
{
	const struct entries *entries = map_of(map);

	if (!entries || entries->merge_key.line == 0)
		return false;
	if (where)
		*where = entries->merge_key;
	return true;
}

static bool list_equal(const struct value *a, const struct value *b)
{
	if (a->list.len != b->list.len)
		return false;
	for (size_t i = 0; i < a->list.len; i++)
		if (!value_equal(a->list.at[i], b->list.at[i]))
			return false;
	return true;
}

static bool map_equal(const struct value *a, const struct value *b)
{
	if (a->map.len != b->map.len)
		return false;
	for (size_t i = 0; i < a->map.len; i++) {
		const struct entry *other = entry_get(b, a->map.at[i].key);
		if (!other || !value_equal(a->map.at[i].value, other->value))
			return false;
	}
	return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a == b)
		return true;
	if (value_kind(a) != value_kind(b))
		return false;
	switch (value_kind(a)) {
	case VALUE_SCALAR:
		return a->type == b->type && a->scalar.len == b->scalar.len &&
		       memcmp(a->scalar.text, b->scalar.text, a->scalar.len) == 0;
	case VALUE_LIST:
		return list_equal(a, b);
	case VALUE_MAP:
		return map_equal(a, b);
	default:
		return true;
	}
}

static struct value *value_new(struct arena *arena, enum value_kind kind)
{
	struct value *value = arena_alloc(arena, sizeof(*value));

	value->kind = kind;
	return value;
}

const struct value *value_null(struct arena *arena)
{
	return value_new(arena, VALUE_NULL);
}

/* `text` becomes part of the value. */
static const struct value *scalar_own(struct arena *arena, enum scalar_type type, const char *text,
				      size_t len)
{
	struct value *value = value_new(arena, VALUE_SCALAR);

	value->type = type;
	value->scalar = (struct scalar){ text, len };
	return value;
}

const struct value *value_scalar_form(struct arena *arena, const char *text, size_t len,
				      const struct scalar_form *form)
{
	struct value *value = value_new(arena, VALUE_SCALAR);

	value->type = form->type;
	value->quoted = form->quoted;
	value->sensitive = form->sensitive;
	value->src = form->src;
	value->scalar = (struct scalar){ arena_strn(arena, text, len), len };
	return value;
}

const struct value *value_scalar(struct arena *arena, enum scalar_type type, const char *text,
				 bool quoted)
{
	struct scalar_form form = { .type = type, .quoted = quoted };

	return value_scalar_form(arena, text, strlen(text), &form);
}

const struct value *value_strn(struct arena *arena, const char *text, size_t len)
{
	return scalar_own(arena, SCALAR_STR, arena_strn(arena, text, len), len);
}

const struct value *value_str(struct arena *arena, const char *text)
{
	return text ? value_strn(arena, text, strlen(text)) : value_null(arena);
}

const struct value *value_strf(struct arena *arena, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const char *text = arena_vprintf(arena, fmt, args);
	va_end(args);
	return scalar_own(arena, SCALAR_STR, text, strlen(text));
}

const struct value *value_of_bool(struct arena *arena, bool flag)
{
	return value_scalar(arena, SCALAR_BOOL, flag ? "true" : "false", false);
}

const struct value *value_of_int(struct arena *arena, int64_t number)
{
	const char *text = arena_printf(arena, "%" PRId64, number);

	return scalar_own(arena, SCALAR_INT, text, strlen(text));
}

const struct value *value_of_u64(struct arena *arena, uint64_t number)
{
	const char *text = arena_printf(arena, "%" PRIu64, number);

	return scalar_own(arena, SCALAR_INT, text, strlen(text));
}

const struct value *value_of_double(struct arena *arena, double number)
{
	char text[SCALAR_FLOAT_MAX];

	return value_scalar(arena, SCALAR_FLOAT, scalar_float_text(number, text), false);
}

static struct value *value_clone(struct arena *arena, const struct value *value)
{
	struct value *copy = arena_dup(arena, value, sizeof(*value));

	copy->mark = NULL;
	return copy;
}

const void *value_mark(const struct value *value)
{
	return value ? value->mark : NULL;
}

void value_set_mark(const struct value *value, const void *mark)
{
	((struct value *)(uintptr_t)value)->mark = mark;
}

bool value_holds_same(const struct value *a, const struct value *b)
{
	if (value_kind(a) != value_kind(b) || value_len(a) != value_len(b))
		return false;
	for (size_t i = 0; i < value_len(a); i++) {
		if (value_at(a, i) != value_at(b, i))
			return false;
		if (a->kind == VALUE_MAP && !is_key(a->map.at[i].key, b->map.at[i].key))
			return false;
	}
	return true;
}

const struct value *value_with_src(struct arena *arena, const struct value *value, struct src src)
{
	struct value *out = value_clone(arena, value);

	out->src = src;
	return out;
}

const struct value *value_with_sensitive(struct arena *arena, const struct value *value)
{
	struct value *out = value_clone(arena, value);

	out->sensitive = true;
	return out;
}

const struct value *value_with_bare(struct arena *arena, const struct value *value)
{
	struct value *out = value_clone(arena, value);

	out->bare = true;
	return out;
}

const struct value *value_normal(struct arena *arena, const struct value *value)
{
	struct scalar_int number;
	const char *text;
	char real_text[SCALAR_FLOAT_MAX];
	double real;

	if (value_type(value) == SCALAR_BOOL)
		text = value_bool(value, false) ? "true" : "false";
	else if (int_of(value, &number))
		text = arena_printf(arena, "%s%" PRIu64, number.negative ? "-" : "",
				    number.magnitude);
	else if (value_type(value) == SCALAR_FLOAT && value_double(value, &real))
		text = scalar_float_text(real, real_text);
	else
		return value;
	if (text_equal(text, value->scalar.text))
		return value;

	struct value *out = value_clone(arena, value);

	out->scalar = (struct scalar){ arena_str(arena, text), strlen(text) };
	return out;
}

struct list_builder *list_begin(struct arena *arena)
{
	struct list_builder *list = arena_alloc(arena, sizeof(*list));

	list->arena = arena;
	return list;
}

void list_add(struct list_builder *list, const struct value *value)
{
	list->list.at = arena_grow(list->arena, (void *)list->list.at, list->list.len, &list->cap,
				   sizeof(struct value *));
	list->list.at[list->list.len++] = value ? value : value_null(list->arena);
}

void list_src(struct list_builder *list, struct src src)
{
	list->src = src;
}

const struct value *list_end(struct list_builder *list)
{
	struct value *value = value_new(list->arena, VALUE_LIST);

	value->src = list->src;
	value->list = list->list;
	return value;
}

struct map_builder *map_begin(struct arena *arena)
{
	struct map_builder *map = arena_alloc(arena, sizeof(*map));

	map->arena = arena;
	return map;
}

static void index_put(struct map_builder *map, size_t place)
{
	map_put(map->map.index, map->map.at[place].key,
		arena_dup(map->arena, &place, sizeof(place)));
}

static void index_last(struct map_builder *map)
{
	struct entries *entries = &map->map;

	if (entries->index) {
		index_put(map, entries->len - 1);
		return;
	}
	if (entries->len < INDEX_FROM)
		return;
	entries->index = map_new(map->arena);
	for (size_t i = 0; i < entries->len; i++)
		index_put(map, i);
}

/* Most maps have up to three entries, and nearly all others up to eight: what an array leaves
 * behind when it grows stays in the arena. */
static void make_room(struct map_builder *map)
{
	size_t wanted = map->cap ? map->cap * 2 : ENTRIES_FIRST;
	struct entry *grown;

	if (map->map.len < map->cap)
		return;
	if (map->cap == ENTRIES_FIRST)
		wanted = ENTRIES_NEXT;
	grown = arena_calloc(map->arena, wanted, sizeof(*grown));
	if (map->cap)
		memcpy(grown, map->map.at, map->map.len * sizeof(*grown));
	map->map.at = grown;
	map->cap = wanted;
}

/* The same for a key that is not there yet. */
static void entry_append(struct map_builder *map, struct entry entry)
{
	if (!entry.value)
		entry.value = value_null(map->arena);
	make_room(map);
	map->map.at[map->map.len++] = entry;
	index_last(map);
}

/* `entry.key` lives as long as the map. */
static void entry_add(struct map_builder *map, struct entry entry)
{
	struct entry *old = entry_find(&map->map, entry.key);

	if (!old) {
		entry_append(map, entry);
		return;
	}
	old->key_src = entry.key_src;
	old->value = entry.value ? entry.value : value_null(map->arena);
}

void map_add_new(struct map_builder *map, const char *key, struct src key_src,
		 const struct value *value)
{
	entry_append(map, (struct entry){ key, key_src, value });
}

void map_add_at(struct map_builder *map, const char *key, struct src key_src,
		const struct value *value)
{
	entry_add(map, (struct entry){ arena_str(map->arena, key), key_src, value });
}

void map_add(struct map_builder *map, const char *key, const struct value *value)
{
	map_add_at(map, key, (struct src){ 0 }, value);
}

bool map_holds(const struct map_builder *map, const char *key)
{
	return entry_find(&map->map, key) != NULL;
}

struct src map_key_src(const struct map_builder *map, const char *key)
{
	const struct entry *entry = entry_find(&map->map, key);

	return entry ? entry->key_src : (struct src){ 0 };
}

void map_src(struct map_builder *map, struct src src)
{
	map->src = src;
}

void map_merge_key(struct map_builder *map, struct src src)
{
	map->map.merge_key = src;
}

const struct value *map_end(struct map_builder *map)
{
	struct value *value = value_new(map->arena, VALUE_MAP);

	value->src = map->src;
	value->map = map->map;
	return value;
}

/* A map to be filled that is otherwise like `value`. */
static struct map_builder *map_like(struct arena *arena, const struct value *value)
{
	struct map_builder *map = map_begin(arena);

	map->src = value_src(value);
	if (map_of(value))
		map->map.merge_key = value->map.merge_key;
	return map;
}

const struct value *value_set(struct arena *arena, const struct value *map, const char *key,
			      const struct value *value)
{
	const struct entries *entries = map_of(map);
	struct map_builder *out = map_like(arena, map);
	bool found = false;

	for (size_t i = 0; entries && i < entries->len; i++) {
		struct entry entry = entries->at[i];
		if (strcmp(entry.key, key) == 0) {
			found = true;
			if (!value)
				continue;
			entry.value = value;
		}
		entry_append(out, entry);
	}
	if (value && !found)
		map_add(out, key, value);
	return map_end(out);
}

const struct value *value_merge(struct arena *arena, const struct value *base,
				const struct value *over)
{
	if (!over)
		return base;
	if (!value_is_map(base) || !value_is_map(over))
		return over;

	struct map_builder *out = map_like(arena, over);

	for (size_t i = 0; i < base->map.len; i++) {
		struct entry entry = base->map.at[i];
		const struct entry *winner = entry_get(over, entry.key);
		if (winner) {
			entry.key_src = winner->key_src;
			entry.value = value_merge(arena, entry.value, winner->value);
		}
		entry_add(out, entry);
	}
	for (size_t i = 0; i < over->map.len; i++)
		if (!map_holds(out, over->map.at[i].key))
			entry_add(out, over->map.at[i]);
	return map_end(out);
}

/* File names repeat in long runs: one copy serves until the name changes. */
struct copy {
	struct arena *arena;
	const char *from, *to;
};

static struct src copy_src(struct copy *copy, struct src src)
{
	if (src.file && (!copy->from || strcmp(copy->from, src.file) != 0)) {
		copy->from = src.file;
		copy->to = arena_str(copy->arena, src.file);
	}
	if (src.file)
		src.file = copy->to;
	return src;
}

static const struct value *copy_value(struct copy *copy, const struct value *value);

static const struct value *copy_list(struct copy *copy, const struct value *value)
{
	struct list_builder *list = list_begin(copy->arena);

	for (size_t i = 0; i < value->list.len; i++)
		list_add(list, copy_value(copy, value->list.at[i]));
	list->src = copy_src(copy, value->src);
	return list_end(list);
}

static const struct value *copy_map(struct copy *copy, const struct value *value)
{
	struct map_builder *map = map_begin(copy->arena);

	for (size_t i = 0; i < value->map.len; i++) {
		const struct entry *entry = &value->map.at[i];
		map_add_at(map, entry->key, copy_src(copy, entry->key_src),
			   copy_value(copy, entry->value));
	}
	map->src = copy_src(copy, value->src);
	map->map.merge_key = copy_src(copy, value->map.merge_key);
	return map_end(map);
}

static const struct value *copy_value(struct copy *copy, const struct value *value)
{
	struct value *out;

	switch (value_kind(value)) {
	case VALUE_LIST:
		out = value_clone(copy->arena, copy_list(copy, value));
		break;
	case VALUE_MAP:
		out = value_clone(copy->arena, copy_map(copy, value));
		break;
	default:
		out = value_clone(copy->arena, value);
		out->src = copy_src(copy, value->src);
		if (out->kind == VALUE_SCALAR)
			out->scalar.text =
				arena_strn(copy->arena, value->scalar.text, value->scalar.len);
		break;
	}
	out->sensitive = value->sensitive;
	return out;
}

const struct value *value_copy(struct arena *arena, const struct value *value)
{
	struct copy copy = { .arena = arena };

	return value ? copy_value(&copy, value) : value_null(arena);
}
