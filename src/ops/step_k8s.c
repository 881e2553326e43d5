/*
 * Upgrading Kubernetes: the gates before a hop, and one component of one node to a version.
 *
 * A node's config names the image of each component. Changing it is all there is to do; the node
 * starts the component anew without a reboot. What takes time is to see that it did: a static pod
 * with the config it has now, or a kubelet that tells the new version to Kubernetes.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "cluster/version.h"
#include "ops/component.h"
#include "ops/kube_look.h"
#include "ops/releases.h"
#include "ops/removed_api.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define NAMES_MOST 5
#define CONFIG_VERSION "talos.dev/config-version"

static int ask_node(struct step_run *run, const struct talos_method *method, const void *request,
		    step_fn *next)
{
	return step_call_within(run, site_channel(step_site(run), step_node(run)), method, request,
				ASK_TIMEOUT, next);
}

/* ---- gate: versions -------------------------------------------------------------------------- */

static int versions_start(struct step_run *run, struct err *err);

static int versions_served(struct step_run *run, struct err *err)
{
	const char *runs = kube_version_told(run_arena(run), step_kube_reply(run));
	struct version from = { .rest = "" }, to = { .rest = "" };

	if (!step_kube_reply(run))
		return step_kube_again(run, versions_start, err);
	if (!runs || !version_parse(runs, &from) || !version_parse(run_arg(run, "to"), &to))
		return err_set(err, ERR_REMOTE, "the Kubernetes API does not tell its version");
	if (from.major == to.major && from.minor <= to.minor && from.minor + 1 >= to.minor)
		return run_done(run);
	err_set(err, ERR_CONFLICT, "the API server runs %s; it cannot go to %s in one step", runs,
		run_arg(run, "to"));
	return err_hint(err, "somebody else changed it; begin anew");
}

static int versions_said(struct step_run *run, struct err *err)
{
	const struct cluster *cluster = site_cluster(step_site(run));
	const struct node *node = &cluster->node[step_memory(run)->index];
	const struct talos_version *reply = step_reply(run);
	struct version talos, to;
	struct kube_range range;

	if (!reply)
		return step_call_again(run, versions_start, err);
	if (version_parse(reply->tag, &talos) && version_parse(run_arg(run, "to"), &to) &&
	    release_kube_range(&talos, &range) &&
	    (to.minor < range.least || to.minor > range.most))
		return err_set(err, ERR_REFUSED, "%s: Talos %s runs Kubernetes 1.%u to 1.%u",
			       node->name, reply->tag, range.least, range.most);
	step_memory(run)->index++;
	return versions_start(run, err);
}

static int versions_start(struct step_run *run, struct err *err)
{
	static const struct kube_request version = { .verb = KUBE_PATH,
						     .name = "/version",
						     .timeout = ASK_TIMEOUT };
	const struct cluster *cluster = site_cluster(step_site(run));
	unsigned index = step_memory(run)->index;

	(void)err;
	if (index == 0)
		for (const char *const *note = step_names(run, "notes"); note && *note; note++)
			run_say(run, "%s", *note);
	if (index == cluster->nodes)
		return step_kube(run, &version, versions_served);
	return step_call_within(run, site_channel(step_site(run), &cluster->node[index]),
				&talos_version, NULL, ASK_TIMEOUT, versions_said);
}

const struct step_kind kind_kube_versions = {
	.name = "kube-versions",
	.phrase = "check that every version fits",
	.timeout_s = 2 * 60,
	.danger = STEP_SAFE,
	.start = versions_start,
	.cancel = step_call_cancel,
};

/* ---- gate: removed APIs ---------------------------------------------------------------------- */

/* "" when nobody uses it, else "web/front, web/back and 7 more". */
static const char *users_of(struct step_run *run, const struct removed_api *api,
			    const struct value *items)
{
	struct arena *arena = run_arena(run);
	const char *names = "";
	size_t used = 0;

	for (size_t i = 0; i < value_len(items); i++) {
		const struct value *object = value_at(items, i);
		const char *space = kube_namespace(object);

		if (!removed_api_is_used(api, object) || used++ >= NAMES_MOST)
			continue;
		names = arena_printf(arena, "%s%s%s%s%s", names, *names ? ", " : "", space,
				     *space ? "/" : "", kube_name(object));
	}
	if (used > NAMES_MOST)
		names = arena_printf(arena, "%s and %zu more", names, used - NAMES_MOST);
	return names;
}

static int removed_next(struct step_run *run, struct err *err);

static int removed_over(struct step_run *run, struct err *err)
{
	const char *const first = step_memory(run)->data;

	if (!first || run_arg(run, "ignore"))
		return run_done(run);
	err_set(err, ERR_REFUSED, "%s", first);
	return err_hint(err, "write them anew in the version named, or say --ignore-removed-apis");
}

