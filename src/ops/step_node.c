#include "ops/step_node.h"

#include "base/clock.h"
#include "base/text.h"
#include "kube/kind.h"
#include "ops/drift.h"
#include "ops/kinds.h"
#include "ops/step_boot.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define DRAIN_TIMEOUT (5 * MINUTE)
/* How long volumes of pods that left may take to be detached. */
#define VOLUMES_PATIENCE (2 * MINUTE)
/* How long a node may take to be healthy before it is uncordoned as it is. */
#define UNCORDON_PATIENCE (3 * MINUTE)
/* How long a step asks a Kubernetes API that does not answer: control planes come and go while they
 * are changed. */
#define KUBE_PATIENCE (2 * MINUTE)

/* ---- drain ----------------------------------------------------------------------------------- */

bool drain_is_wanted(const struct cluster *cluster, const struct drain_setting *setting)
{
	if (cluster->nodes < 2)
		return false;
	return !setting || setting->enabled != TRI_FALSE;
}

unsigned add_drain(struct plan *plan, const struct node *node, const struct drain_setting *setting,
		   const unsigned *after, unsigned afters)
{
	struct arena *arena = plan->arena;
	struct map_builder *args = map_begin(arena);

	if (setting && setting->timeout)
		map_add(args, "timeout", value_str(arena, setting->timeout));
	if (setting && setting->disable_eviction == TRI_TRUE)
		map_add(args, "delete", value_of_bool(arena, true));
	if (setting && setting->wait_for_volumes == TRI_TRUE)
		map_add(args, "volumes", value_of_bool(arena, true));
	return plan_add(plan, &(struct step){ .kind = &kind_drain,
					      .target = node->name,
					      .lane = "",
					      .args = map_end(args),
					      .after = after,
					      .afters = afters });
}

unsigned add_uncordon(struct plan *plan, const struct node *node, unsigned drain, unsigned done)
{
	const unsigned after[] = { drain, done };

	return plan_add(plan, &(struct step){ .kind = &kind_uncordon,
					      .target = node->name,
					      .lane = "",
					      .after = after,
					      .afters = drain == done ? 1 : 2 });
}

/* No answer, or one that says "not now": it may answer later. */
static bool kube_may_answer(struct step_run *run, const struct err *why)
{
	uint64_t waited = loop_now(run_loop(run)) - step_polling_since(run);

	return waited < KUBE_PATIENCE && (why->kind == ERR_NET || kube_says_busy(why));
}

static int kube_again(struct step_run *run, step_fn *next, struct err *err)
{
	run_say(run, "%s", step_kube_err(run)->text);
	return step_poll(run, next, err);
}

static int service_end(struct step_run *run, struct err *err);
static int volumes_look(struct step_run *run, struct err *err);

/* How many volumes are attached to the node, and the first of them. */
static size_t count_attached(const struct value *reply, const char *node, const char **first)
{
	const struct value *items = value_get(reply, "items");
	size_t count = 0;

	for (size_t i = value_len(items); i-- > 0;) {
		const struct value *spec = value_get(value_at(items, i), "spec");

		if (!text_equal(value_get_text(spec, "nodeName"), node))
			continue;
		*first = value_get_text(value_get(spec, "source"), "persistentVolumeName");
		count++;
	}
	return count;
}

/* Best effort: pods that stay keep theirs, and a driver may be gone. */
static int volumes_known(struct step_run *run, struct err *err)
{
	const char *first = NULL;
	size_t count = count_attached(step_kube_reply(run), step_node(run)->name, &first);
	uint64_t waited = loop_now(run_loop(run)) - step_memory(run)->mark;

	if (err_is_set(step_kube_err(run)))
		run_say(run, "%s", step_kube_err(run)->text);
	else if (count == 0)
		return run_done(run);
	else
		run_say(run, "%zu volume%s still attached%s%s", count, count == 1 ? " is" : "s are",
			first ? ": " : "", first ? first : "");
	if (waited < VOLUMES_PATIENCE)
		return step_poll(run, volumes_look, err);
	run_say(run, "goes on although volumes may still be attached");
	return run_done(run);
}

static int volumes_look(struct step_run *run, struct err *err)
{
	(void)err;
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_LIST,
						 .api_version = "storage.k8s.io/v1",
						 .kind_name = "VolumeAttachment" },
			 volumes_known);
}

