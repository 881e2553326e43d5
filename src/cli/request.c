#include "cli/request.h"

#include <inttypes.h>

#define REQUEST_MAX ((size_t)64 << 10)

static void add_words(struct str *out, const char *name, const struct words *words)
{
	for (size_t i = 0; i < words->len; i++)
		str_addf(out, name ? " --%s %s" : " %s%s", name ? name : "", words->at[i]);
}

static void add_parallel(struct str *out, const struct option *row, const struct parallel *parallel)
{
	if (parallel->number)
		str_addf(out, " --%s %u%s", row->name, parallel->number,
			 parallel->percent ? "%" : "");
}

static void add_option(struct str *out, const struct option *row, const void *options)
{
	const void *at = (const char *)options + row->offset;

	switch (row->type) {
	case OPTION_FLAG:
		if (*(const bool *)at)
			str_addf(out, " --%s", row->name);
		break;
	case OPTION_TEXT:
	case OPTION_CHOICE:
		if (*(const char *const *)at)
			str_addf(out, " --%s %s", row->name, *(const char *const *)at);
		break;
	case OPTION_LIST:
	case OPTION_CSV:
	case OPTION_REPEAT:
		add_words(out, row->name, at);
		break;
	case OPTION_COUNT:
		if (*(const unsigned *)at)
			str_addf(out, " --%s %u", row->name, *(const unsigned *)at);
		break;
	case OPTION_DURATION:
		if (*(const uint64_t *)at)
			str_addf(out, " --%s %" PRIu64 "ns", row->name, *(const uint64_t *)at);
		break;
	case OPTION_PARALLEL:
		add_parallel(out, row, at);
		break;
	}
}

static void add_positional(struct str *out, const struct positional *row, const void *options)
{
	const void *at = (const char *)options + row->offset;

	if (row->many)
		add_words(out, NULL, at);
	else if (*(const char *const *)at)
		str_addf(out, " %s", *(const char *const *)at);
}

const char *request_text(struct program *program)
{
	struct str text SCOPED(str_done) = STR_INIT(REQUEST_MAX);
	static const struct option max_parallel = { .name = "max-parallel" };
	const struct command *command = program->command;

	str_add(&text, command->words);
	for (const struct positional *row = command->positionals; row && row->name; row++)
		add_positional(&text, row, program->options);
	for (const struct option *row = command->options; row && row->name; row++)
		add_option(&text, row, program->options);
	add_parallel(&text, &max_parallel, &program->changes.parallel);
	add_words(&text, "nodes", &program->nodes_said);
	return arena_str(program->arena, str_text(&text));
}
