#include "base/text.h"
#include "cli/help.h"
#include "cli/program.h"
#include "cli/say.h"
#include "cli/signals.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define RESULT_MAX ((size_t)256 << 20)
#define DIGEST_BYTES 32

int program_print_text(const struct str *text, struct err *err)
{
	if (text->full)
		return err_set(err, ERR_SYSTEM, "the result is too large");
	if (!terminal_write(STDOUT_FILENO, str_text(text), text->len))
		return err_sys(err, errno, "print the result");
	return 0;
}

int program_print(struct program *program, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(RESULT_MAX);
	const struct command *first = program->prefix ? program->prefix : program->command;
	const struct result_style style = { .kind = first->words,
					    .format = program_format(program),
					    .show_secrets = program->globals.show_secrets };

	if (!program->result.value)
		return 0;
	if (program->command->traits & COMMAND_OWN_OUTPUT)
		str_add(&text, program->result.text ? program->result.text : "");
	else
		result_write(&text, &program->result, &style);
	program->result.value = NULL;
	return program_print_text(&text, err);
}

static int show_help(const struct command *command, const char *group, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(RESULT_MAX);

	if (command)
		help_command(&text, command);
	else if (group)
		help_group(&text, group);
	else
		help_overview(&text);
	return program_print_text(&text, err);
}

/* `talforge help sim serve` */
static int help_words(struct program *program, const struct words *words, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(200);

	for (size_t i = 0; i < words->len; i++)
		str_addf(&text, "%s%s", i ? " " : "", words->at[i]);
	if (words->len == 0)
		return show_help(NULL, NULL, err);

	const char *name = str_text(&text);
	const struct command *command = command_named(name);
	if (!command && !command_is_group(name))
		return command_unknown(program->arena, name, err);
	return show_help(command, name, err);
}

static int check_fingerprint(struct arena *arena, const char *text, struct err *err)
{
	size_t len = 0;

	if (base64_decode(arena, text, &len) && len == DIGEST_BYTES)
		return 0;
	err_set(err, ERR_USAGE, "\"%s\" is no fingerprint", text);
	err_hint(err, "it is the SHA-256 of the public key info in base64: 44 characters");
	return err_wrap(err, "--cert-fingerprint");
}

static int check_globals(const struct program *program, struct err *err)
{
	unsigned traits = program->command->traits;
	const char *fingerprint = program->globals.fingerprint;

	if (fingerprint && check_fingerprint(program->arena, fingerprint, err) < 0)
		return -1;

	if (program->globals.nodes.len && !(traits & COMMAND_NODES)) {
		err_set(err, ERR_USAGE, "`%s` takes no --nodes: it works on all of them",
			program->command->words);
		return err_hint(err, "status, diff, render, apply, reset and upgrade take some; "
				     "apply installs bare ones, too");
	}
	if (program_format(program) == FORMAT_SARIF && !(traits & COMMAND_FINDINGS)) {
		err_set(err, ERR_USAGE, "`%s` has no findings to print as sarif",
			program->command->words);
		return err_hint(err, "check, render and validate have");
	}
	return 0;
}

static void *new_options(const struct program *program, const struct command *command)
{
	void *options = arena_alloc(program->arena, command->size ? command->size : 1);

	if (command->standard)
		memcpy(options, command->standard, command->size);
	return options;
}

/* The flags of the command, of what stands in front of it, of all changing ones, of all. */
static size_t gather(struct program *program, void *options, void *prefix_options,
		     struct option_set sets[static 4])
{
	const struct command *command = program->command;
	size_t count = 0;

	if (command && command->options)
		sets[count++] = (struct option_set){ command->options, options };
	if (program->prefix && program->prefix->options)
		sets[count++] = (struct option_set){ program->prefix->options, prefix_options };
	if (command && (command->traits & COMMAND_CHANGES))
		sets[count++] = (struct option_set){ change_options, &program->changes };
	sets[count++] = (struct option_set){ global_options, &program->globals };
	return count;
}

