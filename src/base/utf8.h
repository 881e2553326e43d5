/*
 * UTF-8: whether a text is, and its characters one by one.
 *
 *	for (size_t at = 0, bytes; at < len; at += bytes)
 *		see(utf8_take(text + at, len - at, &bytes));
 *
 * What begins no character counts as UTF8_BAD, one byte long, as in Go; so nothing is ever read
 * beyond the end, whatever the text holds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD 0xfffdU

bool utf8_is_valid(const char *text, size_t len);
/* The character at `at`, of which `left` (at least 1) bytes are there; how many it takes. */
uint32_t utf8_take(const char *at, size_t left, size_t *bytes);
/* The bytes of a character up to U+1FFFFF into `out`; how many. */
size_t utf8_put(uint32_t point, char out[static 4]);
/* White_Space of Unicode. */
bool utf8_is_space(uint32_t point);
