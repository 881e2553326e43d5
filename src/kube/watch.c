#include "kube/watch.h"

#include "base/map.h"
#include "kube/kube_impl.h"
#include "tree/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define EVENT_MAX ((size_t)32 << 20)
#define URL_MAX ((size_t)64 << 10)
#define STANDARD_SILENCE (150 * SECOND)
#define PAUSE_FIRST (500 * MILLISECOND)
#define PAUSE_MOST (30 * SECOND)
#define FORGOTTEN_MAX 1024 /* entries of what is gone before the memory of them is renewed */
/* The server ends a watch after so long; one after the other so that none is as old as it. */
#define SERVER_SECONDS 290

enum {
	GONE = 410
};

struct entry { /* an object that was told */
	const char *ns, *name, *uid;
	char version[64];
	bool here, listed;
};

struct known {
	struct arena *arena; /* owned */
	struct map *entries; /* "ns/name" to struct entry */
	size_t gone;	     /* entries that are not here any more */
};

static struct known *known_new(void)
{
	struct known *known = mem_new(sizeof(*known));

	known->arena = arena_new("watch");
	known->entries = map_new(known->arena);
	return known;
}

static void known_free(struct known *known)
{
	if (!known)
		return;
	arena_free(known->arena);
	mem_free(known, sizeof(*known));
}

static struct entry *known_find(const struct known *known, const struct value *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("key");

	return map_get(known->entries,
		       arena_printf(arena, "%s/%s", kube_namespace(object), kube_name(object)));
}

static struct entry *known_put(struct known *known, const struct value *object)
{
	struct entry *entry = known_find(known, object);

	if (!entry) {
		entry = arena_alloc(known->arena, sizeof(*entry));
		entry->ns = arena_str(known->arena, kube_namespace(object));
		entry->name = arena_str(known->arena, kube_name(object));
		map_put(known->entries,
			arena_printf(known->arena, "%s/%s", entry->ns, entry->name), entry);
	} else if (!entry->here) {
		known->gone--;
	}
	if (!entry->uid || strcmp(entry->uid, kube_uid(object)) != 0)
		entry->uid = arena_str(known->arena, kube_uid(object));
	snprintf(entry->version, sizeof(entry->version), "%s", kube_version(object));
	entry->here = true;
	return entry;
}

/* Nothing is ever removed from a map: when much of it is gone, what is here moves to a new one. */
static void known_renew(struct known *known)
{
	struct arena *arena = arena_new("watch");
	struct map *entries = map_new(arena);

	for (size_t i = 0; i < map_len(known->entries); i++) {
		const struct entry *entry = map_at(known->entries, i);

		if (!entry->here)
			continue;
		struct entry *copy = arena_dup(arena, entry, sizeof(*entry));
		copy->ns = arena_str(arena, entry->ns);
		copy->name = arena_str(arena, entry->name);
		copy->uid = arena_str(arena, entry->uid);
		map_put(entries, map_key_at(known->entries, i), copy);
	}
	arena_free(known->arena);
	known->arena = arena;
	known->entries = entries;
	known->gone = 0;
}

static void known_forget(struct known *known, struct entry *entry)
{
	entry->here = false;
	if (++known->gone > FORGOTTEN_MAX && known->gone > map_len(known->entries) / 2)
		known_renew(known);
}

/* The one place that sets the state. */
static void become(struct kube_watch *watch, enum kube_watch_state state)
{
	static const unsigned from[] = {
		[KUBE_WATCH_IDLE] = 1U << KUBE_WATCH_LISTING | 1U << KUBE_WATCH_FOLLOWING |
				    1U << KUBE_WATCH_PAUSING,
		[KUBE_WATCH_LISTING] = 1U << KUBE_WATCH_IDLE | 1U << KUBE_WATCH_PAUSING |
				       1U << KUBE_WATCH_FOLLOWING,
		[KUBE_WATCH_FOLLOWING] = 1U << KUBE_WATCH_LISTING | 1U << KUBE_WATCH_PAUSING |
					 1U << KUBE_WATCH_FOLLOWING,
		[KUBE_WATCH_PAUSING] = 1U << KUBE_WATCH_LISTING | 1U << KUBE_WATCH_FOLLOWING,
	};

	assert(from[state] & 1U << watch->state);
	watch->state = state;
}

void kube_watch_stop(struct kube_watch *watch)
{
	if (watch->state == KUBE_WATCH_IDLE)
		return;
	if (watch->gone)
		*watch->gone = true;
	watch->gone = NULL;
	become(watch, KUBE_WATCH_IDLE);
	http_cancel(&watch->exchange);
	kube_call_done(&watch->call);
	timer_cancel(&watch->pause);
	str_done(&watch->line);
	known_free(watch->known);
	watch->known = NULL;
	arena_free(watch->arena);
	watch->arena = NULL;
}

