#include "kube/kube_impl.h"

#include "tree/json.h"

#include <assert.h>
#include <string.h>

#define STANDARD_TIMEOUT (30 * SECOND)
#define STANDARD_PAGE 500
#define PATH_MAX_BYTES ((size_t)64 << 10)
#define HEADERS_MAX 2

/* What a verb is on the wire. */
static const struct verb {
	const char *method;
	const char *phrase;  /* for errors */
	const char *content; /* type of the body; NULL: none is sent */
	bool collection;     /* the path ends before the name */
	bool manager;	     /* fieldManager is told */
} verbs[] = {
	[KUBE_GET] = { "GET", "read", NULL, false, false },
	[KUBE_LIST] = { "GET", "list", NULL, true, false },
	[KUBE_CREATE] = { "POST", "create", "application/json", true, true },
	[KUBE_UPDATE] = { "PUT", "update", "application/json", false, true },
	[KUBE_MERGE] = { "PATCH", "patch", "application/merge-patch+json", false, true },
	[KUBE_JSON_PATCH] = { "PATCH", "patch", "application/json-patch+json", false, true },
	[KUBE_STRATEGIC] = { "PATCH", "patch", "application/strategic-merge-patch+json", false,
			     true },
	[KUBE_APPLY] = { "PATCH", "apply", "application/apply-patch+yaml", false, true },
	[KUBE_DELETE] = { "DELETE", "delete", "application/json", false, false },
	[KUBE_EVICT] = { "POST", "evict", "application/json", false, false },
	[KUBE_PATH] = { "GET", "read", NULL, false, false },
};
_Static_assert(ARRAY_LEN(verbs) == KUBE_VERB_COUNT, "a row for each verb");

struct kube_ask { /* the request's copy, in the call's arena */
	const struct verb *verb;
	enum kube_verb which;
	struct kube_place place;
	const char *api_version, *kind_name;
	const char *labels, *fields, *query, *manager;
	bool force, dry_run, text_reply;
	uint64_t page, timeout;
	struct str body;
	struct list_builder *items; /* of the pages so far */
};

bool kube_call_is_running(const struct kube_call *call)
{
	return call->state != KUBE_CALL_IDLE;
}

/* The one place that sets the state. */
static void become(struct kube_call *call, enum kube_call_state state)
{
	static const unsigned from[] = {
		[KUBE_CALL_IDLE] = 1U << KUBE_CALL_FINDING | 1U << KUBE_CALL_ASKING |
				   1U << KUBE_CALL_DOOMED,
		[KUBE_CALL_FINDING] = 1U << KUBE_CALL_IDLE,
		[KUBE_CALL_ASKING] = 1U << KUBE_CALL_IDLE | 1U << KUBE_CALL_FINDING |
				     1U << KUBE_CALL_ASKING,
		[KUBE_CALL_DOOMED] = 1U << KUBE_CALL_IDLE,
	};

	assert(from[state] & 1U << call->state);
	call->state = state;
}

/* "read Node w-1", "list Pod in kube-system", "evict Pod default/web-1" */
static int wrap(const struct kube_call *call, struct err *err)
{
	const struct kube_ask *ask = call->ask;
	const struct kube_place *place = &ask->place;
	const char *kind = place->kind ? place->kind->kind : ask->kind_name;
	bool in = place->ns && (!place->kind || place->kind->namespaced);

	if (ask->which == KUBE_PATH)
		return err_wrap(err, "read %s", place->name);
	if (ask->which == KUBE_LIST)
		return err_wrap(err, "list %s%s%s", kind, in ? " in " : "", in ? place->ns : "");
	return err_wrap(err, "%s %s %s%s%s", ask->verb->phrase, kind ? kind : "an object",
			in ? place->ns : "", in ? "/" : "", place->name ? place->name : "");
}

/* The call is its user's again: nothing here may touch it afterwards. */
static void tell_end(struct kube_call *call, const struct err *why)
{
	struct err err = *why;

	str_done(&call->text);
	str_done(&call->ask->body);
	become(call, KUBE_CALL_IDLE);
	if (err_is_set(&err)) {
		call->reply = NULL;
		wrap(call, &err);
	}
	call->ops->on_end(call, &err);
}

static void tell_doom(struct task *task)
{
	struct kube_call *call = container_of(task, struct kube_call, doom);

	tell_end(call, &call->err);
}

