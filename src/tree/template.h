/*
 * Templates: text with holes, after the Mustache specification.
 *
 *	const struct template_input input = { .file = "frr", .text = text, .len = len,
 *					      .context = map };
 *	if (template_render(&out, &input, err) < 0) ...
 *
 * Known are {{name}}, {{a.b}}, {{.}}, sections {{#name}}..{{/name}} over maps, lists and anything
 * that is not null, false or an empty list, inverted ones {{^name}}, and comments {{! }}. A section
 * or comment tag alone on its line takes the line with it. Partials and other delimiters are
 * errors.
 *
 * Two things differ from the specification, both on purpose: what is written is not HTML, so
 * {{name}}, {{{name}}} and {{&name}} all print the text as it is; and a variable that nobody
 * defined is an error and not an empty text, so that a mistyped name is seen. Sensitive values are
 * printed as *** unless they are asked for.
 *
 * Errors are ERR_INPUT with the template's file and line and never quote a value.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct template_input {
	const char *file; /* what errors name */
	const char *text;
	size_t len;
	const struct value *context; /* a map */
	bool show_sensitive;
};

int template_render(struct str *out, const struct template_input *input, struct err *err);
