/*
 * What is said to people besides the result: warnings, notes, findings and errors, on stderr. With
 * `--events json` each is a JSON object on a line of its own, like the events of a run.
 *
 *	say_warning(say, "%s is kept in clear", file);
 *	say_err(say, &err);
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "cli/terminal.h"
#include "tree/finding.h"
#include "tree/value.h"

#include <stdbool.h>

struct say {
	struct terminal *terminal;
	struct clock_source *clock;
	bool quiet;  /* no notes */
	bool events; /* JSON lines */
};

void say_note(const struct say *say, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void say_debug(const struct say *say, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void say_warning(const struct say *say, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "file:line:column: error: text", and the hint below. */
void say_err(const struct say *say, const struct err *err);
void say_finding(const struct say *say, const struct finding *finding);
/* Text as it is: a plan, a help page. Nothing with `--events json`. */
void say_text(const struct say *say, const char *text);
/* One JSON object on a line of its own. */
void say_value(const struct value *value);
