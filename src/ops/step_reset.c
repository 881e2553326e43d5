/*
 * Resetting one node: wipe its partitions and reboot, see it in maintenance mode, forget its Node.
 *
 * A node is wiped only in the boot that the plan has seen, and only while it still has its config:
 * one that is in maintenance mode has been wiped, one that booted since may be another node by now.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/denied.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
/* How long a node that was asked to reset may go on as it was. */
#define DOWN_PATIENCE (10 * MINUTE)
/* A node without a system disk has nothing to boot: after so long it counts as gone. */
#define GONE_PATIENCE (2 * MINUTE)
#define KUBE_PATIENCE (2 * MINUTE)

/* What a look at the node found; in the step's memory. */
enum found {
	FOUND_NOTHING, /* it does not answer */
	FOUND_OURS,    /* with its config, in the boot of the plan */
	FOUND_GOING,   /* on its way down */
	FOUND_BARE     /* in maintenance mode */
};

struct sight_look {
	step_fn *next;
	enum found found;
	uint64_t silent_since; /* loop time; 0: it answered */
	struct err refused;    /* why our certificate got no answer */
};

static struct sight_look *look_of(struct step_run *run)
{
	struct step_memory *memory = step_memory(run);

	if (!memory->data)
		memory->data = arena_alloc(run_arena(run), sizeof(struct sight_look));
	return memory->data;
}

static int found(struct step_run *run, enum found what, struct err *err)
{
	struct sight_look *sight = look_of(run);

	sight->found = what;
	if (what != FOUND_NOTHING)
		sight->silent_since = 0;
	else if (!sight->silent_since)
		sight->silent_since = loop_now(run_loop(run));
	return sight->next(run, err);
}

static int found_silent(struct step_run *run, struct err *err)
{
	run_say(run, "%s", step_call_err(run)->text);
	site_redial(step_site(run), step_node(run));
	return found(run, FOUND_NOTHING, err);
}

static int look_insecurely(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);
	const struct node *node = step_node(run);

	if (!err_is_set(why))
		return found(run, FOUND_BARE, err);
	if (why->kind != ERR_AUTH)
		return found_silent(run, err);
	return err_denied(err, node, denied_reason(&look_of(run)->refused, why));
}

static bool is_boot(const struct talos_bytes *bytes, const char *id)
{
	size_t len = strlen(id);

	return bytes->len >= len && memcmp(bytes->data, id, len) == 0 &&
	       (bytes->len == len || ((const char *)bytes->data)[len] == '\n');
}

static int look_boot(struct step_run *run, struct err *err)
{
	const struct talos_bytes *bytes = step_reply(run);
	const char *planned = run_arg(run, "boot");

	if (!bytes)
		return found_silent(run, err);
	if (!planned || is_boot(bytes, planned))
		return found(run, FOUND_OURS, err);
	err_set(err, ERR_CONFLICT, "%s has booted again and still has its config",
		step_node(run)->name);
	return err_hint(err, "look at its console; the same command plans anew");
}

static int look_staged(struct step_run *run, struct err *err)
{
	static const struct talos_read_request boot = { .path = TALOS_BOOT_ID };
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;

	if (!status)
		return found_silent(run, err);
	if (status->stage == STAGE_RESETTING || status->stage == STAGE_REBOOTING ||
	    status->stage == STAGE_SHUTTING_DOWN) {
		run_say(run, "%s", talos_stage_name(status->stage));
		return found(run, FOUND_GOING, err);
	}
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_read,
				&boot, ASK_TIMEOUT, look_boot);
}

static int look_known(struct step_run *run, struct err *err)
{
	static const struct talos_get_request status = { &resource_machine_status, "machine" };
	const struct err *why = step_call_err(run);
	struct site *site = step_site(run);

	if (!err_is_set(why))
		return step_call_within(run, site_channel(site, step_node(run)), &talos_get,
					&status, ASK_TIMEOUT, look_staged);
	if (why->kind == ERR_AUTH) {
		look_of(run)->refused = *why;
		return step_call_within(run, site_insecure(site, step_node(run)), &talos_version,
					NULL, ASK_TIMEOUT, look_insecurely);
	}
	return found_silent(run, err);
}

static int look(struct step_run *run, step_fn *next)
{
	look_of(run)->next = next;
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_version,
				NULL, ASK_TIMEOUT, look_known);
}

static bool is_full(const struct step_run *run)
{
	return run_arg(run, "full") != NULL;
}

/* Without its system disk it may never answer again. */
static bool is_gone(struct step_run *run)
{
	const struct sight_look *mine = look_of(run);

	return is_full(run) && mine->silent_since &&
	       loop_now(run_loop(run)) - mine->silent_since > GONE_PATIENCE;
}

/* ---- reset ----------------------------------------------------------------------------------- */

static int reset_check(struct step_run *run, struct err *err);

static int reset_checked(struct step_run *run, struct err *err)
{
	switch (look_of(run)->found) {
	case FOUND_OURS:
		return run_needed(run);
	case FOUND_BARE:
		return run_done(run);
	case FOUND_NOTHING:
		if (run_was_begun(run) && is_gone(run))
			return run_done(run);
		break;
	case FOUND_GOING:
		break;
	}
	return step_poll(run, reset_check, err);
}

static int reset_check(struct step_run *run, struct err *err)
{
	(void)err;
	return look(run, reset_checked);
}

static int reset_answered(struct step_run *run, struct err *err)
{
	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	site_redial(step_site(run), step_node(run));
	return run_done(run);
}

