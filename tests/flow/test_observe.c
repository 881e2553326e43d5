/*
 * Looking at many nodes of which many, or all, say nothing: they are waited for at the same time.
 */
#include "flow/scene.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define WORKERS 300

static const char *many_nodes(struct str *out)
{
	str_add(out, "nodes:\n");
	for (unsigned i = 0; i < 3; i++)
		str_addf(out,
			 "  - {name: c%u, address: 10.0.51.%u, controller: true, disk: /dev/sda}\n",
			 i, 11 + i);
	for (unsigned i = 0; i < WORKERS; i++)
		str_addf(out,
			 "  - {name: w%u, address: 10.0.%u.%u, controller: false, "
			 "disk: /dev/sda}\n",
			 i, 52 + i / 200, 1 + i % 200);
	return str_text(out);
}

/* How long a look takes that finds so many silent. */
static uint64_t look(struct scene *scene, size_t silent)
{
	uint64_t began = loop_now(scene->loop);
	const struct inventory *inventory = scene_look(scene, 0);
	size_t count = 0;

	for (size_t i = 0; i < inventory->len; i++)
		count += inventory->at[i].sight == SIGHT_SILENT;
	cr_assert_eq(count, silent, "%zu are silent", count);
	return loop_now(scene->loop) - began;
}

Test(observe, waits_for_all_dead_nodes_at_once, .timeout = 120)
{
	struct str nodes SCOPED(str_done) = STR_INIT((size_t)1 << 20);
	struct scene scene SCOPED(scene_done) = { 0 };

	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers",
						    .nodes = many_nodes(&nodes),
						    .patience = SECOND,
						    .pace = &world_pace_fast });
	world_fault(scene.world, &(struct fault){ .kind = FAULT_SILENT, .count = 100000 });
	uint64_t all = look(&scene, 3 + WORKERS);

	/* two askings of five seconds: the control planes first, one of which could have told */
	cr_assert_leq(all, 14 * SECOND, "%llu ms", (unsigned long long)(all / MILLISECOND));
}

Test(observe, is_not_kept_from_the_others_by_dead_nodes, .timeout = 120)
{
	struct str nodes SCOPED(str_done) = STR_INIT((size_t)1 << 20);
	struct scene scene SCOPED(scene_done) = { 0 };

	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers",
						    .nodes = many_nodes(&nodes),
						    .patience = SECOND,
						    .pace = &world_pace_fast });
	for (unsigned i = 0; i < 200; i++) {
		char name[8];

		snprintf(name, sizeof(name), "w%u", i);
		world_fault(scene.world,
			    &(struct fault){ .kind = FAULT_SILENT, .node = name, .count = 100000 });
	}
	uint64_t most = look(&scene, 200);

	cr_assert_leq(most, 14 * SECOND, "%llu ms", (unsigned long long)(most / MILLISECOND));
}
