/*
 * One input as several texts, so that a corpus file can be read by people: what follows a line
 * "=== WORDS" up to the next such line is one text, what comes before the first is one without
 * words. Nothing is copied.
 */
#pragma once

#include <stddef.h>

struct split_text {
	const char *words; /* of the marker's line, not ended by a zero */
	size_t words_len;
	const char *text;
	size_t len;
};

/* How many there are; what is more than `max` stays in the last. `max` is at least 1. */
size_t split_texts(const char *input, size_t size, struct split_text *out, size_t max);
