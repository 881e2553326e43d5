#include "sim/service.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/version.h"
#include "cosi.pb-c.h"
#include "sim/service_resource.h"
#include "sim/service_types.h"
#include "sim/world_impl.h"

#include <regex.h>
#include <string.h>

#define CHANGES_KEPT 128
#define PATTERN_MAX 200 /* characters of an id query */
#define BOOKMARK_SIZE 16

/* One state of a resource: immutable, in the arena of the node's boot. */
struct snapshot {
	struct shown what;
	uint64_t version, created, updated; /* wall times */
};

enum change_kind {
	CHANGE_CREATED,
	CHANGE_UPDATED,
	CHANGE_DESTROYED
};

struct change {
	enum change_kind kind;
	const struct snapshot *now, *before; /* before: of an update */
};

struct cosi {
	const struct snapshot **at; /* in the arena of the boot; by type, then id */
	size_t len;
	uint64_t changes; /* ever made; the number of the last one */
	unsigned char salt[8];
	struct change ring[CHANGES_KEPT];
	unsigned minor; /* of those that tell of types: whose */
	struct cosi *next;
};

void cosi_reset(struct sim_node *node)
{
	mem_free(node->cosi, sizeof(*node->cosi));
	node->cosi = NULL;
}

/* ---- keeping up ------------------------------------------------------------------------------ */

/* The bytes say all that the YAML says. */
static bool is_same(const struct snapshot *kept, const struct shown *shown)
{
	return kept->what.len == shown->len &&
	       (!shown->len || !memcmp(kept->what.proto, shown->proto, shown->len));
}

/* The persistent config is nearly always the active one, and by far the largest of all. */
static bool share_spec(struct snapshot *kept, const struct snapshot *neighbour,
		       const struct shown *shown)
{
	if (!neighbour || !shown->quoted || !is_same(neighbour, shown))
		return false;
	kept->what.yaml = neighbour->what.yaml;
	kept->what.proto = neighbour->what.proto;
	return true;
}

static const struct snapshot *keep(struct sim_node *node, const struct shown *shown,
				   const struct snapshot *before, const struct snapshot *neighbour)
{
	struct arena *arena = node->boot;
	struct snapshot *kept = arena_alloc(arena, sizeof(*kept));
	uint64_t wall = world_wall(node->world);

	kept->what = *shown;
	kept->what.tree = NULL;
	/* types, namespaces and owners are literals; ids may not be */
	kept->what.id = before ? before->what.id : arena_str(arena, shown->id);
	if (!share_spec(kept, neighbour, shown)) {
		kept->what.yaml = shown_yaml(arena, shown);
		kept->what.proto = arena_dup(arena, shown->proto, shown->len);
	}
	kept->version = before ? before->version + 1 : 1;
	if (shown->version)
		kept->version = shown->version;
	kept->created = before ? before->created : wall;
	kept->updated = wall;
	return kept;
}

static void note(struct cosi *cosi, enum change_kind kind, const struct snapshot *now,
		 const struct snapshot *before)
{
	cosi->ring[cosi->changes++ % CHANGES_KEPT] = (struct change){ kind, now, before };
}

static int order_of(const struct snapshot *kept, const struct shown *shown)
{
	int order = strcmp(kept->what.type, shown->type);

	return order ? order : strcmp(kept->what.id, shown->id);
}

static struct cosi *cosi_of(struct sim_node *node)
{
	if (!node->cosi) {
		node->cosi = mem_new(sizeof(*node->cosi));
		random_fill(node->world->random, node->cosi->salt, sizeof(node->cosi->salt));
	}
	return node->cosi;
}

/* What was kept and what is shown now, both sorted, become one list. */
struct merge {
	struct sim_node *node;
	struct cosi *cosi;
	const struct snapshot **out;
	size_t len;
};

static void merge_shown(struct merge *merge, const struct snapshot *before,
			const struct shown *shown)
{
	const struct snapshot *neighbour = merge->len ? merge->out[merge->len - 1] : NULL;
	const struct snapshot *now = before;

	if (!before || !is_same(before, shown)) {
		now = keep(merge->node, shown, before, neighbour);
		note(merge->cosi, before ? CHANGE_UPDATED : CHANGE_CREATED, now, before);
	}
	merge->out[merge->len++] = now;
}

