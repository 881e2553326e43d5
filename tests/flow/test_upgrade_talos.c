/*
 * Rolling upgrades of Talos in a simulated world: both flows, many minors, every way a node can fail
 * to come back, and every place where a run can break.
 */
#include "flow/matrix.h"

#include "base/clock.h"
#include "ops/upgrade_talos.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct upgrade_options to_next = { .to = "v1.13.10" };
static const struct upgrade_options to_workspace = { .to = NULL };

static void runs_everywhere(struct scene *scene, const char *version, unsigned upgrades)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(scene, scene->cluster->node[i].name);

		cr_assert_str_eq(fact->version, version, "%s runs %s", fact->name, fact->version);
		cr_assert_eq(fact->upgrades, upgrades, "%s: %u upgrades", fact->name,
			     fact->upgrades);
		cr_assert(fact->ready);
	}
	scene_is_healthy(scene);
}

static void runs_next(struct scene *scene)
{
	runs_everywhere(scene, "v1.13.10", 1);
}

/* When a step began or ended in the events: their order is that of the run. */
static const char *event_at(struct scene *scene, const char *event, const char *step)
{
	struct arena *arena OWNED(arena_free) = arena_new("event");
	const char *needle = arena_printf(arena, "\"event\":\"%s\",\"run\":\"%s\",\"step\":\"%s\"",
					  event, "", step);

	return strstr(str_text(&scene->events), needle);
}

static struct outcome upgrade(struct scene *scene, const struct upgrade_options *options)
{
	return scene_run(scene, &(struct scene_order){ .operation = &operation_upgrade_talos,
						       .options = options });
}

static const char *const profiles[] = { "vip-and-workers", "all-control-plane" };

Test(upgrade_talos, changes_every_node_and_then_has_nothing_to_do, .timeout = 300)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = profiles[i],
							    .start = WORLD_RUNNING });

		struct outcome outcome = upgrade(&scene, &to_next);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		runs_next(&scene);

		outcome = upgrade(&scene, &to_next);
		cr_assert_eq(outcome.steps, 0, "%s", outcome.err.text);
		(void)event_at;
	}
}

Test(upgrade_talos, goes_through_every_minor_with_the_old_call, .timeout = 300)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = profiles[i],
							    .talos = "v1.11.4",
							    .settings =
								    "kubernetes_version: v1.34.2\n",
							    .start = WORLD_RUNNING });

		struct outcome outcome = upgrade(&scene, &to_workspace);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		runs_everywhere(&scene, scene.cluster->talos, 2);
	}
}
