/*
 * Hooks that run as Jobs: the old Job of that name goes, the new one is created and watched.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"

#define LONGEST_S (24 * 3600)

static const struct value *job_of(const struct step_run *run)
{
	return value_get(run_args(run), "job");
}

/* A hook after that fails is told, and changes nothing about how the run ends. */
static int hook_failed(struct step_run *run, const char *why, struct err *err)
{
	err_set(err, ERR_CONFLICT, "hook %s: %s", run_arg(run, "hook"), why);
	if (!run_step(run)->kind->cleanup)
		return -1;
	run_say(run, "hook %s failed: %s", run_arg(run, "hook"), why);
	return run_done(run);
}

static int no_way(struct step_run *run, struct err *err)
{
	if (!run_step(run)->kind->cleanup)
		return step_kube_failed(run, err);
	return hook_failed(run, step_kube_err(run)->text, err);
}

static bool is_passing(const struct err *err)
{
	return err->kind == ERR_NET || err->kind == ERR_TIMEOUT || err->kind == ERR_REMOTE;
}

static int job_look(struct step_run *run, struct err *err);

static int job_seen(struct step_run *run, struct err *err)
{
	const struct value *job = step_kube_reply(run);
	const struct value *conditions = value_get(value_get(job, "status"), "conditions");

	if (!job && !is_passing(step_kube_err(run)))
		return no_way(run, err);
	if (!job) {
		run_say(run, "%s", step_kube_err(run)->text);
		return step_poll(run, job_look, err);
	}
	if (text_equal(kube_condition(job, "Complete"), "True"))
		return run_done(run);
	for (size_t i = 0; i < value_len(conditions); i++) {
		const struct value *one = value_at(conditions, i);
		const char *message = value_get_text(one, "message");

		if (text_equal(value_get_text(one, "type"), "Failed") &&
		    text_equal(value_get_text(one, "status"), "True"))
			return hook_failed(run, message ? message : "its Job failed", err);
	}
	run_say(run, "waits for Job %s/%s", kube_namespace(job), kube_name(job));
	return step_poll(run, job_look, err);
}

static int job_look(struct step_run *run, struct err *err)
{
	const struct value *job = job_of(run);

	(void)err;
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_GET,
						 .kind = &kube_jobs,
						 .ns = kube_namespace(job),
						 .name = kube_name(job) },
			 job_seen);
}

static int job_create(struct step_run *run, struct err *err);

static int job_created(struct step_run *run, struct err *err)
{
	if (kube_says_exists(step_kube_err(run)))
		return step_poll(run, job_create, err);
	if (!step_kube_reply(run))
		return no_way(run, err);
	return job_look(run, err);
}

static int job_create(struct step_run *run, struct err *err)
{
	(void)err;
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_CREATE,
						 .kind = &kube_jobs,
						 .body = job_of(run) },
			 job_created);
}

static int job_gone(struct step_run *run, struct err *err)
{
	const struct err *why = step_kube_err(run);

	if (err_is_set(why) && why->kind != ERR_NOT_FOUND)
		return no_way(run, err);
	return job_create(run, err);
}

static int job_start(struct step_run *run, struct err *err)
{
	const struct value *job = job_of(run);

	(void)err;
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_DELETE,
						 .kind = &kube_jobs,
						 .ns = kube_namespace(job),
						 .name = kube_name(job) },
			 job_gone);
}

const struct step_kind kind_hook_job = {
	.name = "hook-job",
	.phrase = "run the hook before as a Job",
	.timeout_s = LONGEST_S,
	.attempts = 3,
	.pause_s = 5,
	.danger = STEP_CHANGES,
	.start = job_start,
	.cancel = step_call_cancel,
};

const struct step_kind kind_hook_job_after = {
	.name = "hook-job-after",
	.phrase = "run the hook after as a Job",
	.timeout_s = LONGEST_S,
	.attempts = 3,
	.pause_s = 5,
	.danger = STEP_CHANGES,
	.cleanup = true,
	.start = job_start,
	.cancel = step_call_cancel,
};
