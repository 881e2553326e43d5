#include "cli/password.h"

#include "base/fs.h"
#include "cli/program.h"
#include "loop/process.h"

#include <string.h>
#include <sys/stat.h>

#define PASSWORD_FILE_MAX 4096
#define COMMAND_TIME (60 * SECOND)
#define OTHERS (S_IRWXG | S_IRWXO)

static const char *without_line_end(struct arena *arena, const char *text)
{
	return arena_strn(arena, text, strcspn(text, "\r\n"));
}

static int read_file(struct program *program, const char *name, const char **out, struct err *err)
{
	const char *path = workspace_path(program->workspace, name);
	mode_t mode;
	char *text;
	size_t len;

	if (fs_read(program->arena, path, PASSWORD_FILE_MAX, &text, &len, err) < 0 ||
	    fs_mode(path, &mode, err) < 0)
		return -1;
	if (mode & OTHERS) {
		err_set(err, ERR_REFUSED, "others can read %s", name);
		return err_hint(err, "chmod 600 %s", name);
	}
	*out = without_line_end(program->arena, text);
	return 0;
}

static int read_variable(struct program *program, const char *name, const char **out,
			 struct err *err)
{
	const char *text = program->env ? program->env(name) : NULL;

	if (!text || !*text)
		return err_set(err, ERR_NOT_FOUND, "the variable %s is not set", name);
	*out = without_line_end(program->arena, text);
	return 0;
}

/* What the command says on stderr is not told of: it may quote what it was to keep. */
static int run_command(struct program *program, const char *command, const char **out,
		       struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	const struct process_request request = {
		.argv = argv,
		.name = "the command of the password",
		.folder = workspace_folder(program->workspace),
		.output_max = PASSWORD_FILE_MAX,
		.error_max = PASSWORD_FILE_MAX,
		.timeout = COMMAND_TIME,
	};
	struct process_result result SCOPED(process_result_done) = { .code = -1 };

	if (process_output(&request, &result, err) < 0)
		return -1;
	if (result.code != 0 || result.output.len == 0)
		return err_set(err, ERR_INPUT, "its command %s",
			       result.code ? "does not succeed" : "prints nothing");
	*out = without_line_end(program->arena, str_text(&result.output));
	return 0;
}

int password_read(struct program *program, const struct password_source *source, const char **out,
		  struct err *err)
{
	*out = NULL;
	switch (source->form) {
	case PASSWORD_NONE:
		return 0;
	case PASSWORD_FILE:
		return read_file(program, source->text, out, err);
	case PASSWORD_ENV:
		return read_variable(program, source->text, out, err);
	case PASSWORD_COMMAND:
		return run_command(program, source->text, out, err);
	}
	return err_set(err, ERR_BUG, "a password comes from nowhere");
}

int password_read_peers(struct program *program, const struct cluster *cluster,
			const char *const **out, struct err *err)
{
	const struct bgp *bgp = &cluster->bgp;
	const char **passwords = arena_calloc(program->arena, bgp->peers + 1, sizeof(*passwords));

	for (size_t i = 0; i < bgp->peers; i++)
		if (password_read(program, &bgp->peer[i].password, &passwords[i], err) < 0)
			return err_wrap(err, "the password of the peer %s", bgp->peer[i].address);
	*out = passwords;
	return 0;
}
