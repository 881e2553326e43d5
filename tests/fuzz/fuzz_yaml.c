/*
 * Whatever is read as YAML must print, read again as the same values, and print the same once more.
 */
#include "base/own.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct yaml_limits limits = { .bytes = 1 << 20, .depth = 40, .values = 20000 };
/* What is printed repeats aliases and escapes, so it may be longer than what was read. */
static const struct yaml_limits wide = { .bytes = OUT_MAX, .depth = 40, .values = 20000 };

static int read_text(struct arena *arena, const char *text, size_t len,
		     const struct yaml_limits *bounds, struct yaml_documents *out)
{
	struct yaml_input input = {
		.file = "fuzz.yaml",
		.text = text,
		.len = len,
		.limits = bounds,
	};
	struct err err = ERR_INIT;

	if (yaml_read(arena, &input, out, &err) == 0)
		return 0;
	if (err.kind != ERR_INPUT || !err.text[0] || !err.file[0])
		abort();
	return -1;
}

static void write_json(struct str *out, const struct yaml_documents *documents)
{
	static const struct json_style compact = { JSON_COMPACT, false };

	for (size_t i = 0; i < documents->len; i++)
		json_write(out, documents->at[i], &compact);
}

/* JSON tells strings from numbers, but not 1 from 1.0, which print alike in YAML, too. */
static void compare(const struct yaml_documents *a, const struct yaml_documents *b)
{
	struct str left SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct str right SCOPED(str_done) = STR_INIT(OUT_MAX);

	write_json(&left, a);
	write_json(&right, b);
	if (strcmp(str_text(&left), str_text(&right)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct str printed SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct str again SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct yaml_documents first, second;

	if (read_text(arena, (const char *)data, size, &limits, &first) < 0)
		return 0;
	yaml_write_all(&printed, first.at, first.len, &yaml_style_talos);
	if (first.len == 0 || printed.full)
		return 0;
	if (read_text(arena, str_text(&printed), printed.len, &wide, &second) < 0)
		abort();
	compare(&first, &second);
	yaml_write_all(&again, second.at, second.len, &yaml_style_talos);
	if (strcmp(str_text(&printed), str_text(&again)) != 0)
		abort();
	return 0;
}
