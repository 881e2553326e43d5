/*
 * Comparing what was decoded with the rendering that was recorded beside it. Whatever differs fails
 * the test that runs, with the name of the file.
 */
#pragma once

#include "recording.h"

typedef void check_fn(const char *file, const void *got, const struct value *wanted);

void check_reply(const struct talos_method *method, const char *file, const void *reply,
		 const struct value *json);
/* False when nothing of that type is decoded. */
bool check_spec(const char *type, const char *file, const void *spec, const struct value *wanted);
/* A NULL-ended list of texts; `wanted` NULL: empty. */
void check_texts(const char *file, const char *const *got, const struct value *wanted);
