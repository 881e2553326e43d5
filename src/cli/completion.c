#include "cli/completion.h"

#include "base/map.h"
#include "cli/program.h"

#include <string.h>

static void add_flags(struct str *out, const struct option *options)
{
	for (const struct option *row = options; row && row->name; row++)
		if (row->doc)
			str_addf(out, " --%s", row->name);
}

/* Every flag that takes a value, of the program as a whole, each once: their values are no words of
 * the command. */
static void add_valued(struct str *out, struct map *seen, const struct option *options)
{
	for (const struct option *row = options; row && row->name; row++) {
		if (row->type == OPTION_FLAG || map_has(seen, row->name))
			continue;
		map_put(seen, row->name, seen);
		str_addf(out, "%s--%s", out->len ? " | " : "", row->name);
	}
}

static void add_valued_letters(struct str *out, struct map *seen, const struct option *options)
{
	for (const struct option *row = options; row && row->name; row++) {
		char letter[] = { (char)row->letter, '\0' };

		if (row->type == OPTION_FLAG || !row->letter || map_has(seen, letter))
			continue;
		map_put(seen, letter, seen);
		str_addf(out, " | -%s", letter);
	}
}

static void bash_valued(struct str *out)
{
	struct arena *arena OWNED(arena_free) = arena_new("completion");
	struct map *names = map_new(arena), *letters = map_new(arena);
	struct str text SCOPED(str_done) = STR_INIT(10000);

	add_valued(&text, names, global_options);
	add_valued(&text, names, change_options);
	for (size_t i = 0; commands[i]; i++)
		add_valued(&text, names, commands[i]->options);
	add_valued_letters(&text, letters, global_options);
	add_valued_letters(&text, letters, change_options);
	for (size_t i = 0; commands[i]; i++)
		add_valued_letters(&text, letters, commands[i]->options);
	str_addf(out, "\t\t%s)\n", str_text(&text));
	str_add(out, "\t\t\t[[ ${COMP_WORDS[i + 1]} == '=' ]] && ((i++))\n"
		     "\t\t\t((i++))\n"
		     "\t\t\t;;\n");
}

static void add_choices(struct str *out, const char *const *choices)
{
	for (size_t i = 0; choices && choices[i]; i++)
		str_addf(out, " %s", choices[i]);
}

/* Has an earlier row the same first word, among those with these traits? */
static bool is_repeated(size_t row, unsigned traits)
{
	size_t len = strcspn(commands[row]->words, " ");

	for (size_t i = 0; i < row; i++)
		if ((commands[i]->traits & traits) == traits &&
		    strcspn(commands[i]->words, " ") == len &&
		    strncmp(commands[i]->words, commands[row]->words, len) == 0)
			return true;
	return false;
}

