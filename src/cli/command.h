/*
 * Commands: one row each is dispatch, help, usage and completion.
 *
 *	const struct command *command;
 *	if (command_find(argv, rest, arena, &command, err) < 0) ...
 *	command->run(program, options, err)
 *
 * A command has one or two words ("sim serve"). It returns a value (program_result()) and never
 *prints.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cli/option.h"

#include <stddef.h>

struct program;

/* `options` is the command's own struct, decoded; in the program's arena. */
typedef int command_fn(struct program *program, const void *options, struct err *err);

enum command_trait {
	COMMAND_CHANGES = 1,	/* takes the options of what changes nodes: --dry-run, --yes, ... */
	COMMAND_NODES = 2,	/* --nodes selects */
	COMMAND_OWN_OUTPUT = 4, /* prints text as it is; its own -o is a path */
	COMMAND_FINDINGS = 8,	/* its result has findings: -o sarif */
	COMMAND_PREFIX = 16,	/* stands in front of a changing command: `plan up` */
};

struct positional {
	const char *name; /* "NODE"; NULL ends the list */
	size_t offset;	  /* of a const char *, or a struct words */
	bool optional;
	bool many;		    /* takes all that are left; optional too */
	const char *const *choices; /* NULL: anything */
	const char *doc;
};

struct command {
	const char *words; /* "sim serve"; NULL ends the table */
	const char *brief; /* one line: what it does */
	const char *about; /* paragraphs for --help; lines of at most 80 columns; may be NULL */
	unsigned traits;
	const struct option *options;	      /* may be NULL */
	const struct positional *positionals; /* may be NULL */
	size_t size;			      /* of the options struct */
	const void *standard;		      /* what it starts as; NULL: zeroes */
	command_fn *run;
};

extern const struct command *const commands[]; /* in the order of --help; NULL-ended */

/* Takes the words of a command out of argv; what is left is `rest`. `globals` may stand before and
 * between them. ERR_USAGE with a did-you-mean. */
struct command_search {
	struct arena *arena;
	const struct option *globals;
	const char *const *argv;
};
struct command_found {
	const struct command *command; /* NULL: none is named, or only a group with --help */
	const char *words;	       /* NULL: there is no word at all */
	struct words rest;
};
int command_find(const struct command_search *search, struct command_found *out, struct err *err);
bool command_wants_help(const char *const *argv);			      /* has --help */
const struct command *command_named(const char *words);			      /* NULL: none */
bool command_is_group(const char *word);				      /* "sim" */
int command_unknown(struct arena *arena, const char *words, struct err *err); /* returns -1 */
/* "sim" of "sim serve"; "" of commands with one word. */
const char *command_group(struct arena *arena, const struct command *command);

/* Puts the words into the options struct; ERR_USAGE when there are too few or too many. */
int command_positionals(const struct command *command, const struct words *words, void *options,
			struct err *err);
/* "talforge explain NODE PATH [flags]" */
const char *command_usage(struct arena *arena, const struct command *command);
