/*
 * Gates of health, the Kubernetes side. Each lists objects and judges them until they are as they
 * should be; which objects and what of them is a row of a table.
 */
#include "ops/kinds.h"

#include "base/own.h"
#include "base/text.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"

#include <inttypes.h>
#include <string.h>

#define CONTROL_LABEL "node-role.kubernetes.io/control-plane"
#define NO_NETWORK_PLUGIN "NetworkPluginNotReady"

enum judgement {
	JUDGED_GOOD,
	JUDGED_IDLE, /* it does not concern this cluster */
	JUDGED_BAD
};

/* What is looked at, and the first objection to it. */
struct view {
	const struct step_run *run;
	const struct cluster *cluster;
	const struct value *reply;
	struct str *why;
	const char *const *without; /* names of nodes that may be ill; NULL: none */
};

struct kube_gate {
	const struct step_kind *kind;
	struct kube_request request;
	enum judgement (*judge)(struct view *view);
};

static const struct value *items(const struct view *view)
{
	return value_get(view->reply, "items");
}

static const struct value *status_of(const struct value *object)
{
	return value_get(object, "status");
}

static uint64_t number_at(const struct value *map, const char *key)
{
	uint64_t number = 0;

	value_u64(value_get(map, key), &number);
	return number;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static bool is_machine_of(const struct value *object, const struct node *node)
{
	const struct value *addresses = value_get(status_of(object), "addresses");

	for (size_t i = 0; i < value_len(addresses); i++) {
		const char *type = value_get_text(value_at(addresses, i), "type");
		const char *address = value_get_text(value_at(addresses, i), "address");

		if (!text_equal(type, "InternalIP") && !text_equal(type, "ExternalIP"))
			continue;
		for (size_t a = 0; a < node->addresses; a++)
			if (text_equal(address, node->address[a]))
				return true;
	}
	return false;
}

static enum judgement judge_node(struct view *view, const struct node *node)
{
	bool control = node->role == ROLE_CONTROL;
	const struct value *found = NULL;

	for (size_t i = 0; i < value_len(items(view)); i++) {
		const struct value *object = value_at(items(view), i);

		if (!is_machine_of(object, node))
			continue;
		if (found) {
			str_addf(view->why, "%s is two Nodes: %s and %s", node->name,
				 kube_name(found), kube_name(object));
			return JUDGED_BAD;
		}
		found = object;
	}
	if (!found) {
		str_addf(view->why, "%s (%s) has not joined Kubernetes", node->name,
			 node->address[0]);
		return JUDGED_BAD;
	}
	if (control == (kube_label(found, CONTROL_LABEL) != NULL))
		return JUDGED_GOOD;
	str_addf(view->why, "Node %s is %s a control plane", kube_name(found),
		 control ? "not labelled as" : "labelled as");
	return JUDGED_BAD;
}

static bool is_ours(const struct cluster *cluster, const struct value *object)
{
	for (size_t i = 0; i < cluster->nodes; i++)
		if (is_machine_of(object, &cluster->node[i]))
			return true;
	return false;
}

static enum judgement judge_report(struct view *view)
{
	for (size_t i = 0; i < view->cluster->nodes; i++)
		if (judge_node(view, &view->cluster->node[i]) != JUDGED_GOOD)
			return JUDGED_BAD;
	for (size_t i = 0; i < value_len(items(view)); i++) {
		const struct value *object = value_at(items(view), i);

		if (is_ours(view->cluster, object))
			continue;
		str_addf(view->why, "Node %s is no node of nodes.yaml", kube_name(object));
		return JUDGED_BAD;
	}
	return JUDGED_GOOD;
}

static const struct value *condition_of(const struct value *object, const char *type)
{
	const struct value *conditions = value_get(status_of(object), "conditions");

	for (size_t i = 0; i < value_len(conditions); i++)
		if (text_equal(value_get_text(value_at(conditions, i), "type"), type))
			return value_at(conditions, i);
	return NULL;
}

/* Where the user brings the network plugin, its absence is not the node's fault. */
static bool is_excused(const struct view *view, const struct value *condition)
{
	const char *message = value_get_text(condition, "message");

	return strcmp(view->cluster->cni, "none") == 0 && message &&
	       strstr(message, NO_NETWORK_PLUGIN);
}

/* May that node be ill? */
static bool is_left_out(const struct view *view, const struct node *node)
{
	for (const char *const *name = view->without; name && *name; name++)
		if (strcmp(*name, node->name) == 0)
			return true;
	return false;
}

static bool may_be_ill(const struct view *view, const struct value *object)
{
	for (size_t i = 0; view->without && i < view->cluster->nodes; i++)
		if (is_left_out(view, &view->cluster->node[i]) &&
		    is_machine_of(object, &view->cluster->node[i]))
			return true;
	return false;
}

static enum judgement judge_ready(struct view *view)
{
	size_t excused = 0;

	for (size_t i = 0; i < value_len(items(view)); i++) {
		const struct value *object = value_at(items(view), i);
		const struct value *condition = condition_of(object, "Ready");
		const char *message = value_get_text(condition, "message");

		if (text_equal(value_get_text(condition, "status"), "True") ||
		    may_be_ill(view, object))
			continue;
		if (is_excused(view, condition)) {
			excused++;
			continue;
		}
		str_addf(view->why, "Node %s is not Ready: %s", kube_name(object),
			 message ? message : "it has not told yet");
		return JUDGED_BAD;
	}
	if (!excused)
		return value_len(items(view)) ? JUDGED_GOOD : JUDGED_BAD;
	str_addf(view->why, "%zu nodes wait for a network plugin, which `cni: none` leaves to you",
		 excused);
	return JUDGED_IDLE;
}

static enum judgement judge_schedulable(struct view *view)
{
	for (size_t i = 0; i < value_len(items(view)); i++) {
		const struct value *object = value_at(items(view), i);

		if (!value_bool(value_get(value_get(object, "spec"), "unschedulable"), false))
			continue;
		str_addf(view->why, "Node %s is cordoned", kube_name(object));
		return JUDGED_BAD;
	}
	return JUDGED_GOOD;
}

/* ---- pods and workloads ---------------------------------------------------------------------- */

static enum judgement judge_api(struct view *view)
{
	(void)view;
	return JUDGED_GOOD;
}

/* The node that a pod runs on may be ill. */
static bool is_pod_of_ill(const struct view *view, const struct value *pod)
{
	const char *host = value_get_text(status_of(pod), "hostIP");
	const struct node *node = host ? cluster_node(view->cluster, host) : NULL;

	return node && is_left_out(view, node);
}

static size_t controls_to_see(const struct view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->cluster->nodes; i++)
		count += view->cluster->node[i].role == ROLE_CONTROL &&
			 !is_left_out(view, &view->cluster->node[i]);
	return count;
}

