/*
 * Go templates as trees. Internal to the module.
 *
 *	const struct go_node *root;
 *	if (go_parse(&run, &root) < 0) ...
 *
 * Nodes point into the template's text and live in the run's arena. The templates that it defines
 * are left in run->defined.
 */
#pragma once

#include "convert/go_run.h"

enum go_node_kind {
	NODE_LIST, /* body: what stands one after the other */
	NODE_TEXT,
	NODE_ACTION,   /* pipe */
	NODE_IF,       /* pipe, body, otherwise */
	NODE_WITH,     /* likewise */
	NODE_RANGE,    /* likewise */
	NODE_TEMPLATE, /* text: its name; pipe or NULL */
	NODE_BREAK,
	NODE_CONTINUE,
	NODE_DEFINE,   /* text: its name; body */
	NODE_PIPE,     /* body: commands; ident: variables that get its value */
	NODE_COMMAND,  /* body: words */
	NODE_FUNCTION, /* text: its name */
	NODE_FIELD,    /* ident: .A.B */
	NODE_VARIABLE, /* text: $name; ident: .A.B behind it */
	NODE_CHAIN,    /* body: a word; ident: .A.B behind it */
	NODE_DOT,
	NODE_NIL,
	NODE_BOOL,
	NODE_NUMBER,
	NODE_STRING,
};

struct go_node {
	enum go_node_kind kind;
	size_t at; /* in the template's text */
	struct go_node *next;
	struct go_node *pipe, *body, *otherwise;
	struct go_text text;
	struct go_text *ident;
	size_t idents, idents_cap;
	const struct go_function *function;
	bool assign; /* of a pipe: = and not := */
	bool flag;   /* the value of a bool */
	/* Of a number: whether it can be an int, and whether it is written as one. */
	bool whole, wordly;
	int64_t number;
	double real;
};

int go_parse(struct go_run *run, const struct go_node **out);
