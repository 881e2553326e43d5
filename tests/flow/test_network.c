/*
 * Cilium and BGP: `up` ends with nodes that have a network, and `cilium apply` changes what is
 * there.
 */
#include "flow/matrix.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "ops/network.h"

#include <criterion/criterion.h>
#include <string.h>

/* The cluster.yaml of the scene with one text in place of another. */
static void rewrite(struct scene *scene, const char *old, const char *new)
{
	const char *path = fs_join(scene->arena, scene->folder, "cluster.yaml");
	struct str out SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;
	char *text, *nodes;
	size_t len;

	cr_assert_eq(fs_read(scene->arena, path, FS_FILE_MAX, &text, &len, &err), 0);
	char *at = strstr(text, old);

	cr_assert_not_null(at, "no %s in cluster.yaml", old);
	str_addf(&out, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	cr_assert_eq(fs_write(path, out.at, out.len, 0600, NULL, &err), 0);
	cr_assert_eq(fs_read(scene->arena, fs_join(scene->arena, scene->folder, "nodes.yaml"),
			     FS_FILE_MAX, &nodes, &len, &err),
		     0);
	scene_nodes(scene, nodes); /* opens the workspace anew */
}

static void begin(struct scene *scene)
{
	scene_init(scene, &(struct scene_options){ .profile = "all-control-plane" });
}

Test(network, up_ends_with_nodes_that_are_ready)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
	for (size_t i = 0; i < scene.cluster->nodes; i++)
		cr_assert(scene_fact(&scene, scene.cluster->node[i].name)->ready);
	cr_assert_not_null(strstr(str_text(&scene.events), "cilium-announce"));
	outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0);
}

static void begin_up(struct scene *scene)
{
	struct outcome outcome = scene_up(scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	/* other values, and a pool less */
	rewrite(scene, "acceleration: disabled", "acceleration: best-effort");
	rewrite(scene, "stop: 172.29.52.199", "stop: 172.29.52.198");
	scene_wait(scene, 2 * SECOND); /* runs are named by the second */
}

static void has_the_new_values(struct scene *scene)
{
	scene_wait(scene, 2 * SECOND);
	struct outcome again = scene_run(scene, &(struct scene_order){
							.operation = &operation_cilium_apply });

	cr_assert_eq(again.result.how, HOW_DONE, "%s", again.err.text);
	cr_assert_eq(again.result.done, 0, "a second run changes something");
	scene_is_healthy(scene);
}

static const struct matrix apply = {
	.name = "cilium apply",
	.scene = { .profile = "all-control-plane" },
	.before = begin_up,
	.order = { .operation = &operation_cilium_apply },
	.after = has_the_new_values,
	.at_least = 6,
};

MATRIX(cilium_apply, apply);

Test(network, cilium_apply_says_what_changes)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	begin_up(&scene);
	struct outcome outcome = scene_run(&scene, &(struct scene_order){
							   .operation = &operation_cilium_apply });

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 2, "the values and one pool, not %zu",
		     outcome.result.done);
	cr_assert_not_null(strstr(str_text(&scene.events), "CiliumLoadBalancerIPPool bgp-default"));
	has_the_new_values(&scene);
}

Test(network, cilium_apply_needs_a_cluster)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	struct outcome outcome = scene_run(&scene, &(struct scene_order){
							   .operation = &operation_cilium_apply });

	cr_assert(!outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_CONFLICT, "%s", outcome.err.text);
}

Test(network, a_second_up_installs_what_is_missing)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	rewrite(&scene, "cni: cilium", "cni: none");
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert(!scene_fact(&scene, "mini01")->ready);
	rewrite(&scene, "cni: none", "cni: cilium");
	outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert(scene_fact(&scene, "mini01")->ready);
}

Test(network, a_session_that_does_not_come_up_fails_the_gate)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	world_bgp(scene.world, "mini02", NULL, "active");
	scene_wait(&scene, SECOND);
	outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert_not_null(strstr(str_text(&scene.events),
				  "the session of mini02 with 172.29.51.1 is active"));
	cr_assert_not_null(strstr(outcome.err.text, "mini02"), "%s", outcome.err.text);
}

/* ---- bgp push -------------------------------------------------------------------------------- */

static const struct push_options push_options = { 0 };
static const struct scene_order push_order = { .operation = &operation_bgp_push,
					       .options = &push_options };

/* A cluster whose sessions some other router has answered so far. */
static void up_without_router(struct scene *scene)
{
	struct outcome outcome = scene_up(scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_wait(scene, 2 * SECOND);
}

static void router_is_current(struct scene *scene)
{
	scene_wait(scene, 2 * SECOND);
	struct outcome again = scene_run(scene, &push_order);

	cr_assert_eq(again.result.how, HOW_DONE, "%s", again.err.text);
	cr_assert_eq(again.steps, 0, "a second push has something to do");
	scene_is_healthy(scene);
}

static const struct matrix push = {
	.name = "bgp push",
	.scene = { .profile = "all-control-plane" },
	.before = up_without_router,
	.order = { .operation = &operation_bgp_push, .options = &push_options },
	.after = router_is_current,
	.at_least = 3,
};

MATRIX(bgp_push, push);