/* For the time of one event of the user's: *gone becomes true when the user ends the watch. */
static void guard(struct kube_watch *watch, bool *gone)
{
	*gone = false;
	watch->gone = gone;
}

typedef void tell_fn(struct kube_watch *watch, const struct value *object);

/* false: the watch was stopped and may be gone. */
static bool tell(struct kube_watch *watch, tell_fn *fn, const struct value *object)
{
	bool gone;

	if (!fn)
		return true;
	guard(watch, &gone);
	fn(watch, object);
	if (!gone)
		watch->gone = NULL;
	return !gone;
}

static bool tell_synced(struct kube_watch *watch)
{
	bool gone;

	if (!watch->ops->on_synced)
		return true;
	guard(watch, &gone);
	watch->ops->on_synced(watch);
	if (!gone)
		watch->gone = NULL;
	return !gone;
}

static bool tell_trouble(struct kube_watch *watch, const struct err *err)
{
	bool gone;

	if (!watch->ops->on_trouble)
		return true;
	guard(watch, &gone);
	watch->ops->on_trouble(watch, err);
	if (!gone)
		watch->gone = NULL;
	return !gone;
}

/* Its user's again: nothing here may touch it afterwards. */
static void end(struct kube_watch *watch, const struct err *why)
{
	const struct kube_watch_ops *ops = watch->ops;
	struct err err = *why;

	kube_watch_stop(watch);
	ops->on_end(watch, &err);
}

static void start_list(struct kube_watch *watch);
static void follow(struct kube_watch *watch);

static void pause_over(struct timer *timer)
{
	struct kube_watch *watch = container_of(timer, struct kube_watch, pause);

	if (*watch->version)
		follow(watch);
	else
		start_list(watch);
}

static void go_on_later(struct kube_watch *watch)
{
	uint64_t pause = PAUSE_FIRST;
	struct random_source *random = watch->options.random;

	for (unsigned i = 0; i < watch->failures && pause < PAUSE_MOST; i++)
		pause *= 2;
	if (pause > PAUSE_MOST)
		pause = PAUSE_MOST;
	if (random)
		pause = pause / 2 + random_below(random, pause / 2);
	watch->failures++;
	become(watch, KUBE_WATCH_PAUSING);
	timer_set(&watch->pause, loop_now(watch->kube->loop) + pause);
}

/* Is it worth trying again? A first list that is refused will be refused again. */
static bool is_passing(const struct err *err)
{
	return err->kind == ERR_NET || err->kind == ERR_TIMEOUT || err->kind == ERR_REMOTE;
}

static void trouble(struct kube_watch *watch, const struct err *err)
{
	if (!is_passing(err)) {
		end(watch, err);
		return;
	}
	if (tell_trouble(watch, err))
		go_on_later(watch);
}

/* An object as it is now; false: stopped. */
static bool take_present(struct kube_watch *watch, const struct value *object)
{
	const struct kube_watch_ops *ops = watch->ops;
	struct entry *entry = known_find(watch->known, object);
	bool known = entry && entry->here;
	bool same = known && strcmp(entry->uid, kube_uid(object)) == 0;

	if (known && !same && !tell(watch, ops->on_deleted, object))
		return false;
	if (same && strcmp(entry->version, kube_version(object)) == 0) {
		entry->listed = true;
		return true;
	}
	known_put(watch->known, object)->listed = true;
	return tell(watch, same ? ops->on_modified : ops->on_added, object);
}

static bool take_absent(struct kube_watch *watch, const struct value *object)
{
	struct entry *entry = known_find(watch->known, object);

	if (!entry || !entry->here)
		return true;
	known_forget(watch->known, entry);
	return tell(watch, watch->ops->on_deleted, object);
}

static const struct value *remembered(struct arena *arena, const struct kube_kind *kind,
				      const struct entry *entry)
{
	struct map_builder *metadata = map_begin(arena);
	struct map_builder *map = map_begin(arena);

	map_add(metadata, "name", value_str(arena, entry->name));
	if (*entry->ns)
		map_add(metadata, "namespace", value_str(arena, entry->ns));
	map_add(metadata, "uid", value_str(arena, entry->uid));
	map_add(map, "apiVersion", value_str(arena, kind->api_version));
	map_add(map, "kind", value_str(arena, kind->kind));
	map_add(map, "metadata", map_end(metadata));
	return map_end(map);
}

