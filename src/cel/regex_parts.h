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
	PART_GROUP,  /* a, whose place is noted */
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
	bool lazy;	/* of a repetition: the fewer the better */
	unsigned group; /* from 1 */
	struct part *a;
	struct part *next;
};

struct groups {
	struct cel_text *name; /* by group, from 0, which is the whole; "" when it has none */
	size_t len, cap;
};
int regex_read(struct arena *arena, const struct cel_text *pattern, struct groups *groups,
	       const struct part **out, struct err *err);

enum op {
	OP_SET,
	OP_ASSERT,
	OP_SPLIT, /* go on here and there; here is better */
	OP_JUMP,
	OP_NOTE, /* the place is that of the slot `here` */
	OP_FOUND,
};

struct instruction {
	enum op op;
	enum assertion assertion;
	const struct charset *set;
	size_t here, there;
};

struct regex {
	struct instruction *code;
	size_t len, cap;
	size_t parts; /* emitted so far, to bound the work */
	struct groups groups;
	struct arena *arena;
};

#define NO_CHARACTER UINT32_MAX
/* The characters around a place, or NO_CHARACTER. */
bool regex_holds(enum assertion assertion, uint32_t before, uint32_t after);
bool regex_is_in(const struct charset *set, uint32_t c);
uint32_t regex_character(const struct cel_text *text, size_t at, size_t *bytes);
