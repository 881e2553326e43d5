#include "base/text.h"
#include "crypto/x509.h"
#include "rpc/status.h"
#include "sim/kube_call.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <inttypes.h>
#include <string.h>

#define BODY_MAX ((size_t)4 << 20)
#define PARTS_MAX 10

/* ---- who asks -------------------------------------------------------------------------------- */

int kube_user_read(struct arena *arena, const char *cert, struct kube_user *out, struct err *err)
{
	struct x509_info info;
	const char *name;

	if (x509_read(arena, cert, &info, err) < 0)
		return -1;
	name = strstr(info.subject, "CN");
	name = name ? name + 2 + strspn(name + 2, " =") : "unknown";
	out->name = arena_strn(arena, name, strcspn(name, ",/"));
	out->groups = info.organizations;
	return 0;
}

static bool is_master(const struct kube_user *user)
{
	for (size_t i = 0; user->groups && user->groups[i]; i++) {
		if (!strcmp(user->groups[i], "system:masters"))
			return true;
	}
	return false;
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *unescape(struct arena *arena, const char *text, size_t len)
{
	char *plain = arena_strn(arena, text, len), *to = plain;

	for (const char *from = plain; *from; from++) {
		int high = *from == '%' ? hex_digit(from[1]) : -1;
		int low = high >= 0 ? hex_digit(from[2]) : -1;

		if (low >= 0) {
			*to++ = (char)(high * 16 + low);
			from += 2;
		} else {
			*to++ = *from == '+' ? ' ' : *from;
		}
	}
	*to = '\0';
	return plain;
}

static void read_query(struct kube_call *call, const char *text)
{
	size_t cap = 0;
	struct kube_query *query = NULL;

	while (*text) {
		size_t len = strcspn(text, "&"), key = strcspn(text, "=&");

		query = arena_grow(call->arena, query, call->queries, &cap, sizeof(*query));
		query[call->queries++] = (struct kube_query){
			.key = unescape(call->arena, text, key),
			.value = key < len ? unescape(call->arena, text + key + 1, len - key - 1)
					   : "",
		};
		text += len + (text[len] == '&');
	}
	call->query = query;
}

const char *call_query(const struct kube_call *call, const char *key)
{
	for (size_t i = 0; i < call->queries; i++) {
		if (!strcmp(call->query[i].key, key))
			return call->query[i].value;
	}
	return "";
}

static size_t split(struct kube_call *call, const char *parts[static PARTS_MAX])
{
	const char *at = call->route;
	size_t count = 0;

	while (*at && count < PARTS_MAX) {
		at += strspn(at, "/");

		size_t len = strcspn(at, "/");

		if (len)
			parts[count++] = unescape(call->arena, at, len);
		at += len;
	}
	return count;
}

/* Takes /namespaces/NAME away; what follows a namespace but is its own is left to it. */
static size_t read_space(struct kube_call *call, const char *const *parts, size_t count,
			 const char *group)
{
	bool own = count == 3 && !*group &&
		   (!strcmp(parts[2], "status") || !strcmp(parts[2], "finalize"));

	if (count < 3 || strcmp(parts[0], "namespaces") != 0 || own)
		return 0;
	call->space = parts[1];
	return 2;
}

/* /api/v1/... and /apis/GROUP/VERSION/..., with or without a namespace. */
static bool read_route(struct kube_call *call)
{
	const char *parts[PARTS_MAX] = { NULL };
	size_t count = split(call, parts);
	bool core = count && !strcmp(parts[0], "api");
	size_t at = core ? 2 : 3;

	if (count <= at || (!core && strcmp(parts[0], "apis") != 0))
		return false;
	call->version = parts[at - 1];
	call->space = call->name = call->sub = "";
	at += read_space(call, &parts[at], count - at, core ? "" : parts[1]);
	call->type = store_type(&call->kube->store, core ? "" : parts[1], parts[at]);
	if (!call->type || !type_serves(call->type, call->version) ||
	    (*call->space && !call->type->namespaced))
		return false;
	if (count > at + 1)
		call->name = parts[at + 1];
	if (count > at + 2)
		call->sub = parts[at + 2];
	return count <= at + 3;
}

static bool has_sub(const struct kube_type *type, const char *sub)
{
	static const struct {
		const char *name;
		unsigned feature;
	} subs[] = {
		{ "status", KUBE_STATUS },
		{ "scale", KUBE_SCALE },
		{ "eviction", KUBE_POD },
		{ "log", KUBE_POD },
		{ "binding", KUBE_POD },
		{ "", ~0U },
	};

	for (size_t i = 0; i < ARRAY_LEN(subs); i++) {
		if (!strcmp(subs[i].name, sub))
			return !*sub || (type->features & subs[i].feature) != 0;
	}
	return false;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool read_selectors(struct kube_call *call)
{
	static const struct kube_problem problem = { 400, "BadRequest", NULL };
	struct err err = ERR_INIT;

	if (selector_parse(call->arena, call_query(call, "labelSelector"), &call->labels, &err) ==
		    0 &&
	    fields_parse(call->arena, call->type, call_query(call, "fieldSelector"), &call->fields,
			 &err) == 0)
		return true;
	reply_problem(call, &problem, "%s", err.text);
	return false;
}

static bool is_meant(const struct kube_call *call, const struct kube_object *object)
{
	return (!*call->space || !strcmp(call->space, object->space)) &&
	       selector_matches(&call->labels, kube_at(object->now->value, "metadata.labels")) &&
	       fields_match(&call->fields, object->now->value);
}

/* A continue token is the revision of the first page and the key at which the next begins. */
static size_t first_of_page(struct kube_call *call, uint64_t *revision)
{
	const char *token = call_query(call, "continue");
	size_t len;
	const char *text = *token ? (const char *)base64_decode(call->arena, token, &len) : NULL;
	char *parts = text ? arena_strn(call->arena, text, len) : NULL;
	const char *first = parts ? strsep(&parts, "|") : NULL;
	const char *space = parts ? strsep(&parts, "|") : NULL;

	if (!space || !parts || !text_u64(first, revision))
		return *call->space ? store_place(call->type, call->space, "") : 0;
	return store_place(call->type, space, parts);
}

static const struct value *list_meta(struct kube_call *call, uint64_t revision,
				     const struct kube_object *next, size_t left)
{
	struct map_builder *meta = map_begin(call->arena);

	map_add(meta, "resourceVersion", value_strf(call->arena, "%" PRIu64, revision));
	if (next) {
		const char *token = arena_printf(call->arena, "%" PRIu64 "|%s|%s", revision,
						 next->space, next->name);

		map_add(meta, "continue",
			value_str(call->arena, base64_encode(call->arena, token, strlen(token))));
		map_add(meta, "remainingItemCount", value_of_u64(call->arena, left));
	}
	return map_end(meta);
}

static void list(struct kube_call *call)
{
	struct arena *arena = call->arena;
	struct list_builder *items = list_begin(arena);
	struct map_builder *map = map_begin(arena);
	const struct kube_object *next = NULL;
	uint64_t revision = call->kube->store.revision, limit = 0, count = 0;
	size_t left = 0;

	if (!read_selectors(call))
		return;
	text_u64(call_query(call, "limit"), &limit);
	for (size_t i = first_of_page(call, &revision); i < call->type->len; i++) {
		const struct kube_object *object = call->type->at[i];

		if (!is_meant(call, object))
			continue;
		if (limit && count == limit) {
			next = next ? next : object;
			left++;
			continue;
		}
		list_add(items, shown(call, object->now->value));
		count++;
	}
	map_add(map, "kind", value_strf(arena, "%sList", call->type->kind));
	map_add(map, "apiVersion",
		value_str(arena, type_group_version(arena, call->type, call->version)));
	map_add(map, "metadata", list_meta(call, revision, next, left));
	map_add(map, "items", list_end(items));
	reply_value(call, 200, map_end(map));
}

static void get(struct kube_call *call)
{
	const struct kube_object *object = store_find(call->type, call->space, call->name);

	if (!object)
		reply_not_found(call);
	else if (!strcmp(call->sub, "scale"))
		reply_value(call, 200, scale_of(call->arena, object->now->value));
	else
		reply_value(call, 200, shown(call, object->now->value));
}

/* ---- the way of a call ----------------------------------------------------------------------- */

static const char *verb_of(const struct kube_call *call)
{
	static const struct {
		const char *method, *one, *many;
	} verbs[] = {
		{ "POST", "create", "create" },
		{ "PUT", "update", "update" },
		{ "PATCH", "patch", "patch" },
		{ "DELETE", "delete", "deletecollection" },
	};

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!strcmp(verbs[i].method, call->method))
			return *call->name ? verbs[i].one : verbs[i].many;
	}
	if (call_query(call, "watch")[0] && strcmp(call_query(call, "watch"), "false") != 0 &&
	    strcmp(call_query(call, "watch"), "0") != 0)
		return "watch";
	return *call->name ? "get" : "list";
}