static void merge_all(struct merge *merge, const struct shown_list *list)
{
	const struct cosi *cosi = merge->cosi;
	size_t old = 0;

	for (size_t i = 0; i < list->len; i++) {
		while (old < cosi->len && order_of(cosi->at[old], &list->at[i]) < 0)
			note(merge->cosi, CHANGE_DESTROYED, cosi->at[old++], NULL);

		bool known = old < cosi->len && order_of(cosi->at[old], &list->at[i]) == 0;

		merge_shown(merge, known ? cosi->at[old++] : NULL, &list->at[i]);
	}
	while (old < cosi->len)
		note(merge->cosi, CHANGE_DESTROYED, cosi->at[old++], NULL);
}

void cosi_refresh(struct sim_node *node)
{
	if (node->cosi && !node->changed && !node->stale)
		return;
	node->stale = false;

	struct arena *arena OWNED(arena_free) = arena_new("resources shown");
	struct cosi *cosi = cosi_of(node);
	uint64_t changes = cosi->changes;
	struct merge merge = { .node = node, .cosi = cosi };
	struct shown_list list;

	resources_of(arena, node, &list);
	merge.out = arena_calloc(arena, list.len + 1, sizeof(struct snapshot *));
	merge_all(&merge, &list);
	if (changes == cosi->changes)
		return;
	cosi->at = arena_dup(node->boot, merge.out, merge.len * sizeof(struct snapshot *));
	cosi->len = merge.len;
}

static struct cosi *cosi_made(struct arena *arena, struct world *world,
			      const struct shown_list *list)
{
	struct cosi *cosi = arena_alloc(arena, sizeof(*cosi));

	random_fill(world->random, cosi->salt, sizeof(cosi->salt));
	cosi->at = arena_calloc(arena, list->len, sizeof(struct snapshot *));
	for (size_t i = 0; i < list->len; i++) {
		struct snapshot *kept = arena_alloc(arena, sizeof(*kept));

		kept->what = list->at[i];
		kept->what.yaml = shown_yaml(arena, &list->at[i]);
		kept->version = 1;
		kept->created = kept->updated = world_wall(world);
		cosi->at[cosi->len++] = kept;
	}
	return cosi;
}

/* What there is to know of types and namespaces is the same on all nodes of a release, for ever. */
static const struct cosi *meta_cosi(const struct sim_node *node)
{
	struct world *world = node->world;
	unsigned minor = node_minor(node);
	struct cosi *cosi = world->meta;
	struct shown_list list;

	while (cosi && cosi->minor != minor)
		cosi = cosi->next;
	if (cosi)
		return cosi;
	meta_of(world->arena, minor, &list);
	cosi = cosi_made(world->arena, world, &list);
	cosi->minor = minor;
	cosi->next = world->meta;
	world->meta = cosi;
	return cosi;
}

/*
 * What holds for many nodes alike is not kept by each of them: it is made when somebody asks, and a
 * watch sees it as it was then.
 */
static const struct cosi *cosi_in(const struct sim_call *call, const char *ns)
{
	struct shown_list list;

	if (!strcmp(ns, "meta"))
		return meta_cosi(call->node);
	if (strcmp(ns, "cluster") != 0) {
		cosi_refresh(call->node);
		return call->node->cosi;
	}
	members_of(call_arena(call), call->node, &list);
	return cosi_made(call_arena(call), call->node->world, &list);
}

/* ---- on the wire ----------------------------------------------------------------------------- */

static Google__Protobuf__Timestamp *timestamp(struct arena *arena, uint64_t wall)
{
	Google__Protobuf__Timestamp *time = arena_alloc(arena, sizeof(*time));

	google__protobuf__timestamp__init(time);
	time->seconds = (int64_t)(wall / SECOND);
	time->nanos = (int32_t)(wall % SECOND);
	return time;
}

