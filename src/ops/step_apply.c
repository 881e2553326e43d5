/*
 * Getting a config onto a node: reach it, apply, wait until it has installed itself and answers as
 * one of ours.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/configs.h"
#include "ops/denied.h"
#include "ops/disk.h"
#include "ops/link.h"
#include "ops/step_call.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
/* How long a node that got a config may still show the maintenance API before we say it failed. */
#define MAINTENANCE_PATIENCE MINUTE
/* How long it may let us in neither way; on its way up it may not know the time yet. */
#define DENIED_PATIENCE (2 * MINUTE)
/* How long one that answers may answer with a failure. */
#define FAILURE_PATIENCE MINUTE

static int ask_mutual(struct step_run *run, step_fn *next)
{
	struct channel *channel = site_channel(step_site(run), step_node(run));

	return step_call_within(run, channel, &talos_version, NULL, ASK_TIMEOUT, next);
}

static int ask_insecure(struct step_run *run, step_fn *next)
{
	struct channel *channel = site_insecure(step_site(run), step_node(run));

	return step_call_within(run, channel, &talos_version, NULL, ASK_TIMEOUT, next);
}

/* Why our certificate got no answer: mostly the better reason, should both ways fail. */
struct refusal {
	struct err first;
	uint64_t since; /* loop time: neither way was open from then on; 0: one was */
};

static struct refusal *refusal_of(struct step_run *run)
{
	struct step_memory *memory = step_memory(run);

	if (!memory->data)
		memory->data = arena_alloc(run_arena(run), sizeof(struct refusal));
	return memory->data;
}

static void remember_refusal(struct step_run *run)
{
	refusal_of(run)->first = *step_call_err(run);
}

static int denied(struct step_run *run, struct err *err)
{
	err_denied(err, step_node(run),
		   denied_reason(&refusal_of(run)->first, step_call_err(run)));
	return err_hint(err, "reset it first if it shall join this cluster");
}

/* A node that answers, but with a failure, may be on its way up; not for long. */
static bool fails_for_good(struct step_run *run)
{
	uint64_t polling = loop_now(run_loop(run)) - step_polling_since(run);

	return step_call_err(run)->kind == ERR_REMOTE && polling > FAILURE_PATIENCE;
}

static int poll_node(struct step_run *run, step_fn *again, struct err *err)
{
	if (fails_for_good(run))
		return step_call_failed(run, err);
	run_say(run, "%s", step_call_err(run)->text);
	site_redial(step_site(run), step_node(run));
	return step_poll(run, again, err);
}

static int reach_start(struct step_run *run, struct err *err);

static int reach_insecurely(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (!err_is_set(why) || why->kind == ERR_AUTH)
		return run_done(run);
	return poll_node(run, reach_start, err);
}

static int reach_known(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (!err_is_set(why))
		return run_done(run);
	if (why->kind == ERR_AUTH)
		return ask_insecure(run, reach_insecurely);
	return poll_node(run, reach_start, err);
}

static int reach_start(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_mutual(run, reach_known);
}

const struct step_kind kind_reach = {
	.name = "reach",
	.phrase = "reach the node",
	.timeout_s = 30,
	.danger = STEP_SAFE,
	.start = reach_start,
	.cancel = step_call_cancel,
};

static int apply_check(struct step_run *run, struct err *err);
static int apply_start(struct step_run *run, struct err *err);

static int apply_check_bare(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (!err_is_set(why))
		return run_is_check(run) ? run_needed(run) : apply_start(run, err);
	if (why->kind == ERR_AUTH)
		return denied(run, err);
	return poll_node(run, apply_check, err);
}

static int apply_check_ours(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (!err_is_set(why))
		return run_done(run);
	if (why->kind != ERR_AUTH)
		return poll_node(run, apply_check, err);
	remember_refusal(run);
	return ask_insecure(run, apply_check_bare);
}

static int apply_check(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_mutual(run, apply_check_ours);
}

static const struct talos_disk *disks_of(struct step_run *run, size_t *count)
{
	size_t found = step_replies(run);
	struct talos_disk *disks = arena_calloc(run_arena(run), found + 1, sizeof(*disks));

	*count = 0;
	for (size_t i = 0; i < found; i++) {
		const struct talos_resource *resource = step_reply_at(run, i);

		if (resource->spec)
			disks[(*count)++] = *(const struct talos_disk *)resource->spec;
	}
	return disks;
}

static int apply_answered(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);
	const struct talos_applied *applied = step_reply(run);

	if (talos_says_not_yet(why)) {
		run_say(run, "%s", why->text);
		return step_poll(run, apply_check, err);
	}
	if (err_is_set(why))
		return step_call_failed(run, err);
	for (const char *const *warning = applied ? applied->warnings : NULL; warning && *warning;
	     warning++)
		run_say(run, "the node warns: %s", *warning);
	site_redial(step_site(run), step_node(run));
	return run_done(run);
}

