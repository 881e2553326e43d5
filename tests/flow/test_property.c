/*
 * Random scenarios over every operation. Whatever goes wrong: the witness stays content, the run
 * ends by itself, and once somebody has repaired what is broken the same command comes to its end.
 *
 *	TALFORGE_SEEDS=5000 suite_flow --filter 'property/...'     more of them
 *	TALFORGE_SEED=17 suite_flow --filter 'property/...'        this one, with its scenario
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/reset.h"
#include "ops/upgrade_k8s.h"
#include "ops/upgrade_talos.h"
#include "sim/scenario.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 40 /* of each operation: some ten seconds with sanitizers */
#define AGAIN 3	 /* runs after the repair */
#define REST (15 * MINUTE)

struct property {
	const char *name;
	struct scene_options scene;
	struct scene_order order;
	void (*after)(struct scene *scene);
	uint64_t lasts; /* of the undisturbed run, about */
	unsigned calls;
};

static const char *const one_worker[] = { "worker1", NULL };
static const char *const one_control[] = { "mini02", NULL };
static const struct reset_options plain = { 0 };
static const struct upgrade_options next_talos = { .to = "v1.13.10" };
static const struct upgrade_k8s_options next_kubernetes = { .to = "v1.36.4" };

static void is_bare(struct scene *scene, const char *name)
{
	cr_assert_str_eq(scene_fact(scene, name)->stage, "maintenance");
}

static void worker_is_bare(struct scene *scene)
{
	is_bare(scene, one_worker[0]);
}

static void control_is_bare(struct scene *scene)
{
	is_bare(scene, one_control[0]);
	cr_assert_eq(world_etcd_clusters(scene->world), 1);
}

static void runs_next_talos(struct scene *scene)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(scene, scene->cluster->node[i].name);

		cr_assert_str_eq(fact->version, next_talos.to, "%s", fact->name);
	}
	scene_is_healthy(scene);
}

static const struct property up = {
	.name = "up",
	.scene = { .profile = "vip-and-workers" },
	.order = { .operation = &operation_up },
	.after = scene_is_healthy,
	.lasts = 4 * MINUTE,
	.calls = 120,
};

static const struct property reset_worker = {
	.name = "reset of a worker",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.order = { .operation = &operation_reset, .options = &plain, .only = one_worker },
	.after = worker_is_bare,
	.lasts = 5 * MINUTE,
	.calls = 80,
};

static const struct property reset_control = {
	.name = "reset of a control plane",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.order = { .operation = &operation_reset, .options = &plain, .only = one_control },
	.after = control_is_bare,
	.lasts = 5 * MINUTE,
	.calls = 80,
};

static const struct property upgrade_talos = {
	.name = "upgrade talos",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.order = { .operation = &operation_upgrade_talos, .options = &next_talos },
	.after = runs_next_talos,
	.lasts = 15 * MINUTE,
	.calls = 400,
};

static const struct property upgrade_k8s = {
	.name = "upgrade k8s",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.order = { .operation = &operation_upgrade_k8s, .options = &next_kubernetes },
	.after = scene_is_healthy,
	.lasts = 10 * MINUTE,
	.calls = 400,
};

static uint64_t number_of(const char *name, uint64_t standard)
{
	const char *text = getenv(name);
	uint64_t number;

	return text && text_u64(text, &number) ? number : standard;
}

static struct scenario *make_scenario(struct scene *scene, const struct property *property,
				      uint64_t seed)
{
	struct random_seeded random;
	const char **names = arena_calloc(scene->arena, scene->cluster->nodes, sizeof(*names));
	const struct scenario_bounds bounds = { .random = &random.source,
						.node = names,
						.nodes = scene->cluster->nodes,
						.lasts = property->lasts,
						.calls = property->calls,
						.events = 5,
						.lasting = true };

	random_seeded_init(&random, seed);
	for (size_t i = 0; i < scene->cluster->nodes; i++)
		names[i] = scene->cluster->node[i].name;
	return scenario_random(scene->arena, &bounds);
}

static const char *label_of(struct scene *scene, const struct property *property, uint64_t seed,
			    const struct scenario *scenario)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);

	scenario_write(&text, scenario);
	return arena_printf(scene->arena, "%s, TALFORGE_SEED=%" PRIu64 "\n%s", property->name, seed,
			    str_text(&text));
}

/* A system that does not become healthy needs somebody who chooses another. */
static bool is_beyond_repair(const char *label)
{
	return strstr(label, "do: unhealthy");
}

static void live_through(const struct property *property, uint64_t seed)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct scene_options options = property->scene;
	struct outcome outcome;

	options.seed = seed;
	scene_init(&scene, &options);
	scene_wait(&scene, MINUTE);

	struct scenario *scenario = make_scenario(&scene, property, seed);
	const char *label = label_of(&scene, property, seed, scenario);
	struct scenario_run *run OWNED(scenario_stop) = scenario_start(
		scenario, &(struct scenario_stage){ .world = scene.world }, NULL);

	scene.label = label;
	outcome = scene_run(&scene, &property->order);
	scenario_stop(take(run));
	/* what went wrong behind the run's back has to be right in the end, too */
	scenario_repair(scene.world);
	scene_wait(&scene, REST);
	for (unsigned i = 0; i < AGAIN && outcome.result.how != HOW_DONE; i++)
		outcome = scene_run(&scene, &property->order);
	if (is_beyond_repair(label))
		return;
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s: %s", label, outcome.err.text);
	property->after(&scene);
}

static void live_through_all(const struct property *property)
{
	uint64_t one = number_of("TALFORGE_SEED", 0);
	uint64_t seeds = number_of("TALFORGE_SEEDS", SEEDS);

	if (one) {
		live_through(property, one);
		return;
	}
	for (uint64_t seed = 1; seed <= seeds; seed++)
		live_through(property, seed);
	fprintf(stderr, "%s: %" PRIu64 " random scenarios\n", property->name, seeds);
}

Test(property, up_comes_to_its_end, .timeout = 3600)
{
	live_through_all(&up);
}

Test(property, reset_of_a_worker_comes_to_its_end, .timeout = 3600)
{
	live_through_all(&reset_worker);
}

Test(property, reset_of_a_control_plane_comes_to_its_end, .timeout = 3600)
{
	live_through_all(&reset_control);
}

Test(property, upgrade_talos_comes_to_its_end, .timeout = 3600)
{
	live_through_all(&upgrade_talos);
}

Test(property, upgrade_k8s_comes_to_its_end, .timeout = 3600)
{
	live_through_all(&upgrade_k8s);
}
