/*
 * Pulling images before they are needed: that of a new system, and those of Kubernetes.
 *
 * What a registry cannot give then changes nothing yet. A node older than the calls for it, or one
 * that knows none of them, pulls by itself when it needs an image.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "ops/step_call.h"

#define PULL_TIMEOUT (15 * MINUTE)

/* Where arguments name images, and where those are kept on the node. */
static const struct place {
	const char *argument;
	enum talos_store store;
	bool list;
} places[] = {
	{ "image", STORE_SYSTEM, false },
	{ "system", STORE_SYSTEM, true },
	{ "cri", STORE_CRI, true },
};

/* NULL: there are not so many. */
static const char *image_at(struct step_run *run, unsigned index, enum talos_store *store)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const char *const one[] = { run_arg(run, places[i].argument), NULL };
		const char *const *at = places[i].list ? step_names(run, places[i].argument) : one;

		*store = places[i].store;
		for (; at && *at; at++)
			if (index-- == 0)
				return *at;
	}
	return NULL;
}

static int ask(struct step_run *run, const struct talos_method *method, const char *image,
	       enum talos_store store, step_fn *next)
{
	const struct talos_image_request request = { .store = store, .image = image };

	return step_call_within(run, site_channel(step_site(run), step_node(run)), method, &request,
				PULL_TIMEOUT, next);
}

/* memory->count: it does not know the newer calls. True when the older ones are worth a try. */
static bool falls_back(struct step_run *run)
{
	return talos_says_unimplemented(step_call_err(run)) && !step_memory(run)->count++;
}

/* ---- are they there? ------------------------------------------------------------------------- */

static bool was_told(const struct step_run *run, const char *wanted)
{
	for (size_t i = 0; i < step_replies(run); i++) {
		const struct talos_image *image = step_reply_at(run, i);

		if (text_equal(image->name, wanted))
			return true;
	}
	return false;
}

static int pull_check(struct step_run *run, struct err *err);

/* The list is of all that is in the store: it answers for the images that follow, too. */
static int pull_listed(struct step_run *run, struct err *err)
{
	unsigned *index = &step_memory(run)->index;
	enum talos_store listed, store;
	const char *image = image_at(run, *index, &listed);

	if (falls_back(run))
		return pull_check(run, err);
	if (err_is_set(step_call_err(run)))
		return run_needed(run);
	for (store = listed; image && store == listed; image = image_at(run, *index, &store)) {
		if (!was_told(run, image))
			return run_needed(run);
		++*index;
	}
	return pull_check(run, err);
}

static int pull_check(struct step_run *run, struct err *err)
{
	enum talos_store store;

	(void)err;
	if (!image_at(run, step_memory(run)->index, &store))
		return run_done(run);
	return ask(run, step_memory(run)->count ? &talos_image_list_old : &talos_image_list, NULL,
		   store, pull_listed);
}

/* ---- pulling --------------------------------------------------------------------------------- */

static int pull_start(struct step_run *run, struct err *err);

static int pulled(struct step_run *run, struct err *err)
{
	if (falls_back(run))
		return pull_start(run, err);
	if (talos_says_unimplemented(step_call_err(run)))
		return run_already(run);
	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	step_memory(run)->index++;
	return pull_start(run, err);
}

static int pull_start(struct step_run *run, struct err *err)
{
	enum talos_store store;
	const char *image = image_at(run, step_memory(run)->index, &store);

	(void)err;
	if (!image)
		return run_done(run);
	run_say(run, "%s", image);
	return ask(run, step_memory(run)->count ? &talos_image_pull_old : &talos_image_pull, image,
		   store, pulled);
}

const struct step_kind kind_pull_image = {
	.name = "pull-image",
	.phrase = "fetch the new system",
	.timeout_s = 40 * 60,
	.attempts = 4,
	.pause_s = 10,
	.danger = STEP_CHANGES,
	.check = pull_check,
	.start = pull_start,
	.cancel = step_call_cancel,
};

const struct step_kind kind_kube_pull = {
	.name = "kube-pull",
	.phrase = "pull the images of Kubernetes",
	.timeout_s = 20 * 60,
	.attempts = 3,
	.pause_s = 5,
	.danger = STEP_CHANGES,
	.check = pull_check,
	.start = pull_start,
	.cancel = step_call_cancel,
};
