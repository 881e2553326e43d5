#include "kube_client.h"

#include "base/clock.h"
#include "sim/kube_value.h"

#include <criterion/criterion.h>
#include <string.h>

#define MAPS "/api/v1/namespaces/default/configmaps"

static void cluster(struct stage *stage, size_t controls, size_t workers)
{
	stage_init(stage, controls, workers);
	stage_install(stage);
	stage_bootstrap(stage, CP1);
	stage_wait(stage, 5 * MINUTE);
}

static const char *ready_of(struct stage *stage, const char *node)
{
	const struct ask *ask = kube_ask(
		stage, "GET", arena_printf(stage->arena, "/api/v1/nodes/%s", node), NULL);

	return kube_text(kube_entry(kube_at(ask->value, "status.conditions"), "type", "Ready"),
			 "status");
}

static size_t items(const struct ask *ask)
{
	return value_len(value_get(ask->value, "items"));
}

Test(kube, nodes_that_joined_are_there)
{
	struct stage stage;
	const struct ask *ask;

	cluster(&stage, 3, 1);
	ask = kube_ask(&stage, "GET", "/api/v1/nodes", NULL);
	cr_assert_eq(ask->err.kind, ERR_NONE, "%s", ask->err.text);
	cr_assert_eq(ask->status, 200);
	cr_assert_eq(items(ask), 4);
	cr_assert_str_eq(ready_of(&stage, "cp1"), "True");
	ask = kube_ask(&stage, "GET", "/api/v1/nodes/w1", NULL);
	cr_assert_str_eq(kube_got(ask, "status.nodeInfo.bootID"),
			 stage_fact(&stage, "w1")->boot_id);
	cr_assert_eq(kube_ask(&stage, "GET", "/api/v1/nodes/nobody", NULL)->status, 404);

	const struct ask *pods =
		kube_ask(&stage, "GET",
			 "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3D"
			 "kube-apiserver",
			 NULL);
	cr_assert_eq(items(pods), 3);
	ask = kube_ask(&stage, "GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dw1", NULL);
	cr_assert_gt(items(ask), 0);
	cr_assert_lt(items(ask), 10);
	stage_done(&stage);
}

Test(kube, a_node_that_is_lost_shows_after_forty_seconds)
{
	struct stage stage;

	cluster(&stage, 1, 1);
	world_power(stage.world, "w1", false);
	stage_wait(&stage, 30 * SECOND);
	cr_assert_str_eq(ready_of(&stage, "w1"), "True");
	stage_wait(&stage, 15 * SECOND);
	cr_assert_str_eq(ready_of(&stage, "w1"), "Unknown");
	world_power(stage.world, "w1", true);
	stage_wait(&stage, 5 * MINUTE);
	cr_assert_str_eq(ready_of(&stage, "w1"), "True");
	stage_done(&stage);
}

Test(kube, who_may_ask)
{
	struct stage stage;
	struct identity stranger;
	static const struct trust nobody = { .ca = NULL };
	const struct ask *ask;

	cluster(&stage, 1, 0);
	cr_assert_eq(x509_make_ca(stage.arena,
				  &(struct x509_ca){ "other", KEY_ED25519, STAGE_WALL, DAY },
				  &stranger, NULL),
		     0);
	ask = kube_run(&stage, &(struct asked){ .method = "GET",
						.path = "/api/v1/nodes",
						.nobody = true });
	cr_assert_eq(ask->status, 401);
	cr_assert_str_eq(kube_got(ask, "reason"), "Unauthorized");
	ask = kube_run(&stage, &(struct asked){ .method = "GET",
						.path = "/api/v1/nodes",
						.identity = kube_identity(&stage, "guests") });
	cr_assert_eq(ask->status, 403);
	cr_assert_str_eq(kube_got(ask, "message"),
			 "nodes is forbidden: User \"somebody\" cannot list resource \"nodes\" in "
			 "API group \"\" at the cluster scope");
	ask = kube_run(&stage, &(struct asked){ .method = "GET",
						.path = "/api/v1/nodes",
						.identity = &stranger });
	cr_assert_eq(ask->err.kind, ERR_AUTH);
	ask = kube_run(&stage, &(struct asked){ .method = "GET",
						.path = "/api/v1/nodes",
						.trust = &nobody });
	cr_assert_eq(ask->err.kind, ERR_AUTH);
	ask = kube_run(&stage, &(struct asked){ .host = "10.0.0.77",
						.method = "GET",
						.path = "/version" });
	cr_assert_eq(ask->err.kind, ERR_NET);
	stage_done(&stage);
}

