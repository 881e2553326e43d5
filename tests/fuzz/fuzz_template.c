/*
 * A text, and behind a line "=== " the data it is about. Whatever they are, the text as a Go
 * template, as one with variables of the environment and as a dotenv file ends with a text or with
 * an error that has one and a place; a second time it ends the same.
 */
#include "split.h"

#include "base/own.h"
#include "convert/dotenv.h"
#include "convert/env_substitute.h"
#include "convert/go_template.h"
#include "tree/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)1 << 18)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct yaml_limits limits = { .bytes = 1 << 16, .depth = 20, .values = 2000 };

static void check(int rc, const struct err *err)
{
	if (rc < 0 && (!err->text[0] || err->kind != ERR_INPUT || !err->file[0]))
		abort();
}

static const struct value *read_data(struct arena *arena, const struct split_text *text)
{
	struct yaml_input input = {
		.file = "data", .text = text->text, .len = text->len, .limits = &limits
	};
	struct yaml_documents documents;

	if (yaml_read(arena, &input, &documents, NULL) < 0 || documents.len == 0)
		return NULL;
	return documents.at[0];
}

static void render(const struct split_text *text, size_t count)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct str first SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct str again SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct err err = ERR_INIT, second = ERR_INIT;
	const struct go_template template = {
		.file = "fuzz",
		.text = text[0].text,
		.len = text[0].len,
		.data = count > 1 ? read_data(arena, &text[1]) : NULL,
	};
	int rc = go_template_render(arena, &template, &first, &err);

	check(rc, &err);
	if (go_template_render(arena, &template, &again, &second) != rc ||
	    strcmp(err.text, second.text) != 0 ||
	    strcmp(str_text(&first), str_text(&again)) != 0)
		abort();
}

static const char *get(void *context, const char *name)
{
	return value_get_text(context, name);
}

static void substitute(const struct split_text *text, size_t count)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct str out SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct err err = ERR_INIT;
	const struct value *env = count > 1 ? read_data(arena, &text[1]) : NULL;
	const struct env_text input = { .file = "fuzz",
					.text = text[0].text,
					.len = text[0].len,
					.get = get,
					.context = (void *)env };

	check(env_substitute(&out, &input, &err), &err);
}

static void read_dotenv(const struct split_text *text)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	const struct dotenv_text input = { .file = "fuzz", .text = text->text, .len = text->len };
	const struct value *env = NULL;
	struct err err = ERR_INIT;
	int rc = dotenv_read(arena, &input, &env, &err);

	check(rc, &err);
	if (rc == 0 && !value_is_map(env))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct split_text text[2];
	size_t count = split_texts((const char *)data, size, text, 2);

	if (count == 0 || size > 1 << 14)
		return 0;
	render(text, count);
	substitute(text, count);
	read_dotenv(text);
	return 0;
}
