#include "kube_client.h"

#include "base/clock.h"
#include "base/fs.h"
#include "sim/kube_value.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAPS "/api/v1/namespaces/default/configmaps"

static void cluster(struct stage *stage, size_t controls, size_t workers)
{
	stage_init(stage, controls, workers);
	stage_install(stage);
	stage_bootstrap(stage, CP1);
	stage_wait(stage, 5 * MINUTE);
}

static const char install_job[] =
	"{\"metadata\":{\"name\":\"cilium-install\"},\"spec\":{\"template\":{\"spec\":{"
	"\"restartPolicy\":\"OnFailure\",\"hostNetwork\":true,\"tolerations\":[{\"operator\":"
	"\"Exists\"}],\"containers\":[{\"name\":\"cli\",\"image\":\"quay.io/cilium/cilium-cli:v1\","
	"\"command\":[\"cilium\",\"install\",\"--version\",\"1.18.2\",\"--set\","
	"\"bgpControlPlane.enabled=true\"]}]}}}}";

static const char bgp[] =
	"{\"metadata\":{\"name\":\"home\"},\"spec\":{\"bgpInstances\":[{\"name\":\"i\""
	",\"localASN\":"
	"64512,\"peers\":[{\"name\":\"router\",\"peerAddress\":\"10.0.0.254\",\"peerAS"
	"N\":64513}]}]}}";

#define BGP "/apis/cilium.io/v2"

static const char *session(struct stage *stage, const char *node)
{
	const struct ask *ask = kube_ask(
		stage, "GET",
		arena_printf(stage->arena, BGP "/ciliumbgpnodeconfigs/%s", node), NULL);
	const struct value *instance = value_at(kube_at(ask->value, "status.bgpInstances"), 0);

	return kube_text(value_at(value_get(instance, "peers"), 0), "peeringState");
}

Test(kube_world, a_job_installs_cilium)
{
	struct stage stage;
	const struct ask *ask;

	cluster(&stage, 1, 1);
	cr_assert_eq(kube_ask(&stage, "GET", BGP "/ciliumbgpclusterconfigs", NULL)->status, 404);
	ask = kube_ask(&stage, "POST", "/apis/batch/v1/namespaces/kube-system/jobs", install_job);
	cr_assert_eq(ask->status, 201);
	stage_wait(&stage, 2 * MINUTE);
	ask = kube_ask(&stage, "GET", "/apis/apps/v1/namespaces/kube-system/daemonsets/cilium",
		       NULL);
	cr_assert_eq(ask->status, 200);
	cr_assert_str_eq(kube_got(ask, "status.numberReady"), "2");
	ask = kube_ask(&stage, "GET", "/api/v1/namespaces/kube-system/configmaps/cilium-config",
		       NULL);
	cr_assert_str_eq(kube_got(ask, "data.enable-bgp-control-plane"), "true");
	ask = kube_ask(&stage, "POST", BGP "/ciliumbgpclusterconfigs", bgp);
	cr_assert_eq(ask->status, 201);
	stage_wait(&stage, SECOND);
	cr_assert_str_eq(session(&stage, "w1"), "established");
	world_bgp(stage.world, "w1", "10.0.0.254", "idle");
	stage_wait(&stage, SECOND);
	cr_assert_str_eq(session(&stage, "w1"), "idle");
	cr_assert_str_eq(session(&stage, "cp1"), "established");
	ask = kube_ask(&stage, "GET", "/apis/cilium.io/v2alpha1/ciliumbgpclust"
				      "erconfigs/home",
		       NULL);
	cr_assert_str_eq(kube_got(ask, "apiVersion"), "cilium.io/v2alpha1");
	stage_done(&stage);
}