/* System volumes that newer releases may keep apart from EPHEMERAL. */
static bool is_system_volume(const char *id)
{
	static const char *const ids[] = { "ETCD", "CRI", "KUBELET", "LOG" };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

/* What the plan names, and the system volumes that are partitions of their own. */
static const char *const *partitions(struct step_run *run)
{
	struct arena *arena = run_arena(run);
	const char *const *planned = step_names(run, "wipe");
	const char **out;
	size_t len = 0;

	while (planned[len])
		len++;
	out = arena_calloc(arena, len + step_replies(run) + 1, sizeof(*out));
	memcpy(out, planned, len * sizeof(*out));
	for (size_t i = 0; i < step_replies(run); i++) {
		const struct talos_resource *resource = step_reply_at(run, i);
		const struct talos_volume *volume = resource->spec;

		if (volume && !text_is_blank(volume->location) && is_system_volume(resource->id))
			out[len++] = arena_str(arena, resource->id);
	}
	return out;
}

static int reset_send(struct step_run *run, struct err *err)
{
	struct talos_reset_request request = { .reboot = true, .wipe = WIPE_SYSTEM_DISK };

	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	if (!is_full(run)) {
		request.wipe = WIPE_ALL;
		request.partitions = partitions(run);
	}
	for (size_t i = 0; request.partitions && request.partitions[i]; i++)
		run_say(run, "wipes %s", request.partitions[i]);
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_reset, &request,
			 reset_answered);
}

static int reset_start(struct step_run *run, struct err *err)
{
	static const struct talos_get_request volumes = { &resource_volume_status, NULL };
	const struct node *node = step_node(run);

	if (node->locked)
		return err_set(err, ERR_REFUSED, "%s is locked and would be wiped: %s", node->name,
			       node->locked);
	if (!is_full(run) && !step_names(run, "wipe"))
		return err_set(err, ERR_REFUSED, "the plan does not say what to wipe on %s",
			       node->name);
	return step_call(run, site_channel(step_site(run), node), &talos_list, &volumes,
			 reset_send);
}

const struct step_kind kind_reset = {
	.name = "reset",
	.phrase = "wipe the node and reboot it",
	.timeout_s = 15 * 60,
	.attempts = 4,
	.pause_s = 2,
	.danger = STEP_DESTROYS,
	.check = reset_check,
	.start = reset_start,
	.cancel = step_call_cancel,
};

/* ---- bare ------------------------------------------------------------------------------------ */

static int bare_start(struct step_run *run, struct err *err);

static int bare_seen(struct step_run *run, struct err *err)
{
	enum found what = look_of(run)->found;

	if (what == FOUND_BARE)
		return run_done(run);
	if (is_gone(run)) {
		run_say(run, "it is gone: it has nothing left to boot from");
		return run_done(run);
	}
	if (what == FOUND_OURS && loop_now(run_loop(run)) - run_started(run) > DOWN_PATIENCE)
		return err_set(err, ERR_CONFLICT, "%s was told to reset and goes on as before",
			       step_node(run)->name);
	if (what != FOUND_NOTHING)
		site_redial(step_site(run), step_node(run));
	return step_poll(run, bare_start, err);
}

static int bare_start(struct step_run *run, struct err *err)
{
	(void)err;
	return look(run, bare_seen);
}

const struct step_kind kind_bare = {
	.name = "bare",
	.phrase = "wait until it answers in maintenance mode",
	.timeout_s = 20 * 60,
	.danger = STEP_SAFE,
	.start = bare_start,
	.cancel = step_call_cancel,
};

/* ---- forget ---------------------------------------------------------------------------------- */

static int forget_check(struct step_run *run, struct err *err);
static int forget_start(struct step_run *run, struct err *err);

/* A Node object that stays is untidy, not dangerous: the reset itself has worked. */
static int forget_later(struct step_run *run, step_fn *again, struct err *err)
{
	run_say(run, "%s", step_kube_err(run)->text);
	if (loop_now(run_loop(run)) - step_polling_since(run) < KUBE_PATIENCE)
		return step_poll(run, again, err);
	run_say(run, "Kubernetes does not answer, and may still list the node");
	return run_is_check(run) ? run_needed(run) : run_already(run);
}

static bool may_answer(const struct err *why)
{
	return why->kind == ERR_NET || why->kind == ERR_TIMEOUT || kube_says_busy(why);
}

static int forget_checked(struct step_run *run, struct err *err)
{
	const struct err *why = step_kube_err(run);

	if (why->kind == ERR_NOT_FOUND)
		return run_done(run);
	return may_answer(why) ? forget_later(run, forget_check, err) : run_needed(run);
}

static int forget_check(struct step_run *run, struct err *err)
{
	const struct kube_request request = { .verb = KUBE_GET,
					      .kind = &kube_nodes,
					      .name = step_node(run)->name };

	(void)err;
	return step_kube(run, &request, forget_checked);
}

static int forgotten(struct step_run *run, struct err *err)
{
	const struct err *why = step_kube_err(run);

	if (!err_is_set(why))
		return run_done(run);
	if (why->kind == ERR_NOT_FOUND)
		return run_already(run);
	return may_answer(why) ? forget_later(run, forget_start, err) : step_kube_failed(run, err);
}

static int forget_start(struct step_run *run, struct err *err)
{
	const struct kube_request request = { .verb = KUBE_DELETE,
					      .kind = &kube_nodes,
					      .name = step_node(run)->name };

	(void)err;
	return step_kube(run, &request, forgotten);
}

const struct step_kind kind_forget = {
	.name = "forget",
	.phrase = "delete its Node in Kubernetes",
	.timeout_s = 5 * 60,
	.attempts = 3,
	.pause_s = 1,
	.danger = STEP_CHANGES,
	.check = forget_check,
	.start = forget_start,
	.cancel = step_call_cancel,
};
