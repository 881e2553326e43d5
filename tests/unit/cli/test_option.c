#include "cli/option.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const colours[] = { "red", "green", NULL };

struct sample {
	bool flag, quick;
	const char *text, *choice;
	struct words list, repeat;
	unsigned count;
	uint64_t wait;
	struct parallel parallel;
};

/* clang-format off */
static const struct option rows[] = {
	{ "flag", 'f', OPTION_FLAG, offsetof(struct sample, flag), .doc = "" },
	{ "quick", 'q', OPTION_FLAG, offsetof(struct sample, quick), .doc = "" },
	{ "text", 't', OPTION_TEXT, offsetof(struct sample, text), .argument = "T", .doc = "" },
	{ "choice", 0, OPTION_CHOICE, offsetof(struct sample, choice), .choices = colours,
	  .argument = "C", .env = "COLOUR", .doc = "" },
	{ "list", 'l', OPTION_LIST, offsetof(struct sample, list), .argument = "A,B", .doc = "" },
	{ "repeat", 'r', OPTION_REPEAT, offsetof(struct sample, repeat), .argument = "R",
	  .doc = "" },
	{ "max-count", 0, OPTION_COUNT, offsetof(struct sample, count), .argument = "N",
	  .doc = "" },
	{ "wait", 0, OPTION_DURATION, offsetof(struct sample, wait), .argument = "D", .doc = "" },
	{ "parallel", 0, OPTION_PARALLEL, offsetof(struct sample, parallel), .argument = "N|P%",
	  .no_env = true, .doc = "" },
	{ .name = NULL },
};
/* clang-format on */

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static int parse(struct arena *arena, struct sample *out, struct words *words,
		 const char *const *argv, struct err *err)
{
	const struct option_set set = { rows, out };
	const struct option_parse given = { arena, &set, 1, no_env };

	return options_parse(&given, argv, words, err);
}