/* What was here and is not in the new list has gone meanwhile. */
static bool take_vanished(struct kube_watch *watch)
{
	struct arena *arena OWNED(arena_free) = arena_new("vanished");
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < map_len(watch->known->entries); i++) {
		struct entry *entry = map_at(watch->known->entries, i);

		if (entry->here && !entry->listed)
			list_add(list, remembered(arena, watch->kind, entry));
	}
	const struct value *vanished = list_end(list);
	for (size_t i = 0; i < value_len(vanished); i++)
		if (!take_absent(watch, value_at(vanished, i)))
			return false;
	return true;
}

/* An entry of a list has no apiVersion and kind of its own; objects of a watch do. */
static const struct value *whole(struct arena *arena, const struct kube_kind *kind,
				 const struct value *item)
{
	struct map_builder *map;

	if (value_has(item, "kind"))
		return item;
	map = map_begin(arena);
	map_add(map, "apiVersion", value_str(arena, kind->api_version));
	map_add(map, "kind", value_str(arena, kind->kind));
	return value_merge(arena, map_end(map), item);
}

static void take_list(struct kube_watch *watch)
{
	/* a callback may stop the watch: what is told must not go with the call's arena */
	const struct value *list = watch->call.reply;
	const struct value *items = value_get(list, "items");

	watch->kind = watch->call.kind;
	struct arena *arena OWNED(arena_free) = kube_call_take(&watch->call);
	for (size_t i = 0; i < map_len(watch->known->entries); i++)
		((struct entry *)map_at(watch->known->entries, i))->listed = false;
	snprintf(watch->version, sizeof(watch->version), "%s", kube_version(list));
	for (size_t i = 0; i < value_len(items); i++)
		if (!take_present(watch, whole(arena, watch->kind, value_at(items, i))))
			return;
	if (!take_vanished(watch))
		return;
	watch->synced = true;
	watch->failures = 0;
	if (tell_synced(watch))
		follow(watch);
}

static void list_ended(struct kube_call *call, const struct err *err)
{
	struct kube_watch *watch = container_of(call, struct kube_watch, call);

	if (kube_says_expired(err)) { /* between two pages */
		go_on_later(watch);
		return;
	}
	if (err_is_set(err))
		trouble(watch, err);
	else
		take_list(watch);
}

static const struct kube_call_ops list_ops = { .on_end = list_ended };

static void start_list(struct kube_watch *watch)
{
	const struct kube_watch_options *options = &watch->options;

	become(watch, KUBE_WATCH_LISTING);
	watch->synced = false;
	kube_start(&watch->call, watch->kube,
		   &(struct kube_request){
			   .verb = KUBE_LIST,
			   .kind = options->kind,
			   .api_version = options->api_version,
			   .kind_name = options->kind_name,
			   .ns = options->ns,
			   .labels = options->labels,
			   .fields = options->fields,
		   },
		   &list_ops);
}

/* What the server says went wrong with the watch. false: the stream is over, or all is. */
static bool take_error(struct kube_watch *watch, const struct value *status)
{
	uint64_t code = 0;

	value_u64(value_get(status, "code"), &code);
	kube_status_err((int)code, status, &watch->err);
	return false;
}

static bool take_bookmark(struct kube_watch *watch, const struct value *object)
{
	(void)watch;
	(void)object;
	return true;
}

static const struct event {
	const char *type;
	/* false: no more */
	bool (*accept)(struct kube_watch *watch, const struct value *object);
	bool moves; /* the version is one to go on from */
} events[] = {
	{ "ADDED", take_present, true },
	{ "MODIFIED", take_present, true },
	{ "DELETED", take_absent, true },
	{ "BOOKMARK", take_bookmark, true },
	{ "ERROR", take_error, false },
};

/* false: the stream is of no use any more, or the watch was stopped (then *stopped). */
static bool take_line(struct kube_watch *watch, const char *text, size_t len, bool *stopped)
{
	struct arena *arena OWNED(arena_free) = arena_new("watch event");
	const struct value *line, *object;
	struct err ignored = ERR_INIT;
	bool gone;

	if (json_read(arena, "event", text, len, &line, &ignored) < 0) {
		err_set(&watch->err, ERR_REMOTE, "an event of the watch is no JSON");
		return false;
	}
	object = value_get(line, "object");
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		const char *type = value_get_text(line, "type");

		if (!type || strcmp(type, events[i].type) != 0)
			continue;
		if (events[i].moves && *kube_version(object)) {
			snprintf(watch->version, sizeof(watch->version), "%s",
				 kube_version(object));
			watch->failures = 0;
		}
		gone = !events[i].accept(watch, object) && events[i].moves;
		*stopped = gone;
		return !gone && events[i].moves;
	}
	return true; /* of a type that we do not know */
}

static void stream_head(struct http_exchange *exchange, int status,
			const struct http_header *header, size_t headers)
{
	struct kube_watch *watch = container_of(exchange, struct kube_watch, exchange);

	(void)header;
	(void)headers;
	watch->status = status;
}

