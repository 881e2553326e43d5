/*
 * Options: one row per flag is parser, help text, environment variable and completion.
 *
 *	static const struct option options[] = {
 *		{ "check", 0, OPTION_FLAG, offsetof(struct render_options, check),
 *		  .doc = "write nothing" },
 *		{ 0 },
 *	};
 *	struct option_set sets[] = { { options, &mine }, { globals, &all } };
 *	options_parse(&parse, argv, &words, err);
 *
 * A flag is taken as --name VALUE, --name=VALUE, -x VALUE or -xVALUE; one-letter flags without a
 *value can share a dash; what follows `--` are words. A flag without a value takes =true and
 *=false. The first set that knows a flag wins. What the command line does not set is taken from
 *TALFORGE_<NAME>, then from the row's own variable. All mistakes are ERR_USAGE with a did-you-mean.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_FLAG,	 /* bool */
	OPTION_TEXT,	 /* const char * */
	OPTION_LIST,	 /* struct words: commas and repetition */
	OPTION_CSV,	 /* likewise, as a line of CSV: entries may be quoted, or empty */
	OPTION_REPEAT,	 /* struct words: repetition only */
	OPTION_CHOICE,	 /* const char *, one of `choices` */
	OPTION_COUNT,	 /* unsigned, at least 1 */
	OPTION_DURATION, /* uint64_t nanoseconds */
	OPTION_PARALLEL, /* struct parallel */
};

struct words {
	const char **at; /* NULL-ended once there is one; in the arena */
	size_t len, cap;
};
void words_add(struct words *words, struct arena *arena, const char *word);

struct parallel { /* how many at once; number 0: not said */
	unsigned number;
	bool percent;
};
/* Of `total`; 0: no bound. At least 1 otherwise. */
unsigned parallel_of(const struct parallel *parallel, size_t total);

struct option {
	const char *name; /* long form, without dashes; NULL ends a table */
	int letter;	  /* 0: none */
	enum option_type type;
	size_t offset;
	const char *argument;	    /* "DIR"; not of a flag */
	const char *const *choices; /* NULL-ended */
	/* OPTION_TEXT: what a shell may offer, NULL-ended; NULL: nothing that is known */
	const char *const *(*offers)(struct arena *arena);
	const char *env; /* besides TALFORGE_<NAME>; NULL */
	bool no_env;	 /* only on the command line */
	bool empty;	 /* OPTION_TEXT: "" is a value too */
	/* one sentence, no capital, no full stop; NULL: old, in no help and no completion */
	const char *doc;
};

struct option_set {
	const struct option *options;
	void *out;
};

typedef const char *env_fn(const char *name); /* NULL: not set */

struct option_parse {
	struct arena *arena;
	const struct option_set *sets;
	size_t count;
	env_fn *env; /* NULL: nothing is set */
};

/* `argv` is NULL-ended and without the program's name. Words are what is no flag. */
int options_parse(const struct option_parse *parse, const char *const *argv, struct words *words,
		  struct err *err);

/* Is `argument` a flag, and how many entries of argv does it take (1 or 2)? 0: not one of the
 * table's. */
unsigned option_width(const struct option *options, const char *argument);
bool argument_is_flag(const char *argument); /* begins with a dash and is not "-" */

/* "TALFORGE_DRY_RUN" */
const char *option_env(struct arena *arena, const struct option *option);
