/*
 * Growable bytes with a hard limit, NUL-terminated, erased when done.
 *
 *	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
 *	str_add(&text, "name: ");
 *	str_addf(&text, "%u", count);
 *
 * The limit is in bytes and counts without the NUL. What would pass it is dropped whole and `full`
 * stays set; a caller that builds from a peer's data checks it once at the end. Memory is erased
 * when it is moved or freed.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
	char *at; /* owned; NULL until something is added: use str_text() to print */
	size_t len, cap, max;
	bool full;
};

/* clang-format off */
#define STR_INIT(limit) { .max = (limit) }
/* clang-format on */

void str_init(struct str *str, size_t max);
void str_done(struct str *str);	 /* erased, freed and empty again; the limit stays */
void str_clear(struct str *str); /* keeps the memory */
void str_add(struct str *str, const char *text);
void str_addn(struct str *str, const void *data, size_t len);
void str_addc(struct str *str, char c);
void str_pad(struct str *str, char c, size_t count);
void str_addf(struct str *str, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *str, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
void str_drop(struct str *str, size_t count); /* removes the first `count` bytes */
void str_cut(struct str *str, size_t len);    /* shortens to `len` bytes */
const char *str_text(const struct str *str);  /* never NULL */
