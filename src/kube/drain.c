#include "kube/drain.h"

#include "base/text.h"
#include "kube/kube_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define STANDARD_TIMEOUT (5 * MINUTE)
#define AT_ONCE 8 /* evictions being asked for */
#define AGAIN (5 * SECOND)
#define NAMES_MAX 300
#define MIRROR "kubernetes.io/config.mirror"

enum eviction_state {
	EVICTION_DUE,	 /* to be asked for */
	EVICTION_ASKING, /* `call` runs */
	EVICTION_PAUSED, /* `again` is set */
	EVICTION_GOING,	 /* accepted, or the pod was going anyway */
};

struct eviction { /* of one pod; lives until the pod is gone */
	struct eviction *next;
	struct drain *drain;
	struct kube_call call;
	struct timer again;
	enum eviction_state state;
	const char *ns, *name, *uid; /* in the drain's arena */
	struct err why;		     /* it waits */
};

/* The one place that sets the state. */
static void become(struct drain *drain, enum drain_state state)
{
	static const unsigned from[] = {
		[DRAIN_IDLE] = ~0U,
		[DRAIN_READING] = 1U << DRAIN_IDLE | 1U << DRAIN_MARKING,
		[DRAIN_MARKING] = 1U << DRAIN_READING,
		[DRAIN_EVICTING] = 1U << DRAIN_READING | 1U << DRAIN_MARKING,
	};

	assert(from[state] & 1U << drain->state);
	drain->state = state;
}

bool drain_is_running(const struct drain *drain)
{
	return drain->state != DRAIN_IDLE;
}

