/*
 * Characters of UTF-8 as Go's unicode tables see them, near enough: ASCII, Latin, Greek and
 * Cyrillic exactly, other scripts as letters without upper and lower case. Internal to the module.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LETTER_BAD 0xfffdU /* what a byte counts as that begins no character */

/* The character at `at`, of which `left` (at least 1) bytes are there; its bytes in *len. */
uint32_t letter_take(const char *at, size_t left, size_t *len);
/* The bytes of a character. */
size_t letter_put(uint32_t letter, char to[static 4]);

bool letter_is_word(uint32_t letter); /* letter, digit or underscore */
bool letter_is_space(uint32_t letter);
uint32_t letter_upper(uint32_t letter);
uint32_t letter_lower(uint32_t letter);
