/*
 * JSON in and out (json.c is the door to jansson).
 *
 * Reading: strict JSON, duplicate keys are errors, depth at most 100. Values know their file but
 * not their line. Integers are exact from INT64_MIN to INT64_MAX; larger ones are errors.
 *
 * Writing: UTF-8, map order kept, one line (compact) or indented by 2 or by tabs, no line end
 * behind it;
 * numbers in decimal. Sensitive scalars become "***" unless `show_sensitive`.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum json_form {
	JSON_COMPACT,
	JSON_INDENTED,
	JSON_TABBED
};
struct json_style {
	enum json_form form;
	bool show_sensitive;
};

int json_read(struct arena *arena, const char *file, const char *text, size_t len,
	      const struct value **out, struct err *err);
void json_write(struct str *out, const struct value *value, const struct json_style *style);