static int removed_listed(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	size_t count;
	const struct removed_api *api = &removed_apis(&count)[memory->index];
	const struct value *reply = step_kube_reply(run);

	if (!reply && step_kube_err(run)->kind != ERR_NOT_FOUND)
		return step_kube_again(run, removed_next, err);

	const char *users = users_of(run, api, value_get(reply, "items"));
	if (*users) {
		char *text = arena_printf(run_arena(run),
					  "%s %s is gone in v1.%u, and these use it: %s%s%s",
					  api->api_version, api->kind, api->minor, users,
					  api->instead ? "; write them as " : "",
					  api->instead ? api->instead : "");

		run_say(run, "%s", text);
		if (!memory->data)
			memory->data = text;
	}
	memory->index++;
	return removed_next(run, err);
}

static int removed_next(struct step_run *run, struct err *err)
{
	unsigned *index = &step_memory(run)->index;
	size_t count;
	const struct removed_api *api = removed_apis(&count);

	while (*index < count &&
	       !removed_api_concerns(&api[*index], run_arg(run, "from"), run_arg(run, "to")))
		++*index;
	if (*index == count)
		return removed_over(run, err);
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_LIST,
						 .api_version = api[*index].api_version,
						 .kind_name = api[*index].kind },
			 removed_listed);
}

static int removed_start(struct step_run *run, struct err *err)
{
	for (const char *const *note = step_names(run, "notes"); note && *note; note++)
		run_say(run, "%s", *note);
	return removed_next(run, err);
}

const struct step_kind kind_removed_apis = {
	.name = "removed-apis",
	.phrase = "look for objects of APIs that the new version has not",
	.timeout_s = 5 * 60,
	.danger = STEP_SAFE,
	.start = removed_start,
	.cancel = step_call_cancel,
};

/* ---- one component of one node --------------------------------------------------------------- */

static const struct talos_get_request ask_config = { &resource_machine_config, "v1alpha1" };

static enum component component_of(const struct step_run *run)
{
	enum component component = COMPONENT_APISERVER;

	component_named(run_arg(run, "component"), &component);
	return component;
}

static const char *wanted_version(struct step_run *run)
{
	const char *version = component_version(run_arena(run), run_arg(run, "image"));

	return version ? version : "";
}

enum standing {
	STANDS_BEHIND,
	STANDS_THERE,
	STANDS_BEYOND /* somebody took it further: nobody is ever taken back here */
};

static enum standing standing_of(struct step_run *run, const struct talos_machine_config *config)
{
	const char *image =
		component_image(run_arena(run), component_of(run), config->text, config->len);
	const char *runs = component_version(run_arena(run), image);
	struct version a, b;

	if (text_equal(image, run_arg(run, "image")))
		return STANDS_THERE;
	return runs && version_parse(runs, &a) && version_parse(wanted_version(run), &b) &&
			       version_compare(&a, &b) > 0
		       ? STANDS_BEYOND
		       : STANDS_BEHIND;
}

static const struct value *condition_of(const struct value *object, const char *type)
{
	const struct value *list = value_get(value_get(object, "status"), "conditions");

	for (size_t i = 0; i < value_len(list); i++)
		if (text_equal(value_get_text(value_at(list, i), "type"), type))
			return value_at(list, i);
	return NULL;
}

/* Where the network plugin is somebody else's business, a node is not ready until there is one:
 * that is not the kubelet's fault. */
static bool is_excused(const struct step_run *run, const struct value *node)
{
	const char *message = value_get_text(condition_of(node, "Ready"), "message");

	return strcmp(site_cluster(step_site(run))->cni, "none") == 0 && message &&
	       strstr(message, "NetworkPluginNotReady");
}

/* NULL: the static pod runs on what the config says now. */
static const char *pod_lacks(struct step_run *run, const struct value *pod)
{
	const struct value *container =
		value_at(value_get(value_get(pod, "spec"), "containers"), 0);
	const char *config_version = step_memory(run)->data;

	if (!text_equal(value_get_text(container, "image"), run_arg(run, "image")))
		return "the new pod is not there yet";
	if (config_version && !text_equal(kube_annotation(pod, CONFIG_VERSION), config_version))
		return "the pod still runs on the config before";
	if (!text_equal(kube_condition(pod, "Ready"), "True"))
		return "the pod is not ready yet";
	return NULL;
}

