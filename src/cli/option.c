#include "cli/option.h"

#include "base/clock.h"
#include "base/text.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The parse at work. */
struct parser {
	const struct option_parse *given;
	struct map *seen; /* options by name that the command line has set */
	struct words *words;
};

/* A flag found in a table. */
struct match {
	const struct option *option;
	void *at; /* where its value goes */
};

void words_add(struct words *words, struct arena *arena, const char *word)
{
	words->at = arena_grow(arena, words->at, words->len + 1, &words->cap, sizeof(*words->at));
	words->at[words->len++] = word;
	words->at[words->len] = NULL;
}

unsigned parallel_of(const struct parallel *parallel, size_t total)
{
	if (!parallel->percent)
		return parallel->number;

	unsigned number = (unsigned)((total * parallel->number) / 100);
	return number > 0 ? number : 1;
}

bool argument_is_flag(const char *argument)
{
	return argument[0] == '-' && argument[1] != '\0';
}

static size_t name_len(const char *name)
{
	return strcspn(name, "=");
}

static const struct option *find_name(const struct option *options, const char *name)
{
	for (const struct option *row = options; row->name; row++)
		if (strlen(row->name) == name_len(name) &&
		    strncmp(row->name, name, name_len(name)) == 0)
			return row;
	return NULL;
}

static const struct option *find_letter(const struct option *options, int letter)
{
	for (const struct option *row = options; row->name; row++)
		if (letter && row->letter == letter)
			return row;
	return NULL;
}

unsigned option_width(const struct option *options, const char *argument)
{
	bool is_long = argument[1] == '-';
	const struct option *row =
		is_long ? find_name(options, argument + 2) : find_letter(options, argument[1]);

	if (!row)
		return 0;
	if (row->type == OPTION_FLAG)
		return 1;
	if (is_long)
		return strchr(argument, '=') ? 1 : 2;
	return argument[2] ? 1 : 2;
}