static Cosi__Resource__Resource *resource_of(struct arena *arena, const struct snapshot *kept)
{
	Cosi__Resource__Resource *out = arena_alloc(arena, sizeof(*out));
	Cosi__Resource__Metadata *metadata = arena_alloc(arena, sizeof(*metadata));
	Cosi__Resource__Spec *spec = arena_alloc(arena, sizeof(*spec));
	Cosi__Resource__Metadata__AnnotationsEntry *entry = arena_alloc(arena, sizeof(*entry));

	cosi__resource__resource__init(out);
	cosi__resource__metadata__init(metadata);
	cosi__resource__spec__init(spec);
	cosi__resource__metadata__annotations_entry__init(entry);
	metadata->namespace_ = (char *)kept->what.ns;
	metadata->type = (char *)kept->what.type;
	metadata->id = (char *)kept->what.id;
	metadata->owner = (char *)kept->what.owner;
	metadata->version = arena_printf(arena, "%llu", (unsigned long long)kept->version);
	metadata->phase = (char *)"running";
	metadata->created = timestamp(arena, kept->created);
	metadata->updated = timestamp(arena, kept->updated);
	if (kept->what.quoted) {
		entry->key = (char *)"talos.dev/yaml-spec";
		entry->value = (char *)"1";
		metadata->annotations = arena_alloc(arena, sizeof(void *));
		metadata->annotations[0] = entry;
		metadata->n_annotations = 1;
	}
	spec->proto_spec.data = (uint8_t *)kept->what.proto;
	spec->proto_spec.len = kept->what.len;
	spec->yaml_spec = (char *)kept->what.yaml;
	out->metadata = metadata;
	out->spec = spec;
	return out;
}

/* What is not there: metadata and an empty spec. */
static Cosi__Resource__Resource *tombstone(struct sim_call *call, const char *ns, const char *type,
					   const char *id)
{
	struct arena *arena = call_arena(call);
	Cosi__Resource__Resource *out = arena_alloc(arena, sizeof(*out));
	Cosi__Resource__Metadata *metadata = arena_alloc(arena, sizeof(*metadata));
	Cosi__Resource__Spec *spec = arena_alloc(arena, sizeof(*spec));

	cosi__resource__resource__init(out);
	cosi__resource__metadata__init(metadata);
	cosi__resource__spec__init(spec);
	metadata->namespace_ = (char *)ns;
	metadata->type = (char *)type;
	metadata->id = (char *)id;
	metadata->version = (char *)"undefined";
	metadata->phase = (char *)"running";
	metadata->created = metadata->updated =
		timestamp(arena, world_wall(call->node->world));
	out->metadata = metadata;
	out->spec = spec;
	return out;
}

/* ---- rules for all reads --------------------------------------------------------------------- */

static bool may_read(struct sim_call *call, const char *ns, const char *type_name)
{
	unsigned minor = node_minor(call->node);
	const struct cosi_type *type = cosi_type_find(type_name, minor);

	if (!cosi_namespace_exists(ns, minor))
		call_fail(call, RPC_PERMISSION_DENIED, "namespace \"%s\" is not supported", ns);
	else if (!type)
		call_fail(call, RPC_PERMISSION_DENIED, "resource type \"%s\" is not supported",
			  type_name);
	else if (type->secrecy == COSI_SECRET && !(call->roles & ROLE_BIT_ADMIN))
		call_fail(call, RPC_PERMISSION_DENIED, "not authorized");
	else
		return true;
	return false;
}

struct query {
	const char *ns, *type, *id; /* id NULL: all */
	Cosi__Resource__LabelQuery **labels;
	size_t label_count;
	regex_t pattern;
	bool has_pattern;
};

/* Nothing here has labels, so a term holds when it asks for absence. */
static bool labels_match(const struct query *query)
{
	bool any = query->label_count == 0;

	for (size_t i = 0; i < query->label_count && !any; i++) {
		const Cosi__Resource__LabelQuery *labels = query->labels[i];

		any = true;
		for (size_t k = 0; k < labels->n_terms; k++) {
			const Cosi__Resource__LabelTerm *term = labels->terms[k];
			bool holds = term->op == COSI__RESOURCE__LABEL_TERM__OPERATION__NOT_EXISTS;

			any = any && holds != (bool)term->invert;
		}
	}
	return any;
}

