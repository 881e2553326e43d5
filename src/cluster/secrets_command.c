#include "cluster/secrets_command.h"

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "cluster/secrets_parts.h"
#include "loop/process.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_TIME (60 * SECOND)
#define ERRORS_MAX ((size_t)4096) /* bytes of stderr that are looked at */
#define LINE_MAX_SHOWN 200	  /* bytes */
#define PLACE_NAME "cluster.yaml: secrets.command"

static const char *const *words_of(struct arena *arena, const struct value *command)
{
	const char **argv = arena_calloc(arena, value_len(command) + 1, sizeof(*argv));

	for (size_t i = 0; i < value_len(command); i++) {
		argv[i] = value_text(value_at(command, i));
		if (!argv[i])
			return NULL;
	}
	return argv[0] && !text_is_blank(argv[0]) ? argv : NULL;
}

static const char *const *shell_of(struct arena *arena, const char *text)
{
	const char *const argv[] = { "/bin/sh", "-c", text, NULL };

	return arena_dup(arena, argv, sizeof(argv));
}

const struct secrets_command *secrets_command_of(struct arena *arena, const struct value *secrets)
{
	const struct value *value = value_get(secrets, "command");
	struct secrets_command command = { .src = value_src(value) };

	if (!value_is_map(secrets) || value_len(secrets) != 1)
		return NULL;
	if (value_is_list(value))
		command.argv = words_of(arena, value);
	else if (value_is_str(value) && !text_is_blank(value_text(value)))
		command.argv = shell_of(arena, value_text(value));
	return command.argv ? arena_dup(arena, &command, sizeof(command)) : NULL;
}

/* The last line that is not blank, printable and cut to a length; "" when it must not be shown. */
static void last_line(const struct process_result *result, char line[static LINE_MAX_SHOWN + 1])
{
	const char *text = str_text(&result->errors), *start;
	size_t len = result->errors.len;

	line[0] = '\0';
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	start = text + len;
	while (start > text && start[-1] != '\n')
		start--;
	len -= (size_t)(start - text);
	if (len > LINE_MAX_SHOWN)
		len = LINE_MAX_SHOWN;
	for (size_t i = 0; i < len; i++)
		line[i] = start[i] >= ' ' && start[i] <= '~' ? start[i] : '?';
	line[len] = '\0';
	/* a shell that repeats what it runs must not repeat what was printed */
	if (secret_suspected(line) || (len > 0 && strstr(str_text(&result->output), line)))
		line[0] = '\0';
}

static int failed(const struct process_result *result, struct err *err)
{
	char line[LINE_MAX_SHOWN + 1];

	last_line(result, line);
	if (result->signal)
		return err_set(err, ERR_AUTH, "the command was ended by signal %d%s%s",
			       result->signal, line[0] ? ": " : "", line);
	return err_set(err, ERR_AUTH, "the command ended with exit code %d%s%s", result->code,
		       line[0] ? ": " : "", line);
}

/* A place inside of what was printed means little to people: they see the line of the command. */
static int blame(const struct secrets_command *command, struct err *err)
{
	if (!err)
		return -1;
	if (err->kind == ERR_INPUT && err->file[0] && err->line)
		err_wrap(err, "line %u of what it printed", err->line);
	err->file[0] = '\0';
	err->line = err->column = 0;
	return err_at(err, command->src.file, command->src.line, command->src.column);
}

static int run(const struct secrets_command *command, const char *folder,
	       struct process_result *result, struct err *err)
{
	const struct process_request request = {
		.argv = command->argv,
		.name = "the command",
		.folder = folder,
		.output_max = BUNDLE_FILE_MAX,
		.error_max = ERRORS_MAX,
		.timeout = COMMAND_TIME,
	};

	if (process_output(&request, result, err) == 0)
		return 0;
	/* whoever cannot be asked for the key gives none */
	if (err && err->kind != ERR_TIMEOUT && err->kind != ERR_INPUT)
		err->kind = ERR_AUTH;
	return -1;
}

static int read_output(const struct process_result *result, struct bundle **out, struct err *err)
{
	const char *text = str_text(&result->output);

	if (text_is_blank(text))
		return err_set(err, ERR_INPUT, "the command printed nothing");
	if (text_starts(text, "sops:") || strstr(text, "\nsops:"))
		return err_set(err, ERR_INPUT,
			       "the command printed a file that is still encrypted");
	return bundle_read(PLACE_NAME, text, result->output.len, out, err);
}

int secrets_command_run(const struct secrets_command *command, const char *folder,
			struct bundle **out, struct err *err)
{
	struct process_result result SCOPED(process_result_done) = { .code = -1 };
	int r = run(command, folder, &result, err);

	if (r == 0 && result.code != 0)
		r = failed(&result, err);
	else if (r == 0)
		r = read_output(&result, out, err);
	if (r == 0)
		return 0;
	blame(command, err);
	return err_wrap(err, "ask for the secrets bundle");
}
