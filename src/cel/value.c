#include "cel/node.h"

#include "base/clock.h"
#include "base/own.h"

#include <math.h>
#include <string.h>

const struct cel_type cel_dyn = { .kind = CEL_DYN };
const struct cel_type cel_bool = { .kind = CEL_BOOL };
const struct cel_type cel_int = { .kind = CEL_INT };
const struct cel_type cel_uint = { .kind = CEL_UINT };
const struct cel_type cel_double = { .kind = CEL_DOUBLE };
const struct cel_type cel_string = { .kind = CEL_STRING };
const struct cel_type cel_bytes = { .kind = CEL_BYTES };
const struct cel_type cel_strings = { .kind = CEL_LIST, .item = &cel_string };
const struct cel_type cel_duration = { .kind = CEL_DURATION };
const struct cel_type cel_timestamp = { .kind = CEL_TIMESTAMP };

static const char *const kind_names[] = {
	[CEL_DYN] = "dyn",
	[CEL_NULL] = "null_type",
	[CEL_BOOL] = "bool",
	[CEL_INT] = "int",
	[CEL_UINT] = "uint",
	[CEL_DOUBLE] = "double",
	[CEL_STRING] = "string",
	[CEL_BYTES] = "bytes",
	[CEL_LIST] = "list",
	[CEL_MAP] = "map",
	[CEL_DURATION] = "duration",
	[CEL_TIMESTAMP] = "timestamp",
	[CEL_TYPE] = "type",
	[CEL_STRUCT] = "struct",
	[CEL_OPTIONAL] = "optional",
	[CEL_OPEN] = "dyn",
};
_Static_assert(ARRAY_LEN(kind_names) == CEL_KIND_COUNT, "one name per kind");

const char *cel_kind_name(enum cel_kind kind)
{
	return kind_names[kind];
}

/* Names of types that an expression may use as values; the others have functions or no name. */
bool cel_kind_named(const char *name, enum cel_kind *out)
{
	for (size_t i = CEL_NULL; i < ARRAY_LEN(kind_names); i++) {
		if (i == CEL_DURATION || i == CEL_TIMESTAMP || i == CEL_STRUCT ||
		    i == CEL_OPTIONAL || i == CEL_OPEN)
			continue;
		if (strcmp(kind_names[i], name) == 0) {
			*out = (enum cel_kind)i;
			return true;
		}
	}
	return false;
}

struct cel_value cel_of_text(const char *text)
{
	const char *at = text ? text : "";

	return (struct cel_value){ .kind = CEL_STRING, .text = { at, strlen(at) } };
}

struct cel_value cel_of_bool(bool flag)
{
	return (struct cel_value){ .kind = CEL_BOOL, .flag = flag };
}

struct cel_value cel_of_int(int64_t number)
{
	return (struct cel_value){ .kind = CEL_INT, .number = number };
}

struct cel_value cel_of_uint(uint64_t number)
{
	return (struct cel_value){ .kind = CEL_UINT, .natural = number };
}

struct cel_value cel_of_double(double number)
{
	return (struct cel_value){ .kind = CEL_DOUBLE, .real = number };
}

struct cel_value cel_of_struct(const struct cel_struct *of, const void *at)
{
	return (struct cel_value){ .kind = CEL_STRUCT, .object = { of, at, NULL } };
}

struct cel_value cel_of_wall(uint64_t wall)
{
	return (struct cel_value){ .kind = CEL_TIMESTAMP,
				   .time = { (int64_t)(wall / SECOND),
					     (uint32_t)(wall % SECOND) } };
}

static struct cel_value of_scalar(const struct value *tree)
{
	struct cel_value out = { .kind = CEL_NULL };

	switch (value_type(tree)) {
	case SCALAR_BOOL:
		return cel_of_bool(value_bool(tree, false));
	case SCALAR_INT:
		out.kind = CEL_INT;
		if (value_i64(tree, &out.number))
			return out;
		break;
	case SCALAR_FLOAT:
		break;
	case SCALAR_STR:
		out.kind = CEL_STRING;
		out.text = (struct cel_text){ value_text(tree), value_text_len(tree) };
		return out;
	}
	out.kind = CEL_DOUBLE;
	out.real = 0;
	value_double(tree, &out.real);
	return out;
}

struct cel_value cel_of(struct arena *arena, const struct value *tree)
{
	size_t len = value_len(tree);
	bool map = value_is_map(tree);
	struct cel_value out = { .kind = map ? CEL_MAP : CEL_LIST };
	struct cel_value *at;

	if (value_is_null(tree))
		return (struct cel_value){ .kind = CEL_NULL };
	if (!map && !value_is_list(tree))
		return of_scalar(tree);
	at = arena_calloc(arena, len ? len : 1, (map ? 2 : 1) * sizeof(*at));
	out.list = (struct cel_list){ at, len };
	for (size_t i = 0; i < len; i++) {
		if (map)
			*at++ = cel_of_text(value_key_at(tree, i));
		*at++ = cel_of(arena, value_at(tree, i));
	}
	return out;
}

