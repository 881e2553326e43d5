/*
 * Findings: what is wrong in a user's files. Data, many at once; errors are control flow, one at
 * a time.
 *
 *	struct findings findings;
 *	findings_init(&findings, arena);
 *	finding_add(&findings, FINDING_ERROR, "vlan-range", value_src(v), "node_vlan_tag",
 *		    "a VLAN id is 1 to 4094, not %s", value_text(v));
 *	finding_hint(&findings, "leave it out for an untagged network");
 *
 * Texts live in the arena given to findings_init(). Sensitive values never enter a text.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum finding_severity {
	FINDING_NOTE,
	FINDING_WARNING,
	FINDING_ERROR,
	FINDING_SEVERITY_COUNT
};

struct finding {
	const char *id;	  /* "unknown-key": stable, kebab case */
	const char *path; /* "nodes[1].address"; "" for the whole file */
	enum finding_severity severity;
	struct src src;
	const char *text;
	const char *hint; /* NULL when there is none */
};

struct findings {
	struct arena *arena; /* borrowed; holds all of it */
	struct finding *at;  /* in the order they were found */
	size_t len, cap;
	size_t errors, warnings;
};

void findings_init(struct findings *findings, struct arena *arena);
void finding_add(struct findings *findings, enum finding_severity severity, const char *id,
		 struct src src, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* For the finding added last. */
void finding_hint(struct findings *findings, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Whether that was found at that place already. */
bool findings_have(const struct findings *findings, const char *id, struct src src);
/* An error about a user's file (err->file is set) as a finding. */
void finding_add_err(struct findings *findings, const char *id, const struct err *err);
struct finding_place {
	struct src src;
	const char *path;
};
/* The same about a file that is named at `place`, which counts where the error has no line. */
void finding_add_err_in(struct findings *findings, const char *id, const struct err *err,
			const struct finding_place *place);
/* By file, line, column; equal places keep their order. */
void findings_sort(struct findings *findings);
const char *finding_severity_name(enum finding_severity severity); /* "note", "warning", "error" */
/* The first error as an ERR_INPUT with place, hint and, if there are more, "(and 3 more)";
 * returns 0 when there is none. */
int findings_err(const struct findings *findings, struct err *err);
const struct value *findings_value(struct arena *arena, const struct findings *findings);