static void take_head(struct http_exchange *exchange, int status, const struct http_header *header,
		      size_t headers)
{
	struct kube_call *call = container_of(exchange, struct kube_call, exchange);

	call->status = status;
	call->retry_after = kube_retry_after(header, headers);
}

static void take_body(struct http_exchange *exchange, const void *data, size_t len)
{
	struct kube_call *call = container_of(exchange, struct kube_call, exchange);

	str_addn(&call->text, data, len);
}

static void take_end(struct http_exchange *exchange, const struct err *err);

static const struct http_ops exchange_ops = { take_head, take_body, take_end };

static void send_to(struct kube_call *call, const struct http_request *request)
{
	call->status = 0;
	call->retry_after = 0;
	str_clear(&call->text);
	http_start(call->kube->door, &call->exchange, &call->kube->target, request, &exchange_ops);
}

static void find_kind(struct kube_call *call)
{
	struct str path SCOPED(str_done) = STR_INIT(PATH_MAX_BYTES);
	static const struct http_header headers[] = { { "Accept", "application/json" } };

	become(call, KUBE_CALL_FINDING);
	kube_path_version(&path, call->kube, call->ask->api_version);
	send_to(call, &(struct http_request){ .method = "GET",
					      .path = str_text(&path),
					      .header = headers,
					      .headers = ARRAY_LEN(headers),
					      .timeout = call->ask->timeout });
}

static void add_queries(struct str *path, const struct kube_ask *ask, const char *next_page)
{
	if (ask->query) {
		str_addc(path, strchr(str_text(path), '?') ? '&' : '?');
		str_add(path, ask->query);
	}
	if (ask->which == KUBE_LIST) {
		str_addf(path, "%climit=%llu", strchr(str_text(path), '?') ? '&' : '?',
			 (unsigned long long)ask->page);
		kube_query_add(path, "labelSelector", ask->labels);
		kube_query_add(path, "fieldSelector", ask->fields);
		kube_query_add(path, "continue", next_page);
	}
	if (ask->verb->manager)
		kube_query_add(path, "fieldManager", ask->manager);
	if (ask->which == KUBE_APPLY && ask->force)
		kube_query_add(path, "force", "true");
	if (ask->dry_run)
		kube_query_add(path, "dryRun", "All");
}

static void ask_server(struct kube_call *call, const char *next_page)
{
	struct str path SCOPED(str_done) = STR_INIT(PATH_MAX_BYTES);
	struct kube_ask *ask = call->ask;
	struct kube_place place = ask->place;
	const struct http_header headers[HEADERS_MAX] = {
		{ "Accept", ask->text_reply ? "*/*" : "application/json" },
		{ "Content-Type", ask->verb->content },
	};

	become(call, KUBE_CALL_ASKING);
	call->kind = place.kind;
	if (ask->verb->collection && !place.subresource)
		place.name = NULL;
	if (ask->which == KUBE_PATH) {
		str_add(&path, call->kube->prefix);
		str_add(&path, place.name);
	} else {
		kube_path_add(&path, call->kube, &place);
	}
	add_queries(&path, ask, next_page);
	send_to(call, &(struct http_request){
			      .method = ask->verb->method,
			      .path = str_text(&path),
			      .header = headers,
			      .headers = ask->verb->content ? HEADERS_MAX : 1,
			      .body = str_text(&ask->body),
			      .len = ask->verb->content ? ask->body.len : 0,
			      .timeout = ask->timeout,
		      });
}

/* What came as a value: JSON, or the text itself. */
static int read_text(struct kube_call *call, const struct value **out, struct err *err)
{
	const char *text = str_text(&call->text);
	bool good = call->status >= 200 && call->status < 300;
	struct err ignored = ERR_INIT;

	if (call->text.full)
		return err_set(err, ERR_REMOTE, "the answer is larger than %zu MiB",
			       KUBE_BODY_MAX >> 20);
	if (good && call->ask->text_reply && call->state == KUBE_CALL_ASKING) {
		*out = value_strn(call->arena, text, call->text.len);
		return 0;
	}
	if (json_read(call->arena, "answer", text, call->text.len, out, &ignored) == 0)
		return 0;
	if (!good) { /* a proxy's own words, or none */
		*out = value_strn(call->arena, text, call->text.len);
		return 0;
	}
	/* its text may be anything, a secret too: it is not quoted */
	return err_set(err, ERR_REMOTE, "the answer is no JSON");
}

