#include "render/key_order.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct rune_text {
	const unsigned char *at;
	size_t len;
};

static uint32_t rune_at(const struct rune_text *text, size_t index, size_t *size)
{
	return utf8_take((const char *)text->at + index, text->len - index, size);
}

static bool is_digit(uint32_t rune)
{
	return rune >= '0' && rune <= '9';
}

static bool is_letter(uint32_t rune)
{
	return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z') || rune >= 0xaa;
}

static bool follows_nonzero_digit(const struct rune_text *text, size_t index)
{
	while (index > 0 && is_digit(text->at[index - 1])) {
		if (text->at[--index] != '0')
			return true;
	}
	return false;
}

static size_t digit_run(const struct rune_text *text, size_t index, unsigned long long *number)
{
	size_t end = index;

	for (; end < text->len && is_digit(text->at[end]); end++)
		*number = *number * 10 + (unsigned long long)(text->at[end] - '0');
	return end;
}

static int compare_numbers(const struct rune_text *a, const struct rune_text *b, size_t index)
{
	unsigned long long a_number = 0, b_number = 0;

	if ((a->at[index] == '0' || b->at[index] == '0') && follows_nonzero_digit(a, index))
		a_number = b_number = 1;
	size_t a_end = digit_run(a, index, &a_number);
	size_t b_end = digit_run(b, index, &b_number);

	if (a_number != b_number)
		return a_number < b_number ? -1 : 1;
	if (a_end != b_end)
		return a_end < b_end ? -1 : 1;
	return 0;
}

static int compare_runes(const struct rune_text *a, const struct rune_text *b, size_t index,
			 bool json)
{
	size_t size;
	uint32_t a_rune = rune_at(a, index, &size), b_rune = rune_at(b, index, &size);
	bool a_letter = is_letter(a_rune), b_letter = is_letter(b_rune);

	if (a_letter != b_letter) {
		bool after_digit = !json && index > 0 && is_digit(a->at[index - 1]);
		return a_letter == after_digit ? -1 : 1;
	}
	if (!a_letter) {
		int order = compare_numbers(a, b, index);
		if (order)
			return order;
	}
	return a_rune < b_rune ? -1 : 1;
}

static int compare(const char *a, const char *b, bool json)
{
	struct rune_text left = { (const unsigned char *)a, strlen(a) };
	struct rune_text right = { (const unsigned char *)b, strlen(b) };
	size_t a_size, b_size;

	for (size_t i = 0; i < left.len && i < right.len; i += a_size) {
		if (rune_at(&left, i, &a_size) != rune_at(&right, i, &b_size))
			return compare_runes(&left, &right, i, json);
	}
	return left.len < right.len ? -1 : left.len > right.len;
}

int key_order_compare(const char *a, const char *b)
{
	return compare(a, b, false);
}

struct entry {
	const char *key;
	const struct value *value;
};

static int compare_bytes(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static int compare_entries(const void *a, const void *b)
{
	return compare(((const struct entry *)a)->key, ((const struct entry *)b)->key, false);
}

static int compare_json_entries(const void *a, const void *b)
{
	return compare(((const struct entry *)a)->key, ((const struct entry *)b)->key, true);
}

/* By bytes before, so that it does not count in which order they are given. */
static const struct value *sorted(struct arena *arena, const struct value *map,
				  int (*order)(const void *a, const void *b))
{
	size_t len = value_len(map);
	struct entry *entries = arena_calloc(arena, len ? len : 1, sizeof(*entries));
	struct map_builder *out = map_begin(arena);

	for (size_t i = 0; i < len; i++)
		entries[i] = (struct entry){ value_key_at(map, i), value_at(map, i) };
	qsort(entries, len, sizeof(*entries), compare_bytes);
	qsort(entries, len, sizeof(*entries), order);
	map_src(out, value_src(map));
	for (size_t i = 0; i < len; i++) {
		struct src src = value_key_src(map, entries[i].key);
		map_add_new(out, entries[i].key, src, entries[i].value);
	}
	return map_end(out);
}

const struct value *key_order_sorted(struct arena *arena, const struct value *map)
{
	return sorted(arena, map, compare_entries);
}

const struct value *key_order_json_sorted(struct arena *arena, const struct value *map)
{
	return sorted(arena, map, compare_json_entries);
}