static bool query_matches(const struct query *query, const struct snapshot *kept)
{
	if (strcmp(kept->what.type, query->type) != 0 || strcmp(kept->what.ns, query->ns) != 0)
		return false;
	if (query->id && strcmp(kept->what.id, query->id) != 0)
		return false;
	if (query->has_pattern && regexec(&query->pattern, kept->what.id, 0, NULL, 0) != 0)
		return false;
	return labels_match(query);
}

static void query_done(struct query *query)
{
	if (query->has_pattern)
		regfree(&query->pattern);
	query->has_pattern = false;
}

static bool query_pattern(struct sim_call *call, struct query *query,
			  const Cosi__Resource__IDQuery *ids)
{
	if (!ids || !ids->regexp[0])
		return true;
	if (strlen(ids->regexp) > PATTERN_MAX ||
	    regcomp(&query->pattern, ids->regexp, REG_EXTENDED | REG_NOSUB) != 0) {
		call_fail(call, RPC_INVALID_ARGUMENT, "the id query is no regular expression");
		return false;
	}
	query->has_pattern = true;
	return true;
}

static const struct snapshot *find(const struct cosi *cosi, const struct query *query)
{
	for (size_t i = 0; i < cosi->len; i++) {
		if (query_matches(query, cosi->at[i]))
			return cosi->at[i];
	}
	return NULL;
}

/* ---- Get, List, and what is refused ---------------------------------------------------------- */

void call_get(struct sim_call *call, const void *message)
{
	const Cosi__Resource__GetRequest *request = message;
	const struct query query = { .ns = request->namespace_,
				     .type = request->type,
				     .id = request->id };
	Cosi__Resource__GetResponse reply = COSI__RESOURCE__GET_RESPONSE__INIT;

	if (!may_read(call, query.ns, query.type))
		return;

	const struct snapshot *kept = find(cosi_in(call, query.ns), &query);

	if (!kept) {
		call_fail(call, RPC_NOT_FOUND, "resource %s(%s/%s@undefined) doesn't exist",
			  query.type, query.ns, query.id);
		return;
	}
	reply.resource = resource_of(call_arena(call), kept);
	call_answer(call, &reply.base);
}

void call_list(struct sim_call *call, const void *message)
{
	const Cosi__Resource__ListRequest *request = message;
	const Cosi__Resource__ListOptions *options = request->options;
	struct query query SCOPED(query_done) = { .ns = request->namespace_,
						  .type = request->type };

	if (!may_read(call, query.ns, query.type))
		return;
	if (options) {
		query.labels = options->label_query;
		query.label_count = options->n_label_query;
		if (!query_pattern(call, &query, options->id_query))
			return;
	}

	const struct cosi *cosi = cosi_in(call, query.ns);

	for (size_t i = 0; i < cosi->len; i++) {
		Cosi__Resource__ListResponse reply = COSI__RESOURCE__LIST_RESPONSE__INIT;

		if (!query_matches(&query, cosi->at[i]))
			continue;
		reply.resource = resource_of(call_arena(call), cosi->at[i]);
		call_send(call, &reply.base);
	}
	call_end(call);
}

void call_write(struct sim_call *call, const void *message)
{
	(void)message;
	call_fail(call, RPC_PERMISSION_DENIED, "write access is not allowed");
}

/* ---- Watch ----------------------------------------------------------------------------------- */

struct watching {
	struct query query; /* without a pattern */
	bool aggregated;
	uint64_t seen;		 /* number of the last change looked at */
	const struct cosi *cosi; /* that never changes; NULL: the node's own */
};

static void bookmark_write(const struct cosi *cosi, uint64_t number, uint8_t out[BOOKMARK_SIZE])
{
	memcpy(out, cosi->salt, sizeof(cosi->salt));
	for (unsigned i = 0; i < 8; i++)
		out[8 + i] = (uint8_t)(number >> (56 - 8 * i));
}

static bool bookmark_read(const struct cosi *cosi, const ProtobufCBinaryData *bookmark,
			  uint64_t *number)
{
	*number = 0;
	if (bookmark->len != BOOKMARK_SIZE ||
	    memcmp(bookmark->data, cosi->salt, sizeof(cosi->salt)) != 0)
		return false;
	for (unsigned i = 0; i < 8; i++)
		*number = *number << 8 | bookmark->data[8 + i];
	return *number <= cosi->changes && cosi->changes - *number <= CHANGES_KEPT;
}