static int take_kind(struct kube_call *call, const struct value *list, struct err *err)
{
	struct kube_ask *ask = call->ask;
	const struct kube_kind *kind =
		kube_kind_found(call->arena, list, ask->api_version, ask->kind_name);

	if (!kind)
		return err_set(err, ERR_NOT_FOUND, "the server has no %s in %s", ask->kind_name,
			       ask->api_version);
	kube_learn(call->kube, kind);
	ask->place.kind = kube_known(call->kube, ask->api_version, ask->kind_name);
	if (ask->place.kind->namespaced && !ask->place.ns && ask->which != KUBE_LIST)
		ask->place.ns = "default";
	ask_server(call, NULL);
	return 1;
}

/* >0: there is another page, and it was asked for. */
static int take_page(struct kube_call *call, const struct value *page)
{
	const struct value *items = value_get(page, "items");
	const char *next = value_get_text(value_get(page, "metadata"), "continue");
	struct kube_ask *ask = call->ask;
	bool more = next && *next;

	if (!more && !ask->items) {
		call->reply = page;
		return 0;
	}
	if (!ask->items)
		ask->items = list_begin(call->arena);
	for (size_t i = 0; i < value_len(items); i++)
		list_add(ask->items, value_at(items, i));
	if (more) {
		ask_server(call, next);
		return 1;
	}
	call->reply = value_set(call->arena, page, "items", list_end(ask->items));
	return 0;
}

/* >0: it goes on. */
static int take_answer(struct kube_call *call, struct err *err)
{
	const struct value *answer = NULL;

	if (read_text(call, &answer, err) < 0)
		return -1;
	if (call->status < 200 || call->status >= 300) {
		if (call->state == KUBE_CALL_FINDING && call->status == 404)
			return err_set(err, ERR_NOT_FOUND, "the server has no API %s",
				       call->ask->api_version);
		return kube_status_err(call->status, answer, err);
	}
	if (call->state == KUBE_CALL_FINDING)
		return take_kind(call, answer, err);
	if (call->ask->which == KUBE_LIST)
		return take_page(call, answer);
	call->reply = answer;
	return 0;
}

static void take_end(struct http_exchange *exchange, const struct err *err)
{
	struct kube_call *call = container_of(exchange, struct kube_call, exchange);
	struct err why = *err;

	if (!err_is_set(&why) && take_answer(call, &why) > 0)
		return;
	tell_end(call, &why);
}

static const struct value *preconditions(struct arena *arena, const struct kube_request *request)
{
	struct map_builder *map = map_begin(arena);

	if (request->uid)
		map_add(map, "uid", value_str(arena, request->uid));
	if (request->version)
		map_add(map, "resourceVersion", value_str(arena, request->version));
	return map_end(map);
}

/* DeleteOptions: a body of its own for a DELETE, a part of the Eviction for the other. */
static const struct value *delete_options(struct arena *arena, const struct kube_request *request)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "apiVersion", value_str(arena, "v1"));
	map_add(map, "kind", value_str(arena, "DeleteOptions"));
	if (request->grace)
		map_add(map, "gracePeriodSeconds", value_of_int(arena, *request->grace));
	if (request->uid || request->version)
		map_add(map, "preconditions", preconditions(arena, request));
	if (request->verb == KUBE_DELETE)
		map_add(map, "propagationPolicy",
			value_str(arena, request->orphan ? "Orphan" : "Background"));
	return map_end(map);
}

static const struct value *eviction(struct arena *arena, const struct kube_ask *ask,
				    const struct kube_request *request)
{
	struct map_builder *metadata = map_begin(arena);
	struct map_builder *map = map_begin(arena);

	map_add(metadata, "name", value_str(arena, ask->place.name));
	map_add(metadata, "namespace", value_str(arena, ask->place.ns));
	map_add(map, "apiVersion", value_str(arena, "policy/v1"));
	map_add(map, "kind", value_str(arena, "Eviction"));
	map_add(map, "metadata", map_end(metadata));
	map_add(map, "deleteOptions", delete_options(arena, request));
	return map_end(map);
}

static void write_body(struct kube_call *call, const struct kube_request *request)
{
	static const struct json_style style = { JSON_COMPACT, .show_sensitive = true };
	const struct value *body = request->body;

	if (request->verb == KUBE_DELETE)
		body = delete_options(call->arena, request);
	else if (request->verb == KUBE_EVICT)
		body = eviction(call->arena, call->ask, request);
	str_init(&call->ask->body, SIZE_MAX - 1);
	if (body)
		json_write(&call->ask->body, body, &style);
}