Test(kube, objects_are_created_changed_and_deleted)
{
	struct stage stage;
	const struct ask *ask;
	const char *old;

	cluster(&stage, 1, 0);
	ask = kube_ask(&stage, "POST", MAPS,
		       "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\"}}");
	cr_assert_eq(ask->status, 201);
	old = kube_got(ask, "metadata.resourceVersion");
	cr_assert_neq(*kube_got(ask, "metadata.uid"), '\0');
	ask = kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}");
	cr_assert_eq(ask->status, 409);
	cr_assert_str_eq(kube_got(ask, "reason"), "AlreadyExists");
	ask = kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"A_\"}}");
	cr_assert_eq(ask->status, 422);
	cr_assert_eq(kube_ask(&stage, "POST", "/api/v1/namespaces/none/configmaps",
			      "{\"metadata\":{\"name\":\"a\"}}")
			     ->status,
		     404);
	ask = kube_ask(&stage, "PATCH", MAPS "/a", "{\"data\":{\"k\":\"2\",\"l\":\"3\"}}");
	cr_assert_eq(ask->status, 200);
	cr_assert_str_eq(kube_got(ask, "data.k"), "2");
	ask = kube_ask(&stage, "PUT", MAPS "/a",
		       arena_printf(stage.arena,
				    "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"%s\"}}",
				    old));
	cr_assert_eq(ask->status, 409);
	cr_assert_str_eq(kube_got(ask, "reason"), "Conflict");
	ask = kube_run(&stage, &(struct asked){
				       .method = "PATCH",
				       .path = MAPS "/a",
				       .type = "application/json-patch+json",
				       .body = "[{\"op\":\"test\",\"path\":\"/data/k\","
					       "\"value\":\"2\"},"
					       "{\"op\":\"remove\",\"path\":\"/data/l\"}]" });
	cr_assert_eq(ask->status, 200);
	cr_assert_null(kube_at(ask->value, "data.l"));
	cr_assert_eq(kube_ask(&stage, "DELETE", MAPS "/a", NULL)->status, 200);
	cr_assert_eq(kube_ask(&stage, "GET", MAPS "/a", NULL)->status, 404);
	stage_done(&stage);
}

static const struct ask *apply(struct stage *stage, const char *manager, const char *body)
{
	return kube_run(stage, &(struct asked){
				       .method = "PATCH",
				       .path = arena_printf(stage->arena,
							    MAPS "/s?fieldManager=%s", manager),
				       .type = "application/apply-patch+yaml",
				       .body = body });
}

Test(kube, fields_have_owners)
{
	struct stage stage;
	const struct ask *ask;
	const char *revision;

	cluster(&stage, 1, 0);
	ask = apply(&stage, "one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, data: "
				   "{a: '1', b: '1'}}");
	cr_assert_eq(ask->status, 201);
	revision = kube_got(ask, "metadata.resourceVersion");
	ask = apply(&stage, "one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, data: "
				   "{a: '1', b: '1'}}");
	cr_assert_str_eq(kube_got(ask, "metadata.resourceVersion"), revision, "it was no change");
	ask = apply(&stage, "two", "{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, data: "
				   "{a: '2'}}");
	cr_assert_eq(ask->status, 409);
	cr_assert_str_eq(kube_got(ask, "message"),
			 "Apply failed with 1 conflict: conflict with \"one\": .data.a");
	cr_assert_str_eq(kube_text(value_at(kube_at(ask->value, "details.causes"), 0), "field"),
			 ".data.a");
	ask = apply(&stage, "two&force=true",
		    "{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, data: {a: '2'}}");
	cr_assert_str_eq(kube_got(ask, "data.a"), "2");
	ask = apply(&stage, "one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: s}}");
	cr_assert_eq(ask->status, 200);
	cr_assert_null(kube_at(ask->value, "data.b"), "nobody says it any more");
	cr_assert_str_eq(kube_got(ask, "data.a"), "2");
	stage_done(&stage);
}

Test(kube, a_watch_tells_what_changes_and_old_ones_expire)
{
	struct stage stage;
	struct ask *watch;
	const struct ask *ask;

	cluster(&stage, 1, 0);
	watch = kube_start(&stage, &(struct asked){
					   .method = "GET",
					   .path = MAPS "?watch=true&labelSelector=x%3D1" });
	stage_wait(&stage, SECOND);
	kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"in\",\"labels\":{\"x\":\"1\"}}}");
	kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"out\"}}");
	kube_ask(&stage, "PATCH", MAPS "/in", "{\"metadata\":{\"labels\":{\"x\":\"2\"}}}");
	stage_wait(&stage, SECOND);
	cr_assert_eq(watch->status, 200);
	cr_assert_not_null(strstr(str_text(&watch->body), "\"type\":\"ADDED\""));
	cr_assert_not_null(strstr(str_text(&watch->body), "\"type\":\"DELETED\""));
	cr_assert_null(strstr(str_text(&watch->body), "\"out\""));
	kube_stop(watch);
	for (int i = 0; i < 1100; i++)
		kube_ask(&stage, "PATCH", MAPS "/in",
			 arena_printf(stage.arena, "{\"data\":{\"n\":\"%d\"}}", i));
	ask = kube_ask(&stage, "GET", MAPS "?watch=true&resourceVersion=2", NULL);
	cr_assert_str_eq(kube_got(ask, "type"), "ERROR");
	cr_assert_str_eq(kube_got(ask, "object.reason"), "Expired");
	cr_assert_str_eq(kube_got(ask, "object.code"), "410");
	stage_done(&stage);
}

