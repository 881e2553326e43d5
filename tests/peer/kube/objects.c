#include "peer/kube/suite.h"

#include <string.h>

static const char *data_key(const struct value *object)
{
	const char *text = value_get_text(value_get(object, "data"), "key");

	return text ? text : "";
}

void case_version(struct test *test)
{
	const struct value *reply =
		test_ask(test, &(struct kube_request){ .verb = KUBE_PATH, .name = "/version" });

	CHECK(test, reply && strstr(value_text(reply), "gitVersion"));
}

void case_objects(struct test *test)
{
	const struct kube_request read = {
		.verb = KUBE_GET, .kind = &kube_configmaps, .ns = NS, .name = "objects"
	};
	const struct kube_request create = { .verb = KUBE_CREATE,
					     .body = test_config_map(test, "objects", "one") };

	test_remove(test, &kube_configmaps, "objects");
	CHECK(test, !test_ask(test, &read) && test->err.kind == ERR_NOT_FOUND);
	test_must(test, &create);
	CHECK(test, !test_ask(test, &create) && test->err.kind == ERR_CONFLICT);
	CHECK(test, kube_says_exists(&test->err));

	test_must(test, &read);
	const struct value *old = value_copy(test->arena, test->call.reply);
	CHECK(test, strcmp(data_key(old), "one") == 0);
	struct kube_request update = {
		.verb = KUBE_UPDATE,
		.body = value_set(test->arena, old, "data", JSON(test, "{\"key\":\"two\"}")),
	};
	test_must(test, &update);
	CHECK(test, strcmp(data_key(test->call.reply), "two") == 0);
	CHECK(test, !test_ask(test, &update) && test->err.kind == ERR_CONFLICT);
	CHECK(test, !kube_says_exists(&test->err));
	test_remove(test, &kube_configmaps, "objects");
}

void case_patches(struct test *test)
{
	struct kube_request patch = { .kind = &kube_configmaps, .ns = NS, .name = "patches" };

	test_remove(test, &kube_configmaps, "patches");
	test_must(test, &(struct kube_request){ .verb = KUBE_CREATE,
						.body = test_config_map(test, "patches", "one") });
	patch.verb = KUBE_MERGE;
	patch.body = JSON(test, "{\"data\":{\"key\":\"merged\",\"more\":\"1\"}}");
	test_must(test, &patch);
	CHECK(test, strcmp(data_key(test->call.reply), "merged") == 0);
	patch.verb = KUBE_JSON_PATCH;
	patch.body = JSON(test, "[{\"op\":\"remove\",\"path\":\"/data/more\"}]");
	test_must(test, &patch);
	CHECK(test, !value_has(value_get(test->call.reply, "data"), "more"));
	patch.verb = KUBE_STRATEGIC;
	patch.body = JSON(test, "{\"data\":{\"key\":\"strategic\"}}");
	test_must(test, &patch);
	CHECK(test, strcmp(data_key(test->call.reply), "strategic") == 0);
	test_remove(test, &kube_configmaps, "patches");
}

void case_apply(struct test *test)
{
	struct kube_request apply = { .verb = KUBE_APPLY,
				      .body = test_config_map(test, "apply", "ours"),
				      .dry_run = true };

	test_remove(test, &kube_configmaps, "apply");
	test_must(test, &apply);
	CHECK(test, !test_ask(test, &(struct kube_request){ .verb = KUBE_GET,
							    .kind = &kube_configmaps,
							    .ns = NS,
							    .name = "apply" }));
	apply.dry_run = false;
	test_must(test, &apply);
	CHECK(test, strcmp(data_key(test->call.reply), "ours") == 0);
	apply.manager = "somebody-else";
	apply.body = test_config_map(test, "apply", "theirs");
	CHECK(test, !test_ask(test, &apply) && test->err.kind == ERR_CONFLICT);
	apply.force = true;
	test_must(test, &apply);
	CHECK(test, strcmp(data_key(test->call.reply), "theirs") == 0);
	test_remove(test, &kube_configmaps, "apply");
}

