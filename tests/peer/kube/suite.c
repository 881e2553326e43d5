/*
 * The Kubernetes client against an API server that somebody else runs:
 *
 *	peer_kube HOST PORT CA CERT KEY [CASE]...
 *
 * with PEM files of an administrator. Each case cleans up what it made. The cases ask only for what
 * a cluster's API offers, not for controllers: pods that are going are taken away by a stand-in for
 * the kubelet below.
 */
#include "base/fs.h"
#include "base/text.h"
#include "kube/drain.h"
#include "kube/kubeconfig.h"
#include "kube/lease.h"
#include "tree/json.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASE_LIMIT (60 * SECOND)
#define FILE_LIMIT ((size_t)1 << 20)
#define NS "default"

struct place {
	const char *host, *ca, *cert, *key;
	unsigned port;
};

struct test {
	const struct place *place;
	struct loop *loop;
	struct http_curl *http;
	struct kube *kube;
	struct arena *arena;
	struct kube_call call;
	struct err err;
	struct timer limit;
	bool late;
	jmp_buf failed;
};

static void fail(struct test *test, const char *what, int line)
{
	printf("  line %d: %s%s\n  last error: %s\n", line, what,
	       test->late ? " (time is up)" : "", test->err.text);
	longjmp(test->failed, 1);
}

