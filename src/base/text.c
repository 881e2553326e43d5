#include "base/text.h"

#include <string.h>

#define NEAREST_MAX ((size_t)64) /* bytes; longer words are not misspelt names */

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text);
	size_t tail = strlen(suffix);

	return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

bool text_is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\n\v\f\r")] == '\0';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to change, add, drop or swap with their neighbour; three rows of the usual table. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = before[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = least(above[j - 1] + (x != y), least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_len];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
	const char *nearest = NULL;
	size_t nearest_distance = SIZE_MAX;
	size_t len = strlen(word);

	if (len > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(candidates[i]);
		if (other > NEAREST_MAX)
			continue;

		size_t far = distance(word, len, candidates[i], other);
		if (far * 3 <= (len > other ? len : other) && far < nearest_distance) {
			nearest = candidates[i];
			nearest_distance = far;
		}
	}
	return nearest;
}

/* Behind the "]" of the set that begins at `set`, or NULL when it has none. A "]" in first place
 * is a member. */
static const char *set_end(const char *set)
{
	const char *at = set + 1;

	if (*at == '!')
		at++;
	if (*at == ']')
		at++;
	for (; *at && *at != ']'; at++) {
		if (*at == '\\' && at[1])
			at++;
	}
	return *at ? at + 1 : NULL;
}

static unsigned char set_member(const char **at)
{
	if (**at == '\\')
		(*at)++;
	return (unsigned char)*(*at)++;
}

static bool set_has(const char *set, const char *end, unsigned char c)
{
	const char *at = set + 1;
	bool negated = *at == '!';
	bool found = false;

	if (negated)
		at++;
	while (at < end - 1) {
		unsigned char first = set_member(&at), last = first;

		if (*at == '-' && at + 1 < end - 1) {
			at++;
			last = set_member(&at);
		}
		found = found || (c >= first && c <= last);
	}
	return found != negated;
}

/* Matches one byte of text against one element of the pattern; moves `pattern` behind it. */
static bool match_one(const char **pattern, char c)
{
	const char *at = *pattern;
	const char *end = *at == '[' ? set_end(at) : NULL;

	if (end) {
		*pattern = end;
		return set_has(at, end, (unsigned char)c);
	}
	if (*at == '\\' && at[1])
		at++;
	else if (*at == '?') {
		*pattern = at + 1;
		return true;
	}
	*pattern = at + 1;
	return *at == c;
}

static bool match_same(const char **pattern, char c)
{
	return *(*pattern)++ == c;
}

/* Only the last star needs to be tried again: what an earlier one took cannot help a later one. */
static bool glob(const char *pattern, const char *text, bool (*match)(const char **pattern, char c))
{
	const char *star = NULL, *star_text = NULL;

	while (*text || *pattern == '*') {
		if (*pattern == '*') {
			star = ++pattern;
			star_text = text;
			continue;
		}
		if (*pattern && match(&pattern, *text)) {
			text++;
			continue;
		}
		if (!star || *star_text == '\0')
			return false;
		pattern = star;
		text = ++star_text;
	}
	return *pattern == '\0';
}

bool text_glob(const char *pattern, const char *text)
{
	return glob(pattern, text, match_one);
}

bool text_glob_star(const char *pattern, const char *text)
{
	return glob(pattern, text, match_same);
}

bool text_u64(const char *text, uint64_t *out)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return false;
	}
	*out = number;
	return true;
}

size_t text_of_u64(uint64_t number, char out[static TEXT_U64_MAX])
{
	char backwards[TEXT_U64_MAX];
	size_t len = 0;

	do
		backwards[len++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	for (size_t i = 0; i < len; i++)
		out[i] = backwards[len - 1 - i];
	out[len] = '\0';
	return len;
}

bool text_i64(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	uint64_t size;

	if (!text_u64(text + negative, &size) || size > (uint64_t)INT64_MAX + negative)
		return false;
	if (negative && size > 0)
		*out = -(int64_t)(size - 1) - 1;
	else
		*out = (int64_t)size;
	return true;
}

/* Compares the digit runs that begin at both places by value and moves behind them. */
static int compare_numbers(const char **a, const char **b)
{
	static const char digits[] = "0123456789";

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");

	size_t a_len = strspn(*a, digits);
	size_t b_len = strspn(*b, digits);
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;

	int order = memcmp(*a, *b, a_len);
	*a += a_len;
	*b += b_len;
	return order;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int text_compare_natural(const char *a, const char *b)
{
	const char *whole_a = a, *whole_b = b;

	while (*a && *b) {
		if (is_digit(*a) && is_digit(*b)) {
			int order = compare_numbers(&a, &b);
			if (order != 0)
				return order;
			continue;
		}
		if (*a != *b)
			break;
		a++;
		b++;
	}
	if (*a != *b)
		return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
	/* "cp2" and "cp02" differ; bytes keep the order total. */
	return strcmp(whole_a, whole_b);
}