Test(kube_world, definitions_add_resources_with_rules)
{
	static const char definition[] =
		"{\"metadata\":{\"name\":\"plans.example.test\"},\"spec\":{\"group\":\"e"
		"xample.test\","
		"\"scope\":\"Cluster\",\"names\":{\"plural\":\"plans\",\"singular\":\"pl"
		"an\",\"kind\":"
		"\"Plan\"},\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,"
		"\"subresources\":{\"status\":{}},\"schema\":{\"openAPIV3Schema\":{\"typ"
		"e\":\"object\","
		"\"properties\":{\"spec\":{\"type\":\"object\",\"required\":[\"size\"],\""
		"properties\":{"
		"\"size\":{\"type\":\"integer\",\"maximum\":9},\"mode\":{\"type\":\"string\","
		"\"default\":\"slow\"}}}}}}}]}}";
	static const struct {
		const char *name, *spec;
		int status;
	} rows[] = {
		{ "good", "{\"size\":1}", 201 },
		{ "missing", "{}", 422 },
		{ "wrong-type", "{\"size\":\"1\"}", 422 },
		{ "too-large", "{\"size\":10}", 422 },
	};
	struct stage stage;
	const struct ask *ask;

	cluster(&stage, 1, 0);
	ask = kube_ask(&stage, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
		       definition);
	cr_assert_eq(ask->status, 201);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask = kube_ask(&stage, "POST", "/apis/example.test/v1/plans",
			       arena_printf(stage.arena,
					    "{\"metadata\":{\"name\":\"%s\"},\"spec\":%s}",
					    rows[i].name, rows[i].spec));
		cr_assert_eq(ask->status, rows[i].status, "%s: %d", rows[i].name, ask->status);
	}
	ask = kube_ask(&stage, "PATCH", "/apis/example.test/v1/plans/good/status",
		       "{\"spec\":{\"size\":2},\"status\":{\"phase\":\"Done\"}}");
	cr_assert_str_eq(kube_got(ask, "spec.size"), "1", "only the status counts");
	cr_assert_str_eq(kube_got(ask, "spec.mode"), "slow");
	cr_assert_str_eq(kube_got(ask, "status.phase"), "Done");
	cr_assert_str_eq(kube_got(ask, "metadata.generation"), "1");
	kube_ask(&stage, "DELETE",
		 "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/plan"
		 "s.example.test",
		 NULL);
	cr_assert_eq(kube_ask(&stage, "GET", "/apis/example.test/v1/plans", NULL)->status, 404);
	stage_done(&stage);
}

#define OWNER "config.k8s.io/owning-inventory"
#define INVENTORY "talos-bootstrap-manifests-inventory"

Test(kube_world, what_talos_made_is_listed)
{
	static const char *const keys[] = {
		"kube-system_coredns_apps_Deployment",
		"kube-system_kube-dns__Service",
		"_system__coredns_rbac.authorization.k8s.io_ClusterRole",
		"_system-bootstrap-node-renewal_rbac.authorization.k8s.io_ClusterRoleBinding",
	};
	struct stage stage;
	const struct ask *ask;

	cluster(&stage, 1, 0);
	ask = kube_ask(&stage, "GET", "/api/v1/namespaces/kube-system/configmaps/" INVENTORY, NULL);
	cr_assert_eq(ask->status, 200);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		cr_assert(value_has(value_get(ask->value, "data"), keys[i]), "%s", keys[i]);
	ask = kube_ask(&stage, "GET", "/apis/apps/v1/namespaces/kube-system/deployments/coredns",
		       NULL);
	cr_assert_str_eq(kube_text(kube_annotation_of(ask->value, OWNER), NULL), INVENTORY);
	/* what every cluster has is nobody's manifest */
	ask = kube_ask(&stage, "GET", "/api/v1/namespaces/default/services/kubernetes", NULL);
	cr_assert_eq(ask->status, 200);
	cr_assert_null(kube_annotation_of(ask->value, OWNER));
	stage_done(&stage);
}

