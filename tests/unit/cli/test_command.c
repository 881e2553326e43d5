#include "cli/command.h"
#include "cli/program.h"

#include <criterion/criterion.h>
#include <string.h>

static int find(struct arena *arena, struct command_found *found, const char *const *argv,
		struct err *err)
{
	const struct command_search search = { arena, global_options, argv };

	return command_find(&search, found, err);
}

Test(command, is_found_among_global_flags)
{
	static const struct {
		const char *argv[8], *words, *first_left;
	} table[] = {
		{ { "version" }, "version", NULL },
		{ { "-C", "up", "check", "more" }, "check", "-C" },
		{ { "--output=json", "sim", "-q", "serve", "--count", "2" },
		  "sim serve",
		  "--output=json" },
		{ { "up", "--unknown" }, "up", "--unknown" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct command_found found;
		struct err err = ERR_INIT;

		cr_assert_eq(find(arena, &found, table[i].argv, &err), 0, "%s", err.text);
		cr_assert_str_eq(found.words, table[i].words);
		cr_assert_str_eq(found.command->words, table[i].words);
		cr_assert_eq(found.rest.len > 0, table[i].first_left != NULL);
		if (table[i].first_left)
			cr_assert_str_eq(found.rest.at[0], table[i].first_left);
	}
}

Test(command, of_a_group_can_ask_for_help)
{
	static const char *const argv[] = { "secrets", "--help", NULL };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct command_found found;
	struct err err = ERR_INIT;

	cr_assert_eq(find(arena, &found, argv, &err), 0);
	cr_assert_null(found.command);
	cr_assert_str_eq(found.words, "secrets");
	cr_assert(command_is_group("secrets"));
	cr_assert_not(command_is_group("sec"));
	cr_assert_not(command_is_group("up"));
}

Test(command, rows_are_whole)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];

		cr_assert_eq(command_named(command->words), command);
		cr_assert_not_null(command->brief);
		cr_assert_not_null(command->run);
		cr_assert(!command->options || command->size > 0, "%s", command->words);
		cr_assert(!command->positionals || command->size > 0, "%s", command->words);
		for (const struct option *row = command->options; row && row->name; row++)
			cr_assert(row->type == OPTION_FLAG || row->argument, "%s --%s",
				  command->words, row->name);
	}
}

/* --output of what talosctl has is a path, and TALFORGE_OUTPUT a format; --output-file is its older
 * name. */
Test(command, every_flag_has_a_variable_but_those_that_must_be_typed)
{
	static const char *const typed[] = { "confirm", "help", "output", "output-dir",
					     "output-file", "version" };

	for (size_t i = 0; commands[i]; i++) {
		for (const struct option *row = commands[i]->options; row && row->name; row++) {
			bool must = false;

			for (size_t k = 0; k < ARRAY_LEN(typed); k++)
				must = must || strcmp(row->name, typed[k]) == 0;
			cr_assert(!row->no_env || must, "%s --%s", commands[i]->words, row->name);
			cr_assert(strcmp(row->name, "confirm") != 0 || row->no_env);
		}
	}
}