static int drained(struct step_run *run, struct err *err)
{
	const struct err *why = step_kube_err(run);

	if (!err_is_set(why) && text_equal(run_arg(run, "volumes"), "true")) {
		step_memory(run)->mark = loop_now(run_loop(run));
		return volumes_look(run, err);
	}
	if (!err_is_set(why))
		return run_done(run);
	if (why->kind == ERR_NOT_FOUND) {
		run_say(run, "Kubernetes has no node of that name");
		return run_already(run);
	}
	if (kube_may_answer(run, why))
		return kube_again(run, service_end, err);
	return step_kube_failed(run, err);
}

static int service_end(struct step_run *run, struct err *err)
{
	const char *timeout = run_arg(run, "timeout");
	struct drain_options options = {
		.node = step_node(run)->name,
		.what = DRAIN_ALL,
		.timeout = DRAIN_TIMEOUT,
		.delete_blocked = text_equal(run_arg(run, "delete"), "true"),
	};

	if (timeout && duration_parse(timeout, &options.timeout) < 0)
		return err_set(err, ERR_INPUT, "\"%.40s\" is no duration", timeout);
	return step_drain(run, &options, drained);
}

const struct step_kind kind_drain = {
	.name = "drain",
	.phrase = "cordon and drain the node",
	.timeout_s = 24 * 60 * 60,
	.danger = STEP_CHANGES,
	.start = service_end,
	.cancel = step_call_cancel,
};

/* ---- uncordon -------------------------------------------------------------------------------- */

static int uncordon_start(struct step_run *run, struct err *err);
static int uncordon_check(struct step_run *run, struct err *err);

static int ask_node(struct step_run *run, step_fn *next)
{
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_GET,
						 .kind = &kube_nodes,
						 .name = step_node(run)->name },
			 next);
}

static int uncordon_known(struct step_run *run, struct err *err)
{
	const struct value *node = step_kube_reply(run);
	const struct err *why = step_kube_err(run);

	/* Only our own cordons carry the mark. */
	if (node)
		return kube_annotation(node, DRAIN_ANNOTATION) ? run_needed(run) : run_done(run);
	if (why->kind == ERR_NOT_FOUND)
		return run_done(run);
	if (kube_may_answer(run, why))
		return kube_again(run, uncordon_check, err);
	return step_kube_failed(run, err);
}

static int uncordon_check(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_node(run, uncordon_known);
}

static int uncordon(struct step_run *run, step_fn *next)
{
	return step_drain(run,
			  &(struct drain_options){ .node = step_node(run)->name,
						   .what = DRAIN_UNCORDON },
			  next);
}

/* Kubernetes gives a node that is not ready no pods anyway, and to a forgotten cordon none for
 * ever. */
static int uncordoned_unwell(struct step_run *run, struct err *err)
{
	const char *name = step_node(run)->name, *why = step_memory(run)->data;

	if (!err_is_set(step_kube_err(run)))
		return err_set(err, ERR_CONFLICT, "%s is uncordoned, but not healthy: %s", name,
			       why);
	err_set(err, ERR_CONFLICT, "%s stays cordoned, for Kubernetes does not answer: %s", name,
		step_kube_err(run)->text);
	return err_hint(err, "kubectl uncordon %s", name);
}

static int uncordon_wait(struct step_run *run, const char *why, struct err *err)
{
	if (loop_now(run_loop(run)) - step_polling_since(run) > UNCORDON_PATIENCE) {
		step_memory(run)->data = arena_str(run_arena(run), why);
		return uncordon(run, uncordoned_unwell);
	}
	run_say(run, "%s", why);
	return step_poll(run, uncordon_start, err);
}

static int uncordoned(struct step_run *run, struct err *err)
{
	if (err_is_set(step_kube_err(run)))
		return uncordon_wait(run, step_kube_err(run)->text, err);
	return run_done(run);
}

/* Without a network plugin no node is ready until somebody installs one. */
static bool is_ready(const struct step_run *run, const struct value *node)
{
	if (strcmp(site_cluster(step_site(run))->cni, "none") == 0)
		return true;
	return text_equal(kube_condition(node, "Ready"), "True");
}

static int uncordon_seen(struct step_run *run, struct err *err)
{
	const struct value *node = step_kube_reply(run);

	if (!node)
		return uncordon_wait(run, step_kube_err(run)->text, err);
	if (!is_ready(run, node))
		return uncordon_wait(run, "Kubernetes does not call it ready", err);
	return uncordon(run, uncordoned);
}

