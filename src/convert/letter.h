/*
 * Characters of UTF-8 as Go's unicode tables see them, near enough: ASCII, Latin, Greek and
 * Cyrillic exactly, other scripts as letters without upper and lower case. Internal to the module.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool letter_is_word(uint32_t letter); /* letter, digit or underscore */
uint32_t letter_upper(uint32_t letter);
uint32_t letter_lower(uint32_t letter);
