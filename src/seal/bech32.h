/*
 * Bech32, the form of age's keys: "age1..." and "AGE-SECRET-KEY-1...".
 *
 *	unsigned char key[32];
 *	if (!bech32_read(text, "age", key, sizeof(key)))
 *		... it is none, or not of 32 bytes
 *
 * All small or all capital letters; the checksum must be right. Nothing that is read is ever put
 * into an error: there is none to put it in.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* `prefix` is what stands before the 1, in the case that is wanted. `out` is written when true. */
bool bech32_read(const char *text, const char *prefix, unsigned char *out, size_t size);
/* In small letters, or in capital ones when the prefix is. */
const char *bech32_write(struct arena *arena, const char *prefix, const unsigned char *data,
			 size_t len);