static const char *either(struct arena *arena, const char *given, const char *other)
{
	const char *text = given ? given : other;

	return text && *text ? arena_str(arena, text) : NULL;
}

static void copy_place(const struct kube_call *call, const struct kube_request *request,
		       const struct value *body)
{
	struct arena *arena = call->arena;
	struct kube_ask *ask = call->ask;
	const struct kube_kind *kind = request->verb == KUBE_EVICT ? &kube_pods : request->kind;

	ask->api_version =
		either(arena, request->api_version, value_get_text(body, "apiVersion"));
	ask->kind_name = either(arena, request->kind_name, value_get_text(body, "kind"));
	if (!kind && ask->api_version && ask->kind_name)
		kind = kube_known(call->kube, ask->api_version, ask->kind_name);
	ask->place.kind = kind;
	ask->place.name = either(arena, request->name, kube_name(body));
	ask->place.ns = either(arena, request->ns, kube_namespace(body));
	if (kind && kind->namespaced && !ask->place.ns && request->verb != KUBE_LIST)
		ask->place.ns = "default";
	ask->place.subresource = request->verb == KUBE_EVICT
					 ? "eviction"
					 : either(arena, request->subresource, NULL);
}

static void copy_request(struct kube_call *call, const struct kube_request *request)
{
	struct arena *arena = call->arena;
	struct kube_ask *ask = arena_alloc(arena, sizeof(*ask));
	const struct value *body = value_is_map(request->body) ? request->body : NULL;

	call->ask = ask;
	ask->which = request->verb;
	ask->verb = &verbs[request->verb];
	copy_place(call, request, body);
	ask->labels = either(arena, request->labels, NULL);
	ask->fields = either(arena, request->fields, NULL);
	ask->query = either(arena, request->query, NULL);
	ask->manager = request->manager ? either(arena, request->manager, NULL) : KUBE_MANAGER;
	ask->force = request->force;
	ask->dry_run = request->dry_run;
	ask->text_reply = request->verb == KUBE_PATH ||
			  (ask->place.subresource && strcmp(ask->place.subresource, "log") == 0);
	ask->page = request->page ? request->page : STANDARD_PAGE;
	ask->timeout = request->timeout ? request->timeout : STANDARD_TIMEOUT;
}

/* What is wrong with an object somebody wrote is told like what the server says. */
static int check(const struct kube_ask *ask, struct err *err)
{
	if (ask->which == KUBE_PATH)
		return 0;
	if (!ask->place.kind && (!ask->api_version || !ask->kind_name))
		return err_set(err, ERR_INPUT, "it needs apiVersion and kind");
	if (!ask->verb->collection && !ask->place.name)
		return err_set(err, ERR_INPUT, "it needs metadata.name");
	return 0;
}

struct arena *kube_call_take(struct kube_call *call)
{
	struct arena *arena = call->arena;

	str_done(&call->text);
	if (call->ask)
		str_done(&call->ask->body);
	call->arena = NULL;
	call->ask = NULL;
	call->reply = NULL;
	call->kind = NULL;
	return arena;
}

void kube_start(struct kube_call *call, struct kube *kube, const struct kube_request *request,
		const struct kube_call_ops *ops)
{
	assert(!kube_call_is_running(call));
	/* the request may point into the last reply */
	struct arena *before = kube_call_take(call);

	call->arena = arena_new("kube call");
	call->kube = kube;
	call->ops = ops;
	err_clear(&call->err);
	str_init(&call->text, KUBE_BODY_MAX);
	copy_request(call, request);
	write_body(call, request);
	arena_free(before);
	task_init(&call->doom, kube->loop, tell_doom);
	if (check(call->ask, &call->err) < 0) {
		become(call, KUBE_CALL_DOOMED);
		task_post(&call->doom);
	} else if (!call->ask->place.kind && call->ask->which != KUBE_PATH) {
		find_kind(call);
	} else {
		ask_server(call, NULL);
	}
}

void kube_call_done(struct kube_call *call)
{
	http_cancel(&call->exchange);
	if (kube_call_is_running(call)) {
		task_cancel(&call->doom);
		become(call, KUBE_CALL_IDLE);
	}
	arena_free(kube_call_take(call));
}
