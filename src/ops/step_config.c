/*
 * Configs of nodes that have one: send another, see that the node runs on it, keep it as
 * last-known-good.
 *
 * A plan says where the config comes from (`source`: rendered, or one that was kept, with its
 * digest) and how it is sent (`mode`). A mode that the plan did not choose is never used: what
 * needs a boot is staged and booted by a step of its own, everything else is sent so that the node
 * refuses rather than reboots.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "ops/drift.h"
#include "ops/kept.h"
#include "ops/observe_drift.h"
#include "ops/step_call.h"

#include <string.h>

#define ASK_TIMEOUT (10 * SECOND)
/* How long a node may take to show a config that it has accepted. */
#define EFFECT_PATIENCE (30 * SECOND)

/* What the steps know of a node, in the run's arena. */
struct sight_of_configs {
	const char *talos;	 /* its version */
	const char *live, *next; /* what it runs on and what it would boot with */
	const char *wanted;	 /* secret, as those two are */
};

static struct sight_of_configs *sight(struct step_run *run)
{
	struct step_memory *memory = step_memory(run);

	if (!memory->data)
		memory->data = arena_alloc(run_arena(run), sizeof(struct sight_of_configs));
	return memory->data;
}

static int ask(struct step_run *run, const struct talos_method *method, const void *request,
	       step_fn *next)
{
	struct channel *channel = site_channel(step_site(run), step_node(run));

	return step_call_within(run, channel, method, request, ASK_TIMEOUT, next);
}

/* ---- what the node has ------------------------------------------------------------------- */

static const char *config_in(struct step_run *run)
{
	const struct talos_resource *resource = step_reply(run);
	const struct talos_machine_config *config = resource ? resource->spec : NULL;

	return config ? arena_strn(run_arena(run), config->text, config->len) : NULL;
}

static int verify_kept(struct step_run *run, const char *text, struct err *err)
{
	struct digest *digest OWNED(digest_free) = digest_new();

	digest_add_text(digest, text);
	if (text_equal(digest_end_text(digest, run_arena(run)), run_arg(run, "digest")))
		return 0;
	return err_set(err, ERR_CONFLICT, "the config kept of %s is another one by now",
		       step_node(run)->name);
}

static int load_kept(struct step_run *run, enum kept kept, const char **text, struct err *err)
{
	const char *folder = site_options(step_site(run))->state;
	enum kept other = kept == KEPT_LAST ? KEPT_BEFORE : KEPT_LAST;
	struct err why = ERR_INIT;

	/* once it runs on it, the two have changed places */
	for (int i = 0; i < KEPT_COUNT; i++) {
		int r = folder ? kept_read(run_arena(run), folder, step_node(run)->name,
					   i ? other : kept, text, &why)
			       : 1;

		if (r == 0 && verify_kept(run, *text, &why) == 0)
			return 0;
	}
	if (!err_is_set(&why))
		err_set(&why, ERR_NOT_FOUND, "no config is kept of %s", step_node(run)->name);
	if (err)
		*err = why;
	return -1;
}

static int load_wanted(struct step_run *run, struct err *err)
{
	struct sight_of_configs *seen = sight(run);
	const char *source = run_arg(run, "source");
	enum kept kept;

	if (seen->wanted)
		return 0;
	if (source && kept_named(source, &kept) == 0)
		return load_kept(run, kept, &seen->wanted, err);
	return wanted_config(run_arena(run), site_options(step_site(run)), step_node(run),
			     seen->live, &seen->wanted, err);
}

/* Where the reading ends; it is different for each kind. */
static int judge(struct step_run *run, struct err *err);

static int read_next(struct step_run *run, struct err *err)
{
	struct sight_of_configs *seen = sight(run);

	if (err_is_set(step_call_err(run)) && step_call_err(run)->kind != ERR_NOT_FOUND)
		return step_call_failed(run, err);
	seen->next = config_in(run);
	if (load_wanted(run, err) < 0)
		return -1;
	return judge(run, err);
}

static int read_live(struct step_run *run, struct err *err)
{
	static const struct talos_get_request next = { &resource_machine_config, "persistent" };
	struct sight_of_configs *seen = sight(run);

	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	seen->live = config_in(run);
	if (!seen->live)
		return err_set(err, ERR_CONFLICT, "%s does not tell its machine config",
			       step_node(run)->name);
	return ask(run, &talos_get, &next, read_next);
}

static int read_version(struct step_run *run, struct err *err)
{
	static const struct talos_get_request live = { &resource_machine_config, "v1alpha1" };
	const struct talos_version *version = step_reply(run);

	if (!version)
		return step_call_failed(run, err);
	sight(run)->talos = arena_str(run_arena(run), version->tag);
	return ask(run, &talos_get, &live, read_live);
}

static int look(struct step_run *run, struct err *err)
{
	(void)err;
	return ask(run, &talos_version, NULL, read_version);
}

static bool runs_on_it(const struct sight_of_configs *seen)
{
	return drift_same(seen->talos, seen->live, seen->wanted);
}

static bool boots_with_it(const struct sight_of_configs *seen)
{
	return drift_same(seen->talos, seen->next ? seen->next : seen->live, seen->wanted);
}

/* ---- send-config ------------------------------------------------------------------------- */