static const char web[] =
	"{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":2,\"selector\":{\"matchLabels\":"
	"{\"app\":\"web\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":"
	"{\"containers\":[{\"name\":\"web\",\"image\":\"web:1\"}]}}}}";

static const struct ask *web_pods(struct stage *stage)
{
	return kube_ask(stage, "GET", "/api/v1/namespaces/default/pods?labelSelector=app%3Dweb",
			NULL);
}

static const struct ask *evict(struct stage *stage, const char *pod)
{
	return kube_ask(stage, "POST",
			arena_printf(stage->arena,
				     "/api/v1/namespaces/default/pods/%s/eviction", pod),
			arena_printf(stage->arena,
				     "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\","
				     "\"metadata\":{\"name\":\"%s\"}}",
				     pod));
}

Test(kube, evictions_follow_the_budget)
{
	struct stage stage;
	const struct ask *ask, *pods;
	const char *first, *second;

	cluster(&stage, 1, 2);
	cr_assert_eq(kube_ask(&stage, "POST", "/apis/apps/v1/namespaces/default/deployments", web)
			     ->status,
		     201);
	kube_ask(&stage, "POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
		 "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"minAvailable\":1,\"selector\":"
		 "{\"matchLabels\":{\"app\":\"web\"}}}}");
	stage_wait(&stage, MINUTE);
	ask = kube_ask(&stage, "GET", "/apis/apps/v1/namespaces/default/deployments/web", NULL);
	cr_assert_str_eq(kube_got(ask, "status.readyReplicas"), "2");
	pods = web_pods(&stage);
	cr_assert_eq(items(pods), 2);
	first = kube_text(value_at(value_get(pods->value, "items"), 0), "metadata.name");
	second = kube_text(value_at(value_get(pods->value, "items"), 1), "metadata.name");
	cr_assert_eq(evict(&stage, first)->status, 201);
	ask = evict(&stage, second);
	cr_assert_eq(ask->status, 429);
	cr_assert_str_eq(kube_got(ask, "message"),
			 "Cannot evict pod as it would violate the pod's disruption budget.");
	cr_assert_str_eq(kube_text(value_at(kube_at(ask->value, "details.causes"), 0), "message"),
			 "The disruption budget web needs 1 healthy pods and has 1 currently");
	stage_wait(&stage, MINUTE);
	cr_assert_eq(items(web_pods(&stage)), 2, "another one took its place");
	cr_assert_eq(evict(&stage, second)->status, 201);
	stage_done(&stage);
}

Test(kube, a_late_answer_comes_and_one_that_is_made_twice_conflicts_with_itself)
{
	struct stage stage;

	cluster(&stage, 1, 0);
	const struct fault late = {
		.kind = FAULT_LATE, .method = "kube:POST configmaps", .count = 1, .wait = SECOND
	};
	uint64_t began = loop_now(stage.loop);

	world_fault(stage.world, &late);
	world_fault(stage.world, &(struct fault){ .kind = FAULT_TWICE,
						  .method = "kube:POST configmaps",
						  .count = 1 });
	cr_assert_eq(kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"l\"}}")->status,
		     201);
	cr_assert_geq(loop_now(stage.loop) - began, SECOND);
	cr_assert_eq(kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"t\"}}")->status,
		     409);
	cr_assert_eq(kube_ask(&stage, "GET", MAPS "/t", NULL)->status, 200);
	stage_done(&stage);
}

Test(kube, faults_hit_what_they_name)
{
	struct stage stage;

	cluster(&stage, 1, 0);
	world_fault(stage.world, &(struct fault){ .kind = FAULT_RESET,
						  .method = "kube:GET nodes",
						  .count = 1 });
	world_fault(stage.world, &(struct fault){ .kind = FAULT_STATUS,
						  .method = "kube:GET pods",
						  .count = 1,
						  .code = 500 });
	world_fault(stage.world, &(struct fault){ .kind = FAULT_RESET_AFTER,
						  .method = "kube:POST configmaps",
						  .count = 1 });
	world_fault(stage.world, &(struct fault){ .kind = FAULT_SILENT,
						  .method = "kube:DELETE configmaps",
						  .count = 1 });
	cr_assert_eq(kube_ask(&stage, "GET", "/api/v1/nodes", NULL)->err.kind, ERR_NET);
	cr_assert_eq(kube_ask(&stage, "GET", "/api/v1/nodes", NULL)->status, 200);
	cr_assert_eq(kube_ask(&stage, "GET", "/api/v1/pods", NULL)->status, 500);
	cr_assert_eq(kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"f\"}}")->err.kind,
		     ERR_NET);
	cr_assert_eq(kube_ask(&stage, "GET", MAPS "/f", NULL)->status, 200);
	cr_assert_eq(kube_ask(&stage, "DELETE", MAPS "/f", NULL)->err.kind, ERR_TIMEOUT);
	cr_assert_eq(kube_ask(&stage, "GET", MAPS "/f", NULL)->status, 200);
	stage_done(&stage);
}
