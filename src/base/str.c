#include "base/str.h"

#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CAP_FIRST ((size_t)64)

void str_init(struct str *str, size_t max)
{
	*str = (struct str)STR_INIT(max);
}

void str_done(struct str *str)
{
	if (!str)
		return;
	mem_free(str->at, str->cap);
	str_init(str, str->max);
}

void str_clear(struct str *str)
{
	str_cut(str, 0);
	str->full = false;
}

/* Where `len` bytes and a NUL can be written, or NULL when they would pass the limit. Moving goes
 * through a new allocation because realloc() would leave an old copy behind. */
static char *reserve(struct str *str, size_t len)
{
	if (len > str->max - str->len || str->len + len == SIZE_MAX) {
		str->full = true;
		return NULL;
	}

	size_t needed = str->len + len + 1;
	if (needed > str->cap) {
		size_t cap = str->cap > SIZE_MAX / 2 ? SIZE_MAX : str->cap * 2;

		if (cap < CAP_FIRST)
			cap = CAP_FIRST;
		if (cap > str->max && str->max < SIZE_MAX)
			cap = str->max + 1;
		if (cap < needed)
			cap = needed;

		char *moved = mem_new(cap);
		if (str->len)
			memcpy(moved, str->at, str->len);
		mem_free(str->at, str->cap);
		str->at = moved;
		str->cap = cap;
	}
	return str->at + str->len;
}

void str_add(struct str *str, const char *text)
{
	str_addn(str, text, strlen(text));
}

void str_addn(struct str *str, const void *data, size_t len)
{
	char *end = reserve(str, len);

	if (!end)
		return;
	if (len)
		memcpy(end, data, len);
	end[len] = '\0';
	str->len += len;
}

void str_addc(struct str *str, char c)
{
	str_addn(str, &c, 1);
}

void str_pad(struct str *str, char c, size_t count)
{
	char *end = reserve(str, count);

	if (!end)
		return;
	memset(end, c, count);
	end[count] = '\0';
	str->len += count;
}

void str_addf(struct str *str, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	str_addv(str, fmt, args);
	va_end(args);
}

void str_addv(struct str *str, const char *fmt, va_list args)
{
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0) {
		str->full = true;
		return;
	}

	char *end = reserve(str, (size_t)len);
	if (!end)
		return;
	vsnprintf(end, (size_t)len + 1, fmt, args);
	str->len += (size_t)len;
}

void str_drop(struct str *str, size_t count)
{
	if (count >= str->len) {
		str_cut(str, 0);
		return;
	}
	str->len -= count;
	memmove(str->at, str->at + count, str->len);
	str->at[str->len] = '\0';
}

void str_cut(struct str *str, size_t len)
{
	if (len >= str->len)
		return;
	str->len = len;
	str->at[len] = '\0';
}

const char *str_text(const struct str *str)
{
	return str->at ? str->at : "";
}