Test(kube_world, a_restarted_node_restarts_its_pods)
{
	struct stage stage;
	const struct ask *ask;
	const char *path =
		"/api/v1/namespaces/kube-system/pods/kube-apiserver-cp2";

	cluster(&stage, 3, 0);
	ask = kube_run(&stage, &(struct asked){ .host = CP1, .method = "GET", .path = path });
	cr_assert_str_eq(kube_text(value_at(kube_at(ask->value, "status.containerStatuses"), 0),
				   "ready"),
			 "true");
	world_power(stage.world, "cp2", false);
	ask = kube_run(&stage, &(struct asked){ .host = CP2, .method = "GET", .path = path });
	cr_assert_eq(ask->err.kind, ERR_NET);
	stage_wait(&stage, 2 * MINUTE);
	ask = kube_run(&stage, &(struct asked){ .host = CP1, .method = "GET", .path = path });
	cr_assert_str_eq(kube_text(kube_entry(kube_at(ask->value, "status.conditions"), "type",
					      "Ready"),
				   "status"),
			 "False");
	world_power(stage.world, "cp2", true);
	stage_wait(&stage, 5 * MINUTE);
	ask = kube_run(&stage, &(struct asked){ .host = CP2, .method = "GET", .path = path });
	cr_assert_eq(ask->status, 200, "%s", ask->err.text);
	cr_assert_str_eq(kube_text(kube_entry(kube_at(ask->value, "status.conditions"), "type",
					      "Ready"),
				   "status"),
			 "True");
	/* without a quorum nobody answers */
	world_power(stage.world, "cp2", false);
	world_power(stage.world, "cp3", false);
	ask = kube_run(&stage, &(struct asked){ .host = CP1, .method = "GET", .path = path });
	cr_assert_eq(ask->err.kind, ERR_NET);
	stage_done(&stage);
}

static void remove_tree(const char *path)
{
	struct arena *arena OWNED(arena_free) = arena_new("removed");
	const char *command[] = { "nodes", "kube" };

	for (size_t i = 0; i < ARRAY_LEN(command); i++) {
		const char *folder = fs_join(arena, path, command[i]);
		struct fs_names names;

		fs_list(arena, folder, "", &names, NULL);
		for (size_t k = 0; k < names.len; k++)
			fs_remove(fs_join(arena, folder, names.at[k]), NULL);
		rmdir(folder);
	}
	rmdir(path);
}

Test(kube_world, what_was_answered_survives_a_kill)
{
	char folder[] = "/tmp/talforge-kube-XXXXXX";
	struct world *second OWNED(world_free) = NULL;
	struct world *first;
	struct stage stage;
	const struct ask *ask;
	const char *uid;

	cr_assert_not_null(mkdtemp(folder));
	stage_init_in(&stage, 1, 0, folder);
	stage_install(&stage);
	stage_bootstrap(&stage, CP1);
	stage_wait(&stage, 5 * MINUTE);
	ask = kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"kept\"},\"data\":"
					     "{\"a\":\"b\"}}");
	cr_assert_eq(ask->status, 201);
	uid = kube_got(ask, "metadata.uid");
	kube_ask(&stage, "POST", MAPS, "{\"metadata\":{\"name\":\"gone\"}}");
	kube_ask(&stage, "DELETE", MAPS "/gone", NULL);

	/* the first world is not closed: as if it had been killed */
	first = stage.world;
	cr_assert_eq(world_new(&stage.options, &second, NULL), 0);
	stage.world = second;
	stage_wait(&stage, MINUTE);
	ask = kube_ask(&stage, "GET", MAPS "/kept", NULL);
	cr_assert_eq(ask->status, 200, "%s", ask->err.text);
	cr_assert_str_eq(kube_got(ask, "metadata.uid"), uid);
	cr_assert_str_eq(kube_got(ask, "data.a"), "b");
	cr_assert_eq(kube_ask(&stage, "GET", MAPS "/gone", NULL)->status, 404);
	stage.world = first;
	world_free(second);
	second = NULL;
	stage_done(&stage);
	remove_tree(folder);
}