static void note(struct drain *drain, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void note(struct drain *drain, const char *fmt, ...)
{
	struct err text = ERR_INIT;
	va_list args;

	if (!drain->ops->on_note)
		return;
	va_start(args, fmt);
	vsnprintf(text.text, sizeof(text.text), fmt, args);
	va_end(args);
	drain->ops->on_note(drain, text.text);
}

static void eviction_free(struct eviction *eviction)
{
	if (eviction->state == EVICTION_ASKING)
		eviction->drain->running--;
	kube_call_done(&eviction->call);
	timer_cancel(&eviction->again);
	mem_free(eviction, sizeof(*eviction));
}

void drain_done(struct drain *drain)
{
	if (!drain_is_running(drain))
		return;
	become(drain, DRAIN_IDLE);
	kube_call_done(&drain->call);
	kube_watch_stop(&drain->watch);
	timer_cancel(&drain->limit);
	while (drain->first) {
		struct eviction *eviction = drain->first;

		drain->first = eviction->next;
		eviction_free(eviction);
	}
	arena_free(drain->arena);
	drain->arena = NULL;
}

/* Its user's again: nothing here may touch it afterwards. */
static void finish(struct drain *drain, const struct err *why)
{
	struct err err = *why;

	drain_done(drain);
	drain->ops->on_done(drain, &err);
}

static void succeed(struct drain *drain)
{
	struct err none = ERR_INIT;

	finish(drain, &none);
}

static struct eviction *find(const struct drain *drain, const char *uid)
{
	struct eviction *eviction = drain->first;

	while (eviction && strcmp(eviction->uid, uid) != 0)
		eviction = eviction->next;
	return eviction;
}

static void forget(struct drain *drain, struct eviction *gone)
{
	struct eviction **at = &drain->first;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	eviction_free(gone);
}

static bool is_finished(const struct value *pod)
{
	const char *phase = value_get_text(value_get(pod, "status"), "phase");

	return text_equal(phase, "Succeeded") || text_equal(phase, "Failed");
}

static bool has_local_data(const struct value *pod)
{
	const struct value *volumes = value_get(value_get(pod, "spec"), "volumes");

	for (size_t i = 0; i < value_len(volumes); i++)
		if (value_has(value_at(volumes, i), "emptyDir"))
			return true;
	return false;
}

static bool is_going(const struct value *pod)
{
	return value_has(value_get(pod, "metadata"), "deletionTimestamp");
}

static bool is_left_alone(const struct drain *drain, const struct value *pod)
{
	const struct drain_options *options = &drain->options;
	const struct value *controller = kube_controller(pod);

	if (text_equal(value_get_text(controller, "kind"), "DaemonSet"))
		return true;
	if (options->self && text_equal(options->self, kube_name(pod)) &&
	    text_equal(options->self_ns, kube_namespace(pod)))
		return true;
	return kube_annotation(pod, MIRROR) || is_finished(pod);
}

/* Why it must not be evicted; NULL: it may. */
static const char *objection(const struct drain *drain, const struct value *pod)
{
	if (is_going(pod))
		return NULL;
	if (drain->options.keep_unmanaged && !kube_controller(pod))
		return "has no controller that would replace it";
	if (drain->options.keep_local_data && has_local_data(pod))
		return "keeps data in an emptyDir volume";
	return NULL;
}

static void ask_next(struct drain *drain);

static void again_due(struct timer *timer)
{
	struct eviction *eviction = container_of(timer, struct eviction, again);

	eviction->state = EVICTION_DUE;
	ask_next(eviction->drain);
}

static void pause_eviction(struct eviction *eviction, const struct err *err)
{
	struct drain *drain = eviction->drain;
	struct random_source *random = drain->options.random;
	uint64_t pause = eviction->call.retry_after > AGAIN ? eviction->call.retry_after : AGAIN;

	if (!text_equal(eviction->why.text, err->text))
		note(drain, "%s/%s waits: %s", eviction->ns, eviction->name, err->text);
	eviction->why = *err;
	eviction->state = EVICTION_PAUSED;
	if (random)
		pause += random_below(random, SECOND);
	timer_set(&eviction->again, loop_now(drain->options.kube->loop) + pause);
}

/* A pod that a budget protects may wait; what else passes by itself, too. */
static bool is_passing(const struct err *err)
{
	return err->kind == ERR_NET || err->kind == ERR_TIMEOUT || kube_says_busy(err) ||
	       kube_says_blocked_by_budget(err) || kube_says_namespace_ends(err);
}

static void eviction_answered(struct kube_call *call, const struct err *err);
static const struct kube_call_ops eviction_ops = { eviction_answered };

static void ask(struct eviction *eviction, enum kube_verb verb)
{
	struct drain *drain = eviction->drain;

	eviction->state = EVICTION_ASKING;
	drain->running++;
	kube_start(&eviction->call, drain->options.kube,
		   &(struct kube_request){
			   .verb = verb,
			   .kind = &kube_pods,
			   .ns = eviction->ns,
			   .name = eviction->name,
			   .uid = eviction->uid,
			   .grace = drain->options.grace,
		   },
		   &eviction_ops);
}

static void look_whether_over(struct drain *drain)
{
	if (drain->synced && !drain->first)
		succeed(drain);
	else
		ask_next(drain);
}

static void eviction_answered(struct kube_call *call, const struct err *err)
{
	struct eviction *eviction = container_of(call, struct eviction, call);
	struct drain *drain = eviction->drain;

	drain->running--;
	eviction->state = EVICTION_GOING;
	if (!err_is_set(err)) {
		drain->evicted++;
		err_clear(&eviction->why);
	} else if (err->kind == ERR_NOT_FOUND || err->kind == ERR_CONFLICT) {
		forget(drain, eviction); /* gone already, or another pod by that name */
	} else if (kube_says_blocked_by_budget(err) && drain->options.delete_blocked) {
		note(drain, "%s/%s is deleted although: %s", eviction->ns, eviction->name,
		     err->text);
		ask(eviction, KUBE_DELETE);
		return;
	} else if (is_passing(err)) {
		pause_eviction(eviction, err);
	} else {
		finish(drain, err);
		return;
	}
	look_whether_over(drain);
}

static void ask_next(struct drain *drain)
{
	if (!drain->synced)
		return;
	for (struct eviction *at = drain->first; at && drain->running < AT_ONCE; at = at->next) {
		if (at->state != EVICTION_DUE)
			continue;
		if (!err_is_set(&at->why))
			note(drain, "evicting %s/%s", at->ns, at->name);
		ask(at, KUBE_EVICT);
	}
}

static void add(struct drain *drain, const struct value *pod)
{
	struct eviction *eviction = mem_new(sizeof(*eviction));

	eviction->drain = drain;
	eviction->ns = arena_str(drain->arena, kube_namespace(pod));
	eviction->name = arena_str(drain->arena, kube_name(pod));
	eviction->uid = arena_str(drain->arena, kube_uid(pod));
	eviction->next = drain->first;
	drain->first = eviction;
	timer_init(&eviction->again, drain->options.kube->loop, again_due);
}

static struct drain *drain_of(struct kube_watch *watch)
{
	return container_of(watch, struct drain, watch);
}

static void pod_seen(struct kube_watch *watch, const struct value *pod)
{
	struct drain *drain = drain_of(watch);
	struct eviction *eviction = find(drain, kube_uid(pod));
	const char *no = NULL;

	if (is_left_alone(drain, pod)) {
		if (eviction)
			forget(drain, eviction);
	} else {
		no = objection(drain, pod);
		if (!eviction)
			add(drain, pod);
		eviction = find(drain, kube_uid(pod));
	}
	if (no && !err_is_set(&drain->refusal))
		err_set(&drain->refusal, ERR_REFUSED, "%s/%s %s", kube_namespace(pod),
			kube_name(pod), no);
	if (eviction && !is_left_alone(drain, pod) && is_going(pod) &&
	    eviction->state != EVICTION_ASKING) {
		timer_cancel(&eviction->again);
		eviction->state = EVICTION_GOING;
	}
	if (drain->synced && err_is_set(&drain->refusal))
		finish(drain, &drain->refusal);
	else
		look_whether_over(drain);
}

static void pod_gone(struct kube_watch *watch, const struct value *pod)
{
	struct drain *drain = drain_of(watch);
	struct eviction *eviction = find(drain, kube_uid(pod));

	if (eviction)
		forget(drain, eviction);
	look_whether_over(drain);
}

static void pods_told(struct kube_watch *watch)
{
	struct drain *drain = drain_of(watch);

	drain->synced = true;
	if (err_is_set(&drain->refusal))
		finish(drain, &drain->refusal);
	else
		look_whether_over(drain);
}

static void watch_troubled(struct kube_watch *watch, const struct err *err)
{
	drain_of(watch)->trouble = *err;
}

static void watch_ended(struct kube_watch *watch, const struct err *err)
{
	finish(drain_of(watch), err);
}

static const struct kube_watch_ops watch_ops = {
	.on_added = pod_seen,
	.on_modified = pod_seen,
	.on_deleted = pod_gone,
	.on_synced = pods_told,
	.on_trouble = watch_troubled,
	.on_end = watch_ended,
};

static void watch_pods(struct drain *drain)
{
	become(drain, DRAIN_EVICTING);
	kube_watch_start(&drain->watch, drain->options.kube,
			 &(struct kube_watch_options){
				 .kind = &kube_pods,
				 .labels = drain->options.pods,
				 .fields = arena_printf(drain->arena, "spec.nodeName=%s",
							drain->options.node),
				 .random = drain->options.random,
			 },
			 &watch_ops);
}

static void marked(struct drain *drain)
{
	if (drain->options.what == DRAIN_ALL)
		watch_pods(drain);
	else
		succeed(drain);
}

static void read_node(struct drain *drain);

static void node_marked(struct kube_call *call, const struct err *err)
{
	struct drain *drain = container_of(call, struct drain, call);

	if (err->kind == ERR_CONFLICT)
		read_node(drain);
	else if (err_is_set(err))
		finish(drain, err);
	else
		marked(drain);
}

static const struct kube_call_ops mark_ops = { node_marked };

/* With the version that was read: who cordons meanwhile is noticed. */
static void mark_node(struct drain *drain, const struct value *node)
{
	struct arena *arena OWNED(arena_free) = arena_new("cordon");
	bool on = drain->options.what != DRAIN_UNCORDON;
	struct map_builder *annotations = map_begin(arena);
	struct map_builder *metadata = map_begin(arena);
	struct map_builder *spec = map_begin(arena);
	struct map_builder *patch = map_begin(arena);

	map_add(annotations, DRAIN_ANNOTATION, value_str(arena, on ? "true" : NULL));
	map_add(metadata, "resourceVersion", value_str(arena, kube_version(node)));
	map_add(metadata, "annotations", map_end(annotations));
	map_add(spec, "unschedulable", on ? value_of_bool(arena, true) : value_null(arena));
	map_add(patch, "metadata", map_end(metadata));
	map_add(patch, "spec", map_end(spec));
	become(drain, DRAIN_MARKING);
	note(drain, on ? "cordoning %s" : "uncordoning %s", drain->options.node);
	kube_start(&drain->call, drain->options.kube,
		   &(struct kube_request){ .verb = KUBE_MERGE,
					   .kind = &kube_nodes,
					   .name = drain->options.node,
					   .body = map_end(patch) },
		   &mark_ops);
}

static void node_read(struct kube_call *call, const struct err *err)
{
	struct drain *drain = container_of(call, struct drain, call);
	const struct value *node = call->reply;
	bool cordoned = value_bool(value_get(value_get(node, "spec"), "unschedulable"), false);
	bool ours = kube_annotation(node, DRAIN_ANNOTATION) != NULL;
	bool off = drain->options.what == DRAIN_UNCORDON;

	if (err_is_set(err))
		finish(drain, err);
	else if (off ? ours : !cordoned)
		mark_node(drain, node);
	else
		marked(drain); /* as it should be, or the user's own */
}

static const struct kube_call_ops read_ops = { node_read };

static void read_node(struct drain *drain)
{
	become(drain, DRAIN_READING);
	kube_start(&drain->call, drain->options.kube,
		   &(struct kube_request){
			   .verb = KUBE_GET, .kind = &kube_nodes, .name = drain->options.node },
		   &read_ops);
}

/* The pod that tells most: one that was refused an eviction, else one that is slow to end. */
static const struct eviction *worst(const struct drain *drain)
{
	const struct eviction *found = drain->first;

	for (const struct eviction *at = found; at; at = at->next)
		if (err_is_set(&at->why) && !kube_says_blocked_by_budget(&found->why))
			found = at;
	return found;
}

static void time_is_up(struct timer *timer)
{
	struct drain *drain = container_of(timer, struct drain, limit);
	const struct eviction *at = worst(drain);
	struct err err = ERR_INIT;
	char more[NAMES_MAX] = "";
	char text[TIME_TEXT_MAX];
	size_t left = 0;

	duration_text(drain->options.timeout, text);
	for (const struct eviction *each = drain->first; each; each = each->next)
		left++;
	if (left > 1)
		snprintf(more, sizeof(more), " (and %zu more)", left - 1);
	if (!at && err_is_set(&drain->trouble))
		err_set(&err, ERR_TIMEOUT, "not done within %s: %s", text, drain->trouble.text);
	else if (!at)
		err_set(&err, ERR_TIMEOUT, "not done within %s", text);
	else if (err_is_set(&at->why))
		err_set(&err, ERR_TIMEOUT, "not done within %s: %s/%s%s cannot be evicted: %s",
			text, at->ns, at->name, more, at->why.text);
	else
		err_set(&err, ERR_TIMEOUT, "not done within %s: %s/%s%s is still terminating",
			text, at->ns, at->name, more);
	if (at && kube_says_blocked_by_budget(&at->why))
		err_hint(&err, "the pod's disruption budget allows no eviction: add a replica, or "
			       "change the budget");
	finish(drain, &err);
}

void drain_start(struct drain *drain, const struct drain_options *options,
		 const struct drain_ops *ops)
{
	assert(!drain_is_running(drain) && options->kube && options->node);
	*drain = (struct drain){ .ops = ops, .options = *options };
	drain->arena = arena_new("drain");
	if (!drain->options.timeout)
		drain->options.timeout = STANDARD_TIMEOUT;
	timer_init(&drain->limit, options->kube->loop, time_is_up);
	timer_set(&drain->limit, loop_now(options->kube->loop) + drain->options.timeout);
	read_node(drain);
}