const char *option_env(struct arena *arena, const struct option *option)
{
	char *name = arena_printf(arena, "TALFORGE_%s", option->name);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

static bool find(const struct parser *parser, const char *name, int letter, struct match *out)
{
	for (size_t i = 0; i < parser->given->count; i++) {
		const struct option_set *set = &parser->given->sets[i];
		const struct option *row =
			name ? find_name(set->options, name) : find_letter(set->options, letter);

		if (!row)
			continue;
		*out = (struct match){ row, (char *)set->out + row->offset };
		return true;
	}
	return false;
}

static int unknown(const struct parser *parser, const char *flag, struct err *err)
{
	struct words names = { 0 };

	for (size_t i = 0; i < parser->given->count; i++)
		for (const struct option *row = parser->given->sets[i].options; row->name; row++)
			words_add(&names, parser->given->arena, row->name);
	err_set(err, ERR_USAGE, "unknown flag %s", flag);
	if (flag[1] != '-')
		return -1;

	const char *bare = arena_strn(parser->given->arena, flag + 2, name_len(flag + 2));
	const char *near = text_nearest(bare, names.at, names.len);
	return near ? err_hint(err, "did you mean --%s?", near) : -1;
}

static int set_choice(const struct match *match, const char *text, struct err *err)
{
	const char *const *choices = match->option->choices;
	char list[160] = "";
	size_t count = 0;

	for (; choices[count]; count++) {
		size_t len = strlen(list);

		if (strcmp(choices[count], text) == 0) {
			*(const char **)match->at = choices[count];
			return 0;
		}
		snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", choices[count]);
	}
	err_set(err, ERR_USAGE, "\"%s\" is none of %s", text, list);

	const char *near = text_nearest(text, choices, count);
	return near ? err_hint(err, "did you mean %s?", near) : -1;
}

static int set_flag(const struct match *match, const char *text, struct err *err)
{
	static const char *const yes[] = { "true", "1", "yes", "t",
					   "T", "True", "TRUE", NULL };
	static const char *const no[] = { "false", "0", "no", "f",
					  "F", "False", "FALSE", NULL };

	for (size_t i = 0; yes[i]; i++) {
		if (strcmp(text, yes[i]) != 0 && strcmp(text, no[i]) != 0)
			continue;
		*(bool *)match->at = strcmp(text, yes[i]) == 0;
		return 0;
	}
	return err_set(err, ERR_USAGE, "\"%s\" is neither true nor false", text);
}

static int set_count(const struct match *match, const char *text, struct err *err)
{
	uint64_t number;

	if (!text_u64(text, &number) || number < 1 || number > UINT_MAX)
		return err_set(err, ERR_USAGE, "\"%s\" is no number from 1 on", text);
	*(unsigned *)match->at = (unsigned)number;
	return 0;
}

static int set_parallel(struct arena *arena, const struct match *match, const char *text,
			struct err *err)
{
	bool percent = text_ends(text, "%");
	const char *digits = arena_strn(arena, text, strlen(text) - (percent ? 1 : 0));
	uint64_t number;

	if (!text_u64(digits, &number) || number < 1 || number > (percent ? 100 : UINT_MAX))
		return err_set(err, ERR_USAGE,
			       "\"%s\" is neither a number from 1 on nor 1%% to 100%%", text);
	*(struct parallel *)match->at = (struct parallel){ (unsigned)number, percent };
	return 0;
}

static int set_duration(const struct match *match, const char *text, struct err *err)
{
	if (duration_parse(text, match->at) < 0) {
		err_set(err, ERR_USAGE, "\"%s\" is no duration", text);
		return err_hint(err, "write it like 90s, 10m or 1h30m");
	}
	return 0;
}

static int set_list(struct arena *arena, const struct match *match, const char *text,
		    struct err *err)
{
	struct words *words = match->at;

	for (;;) {
		size_t len = strcspn(text, ",");

		if (len == 0)
			return err_set(err, ERR_USAGE, "the list has an empty entry");
		words_add(words, arena, arena_strn(arena, text, len));
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

/* An entry in quotes; moves behind it. NULL when they are not closed. */
static const char *take_quoted(struct arena *arena, const char **text)
{
	char *entry = arena_str(arena, *text + 1), *end = entry;
	const char *from = *text + 1;

	for (;; from++) {
		if (*from == '\0')
			return NULL;
		if (*from == '"' && *++from != '"')
			break;
		*end++ = *from;
	}
	*end = '\0';
	*text = from;
	return entry;
}

static int set_csv(struct arena *arena, const struct match *match, const char *text,
		   struct err *err)
{
	struct words *words = match->at;

	while (*text) {
		size_t len = strcspn(text, ",\"\n");
		bool quoted = *text == '"';
		const char *entry =
			quoted ? take_quoted(arena, &text) : arena_strn(arena, text, len);

		text += quoted ? 0 : len;
		if (!entry || (*text && *text != ','))
			return err_set(err, ERR_USAGE,
				       "it is no line of comma-separated values: \" stands around "
				       "an entry");
		words_add(words, arena, entry);
		if (*text && !*++text)
			words_add(words, arena, "");
	}
	return 0;
}

static int set_value(struct arena *arena, const struct match *match, const char *text,
		     struct err *err)
{
	switch (match->option->type) {
	case OPTION_FLAG:
		return set_flag(match, text, err);
	case OPTION_TEXT:
		if (!*text && !match->option->empty)
			return err_set(err, ERR_USAGE, "the value is empty");
		*(const char **)match->at = arena_str(arena, text);
		return 0;
	case OPTION_LIST:
		return set_list(arena, match, text, err);
	case OPTION_CSV:
		return set_csv(arena, match, text, err);
	case OPTION_REPEAT:
		words_add(match->at, arena, arena_str(arena, text));
		return 0;
	case OPTION_CHOICE:
		return set_choice(match, text, err);
	case OPTION_COUNT:
		return set_count(match, text, err);
	case OPTION_DURATION:
		return set_duration(match, text, err);
	case OPTION_PARALLEL:
		return set_parallel(arena, match, text, err);
	}
	assert(false);
	return -1;
}

static int accept(struct parser *parser, const struct match *match, const char *text,
		  struct err *err)
{
	map_put(parser->seen, match->option->name, parser);
	if (set_value(parser->given->arena, match, text, err) < 0)
		return err_wrap(err, "--%s", match->option->name);
	return 0;
}

static int no_value(const struct match *match, struct err *err)
{
	return err_set(err, ERR_USAGE, "--%s needs a value: %s", match->option->name,
		       match->option->argument);
}

/* Both return how many entries of argv were used. */
static int parse_long(struct parser *parser, const char *const *argv, struct err *err)
{
	const char *name = argv[0] + 2, *inline_value = strchr(name, '=');
	struct match match;

	if (!find(parser, name, 0, &match))
		return unknown(parser, argv[0], err);
	if (inline_value)
		return accept(parser, &match, inline_value + 1, err) < 0 ? -1 : 1;
	if (match.option->type == OPTION_FLAG)
		return accept(parser, &match, "true", err) < 0 ? -1 : 1;
	if (!argv[1])
		return no_value(&match, err);
	return accept(parser, &match, argv[1], err) < 0 ? -1 : 2;
}

/* The value of a letter: the rest of its argument, else the next one. */
static int parse_letter(struct parser *parser, const struct match *match, const char *rest,
			const char *next, struct err *err)
{
	if (*rest)
		return accept(parser, match, rest + (*rest == '=' ? 1 : 0), err) < 0 ? -1 : 1;
	if (!next)
		return no_value(match, err);
	return accept(parser, match, next, err) < 0 ? -1 : 2;
}

static int parse_short(struct parser *parser, const char *const *argv, struct err *err)
{
	for (const char *letter = argv[0] + 1; *letter; letter++) {
		struct match match;

		if (!find(parser, NULL, *letter, &match))
			return err_set(err, ERR_USAGE, "unknown flag -%c", *letter);
		if (match.option->type != OPTION_FLAG)
			return parse_letter(parser, &match, letter + 1, argv[1], err);
		if (accept(parser, &match, "true", err) < 0)
			return -1;
	}
	return 1;
}

static int parse_env(struct parser *parser, const struct option_set *set_of, struct err *err)
{
	struct arena *arena = parser->given->arena;

	for (const struct option *row = set_of->options; row->name; row++) {
		const struct match match = { row, (char *)set_of->out + row->offset };
		const char *name = option_env(arena, row);
		const char *text = parser->given->env(name);

		if (map_has(parser->seen, row->name) || row->no_env)
			continue;
		if ((!text || !*text) && row->env) {
			name = row->env;
			text = parser->given->env(name);
		}
		if (text && *text && set_value(arena, &match, text, err) < 0)
			return err_wrap(err, "%s", name);
	}
	return 0;
}

int options_parse(const struct option_parse *parse, const char *const *argv, struct words *words,
		  struct err *err)
{
	struct parser parser = { parse, map_new(parse->arena), words };

	while (*argv) {
		int used = 1;

		if (strcmp(*argv, "--") == 0) {
			while (*++argv)
				words_add(words, parse->arena, *argv);
			break;
		}
		if (!argument_is_flag(*argv))
			words_add(words, parse->arena, *argv);
		else if ((*argv)[1] == '-')
			used = parse_long(&parser, argv, err);
		else
			used = parse_short(&parser, argv, err);
		if (used < 0)
			return -1;
		argv += used;
	}
	for (size_t i = 0; parse->env && i < parse->count; i++)
		if (parse_env(&parser, &parse->sets[i], err) < 0)
			return -1;
	return 0;
}
