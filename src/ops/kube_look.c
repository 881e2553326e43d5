#include "ops/kube_look.h"

#include "base/clock.h"
#include "base/text.h"
#include "cluster/version.h"
#include "tree/json.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define ASK_AGAIN (500 * MILLISECOND)

static struct node_state *state_of(struct kube_look *look, const char *name)
{
	for (size_t i = 0; i < look->inventory->len; i++)
		if (text_equal(look->inventory->at[i].node->name, name))
			return &look->inventory->at[i];
	return NULL;
}

/* The node that has that name in Kubernetes, or one of those addresses. */
static struct node_state *state_of_node(struct kube_look *look, const struct value *object)
{
	const struct value *addresses = value_get(value_get(object, "status"), "addresses");
	struct node_state *state = state_of(look, kube_name(object));

	for (size_t i = 0; !state && i < value_len(addresses); i++) {
		const char *address = value_get_text(value_at(addresses, i), "address");
		const struct node *node =
			address ? cluster_node(look->inventory->cluster, address) : NULL;

		if (node)
			state = state_of(look, node->name);
	}
	return state;
}

const char *kube_version_told(struct arena *arena, const struct value *reply)
{
	const char *text = value_text(reply), *version;
	const struct value *told;
	struct version parsed;

	if (!text ||
	    json_read(arena, "version", text, value_text_len(reply), &told, NULL) < 0)
		return NULL;
	version = value_get_text(told, "gitVersion");
	return version && version_parse(version, &parsed) ? version : NULL;
}

static int keep_version(struct kube_look *look, const struct value *reply, struct err *err)
{
	look->seen->apiserver = kube_version_told(look->options.arena, reply);
	if (look->seen->apiserver)
		return 0;
	return err_set(err, ERR_REMOTE, "the Kubernetes API does not tell its version");
}

static const struct value *map_of(struct kube_look *look, const struct value *object,
				  const char *key)
{
	const struct value *map = value_get(value_get(object, "metadata"), key);

	return value_is_map(map) ? value_copy(look->options.arena, map) : NULL;
}

static int keep_nodes(struct kube_look *look, const struct value *reply, struct err *err)
{
	const struct value *items = value_get(reply, "items");

	(void)err;
	for (size_t i = 0; i < value_len(items); i++) {
		const struct value *object = value_at(items, i);
		const struct value *info = value_get(value_get(object, "status"), "nodeInfo");
		struct node_state *state = state_of_node(look, object);

		if (!state)
			continue;
		state->kube_name = arena_str(look->options.arena, kube_name(object));
		state->kubelet_runs = arena_str(look->options.arena,
						value_get_text(info, "kubeletVersion"));
		state->kube_labels = map_of(look, object, "labels");
		state->kube_annotations = map_of(look, object, "annotations");
		state->kube_ready = text_equal(kube_condition(object, "Ready"), "True");
	}
	return 0;
}

static struct node_state *state_of_pod(struct kube_look *look, const struct value *spec)
{
	const char *node = value_get_text(spec, "nodeName");

	for (size_t i = 0; node && i < look->inventory->len; i++)
		if (text_equal(look->inventory->at[i].kube_name, node))
			return &look->inventory->at[i];
	return NULL;
}

static int keep_pods(struct kube_look *look, const struct value *reply, struct err *err)
{
	const struct value *items = value_get(reply, "items");

	(void)err;
	for (size_t i = 0; i < value_len(items); i++) {
		const struct value *spec = value_get(value_at(items, i), "spec");
		const struct value *container = value_at(value_get(spec, "containers"), 0);
		struct node_state *state = state_of_pod(look, spec);
		enum component component;

		if (state &&
		    component_named(kube_label(value_at(items, i), "k8s-app"), &component))
			state->pod_image[component] = arena_str(
				look->options.arena, value_get_text(container, "image"));
	}
	return 0;
}

static int keep_proxy(struct kube_look *look, const struct value *reply, struct err *err)
{
	const struct value *spec = value_get(value_at(value_get(reply, "items"), 0), "spec");
	const struct value *pod = value_get(value_get(spec, "template"), "spec");
	const char *image = value_get_text(value_at(value_get(pod, "containers"), 0), "image");

	(void)err;
	look->seen->proxy_image = image ? arena_str(look->options.arena, image) : NULL;
	return 0;
}

static const struct question {
	struct kube_request request;
	int (*keep)(struct kube_look *look, const struct value *reply, struct err *err);
} questions[] = {
	{ { .verb = KUBE_PATH, .name = "/version", .timeout = ASK_TIMEOUT }, keep_version },
	{ { .verb = KUBE_LIST, .kind = &kube_nodes, .timeout = ASK_TIMEOUT }, keep_nodes },
	{ { .verb = KUBE_LIST,
	    .kind = &kube_pods,
	    .ns = "kube-system",
	    .labels = KUBE_STATIC_PODS,
	    .timeout = ASK_TIMEOUT },
	  keep_pods },
	{ { .verb = KUBE_LIST,
	    .kind = &kube_daemonsets,
	    .ns = "kube-system",
	    .fields = "metadata.name=kube-proxy",
	    .timeout = ASK_TIMEOUT },
	  keep_proxy },
};

static void finish(struct kube_look *look, const struct err *why)
{
	if (why)
		look->seen->err = *why;
	look->inventory->kube = look->seen;
	look->options.on_done(look);
}

static void answered(struct kube_call *call, const struct err *err);

static void ask(struct kube_look *look)
{
	static const struct kube_call_ops ops = { answered };

	kube_start(&look->call, site_kube(look->site), &questions[look->asked].request, &ops);
}

static void answered(struct kube_call *call, const struct err *err)
{
	struct kube_look *look = container_of(call, struct kube_look, call);
	struct loop *loop = site_options(look->site)->loop;
	struct err why = *err;

	if (!err_is_set(&why) && questions[look->asked].keep(look, call->reply, &why) == 0) {
		if (++look->asked < ARRAY_LEN(questions))
			ask(look);
		else
			finish(look, NULL);
	} else if (why.kind == ERR_AUTH || loop_now(loop) >= look->options.deadline) {
		finish(look, &why);
	} else {
		timer_set(&look->again, loop_now(loop) + ASK_AGAIN);
	}
}

static void ask_again(struct timer *timer)
{
	ask(container_of(timer, struct kube_look, again));
}

static void no_way(struct task *task)
{
	struct kube_look *look = container_of(task, struct kube_look, none);

	err_set(&look->seen->err, ERR_USAGE, "there is no way to the Kubernetes API here");
	finish(look, NULL);
}

void kube_look_start(struct kube_look *look, struct site *site, struct inventory *inventory,
		     const struct kube_look_options *options)
{
	struct loop *loop = site_options(site)->loop;

	look->options = *options;
	look->site = site;
	look->inventory = inventory;
	look->asked = 0;
	look->seen = arena_alloc(options->arena, sizeof(*look->seen));
	timer_init(&look->again, loop, ask_again);
	task_init(&look->none, loop, no_way);
	if (site_kube(site))
		ask(look);
	else
		task_post(&look->none);
}

void kube_look_done(struct kube_look *look)
{
	if (!look->site)
		return;
	kube_call_done(&look->call);
	timer_cancel(&look->again);
	task_cancel(&look->none);
	look->site = NULL;
}
