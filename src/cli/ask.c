#include "cli/ask.h"

#include "cli/program.h"
#include "cli/signals.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>

#define ANSWER_MAX 64
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

int ask_to_run(struct program *program, const struct plan *plan, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(PLAN_TEXT_MAX);
	char answer[ANSWER_MAX];

	if (program->changes.yes || program->globals.sim || !plan_changes(plan))
		return 0;
	plan_text(&text, plan);
	say_text(&program->say, str_text(&text));
	if (!program->terminal.asks) {
		err_set(err, ERR_REFUSED, "the plan changes nodes and there is nobody to ask");
		return err_hint(err, "--yes says yes beforehand, --dry-run shows the plan");
	}
	str_clear(&text);
	str_addf(&text, "Run this plan on cluster %s? [y/N] ", plan->cluster);
	terminal_write(STDERR_FILENO, str_text(&text), text.len);
	if (read_answer(answer, err) < 0) {
		terminal_write(STDERR_FILENO, "\n", 1);
		return -1;
	}
	if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
		return 0;
	return err_set(err, ERR_REFUSED, "not confirmed, nothing was changed");
}
