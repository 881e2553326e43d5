/*
 * A real process is killed right after each record of the journal; the next one must finish the
 * work.
 */
#include "flow/matrix.h"

#include <criterion/criterion.h>

static void each_got_one_config(struct scene *scene)
{
	scene_is_healthy(scene);
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(scene, scene->cluster->node[i].name);

		cr_assert_eq(fact->applies, 1, "%s got %u configs", fact->name, fact->applies);
	}
}

Test(crash, all_control_plane_finishes_after_a_kill_at_every_record, .timeout = 600)
{
	matrix_crash(&(struct matrix){
		.name = "up",
		.scene = { .profile = "all-control-plane" },
		.order = { .operation = &operation_up },
		.after = each_got_one_config,
		.at_least = 20,
	});
}

Test(crash, vip_and_workers_finishes_after_a_kill_at_every_record, .timeout = 600)
{
	matrix_crash(&(struct matrix){
		.name = "up",
		.scene = { .profile = "vip-and-workers" },
		.order = { .operation = &operation_up },
		.after = each_got_one_config,
		.at_least = 30,
	});
}
