#include "peer/kube/suite.h"

#include "base/text.h"
#include "kube/drain.h"

#include <string.h>

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
	test_run(test);
	return draining->err;
}

static const struct value *read_node(struct test *test)
{
	test_must(test, &(struct kube_request){
				.verb = KUBE_GET, .kind = &kube_nodes, .name = "suite-node" });
	return test->call.reply;
}

static bool is_cordoned(struct test *test)
{
	return value_bool(value_get(value_get(read_node(test), "spec"), "unschedulable"), false);
}

static void make_node(struct test *test)
{
	test_remove(test, &kube_nodes, "suite-node");
	test_must(test, &(struct kube_request){
				.verb = KUBE_CREATE,
				.body = JSON(test, "{\"apiVersion\":\"v1\",\"kind\":\"Node\","
						   "\"metadata\":{\"name\":\"suite-node\"}}") });
}

/* A pod on that node, running and ready unless `phase` says otherwise. */
static void make_pod(struct test *test, const char *name, const char *phase, const char *metadata)
{
	test_remove(test, &kube_pods, name);
	test_must(test,
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
	test_must(test, &(struct kube_request){
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
	return test_ask(test, &(struct kube_request){
				      .verb = KUBE_GET,
				      .kind = &kube_pods,
				      .ns = NS,
				      .name = name });
}

void case_cordon(struct test *test)
{
	make_node(test);
	drain_it(test, &(struct drain_options){ .what = DRAIN_CORDON });
	CHECK(test, is_cordoned(test) && kube_annotation(test->call.reply, DRAIN_ANNOTATION));
	drain_it(test, &(struct drain_options){ .what = DRAIN_CORDON });
	CHECK(test, is_cordoned(test));
	drain_it(test, &(struct drain_options){ .what = DRAIN_UNCORDON });
	CHECK(test, !is_cordoned(test) && !kube_annotation(test->call.reply, DRAIN_ANNOTATION));

	const struct value *cordon = JSON(test, "{\"spec\":{\"unschedulable\":true}}");
	test_must(test, &(struct kube_request){ .verb = KUBE_MERGE,
						.kind = &kube_nodes,
						.name = "suite-node",
						.body = cordon });
	drain_it(test, &(struct drain_options){ .what = DRAIN_CORDON });
	drain_it(test, &(struct drain_options){ .what = DRAIN_UNCORDON });
	CHECK(test, is_cordoned(test)); /* the user's own */
	test_remove(test, &kube_nodes, "suite-node");
	CHECK(test, drain_it(test, &(struct drain_options){ 0 }).kind == ERR_NOT_FOUND);
}

static const char owned[] = ",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"%s\","
			    "\"name\":\"o\",\"uid\":\"99999999-0000-0000-0000-000000000001\","
			    "\"controller\":true}]";

void case_drain(struct test *test)
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
	test_remove(test, &kube_pods, "daemon");
	test_remove(test, &kube_pods, "finished");
	test_remove(test, &kube_pods, "static");
	test_remove(test, &kube_nodes, "suite-node");
}

/*
 * With its status, which a controller keeps up in a whole cluster; where one does, both agree. A
 * status of an older generation would be waited for.
 */
static void set_budget(struct test *test, unsigned allowed)
{
	struct kube_request request = {
		.verb = KUBE_MERGE,
		.kind = &kube_pod_disruption_budgets,
		.ns = NS,
		.name = "keep-guarded",
		.body = JSON(test, "{\"spec\":{\"minAvailable\":%u}}", allowed ? 0 : 1),
	};

	test_must(test, &request);
	request.subresource = "status";
	request.body = JSON(test,
			    "{\"status\":{\"observedGeneration\":9,"
			    "\"disruptionsAllowed\":%u,\"currentHealthy\":1,"
			    "\"desiredHealthy\":%u,\"expectedPods\":1}}",
			    allowed, allowed ? 0 : 1);
	test_must(test, &request);
}

void case_budget(struct test *test)
{
	const struct kube_request evict = {
		.verb = KUBE_EVICT, .ns = NS, .name = "guarded"
	};

	make_node(test);
	make_pod(test, "guarded", "Running", arena_printf(test->arena, owned, "ReplicaSet"));
	test_remove(test, &kube_pod_disruption_budgets, "keep-guarded");
	test_must(test, &(struct kube_request){
				.verb = KUBE_CREATE,
				.body = JSON(test,
					     "{\"apiVersion\":\"policy/v1\","
					     "\"kind\":\"PodDisruptionBudget\",\"metadata\":{"
					     "\"name\":\"keep-guarded\",\"namespace\":\"" NS "\"},"
					     "\"spec\":{\"minAvailable\":1,\"selector\":{"
					     "\"matchLabels\":{\"app\":\"guarded\"}}}}") });
	set_budget(test, 0);
	CHECK(test, !test_ask(test, &evict) && kube_says_blocked_by_budget(&test->err));
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
	test_remove(test, &kube_pod_disruption_budgets, "keep-guarded");
	test_remove(test, &kube_nodes, "suite-node");
}
