/*
 * A document, and behind a line "=== " the list of RFC 6902 operations for it. Whatever the texts
 * are, reading and applying end with a document or with an error that has a text; operations leave
 * the document they were given as it was; what is printed reads as what it was.
 */
#include "render/json_patch.h"
#include "split.h"

#include "base/own.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct yaml_limits limits = { .bytes = 1 << 20, .depth = 40, .values = 20000 };

/* NULL: it is no YAML. */
static const struct value *read_text(struct arena *arena, const char *text, size_t len)
{
	struct yaml_input input = {
		.file = "fuzz.yaml",
		.text = text,
		.len = len,
		.limits = &limits,
	};
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	if (yaml_read(arena, &input, &documents, &err) < 0 || documents.len == 0)
		return NULL;
	return documents.at[0];
}

static void must_say(const struct err *err)
{
	if (!err->text[0] || err->kind != ERR_INPUT)
		abort();
}

/* A key << is printed as it is, as Talos does, and is a merge for whoever reads it again. */
static void check_print(struct arena *arena, const struct value *document)
{
	struct str first SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct str again SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct yaml_limits wide = { .bytes = OUT_MAX, .depth = 100, .values = 1 << 20 };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	json_patch_write(arena, &first, document);
	if (strstr(str_text(&first), "<<:"))
		return;

	struct yaml_input input = { .file = "again.yaml",
				    .text = str_text(&first),
				    .len = first.len,
				    .limits = &wide };

	if (yaml_read(arena, &input, &documents, &err) < 0 || documents.len == 0)
		return;
	json_patch_write(arena, &again, documents.at[0]);
	if (strcmp(str_text(&first), str_text(&again)) != 0)
		abort();
}

static void write_plain(struct str *out, const struct value *document)
{
	yaml_write(out, document, &yaml_style_talos);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct str before SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct str after SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct split_text text[2];
	struct json_patch patch;
	struct err err = ERR_INIT;

	if (split_texts((const char *)data, size, text, 2) < 2)
		return 0;

	const struct value *document = read_text(arena, text[0].text, text[0].len);
	const struct value *list = read_text(arena, text[1].text, text[1].len);
	const struct value *result = NULL;

	if (!document || !list)
		return 0;
	if (json_patch_document(arena, document, &document, &err) < 0) {
		must_say(&err);
		return 0;
	}
	write_plain(&before, document);
	if (json_patch_read(arena, list, &patch, &err) < 0 ||
	    json_patch_apply(arena, &patch, document, &result, &err) < 0) {
		must_say(&err);
		return 0;
	}
	write_plain(&after, document);
	if (strcmp(str_text(&before), str_text(&after)) != 0)
		abort();
	check_print(arena, result);
	return 0;
}