static enum judgement judge_component(struct view *view, const char *component)
{
	size_t count = 0, wanted = controls_to_see(view);

	for (size_t i = 0; i < value_len(items(view)); i++) {
		const struct value *pod = value_at(items(view), i);

		if (!text_equal(kube_label(pod, "k8s-app"), component) ||
		    is_pod_of_ill(view, pod))
			continue;
		count++;
		if (text_equal(kube_condition(pod, "Ready"), "True"))
			continue;
		str_addf(view->why, "pod %s is not ready", kube_name(pod));
		return JUDGED_BAD;
	}
	if (count == wanted)
		return JUDGED_GOOD;
	str_addf(view->why, "%zu of %zu control planes have the pod %s", count, wanted, component);
	return JUDGED_BAD;
}

static enum judgement judge_control_pods(struct view *view)
{
	static const char *const components[] = { "kube-apiserver", "kube-controller-manager",
						  "kube-scheduler" };

	for (size_t i = 0; i < ARRAY_LEN(components); i++)
		if (judge_component(view, components[i]) != JUDGED_GOOD)
			return JUDGED_BAD;
	return JUDGED_GOOD;
}

static enum judgement judge_proxy(struct view *view)
{
	const struct value *status = status_of(value_at(items(view), 0));
	uint64_t wanted = number_at(status, "desiredNumberScheduled");
	uint64_t ready = number_at(status, "numberReady");

	if (value_len(items(view)) == 0) {
		str_add(view->why, "the cluster runs no kube-proxy");
		return JUDGED_IDLE;
	}
	if (ready >= wanted)
		return JUDGED_GOOD;
	str_addf(view->why, "%" PRIu64 " of %" PRIu64 " pods of kube-proxy are ready", ready,
		 wanted);
	return JUDGED_BAD;
}

static enum judgement judge_dns(struct view *view)
{
	const struct value *deployment = value_at(items(view), 0);
	uint64_t wanted = number_at(value_get(deployment, "spec"), "replicas");
	uint64_t ready = number_at(status_of(deployment), "readyReplicas");

