/*
 * Whatever compiles is evaluated against a small object; both must end, and every refusal has its
 * kind and text. An evaluation gives the same answer twice.
 */
#include "base/own.h"
#include "cel/cel.h"
#include "cel/disk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cel_variable variables[] = { { "object", &cel_dyn }, { "status", &cel_dyn } };
static const struct cel_env env = { .variable = variables, .variables = 2 };

static const struct value *tree(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *list = list_begin(arena);

	for (int i = 0; i < 4; i++)
		list_add(list, value_of_int(arena, i));
	map_add(map, "phase", value_str(arena, "Ready"));
	map_add(map, "ratio", value_of_double(arena, 0.5));
	map_add(map, "list", list_end(list));
	return map_end(map);
}

static void evaluate(struct arena *arena, const struct cel_program *program)
{
	struct cel_value values[2] = { cel_of(arena, tree(arena)), cel_of(arena, tree(arena)) };
	struct cel_value first, second;
	struct err err = ERR_INIT;

	if (cel_eval(program, values, arena, &first, &err) < 0) {
		if (!err_is_set(&err) || !err.text[0])
			abort();
		return;
	}
	if (cel_eval(program, values, arena, &second, &err) < 0 || first.kind != second.kind)
		abort();
}

static void select_disk(struct arena *arena, const char *text)
{
	const struct cel_disk disk = { .size = 1000, .model = "m", .transport = "nvme" };
	const struct cel_program *program;
	struct err err = ERR_INIT;
	bool holds;

	if (disk_selector_compile(arena, text, &program, &err) < 0) {
		if (err.kind != ERR_INPUT || !err.text[0])
			abort();
		return;
	}
	disk_selector_holds(program, &disk, arena, &holds, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	const char *text = arena_strn(arena, (const char *)data, size);
	const struct cel_program *program;
	struct err err = ERR_INIT;

	select_disk(arena, text);
	if (cel_compile(arena, text, &env, &program, &err) == 0)
		evaluate(arena, program);
	else if (err.kind != ERR_INPUT || !err.text[0])
		abort();
	return 0;
}