/* First words of commands with these traits, each once. */
static void add_first_words(struct str *out, unsigned traits)
{
	for (size_t i = 0; commands[i]; i++) {
		if ((commands[i]->traits & traits) != traits || is_repeated(i, traits))
			continue;
		str_addc(out, ' ');
		str_addn(out, commands[i]->words, strcspn(commands[i]->words, " "));
	}
	if (!traits)
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

static const char *const *offers_of(struct arena *arena, const struct option *option)
{
	return option->offers ? option->offers(arena) : option->choices;
}

/* What may follow a flag that takes a value; nothing that is known leaves it to the shell, which
 * offers files. `command` is "*" for a flag of many commands. */
static void bash_offers(struct str *out, const char *command, const struct option *options)
{
	const char *head = *command == '*' ? "*\" " : "\"";
	const char *space = *command == '*' ? "" : " ";
	const char *name = *command == '*' ? "" : command;

	for (const struct option *row = options; row && row->name; row++) {
		struct arena *arena OWNED(arena_free) = arena_new("completion");

		if (row->type == OPTION_FLAG)
			continue;
		str_addf(out, "\t%s%s%s--%s\"", head, name, space, row->name);
		if (row->letter)
			str_addf(out, " | %s%s%s-%c\"", head, name, space, row->letter);
		str_add(out, ") words=\"");
		add_choices(out, offers_of(arena, row));
		str_add(out, "\" ;;\n");
	}
}

/* What stands in front of a command is no part of its name, until another word comes. */
static void bash_prefixes(struct str *out)
{
	const char *between = "\t\t";

	for (size_t i = 0; commands[i]; i++) {
		if (!(commands[i]->traits & COMMAND_PREFIX))
			continue;
		str_addf(out, "%s%s", between, commands[i]->words);
		between = " | ";
	}
	str_add(out, ")\n"
		     "\t\t\t[[ -z $command ]] && prefix=${COMP_WORDS[i]}\n"
		     "\t\t\t;;\n");
}

/* The words up to the cursor that name the command; bash makes three words of --flag=value. */
static void bash_find_command(struct str *out)
{
	str_add(out, "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		     "\tlocal command='' prefix='' words='' i\n"
		     "\tif [[ $cur == '=' ]]; then\n"
		     "\t\tcur=''\n"
		     "\telif [[ $prev == '=' ]]; then\n"
		     "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
		     "\tfi\n"
		     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		     "\t\tcase ${COMP_WORDS[i]} in\n");
	bash_valued(out);
	str_add(out, "\t\t-*) ;;\n");
	bash_prefixes(out);
	str_add(out, "\t\t*)\n"
		     "\t\t\tcase $command in\n"
		     "\t\t\t");
	for (size_t i = 0; commands[i]; i++)
		str_addf(out, "%s\"%s\"", i ? " | " : "", commands[i]->words);
	str_add(out, ") ;;\n"
		     "\t\t\t*) command=\"${command:+$command }${COMP_WORDS[i]}\" ;;\n"
		     "\t\t\tesac\n"
		     "\t\t\t;;\n"
		     "\t\tesac\n"
		     "\tdone\n");
}

static void bash_prefix_flags(struct str *out)
{
	str_add(out, "\tcase $1 in\n");
	for (size_t i = 0; commands[i]; i++) {
		if (!(commands[i]->traits & COMMAND_PREFIX))
			continue;
		str_addf(out, "\t%s) words+=\"", commands[i]->words);
		add_flags(out, commands[i]->options);
		str_add(out, "\" ;;\n");
	}
	str_add(out, "\tesac\n");
}

static void bash_words(struct str *out)
{
	str_add(out, "_talforge_words()\n"
		     "{\n"
		     "\tcase $2 in\n"
		     "\t\"\") words=\"");
	add_first_words(out, 0);
	str_add(out, "\"\n"
		     "\t\t[[ -n $1 ]] && words=\"");
	add_first_words(out, COMMAND_CHANGES);
	str_add(out, "\" ;;\n");
	bash_groups(out);
	for (size_t i = 0; commands[i]; i++)
		bash_case(out, commands[i]);
	str_add(out, "\tesac\n");
	bash_prefix_flags(out);
	str_add(out, "\twords+=\"");
	add_flags(out, global_options);
	str_add(out, "\"\n"
		     "}\n");
}

void completion_bash(struct str *out)
{
	str_add(out, "# bash completion of talforge\n");
	bash_words(out);
	str_add(out, "_talforge()\n"
		     "{\n");
	bash_find_command(out);
	str_add(out, "\tcase \"$command $prev\" in\n");
	for (size_t i = 0; commands[i]; i++)
		bash_offers(out, commands[i]->words, commands[i]->options);
	bash_offers(out, "*", change_options);
	bash_offers(out, "*", global_options);
	str_add(out, "\t*) _talforge_words \"$prefix\" \"$command\" ;;\n"
		     "\tesac\n"
		     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		     "}\n"
		     "complete -o default -F _talforge talforge\n");
}

void completion_zsh(struct str *out)
{
	str_add(out, "# zsh completion of talforge\n"
		     "autoload -U +X bashcompinit && bashcompinit\n");
	completion_bash(out);
}

/* In single quotes. */
static void fish_text(struct str *out, const char *text)
{
	str_addc(out, '\'');
	for (const char *c = text; *c; c++)
		str_addf(out, *c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
	str_addc(out, '\'');
}

static void fish_option(struct str *out, const char *condition, const struct option *option)
{
	str_addf(out, "complete -c talforge%s -l %s", condition, option->name);
	if (option->letter)
		str_addf(out, " -s %c", option->letter);
	if (option->type != OPTION_FLAG)
		str_add(out, " -r");

	struct arena *arena OWNED(arena_free) = arena_new("completion");
	const char *const *offers = offers_of(arena, option);
	if (offers) {
		str_add(out, " -f -a '");
		add_choices(out, offers);
		str_addc(out, '\'');
	}
	str_add(out, " -d ");
	fish_text(out, option->doc);
	str_addc(out, '\n');
}

static void fish_options(struct str *out, const char *condition, const struct option *options)
{
	for (const struct option *row = options; row && row->name; row++)
		if (row->doc)
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
			 "complete -c talforge -n '__fish_seen_subcommand_from %s' -f -a %s -d ",
			 first, command->words + len + 1);
	else
		str_addf(out, "complete -c talforge -n __fish_use_subcommand -f -a %s -d ", first);
	fish_text(out, command->brief);
	str_addc(out, '\n');
	if (command->traits & COMMAND_PREFIX) {
		str_addf(out, "complete -c talforge%s -f -a '", seen);
		add_first_words(out, COMMAND_CHANGES);
		str_add(out, "'\n");
	}
	fish_options(out, seen, command->options);
	if (command->traits & COMMAND_CHANGES)
		fish_options(out, seen, change_options);
}

void completion_fish(struct str *out)
{
	str_add(out, "# fish completion of talforge\n"
		     "complete -c talforge -n __fish_use_subcommand -f -a '");
	add_first_words(out, 0);
	str_add(out, "'\n");
	for (size_t i = 0; commands[i]; i++)
		fish_command(out, commands[i]);
	fish_options(out, "", global_options);
}