/* NULL: the kubelet runs at the version, or a later one. */
static const char *node_lacks(struct step_run *run, const struct value *node)
{
	const struct value *info = value_get(value_get(node, "status"), "nodeInfo");
	const char *runs = value_get_text(info, "kubeletVersion");
	struct version a, b;

	if (!runs || !version_parse(runs, &a) || !version_parse(wanted_version(run), &b) ||
	    version_compare(&a, &b) < 0)
		return "its kubelet has not told the new version yet";
	if (!text_equal(kube_condition(node, "Ready"), "True") && !is_excused(run, node))
		return "the node is not ready yet";
	return NULL;
}

static int component_wait(struct step_run *run, struct err *err);

/* The end of a look: of the check, or of one round of waiting. */
static int component_seen(struct step_run *run, struct err *err)
{
	const struct value *reply = step_kube_reply(run);

	if (!reply && !run_is_check(run) && step_kube_err(run)->kind != ERR_NOT_FOUND)
		return step_kube_again(run, component_wait, err);

	const char *lacks = component_of(run) == COMPONENT_KUBELET ? node_lacks(run, reply)
								   : pod_lacks(run, reply);
	if (reply && !lacks)
		return run_done(run);
	if (run_is_check(run))
		return run_needed(run);
	run_say(run, "%s", lacks ? lacks : "it is not there yet");
	return step_poll(run, component_wait, err);
}

static int kubelet_known(struct step_run *run, struct err *err)
{
	const struct talos_services *services = step_reply(run);
	const struct kube_request node = { .verb = KUBE_GET,
					   .kind = &kube_nodes,
					   .name = run_arg(run, "node"),
					   .timeout = ASK_TIMEOUT };

	for (size_t i = 0; services && i < services->len; i++) {
		const struct talos_service *service = &services->at[i];

		if (strcmp(service->id, "kubelet") == 0 &&
		    strcmp(service->state, "Running") == 0 && service->healthy)
			return step_kube(run, &node, component_seen);
	}
	if (run_is_check(run))
		return run_needed(run);
	if (!services)
		return step_call_again(run, component_wait, err);
	run_say(run, "the kubelet is not healthy yet");
	return step_poll(run, component_wait, err);
}

static int config_version_known(struct step_run *run, struct err *err)
{
	const struct talos_resource *config = step_reply(run);
	const char *name = arena_printf(run_arena(run), "%s-%s", run_arg(run, "component"),
					run_arg(run, "node"));

	if (!config)
		return run_is_check(run) ? run_needed(run)
					 : step_call_again(run, component_wait, err);
	step_memory(run)->data = arena_str(run_arena(run), config->version);
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_GET,
						 .kind = &kube_pods,
						 .ns = "kube-system",
						 .name = name,
						 .timeout = ASK_TIMEOUT },
			 component_seen);
}

/* The config is as wanted: what runs? kube-proxy has nothing more on the node. */
static int component_wait(struct step_run *run, struct err *err)
{
	enum component component = component_of(run);
	const struct talos_get_request ask = { component_resource(component), NULL };

	(void)err;
	if (component == COMPONENT_PROXY)
		return run_done(run);
	if (component == COMPONENT_KUBELET)
		return ask_node(run, &talos_services, NULL, kubelet_known);
	return ask_node(run, &talos_get, &ask, config_version_known);
}

static int component_start(struct step_run *run, struct err *err);

static int component_applied(struct step_run *run, struct err *err)
{
	if (talos_says_not_yet(step_call_err(run)))
		return step_call_again(run, component_start, err);
	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	return component_wait(run, err);
}

static int component_apply(struct step_run *run, const struct talos_machine_config *config,
			   struct err *err)
{
	const struct component_change change = { .component = component_of(run),
						 .image = run_arg(run, "image"),
						 .config = config->text,
						 .len = config->len };
	struct talos_apply_request request = { .mode = APPLY_NO_REBOOT };

	if (component_put_image(run_arena(run), &change, &request.config, &request.len, err) < 0)
		return err_wrap(err, "set the image of %s", run_arg(run, "component"));
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_apply, &request,
			 component_applied);
}

static int component_config(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_config *config = reply ? reply->spec : NULL;

	if (!config)
		return step_call_again(run, component_start, err);
	switch (standing_of(run, config)) {
	case STANDS_THERE:
		return component_wait(run, err);
	case STANDS_BEYOND:
		return run_is_check(run) ? run_done(run) : run_already(run);
	default:
		return run_is_check(run) ? run_needed(run) : component_apply(run, config, err);
	}
}

static int component_start(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_node(run, &talos_get, &ask_config, component_config);
}

const struct step_kind kind_kube_component = {
	.name = "kube-component",
	.phrase = "change the version of a component of Kubernetes",
	.timeout_s = 10 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = component_start,
	.start = component_start,
	.cancel = step_call_cancel,
};
