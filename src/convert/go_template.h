/*
 * Go templates: the text/template language with the string, list and map functions people know
 * from sprig, over a tree.
 *
 *	const struct go_template template = { .file = "talconfig.yaml", .line = 12, .text = text,
 *					      .len = len, .data = config, .type = &config_type };
 *	struct str out SCOPED(str_done) = STR_INIT(1 << 20);
 *	if (go_template_render(arena, &template, &out, err) < 0) ...
 *
 * Known are actions with trim markers, pipelines, variables, parentheses, if, range, with, define,
 * template, block, break, continue, comments and literals; which functions there are says
 * docs/go-templates.md. A function that is not there, one that would give another answer every time
 * (dates, randomness, keys) and one that would look outside (environment, network) is an error that
 * names it; so is everything at which the original fails.
 *
 * Data are maps, lists and scalars as read from YAML: a name that a map has not prints `<no value>`
 * as it does there. Where the original works on Go structs, a `type` describes them: names are then
 * those of the Go fields, one that the type has not is an error, and one that the data have not is
 * the zero value of its type ("", 0, false, an empty list, a nil pointer). A pointer that is there
 * counts as true in an `if`, also one to false.
 *
 * Values are built in `arena`. `out` is cleared first; its limit bounds what is written. Everything
 * ends: loops, calls and nesting are limited. Errors are ERR_INPUT with file, line and column in
 * the text as the user wrote it, and never quote data. Sensitive values are written in clear, and
 * `*sensitive` says whether one was looked at.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum go_kind {
	GO_ANY, /* what the data are by themselves */
	GO_STRING,
	GO_BOOL,
	GO_INT,
	GO_FLOAT,
	GO_LIST,
	GO_MAP,
	GO_STRUCT,
	GO_URL, /* a text whose parts have names, as net/url's */
	GO_KIND_COUNT
};

struct go_type;
struct go_field {
	const char *name; /* in templates: "MachineType" */
	const char *key;  /* in the data: "type"; NULL: an embedded struct, over the same map */
	const struct go_type *type;
};

/* As a rule static data. */
struct go_type {
	enum go_kind kind;
	bool pointer;		    /* nil where the data have nothing */
	const char *name;	    /* of structs, for errors: "v1alpha1.MachineConfig" */
	const struct go_type *item; /* of lists and maps; NULL is GO_ANY */
	const struct go_field *field;
	size_t fields;
	const char *prints; /* of structs: the key of what they print as; NULL: they do not */
};

struct go_template {
	const char *file;      /* what errors name */
	unsigned line, column; /* where `text` begins in it; 0 is 1 */
	const char *text;
	size_t len;
	const struct value *data;   /* the dot */
	const struct go_type *type; /* of data; NULL: plain maps, lists and scalars */
	bool strict;		    /* a name that a plain map has not is an error, too */
	bool plain;		    /* only the functions of text/template itself */
	bool *sensitive;	    /* may be NULL */
};

int go_template_render(struct arena *arena, const struct go_template *template, struct str *out,
		       struct err *err);
/* Whether a text has a template's braces, {{ or }}. */
bool go_template_is(const char *text);