static enum order order_of_reals(double a, double b)
{
	if (isnan(a) || isnan(b))
		return ORDER_NONE;
	return a < b ? ORDER_LESS : a > b ? ORDER_MORE
					  : ORDER_SAME;
}

static enum order order_of_bytes(const struct cel_text *a, const struct cel_text *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int sign = len ? memcmp(a->at, b->at, len) : 0;

	if (sign == 0)
		sign = (a->len > b->len) - (a->len < b->len);
	return sign < 0 ? ORDER_LESS : sign > 0 ? ORDER_MORE
						: ORDER_SAME;
}

static enum order order_of_numbers(int64_t a, int64_t b)
{
	return a < b ? ORDER_LESS : a > b ? ORDER_MORE
					  : ORDER_SAME;
}

static enum order order_of_naturals(uint64_t a, uint64_t b)
{
	return a < b ? ORDER_LESS : a > b ? ORDER_MORE
					  : ORDER_SAME;
}

static enum order order_of_times(const struct cel_time *a, const struct cel_time *b)
{
	enum order order = order_of_numbers(a->seconds, b->seconds);

	return order == ORDER_SAME ? order_of_naturals(a->nanos, b->nanos) : order;
}

static bool is_number(enum cel_kind kind)
{
	return kind == CEL_INT || kind == CEL_UINT || kind == CEL_DOUBLE;
}

static double as_real(const struct cel_value *value)
{
	if (value->kind == CEL_INT)
		return (double)value->number;
	return value->kind == CEL_UINT ? (double)value->natural : value->real;
}

/* Numbers of two kinds. */
static enum order order_across(const struct cel_value *a, const struct cel_value *b)
{
	if (a->kind == CEL_DOUBLE || b->kind == CEL_DOUBLE)
		return order_of_reals(as_real(a), as_real(b));
	if (a->kind == CEL_INT)
		return a->number < 0 ? ORDER_LESS
				     : order_of_naturals((uint64_t)a->number, b->natural);
	return b->number < 0 ? ORDER_MORE : order_of_naturals(a->natural, (uint64_t)b->number);
}

bool cel_comparable(const struct cel_value *a, const struct cel_value *b)
{
	static const bool ordered[CEL_KIND_COUNT] = {
		[CEL_BOOL] = true,
		[CEL_INT] = true,
		[CEL_UINT] = true,
		[CEL_DOUBLE] = true,
		[CEL_STRING] = true,
		[CEL_BYTES] = true,
		[CEL_DURATION] = true,
		[CEL_TIMESTAMP] = true,
	};

	return ordered[a->kind] &&
	       (a->kind == b->kind || (is_number(a->kind) && is_number(b->kind)));
}

enum order cel_compare(const struct cel_value *a, const struct cel_value *b)
{
	if (!cel_comparable(a, b))
		return ORDER_NONE;
	if (a->kind != b->kind)
		return order_across(a, b);
	switch (a->kind) {
	case CEL_BOOL:
		return order_of_numbers(a->flag, b->flag);
	case CEL_INT:
	case CEL_DURATION:
		return order_of_numbers(a->number, b->number);
	case CEL_UINT:
		return order_of_naturals(a->natural, b->natural);
	case CEL_DOUBLE:
		return order_of_reals(a->real, b->real);
	case CEL_TIMESTAMP:
		return order_of_times(&a->time, &b->time);
	default:
		return order_of_bytes(&a->text, &b->text);
	}
}

const struct cel_value *cel_map_find(const struct cel_value *map, const struct cel_value *key)
{
	for (size_t i = 0; i < map->list.len; i++)
		if (cel_equal(&map->list.at[2 * i], key))
			return &map->list.at[2 * i + 1];
	return NULL;
}

static bool equal_lists(const struct cel_list *a, const struct cel_list *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (!cel_equal(&a->at[i], &b->at[i]))
			return false;
	return a->len == b->len;
}

static bool equal_maps(const struct cel_value *a, const struct cel_value *b)
{
	if (a->list.len != b->list.len)
		return false;
	for (size_t i = 0; i < a->list.len; i++) {
		const struct cel_value *other = cel_map_find(b, &a->list.at[2 * i]);

		if (!other || !cel_equal(&a->list.at[2 * i + 1], other))
			return false;
	}
	return true;
}

bool cel_equal(const struct cel_value *a, const struct cel_value *b)
{
	if (cel_comparable(a, b))
		return cel_compare(a, b) == ORDER_SAME;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case CEL_LIST:
		return equal_lists(&a->list, &b->list);
	case CEL_MAP:
		return equal_maps(a, b);
	case CEL_TYPE:
		return a->type == b->type;
	case CEL_STRUCT:
		return a->object.of == b->object.of && a->object.at == b->object.at &&
		       value_equal(a->object.tree, b->object.tree);
	default:
		return true; /* null */
	}
}
