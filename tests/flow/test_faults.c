/*
 * `up` is killed and broken at every place, in every way. It ends well or can be resumed to a good
 * end; etcd is never split, no node is installed twice or gets two configs.
 */
#include "flow/matrix.h"

#include "base/clock.h"

#include <criterion/criterion.h>

static void each_got_one_config(struct scene *scene)
{
	scene_is_healthy(scene);
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(scene, scene->cluster->node[i].name);

		cr_assert_eq(fact->applies, 1, "%s got %u configs", fact->name, fact->applies);
	}
}

static const struct matrix minis = {
	.name = "up of control planes",
	.scene = { .profile = "all-control-plane" },
	.order = { .operation = &operation_up },
	.after = each_got_one_config,
	.after_all = scene_is_healthy,
	.at_least = 20,
};
static const struct matrix racks = {
	.name = "up with workers",
	.scene = { .profile = "vip-and-workers" },
	.order = { .operation = &operation_up },
	.after = each_got_one_config,
	.after_all = scene_is_healthy,
	.at_least = 30,
};

MATRIX(up_controls, minis);
MATRIX(up_workers, racks);

/* The answer of Bootstrap is lost: asking again at once would split etcd. */
Test(faults, a_lost_answer_of_bootstrap_does_not_split_etcd)
{
	for (unsigned count = 1; count <= 3; count++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers" });

		world_fault(scene.world, &(struct fault){ .kind = FAULT_RESET_AFTER,
							  .method = "Bootstrap",
							  .count = count });
		struct outcome outcome = scene_up(&scene);

		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		scene_is_healthy(&scene);
		cr_assert_eq(scene_fact(&scene, "control0")->bootstraps, 1);
	}
}

Test(faults, a_silent_worker_fails_alone_and_joins_later)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers" });

	world_power(scene.world, "worker1", false);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.result.failed, 1);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert_str_eq(scene_fact(&scene, "worker0")->stage, "running");

	world_power(scene.world, "worker1", true);
	scene_wait(&scene, 5 * MINUTE);
	outcome = scene_up(&scene);
	cr_assert(outcome.resumed);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
}

Test(faults, a_silent_control_plane_keeps_etcd_from_being_bootstrapped)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane" });

	world_power(scene.world, "mini02", false);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(world_etcd_clusters(scene.world), 0);
}