static void stream_over(struct kube_watch *watch);

/* We end the stream: `err` says why. */
static void give_up(struct kube_watch *watch)
{
	http_cancel(&watch->exchange);
	stream_over(watch);
}

static void stream_body(struct http_exchange *exchange, const void *data, size_t len)
{
	struct kube_watch *watch = container_of(exchange, struct kube_watch, exchange);
	bool stopped = false;

	while (len > 0) {
		const char *feed = memchr(data, '\n', len);
		size_t part = feed ? (size_t)(feed - (const char *)data) + 1 : len;

		str_addn(&watch->line, data, part);
		data = (const char *)data + part;
		len -= part;
		if (watch->line.full) {
			err_set(&watch->err, ERR_REMOTE, "an event of the watch is too long");
			give_up(watch);
			return;
		}
		if (!feed || watch->status != 200)
			continue;
		struct str line SCOPED(str_done) = watch->line;
		str_init(&watch->line, EVENT_MAX);
		if (line.len > 1 && !take_line(watch, line.at, line.len, &stopped)) {
			if (!stopped)
				give_up(watch);
			return;
		}
	}
}

/* Why it ended: our own reason, the server's Status, the connection, or nothing (its time was
 * over). */
static void find_reason(struct kube_watch *watch, const struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("watch status");
	const struct value *body = NULL;
	struct err ignored = ERR_INIT;

	if (err_is_set(&watch->err))
		return;
	if (err_is_set(err)) {
		watch->err = *err;
		return;
	}
	if (watch->status == 200)
		return;
	if (json_read(arena, "status", str_text(&watch->line), watch->line.len, &body, &ignored) <
	    0)
		body = NULL;
	kube_status_err(watch->status, body, &watch->err);
}

static void stream_over(struct kube_watch *watch)
{
	struct err err = watch->err;

	err_clear(&watch->err);
	str_clear(&watch->line);
	if (!err_is_set(&err)) {
		/* one that ends at once again and again must not be asked without a pause */
		if (watch->failures == 0) {
			watch->failures = 1;
			follow(watch);
		} else {
			go_on_later(watch);
		}
		return;
	}
	if (kube_says_expired(&err)) {
		watch->version[0] = '\0';
		if (watch->failures == 0)
			start_list(watch);
		else
			go_on_later(watch);
		return;
	}
	err_wrap(&err, "watch %s", watch->kind->kind);
	trouble(watch, &err);
}

static void stream_ended(struct http_exchange *exchange, const struct err *err)
{
	struct kube_watch *watch = container_of(exchange, struct kube_watch, exchange);

	find_reason(watch, err);
	stream_over(watch);
}

static const struct http_ops stream_ops = { stream_head, stream_body, stream_ended };

static void follow(struct kube_watch *watch)
{
	static const struct http_header headers[] = { { "Accept", "application/json" } };
	struct str path SCOPED(str_done) = STR_INIT(URL_MAX);
	const struct kube_watch_options *options = &watch->options;
	struct kube *kube = watch->kube;

	become(watch, KUBE_WATCH_FOLLOWING);
	kube_path_add(&path, kube, &(struct kube_place){ .kind = watch->kind, .ns = options->ns });
	str_addf(&path, "?watch=1&allowWatchBookmarks=true&timeoutSeconds=%d", SERVER_SECONDS);
	kube_query_add(&path, "labelSelector", options->labels);
	kube_query_add(&path, "fieldSelector", options->fields);
	kube_query_add(&path, "resourceVersion", watch->version);
	watch->status = 0;
	str_clear(&watch->line);
	http_start(kube->door, &watch->exchange, &kube->target,
		   &(struct http_request){ .method = "GET",
					   .path = str_text(&path),
					   .header = headers,
					   .headers = ARRAY_LEN(headers),
					   .silence = options->silence ? options->silence
								       : STANDARD_SILENCE },
		   &stream_ops);
}

void kube_watch_start(struct kube_watch *watch, struct kube *kube,
		      const struct kube_watch_options *options, const struct kube_watch_ops *ops)
{
	assert(watch->state == KUBE_WATCH_IDLE && !watch->exchange.door);
	*watch = (struct kube_watch){ .ops = ops, .kube = kube, .options = *options };
	watch->arena = arena_new("watch options");
	watch->options.api_version = arena_str(watch->arena, options->api_version);
	watch->options.kind_name = arena_str(watch->arena, options->kind_name);
	watch->options.ns = arena_str(watch->arena, options->ns);
	watch->options.labels = arena_str(watch->arena, options->labels);
	watch->options.fields = arena_str(watch->arena, options->fields);
	watch->known = known_new();
	str_init(&watch->line, EVENT_MAX);
	timer_init(&watch->pause, kube->loop, pause_over);
	start_list(watch);
}
