#include "base/text.h"
#include "sim/kube_call.h"
#include "sim/kube_value.h"

#include <inttypes.h>
#include <string.h>

#define EVENT_MAX ((size_t)8 << 20)
#define BOOKMARK_EVERY (60 * SECOND)
#define LASTS (30 * MINUTE) /* when the client does not say */

static struct kube_call *call_of(struct timer *timer)
{
	return container_of(timer, struct kube_call, timer);
}

static void leave(struct kube_call *call)
{
	struct kube_call **at = &call->kube->watches;

	timer_cancel(&call->timer);
	while (*at && *at != call)
		at = &(*at)->next;
	if (*at)
		*at = call->next;
	call->watching = false;
}

static void end_watch(struct kube_call *call)
{
	leave(call);
	call->ended = true;
	call->ops->end(call);
}

void kube_call_drop(struct kube_call *call)
{
	if (call->watching)
		leave(call);
	if (call->answer)
		timer_cancel(&call->timer);
	call->answer = NULL;
	call->ended = true;
}

void watch_end_all(struct kube *kube, const struct sim_node *node)
{
	for (struct kube_call *call = kube->watches, *next; call; call = next) {
		next = call->next;
		if (node && call->node != node)
			continue;
		leave(call);
		call->ended = true;
		call->ops->cut(call);
	}
}

static void send_event(struct kube_call *call, const char *type, const struct value *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("watch event");
	struct str line SCOPED(str_done) = STR_INIT(EVENT_MAX);
	struct map_builder *map = map_begin(arena);

	map_add(map, "type", value_str(arena, type));
	map_add(map, "object", object);
	kube_json(&line, map_end(map));
	str_addc(&line, '\n');
	call->ops->data(call, str_text(&line), line.len);
}

static bool is_seen(const struct kube_call *call, const struct kube_version *version)
{
	return version &&
	       selector_matches(&call->labels, kube_at(version->value, "metadata.labels")) &&
	       fields_match(&call->fields, version->value);
}

/* What moves into a selector is added, what moves out of it deleted. An unknown past counts as one
 * that matched: to be told once too often does no harm. */
static void tell(struct kube_call *call, const struct kube_version *version,
		 const struct kube_version *before, bool known)
{
	static const char *const names[] = { "ADDED", "MODIFIED", "DELETED" };
	bool is = is_seen(call, version);
	bool was = known ? is_seen(call, before) : version->change != KUBE_ADDED;
	enum kube_change change = KUBE_MODIFIED;

	if (version->type != call->type ||
	    (*call->space && strcmp(call->space, version->space) != 0) ||
	    (*call->name && strcmp(call->name, version->name) != 0))
		return;
	call->seen = version->revision;
	if (version->change == KUBE_DELETED || !is)
		change = KUBE_DELETED;
	else if (!was)
		change = KUBE_ADDED;
	if (change == KUBE_DELETED && !was && known)
		return;

	struct arena *arena OWNED(arena_free) = arena_new("watched object");
	const struct value *object = version->value;

	if (call->type->custom)
		object = kube_with_text(arena, object, "apiVersion",
					type_group_version(arena, call->type, call->version));
	send_event(call, names[change], object);
}

void watch_tell(struct kube *kube, const struct kube_version *version,
		const struct kube_version *before)
{
	for (struct kube_call *call = kube->watches, *next; call; call = next) {
		next = call->next;
		tell(call, version, before, true);
	}
}

static void bookmark(struct kube_call *call)
{
	struct arena *arena OWNED(arena_free) = arena_new("bookmark");
	const struct value *object = kube_yaml(
		arena, "{kind: %s, apiVersion: %s, metadata: {resourceVersion: '%" PRIu64 "'}}",
		call->type->kind, type_group_version(arena, call->type, call->version),
		call->kube->store.revision);

	send_event(call, "BOOKMARK", object);
}

