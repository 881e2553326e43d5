#include "tree/key_order.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct digit_run {
	uint64_t number;
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (unsigned char)c >= 0x80 || isalpha((unsigned char)c);
}

/* Numbers too long for 64 bits wrap, as they do in the tools. */
static struct digit_run digit_run(const char *text, uint64_t start)
{
	struct digit_run run = { .number = start };

	for (; is_digit(text[run.len]); run.len++)
		run.number = run.number * 10 + (uint64_t)(text[run.len] - '0');
	return run;
}

/* Whether the digits right before `at` hold one that is not 0: then a 0 at `at` counts. */
static bool follows_digits(const char *text, size_t at)
{
	for (; at > 0 && is_digit(text[at - 1]); at--)
		if (text[at - 1] != '0')
			return true;
	return false;
}

static int compare_others(const char *a, const char *b, size_t at)
{
	bool zero = a[at] == '0' || b[at] == '0';
	uint64_t start = zero && follows_digits(a, at);
	struct digit_run left = digit_run(a + at, start), right = digit_run(b + at, start);

	if (left.number != right.number)
		return (int64_t)left.number < (int64_t)right.number ? -1 : 1;
	if (left.len != right.len)
		return left.len < right.len ? -1 : 1;
	return (unsigned char)a[at] < (unsigned char)b[at] ? -1 : 1;
}

int key_compare(const char *a, const char *b)
{
	size_t at = 0;

	while (a[at] && a[at] == b[at])
		at++;
	if (!a[at] || !b[at])
		return (a[at] != '\0') - (b[at] != '\0');

	bool left = is_letter(a[at]), right = is_letter(b[at]);

	if (left && right)
		return (unsigned char)a[at] < (unsigned char)b[at] ? -1 : 1;
	if (left || right) {
		bool after_digit = at > 0 && is_digit(a[at - 1]);
		return left == after_digit ? -1 : 1;
	}
	return compare_others(a, b, at);
}

static int compare_names(const void *a, const void *b)
{
	return key_compare(*(const char *const *)a, *(const char *const *)b);
}

static const struct value *sorted_map(struct arena *arena, const struct value *map)
{
	size_t len = value_len(map);
	const char **keys = arena_calloc(arena, len + 1, sizeof(*keys));
	struct map_builder *out = map_begin(arena);
	struct src src;

	for (size_t i = 0; i < len; i++)
		keys[i] = value_key_at(map, i);
	qsort((void *)keys, len, sizeof(*keys), compare_names);
	for (size_t i = 0; i < len; i++)
		map_add_at(out, keys[i], value_key_src(map, keys[i]),
			   value_sorted(arena, value_get(map, keys[i])));
	map_src(out, value_src(map));
	if (value_has_merge_key(map, &src))
		map_merge_key(out, src);
	return map_end(out);
}

static const struct value *sorted_list(struct arena *arena, const struct value *list)
{
	struct list_builder *out = list_begin(arena);

	for (size_t i = 0; i < value_len(list); i++)
		list_add(out, value_sorted(arena, value_at(list, i)));
	list_src(out, value_src(list));
	return list_end(out);
}

const struct value *value_sorted(struct arena *arena, const struct value *value)
{
	const struct value *out = value;

	if (value_is_map(value))
		out = sorted_map(arena, value);
	else if (value_is_list(value))
		out = sorted_list(arena, value);
	return out != value && value_is_sensitive(value) ? value_with_sensitive(arena, out) : out;
}
