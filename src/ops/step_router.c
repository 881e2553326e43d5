/*
 * The router's side of BGP: its configuration is replaced as ops/router.h describes.
 */
#include "ops/kinds.h"

#include "base/text.h"
#include "ops/router_look.h"
#include "ops/step_call.h"

#define VERIFY_TIME (MINUTE)

struct router_work {
	struct router_look look;
	struct router_push push;
	struct step_run *run;
	step_fn *next;
	struct err err;
};

static struct router_work *work_of(struct step_run *run)
{
	struct step_memory *memory = step_memory(run);
	struct router_work *work = memory->data;

	if (!work) {
		work = memory->data = arena_alloc(run_arena(run), sizeof(*work));
		work->run = run;
	}
	return work;
}

static void router_cancel(struct step_run *run)
{
	struct router_work *work = step_memory(run)->data;

	if (work) {
		router_look_done(&work->look);
		router_push_done(&work->push);
	}
	step_call_cancel(run);
}

static int push_checked(struct step_run *run, struct err *err)
{
	struct router_work *work = work_of(run);

	if (err_is_set(&work->err)) {
		if (err)
			*err = work->err;
		return -1;
	}
	/* who was killed may have neither waited for the sessions nor saved */
	return work->look.seen.current && !run_was_begun(run) ? run_done(run) : run_needed(run);
}

static void looked(struct router_look *look, const struct err *err)
{
	struct router_work *work = container_of(look, struct router_work, look);

	work->err = *err;
	run_resume(work->run, push_checked);
}

static int push_check(struct step_run *run, struct err *err)
{
	struct router_work *work = work_of(run);

	(void)err;
	run_hold(run);
	router_look_start(&work->look, step_site(run), run_arena(run), run_arg(run, "peer"),
			  looked);
	return 0;
}

static int push_over(struct step_run *run, struct err *err)
{
	struct router_work *work = work_of(run);

	if (!err_is_set(&work->err))
		return run_done(run);
	if (err)
		*err = work->err;
	return -1;
}

static void pushed(struct router_push *push, const struct err *err)
{
	struct router_work *work = container_of(push, struct router_work, push);

	work->err = *err;
	run_resume(work->run, push_over);
}

static int push_start(struct step_run *run, struct err *err)
{
	struct router_work *work = work_of(run);
	struct router_push_request request = { .verify_time = VERIFY_TIME };
	struct router_link link;
	uint64_t sessions = 0;

	if (router_wanted(step_site(run), run_arena(run), run_arg(run, "peer"), &link,
			  &request.text, err) < 0)
		return -1;
	text_u64(run_arg(run, "sessions"), &sessions);
	request.sessions = (size_t)sessions;
	run_say(run, "gives %s its configuration and waits for %zu sessions", link.target.host,
		request.sessions);
	run_hold(run);
	router_push_start(&work->push, &link, &request, pushed);
	return 0;
}

/* One attempt: the previous configuration is back, and why is for people to see. */
const struct step_kind kind_router_push = {
	.name = "router-push",
	.phrase = "give the router its configuration",
	.timeout_s = 10 * 60,
	.danger = STEP_CHANGES,
	.check = push_check,
	.start = push_start,
	.cancel = router_cancel,
};
