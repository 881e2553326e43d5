/*
 * What age files are written in: base64 that has one form only, and the armor around a whole file.
 *
 *	if (armor_is(text, len) && armor_read(arena, text, len, &data, &size, err) < 0)
 *		return -1;
 *
 * Strict on purpose: a file has one text, so that nobody can change it without breaking it. White
 * space around the armor is fine, and CR before LF.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

bool armor_is(const char *text, size_t len);
/* ERR_INPUT when it is damaged. */
int armor_read(struct arena *arena, const char *text, size_t len, unsigned char **out, size_t *size,
	       struct err *err);
void armor_write(struct str *out, const unsigned char *data, size_t len);

/* Without padding and line breaks, the last bits zero. NULL when it is not so. */
unsigned char *base64_bare_read(struct arena *arena, const char *text, size_t len, size_t *size);
char *base64_bare(struct arena *arena, const unsigned char *data, size_t len);
