/*
 * Hooks of cluster.yaml: a command on this computer, before and after. The command is looked up in
 * the cluster when it runs; the plan only tells of it.
 */
#include "ops/hooks.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/secret.h"
#include "loop/process.h"
#include "ops/kinds.h"
#include "ops/site.h"

#include <string.h>

#define HOOK_TIMEOUT_S 600
#define HOOK_OUTPUT_MAX ((size_t)4 << 20)
#define HOOK_ERRORS_MAX ((size_t)64 << 10)
#define LINES_SHOWN 20

struct hook_run {
	struct process process;
	struct step_run *run;
	struct err err;
};

static struct hook_run *hook_of(struct step_run *run)
{
	return run_state(run, sizeof(struct hook_run));
}

static const struct texts *command_of(const struct step_run *run)
{
	const struct cluster *cluster = site_cluster(run_host(run));
	const char *phase = run_arg(run, "phase");
	const struct hook_set *set =
		run_step(run)->kind->cleanup ? &cluster->hooks.after : &cluster->hooks.before;

	for (enum hook_phase i = 0; phase && i < HOOK_PHASE_COUNT; i++)
		if (strcmp(hook_phase_name(i), phase) == 0)
			return &set->command[i];
	return NULL;
}

/* A text is a line for the shell, which has the node as $1; a list is run as it is. */
static const char *const *argv_of(struct step_run *run, const struct texts *command)
{
	const char *target = run_step(run)->target;
	const char **argv = arena_calloc(run_arena(run), command->len + 6, sizeof(*argv));
	size_t len = 0;

	if (command->len == 1) {
		const char *shell[] = { "sh", "-c", command->at[0], "hook", target };

		memcpy(argv, shell, sizeof(shell));
		return argv;
	}
	for (; len < command->len; len++)
		argv[len] = command->at[len];
	return argv;
}

static void show_line(struct step_run *run, const char *line, size_t len)
{
	const char *text = arena_strn(run_arena(run), line, len);

	if (len)
		run_say(run, "%s",
			secret_suspected(text) ? "(a line that looks like a secret)" : text);
}

/* The last lines, each a note. */
static void show(struct step_run *run, const struct str *output)
{
	const char *text = str_text(output), *at = text + output->len;
	unsigned lines = 0;

	while (at > text && lines <= LINES_SHOWN)
		lines += *--at == '\n';
	if (at > text)
		run_say(run, "(more was printed before)");
	while (*at) {
		size_t len = strcspn(at, "\n");

		show_line(run, at, len);
		at += len + (at[len] == '\n');
	}
}

static int hook_over(struct step_run *run, struct err *err)
{
	struct hook_run *hook = hook_of(run);
	const struct process_result *result = &hook->process.result;

	show(run, &result->output);
	show(run, &result->errors);
	if (err_is_set(&hook->err)) {
		if (err)
			*err = hook->err;
		return -1;
	}
	if (result->code < 0)
		return err_set(err, ERR_CONFLICT, "the hook was ended by signal %d",
			       result->signal);
	if (result->code > 0)
		return err_set(err, ERR_CONFLICT, "the hook failed with exit code %d",
			       result->code);
	return run_done(run);
}

static void hook_ended(struct process *process, const struct err *err)
{
	struct hook_run *hook = container_of(process, struct hook_run, process);

	if (err)
		hook->err = *err;
	run_resume(hook->run, hook_over);
}

static int hook_start(struct step_run *run, struct err *err)
{
	const struct site_options *site = site_options(run_host(run));
	const struct texts *command = command_of(run);
	struct hook_run *hook = hook_of(run);

	if (!command || command->len == 0)
		return run_already(run);
	if (!site->commands) {
		run_say(run, "not run here: nothing outside the simulated nodes is touched");
		return run_already(run);
	}
	const struct process_request request = {
		.argv = argv_of(run, command),
		.name = "the hook",
		.folder = site->folder,
		.output_max = HOOK_OUTPUT_MAX,
		.error_max = HOOK_ERRORS_MAX,
		.timeout = HOOK_TIMEOUT_S * SECOND,
	};

	hook->run = run;
	if (process_start(&hook->process, run_loop(run), &request, hook_ended, err) < 0)
		return -1;
	return run_hold(run);
}

static void hook_cancel(struct step_run *run)
{
	process_done(&hook_of(run)->process);
}

const struct step_kind kind_hook = {
	.name = "hook",
	.phrase = "run the hook before",
	.timeout_s = HOOK_TIMEOUT_S + 10,
	.danger = STEP_CHANGES,
	.start = hook_start,
	.cancel = hook_cancel,
};

const struct step_kind kind_hook_after = {
	.name = "hook-after",
	.phrase = "run the hook after",
	.timeout_s = HOOK_TIMEOUT_S + 10,
	.danger = STEP_CHANGES,
	.cleanup = true,
	.start = hook_start,
	.cancel = hook_cancel,
};
