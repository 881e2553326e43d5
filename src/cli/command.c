#include "cli/command.h"

#include "base/text.h"

#include <string.h>

/* Names of the contract that this version does not have yet, so that nobody takes them for
 * typos. */
static const char *const later[] = {
	"discover",
	"node",
	"node add",
	"node replace",
	"node remove",
	"rotate-ca",
	"cilium",
	"bgp",
	"controller",
};

/* Other names that talosctl has for what is ours too. */
static const struct {
	const char *words, *mean;
} aliases[] = {
	{ "mc", "machineconfig" },
	{ "machineconfig gen", "gen config" },
};

static const char *meant(const char *words)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcmp(aliases[i].words, words) == 0)
			return aliases[i].mean;
	return words;
}

static bool is_later(const char *words)
{
	for (size_t i = 0; i < ARRAY_LEN(later); i++)
		if (strcmp(later[i], words) == 0)
			return true;
	return false;
}

static size_t first_word(const char *words)
{
	return strcspn(words, " ");
}

const char *command_group(struct arena *arena, const struct command *command)
{
	size_t len = first_word(command->words);

	return arena_strn(arena, command->words, command->words[len] ? len : 0);
}

const struct command *command_named(const char *words)
{
	words = meant(words);
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->words, words) == 0)
			return commands[i];
	return NULL;
}

bool command_is_group(const char *word)
{
	word = meant(word);
	for (size_t i = 0; commands[i]; i++) {
		size_t len = first_word(commands[i]->words);

		if (commands[i]->words[len] && strlen(word) == len &&
		    strncmp(commands[i]->words, word, len) == 0)
			return true;
	}
	return false;
}

int command_unknown(struct arena *arena, const char *words, struct err *err)
{
	struct words names = { 0 };

	if (is_later(words))
		return err_set(err, ERR_USAGE, "this version of talforge has no `%s` yet", words);
	for (size_t i = 0; commands[i]; i++) {
		const char *group = command_group(arena, commands[i]);

		words_add(&names, arena, commands[i]->words);
		if (*group)
			words_add(&names, arena, group);
	}
	err_set(err, ERR_USAGE, "unknown command `%s`", words);

	const char *near = text_nearest(words, names.at, names.len);
	if (near)
		return err_hint(err, "did you mean `%s`?", near);
	return err_hint(err, "talforge --help lists the commands");
}

/* A group without its second word, or with one that it does not have. */
static int incomplete(struct arena *arena, const char *group, struct err *err)
{
	struct str list SCOPED(str_done) = STR_INIT(400);

	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(command_group(arena, commands[i]), group) != 0)
			continue;
		str_add(&list, list.len ? ", " : "");
		str_add(&list, commands[i]->words + strlen(group) + 1);
	}
	err_set(err, ERR_USAGE, "`%s` needs another word", group);
	return err_hint(err, "one of: %s", str_text(&list));
}

/* The next argument that is no flag, from `at` on; flags on the way go to `rest`. A flag that is
 * not global is not known before the command is. */
static int next_word(const struct command_search *search, size_t *at, struct words *rest,
		     const char **out, struct err *err)
{
	const char *const *argv = search->argv;

	*out = NULL;
	while (argv[*at] && strcmp(argv[*at], "--") != 0) {
		const char *argument = argv[*at];
		unsigned width =
			argument_is_flag(argument) ? option_width(search->globals, argument) : 0;

		if (!argument_is_flag(argument)) {
			++*at;
			*out = argument;
			return 0;
		}
		if (width == 0 && argument[1] != '-')
			width = 1; /* several letters in one: judged when all are parsed */
		if (width == 0) {
			err_set(err, ERR_USAGE, "unknown flag %s", argument);
			return err_hint(err, "flags of a command come after its name");
		}
		for (; width > 0 && argv[*at]; width--)
			words_add(rest, search->arena, argv[(*at)++]);
	}
	return 0;
}

