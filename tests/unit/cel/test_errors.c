#include "base/own.h"
#include "cel/cel.h"
#include "cel/disk.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct cel_variable variables[] = { { "status", &cel_dyn } };
static const struct cel_env env = { .variable = variables, .variables = 1 };

static const struct row {
	const char *text, *error, *hint;
} disk_rows[] = {
	{ "disk.sizes > 100u", "1:6: a disk has no field \"sizes\"", "did you mean \"size\"?" },
	{ "disc.size > 100u", "1:1: there is no \"disc\"", "did you mean \"disk\"?" },
	{ "disk.size > 100", "1:11: there is no uint > int",
	  "an unsigned number is written 100u; uint(x) makes one" },
	{ "disk.size > 100u * GBB", "1:20: there is no \"GBB\"", "did you mean \"GiB\"?" },
	{ "disk.size", "1:6: the result is uint, not bool", "" },
	{ "disk.model.startWith('A')", "1:12: there is no function \"startWith\" of a value",
	  "did you mean \"startsWith\"?" },
	{ "disk.model.x", "1:12: string has no fields, so no \"x\"", "" },
	{ "disk.rotational &&", "1:19: the expression ends where a value should be", "" },
	{ "disk.size = 1u", "1:11: \"=\" has no meaning here", "two values are compared with ==" },
	{ "!disk.rotational &&\n  disk.foo", "2:8: a disk has no field \"foo\"", "" },
	{ "'é' == disk.bar", "1:13: a disk has no field \"bar\"", "" },
	{ "glob(disk.model)", "1:1: glob() does not take (string)", "" },
	{ "disk.symlinks == 'a'", "1:15: there is no list(string) == string", "" },
	{ "disk.model == 'a", "1:15: this text has no end", "" },
	{ "disk.model.?x", "1:11: optional fields (.?) are not covered",
	  "use has(a.b) ? a.b : ..." },
	{ "((", "1:3: the expression ends where a value should be", "" },
};

