/*
 * Looks at nodes: workers by way of a control plane, and themselves where that does not work.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "cluster/cluster.h"

#include <criterion/criterion.h>
#include <string.h>

#define LOOKS (OBSERVE_CONFIGS | OBSERVE_RELAYED)

static const char nodes[] =
	"nodes:\n"
	"  - { name: cp1, address: 10.0.0.11, controller: true, disk: /dev/sda }\n"
	"  - { name: w1, address: 10.0.0.21, controller: false, disk: /dev/sda }\n"
	"  - { name: w2, address: 10.0.0.22, controller: false, disk: /dev/sda }\n"
	"  - { name: w3, address: 10.0.0.23, controller: false, disk: /dev/sda }\n";
#define NODES 4

/* How often which node was asked for its version. */
struct tally {
	unsigned control, workers;
};

static void count(void *context, const char *node, const char *method)
{
	struct tally *tally = context;

	(void)method;
	if (strcmp(node, "cp1") == 0)
		tally->control++;
	else
		tally->workers++;
}

static void begin(struct scene *scene, struct tally *tally)
{
	scene_init(scene, &(struct scene_options){ .profile = "vip-and-workers",
						   .start = WORLD_RUNNING,
						   .nodes = nodes });
	world_fault(scene->world, &(struct fault){ .kind = FAULT_NONE,
						   .method = "Version",
						   .count = 1000,
						   .on_hit = count,
						   .context = tally });
}

static void sights_are(const struct inventory *inventory, const enum sight *wanted)
{
	cr_assert_eq(inventory->len, NODES);
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		cr_assert_eq(state->sight, wanted[i], "%s is %s: %s", state->node->name,
			     sight_name(state->sight), state->err.text);
		cr_assert_eq(state->config != NULL, wanted[i] == SIGHT_OURS, "%s",
			     state->node->name);
	}
}

static const enum sight all_ours[NODES] = { SIGHT_OURS, SIGHT_OURS, SIGHT_OURS, SIGHT_OURS };

/* Each call to a worker passes the control plane, and is counted there too. */
Test(relay, workers_are_asked_by_way_of_a_control_plane)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct tally tally = { 0 };

	begin(&scene, &tally);
	sights_are(scene_look(&scene, LOOKS), all_ours);
	cr_assert_eq(tally.control, NODES);
	cr_assert_eq(tally.workers, NODES - 1);
}

Test(relay, every_node_is_asked_itself_when_it_matters)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct tally tally = { 0 };

	begin(&scene, &tally);
	sights_are(scene_look(&scene, OBSERVE_CONFIGS), all_ours);
	cr_assert_eq(tally.control, 1);
	cr_assert_eq(tally.workers, NODES - 1);
}

Test(relay, workers_are_asked_themselves_when_a_relay_passes_nothing_on)
{
	static const struct fault faults[] = {
		{ .kind = FAULT_STATUS, .code = 7 },
		{ .kind = FAULT_STATUS, .code = 14 },
		{ .kind = FAULT_RESET },
		{ .kind = FAULT_SILENT },
	};

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		struct tally tally = { 0 };
		struct fault fault = faults[i];

		begin(&scene, &tally);
		fault.node = "cp1";
		fault.method = "Version";
		fault.skip = 1; /* its own answer */
		fault.count = 1000;
		world_fault(scene.world, &fault);
		sights_are(scene_look(&scene, LOOKS), all_ours);
		cr_assert_eq(tally.workers, NODES - 1, "fault %zu", i);
	}
}

/* The relay goes in the middle of it, with what it was to pass on. */
Test(relay, a_relay_that_dies_costs_no_worker)
{
	/* the last one is asked twice: for the config, and for the one of the next boot */
	static const struct {
		const char *method;
		unsigned own;
	} calls[] = { { "ServiceList", 1 }, { "Get", 3 } };

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		struct tally tally = { 0 };

		begin(&scene, &tally);
		world_fault(scene.world, &(struct fault){ .kind = FAULT_RESET,
							  .node = "cp1",
							  .method = calls[i].method,
							  .skip = calls[i].own,
							  .count = 1000 });
		sights_are(scene_look(&scene, LOOKS), all_ours);
	}
}

Test(relay, workers_do_not_wait_for_a_control_plane_that_is_off)
{
	static const enum sight wanted[NODES] = { SIGHT_SILENT, SIGHT_OURS, SIGHT_OURS,
						  SIGHT_OURS };
	struct scene scene SCOPED(scene_done) = { 0 };
	struct tally tally = { 0 };

	begin(&scene, &tally);
	world_power(scene.world, "cp1", false);
	sights_are(scene_look(&scene, LOOKS), wanted);
}

Test(relay, a_worker_that_is_off_or_without_config_is_seen_as_such)
{
	static const enum sight wanted[NODES] = { SIGHT_OURS, SIGHT_SILENT, SIGHT_OURS,
						  SIGHT_OURS };
	struct scene scene SCOPED(scene_done) = { 0 };
	struct tally tally = { 0 };

	begin(&scene, &tally);
	world_power(scene.world, "w1", false);
	sights_are(scene_look(&scene, LOOKS), wanted);
}

Test(relay, nodes_in_maintenance_are_seen_as_such)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct inventory *inventory;

	scene_init(&scene,
		   &(struct scene_options){ .profile = "vip-and-workers", .nodes = nodes });
	inventory = scene_look(&scene, LOOKS);
	for (size_t i = 0; i < inventory->len; i++)
		cr_assert_eq(inventory->at[i].sight, SIGHT_MAINTENANCE, "%s",
			     inventory->at[i].node->name);
}