/* The events of one or more messages, collected before they are sent. */
struct batch {
	struct arena *arena;
	Cosi__Resource__Event **at;
	size_t len, cap;
};

static Cosi__Resource__Event *batch_add(struct batch *batch, Cosi__Resource__EventType type,
					Cosi__Resource__Resource *resource)
{
	Cosi__Resource__Event *event = arena_alloc(batch->arena, sizeof(*event));

	cosi__resource__event__init(event);
	event->event_type = type;
	event->resource = resource;
	batch->at =
		arena_grow(batch->arena, batch->at, batch->len, &batch->cap, sizeof(*batch->at));
	batch->at[batch->len++] = event;
	return event;
}

static void batch_mark(struct batch *batch, const struct cosi *cosi, uint64_t number)
{
	Cosi__Resource__Event *event = batch->at[batch->len - 1];

	event->has_bookmark_case = COSI__RESOURCE__EVENT__HAS_BOOKMARK_BOOKMARK;
	event->bookmark.data = arena_alloc(batch->arena, BOOKMARK_SIZE);
	event->bookmark.len = BOOKMARK_SIZE;
	bookmark_write(cosi, number, event->bookmark.data);
}

static void batch_send(struct sim_call *call, const struct batch *batch, bool aggregated)
{
	size_t step = aggregated ? batch->len : 1;

	for (size_t i = 0; i < batch->len; i += step) {
		Cosi__Resource__WatchResponse reply = COSI__RESOURCE__WATCH_RESPONSE__INIT;

		reply.event = batch->at + i;
		reply.n_event = step;
		call_send(call, &reply.base);
	}
}

static void batch_change(struct batch *batch, const struct change *change)
{
	static const Cosi__Resource__EventType types[] = {
		[CHANGE_CREATED] = COSI__RESOURCE__EVENT_TYPE__CREATED,
		[CHANGE_UPDATED] = COSI__RESOURCE__EVENT_TYPE__UPDATED,
		[CHANGE_DESTROYED] = COSI__RESOURCE__EVENT_TYPE__DESTROYED,
	};
	Cosi__Resource__Event *event = batch_add(batch, types[change->kind],
						 resource_of(batch->arena, change->now));

	if (change->before)
		event->old = resource_of(batch->arena, change->before);
}

static void watch_settle(struct sim_call *call)
{
	struct watching *watching = call->data;
	const struct cosi *cosi = watching->cosi ? watching->cosi : cosi_of(call->node);
	struct arena *arena OWNED(arena_free) = arena_new("watch events");
	struct batch batch = { .arena = arena };

	if (cosi->changes - watching->seen > CHANGES_KEPT)
		watching->seen = cosi->changes - CHANGES_KEPT;
	while (watching->seen < cosi->changes) {
		const struct change *change = &cosi->ring[watching->seen++ % CHANGES_KEPT];

		if (!query_matches(&watching->query, change->now))
			continue;
		batch_change(&batch, change);
		batch_mark(&batch, cosi, watching->seen);
	}
	batch_send(call, &batch, watching->aggregated);
}

/* The state that a watch of one resource begins with. */
static void begin_single(struct sim_call *call, struct batch *batch, const struct cosi *cosi,
			 const struct query *query)
{
	const struct snapshot *kept = find(cosi, query);

	if (kept)
		batch_add(batch, COSI__RESOURCE__EVENT_TYPE__CREATED,
			  resource_of(batch->arena, kept));
	else
		batch_add(batch, COSI__RESOURCE__EVENT_TYPE__DESTROYED,
			  tombstone(call, query->ns, query->type, query->id));
}