static int parse(struct program *program, const struct words *rest, void *options,
		 void *prefix_options, struct err *err)
{
	static const char *const nothing[] = { NULL };
	const struct command *command = program->command;
	struct option_set sets[4];
	struct words words = { 0 };
	size_t count = gather(program, options, prefix_options, sets);

	const struct option_parse given = { program->arena, sets, count, program->env };
	if (options_parse(&given, rest->at ? (const char *const *)rest->at : nothing, &words, err) <
	    0)
		return -1;
	program->say.quiet = program->globals.quiet;
	if (program->globals.debug)
		program->terminal.live = false;
	program->say.events = program->changes.events != NULL;
	program->nodes_said = program->globals.nodes;
	if (!command || program->globals.help || program->globals.version)
		return 0;
	if (check_globals(program, err) < 0)
		return -1;
	return command_positionals(command, &words, options, err);
}

/* `plan` and `rehearse`: what follows is the command, and they stand in front of it. */
static int find_operation(struct program *program, struct command_found *found, struct err *err)
{
	static const char *const nothing[] = { NULL };
	const struct words rest = found->rest;
	const struct command_search search = { program->arena, global_options,
					       rest.at ? (const char *const *)rest.at : nothing };
	const struct command *prefix = found->command;
	struct command_found operation;

	if (command_find(&search, &operation, err) < 0)
		return -1;
	if (!operation.command && command_wants_help(search.argv))
		return 0;
	if (!operation.command || !(operation.command->traits & COMMAND_CHANGES)) {
		err_set(err, ERR_USAGE, "`%s` takes a command that changes something",
			prefix->words);
		return err_hint(err, "as in: talforge %s up", prefix->words);
	}
	program->prefix = prefix;
	*found = operation;
	return 0;
}

static int run_command(struct program *program, const void *prefix_options, struct err *err)
{
	if (program->prefix)
		return program->prefix->run(program, prefix_options, err);
	return program->command->run(program, program->options, err);
}

static int help_asked(struct program *program, const char *const *argv, struct err *err)
{
	struct words words = { 0 };

	while (*argv)
		words_add(&words, program->arena, *argv++);
	return help_words(program, &words, err);
}

static int find_command(struct program *program, const char *const *argv,
			struct command_found *found, struct err *err)
{
	const struct command_search search = { program->arena, global_options, argv };

	if (command_find(&search, found, err) < 0)
		return -1;
	if (!found->command || !(found->command->traits & COMMAND_PREFIX))
		return 0;
	return find_operation(program, found, err);
}

/* The command that was found, or `version` for the flag of that name. */
static int choose_command(struct program *program, const struct command_found *found,
			  struct err *err)
{
	if (program->globals.version && !found->command) {
		program->command = command_named("version");
		program->options = new_options(program, program->command);
	}
	if (program->command)
		return 0;
	err_set(err, ERR_USAGE, "no command is given");
	return err_hint(err, "talforge --help lists them");
}

static int run(struct program *program, const char *const *argv, struct err *err)
{
	struct command_found found;

	if (argv[0] && strcmp(argv[0], "help") == 0)
		return help_asked(program, argv + 1, err);
	if (find_command(program, argv, &found, err) < 0)
		return -1;
	program->command = found.command;

	void *options = found.command ? new_options(program, found.command) : NULL;
	void *front = program->prefix ? new_options(program, program->prefix) : NULL;
	program->options = options;
	if (parse(program, &found.rest, options, front, err) < 0)
		return -1;
	if (program->globals.help)
		return show_help(program->prefix ? program->prefix : found.command, found.words,
				 err);
	if (choose_command(program, &found, err) < 0)
		return -1;

	int r = run_command(program, front, err);
	struct err unprinted = ERR_INIT;
	if (program_print(program, r < 0 ? &unprinted : err) < 0)
		return -1;
	return r;
}

/* Whether events are wanted, of a command line that nobody has judged yet: what is wrong with it is
 * told in that form too. */
static bool wants_events(env_fn *env, const char *const *argv)
{
	const char *form = env("TALFORGE_EVENTS");

	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		if (strcmp(*argv, "--events") == 0 && argv[1])
			form = argv[1];
		else if (text_starts(*argv, "--events="))
			form = strchr(*argv, '=') + 1;
	}
	return text_equal(form, "json");
}

int program_main(struct program *program, const char *const *argv)
{
	struct err err = ERR_INIT;

	program->say.events = wants_events(program->env, argv);
	signals_catch();
	if (run(program, argv, &err) == 0)
		return program->exit_code;
	say_err(&program->say, &err);
	return program->exit_code ? program->exit_code : err_exit_code(err.kind);
}
