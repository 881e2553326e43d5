#include "ops/manifest.h"

#include "base/own.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct value *read(struct arena *arena, const char *text)
{
	const struct yaml_input input = { "object", text, strlen(text), NULL, false };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s", err.text);
	return documents.at[0];
}

#define ROLE "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "
#define DAEMONS(spec, status)                                                                   \
	"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d, namespace: n, generation: " \
	"2}, spec: {" spec "}, status: {" status "}}"
#define DEPLOYMENT(status)                                                                       \
	"{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: n, generation: " \
	"2}, spec: {replicas: 2}, status: {" status "}}"

Test(manifest, keys_name_their_objects)
{
	static const struct {
		const char *object, *key;
	} rows[] = {
		{ ROLE "'system:coredns'}}",
		  "_system__coredns_rbac.authorization.k8s.io_ClusterRole" },
		{ "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: kube-proxy, namespace: "
		  "kube-system}}",
		  "kube-system_kube-proxy_apps_DaemonSet" },
		{ "{apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: "
		  "kube-system}}",
		  "kube-system_kube-dns__Service" },
		{ "{apiVersion: v1, kind: ConfigMap, metadata: {name: nowhere}}",
		  "default_nowhere__ConfigMap" },
		{ "{apiVersion: v1, kind: Namespace, metadata: {name: n}}", "_n__Namespace" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("key");
		const struct value *object = read(arena, rows[i].object);
		struct manifest_key key;

		cr_assert_str_eq(manifest_key_text(arena, object), rows[i].key);
		cr_assert(manifest_key_read(arena, rows[i].key, &key), "%s", rows[i].key);
		cr_assert(manifest_key_is(arena, &key, object), "%s", rows[i].key);
		for (size_t k = 0; k < ARRAY_LEN(rows); k++)
			cr_assert_eq(manifest_key_is(arena, &key, read(arena, rows[k].object)),
				     i == k, "%s and row %zu", rows[i].key, k);
	}
}

Test(manifest, what_is_no_key)
{
	static const char *const rows[] = { "", "_", "__", "___", "a_b", "a_b_c", "a_b_c_" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("key");
		struct manifest_key key;

		cr_assert_not(manifest_key_read(arena, rows[i], &key), "\"%s\"", rows[i]);
	}
}

Test(manifest, a_rollout_lacks_something_until_it_is_over)
{
	static const struct {
		const char *object, *lacks;
	} rows[] = {
		{ DAEMONS("", "observedGeneration: 1"),
		  "its controller has not seen the change yet" },
		{ DAEMONS("", "observedGeneration: 2, desiredNumberScheduled: 3, "
			      "updatedNumberScheduled: 1, numberAvailable: 3"),
		  "1 of 3 pods are new" },
		{ DAEMONS("", "observedGeneration: 2, desiredNumberScheduled: 3, "
			      "updatedNumberScheduled: 3, numberAvailable: 2"),
		  "2 of 3 pods are available" },
		{ DAEMONS("updateStrategy: {type: OnDelete}",
			  "observedGeneration: 2, desiredNumberScheduled: 3, "
			  "updatedNumberScheduled: 1, numberAvailable: 3"),
		  NULL },
		{ DAEMONS("", "observedGeneration: 2, desiredNumberScheduled: 3, "
			      "updatedNumberScheduled: 3, numberAvailable: 3"),
		  NULL },
		{ DAEMONS("", "observedGeneration: 3"), NULL },
		{ DEPLOYMENT("observedGeneration: 2, updatedReplicas: 1, replicas: 2"),
		  "1 of 2 pods are new" },
		{ DEPLOYMENT("observedGeneration: 2, updatedReplicas: 2, replicas: 3, "
			     "availableReplicas: 2"),
		  "1 old pods are still there" },
		{ DEPLOYMENT("observedGeneration: 2, updatedReplicas: 2, replicas: 2, "
			     "availableReplicas: 1"),
		  "1 of 2 pods are available" },
		{ DEPLOYMENT("observedGeneration: 2, updatedReplicas: 2, replicas: 2, "
			     "availableReplicas: 2"),
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("rollout");
		const struct value *object = read(arena, rows[i].object);
		const char *lacks = manifest_lacks(arena, object);

		cr_assert(manifest_rolls_out(object));
		cr_assert_eq(!lacks, !rows[i].lacks, "row %zu: %s", i, lacks ? lacks : "nothing");
		if (lacks)
			cr_assert_str_eq(lacks, rows[i].lacks);
	}
}

Test(manifest, tells_whose_an_object_is)
{
	static const struct {
		const char *object, *stranger, *shared;
	} rows[] = {
		{ ROLE "a}}", NULL, NULL },
		{ ROLE "a, annotations: {config.k8s.io/owning-inventory: " MANIFEST_INVENTORY "}}}",
		  NULL, NULL },
		{ ROLE "a, annotations: {config.k8s.io/owning-inventory: mine}}}", "mine", NULL },
		{ ROLE "a, managedFields: [{manager: talos, operation: Apply}, {manager: "
		       "kube-controller-manager, operation: Update}]}}",
		  NULL, NULL },
		{ ROLE "a, managedFields: [{manager: x, operation: Update, subresource: status}]}}",
		  NULL, NULL },
		{ ROLE "a, managedFields: [{manager: talos}, {manager: flux}]}}", NULL, "flux" },
		{ ROLE "a, annotations: {meta.helm.sh/release-name: chart}}}", NULL, "chart" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("owner");
		const struct value *object = read(arena, rows[i].object);
		const char *stranger = manifest_stranger(object), *shared = manifest_shared(object);

		cr_assert(text_equal(stranger, rows[i].stranger), "row %zu", i);
		cr_assert(text_equal(shared, rows[i].shared), "row %zu", i);
		cr_assert_null(manifest_stranger(manifest_listed(arena, object)));
	}
}

Test(manifest, what_the_server_counts_is_no_difference)
{
	struct arena *arena OWNED(arena_free) = arena_new("same");
	const struct value *one = read(arena, ROLE "a, resourceVersion: '1', generation: 1, "
						   "managedFields: [{manager: x}]}, rules: []}");
	const struct value *two = read(arena, ROLE "a, resourceVersion: '2', generation: 2}, "
						   "rules: []}");
	const struct value *three = read(arena, ROLE "a}, rules: [{verbs: [get]}]}");

	cr_assert(manifest_same(arena, one, two));
	cr_assert_not(manifest_same(arena, one, three));
	cr_assert_not(manifest_same(arena, one, manifest_listed(arena, one)));
}

#define PROXY(image)                                                                             \
	"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: kube-proxy}, spec: {template: " \
	"{spec: {containers: [{image: '" image "'}]}}}}"

Test(manifest, kube_proxy_is_rendered_when_it_has_the_image)
{
	static const struct {
		const char *object, *image;
		bool is;
	} rows[] = {
		{ PROXY("r/kube-proxy:v1.36.3"), "r/kube-proxy:v1.36.3", true },
		{ PROXY("r/kube-proxy:v1.36.2"), "r/kube-proxy:v1.36.3", false },
		{ PROXY("other/kube-proxy:v1.36.3"), "r/kube-proxy:v1.36.3", false },
		{ PROXY("r/kube-proxy:v1.36.4"), "r/kube-proxy:v1.36.3", true },
		{ PROXY("r/kube-proxy:latest"), "r/kube-proxy:v1.36.3", false },
		{ PROXY("r/kube-proxy:v1.36.3"), "r/kube-proxy:latest", false },
		{ ROLE "kube-proxy}}", "r/kube-proxy:v1.36.3", true },
		{ DAEMONS("", ""), "r/kube-proxy:v1.36.3", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("proxy");
		const struct value *object = read(arena, rows[i].object);

		cr_assert_eq(manifest_proxy_is(arena, &object, 1, rows[i].image), rows[i].is,
			     "row %zu", i);
	}
}
