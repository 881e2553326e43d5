#include "cli/ask.h"

#include "cli/program.h"
#include "cli/signals.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ANSWER_MAX 260
#define PLAN_TEXT_MAX ((size_t)16 << 20)

bool plan_changes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->at[i].kind->danger != STEP_SAFE)
			return true;
	return false;
}

/* A line of the terminal, without its end; what is too long is no answer. */
static int read_answer(char answer[static ANSWER_MAX], struct err *err)
{
	size_t len = 0;
	char c = 0;

	while (c != '\n') {
		if (signals_wait_input(STDIN_FILENO, err) < 0)
			return -1;

		ssize_t got = read(STDIN_FILENO, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, errno, "read the answer");
		if (got == 0) {
			terminal_write(STDERR_FILENO, "\n", 1);
			break;
		}
		if (c != '\n' && len < ANSWER_MAX - 1)
			answer[len++] = c;
	}
	answer[len] = '\0';
	return 0;
}

static const char *question(struct arena *arena, const struct plan *plan, enum consent consent)
{
	if (consent == CONSENT_NAME)
		return arena_printf(arena,
				    "Type the name of the cluster (%s) to run this plan: ",
				    plan->cluster);
	return arena_printf(arena, "Run this plan on cluster %s? [y/N] ", plan->cluster);
}

static bool agrees(const char *answer, const struct plan *plan, enum consent consent)
{
	if (consent == CONSENT_NAME)
		return strcmp(answer, plan->cluster) == 0;
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static bool needs_no_question(const struct program *program, const struct plan *plan)
{
	return program->changes.yes || program->globals.sim || program->work == WORK_REHEARSE ||
	       !plan_changes(plan);
}

int ask_to_run(struct program *program, const struct plan *plan, enum consent consent,
	       struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(PLAN_TEXT_MAX);
	char answer[ANSWER_MAX];

	if (needs_no_question(program, plan))
		return 0;
	plan_text(&text, plan);
	say_text(&program->say, str_text(&text));
	if (!program->terminal.asks) {
		err_set(err, ERR_REFUSED, "the plan changes nodes and there is nobody to ask");
		return err_hint(err, "--yes says yes beforehand, --dry-run shows the plan");
	}

	const char *asked = question(program->arena, plan, consent);
	terminal_write(STDERR_FILENO, asked, strlen(asked));
	if (read_answer(answer, err) < 0) {
		terminal_write(STDERR_FILENO, "\n", 1);
		return -1;
	}
	if (agrees(answer, plan, consent))
		return 0;
	return err_set(err, ERR_REFUSED, "not confirmed, nothing was changed");
}
