#include "ops/step_kube.h"

#include "ops/site.h"
#include "ops/step_call.h"

struct step_kube {
	struct kube_call call;
	struct drain drain;
	struct step_run *run;
	step_fn *next;
	struct err err;
};

static struct step_kube *step_kube_of(struct step_run *run)
{
	struct step_kube **slot = step_kube_slot(run);

	if (!*slot) {
		*slot = arena_alloc(run_arena(run), sizeof(**slot));
		(*slot)->run = run;
	}
	return *slot;
}

static void call_ended(struct kube_call *call, const struct err *err)
{
	struct step_kube *kube = container_of(call, struct step_kube, call);

	kube->err = *err;
	run_resume(kube->run, kube->next);
}

static void drain_ended(struct drain *drain, const struct err *err)
{
	struct step_kube *kube = container_of(drain, struct step_kube, drain);

	kube->err = *err;
	run_resume(kube->run, kube->next);
}

static void drain_noted(struct drain *drain, const char *text)
{
	run_say(container_of(drain, struct step_kube, drain)->run, "%s", text);
}

/* false: there is no way to Kubernetes, and `next` will be told so. */
static bool begin(struct step_kube *kube, step_fn *next)
{
	kube->next = next;
	err_clear(&kube->err);
	run_hold(kube->run);
	if (site_kube(step_site(kube->run)))
		return true;
	err_set(&kube->err, ERR_USAGE, "there is no way to the Kubernetes API here");
	run_resume(kube->run, next);
	return false;
}

int step_kube(struct step_run *run, const struct kube_request *request, step_fn *next)
{
	static const struct kube_call_ops ops = { call_ended };
	struct step_kube *kube = step_kube_of(run);

	if (begin(kube, next))
		kube_start(&kube->call, site_kube(step_site(run)), request, &ops);
	return 0;
}

int step_drain(struct step_run *run, const struct drain_options *options, step_fn *next)
{
	static const struct drain_ops ops = { .on_note = drain_noted, .on_done = drain_ended };
	struct step_kube *kube = step_kube_of(run);
	struct drain_options mine = *options;

	mine.kube = site_kube(step_site(run));
	if (begin(kube, next))
		drain_start(&kube->drain, &mine, &ops);
	return 0;
}

const struct value *step_kube_reply(const struct step_run *run)
{
	const struct step_kube *kube = *step_kube_slot(run);

	return kube && !err_is_set(&kube->err) ? kube->call.reply : NULL;
}

const struct err *step_kube_err(const struct step_run *run)
{
	static const struct err none = ERR_INIT;
	const struct step_kube *kube = *step_kube_slot(run);

	return kube ? &kube->err : &none;
}

int step_kube_failed(const struct step_run *run, struct err *err)
{
	const struct err *why = step_kube_err(run);

	if (!err_is_set(why))
		return err_set(err, ERR_REMOTE, "the Kubernetes API gave no answer");
	if (err)
		*err = *why;
	return -1;
}

void step_kube_cancel(struct step_run *run)
{
	struct step_kube *kube = *step_kube_slot(run);

	if (!kube)
		return;
	kube_call_done(&kube->call);
	drain_done(&kube->drain);
}