static void set_timer(struct kube_call *call)
{
	uint64_t now = loop_now(call->timer.loop);
	uint64_t next = call->bookmarks ? now + BOOKMARK_EVERY : call->until;

	timer_set(&call->timer, next < call->until ? next : call->until);
}

static void timer_due(struct timer *timer)
{
	struct kube_call *call = call_of(timer);

	if (call->bookmarks)
		bookmark(call);
	if (loop_now(timer->loop) >= call->until)
		end_watch(call);
	else
		set_timer(call);
}

static const struct kube_version *earlier(const struct kube_store *store, uint64_t number,
					  const struct kube_version *version)
{
	const struct kube_version *before;

	while (number-- && (before = store_change(store, number))) {
		if (before->type == version->type && !strcmp(before->name, version->name) &&
		    !strcmp(before->space, version->space))
			return before;
	}
	return NULL;
}

static void replay(struct kube_call *call, uint64_t from)
{
	const struct kube_store *store = &call->kube->store;
	uint64_t first = store->changes > KUBE_HISTORY ? store->changes - KUBE_HISTORY : 0;

	for (uint64_t i = first; i < store->changes; i++) {
		const struct kube_version *version = store_change(store, i);

		if (version->revision <= from || version->type != call->type)
			continue;

		const struct kube_version *before = earlier(store, i, version);

		tell(call, version, before, before != NULL || version->change == KUBE_ADDED);
	}
}

static void tell_all(struct kube_call *call)
{
	for (size_t i = 0; i < call->type->len; i++) {
		struct kube_version version = *call->type->at[i]->now;

		version.change = KUBE_ADDED;
		tell(call, &version, NULL, true);
	}
}

static void expire(struct kube_call *call, uint64_t asked)
{
	static const struct kube_problem gone = { 410, "Expired", NULL };
	const char *text = arena_printf(
		call->arena, "too old resource version: %" PRIu64 " (%" PRIu64 ")", asked,
		store_oldest(&call->kube->store));

	call->ended = true;
	call->ops->head(call, 200, "application/json");
	send_event(call, "ERROR", status_value(call, &gone, text));
	call->ops->end(call);
}

static bool may_watch(struct kube_call *call)
{
	static const struct kube_problem bad = { 400, "BadRequest", NULL };
	struct err err = ERR_INIT;

	if (!strcmp(call_query(call, "sendInitialEvents"), "true")) {
		reply_problem(call, &(struct kube_problem){ 422, "Invalid", NULL },
			      "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: "
			      "Forbidden: sendInitialEvents is forbidden for watch unless the "
			      "WatchList feature gate is enabled");
		return false;
	}
	if (selector_parse(call->arena, call_query(call, "labelSelector"), &call->labels, &err) ==
		    0 &&
	    fields_parse(call->arena, call->type, call_query(call, "fieldSelector"), &call->fields,
			 &err) == 0)
		return true;
	reply_problem(call, &bad, "%s", err.text);
	return false;
}

void watch_begin(struct kube_call *call)
{
	const char *from = call_query(call, "resourceVersion");
	struct loop *loop = call->kube->turn.loop;
	uint64_t revision = 0, seconds = 0;

	if (!may_watch(call))
		return;
	if (*from && !text_u64(from, &revision)) {
		reply_problem(call, &(struct kube_problem){ 400, "BadRequest", NULL },
			      "Invalid value: \"%s\": resourceVersion", from);
		return;
	}
	if (revision && revision < store_oldest(&call->kube->store)) {
		expire(call, revision);
		return;
	}
	text_u64(call_query(call, "timeoutSeconds"), &seconds);
	call->until = loop_now(loop) + (seconds ? seconds * SECOND : LASTS);
	call->bookmarks = !strcmp(call_query(call, "allowWatchBookmarks"), "true");
	call->watching = true;
	call->next = call->kube->watches;
	call->kube->watches = call;
	timer_init(&call->timer, loop, timer_due);
	set_timer(call);
	call->ops->head(call, 200, "application/json");
	if (revision)
		replay(call, revision);
	else
		tell_all(call);
}
