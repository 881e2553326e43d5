/*
 * Every call of `up` is broken once: before it has an effect, after it, and by silence. The run
 * ends well or can be resumed to a good end; etcd is never split, no node is installed twice.
 */
#include "flow/scene.h"

#include "base/clock.h"

#include <criterion/criterion.h>

struct fault_row {
	const char *name;
	enum fault_kind kind;
};

static const struct fault_row rows[] = {
	{ "reset", FAULT_RESET },
	{ "reset after the effect", FAULT_RESET_AFTER },
	{ "silence", FAULT_SILENT },
};

#define TRIES 4

/* True while there was a call to break. */
static bool break_call(const struct fault_row *row, unsigned index)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .pace = &world_pace_fast });
	struct outcome outcome = { 0 };

	world_fault(scene.world, &(struct fault){ .kind = row->kind, .skip = index, .count = 1 });
	for (unsigned i = 0; i < TRIES && outcome.result.how != HOW_DONE; i++)
		outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s of call %u: %s", row->name, index,
		     outcome.err.text);
	scene_is_healthy(&scene);
	return world_calls(scene.world) > index;
}

static void break_every_call(const struct fault_row *row)
{
	unsigned index = 0;

	while (break_call(row, index))
		index++;
	cr_assert_gt(index, 30, "only %u calls were made", index);
}

Test(faults, a_reset_in_the_middle_of_every_call, .timeout = 900)
{
	break_every_call(&rows[0]);
}

Test(faults, a_reset_after_the_effect_of_every_call, .timeout = 900)
{
	break_every_call(&rows[1]);
}

Test(faults, silence_instead_of_every_answer, .timeout = 900)
{
	break_every_call(&rows[2]);
}

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
