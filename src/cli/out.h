/*
 * Results: what a command was asked for, on stdout, in the format that was asked for.
 *
 *	struct result result = { .value = map, .rows = "nodes", .columns = columns };
 *	result_write(&text, "status", &result, FORMAT_JSON, false);
 *
 * JSON is one object on one line with `kind` and `version` before everything else; YAML is the same
 * object. Sensitive values are starred unless they are asked for.
 */
#pragma once

#include "base/str.h"
#include "cli/table.h"
#include "tree/finding.h"
#include "tree/value.h"

#include <stdbool.h>

enum format {
	FORMAT_TABLE,
	FORMAT_JSON,
	FORMAT_YAML,
	FORMAT_SARIF,
	FORMAT_COUNT
};
extern const char *const format_names[]; /* NULL-ended */
enum format format_named(const char *name);

struct result {
	const struct value *value;	 /* a map; NULL: there is no result */
	const char *rows;		 /* for people: the key of the list that is the table ... */
	const struct column *columns;	 /* ... and its columns */
	const char *text;		 /* for people, behind the table if there is one; NULL */
	const struct findings *findings; /* for SARIF */
};

struct result_style {
	const char *kind; /* the command */
	enum format format;
	bool show_secrets;
};
void result_write(struct str *out, const struct result *result, const struct result_style *style);

/* "file:line:column: severity: text [id]" and the hint below. */
void finding_write(struct str *out, const struct finding *finding);