static void begin_kind(struct sim_call *call, struct batch *batch, const struct cosi *cosi,
		       const struct query *query, const Cosi__Resource__WatchRequest *request)
{
	const Cosi__Resource__WatchOptions *options = request->options;

	for (size_t i = 0; options->bootstrap_contents && i < cosi->len; i++) {
		if (query_matches(query, cosi->at[i]))
			batch_add(batch, COSI__RESOURCE__EVENT_TYPE__CREATED,
				  resource_of(batch->arena, cosi->at[i]));
	}
	if (options->bootstrap_contents && request->api_version >= 1) {
		batch_add(batch, COSI__RESOURCE__EVENT_TYPE__BOOTSTRAPPED,
			  tombstone(call, query->ns, query->type, ""));
		batch_mark(batch, cosi, cosi->changes);
	}
	if (options->bootstrap_bookmark) {
		batch_add(batch, COSI__RESOURCE__EVENT_TYPE__NOOP,
			  tombstone(call, query->ns, query->type, ""));
		batch_mark(batch, cosi, cosi->changes);
	}
}

/* The number of the change before the last `tail` ones of this query. */
static uint64_t tail_start(const struct cosi *cosi, const struct query *query, int32_t tail)
{
	uint64_t oldest = cosi->changes > CHANGES_KEPT ? cosi->changes - CHANGES_KEPT : 0;
	uint64_t number = cosi->changes;

	while (tail > 0 && number > oldest) {
		number--;
		tail -= query_matches(query, cosi->ring[number % CHANGES_KEPT].now);
	}
	return number;
}

static bool watch_is_allowed(struct sim_call *call, const struct query *query,
			     const Cosi__Resource__WatchOptions *options)
{
	bool filtered = options->n_label_query || options->id_query;

	if (!query->id || !(options->bootstrap_contents || filtered))
		return true;
	call_fail(call, RPC_UNIMPLEMENTED, "%s is not supported when watching a single resource",
		  filtered ? "a query" : "bootstrap contents");
	return false;
}

static void watch_begin(struct sim_call *call, const Cosi__Resource__WatchRequest *request,
			struct watching *watching)
{
	const Cosi__Resource__WatchOptions *options = request->options;
	const struct query *query = &watching->query;
	const struct cosi *cosi = cosi_in(call, query->ns);
	Cosi__Resource__WatchResponse ready = COSI__RESOURCE__WATCH_RESPONSE__INIT;
	struct batch batch = { .arena = call_arena(call) };

	watching->cosi = cosi == call->node->cosi ? NULL : cosi;
	watching->seen = cosi->changes;
	if (options->has_start_case ==
		    COSI__RESOURCE__WATCH_OPTIONS__HAS_START_START_FROM_BOOKMARK &&
	    !bookmark_read(cosi, &options->start_from_bookmark, &watching->seen)) {
		call_fail(call, RPC_FAILED_PRECONDITION, "invalid watch bookmark");
		return;
	}
	if (options->tail_events > 0)
		watching->seen = tail_start(cosi, query, options->tail_events);
	call_send(call, &ready.base);
	if (!query->id)
		begin_kind(call, &batch, cosi, query, request);
	else if (!options->tail_events && !options->has_start_case)
		begin_single(call, &batch, cosi, query);
	batch_send(call, &batch, watching->aggregated);
	call->data = watching;
	call->on_settle = watch_settle;
	watch_settle(call);
}

void call_watch(struct sim_call *call, const void *message)
{
	Cosi__Resource__WatchRequest request = *(const Cosi__Resource__WatchRequest *)message;
	Cosi__Resource__WatchOptions none = COSI__RESOURCE__WATCH_OPTIONS__INIT;
	struct watching *watching = arena_alloc(call_arena(call), sizeof(*watching));

	if (!may_read(call, request.namespace_, request.type))
		return;
	if (!request.options)
		request.options = &none;
	watching->aggregated = request.options->aggregated;
	watching->query = (struct query){
		.ns = request.namespace_,
		.type = request.type,
		.id = request.has_id_case == COSI__RESOURCE__WATCH_REQUEST__HAS_ID_ID ? request.id
										      : NULL,
		.labels = request.options->label_query,
		.label_count = request.options->n_label_query,
	};
	if (!watch_is_allowed(call, &watching->query, request.options))
		return;
	if (request.options->id_query && request.options->id_query->regexp[0]) {
		call_fail(call, RPC_UNIMPLEMENTED, "the simulated node watches without id queries");
		return;
	}
	watch_begin(call, &request, watching);
}
