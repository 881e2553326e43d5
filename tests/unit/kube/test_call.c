#include "script.h"

#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

struct caller {
	struct kube_call call;
	struct err err;
	unsigned ends;
};

static void ended(struct kube_call *call, const struct err *err)
{
	struct caller *caller = container_of(call, struct caller, call);

	caller->err = *err;
	caller->ends++;
}

static const struct kube_call_ops ops = { ended };

static void run_call(struct caller *caller, struct script *script,
		     const struct kube_request *request)
{
	kube_start(&caller->call, script->kube, request, &ops);
	cr_assert_eq(caller->ends, 0);
	cr_assert_eq(loop_run(script->loop, NULL), 0);
	cr_assert_eq(caller->ends, 1);
	cr_assert(!kube_call_is_running(&caller->call));
}

#define STATUS "{\"kind\":\"Status\",\"status\":\"Failure\","
#define BUDGET                                                                          \
	STATUS "\"message\":\"Cannot evict pod.\",\"reason\":\"TooManyRequests\","      \
	       "\"details\":{\"causes\":[{\"reason\":\"DisruptionBudget\",\"message\":" \
	       "\"The disruption budget web needs 2 healthy pods and has 2 currently\"}]}}"

Test(kube_call, failures_have_their_kind)
{
	static const struct {
		const char *name, *text, *says;
		int status;
		enum err_kind ends, kind;
		bool exists, expired, budget, busy;
	} rows[] = {
		{ "unauthorized", STATUS "\"message\":\"Unauthorized\"}", "Unauthorized", 401, 0,
		  ERR_AUTH, 0, 0, 0, 0 },
		{ "forbidden", STATUS "\"message\":\"no\\nway\"}", "no way", 403, 0, ERR_AUTH, 0, 0,
		  0, 0 },
		{ "absent", STATUS "\"message\":\"gone\"}", "gone", 404, 0, ERR_NOT_FOUND, 0, 0, 0,
		  0 },
		{ "exists", STATUS "\"reason\":\"AlreadyExists\"}", "AlreadyExists", 409, 0,
		  ERR_CONFLICT, 1, 0, 0, 0 },
		{ "conflict", STATUS "\"reason\":\"Conflict\"}", "Conflict", 409, 0, ERR_CONFLICT,
		  0, 0, 0, 0 },
		{ "expired", STATUS "\"reason\":\"Expired\"}", "Expired", 410, 0, ERR_REMOTE, 0, 1,
		  0, 0 },
		{ "invalid", STATUS "\"message\":\"spec.x: Required\"}", "spec.x", 422, 0,
		  ERR_INPUT, 0, 0, 0, 0 },
		{ "budget", BUDGET, "budget web needs 2", 429, 0, ERR_REMOTE, 0, 0, 1, 0 },
		{ "throttled", STATUS "\"message\":\"slow down\"}", "slow", 429, 0, ERR_REMOTE, 0,
		  0, 0, 1 },
		{ "a proxy", "bad gateway", "bad gateway", 502, 0, ERR_REMOTE, 0, 0, 0, 1 },
		{ "nothing", "", "HTTP status 503", 503, 0, ERR_REMOTE, 0, 0, 0, 1 },
		{ "no JSON", "{\"secret\":", "no JSON", 200, 0, ERR_REMOTE, 0, 0, 0, 0 },
		{ "lost", "{", "as the script says", 200, ERR_NET, ERR_NET, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_row row = { rows[i].status, rows[i].text, 3, rows[i].ends };
		struct caller caller = { 0 };
		struct script script;

		script_init(&script, &row, 1);
		run_call(&caller, &script,
			 &(struct kube_request){
				 .verb = KUBE_GET, .kind = &kube_pods, .name = "a" });
		cr_assert_eq(caller.err.kind, rows[i].kind, "%s: %s", rows[i].name,
			     caller.err.text);
		cr_assert_eq(strncmp(caller.err.text, "read Pod default/a: ", 20), 0, "%s",
			     caller.err.text);
		cr_assert_not_null(strstr(caller.err.text, rows[i].says), "%s: %s", rows[i].name,
				   caller.err.text);
		cr_assert_null(strstr(caller.err.text, "secret"), "%s", rows[i].name);
		cr_assert_eq(kube_says_exists(&caller.err), rows[i].exists, "%s", rows[i].name);
		cr_assert_eq(kube_says_expired(&caller.err), rows[i].expired, "%s", rows[i].name);
		cr_assert_eq(kube_says_blocked_by_budget(&caller.err), rows[i].budget, "%s",
			     rows[i].name);
		cr_assert_eq(kube_says_busy(&caller.err), rows[i].busy, "%s", rows[i].name);
		cr_assert_null(caller.call.reply);
		kube_call_done(&caller.call);
		script_done(&script);
	}
}

/* Before it answers, behind the head, in the middle of the body, and on its way down: every verb
 * ends once, says what it was about, and has no half reply. */
Test(kube_call, an_api_server_that_dies_inside_each_verb)
{
	static const struct script_row deaths[] = {
		{ 0, NULL, 0, ERR_NET },
		{ 200, "", 0, ERR_NET },
		{ 200, "{\"kind\":\"Node\",\"items\":[{\"metadata\":", 7, ERR_NET },
		{ 0, NULL, 0, ERR_TIMEOUT },
		{ 503, STATUS "\"message\":\"shutting down\"}", 0, ERR_NONE },
		{ 500, "etcdserver: leader changed", 0, ERR_NONE },
	};
	static const char *const words[KUBE_VERB_COUNT] = {
		[KUBE_GET] = "read Node w",
		[KUBE_LIST] = "list Node",
		[KUBE_CREATE] = "create Node w",
		[KUBE_UPDATE] = "update Node w",
		[KUBE_MERGE] = "patch Node w",
		[KUBE_JSON_PATCH] = "patch Node w",
		[KUBE_STRATEGIC] = "patch Node w",
		[KUBE_APPLY] = "apply Node w",
		[KUBE_DELETE] = "delete Node w",
		[KUBE_EVICT] = "evict Pod default/w",
		[KUBE_PATH] = "read /version",
	};
	struct arena *arena OWNED(arena_free) = arena_new("verbs");
	static const char text[] = "{\"apiVersion\":\"v1\",\"kind\":\"Node\","
				   "\"metadata\":{\"name\":\"w\",\"resourceVersion\":\"3\"}}";
	const struct value *body;

	cr_assert_eq(json_read(arena, NULL, text, strlen(text), &body, NULL), 0);
	for (unsigned verb = 0; verb < KUBE_VERB_COUNT; verb++) {
		for (size_t i = 0; i < ARRAY_LEN(deaths); i++) {
			const struct kube_request request = {
				.verb = verb,
				.kind = verb == KUBE_EVICT ? NULL : &kube_nodes,
				.name = verb == KUBE_PATH ? "/version" : "w",
				.body = body,
			};
			enum err_kind kind = deaths[i].ends ? deaths[i].ends : ERR_REMOTE;
			struct caller caller = { 0 };
			struct script script;

			script_init(&script, &deaths[i], 1);
			run_call(&caller, &script, &request);
			cr_assert_eq(caller.err.kind, kind, "%s, %zu: %s", words[verb], i,
				     caller.err.text);
			cr_assert_eq(strncmp(caller.err.text, words[verb], strlen(words[verb])), 0,
				     "%s, %zu: %s", words[verb], i, caller.err.text);
			cr_assert_null(caller.call.reply, "%s, %zu", words[verb], i);
			kube_call_done(&caller.call);
			script_done(&script);
		}
	}
}

Test(kube_call, requests_on_the_wire)
{
	static const int64_t grace = 5;
	static const struct {
		struct kube_request request;
		const char *method, *path, *body;
	} rows[] = {
		{ { .verb = KUBE_GET, .kind = &kube_nodes, .name = "w 1/?" },
		  "GET",
		  "/api/v1/nodes/w%201%2F%3F",
		  "" },
		{ { .verb = KUBE_GET,
		    .kind = &kube_pods,
		    .ns = "a",
		    .name = "b",
		    .subresource = "log",
		    .query = "tailLines=3" },
		  "GET",
		  "/api/v1/namespaces/a/pods/b/log?tailLines=3",
		  "" },
		{ { .verb = KUBE_LIST, .kind = &kube_daemonsets, .labels = "a in (b,c)" },
		  "GET",
		  "/apis/apps/v1/daemonsets?limit=500&labelSelector=a%20in%20%28b%2Cc%29",
		  "" },
		{ { .verb = KUBE_DELETE,
		    .kind = &kube_jobs,
		    .ns = "x",
		    .name = "j",
		    .uid = "u",
		    .grace = &grace },
		  "DELETE",
		  "/apis/batch/v1/namespaces/x/jobs/j",
		  "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"gracePeriodSeconds\":5,"
		  "\"preconditions\":{\"uid\":\"u\"},\"propagationPolicy\":\"Background\"}" },
		{ { .verb = KUBE_EVICT, .ns = "x", .name = "p" },
		  "POST",
		  "/api/v1/namespaces/x/pods/p/eviction",
		  "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\","
		  "\"metadata\":{\"name\":\"p\","
		  "\"namespace\":\"x\"},\"deleteOptions\":{\"apiVersion\":\"v1\","
		  "\"kind\":\"DeleteOptions\"}}" },
		{ { .verb = KUBE_PATH, .name = "/readyz?verbose" }, "GET", "/readyz?verbose", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_row row = { 200, "{}", 0, ERR_NONE };
		struct caller caller = { 0 };
		struct script script;

		script_init(&script, &row, 1);
		run_call(&caller, &script, &rows[i].request);
		cr_assert_eq(caller.err.kind, ERR_NONE, "%s", caller.err.text);
		cr_assert_str_eq(script.method[0], rows[i].method);
		cr_assert_str_eq(script.path[0], rows[i].path);
		cr_assert_str_eq(script.body[0], rows[i].body);
		kube_call_done(&caller.call);
		script_done(&script);
	}
}

Test(kube_call, pages_become_one_list)
{
	static const struct script_row rows[] = {
		{ 200, "{\"metadata\":{\"continue\":\"a+b\"},\"items\":[1,2]}", 0, ERR_NONE },
		{ 200, "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[3]}", 0, ERR_NONE },
	};
	struct caller caller = { 0 };
	struct script script;

	script_init(&script, rows, ARRAY_LEN(rows));
	run_call(&caller, &script,
		 &(struct kube_request){ .verb = KUBE_LIST, .kind = &kube_nodes, .page = 2 });
	cr_assert_str_eq(script.path[1], "/api/v1/nodes?limit=2&continue=a%2Bb");
	cr_assert_eq(value_len(value_get(caller.call.reply, "items")), 3);
	cr_assert_str_eq(kube_version(caller.call.reply), "7");
	kube_call_done(&caller.call);
	script_done(&script);
}

Test(kube_call, unknown_kinds_are_asked_for_once)
{
	static const struct script_row rows[] = {
		{ 200,
		  "{\"resources\":[{\"name\":\"gadgets/status\",\"kind\":\"Gadget\"},"
		  "{\"name\":\"gadgets\",\"kind\":\"Gadget\",\"namespaced\":true}]}",
		  0, ERR_NONE },
		{ 200, "{}", 0, ERR_NONE },
		{ 200, "{}", 0, ERR_NONE },
	};
	const struct kube_request request = {
		.verb = KUBE_GET, .api_version = "x.example/v1", .kind_name = "Gadget", .name = "g"
	};
	struct caller caller = { 0 };
	struct script script;

	script_init(&script, rows, ARRAY_LEN(rows));
	run_call(&caller, &script, &request);
	caller.ends = 0;
	run_call(&caller, &script, &request);
	cr_assert_str_eq(script.path[0], "/apis/x.example/v1");
	cr_assert_str_eq(script.path[1], "/apis/x.example/v1/namespaces/default/gadgets/g");
	cr_assert_str_eq(script.path[2], script.path[1]);
	cr_assert_eq(caller.call.retry_after, 9 * SECOND);
	kube_call_done(&caller.call);
	script_done(&script);
}
