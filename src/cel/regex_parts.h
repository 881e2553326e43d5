/*
 * What the reader of a regular expression (regex_read.c) hands to its machine (regex.c). Internal
 * to the module.
 */
#pragma once

#include "cel/regex.h"

enum part_kind {
	PART_SET,    /* one character of a set */
	PART_ASSERT, /* a place */
	PART_REPEAT, /* a, least to most times */
	PART_THEN,   /* a, then those that follow it; nothing when a is NULL */
	PART_OR,     /* a or one of those that follow it */
};

enum assertion {
	AT_TEXT_BEGIN,
	AT_TEXT_END,
	AT_LINE_BEGIN,
	AT_LINE_END,
	AT_WORD_EDGE,
	AT_NO_WORD_EDGE,
};

struct range {
	uint32_t from, to;
};

struct charset {
	struct range *at;
	size_t len, cap;
	bool negated;
};

#define REPEAT_MAX 1000
#define REPEAT_FOREVER UINT32_MAX

struct part {
	enum part_kind kind;
	enum assertion assertion;
	struct charset set;
	uint32_t least, most;
	struct part *a;
	struct part *next;
};

int regex_read(struct arena *arena, const struct cel_text *pattern, const struct part **out,
	       struct err *err);