	if (!deployment || strcmp(view->cluster->cni, "none") == 0) {
		str_add(view->why, deployment ? "pods wait for a network plugin, which `cni: "
						"none` leaves to you"
					      : "the cluster runs no CoreDNS");
		return JUDGED_IDLE;
	}
	if (ready >= wanted)
		return JUDGED_GOOD;
	str_addf(view->why, "%" PRIu64 " of %" PRIu64 " pods of CoreDNS are ready", ready, wanted);
	return JUDGED_BAD;
}

/* ---- the gates ------------------------------------------------------------------------------- */

#define SYSTEM "kube-system"
#define COMPONENTS "k8s-app in (kube-apiserver,kube-controller-manager,kube-scheduler)"

static const struct kube_gate gates[] = {
	{ &kind_kube_api, { .verb = KUBE_PATH, .name = "/readyz" }, judge_api },
	{ &kind_nodes_report, { .verb = KUBE_LIST, .kind = &kube_nodes }, judge_report },
	{ &kind_nodes_ready, { .verb = KUBE_LIST, .kind = &kube_nodes }, judge_ready },
	{ &kind_nodes_schedulable, { .verb = KUBE_LIST, .kind = &kube_nodes }, judge_schedulable },
	{ &kind_control_pods,
	  { .verb = KUBE_LIST, .kind = &kube_pods, .ns = SYSTEM, .labels = COMPONENTS },
	  judge_control_pods },
	{ &kind_kube_proxy,
	  { .verb = KUBE_LIST,
	    .kind = &kube_daemonsets,
	    .ns = SYSTEM,
	    .labels = "k8s-app=kube-proxy" },
	  judge_proxy },
	{ &kind_coredns,
	  { .verb = KUBE_LIST,
	    .kind = &kube_deployments,
	    .ns = SYSTEM,
	    .labels = "k8s-app=kube-dns" },
	  judge_dns },
};

static const struct kube_gate *gate_of(const struct step_run *run)
{
	const struct kube_gate *gate = gates;

	while (gate->kind != run_step(run)->kind)
		gate++;
	return gate;
}

static int look(struct step_run *run, struct err *err);

static int looked(struct step_run *run, struct err *err)
{
	const struct err *why = step_kube_err(run);
	struct str objection SCOPED(str_done) = STR_INIT(4096);
	struct view view = { .run = run,
			     .cluster = site_cluster(step_site(run)),
			     .reply = step_kube_reply(run),
			     .why = &objection,
			     .without = step_names(run, "without") };

	if (why->kind == ERR_AUTH || why->kind == ERR_USAGE)
		return step_kube_failed(run, err);
	if (err_is_set(why)) {
		run_say(run, "%s", why->text);
		return step_poll(run, look, err);
	}
	enum judgement judgement = gate_of(run)->judge(&view);

	if (judgement == JUDGED_GOOD)
		return run_done(run);
	run_say(run, "%s%s", judgement == JUDGED_IDLE ? "skipped: " : "",
		objection.len ? str_text(&objection) : "there is nothing to see yet");
	return judgement == JUDGED_IDLE ? run_already(run) : step_poll(run, look, err);
}

static int look(struct step_run *run, struct err *err)
{
	(void)err;
	return step_kube(run, &gate_of(run)->request, looked);
}

#define GATE(id, said, minutes)                                                       \
	{                                                                             \
		.name = id, .phrase = said, .timeout_s = (minutes)*60, .fresh = true, \
		.danger = STEP_SAFE, .start = look, .cancel = step_call_cancel,       \
	}

const struct step_kind kind_kube_api =
	GATE("kube-api", "wait until the Kubernetes API is ready", 10);
const struct step_kind kind_nodes_report =
	GATE("nodes-report", "wait until each node is one Node of Kubernetes", 10);
const struct step_kind kind_nodes_ready =
	GATE("nodes-ready", "wait until all Nodes are Ready", 15);
const struct step_kind kind_nodes_schedulable =
	GATE("nodes-schedulable", "wait until no Node is cordoned", 5);
const struct step_kind kind_control_pods =
	GATE("control-pods", "wait until the pods of all control planes are ready", 10);
const struct step_kind kind_kube_proxy =
	GATE("kube-proxy", "wait until kube-proxy is ready on all nodes", 10);
const struct step_kind kind_coredns = GATE("coredns", "wait until CoreDNS is ready", 10);
