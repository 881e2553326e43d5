/*
 * Plain text questions: prefixes, likeness, patterns, numbers, encodings. No allocation unless an
 * arena is given, no locale.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
bool text_is_blank(const char *text); /* NULL, "" or white space only */

/* The candidate nearest to `word` for a did-you-mean; NULL when none is near enough
 * (more than a third of the longer word's letters differ; case does not count). */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* Shell pattern over the whole text: * ? [a-z] [!a-z] and backslash; case matters, "?" and a set
 * take one byte. Takes no more than length times length steps. */
bool text_glob(const char *pattern, const char *text);
/* The same where only * means something. */
bool text_glob_star(const char *pattern, const char *text);

/* The whole text must be the number; false otherwise. */
bool text_u64(const char *text, uint64_t *out);
bool text_i64(const char *text, int64_t *out);
/* The other way, in decimals; returns the length. */
#define TEXT_U64_MAX 21
size_t text_of_u64(uint64_t number, char out[static TEXT_U64_MAX]);

/* Compares as people order names: digit runs by value ("cp2" before "cp10"). */
int text_compare_natural(const char *a, const char *b);

char *base64_encode(struct arena *arena, const void *data, size_t len);	   /* standard, padded */
char *base64url_encode(struct arena *arena, const void *data, size_t len); /* -_ alphabet, padded */
/* Standard alphabet, padding needed, line breaks tolerated. NULL when it is none. */
unsigned char *base64_decode(struct arena *arena, const char *text, size_t *len);
char *hex_encode(struct arena *arena, const void *data, size_t len); /* lower case */
