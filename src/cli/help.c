#include "cli/help.h"

#include "base/arena.h"
#include "cli/program.h"

#include <string.h>

#define PAGE_WIDTH 92
#define GAP 2

/* The left column of an option: "  -n, --nodes A,B". */
static const char *flag_text(struct arena *arena, const struct option *option)
{
	struct str text SCOPED(str_done) = STR_INIT(200);

	if (option->letter)
		str_addf(&text, "-%c, ", option->letter);
	else
		str_add(&text, "    ");
	str_addf(&text, "--%s", option->name);
	if (option->type == OPTION_CHOICE) {
		for (size_t i = 0; option->choices[i]; i++)
			str_addf(&text, "%s%s", i ? "|" : " ", option->choices[i]);
	} else if (option->argument) {
		str_addf(&text, " %s", option->argument);
	}
	return arena_str(arena, str_text(&text));
}

/* Words of `text` from column `left` on, broken at the page's width. */
static void add_wrapped(struct str *out, const char *text, size_t left)
{
	size_t column = left;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > left && column + 1 + len > PAGE_WIDTH) {
			str_addc(out, '\n');
			str_pad(out, ' ', left);
			column = left;
		} else if (column > left) {
			str_addc(out, ' ');
			column++;
		}
		str_addn(out, text, len);
		column += len;
		text += len + strspn(text + len, " ");
	}
	str_addc(out, '\n');
}

static void add_row(struct str *out, const char *left, size_t width, const char *doc)
{
	str_add(out, "  ");
	str_add(out, left);
	if (strlen(left) > width) {
		str_addc(out, '\n');
		str_pad(out, ' ', 2 + width + GAP);
	} else {
		str_pad(out, ' ', width - strlen(left) + GAP);
	}
	add_wrapped(out, doc, 2 + width + GAP);
}

static bool is_shown(const struct option *option, const struct command *command)
{
	if (!command)
		return true;
	if (strcmp(option->name, "nodes") == 0)
		return command->traits & COMMAND_NODES;
	if (strcmp(option->name, "output") == 0 && (command->traits & COMMAND_OWN_OUTPUT))
		return false;
	return true;
}

static void add_options(struct str *out, const char *title, const struct option *options,
			const struct command *command)
{
	struct arena *arena OWNED(arena_free) = arena_new("help");

	if (!options || !options->name)
		return;
	str_addf(out, "\n%s:\n", title);
	for (const struct option *row = options; row->name; row++) {
		bool is_own = command && command->options == options;

		if (row->doc && (is_own || is_shown(row, command)))
			add_row(out, flag_text(arena, row), 30, row->doc);
	}
}

static void add_commands(struct str *out, const char *group)
{
	struct arena *arena OWNED(arena_free) = arena_new("help");
	size_t width = 0;

	for (size_t i = 0; commands[i]; i++)
		if (strlen(commands[i]->words) > width)
			width = strlen(commands[i]->words);
	for (size_t i = 0; commands[i]; i++)
		if (!group || strcmp(command_group(arena, commands[i]), group) == 0)
			add_row(out, commands[i]->words, width, commands[i]->brief);
}

void help_overview(struct str *out)
{
	str_add(out, "talforge - Talos Linux clusters on bare metal, from two files\n\n"
		     "Usage:\n  talforge [flags] COMMAND [arguments] [flags]\n\nCommands:\n");
	add_commands(out, NULL);
	add_options(out, "Flags of every command", global_options, NULL);
	str_add(out,
		"\nEach flag can be set by a variable too: --show-secrets by "
		"TALFORGE_SHOW_SECRETS=1.\n"
		"talforge COMMAND --help tells more about a command.\n\n"
		"Exit codes: 0 done, 1 error, 2 changes pending, 3 usage or a wrong file, "
		"4 refused,\n5 partly done, 6 timed out, 7 authentication, 130 interrupted.\n");
}

void help_group(struct str *out, const char *group)
{
	str_addf(out, "talforge %s\n\nUsage:\n  talforge %s COMMAND [flags]\n\nCommands:\n", group,
		 group);
	add_commands(out, group);
}

void help_command(struct str *out, const struct command *command)
{
	struct arena *arena OWNED(arena_free) = arena_new("help");

	str_addf(out, "talforge %s - %s\n\nUsage:\n  %s\n", command->words, command->brief,
		 command_usage(arena, command));
	if (command->about)
		str_addf(out, "\n%s\n", command->about);
	if (command->positionals && command->positionals->name)
		str_add(out, "\nArguments:\n");
	for (const struct positional *row = command->positionals; row && row->name; row++)
		add_row(out, row->name, 30, row->doc);
	add_options(out, "Flags", command->options, command);
	if (command->traits & COMMAND_CHANGES)
		add_options(out, "Flags of commands that change something", change_options,
			    command);
	add_options(out, "Flags of every command", global_options, command);
}
