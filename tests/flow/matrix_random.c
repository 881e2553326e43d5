#include "flow/matrix.h"

#include "base/clock.h"
#include "base/text.h"
#include "flow/branch.h"
#include "sim/scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 6
#define SEEDS_COMPLETE 500
#define EVENTS 5
#define AGAIN 3 /* runs after the repair */
#define REST (15 * MINUTE)
#define FAILURES 12

/* What random scenarios of an operation are made for. */
struct span {
	uint64_t lasts;
	unsigned calls;
};

static uint64_t number_of(const char *name, uint64_t standard)
{
	const char *text = getenv(name);
	uint64_t number;

	return text && text_u64(text, &number) ? number : standard;
}

static void begin(const struct matrix *matrix, struct scene *scene)
{
	struct scene_options options = matrix->scene;

	options.inside = true;
	scene_init(scene, &options);
	if (matrix->before)
		matrix->before(scene);
	scene_wait(scene, MINUTE);
}

static struct span measure(const struct matrix *matrix)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	begin(matrix, &scene);
	uint64_t begun = loop_now(scene.loop);
	size_t calls = world_calls(scene.world);
	struct outcome outcome = scene_run(&scene, &matrix->order);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, undisturbed: %s", matrix->name,
		     outcome.err.text);
	return (struct span){ loop_now(scene.loop) - begun,
			      (unsigned)(world_calls(scene.world) - calls) };
}

static struct scenario *make_scenario(struct scene *scene, const struct span *span, uint64_t seed)
{
	struct random_seeded random;
	const char **names = arena_calloc(scene->arena, scene->cluster->nodes, sizeof(*names));
	const struct scenario_bounds bounds = { .random = &random.source,
						.node = names,
						.nodes = scene->cluster->nodes,
						.lasts = span->lasts,
						.calls = span->calls,
						.events = EVENTS,
						.lasting = true };

	random_seeded_init(&random, seed);
	for (size_t i = 0; i < scene->cluster->nodes; i++)
		names[i] = scene->cluster->node[i].name;
	return scenario_random(scene->arena, &bounds);
}

static const char *label_of(struct scene *scene, const struct matrix *matrix, uint64_t seed,
			    const struct scenario *scenario)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);

	scenario_write(&text, scenario);
	return arena_printf(scene->arena, "%s, TALFORGE_SEED=%" PRIu64 "\n%s", matrix->name, seed,
			    str_text(&text));
}

/* A system that does not become healthy needs somebody who chooses another. */
static bool is_beyond_repair(const char *label)
{
	return strstr(label, "do: unhealthy");
}

static void come_to_an_end(const struct matrix *matrix, struct scene *scene)
{
	if (matrix->after_all)
		matrix->after_all(scene);
	else if (matrix->after)
		matrix->after(scene);
	else
		scene_is_healthy(scene);
}

static void live_through(const struct matrix *matrix, struct scene *scene,
			 const struct span *span, uint64_t seed)
{
	struct scenario *scenario = make_scenario(scene, span, seed);
	const char *label = label_of(scene, matrix, seed, scenario);
	struct outcome outcome;

	random_seeded_init(&scene->random, seed);
	scene->label = label;
	struct scenario_run *run OWNED(scenario_stop) = scenario_start(
		scenario, &(struct scenario_stage){ .world = scene->world }, NULL);

	outcome = scene_run(scene, &matrix->order);
	scenario_stop(take(run));
	/* what went wrong behind the run's back has to be right in the end, too */
	scenario_repair(scene->world);
	scene_wait(scene, REST);
	for (unsigned i = 0; i < AGAIN && outcome.result.how != HOW_DONE; i++) {
		/* runs are named by the second */
		scene_wait(scene, SECOND);
		outcome = scene_run(scene, &matrix->order);
	}
	if (is_beyond_repair(label))
		return;
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s: %s", label, outcome.err.text);
	come_to_an_end(matrix, scene);
}

static bool try_seed(const struct matrix *matrix, struct scene *scene, const struct span *span,
		     uint64_t seed)
{
	struct branch branch;

	if (branch_begin(&branch, NULL)) {
		live_through(matrix, scene, span, seed);
		branch_leave();
	}
	if (branch_end(&branch))
		return true;
	fprintf(stderr, "FAILED: %s, TALFORGE_SEED=%" PRIu64 "\n", matrix->name, seed);
	return false;
}

void matrix_random(const struct matrix *matrix)
{
	uint64_t one = number_of("TALFORGE_SEED", 0);
	uint64_t last = number_of("TALFORGE_SEEDS", matrix_is_complete() ? SEEDS_COMPLETE : SEEDS);
	uint64_t seed = one ? one : 1;
	const struct span span = measure(matrix);
	struct scene scene SCOPED(scene_done) = { 0 };
	unsigned failures = 0;

	last = one ? one : last;
	begin(matrix, &scene);
	fprintf(stderr, "%s, random scenarios: seeds %" PRIu64 " to %" PRIu64 "\n", matrix->name,
		seed, last);
	for (; seed <= last && failures < FAILURES; seed++)
		failures += !try_seed(matrix, &scene, &span, seed);
	cr_assert_eq(failures, 0, "%s failed with %u seeds", matrix->name, failures);
}
