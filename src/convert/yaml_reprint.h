/*
 * YAML printed again without its comments, as talhelper does with the files it puts into a config:
 * two spaces, lists indented below their key, everything else in the style it was written in.
 *
 *	if (yaml_reprint(arena, &input, &out, err) < 0) ...
 *
 * Errors are those of yaml_read(). `out` is added to; its limit holds.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "tree/yaml.h"

/* One scalar of the input, in the style it was written in there. Keys and lists around it do not
 * count: it is printed as the value of a key at the left edge. */
void yaml_reprint_scalar(struct arena *arena, const struct yaml_input *input,
			 const struct value *scalar, struct str *out);
int yaml_reprint(struct arena *arena, const struct yaml_input *input, struct str *out,
		 struct err *err);