static bool read_body(struct kube_call *call)
{
	static const struct kube_problem bad = { 400, "BadRequest", NULL };
	struct yaml_documents documents;
	struct err err = ERR_INIT;
	const struct yaml_input input = { "request", call->body, call->len, NULL, false };

	if (!call->len)
		return true;
	if (strstr(call->content_type, "protobuf")) {
		reply_problem(call, &(struct kube_problem){ 415, "UnsupportedMediaType", NULL },
			      "the body of the request was in an unknown format - accepted media "
			      "types include: application/json, application/yaml");
		return false;
	}
	if (strstr(call->content_type, "yaml")) {
		if (yaml_read(call->arena, &input, &documents, &err) == 0 && documents.len == 1) {
			call->input = documents.at[0];
			return true;
		}
	} else if (json_read(call->arena, "request", call->body, call->len, &call->input, &err) ==
		   0) {
		return true;
	}
	reply_problem(call, &bad, "the object provided is unrecognized: %s", err.text);
	return false;
}

static const struct {
	const char *method, *sub; /* sub NULL: none of those below */
	void (*run)(struct kube_call *call);
} handlers[] = {
	{ "POST", "eviction", sub_evict },
	{ "POST", "binding", sub_bind },
	{ "GET", "log", sub_log },
	{ "POST", NULL, write_create },
	{ "PUT", NULL, write_update },
	{ "PATCH", NULL, write_patch },
	{ "DELETE", NULL, write_delete },
	{ "GET", NULL, get },
};

