/*
 * Short ways from text to values for the tests of this module. A text that cannot be read ends
 * the test.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static inline struct yaml_documents read_all(struct arena *arena, const char *text)
{
	struct yaml_input input = { .file = "in.yaml", .text = text, .len = strlen(text) };
	struct yaml_documents documents = { 0 };
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s: %s", text, err.text);
	return documents;
}

static inline const struct value *read_one(struct arena *arena, const char *text)
{
	struct yaml_documents documents = read_all(arena, text);

	cr_assert_eq(documents.len, 1, "%s: %zu documents", text, documents.len);
	return documents.at[0];
}
