#include "cli/completion.h"

#include "cli/program.h"

#include <string.h>

static void add_flags(struct str *out, const struct option *options)
{
	for (const struct option *row = options; row && row->name; row++)
		str_addf(out, " --%s", row->name);
}

static void add_choices(struct str *out, const char *const *choices)
{
	for (size_t i = 0; choices && choices[i]; i++)
		str_addf(out, " %s", choices[i]);
}

/* First words, each once. */
static void add_first_words(struct str *out)
{
	const char *before = "";
	size_t before_len = 0;

	for (size_t i = 0; commands[i]; i++) {
		size_t len = strcspn(commands[i]->words, " ");

		if (len == before_len && strncmp(before, commands[i]->words, len) == 0)
			continue;
		str_addc(out, ' ');
		str_addn(out, commands[i]->words, len);
		before = commands[i]->words;
		before_len = len;
	}
	str_add(out, " help");
}

static void add_second_words(struct str *out, const char *group)
{
	size_t len = strlen(group);

	for (size_t i = 0; commands[i]; i++)
		if (strncmp(commands[i]->words, group, len) == 0 && commands[i]->words[len] == ' ')
			str_addf(out, " %s", commands[i]->words + len + 1);
}

static void bash_case(struct str *out, const struct command *command)
{
	str_addf(out, "\t\"%s\") words=\"", command->words);
	for (const struct positional *row = command->positionals; row && row->name; row++)
		add_choices(out, row->choices);
	add_flags(out, command->options);
	if (command->traits & COMMAND_CHANGES)
		add_flags(out, change_options);
	str_add(out, "\" ;;\n");
}

static void bash_groups(struct str *out)
{
	const char *done = "";

	for (size_t i = 0; commands[i]; i++) {
		struct arena *arena OWNED(arena_free) = arena_new("completion");
		const char *group = command_group(arena, commands[i]);
		size_t len = strlen(group);

		if (!len || (strncmp(done, group, len) == 0 && done[len] == ' '))
			continue;
		done = commands[i]->words;
		str_addf(out, "\t\"%s\") words=\"", group);
		add_second_words(out, group);
		str_add(out, "\" ;;\n");
	}
}

void completion_bash(struct str *out)
{
	str_add(out, "# bash completion of talforge\n"
		     "_talforge()\n"
		     "{\n"
		     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} command='' words='' i\n"
		     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		     "\t\tcase ${COMP_WORDS[i]} in\n"
		     "\t\t-C | -n | -o) ((i++)) ;;\n"
		     "\t\t-*) ;;\n"
		     "\t\t*) command=\"${command:+$command }${COMP_WORDS[i]}\" ;;\n"
		     "\t\tesac\n"
		     "\tdone\n"
		     "\tcase $command in\n"
		     "\t\"\") words=\"");
	add_first_words(out);
	str_add(out, "\" ;;\n");
	bash_groups(out);
	for (size_t i = 0; commands[i]; i++)
		bash_case(out, commands[i]);
	str_add(out, "\tesac\n\twords+=\"");
	add_flags(out, global_options);
	str_add(out, "\"\n"
		     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		     "}\n"
		     "complete -o default -F _talforge talforge\n");
}

void completion_zsh(struct str *out)
{
	str_add(out, "# zsh completion of talforge\n"
		     "autoload -U +X bashcompinit && bashcompinit\n");
	completion_bash(out);
}

static void fish_option(struct str *out, const char *condition, const struct option *option)
{
	str_addf(out, "complete -c talforge%s -l %s", condition, option->name);
	if (option->letter)
		str_addf(out, " -s %c", option->letter);
	if (option->type != OPTION_FLAG)
		str_add(out, " -r");
	if (option->choices) {
		str_add(out, " -f -a '");
		add_choices(out, option->choices);
		str_addc(out, '\'');
	}
	str_add(out, " -d '");
	for (const char *c = option->doc; *c; c++)
		str_addf(out, *c == '\'' ? "\\%c" : "%c", *c);
	str_add(out, "'\n");
}

static void fish_options(struct str *out, const char *condition, const struct option *options)
{
	for (const struct option *row = options; row && row->name; row++)
		fish_option(out, condition, row);
}

static void fish_command(struct str *out, const struct command *command)
{
	struct arena *arena OWNED(arena_free) = arena_new("completion");
	size_t len = strcspn(command->words, " ");
	const char *first = arena_strn(arena, command->words, len);
	const char *seen = arena_printf(arena, " -n '__fish_seen_subcommand_from %s'",
					command->words[len] ? command->words + len + 1 : first);

	if (command->words[len])
		str_addf(out,
			 "complete -c talforge -n '__fish_seen_subcommand_from %s' -f -a %s -d "
			 "'%s'\n",
			 first, command->words + len + 1, command->brief);
	else
		str_addf(out, "complete -c talforge -n __fish_use_subcommand -f -a %s -d \"%s\"\n",
			 first, command->brief);
	fish_options(out, seen, command->options);
	if (command->traits & COMMAND_CHANGES)
		fish_options(out, seen, change_options);
}

void completion_fish(struct str *out)
{
	str_add(out, "# fish completion of talforge\n"
		     "complete -c talforge -n __fish_use_subcommand -f -a '");
	add_first_words(out);
	str_add(out, "'\n");
	for (size_t i = 0; commands[i]; i++)
		fish_command(out, commands[i]);
	fish_options(out, "", global_options);
}