static void dispatch(struct kube_call *call)
{
	const char *verb = verb_of(call);

	if (!strcmp(verb, "watch"))
		watch_begin(call);
	else if (!strcmp(verb, "list"))
		list(call);
	else if (!strcmp(verb, "deletecollection"))
		write_delete_all(call);
	else
		for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
			if (strcmp(handlers[i].method, call->method) != 0 ||
			    (handlers[i].sub && strcmp(handlers[i].sub, call->sub) != 0))
				continue;
			handlers[i].run(call);
			return;
		}
}

static bool is_allowed(struct kube_call *call)
{
	const char *where = *call->space ? arena_printf(call->arena, "in the namespace \"%s\"",
							call->space)
					 : "at the cluster scope";

	if (is_master(&call->user))
		return true;
	reply_problem(call, &(struct kube_problem){ 403, "Forbidden", NULL },
		      "%s is forbidden: User \"%s\" cannot %s resource \"%s\" in API group "
		      "\"%s\" %s",
		      type_full_name(call->arena, call->type), call->user.name, verb_of(call),
		      call->type->plural, call->type->group, where);
	return false;
}

/* "kube:eviction", "kube:WATCH nodes", "kube:PATCH nodes/status", "kube:GET /version" */
static const char *fault_name(struct kube_call *call)
{
	if (!call->type)
		return arena_printf(call->arena, "kube:%s %s", call->method, call->route);
	if (!strcmp(call->sub, "eviction"))
		return "kube:eviction";
	return arena_printf(call->arena, "kube:%s %s%s%s",
			    !strcmp(verb_of(call), "watch") ? "WATCH" : call->method,
			    call->type->plural, *call->sub ? "/" : "", call->sub);
}

