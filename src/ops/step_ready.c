/*
 * Gates at the end: nodes are ready, and somebody has the virtual address.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "ops/step_call.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)

static int ready_start(struct step_run *run, struct err *err);

/* What a node that came back may take to be healthy. */
#define BACK_PATIENCE (15 * MINUTE)

static int never_well(struct step_run *run, const char *why, struct err *err)
{
	char text[TIME_TEXT_MAX];
	const char *version = run_arg(run, "version");

	err_set(err, ERR_CONFLICT, "%s is up again%s%s, but not healthy after %s: %s",
		step_node(run)->name, version ? " with Talos " : "", version ? version : "",
		duration_text(BACK_PATIENCE, text), why);
	return err_hint(err, "talforge health tells more");
}

/* `why` it is not ready; "": see the last call. */
static int not_ready(struct step_run *run, const char *why, struct err *err)
{
	bool late = loop_now(run_loop(run)) - step_polling_since(run) > BACK_PATIENCE;

	if (err_is_set(step_call_err(run)))
		why = step_call_err(run)->text;
	if (late && run_step(run)->kind == &kind_back)
		return never_well(run, why, err);
	run_say(run, "%s", why);
	return step_poll(run, ready_start, err);
}

/* Without a network plugin Kubernetes calls the node not ready until somebody installs one: that is
 * not the node's fault. */
static bool is_excused(const struct step_run *run, const char *condition)
{
	/* It was ready before it was changed, so somebody has installed one. */
	if (text_equal(run_arg(run, "ready"), "true"))
		return false;
	return strcmp(condition, "nodeReady") == 0 &&
	       strcmp(site_cluster(step_site(run))->cni, "none") == 0;
}

static const struct talos_service *ailing(const struct talos_services *services)
{
	for (size_t i = 0; i < services->len; i++) {
		const struct talos_service *service = &services->at[i];

		if (service->health_known && !service->healthy)
			return service;
		if (strcmp(service->id, "kubelet") == 0 && !service->healthy)
			return service;
	}
	return NULL;
}

static bool has_pod(const struct step_run *run, const char *prefix)
{
	for (size_t i = 0; i < step_replies(run); i++) {
		const struct talos_resource *pod = step_reply_at(run, i);

		if (text_starts(pod->id, prefix))
			return true;
	}
	return false;
}

static int ready_pods(struct step_run *run, struct err *err)
{
	static const char *const pods[] = { "kube-system/kube-apiserver-",
					    "kube-system/kube-controller-manager-",
					    "kube-system/kube-scheduler-" };

	for (size_t i = 0; i < ARRAY_LEN(pods); i++) {
		if (has_pod(run, pods[i]))
			continue;
		return not_ready(run,
				 arena_printf(run_arena(run), "waits for the pod %s%s", pods[i],
					      step_node(run)->name),
				 err);
	}
	return run_done(run);
}

static int ready_services(struct step_run *run, struct err *err)
{
	static const struct talos_get_request pods = { &resource_static_pod_status, NULL };
	const struct talos_services *services = step_reply(run);
	const struct node *node = step_node(run);

	if (!services)
		return not_ready(run, "", err);
	const struct talos_service *ill = ailing(services);

	if (ill)
		return not_ready(run,
				 arena_printf(run_arena(run), "%s is not healthy: %s", ill->id,
					      ill->message),
				 err);
	if (node->role != ROLE_CONTROL)
		return run_done(run);
	return step_call_within(run, site_channel(step_site(run), node), &talos_list, &pods,
				ASK_TIMEOUT, ready_pods);
}

static int ready_staged(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;

	if (!status)
		return not_ready(run, "it does not say what it does", err);
	if (status->stage != STAGE_RUNNING)
		return not_ready(run, talos_stage_name(status->stage), err);
	for (size_t i = 0; !status->ready && status->unmet && status->unmet[i]; i++) {
		if (is_excused(run, status->unmet[i]))
			continue;
		return not_ready(run,
				 arena_printf(run_arena(run), "waits for %s: %s", status->unmet[i],
					      status->reason[i]),
				 err);
	}
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_services,
				NULL, ASK_TIMEOUT, ready_services);
}

static int ready_start(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_machine_status, "machine" };

	(void)err;
	return step_call_within(run, site_channel(step_site(run), step_node(run)), &talos_get, &ask,
				ASK_TIMEOUT, ready_staged);
}

const struct step_kind kind_ready = {
	.name = "ready",
	.phrase = "wait until the node is healthy",
	.timeout_s = 20 * 60,
	.danger = STEP_SAFE,
	.start = ready_start,
	.cancel = step_call_cancel,
};

const struct step_kind kind_back = {
	.name = "back",
	.phrase = "wait until the node is back and healthy",
	.timeout_s = 60 * 60,
	.danger = STEP_SAFE,
	.start = ready_start,
	.cancel = step_call_cancel,
};

static int vip_start(struct step_run *run, struct err *err);

static bool lists_address(const struct talos_addresses *addresses, const struct ip *wanted)
{
	for (size_t i = 0; i < addresses->len; i++)
		if (ip_equal(&addresses->at[i].base, wanted))
			return true;
	return false;
}

static int vip_listed(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const char *vip = run_arg(run, "address");
	struct ip wanted;

	if (!ip_parse(vip, &wanted))
		return err_set(err, ERR_INPUT, "\"%s\" is not an IP address", vip);
	if (reply && reply->spec && lists_address(reply->spec, &wanted))
		return run_done(run);
	step_memory(run)->index++;
	return vip_start(run, err);
}

static int vip_start(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_node_address, "current" };
	const struct cluster *cluster = site_cluster(step_site(run));
	unsigned *index = &step_memory(run)->index;

	while (*index < cluster->nodes && cluster->node[*index].role != ROLE_CONTROL)
		++*index;
	if (*index < cluster->nodes)
		return step_call_within(run, site_channel(step_site(run), &cluster->node[*index]),
					&talos_get, &ask, ASK_TIMEOUT, vip_listed);
	*index = 0;
	run_say(run, "no control plane has the address %s yet", run_arg(run, "address"));
	return step_poll(run, vip_start, err);
}

const struct step_kind kind_vip = {
	.name = "vip",
	.phrase = "wait until a control plane has the virtual address",
	.timeout_s = 5 * 60,
	.danger = STEP_SAFE,
	.start = vip_start,
	.cancel = step_call_cancel,
};