/* Device names move between boots, so the disk is chosen anew from what the node has right now. */
static int apply_send(struct step_run *run, struct err *err)
{
	const struct site_options *options = site_options(step_site(run));
	const struct node *node = step_node(run);
	struct render_input input = { .cluster = options->cluster, .bundle = options->bundle };
	struct talos_apply_request request = { .mode = APPLY_AUTO };
	const char *path;
	size_t count;

	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	const struct talos_disk *disks = disks_of(run, &count);

	if (disk_choose(&node->disk, disks, count, &path, err) < 0)
		return err_wrap(err, "choose the install disk of %s", node->name);
	if (node->disk.form == DISK_CEL)
		input.install_disk = path;
	run_say(run, "installs on %s", path);
	if (config_text(run_arena(run), &input, node, &request.config, &request.len, err) < 0)
		return -1;
	return step_call(run, site_insecure(step_site(run), node), &talos_apply, &request,
			 apply_answered);
}

static const struct talos_link *links_of(struct step_run *run, size_t *count)
{
	size_t found = step_replies(run);
	struct talos_link *links = arena_calloc(run_arena(run), found + 1, sizeof(*links));

	*count = 0;
	for (size_t i = 0; i < found; i++) {
		const struct talos_resource *resource = step_reply_at(run, i);

		if (resource->spec)
			links[(*count)++] = *(const struct talos_link *)resource->spec;
	}
	return links;
}

/* Addresses move, too, and a node that was silent when the plan was made was never looked at. */
static int apply_linked(struct step_run *run, struct err *err)
{
	static const struct talos_get_request disks = { &resource_disk, NULL };
	const struct node *node = step_node(run);
	size_t count;

	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	const struct talos_link *links = links_of(run, &count);

	if (link_check(node, links, count, err) < 0)
		return -1;
	return step_call(run, site_insecure(step_site(run), node), &talos_list, &disks, apply_send);
}

static int apply_start(struct step_run *run, struct err *err)
{
	static const struct talos_get_request links = { &resource_link, NULL };
	const struct node *node = step_node(run);

	if (node->locked)
		return err_set(err, ERR_REFUSED, "%s is locked and would be installed: %s",
			       node->name, node->locked);
	return step_call(run, site_insecure(step_site(run), node), &talos_list, &links,
			 apply_linked);
}

const struct step_kind kind_apply_config = {
	.name = "apply-config",
	.phrase = "apply the machine config and install",
	.timeout_s = 15 * 60,
	.attempts = 5,
	.pause_s = 2,
	.danger = STEP_DESTROYS,
	.check = apply_check,
	.start = apply_start,
	.cancel = step_call_cancel,
};

static int boot_start(struct step_run *run, struct err *err);

static int boot_staged(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;

	if (!status)
		return poll_node(run, boot_start, err);
	if (status->stage == STAGE_BOOTING || status->stage == STAGE_RUNNING)
		return run_done(run);
	run_say(run, "%s", talos_stage_name(status->stage));
	return step_poll(run, boot_start, err);
}

static int boot_denied(struct step_run *run, struct err *err)
{
	struct refusal *refusal = refusal_of(run);
	uint64_t now = loop_now(run_loop(run));

	if (!refusal->since)
		refusal->since = now;
	if (now - refusal->since > DENIED_PATIENCE)
		return denied(run, err);
	run_say(run, "%s", refusal->first.text);
	site_redial(step_site(run), step_node(run));
	return step_poll(run, boot_start, err);
}

/* It answers without asking who we are: still there from before, or there again because the install
 * did not work. */
static int boot_insecure(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	uint64_t now = loop_now(run_loop(run));

	if (step_call_err(run)->kind == ERR_AUTH) {
		memory->mark = 0;
		return boot_denied(run, err);
	}
	refusal_of(run)->since = 0;
	if (err_is_set(step_call_err(run))) {
		memory->mark = 0;
		return poll_node(run, boot_start, err);
	}
	if (!memory->mark)
		memory->mark = now;
	if (now - memory->mark > MAINTENANCE_PATIENCE) {
		err_set(err, ERR_CONFLICT, "%s is back in maintenance mode: it did not install",
			step_node(run)->name);
		return err_hint(err, "its console shows why; then run the same command again");
	}
	run_say(run, "still in maintenance mode");
	site_redial(step_site(run), step_node(run));
	return step_poll(run, boot_start, err);
}

static int boot_known(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_machine_status, "machine" };
	const struct err *why = step_call_err(run);
	struct site *site = step_site(run);

	if (!err_is_set(why))
		return step_call(run, site_channel(site, step_node(run)), &talos_get, &ask,
				 boot_staged);
	if (why->kind == ERR_AUTH) {
		remember_refusal(run);
		return ask_insecure(run, boot_insecure);
	}
	step_memory(run)->mark = refusal_of(run)->since = 0;
	return poll_node(run, boot_start, err);
}

static int boot_start(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_mutual(run, boot_known);
}

const struct step_kind kind_boot = {
	.name = "boot",
	.phrase = "wait until it has installed and booted",
	.timeout_s = 20 * 60,
	.danger = STEP_SAFE,
	.start = boot_start,
	.cancel = step_call_cancel,
};
