#include "cli/request.h"

#include <criterion/criterion.h>

struct sample {
	const char *first, *text;
	struct words more;
	bool flag;
	struct words list;
	unsigned count;
	uint64_t duration;
};

static const struct option flags[] = {
	{ "flag", 0, OPTION_FLAG, offsetof(struct sample, flag), .doc = "a flag" },
	{ "text", 0, OPTION_TEXT, offsetof(struct sample, text), .argument = "T", .doc = "a text" },
	{ "list", 0, OPTION_LIST, offsetof(struct sample, list), .argument = "L", .doc = "a list" },
	{ "count", 0, OPTION_COUNT, offsetof(struct sample, count), .argument = "N",
	  .doc = "a count" },
	{ "duration", 0, OPTION_DURATION, offsetof(struct sample, duration), .argument = "D",
	  .doc = "a duration" },
	{ .name = NULL },
};

static const struct positional positionals[] = {
	{ "FIRST", offsetof(struct sample, first), .doc = "the first" },
	{ "MORE", offsetof(struct sample, more), .many = true, .doc = "more" },
	{ .name = NULL },
};

static const struct command command = {
	.words = "do it",
	.options = flags,
	.positionals = positionals,
	.size = sizeof(struct sample),
};

static const char *nothing(const char *name)
{
	(void)name;
	return NULL;
}

Test(request, of_nothing_is_the_command)
{
	struct program *program OWNED(program_free) = program_new(nothing);
	const struct sample sample = { .first = "a" };

	program->command = &command;
	program->options = &sample;
	cr_assert_str_eq(request_text(program), "do it a");
}

Test(request, has_everything_that_shapes_a_plan)
{
	struct program *program OWNED(program_free) = program_new(nothing);
	struct sample sample = { .first = "a", .text = "b", .flag = true, .count = 3 };

	sample.duration = 5;
	words_add(&sample.more, program->arena, "c");
	words_add(&sample.more, program->arena, "d");
	words_add(&sample.list, program->arena, "e");
	words_add(&sample.list, program->arena, "f");
	words_add(&program->nodes_said, program->arena, "n1");
	program->changes.parallel = (struct parallel){ 20, true };
	program->changes.yes = program->changes.dry_run = true;
	program->command = &command;
	program->options = &sample;
	cr_assert_str_eq(request_text(program),
			 "do it a c d --flag --text b --list e --list f --count 3 "
			 "--duration 5ns --max-parallel 20% --nodes n1");
}

Test(request, takes_the_words_that_are_left)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct words words = { 0 };
	struct sample sample = { 0 };
	struct err err = ERR_INIT;

	words_add(&words, arena, "a");
	cr_assert_eq(command_positionals(&command, &words, &sample, &err), 0);
	cr_assert_eq(sample.more.len, 0);
	words_add(&words, arena, "b");
	words_add(&words, arena, "c");
	cr_assert_eq(command_positionals(&command, &words, &sample, &err), 0);
	cr_assert_str_eq(sample.first, "a");
	cr_assert_eq(sample.more.len, 2);
	cr_assert_str_eq(sample.more.at[1], "c");
	cr_assert_str_eq(command_usage(arena, &command), "talforge do it FIRST [MORE]... [flags]");
}
