#include "ops/step_kube.h"

#include "ops/site.h"
#include "ops/step_call.h"

/* How long an API server that begins may refuse us before we believe it. */
#define REFUSAL_PATIENCE MINUTE

struct following { /* of one object */
	struct kube_watch watch;
	struct timer patience;
	struct arena *arena; /* owned: `object` */
	const struct value *object;
	struct err err;
	step_fn *next;
	bool waits; /* the step waits for a change */
	bool fresh; /* something happened that the step does not know */
};

struct step_kube {
	struct kube_call call;
	struct drain drain;
	struct following following;
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

int step_kube_again(struct step_run *run, step_fn *again, struct err *err)
{
	uint64_t polling = loop_now(run_loop(run)) - step_polling_since(run);
	enum err_kind kind = step_kube_err(run)->kind;

	if (kind == ERR_USAGE || (kind == ERR_AUTH && polling > REFUSAL_PATIENCE))
		return step_kube_failed(run, err);
	run_say(run, "%s", step_kube_err(run)->text);
	return step_poll(run, again, err);
}

/* ---- following an object --------------------------------------------------------------------- */

static struct step_kube *followed(struct kube_watch *watch)
{
	return container_of(watch, struct step_kube, following.watch);
}

static void wake(struct step_kube *kube)
{
	if (!kube->following.waits)
		return;
	kube->following.waits = false;
	timer_cancel(&kube->following.patience);
	run_resume(kube->run, kube->following.next);
}

static void follow(struct step_kube *kube, const struct value *object)
{
	struct following *following = &kube->following;

	/* what the step was told of lives until it asks for more */
	if (following->waits || !following->arena) {
		arena_free(following->arena);
		following->arena = arena_new("followed object");
	}
	following->object = object ? value_copy(following->arena, object) : NULL;
	following->fresh = true;
	wake(kube);
}

static void object_seen(struct kube_watch *watch, const struct value *object)
{
	follow(followed(watch), object);
}

static void object_gone(struct kube_watch *watch, const struct value *object)
{
	(void)object;
	follow(followed(watch), NULL);
}

static void looked_up(struct kube_watch *watch)
{
	struct step_kube *kube = followed(watch);

	kube->following.fresh = true;
	wake(kube);
}

static void watch_troubled(struct kube_watch *watch, const struct err *err)
{
	run_say(followed(watch)->run, "%s", err->text);
}

static void watch_ended(struct kube_watch *watch, const struct err *err)
{
	struct step_kube *kube = followed(watch);

	kube->following.err = *err;
	kube->following.fresh = true;
	wake(kube);
}

static void patience_over(struct timer *timer)
{
	wake(container_of(timer, struct step_kube, following.patience));
}

int step_watch(struct step_run *run, const struct kube_watch_options *options, step_fn *next)
{
	static const struct kube_watch_ops ops = { .on_added = object_seen,
						   .on_modified = object_seen,
						   .on_deleted = object_gone,
						   .on_synced = looked_up,
						   .on_trouble = watch_troubled,
						   .on_end = watch_ended };
	struct step_kube *kube = step_kube_of(run);
	struct following *following = &kube->following;

	step_unwatch(run);
	*following = (struct following){ .next = next };
	timer_init(&following->patience, run_loop(run), patience_over);
	if (site_kube(step_site(run))) {
		kube_watch_start(&following->watch, site_kube(step_site(run)), options, &ops);
	} else {
		err_set(&following->err, ERR_USAGE, "there is no way to the Kubernetes API here");
		following->fresh = true;
	}
	return step_watch_on(run, 0, next);
}

int step_watch_on(struct step_run *run, uint64_t patience, step_fn *next)
{
	struct step_kube *kube = step_kube_of(run);
	struct following *following = &kube->following;

	following->next = next;
	run_hold(run);
	if (following->fresh) {
		following->fresh = false;
		run_resume(run, next);
		return 0;
	}
	following->waits = true;
	if (patience)
		timer_set(&following->patience, loop_now(run_loop(run)) + patience);
	return 0;
}

const struct value *step_watched(const struct step_run *run)
{
	return (*step_kube_slot(run))->following.object;
}

const struct err *step_watch_err(const struct step_run *run)
{
	return &(*step_kube_slot(run))->following.err;
}

static void following_done(struct following *following)
{
	kube_watch_stop(&following->watch);
	if (following->next)
		timer_cancel(&following->patience);
	arena_free(following->arena);
	*following = (struct following){ 0 };
}

void step_unwatch(struct step_run *run)
{
	following_done(&step_kube_of(run)->following);
}

void step_kube_cancel(struct step_run *run)
{
	struct step_kube *kube = *step_kube_slot(run);

	if (!kube)
		return;
	kube_call_done(&kube->call);
	drain_done(&kube->drain);
	following_done(&kube->following);
}