static int uncordon_staged(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;

	if (err_is_set(step_call_err(run)))
		return uncordon_wait(run, step_call_err(run)->text, err);
	if (!status)
		return uncordon_wait(run, "it does not say what it does", err);
	if (status->stage != STAGE_RUNNING)
		return uncordon_wait(run, talos_stage_name(status->stage), err);
	return ask_node(run, uncordon_seen);
}

static int uncordon_start(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_machine_status, "machine" };

	(void)err;
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_get, &ask,
				ASK_TIMEOUT, uncordon_staged);
}

const struct step_kind kind_uncordon = {
	.name = "uncordon",
	.phrase = "uncordon the node",
	.timeout_s = 10 * 60,
	.attempts = 2,
	.pause_s = 1,
	.danger = STEP_CHANGES,
	.cleanup = true,
	.check = uncordon_check,
	.start = uncordon_start,
	.cancel = step_call_cancel,
};

const struct step_kind kind_uncordon_left = {
	.name = "uncordon-left",
	.phrase = "uncordon the node, which an earlier run left",
	.timeout_s = 10 * 60,
	.attempts = 2,
	.pause_s = 1,
	.danger = STEP_CHANGES,
	.check = uncordon_check,
	.start = uncordon_start,
	.cancel = step_call_cancel,
};

/* ---- reboot ---------------------------------------------------------------------------------- */

static int reboot_check(struct step_run *run, struct err *err);

static int reboot_again(struct step_run *run, struct err *err)
{
	run_say(run, "%s", step_call_err(run)->text);
	site_redial(step_site(run), step_node(run));
	return step_poll(run, reboot_check, err);
}

static const char *config_in(struct step_run *run)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_config *config = reply ? reply->spec : NULL;

	return config ? arena_strn(run_arena(run), config->text, config->len) : NULL;
}

static int reboot_compared(struct step_run *run, struct err *err)
{
	const char *live = config_in(run), *next = step_memory(run)->data;

	if (!live)
		return reboot_again(run, err);
	return drift_same(run_arg(run, "config"), live, next) ? run_done(run) : run_needed(run);
}

static int reboot_next_seen(struct step_run *run, struct err *err)
{
	static const struct talos_get_request live = { &resource_machine_config, "v1alpha1" };

	if (step_call_err(run)->kind == ERR_NOT_FOUND)
		return run_done(run);
	step_memory(run)->data = (void *)(uintptr_t)config_in(run);
	if (!step_memory(run)->data)
		return reboot_again(run, err);
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_get,
				&live, ASK_TIMEOUT, reboot_compared);
}

/* Another boot than the plan saw may be older than what was staged for the next one. */
static int reboot_was_before(struct step_run *run)
{
	static const struct talos_get_request next = { &resource_machine_config, "persistent" };

	if (!run_arg(run, "config"))
		return run_done(run);
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_get,
				&next, ASK_TIMEOUT, reboot_next_seen);
}

/* The plan may say in which boot the node was; else only what it does now tells whether an earlier
 * life asked it. */
static int reboot_looked(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;
	const char *planned = run_arg(run, "boot");

	if (!status)
		return reboot_again(run, err);
	if (status->stage == STAGE_REBOOTING || status->stage == STAGE_UPGRADING) {
		run_say(run, "%s", talos_stage_name(status->stage));
		return step_poll(run, reboot_check, err);
	}
	return planned && strcmp(planned, boot_before(run)) != 0 ? reboot_was_before(run)
								 : run_needed(run);
}

static int reboot_known(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_machine_status, "machine" };

	(void)err;
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_get, &ask,
				ASK_TIMEOUT, reboot_looked);
}

static int reboot_check(struct step_run *run, struct err *err)
{
	(void)err;
	return boot_learn(run, reboot_known);
}

static int reboot_start(struct step_run *run, struct err *err)
{
	(void)err;
	return boot_reboot(run, text_equal(run_arg(run, "mode"), "powercycle") ? REBOOT_POWERCYCLE
									       : REBOOT_NORMAL);
}

const struct step_kind kind_reboot = {
	.name = "reboot",
	.phrase = "reboot",
	.timeout_s = 60 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = reboot_check,
	.start = reboot_start,
	.cancel = step_call_cancel,
};