Test(option, takes_every_form)
{
	static const char *const argv[] = {
		"one",
		"-fq",
		"-tX",
		"--choice",
		"green",
		"--list=a,b",
		"-l",
		"c",
		"-r",
		"p,q",
		"-r=s",
		"--max-count",
		"7",
		"--wait=1m30s",
		"two",
		"--parallel",
		"25%",
		"--",
		"--flag",
		"-",
		NULL,
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = { 0 };
	struct words words = { 0 };
	struct err err = ERR_INIT;

	cr_assert_eq(parse(arena, &sample, &words, argv, &err), 0, "%s", err.text);
	cr_assert(sample.flag && sample.quick);
	cr_assert_str_eq(sample.text, "X");
	cr_assert_str_eq(sample.choice, "green");
	cr_assert_eq(sample.list.len, 3);
	cr_assert_str_eq(sample.list.at[2], "c");
	cr_assert_null(sample.list.at[3]);
	cr_assert_eq(sample.repeat.len, 2);
	cr_assert_str_eq(sample.repeat.at[0], "p,q");
	cr_assert_str_eq(sample.repeat.at[1], "s");
	cr_assert_eq(sample.count, 7);
	cr_assert_eq(sample.wait, 90 * SECOND);
	cr_assert_eq(sample.parallel.number, 25);
	cr_assert(sample.parallel.percent);
	cr_assert_eq(words.len, 4);
	cr_assert_str_eq(words.at[1], "two");
	cr_assert_str_eq(words.at[2], "--flag");
	cr_assert_str_eq(words.at[3], "-");
}

Test(option, refuses_what_is_wrong)
{
	static const struct {
		const char *name, *argv[3], *text, *hint;
	} table[] = {
		{ "unknown", { "--flaq" }, "unknown flag --flaq", "did you mean --flag?" },
		{ "unknown with a value",
		  { "--texd=1" },
		  "unknown flag --texd=1",
		  "did you mean --text?" },
		{ "unknown letter", { "-fz" }, "unknown flag -z", "" },
		{ "no value", { "--text" }, "--text needs a value: T", "" },
		{ "no value for a letter", { "-ft" }, "--text needs a value: T", "" },
		{ "empty", { "--text=" }, "--text: the value is empty", "" },
		{ "choice",
		  { "--choice", "gren" },
		  "--choice: \"gren\" is none of red, green",
		  "did you mean green?" },
		{ "list", { "--list", "a,,b" }, "--list: the list has an empty entry", "" },
		{ "count", { "--max-count=0" }, "--max-count: \"0\" is no number from 1 on", "" },
		{ "duration",
		  { "--wait", "soon" },
		  "--wait: \"soon\" is no duration",
		  "write it like 90s, 10m or 1h30m" },
		{ "percent",
		  { "--parallel=101%" },
		  "--parallel: \"101%\" is neither a number from 1 on nor 1% to 100%",
		  "" },
		{ "flag",
		  { "--flag=perhaps" },
		  "--flag: \"perhaps\" is neither true nor false",
		  "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct sample sample = { 0 };
		struct words words = { 0 };
		struct err err = ERR_INIT;

		cr_assert_lt(parse(arena, &sample, &words, table[i].argv, &err), 0, "%s",
			     table[i].name);
		cr_assert_eq(err.kind, ERR_USAGE, "%s", table[i].name);
		cr_assert_str_eq(err.text, table[i].text);
		cr_assert_str_eq(err.hint, table[i].hint);
	}
}

static const char *some_env(const char *name)
{
	if (strcmp(name, "TALFORGE_MAX_COUNT") == 0)
		return "3";
	if (strcmp(name, "TALFORGE_LIST") == 0)
		return "x,y";
	if (strcmp(name, "COLOUR") == 0)
		return "red";
	if (strcmp(name, "TALFORGE_PARALLEL") == 0)
		return "9";
	return strcmp(name, "TALFORGE_TEXT") == 0 ? "" : NULL;
}

Test(option, asks_the_environment_for_what_is_not_given)
{
	static const char *const argv[] = { "--list", "a", NULL };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = { 0 };
	struct words words = { 0 };
	const struct option_set set = { rows, &sample };
	struct err err = ERR_INIT;

	cr_assert_eq(options_parse(&(struct option_parse){ arena, &set, 1, some_env }, argv, &words,
				   &err),
		     0, "%s", err.text);
	cr_assert_eq(sample.count, 3);
	cr_assert_eq(sample.list.len, 1);
	cr_assert_str_eq(sample.list.at[0], "a");
	cr_assert_str_eq(sample.choice, "red");
	cr_assert_null(sample.text);
	cr_assert_eq(sample.parallel.number, 0);
}

static const char *wrong_env(const char *name)
{
	return strcmp(name, "TALFORGE_WAIT") == 0 ? "long" : NULL;
}

Test(option, names_the_variable_that_is_wrong)
{
	static const char *const argv[] = { NULL };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = { 0 };
	struct words words = { 0 };
	const struct option_set set = { rows, &sample };
	struct err err = ERR_INIT;

	cr_assert_lt(options_parse(&(struct option_parse){ arena, &set, 1, wrong_env }, argv,
				   &words, &err),
		     0);
	cr_assert_str_eq(err.text, "TALFORGE_WAIT: \"long\" is no duration");
}

Test(option, the_first_set_that_knows_a_flag_wins)
{
	static const struct option inner[] = {
		{ "text", 't', OPTION_FLAG, 0, .doc = "" },
		{ .name = NULL },
	};
	static const char *const argv[] = { "-t", "--list", "a", NULL };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = { 0 };
	bool mine = false;
	struct words words = { 0 };
	const struct option_set sets[] = { { inner, &mine }, { rows, &sample } };
	struct err err = ERR_INIT;

	cr_assert_eq(
		options_parse(&(struct option_parse){ arena, sets, 2, NULL }, argv, &words, &err),
		0, "%s", err.text);
	cr_assert(mine);
	cr_assert_null(sample.text);
	cr_assert_eq(sample.list.len, 1);
}

Test(option, tells_how_many_arguments_a_flag_takes)
{
	static const struct {
		const char *argument;
		unsigned width;
	} table[] = {
		{ "--flag", 1 },
		{ "--text", 2 },
		{ "--text=a", 1 },
		{ "-t", 2 },
		{ "-ta", 1 },
		{ "-f", 1 },
		{ "--other", 0 },
		{ "-x", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		cr_assert_eq(option_width(rows, table[i].argument), table[i].width, "%s",
			     table[i].argument);
}

Test(option, a_share_of_the_nodes_is_at_least_one)
{
	static const struct {
		struct parallel parallel;
		size_t total;
		unsigned expected;
	} table[] = {
		{ { 0, false }, 9, 0 },
		{ { 4, false }, 9, 4 },
		{ { 50, true }, 9, 4 },
		{ { 1, true }, 9, 1 },
		{ { 100, true }, 9, 9 },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		cr_assert_eq(parallel_of(&table[i].parallel, table[i].total), table[i].expected);
}