Test(errors, of_compiling_name_the_place_and_the_remedy)
{
	for (size_t i = 0; i < ARRAY_LEN(disk_rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct cel_program *program;
		struct err err = ERR_INIT;

		cr_assert_lt(disk_selector_compile(arena, disk_rows[i].text, &program, &err), 0,
			     "%s", disk_rows[i].text);
		cr_assert_str_eq(err.text, disk_rows[i].error);
		cr_assert_str_eq(err.hint, disk_rows[i].hint);
		cr_assert_eq(err.kind, ERR_INPUT);
	}
}

static const struct value *status_tree(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *list = list_begin(arena);

	list_add(list, value_of_int(arena, 1));
	map_add(map, "phase", value_str(arena, "Ready"));
	map_add(map, "list", list_end(list));
	return map_end(map);
}

static const struct eval_row {
	const char *text, *error, *hint;
	enum err_kind kind;
} eval_rows[] = {
	{ "status.phaze == 'Ready'", "1:8: status has no field \"phaze\"",
	  "did you mean \"phase\"?", ERR_NOT_FOUND },
	{ "status.missing", "1:8: status has no field \"missing\"",
	  "has(a.b) asks whether a field is there", ERR_NOT_FOUND },
	{ "status.phase.x", "1:14: string has no fields, so no \"x\"", "", ERR_INPUT },
	{ "status.list[1]", "1:12: the list has no such index, only 1 entries", "", ERR_NOT_FOUND },
	{ "status['x']", "1:7: there is no key \"x\"", "", ERR_NOT_FOUND },
	{ "status.list[0] + 9223372036854775807", "1:16: the number does not fit into 64 bits", "",
	  ERR_INPUT },
	{ "status.phase > 1", "1:14: string and int have no order between them", "", ERR_INPUT },
	{ "status.phase.matches('(')", "1:14: the pattern has a ( without its )", "", ERR_INPUT },
	{ "status.phase.matches('\\\\pL')", "1:14: the pattern has \\p, which is not covered", "",
	  ERR_INPUT },
	{ "status.phase", "the result is string, not true or false", "", ERR_INPUT },
};

Test(errors, of_evaluating_name_the_place_and_the_remedy)
{
	for (size_t i = 0; i < ARRAY_LEN(eval_rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct cel_value status = cel_of(arena, status_tree(arena));
		const struct cel_program *program;
		struct err err = ERR_INIT;
		bool holds;

		cr_assert_eq(cel_compile(arena, eval_rows[i].text, &env, &program, &err), 0, "%s",
			     err.text);
		cr_assert_lt(cel_holds(program, &status, arena, &holds, &err), 0, "%s",
			     eval_rows[i].text);
		cr_assert_str_eq(err.text, eval_rows[i].error);
		cr_assert_str_eq(err.hint, eval_rows[i].hint);
		cr_assert_eq(err.kind, eval_rows[i].kind);
	}
}

/* `count` times `part`, then `tail`. */
static const char *repeated(struct arena *arena, const char *part, size_t count, const char *tail)
{
	size_t len = strlen(part);
	char *out = arena_alloc(arena, len * count + strlen(tail) + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(out + i * len, part, len);
	memcpy(out + count * len, tail, strlen(tail));
	return out;
}

Test(errors, deep_and_long_expressions_are_refused)
{
	static const struct {
		const char *part, *tail;
		size_t count;
	} rows[] = {
		{ "(", "", 5000 },
		{ "[", "", 5000 },
		{ "!(", "true", 5000 },
		{ "-(", "1", 5000 },
		{ "1 + ", "1", 3000 },
		{ "true ? 1 : ", "1", 1400 },
		{ "a.", "b", 6000 },
		{ "{1:", "1", 3000 },
		{ "x", "", CEL_TEXT_MAX + 1 },
		{ "f(", "1", 4000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct cel_program *program;
		struct err err = ERR_INIT;

		cr_assert_lt(cel_compile(arena,
					 repeated(arena, rows[i].part, rows[i].count, rows[i].tail),
					 &env, &program, &err),
			     0, "%s", rows[i].part);
		cr_assert_not_null(strstr(err.text, i == 8 ? "16384 bytes" : "nested too deeply"),
				   "%s: %s", rows[i].part, err.text);
	}
}

Test(errors, an_evaluation_that_does_not_end_soon_is_stopped)
{
	static const char ten[] = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *text = "true";
	const struct cel_program *program;
	struct cel_value status = cel_of(arena, NULL);
	struct err err = ERR_INIT;
	bool holds;

	for (int i = 0; i < 9; i++)
		text = arena_printf(arena, "%s.all(x%d, %s)", ten, i, text);
	cr_assert_eq(cel_compile(arena, text, &env, &program, &err), 0, "%s", err.text);
	cr_assert_lt(cel_holds(program, &status, arena, &holds, &err), 0);
	cr_assert_eq(err.kind, ERR_REFUSED);
	cr_assert_not_null(strstr(err.text, "more than 1000000 steps"));
}

Test(errors, a_program_is_evaluated_many_times)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct cel_program *program;
	bool holds = false;

	cr_assert_eq(cel_compile(arena, "status > 2", &env, &program, NULL), 0);
	for (int64_t i = 0; i < 5; i++) {
		struct cel_value status = cel_of_int(i);

		cr_assert_eq(cel_holds(program, &status, arena, &holds, NULL), 0);
		cr_assert_eq(holds, i > 2);
	}
}

Test(errors, a_time_can_be_given)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct cel_variable now[] = { { "now", &cel_timestamp } };
	static const struct cel_env timed = { .variable = now, .variables = 1 };
	struct cel_value value = cel_of_wall(UINT64_C(1700000000) * 1000000000);
	const struct cel_program *program;
	bool holds = false;

	cr_assert_eq(cel_compile(arena,
				 "now - timestamp('2023-11-14T22:13:00Z') == duration('20s')",
				 &timed, &program, NULL),
		     0);
	cr_assert_eq(cel_holds(program, &value, arena, &holds, NULL), 0);
	cr_assert(holds);
}