#define CHECK(test, condition)                              \
	do {                                                \
		if (!(condition))                           \
			fail((test), #condition, __LINE__); \
	} while (0)

static void limit_due(struct timer *timer)
{
	struct test *test = container_of(timer, struct test, limit);

	test->late = true;
	loop_stop(test->loop);
}

/* Runs the loop until somebody stops it. */
static void run_loop(struct test *test)
{
	struct err err = ERR_INIT;

	CHECK(test, loop_run(test->loop, &err) == 0);
	CHECK(test, !test->late);
}

static void answered(struct kube_call *call, const struct err *err)
{
	struct test *test = container_of(call, struct test, call);

	test->err = *err;
	loop_stop(test->loop);
}

/* One call; its reply, NULL when it failed (then test->err). */
static const struct value *ask(struct test *test, const struct kube_request *request)
{
	static const struct kube_call_ops ops = { answered };

	kube_start(&test->call, test->kube, request, &ops);
	run_loop(test);
	return test->call.reply;
}

static const struct value *json(struct test *test, const char *text)
{
	const struct value *value = NULL;

	CHECK(test, json_read(test->arena, "text", text, strlen(text), &value, &test->err) == 0);
	return value;
}

#define JSON(test, ...) json((test), arena_printf((test)->arena, __VA_ARGS__))

static void must(struct test *test, const struct kube_request *request)
{
	CHECK(test, ask(test, request));
}

static void remove_it(struct test *test, const struct kube_kind *kind, const char *name)
{
	static const int64_t now = 0;

	ask(test, &(struct kube_request){
			  .verb = KUBE_DELETE, .kind = kind, .ns = NS, .name = name, .grace = &now });
	CHECK(test, !err_is_set(&test->err) || test->err.kind == ERR_NOT_FOUND);
}

static const struct value *config_map(struct test *test, const char *name, const char *value)
{
	return JSON(test,
		    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\","
		    "\"namespace\":\"" NS "\",\"labels\":{\"suite\":\"talforge\"}},"
		    "\"data\":{\"key\":\"%s\"}}",
		    name, value);
}

static const char *data_key(const struct value *object)
{
	const char *text = value_get_text(value_get(object, "data"), "key");

	return text ? text : "";
}

static void case_version(struct test *test)
{
	const struct value *reply =
		ask(test, &(struct kube_request){ .verb = KUBE_PATH, .name = "/version" });

	CHECK(test, reply && strstr(value_text(reply), "gitVersion"));
}

static void case_objects(struct test *test)
{
	const struct kube_request read = {
		.verb = KUBE_GET, .kind = &kube_configmaps, .ns = NS, .name = "objects"
	};
	const struct kube_request create = { .verb = KUBE_CREATE,
					     .body = config_map(test, "objects", "one") };

	remove_it(test, &kube_configmaps, "objects");
	CHECK(test, !ask(test, &read) && test->err.kind == ERR_NOT_FOUND);
	must(test, &create);
	CHECK(test, !ask(test, &create) && test->err.kind == ERR_CONFLICT);
	CHECK(test, kube_says_exists(&test->err));

	must(test, &read);
	const struct value *old = value_copy(test->arena, test->call.reply);
	CHECK(test, strcmp(data_key(old), "one") == 0);
	struct kube_request update = {
		.verb = KUBE_UPDATE, .body = value_set(test->arena, old, "data", JSON(test, "{\"key\":\"two\"}"))
	};
	must(test, &update);
	CHECK(test, strcmp(data_key(test->call.reply), "two") == 0);
	CHECK(test, !ask(test, &update) && test->err.kind == ERR_CONFLICT);
	CHECK(test, !kube_says_exists(&test->err));
	remove_it(test, &kube_configmaps, "objects");
}

static void case_patches(struct test *test)
{
	struct kube_request patch = { .kind = &kube_configmaps, .ns = NS, .name = "patches" };

	remove_it(test, &kube_configmaps, "patches");
	must(test, &(struct kube_request){ .verb = KUBE_CREATE,
					   .body = config_map(test, "patches", "one") });
	patch.verb = KUBE_MERGE;
	patch.body = JSON(test, "{\"data\":{\"key\":\"merged\",\"more\":\"1\"}}");
	must(test, &patch);
	CHECK(test, strcmp(data_key(test->call.reply), "merged") == 0);
	patch.verb = KUBE_JSON_PATCH;
	patch.body = JSON(test, "[{\"op\":\"remove\",\"path\":\"/data/more\"}]");
	must(test, &patch);
	CHECK(test, !value_has(value_get(test->call.reply, "data"), "more"));
	patch.verb = KUBE_STRATEGIC;
	patch.body = JSON(test, "{\"data\":{\"key\":\"strategic\"}}");
	must(test, &patch);
	CHECK(test, strcmp(data_key(test->call.reply), "strategic") == 0);
	remove_it(test, &kube_configmaps, "patches");
}

static void case_apply(struct test *test)
{
	struct kube_request apply = { .verb = KUBE_APPLY,
				      .body = config_map(test, "apply", "ours"),
				      .dry_run = true };

	remove_it(test, &kube_configmaps, "apply");
	must(test, &apply);
	CHECK(test, !ask(test, &(struct kube_request){ .verb = KUBE_GET,
						       .kind = &kube_configmaps,
						       .ns = NS,
						       .name = "apply" }));
	apply.dry_run = false;
	must(test, &apply);
	CHECK(test, strcmp(data_key(test->call.reply), "ours") == 0);
	apply.manager = "somebody-else";
	apply.body = config_map(test, "apply", "theirs");
	CHECK(test, !ask(test, &apply) && test->err.kind == ERR_CONFLICT);
	apply.force = true;
	must(test, &apply);
	CHECK(test, strcmp(data_key(test->call.reply), "theirs") == 0);
	remove_it(test, &kube_configmaps, "apply");
}

static void case_pages(struct test *test)
{
	const char *names[] = { "page-a", "page-b", "page-c", "page-d", "page-e" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		remove_it(test, &kube_configmaps, names[i]);
		must(test, &(struct kube_request){ .verb = KUBE_CREATE,
						   .body = config_map(test, names[i], "x") });
	}
	for (unsigned page = 1; page <= 6; page++) {
		must(test, &(struct kube_request){ .verb = KUBE_LIST,
						   .kind = &kube_configmaps,
						   .ns = NS,
						   .labels = "suite=talforge",
						   .page = page });
		const struct value *items = value_get(test->call.reply, "items");
		CHECK(test, value_len(items) == ARRAY_LEN(names));
		CHECK(test, *kube_version(test->call.reply));
		CHECK(test, strcmp(kube_name(value_at(items, 4)), "page-e") == 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		remove_it(test, &kube_configmaps, names[i]);
}

static void case_refusals(struct test *test)
{
	struct kube_request bad = { .verb = KUBE_CREATE,
				    .kind = &kube_configmaps,
				    .body = config_map(test, "Not A Name", "x") };

	CHECK(test, !ask(test, &bad) && test->err.kind == ERR_INPUT);
	bad.body = JSON(test, "{\"metadata\":{\"name\":\"x\"}}");
	bad.kind = NULL;
	CHECK(test, !ask(test, &bad) && test->err.kind == ERR_INPUT);
	CHECK(test, strstr(test->err.text, "apiVersion"));
	bad.body = JSON(test, "{\"apiVersion\":\"nowhere.example/v1\",\"kind\":\"Nothing\","
			      "\"metadata\":{\"name\":\"x\"}}");
	CHECK(test, !ask(test, &bad) && test->err.kind == ERR_NOT_FOUND);
	bad.body = JSON(test, "{\"apiVersion\":\"v1\",\"kind\":\"Nothing\","
			      "\"metadata\":{\"name\":\"x\"}}");
	CHECK(test, !ask(test, &bad) && test->err.kind == ERR_NOT_FOUND);
	CHECK(test, strstr(test->err.text, "Nothing"));
}

static struct kube *other_kube(struct test *test, const struct kube_options *with)
{
	struct kube_options options = *with;

	options.loop = test->loop;
	options.door = http_curl_door(test->http);
	options.host = test->place->host;
	options.port = test->place->port;
	return kube_new(&options);
}

static void list_nodes_with(struct test *test, struct kube *other)
{
	struct kube *mine = test->kube;

	test->kube = other;
	ask(test, &(struct kube_request){ .verb = KUBE_LIST, .kind = &kube_nodes });
	test->kube = mine;
	kube_free(other);
}

static void case_identity(struct test *test)
{
	const struct place *place = test->place;
	const struct x509_ca strange = { "strange", KEY_ECDSA_P256, loop_wall(test->loop), DAY };
	struct identity ca;

	list_nodes_with(test, other_kube(test, &(struct kube_options){ .ca = place->ca }));
	CHECK(test, test->err.kind == ERR_AUTH);
	list_nodes_with(test, other_kube(test, &(struct kube_options){
						       .ca = place->ca, .bearer = "no-token" }));
	CHECK(test, test->err.kind == ERR_AUTH);
	CHECK(test, !strstr(test->err.text, "no-token"));
	CHECK(test, x509_make_ca(test->arena, &strange, &ca, &test->err) == 0);
	list_nodes_with(test,
			other_kube(test, &(struct kube_options){
						 .ca = ca.cert,
						 .identity = { place->cert, place->key } }));
	CHECK(test, test->err.kind == ERR_AUTH);
}

static void case_discovery(struct test *test)
{
	const char *crd = "{\"apiVersion\":\"apiextensions.k8s.io/v1\","
			  "\"kind\":\"CustomResourceDefinition\","
			  "\"metadata\":{\"name\":\"gadgets.suite.example\"},"
			  "\"spec\":{\"group\":\"suite.example\",\"scope\":\"Cluster\","
			  "\"names\":{\"plural\":\"gadgets\",\"kind\":\"Gadget\"},"
			  "\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,"
			  "\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\","
			  "\"x-kubernetes-preserve-unknown-fields\":true}}}]}}";
	const struct value *gadget = JSON(test, "{\"apiVersion\":\"suite.example/v1\","
						"\"kind\":\"Gadget\","
						"\"metadata\":{\"name\":\"one\"},\"size\":3}");
	const struct kube_request apply = { .verb = KUBE_APPLY, .body = gadget };
	const char *name = "gadgets.suite.example";

	remove_it(test, &kube_custom_resource_definitions, name);
	must(test, &(struct kube_request){ .verb = KUBE_APPLY, .body = json(test, crd) });
	/* served a moment later */
	while (!ask(test, &apply))
		CHECK(test, test->err.kind == ERR_NOT_FOUND || kube_says_busy(&test->err));
	must(test, &(struct kube_request){ .verb = KUBE_GET,
					   .api_version = "suite.example/v1",
					   .kind_name = "Gadget",
					   .name = "one" });
	CHECK(test, strcmp(value_get_text(test->call.reply, "size"), "3") == 0);
	remove_it(test, &kube_custom_resource_definitions, name);
}

static void case_preconditions(struct test *test)
{
	struct kube_request remove = { .verb = KUBE_DELETE,
				       .kind = &kube_configmaps,
				       .ns = NS,
				       .name = "exact",
				       .uid = "11111111-2222-3333-4444-555555555555" };

	remove_it(test, &kube_configmaps, "exact");
	must(test, &(struct kube_request){ .verb = KUBE_CREATE,
					   .body = config_map(test, "exact", "x") });
	const char *uid = arena_str(test->arena, kube_uid(test->call.reply));
	CHECK(test, !ask(test, &remove) && test->err.kind == ERR_CONFLICT);
	remove.uid = uid;
	must(test, &remove);
}

struct seen {
	struct kube_watch watch;
	struct test *test;
	unsigned added, modified, deleted, synced, wanted;
	struct err err;
};

static struct seen *seen_of(struct kube_watch *watch)
{
	return container_of(watch, struct seen, watch);
}

static void count(struct seen *seen, unsigned *what)
{
	(*what)++;
	if (seen->added + seen->modified + seen->deleted + (seen->synced > 0) == seen->wanted)
		loop_stop(seen->test->loop);
}

static void seen_added(struct kube_watch *watch, const struct value *object)
{
	(void)object;
	count(seen_of(watch), &seen_of(watch)->added);
}

static void seen_modified(struct kube_watch *watch, const struct value *object)
{
	(void)object;
	count(seen_of(watch), &seen_of(watch)->modified);
}

static void seen_deleted(struct kube_watch *watch, const struct value *object)
{
	(void)object;
	count(seen_of(watch), &seen_of(watch)->deleted);
}

static void seen_synced(struct kube_watch *watch)
{
	count(seen_of(watch), &seen_of(watch)->synced);
}

static void seen_end(struct kube_watch *watch, const struct err *err)
{
	seen_of(watch)->err = *err;
	loop_stop(seen_of(watch)->test->loop);
}

static const struct kube_watch_ops seen_ops = {
	.on_added = seen_added,
	.on_modified = seen_modified,
	.on_deleted = seen_deleted,
	.on_synced = seen_synced,
	.on_end = seen_end,
};

static void wait_seen(struct seen *seen, unsigned wanted)
{
	seen->wanted = wanted;
	if (seen->added + seen->modified + seen->deleted + (seen->synced > 0) < wanted)
		run_loop(seen->test);
}

static void watch_changes(struct test *test, uint64_t silence)
{
	struct seen *seen = arena_alloc(test->arena, sizeof(*seen));

	seen->test = test;
	remove_it(test, &kube_configmaps, "watched");
	remove_it(test, &kube_configmaps, "before");
	must(test, &(struct kube_request){ .verb = KUBE_CREATE,
					   .body = config_map(test, "before", "x") });
	kube_watch_start(&seen->watch, test->kube,
			 &(struct kube_watch_options){ .kind = &kube_configmaps,
						       .ns = NS,
						       .labels = "suite=talforge",
						       .silence = silence },
			 &seen_ops);
	wait_seen(seen, 2);
	CHECK(test, seen->added == 1 && seen->synced == 1);
	must(test, &(struct kube_request){ .verb = KUBE_CREATE,
					   .body = config_map(test, "watched", "x") });
	wait_seen(seen, 3);
	for (unsigned i = 0; i < 3; i++) {
		must(test, &(struct kube_request){ .verb = KUBE_APPLY,
						   .force = true,
						   .body = config_map(test, "watched",
								      i % 2 ? "y" : "z") });
		wait_seen(seen, 4 + i);
	}
	remove_it(test, &kube_configmaps, "watched");
	wait_seen(seen, 7);
	CHECK(test, seen->added == 2 && seen->modified == 3 && seen->deleted == 1);
	CHECK(test, !err_is_set(&seen->err));
	kube_watch_stop(&seen->watch);
	remove_it(test, &kube_configmaps, "before");
}

static void case_watch(struct test *test)
{
	watch_changes(test, 0);
}

/* Given up after a few milliseconds of silence each time, and taken up from the last version. */
static void case_watch_resumes(struct test *test)
{
	watch_changes(test, 5 * MILLISECOND);
}

static void case_watch_refused(struct test *test)
{
	struct seen *seen = arena_alloc(test->arena, sizeof(*seen));

	seen->test = test;
	kube_watch_start(&seen->watch, test->kube,
			 &(struct kube_watch_options){ .api_version = "nowhere.example/v1",
						       .kind_name = "Nothing" },
			 &seen_ops);
	seen->wanted = 1;
	run_loop(test);
	CHECK(test, seen->err.kind == ERR_NOT_FOUND && !seen->added);
}

struct contender {
	struct kube_lease lease;
	struct test *test;
	unsigned held, lost, released;
	struct err refused;
};

static struct contender *contender_of(struct kube_lease *lease)
{
	return container_of(lease, struct contender, lease);
}

static void is_held(struct kube_lease *lease)
{
	contender_of(lease)->held++;
	loop_stop(contender_of(lease)->test->loop);
}

static void is_refused(struct kube_lease *lease, const struct err *err)
{
	contender_of(lease)->refused = *err;
	loop_stop(contender_of(lease)->test->loop);
}

static void is_lost(struct kube_lease *lease, const struct err *err)
{
	(void)err;
	contender_of(lease)->lost++;
	loop_stop(contender_of(lease)->test->loop);
}

static void is_released(struct kube_lease *lease, const struct err *err)
{
	(void)err;
	contender_of(lease)->released++;
	loop_stop(contender_of(lease)->test->loop);
}

static struct contender *take_lease(struct test *test, const struct kube_lease_options *options)
{
	static const struct kube_lease_ops ops = { is_held, is_refused, is_lost, is_released };
	struct contender *contender = arena_alloc(test->arena, sizeof(*contender));

	contender->test = test;
	kube_lease_take(&contender->lease, test->kube, options, &ops);
	run_loop(test);
	return contender;
}

static void remove_lease(struct test *test)
{
	ask(test, &(struct kube_request){ .verb = KUBE_DELETE,
					  .kind = &kube_leases,
					  .ns = KUBE_LEASE_NAMESPACE,
					  .name = "suite" });
}

static void case_lease(struct test *test)
{
	const struct kube_lease_options first = { .name = "suite", .holder = "alice@desk" };
	const struct kube_lease_options second = { .name = "suite", .holder = "bob@lab" };

	remove_lease(test);
	struct contender *alice = take_lease(test, &first);
	CHECK(test, alice->held == 1 && kube_lease_is_held(&alice->lease));
	struct contender *bob = take_lease(test, &second);
	CHECK(test, bob->held == 0 && bob->refused.kind == ERR_REFUSED);
	CHECK(test, strstr(bob->refused.text, "alice@desk is at work since 2"));
	kube_lease_release(&alice->lease);
	run_loop(test);
	CHECK(test, alice->released == 1 && !kube_lease_is_held(&alice->lease));
	kube_lease_take(&bob->lease, test->kube, &second, bob->lease.ops);
	run_loop(test);
	CHECK(test, bob->held == 1);
	kube_lease_done(&bob->lease);
	kube_lease_done(&alice->lease);
	remove_lease(test);
}

static void case_lease_expires(struct test *test)
{
	struct kube_lease_options options = {
		.name = "suite", .holder = "alice@desk", .seconds = 2, .patience = 20 * SECOND
	};

	remove_lease(test);
	struct contender *alice = take_lease(test, &options);
	CHECK(test, alice->held == 1);
	kube_lease_done(&alice->lease); /* dies without a word */
	options.holder = "bob@lab";
	struct contender *bob = take_lease(test, &options);
	CHECK(test, bob->held == 1);
	CHECK(test, strcmp(value_get_text(value_get(bob->lease.record, "spec"),
					  "leaseTransitions"),
			   "1") == 0);
	kube_lease_done(&bob->lease);
	remove_lease(test);
}

static void case_lease_lost(struct test *test)
{
	const struct kube_lease_options options = { .name = "suite",
						    .holder = "alice@desk",
						    .seconds = 2 };

	remove_lease(test);
	struct contender *alice = take_lease(test, &options);
	CHECK(test, alice->held == 1);
	must(test, &(struct kube_request){
			   .verb = KUBE_MERGE,
			   .kind = &kube_leases,
			   .ns = KUBE_LEASE_NAMESPACE,
			   .name = "suite",
			   .body = JSON(test, "{\"spec\":{\"holderIdentity\":\"carol@home\"}}") });
	if (!alice->lost)
		run_loop(test);
	CHECK(test, alice->lost == 1);
	kube_lease_done(&alice->lease);
	remove_lease(test);
}

/* Takes away the pods that are going, as a kubelet would. */
struct reaper {
	struct kube_watch watch;
	struct kube_call call[16];
	size_t calls;
	struct kube *kube;
};

static void reaped(struct kube_call *call, const struct err *err)
{
	(void)call;
	(void)err;
}

static void reap(struct kube_watch *watch, const struct value *pod)
{
	static const struct kube_call_ops ops = { reaped };
	static const int64_t now = 0;
	struct reaper *reaper = container_of(watch, struct reaper, watch);

	if (!value_has(value_get(pod, "metadata"), "deletionTimestamp") ||
	    reaper->calls == ARRAY_LEN(reaper->call))
		return;
	kube_start(&reaper->call[reaper->calls++], reaper->kube,
		   &(struct kube_request){ .verb = KUBE_DELETE,
					   .kind = &kube_pods,
					   .ns = kube_namespace(pod),
					   .name = kube_name(pod),
					   .uid = kube_uid(pod),
					   .grace = &now },
		   &ops);
}

static void reaper_end(struct kube_watch *watch, const struct err *err)
{
	(void)watch;
	(void)err;
}

static struct reaper *reaper_new(struct test *test)
{
	static const struct kube_watch_ops ops = { .on_modified = reap, .on_end = reaper_end };
	struct reaper *reaper = arena_alloc(test->arena, sizeof(*reaper));

	reaper->kube = test->kube;
	kube_watch_start(&reaper->watch, test->kube,
			 &(struct kube_watch_options){ .kind = &kube_pods }, &ops);
	return reaper;
}

static void reaper_done(struct reaper *reaper)
{
	kube_watch_stop(&reaper->watch);
	for (size_t i = 0; i < reaper->calls; i++)
		kube_call_done(&reaper->call[i]);
}

struct draining {
	struct drain drain;
	struct test *test;
	struct err err;
};

static void drained(struct drain *drain, const struct err *err)
{
	struct draining *draining = container_of(drain, struct draining, drain);

	draining->err = *err;
	draining->test->err = *err;
	loop_stop(draining->test->loop);
}

static struct err drain_it(struct test *test, const struct drain_options *with)
{
	static const struct drain_ops ops = { .on_done = drained };
	struct draining *draining = arena_alloc(test->arena, sizeof(*draining));
	struct drain_options options = *with;

	options.kube = test->kube;
	options.node = "suite-node";
	draining->test = test;
	drain_start(&draining->drain, &options, &ops);
	run_loop(test);
	return draining->err;
}

static const struct value *read_node(struct test *test)
{
	must(test, &(struct kube_request){
			   .verb = KUBE_GET, .kind = &kube_nodes, .name = "suite-node" });
	return test->call.reply;
}

static bool is_cordoned(struct test *test)
{
	return value_bool(value_get(value_get(read_node(test), "spec"), "unschedulable"), false);
}

static void make_node(struct test *test)
{
	remove_it(test, &kube_nodes, "suite-node");
	must(test, &(struct kube_request){
			   .verb = KUBE_CREATE,
			   .body = JSON(test, "{\"apiVersion\":\"v1\",\"kind\":\"Node\","
					      "\"metadata\":{\"name\":\"suite-node\"}}") });
}

/* A pod on that node, running and ready unless `phase` says otherwise. */
static void make_pod(struct test *test, const char *name, const char *phase, const char *metadata)
{
	remove_it(test, &kube_pods, name);
	must(test,
	     &(struct kube_request){
		     .verb = KUBE_CREATE,
		     .body = JSON(test,
				  "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{"
				  "\"name\":\"%s\",\"namespace\":\"" NS "\","
				  "\"labels\":{\"app\":\"%s\"}%s},\"spec\":{"
				  "\"nodeName\":\"suite-node\",\"volumes\":[{\"name\":\"tmp\","
				  "\"emptyDir\":{}}],\"containers\":[{\"name\":\"c\","
				  "\"image\":\"none.example/none:1\"}]}}",
				  name, name, metadata) });
	must(test, &(struct kube_request){
			   .verb = KUBE_MERGE,
			   .kind = &kube_pods,
			   .ns = NS,
			   .name = name,
			   .subresource = "status",
			   .body = JSON(test,
					"{\"status\":{\"phase\":\"%s\",\"conditions\":[{"
					"\"type\":\"Ready\",\"status\":\"True\"}]}}",
					phase) });
	CHECK(test, text_equal(kube_condition(test->call.reply, "Ready"), "True"));
}

static bool pod_is_there(struct test *test, const char *name)
{
	return ask(test, &(struct kube_request){
				 .verb = KUBE_GET, .kind = &kube_pods, .ns = NS, .name = name });
}

static void case_cordon(struct test *test)
{
	make_node(test);
	drain_it(test, &(struct drain_options){ .what = DRAIN_CORDON });
	CHECK(test, is_cordoned(test) && kube_annotation(test->call.reply, DRAIN_ANNOTATION));
	drain_it(test, &(struct drain_options){ .what = DRAIN_CORDON });
	CHECK(test, is_cordoned(test));
	drain_it(test, &(struct drain_options){ .what = DRAIN_UNCORDON });
	CHECK(test, !is_cordoned(test) && !kube_annotation(test->call.reply, DRAIN_ANNOTATION));

	must(test, &(struct kube_request){ .verb = KUBE_MERGE,
					   .kind = &kube_nodes,
					   .name = "suite-node",
					   .body = JSON(test, "{\"spec\":{\"unschedulable\":true}}") });
	drain_it(test, &(struct drain_options){ .what = DRAIN_CORDON });
	drain_it(test, &(struct drain_options){ .what = DRAIN_UNCORDON });
	CHECK(test, is_cordoned(test)); /* the user's own */
	remove_it(test, &kube_nodes, "suite-node");
	CHECK(test, drain_it(test, &(struct drain_options){ 0 }).kind == ERR_NOT_FOUND);
}

static const char owned[] = ",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"%s\","
			    "\"name\":\"o\",\"uid\":\"99999999-0000-0000-0000-000000000001\","
			    "\"controller\":true}]";

static void case_drain(struct test *test)
{
	static const char mirror[] =
		",\"annotations\":{\"kubernetes.io/config.mirror\":\"abc\"}";

	make_node(test);
	make_pod(test, "plain", "Running", "");
	make_pod(test, "managed", "Running", arena_printf(test->arena, owned, "ReplicaSet"));
	make_pod(test, "daemon", "Running", arena_printf(test->arena, owned, "DaemonSet"));
	make_pod(test, "finished", "Succeeded", "");
	make_pod(test, "static", "Running", mirror);
	struct reaper *reaper = reaper_new(test);

	struct err err = drain_it(test, &(struct drain_options){ .keep_unmanaged = true });
	CHECK(test, err.kind == ERR_REFUSED && strstr(err.text, "default/plain"));
	err = drain_it(test, &(struct drain_options){ .keep_local_data = true });
	CHECK(test, err.kind == ERR_REFUSED && strstr(err.text, "emptyDir"));
	CHECK(test, pod_is_there(test, "plain") && pod_is_there(test, "managed"));

	err = drain_it(test, &(struct drain_options){ .timeout = 30 * SECOND });
	CHECK(test, !err_is_set(&err));
	CHECK(test, !pod_is_there(test, "plain") && !pod_is_there(test, "managed"));
	CHECK(test, pod_is_there(test, "daemon") && pod_is_there(test, "finished") &&
			    pod_is_there(test, "static"));
	CHECK(test, is_cordoned(test));
	reaper_done(reaper);
	remove_it(test, &kube_pods, "daemon");
	remove_it(test, &kube_pods, "finished");
	remove_it(test, &kube_pods, "static");
	remove_it(test, &kube_nodes, "suite-node");
}

static void set_budget(struct test *test, unsigned allowed)
{
	must(test, &(struct kube_request){
			   .verb = KUBE_MERGE,
			   .kind = &kube_pod_disruption_budgets,
			   .ns = NS,
			   .name = "keep-guarded",
			   .subresource = "status",
			   .body = JSON(test,
					"{\"status\":{\"observedGeneration\":1,"
					"\"disruptionsAllowed\":%u,\"currentHealthy\":1,"
					"\"desiredHealthy\":1,\"expectedPods\":1}}",
					allowed) });
}

static void case_budget(struct test *test)
{
	const struct kube_request evict = {
		.verb = KUBE_EVICT, .ns = NS, .name = "guarded"
	};

	make_node(test);
	make_pod(test, "guarded", "Running", arena_printf(test->arena, owned, "ReplicaSet"));
	remove_it(test, &kube_pod_disruption_budgets, "keep-guarded");
	must(test, &(struct kube_request){
			   .verb = KUBE_CREATE,
			   .body = JSON(test,
					"{\"apiVersion\":\"policy/v1\","
					"\"kind\":\"PodDisruptionBudget\",\"metadata\":{"
					"\"name\":\"keep-guarded\",\"namespace\":\"" NS "\"},"
					"\"spec\":{\"minAvailable\":1,\"selector\":{"
					"\"matchLabels\":{\"app\":\"guarded\"}}}}") });
	set_budget(test, 0);
	CHECK(test, !ask(test, &evict) && kube_says_blocked_by_budget(&test->err));
	CHECK(test, strstr(test->err.text, "keep-guarded"));
	struct reaper *reaper = reaper_new(test);
	struct err err = drain_it(test, &(struct drain_options){ .timeout = SECOND });
	CHECK(test, err.kind == ERR_TIMEOUT && strstr(err.text, "default/guarded"));
	CHECK(test, strstr(err.text, "keep-guarded") && *err.hint);
	CHECK(test, pod_is_there(test, "guarded") && is_cordoned(test));
	set_budget(test, 1);
	err = drain_it(test, &(struct drain_options){ .timeout = 20 * SECOND });
	CHECK(test, !err_is_set(&err) && !pod_is_there(test, "guarded"));
	reaper_done(reaper);
	remove_it(test, &kube_pod_disruption_budgets, "keep-guarded");
	remove_it(test, &kube_nodes, "suite-node");
}

static const struct suite_case {
	const char *name;
	void (*run)(struct test *test);
} cases[] = {
	{ "version", case_version },
	{ "objects", case_objects },
	{ "patches", case_patches },
	{ "apply", case_apply },
	{ "pages", case_pages },
	{ "refusals", case_refusals },
	{ "identity", case_identity },
	{ "discovery", case_discovery },
	{ "preconditions", case_preconditions },
	{ "watch", case_watch },
	{ "watch-resumes", case_watch_resumes },
	{ "watch-refused", case_watch_refused },
	{ "lease", case_lease },
	{ "lease-expires", case_lease_expires },
	{ "lease-lost", case_lease_lost },
	{ "cordon", case_cordon },
	{ "drain", case_drain },
	{ "budget", case_budget },
};

static void test_open(struct test *test, const struct place *place)
{
	test->place = place;
	test->loop = loop_new_epoll(NULL);
	test->http = http_curl_new(test->loop, NULL, 0);
	test->arena = arena_new("case");
	test->kube = other_kube(test, &(struct kube_options){
					      .ca = place->ca,
					      .identity = { place->cert, place->key } });
	timer_init(&test->limit, test->loop, limit_due);
	timer_set(&test->limit, loop_now(test->loop) + CASE_LIMIT);
}

/* A case that failed leaves watches and calls behind: the program ends then, and they with it. */
static bool run_case(const struct suite_case *what, const struct place *place)
{
	struct test *test = mem_new(sizeof(*test));

	test_open(test, place);
	if (setjmp(test->failed) != 0) {
		printf("FAILED %s\n", what->name);
		return false;
	}
	what->run(test);
	kube_call_done(&test->call);
	kube_free(test->kube);
	http_curl_free(test->http);
	timer_cancel(&test->limit);
	arena_free(test->arena);
	loop_free(test->loop);
	mem_free(test, sizeof(*test));
	printf("ok %s\n", what->name);
	return true;
}

static bool is_wanted(const char *name, char *const *wanted)
{
	if (!*wanted)
		return true;
	while (*wanted && strcmp(*wanted, name) != 0)
		wanted++;
	return *wanted;
}

static void ready_again(struct timer *timer)
{
	loop_stop(timer->loop);
}

/* A server that was only just started: until it answers and says that it is well. */
static bool wait_ready(const struct place *place)
{
	struct test *test = mem_new(sizeof(*test));
	struct timer pause;
	bool ready = false;

	test_open(test, place);
	timer_init(&pause, test->loop, ready_again);
	if (setjmp(test->failed) == 0) {
		while (!ask(test, &(struct kube_request){ .verb = KUBE_PATH, .name = "/readyz" })) {
			timer_set(&pause, loop_now(test->loop) + 200 * MILLISECOND);
			run_loop(test);
		}
		ready = true;
	}
	kube_call_done(&test->call);
	kube_free(test->kube);
	http_curl_free(test->http);
	timer_cancel(&test->limit);
	timer_cancel(&pause);
	arena_free(test->arena);
	loop_free(test->loop);
	mem_free(test, sizeof(*test));
	return ready;
}

static const char *file_text(struct arena *arena, const char *path)
{
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	if (fs_read(arena, path, FILE_LIMIT, &text, &len, &err) == 0)
		return text;
	fprintf(stderr, "%s\n", err.text);
	return NULL;
}

int main(int argc, char **argv)
{
	struct arena *arena OWNED(arena_free) = arena_new("suite");
	struct place place;
	unsigned count = 0;

	if (argc < 6) {
		fprintf(stderr, "usage: peer_kube HOST PORT CA CERT KEY [CASE]...\n");
		return 2;
	}
	place.host = argv[1];
	place.port = (unsigned)strtoul(argv[2], NULL, 10);
	place.ca = file_text(arena, argv[3]);
	place.cert = file_text(arena, argv[4]);
	place.key = file_text(arena, argv[5]);
	if (!place.ca || !place.cert || !place.key || !wait_ready(&place))
		return 2;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (!is_wanted(cases[i].name, argv + 6))
			continue;
		if (!run_case(&cases[i], &place)) {
			fflush(stdout);
			_exit(1);
		}
		count++;
	}
	printf("%u cases\n", count);
	return count > 0 ? 0 : 2;
}