static void serve_allowed(struct kube_call *call)
{
	if (!is_allowed(call) || !read_body(call))
		return;
	if (!strcmp(call->type->plural, "leases") || !strcmp(call->type->plural, "nodes"))
		nodes_beat(call->kube);
	dispatch(call);
}

/* The same request a moment before. A watch has no effect. */
static void serve_unheard(const struct kube_call *call)
{
	struct kube_call *unheard = arena_dup(call->arena, call, sizeof(*call));

	unheard->mute = true;
	if (call->type && strcmp(call->method, "GET") != 0)
		serve_allowed(unheard);
}

static void refuse(struct kube_call *call, int code)
{
	static const struct {
		int code;
		const char *reason, *text;
	} rows[] = {
		{ 429, "TooManyRequests",
		  "Cannot evict pod as it would violate the pod's disruption budget." },
		{ 403, "Forbidden", "this is a fault on purpose" },
		{ 500, "InternalError", "the server is currently unable to handle the request" },
		{ 504, "InternalError", "the server is currently unable to handle the request" },
		{ 503, "ServiceUnavailable",
		  "the server is currently unable to handle the request" },
	};
	size_t i = 0;

	if (code < 400)
		code = code == RPC_PERMISSION_DENIED ? 403 : 503;
	while (i < ARRAY_LEN(rows) - 1 && rows[i].code != code)
		i++;
	reply_problem(call, &(struct kube_problem){ code, rows[i].reason, NULL }, "%s",
		      rows[i].text);
}

static void fault_refuses(void *call, int code)
{
	refuse(call, code);
}

static void fault_cuts(void *call)
{
	struct kube_call *mine = call;

	mine->ended = true;
	mine->ops->cut(mine);
}

static void fault_doubles(void *call)
{
	serve_unheard(call);
}

static bool suffers(struct kube_call *call)
{
	static const struct fault_ops ops = { fault_refuses, fault_cuts, fault_doubles };
	const struct fault *fault = fault_for(call->kube->world, call->node, fault_name(call));

	return fault_suffer(fault, &ops, call, &call->late, &call->reset_after);
}

static void serve_route(struct kube_call *call)
{
	if (!read_route(call) || !has_sub(call->type, call->sub)) {
		if (!suffers(call))
			reply_problem(call,
				      &(struct kube_problem){ 404, "NotFound",
							      map_end(map_begin(call->arena)) },
				      "the server could not find the requested resource");
		return;
	}
	if (!suffers(call))
		serve_allowed(call);
}

void kube_call_run(struct kube_call *call)
{
	const char *query = strchr(call->path, '?');

	call->route = query ? arena_strn(call->arena, call->path, (size_t)(query - call->path))
			    : call->path;
	call->kube = kube_of(call->node);
	if (query)
		read_query(call, query + 1);
	if (!call->kube) {
		reply_problem(call, &(struct kube_problem){ 503, "ServiceUnavailable", NULL },
			      "etcdserver: no leader");
		return;
	}
	if (err_is_set(&call->kube->broken)) {
		reply_problem(call, &(struct kube_problem){ 500, "InternalError", NULL }, "%s",
			      call->kube->broken.text);
		return;
	}
	if (!call->user.name) {
		reply_problem(call, &(struct kube_problem){ 401, "Unauthorized", NULL },
			      "Unauthorized");
		return;
	}
	if (call->len > BODY_MAX) {
		reply_problem(call, &(struct kube_problem){ 413, "RequestEntityTooLarge", NULL },
			      "the request is too large");
		return;
	}
	if (!discover(call))
		serve_route(call);
}
