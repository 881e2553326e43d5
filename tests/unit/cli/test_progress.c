#include "cli/progress.h"

#include <criterion/criterion.h>
#include <string.h>

static int nothing(struct step_run *run, struct err *err)
{
	(void)err;
	return run_done(run);
}

static const struct step_kind install = {
	.name = "install", .phrase = "install it", .timeout_s = 1, .start = nothing
};

#define AT (UINT64_C(1767323045) * SECOND)
#define TIME "2026-01-02T03:04:05Z "

Test(progress, a_line_per_event)
{
	struct plan *plan OWNED(plan_free) = plan_new("up");
	struct err lost = ERR_INIT;
	const struct {
		const char *name;
		struct event event;
		uint64_t took;
		const char *line;
	} table[] = {
		/* clang-format off */
		{ "plan", { .what = EVENT_PLAN, .run = "r1" }, 0,
		  "INFO up cluster=lab steps=2 run=r1\n" },
		{ "begin", { .what = EVENT_BEGIN }, 0,
		  "INFO install it node=mini01\n" },
		{ "of the cluster", { .what = EVENT_BEGIN, .step = 1 }, 0,
		  "INFO install it\n" },
		{ "note", { .what = EVENT_NOTE, .text = "a\nb" }, 0,
		  "INFO install it: a b node=mini01\n" },
		{ "a note that says the same", { .what = EVENT_NOTE, .text = "install it" }, 0,
		  "INFO install it node=mini01\n" },
		{ "retry", { .what = EVENT_RETRY, .err = &lost }, 0,
		  "WARN install it: the line is cut node=mini01\n" },
		{ "done", { .what = EVENT_END, .how = HOW_DONE }, 1500 * MILLISECOND,
		  "INFO install it: done node=mini01 elapsed=1.5s\n" },
		{ "skipped", { .what = EVENT_END, .how = HOW_SKIPPED }, 0,
		  "INFO install it: nothing to do node=mini01\n" },
		{ "failed", { .what = EVENT_END, .how = HOW_FAILED, .err = &lost }, 0,
		  "ERROR install it: the line is cut node=mini01\n" },
		/* clang-format on */
	};

	err_set(&lost, ERR_NET, "the line is cut");
	plan_bind(plan, "sha256:a", "sha256:b", "lab");
	plan_add(plan, &(struct step){ .kind = &install, .target = "mini01", .lane = "" });
	plan_add(plan, &(struct step){ .kind = &install, .target = "", .lane = "" });
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct str out SCOPED(str_done) = STR_INIT(1000);
		struct event event = table[i].event;

		event.plan = plan;
		event.at = AT;
		progress_line(&out, &event, table[i].took);
		cr_assert_eq(strncmp(str_text(&out), TIME, strlen(TIME)), 0, "%s", table[i].name);
		cr_assert_str_eq(str_text(&out) + strlen(TIME), table[i].line, "%s", table[i].name);
	}
}

Test(progress, the_end_of_a_run_is_for_the_result_to_tell)
{
	struct str out SCOPED(str_done) = STR_INIT(1000);

	progress_line(&out, &(struct event){ .what = EVENT_OVER, .how = HOW_DONE }, 0);
	cr_assert_eq(out.len, 0);
}