bool command_wants_help(const char *const *argv)
{
	for (size_t i = 0; argv[i] && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* Whether the next word makes the group that is a command too into another one: "upgrade talos".
 * Whatever flags may stand between, values of flags are no words. */
static bool names_member(const struct command_search *search, const struct command *own, size_t at)
{
	const char *const *argv = search->argv;

	while (argv[at] && strcmp(argv[at], "--") != 0 && argument_is_flag(argv[at])) {
		unsigned width = option_width(search->globals, argv[at]);

		if (width == 0)
			width = option_width(own->options, argv[at]);
		if (width == 0)
			return false; /* judged when all are parsed */
		for (; width > 0 && argv[at]; width--)
			at++;
	}
	return argv[at] && !argument_is_flag(argv[at]);
}

/* `words` is a group: with its second word it becomes a command, if it is none alone. */
static int find_second(const struct command_search *search, size_t *at, struct command_found *found,
		       struct err *err)
{
	const struct command *own = command_named(found->words);
	struct err unused = ERR_INIT;
	const char *second;

	if (own && !names_member(search, own, *at)) {
		found->command = own;
		return 0;
	}
	/* what is odd behind the first word is for the parser of all flags to judge */
	if (next_word(search, at, &found->rest, &second, &unused) < 0)
		second = NULL;
	if (!second && command_wants_help(search->argv))
		return 0;
	if (!second)
		return incomplete(search->arena, found->words, err);

	const char *words = arena_printf(search->arena, "%s %s", found->words, second);
	found->command = command_named(words);
	if (!found->command)
		return command_unknown(search->arena, words, err);
	found->words = found->command->words;
	return 0;
}

int command_find(const struct command_search *search, struct command_found *out, struct err *err)
{
	size_t at = 0;

	*out = (struct command_found){ 0 };
	if (next_word(search, &at, &out->rest, &out->words, err) < 0)
		return -1;
	if (out->words && command_is_group(out->words)) {
		out->words = meant(out->words);
		if (find_second(search, &at, out, err) < 0)
			return -1;
	} else if (out->words) {
		out->command = command_named(out->words);
		if (!out->command)
			return command_unknown(search->arena, out->words, err);
	}
	for (; search->argv[at]; at++)
		words_add(&out->rest, search->arena, search->argv[at]);
	return 0;
}

static int check_choice(const struct positional *positional, const char *word, struct err *err)
{
	struct str list SCOPED(str_done) = STR_INIT(400);
	size_t count = 0;

	if (!positional->choices)
		return 0;
	for (; positional->choices[count]; count++) {
		if (strcmp(positional->choices[count], word) == 0)
			return 0;
		str_addf(&list, "%s%s", count ? ", " : "", positional->choices[count]);
	}
	err_set(err, ERR_USAGE, "\"%s\" is none of %s", word, str_text(&list));

	const char *near = text_nearest(word, positional->choices, count);
	return near ? err_hint(err, "did you mean %s?", near) : -1;
}

int command_positionals(const struct command *command, const struct words *words, void *options,
			struct err *err)
{
	static const struct positional none = { 0 };
	const struct positional *row = command->positionals ? command->positionals : &none;
	size_t used = 0;

	for (; row->name && !row->many && used < words->len; row++, used++) {
		if (check_choice(row, words->at[used], err) < 0)
			return -1;
		*(const char **)(void *)((char *)options + row->offset) = words->at[used];
	}
	if (row->name && row->many) {
		*(struct words *)(void *)((char *)options + row->offset) =
			(struct words){ words->at ? words->at + used : NULL, words->len - used, 0 };
		return 0;
	}
	if (used < words->len)
		return err_set(err, ERR_USAGE, "`%s` takes no argument \"%s\"", command->words,
			       words->at[used]);
	if (row->name && !row->optional) {
		err_set(err, ERR_USAGE, "`%s` needs %s: %s", command->words, row->name, row->doc);
		return err_hint(err, "talforge %s --help tells more", command->words);
	}
	return 0;
}

const char *command_usage(struct arena *arena, const struct command *command)
{
	struct str usage SCOPED(str_done) = STR_INIT(1000);

	str_addf(&usage, "talforge %s", command->words);
	for (const struct positional *row = command->positionals; row && row->name; row++)
		str_addf(&usage, row->optional || row->many ? " [%s]%s" : " %s%s", row->name,
			 row->many ? "..." : "");
	if (command->traits & COMMAND_PREFIX)
		str_add(&usage, " OPERATION ...");
	str_add(&usage, " [flags]");
	return arena_str(arena, str_text(&usage));
}
