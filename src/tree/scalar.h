/*
 * What a plain YAML scalar means: the YAML 1.1 rules as the field's tools apply them.
 *
 *	scalar_sense("0x1F", 4)	  SENSE_INT
 *	scalar_sense("yes", 3)	  SENSE_STR: only typed booleans take the old words
 *	scalar_is_old_word("yes") true: printers quote it for strict readers of YAML 1.1
 *
 * Texts are (text, length) and need no NUL. Nothing is allocated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scalar_sense {
	SENSE_STR,
	SENSE_NULL,
	SENSE_BOOL,
	SENSE_INT,
	SENSE_FLOAT,
	SENSE_TIME,  /* 2001-12-14, with or without time of day */
	SENSE_MERGE, /* << */
};

struct scalar_int {
	uint64_t magnitude;
	bool negative;
};

enum scalar_sense scalar_sense(const char *text, size_t len);
/* yes, no, on, off, y, n in the usual cases, and numbers to base 60 such as 12:30:45. */
bool scalar_is_old_word(const char *text, size_t len);

/* All notations, underscores included; false when it is none or does not fit. */
bool scalar_int(const char *text, size_t len, struct scalar_int *out);
bool scalar_float(const char *text, size_t len, double *out); /* also .inf and .nan */
/* true and false; with `old_words` also yes, no, on, off, y, n. */
enum scalar_words {
	SCALAR_NEW_WORDS,
	SCALAR_OLD_WORDS
};
bool scalar_bool(const char *text, size_t len, enum scalar_words words, bool *out);

#define SCALAR_FLOAT_MAX 40
/* The shortest text that reads back as the same number: 0.25, 1e+06, -.inf. Returns `text`. */
const char *scalar_float_text(double number, char text[static SCALAR_FLOAT_MAX]);