struct mode {
	const char *name;
	enum talos_apply_mode mode;
	bool live, lasts; /* what it brings: now, and over a boot */
};

static const struct mode modes[] = {
	{ "no-reboot", APPLY_NO_REBOOT, .live = true, .lasts = true },
	{ "staged", APPLY_STAGED, .lasts = true },
	{ "try", APPLY_TRY, .live = true },
};

static const struct mode *mode_of(const struct step_run *run)
{
	const char *name = run_arg(run, "mode");

	for (size_t i = 0; name && i < ARRAY_LEN(modes); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

static bool is_sent(struct step_run *run, const struct mode *mode)
{
	const struct sight_of_configs *seen = sight(run);

	return (!mode->live || runs_on_it(seen)) && (!mode->lasts || boots_with_it(seen));
}

static int send_config(struct step_run *run, struct err *err);

static int judge_sent(struct step_run *run, struct err *err)
{
	const struct mode *mode = mode_of(run);
	uint64_t sent = step_memory(run)->mark;

	if (!mode)
		return err_set(err, ERR_INPUT, "the plan has no mode for %s",
			       step_node(run)->name);
	if (is_sent(run, mode))
		return sent || run_is_check(run) ? run_done(run) : run_already(run);
	if (run_is_check(run))
		return run_needed(run);
	if (!sent)
		return send_config(run, err);
	if (loop_now(run_loop(run)) - sent > EFFECT_PATIENCE)
		return err_set(err, ERR_CONFLICT, "%s accepted the config, but has another one",
			       step_node(run)->name);
	return step_poll(run, look, err);
}

static int config_taken(struct step_run *run, struct err *err)
{
	const struct talos_applied *applied = step_reply(run);

	if (talos_says_not_yet(step_call_err(run))) {
		run_say(run, "%s", step_call_err(run)->text);
		return step_poll(run, look, err);
	}
	if (!applied)
		return step_call_failed(run, err);
	for (const char *const *warning = applied->warnings; warning && *warning; warning++)
		run_say(run, "the node warns: %s", *warning);
	step_memory(run)->mark = loop_now(run_loop(run));
	return look(run, err);
}

static int send_config(struct step_run *run, struct err *err)
{
	const struct sight_of_configs *seen = sight(run);
	const char *trial = run_arg(run, "trial");
	struct talos_apply_request request = {
		.config = seen->wanted,
		.len = strlen(seen->wanted),
		.mode = mode_of(run)->mode,
	};
	uint64_t seconds;

	if (trial && !text_u64(trial, &seconds))
		return err_set(err, ERR_INPUT, "\"%.40s\" is no number of seconds", trial);
	if (trial)
		request.trial = seconds * SECOND;
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_apply, &request,
			 config_taken);
}

const struct step_kind kind_send_config = {
	.name = "send-config",
	.phrase = "send the machine config",
	.timeout_s = 3 * 60,
	.attempts = 5,
	.pause_s = 1,
	.danger = STEP_CHANGES,
	.check = look,
	.start = look,
	.cancel = step_call_cancel,
};

/* ---- runs-config ------------------------------------------------------------------------- */

static int judge_running(struct step_run *run, struct err *err)
{
	if (runs_on_it(sight(run)))
		return run_done(run);
	return err_set(err, ERR_CONFLICT, "%s runs on another config than it was sent",
		       step_node(run)->name);
}

const struct step_kind kind_runs_config = {
	.name = "runs-config",
	.phrase = "see that the node runs on the machine config",
	.timeout_s = 60,
	.attempts = 5,
	.pause_s = 1,
	.danger = STEP_SAFE,
	.start = look,
	.cancel = step_call_cancel,
};

/* ---- keep-config ------------------------------------------------------------------------- */

/* A run that goes on much later may find a config that somebody else gave the node. */
static int judge_kept(struct step_run *run, struct err *err)
{
	const struct sight_of_configs *seen = sight(run);
	const char *folder = site_options(step_site(run))->state;
	const char *name = step_node(run)->name;
	const char *last = NULL;

	if (!folder)
		return run_already(run);
	if (!runs_on_it(seen)) {
		run_say(run, "it runs on another config by now, which is not kept");
		return run_already(run);
	}
	if (kept_read(run_arena(run), folder, name, KEPT_LAST, &last, err) < 0)
		return -1;
	if (text_equal(last, seen->live))
		return run_already(run);
	return kept_write(folder, name, seen->live, err) < 0 ? -1 : run_done(run);
}

const struct step_kind kind_keep_config = {
	.name = "keep-config",
	.phrase = "keep the config that the node runs well on",
	.timeout_s = 60,
	.attempts = 5,
	.pause_s = 1,
	.danger = STEP_CHANGES,
	.start = look,
	.cancel = step_call_cancel,
};

static int judge(struct step_run *run, struct err *err)
{
	static const struct {
		const struct step_kind *kind;
		step_fn *judge;
	} judges[] = {
		{ &kind_send_config, judge_sent },
		{ &kind_runs_config, judge_running },
		{ &kind_keep_config, judge_kept },
	};

	for (size_t i = 0; i < ARRAY_LEN(judges); i++)
		if (judges[i].kind == run_step(run)->kind)
			return judges[i].judge(run, err);
	return err_set(err, ERR_BUG, "no step of configs");
}