void case_pages(struct test *test)
{
	const char *names[] = { "page-a", "page-b", "page-c", "page-d", "page-e" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		test_remove(test, &kube_configmaps, names[i]);
		test_must(test, &(struct kube_request){ .verb = KUBE_CREATE,
							.body = test_config_map(test, names[i],
										"x") });
	}
	for (unsigned page = 1; page <= 6; page++) {
		test_must(test, &(struct kube_request){ .verb = KUBE_LIST,
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
		test_remove(test, &kube_configmaps, names[i]);
}

void case_refusals(struct test *test)
{
	struct kube_request bad = { .verb = KUBE_CREATE,
				    .kind = &kube_configmaps,
				    .body = test_config_map(test, "Not A Name", "x") };

	CHECK(test, !test_ask(test, &bad) && test->err.kind == ERR_INPUT);
	bad.body = JSON(test, "{\"metadata\":{\"name\":\"x\"}}");
	bad.kind = NULL;
	CHECK(test, !test_ask(test, &bad) && test->err.kind == ERR_INPUT);
	CHECK(test, strstr(test->err.text, "apiVersion"));
	bad.body = JSON(test, "{\"apiVersion\":\"nowhere.example/v1\",\"kind\":\"Nothing\","
			      "\"metadata\":{\"name\":\"x\"}}");
	CHECK(test, !test_ask(test, &bad) && test->err.kind == ERR_NOT_FOUND);
	bad.body = JSON(test, "{\"apiVersion\":\"v1\",\"kind\":\"Nothing\","
			      "\"metadata\":{\"name\":\"x\"}}");
	CHECK(test, !test_ask(test, &bad) && test->err.kind == ERR_NOT_FOUND);
	CHECK(test, strstr(test->err.text, "Nothing"));
}

static void list_nodes_with(struct test *test, struct kube *other)
{
	struct kube *mine = test->kube;

	test->kube = other;
	test_ask(test, &(struct kube_request){ .verb = KUBE_LIST, .kind = &kube_nodes });
	test->kube = mine;
	kube_free(other);
}

void case_identity(struct test *test)
{
	const struct place *place = test->place;
	const struct x509_ca strange = { "strange", KEY_ECDSA_P256, loop_wall(test->loop), DAY };
	struct identity ca;

	list_nodes_with(test, test_kube(test, &(struct kube_options){ .ca = place->ca }));
	CHECK(test, test->err.kind == ERR_AUTH);
	list_nodes_with(test, test_kube(test, &(struct kube_options){
						      .ca = place->ca, .bearer = "no-token" }));
	CHECK(test, test->err.kind == ERR_AUTH);
	CHECK(test, !strstr(test->err.text, "no-token"));
	CHECK(test, x509_make_ca(test->arena, &strange, &ca, &test->err) == 0);
	list_nodes_with(test,
			test_kube(test, &(struct kube_options){
						.ca = ca.cert,
						.identity = { place->cert, place->key } }));
	CHECK(test, test->err.kind == ERR_AUTH);
}

void case_discovery(struct test *test)
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

	test_remove(test, &kube_custom_resource_definitions, name);
	test_must(test, &(struct kube_request){ .verb = KUBE_APPLY, .body = test_json(test, crd) });
	/* served a moment later */
	while (!test_ask(test, &apply))
		CHECK(test, test->err.kind == ERR_NOT_FOUND || kube_says_busy(&test->err));
	test_must(test, &(struct kube_request){ .verb = KUBE_GET,
						.api_version = "suite.example/v1",
						.kind_name = "Gadget",
						.name = "one" });
	CHECK(test, strcmp(value_get_text(test->call.reply, "size"), "3") == 0);
	test_remove(test, &kube_custom_resource_definitions, name);
}

void case_preconditions(struct test *test)
{
	struct kube_request remove = { .verb = KUBE_DELETE,
				       .kind = &kube_configmaps,
				       .ns = NS,
				       .name = "exact",
				       .uid = "11111111-2222-3333-4444-555555555555" };

	test_remove(test, &kube_configmaps, "exact");
	test_must(test, &(struct kube_request){ .verb = KUBE_CREATE,
						.body = test_config_map(test, "exact", "x") });
	const char *uid = arena_str(test->arena, kube_uid(test->call.reply));
	CHECK(test, !test_ask(test, &remove) && test->err.kind == ERR_CONFLICT);
	remove.uid = uid;
	test_must(test, &remove);
}
