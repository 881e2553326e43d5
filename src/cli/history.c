#include "cli/history.h"

#include "base/map.h"
#include "base/text.h"
#include "cli/program.h"
#include "cli/sim.h"
#include "ops/kinds.h"
#include "ops/reset.h"

#include <string.h>

#define OPERATION_RESET "reset" /* the step kind */
#define RUNS_FOLDER ".talforge/runs"
#define SIM_RUNS_FOLDER ".talforge/" SIM_FOLDER "/runs"

int history_folder(struct program *program, const char **out, struct err *err)
{
	if (program_workspace(program, err) < 0)
		return -1;
	*out = workspace_path(program->workspace,
			      program->globals.sim ? SIM_RUNS_FOLDER : RUNS_FOLDER);
	return 0;
}

/* The plan's steps and story->state have the same order. */
static const char *begun_bootstrap(const struct journal_story *story)
{
	const struct value *steps = value_get(story->plan, "steps");

	for (size_t i = 0; i < story->steps; i++) {
		const struct value *step = value_at(steps, i);

		if (story->state[i] != RECORD_NEVER &&
		    text_equal(value_get_text(step, "op"), kind_bootstrap.name))
			return value_get_text(step, "target");
	}
	return NULL;
}

/* Did that run reset the last control plane there was? */
static bool ended_etcd(const struct journal_story *story)
{
	const struct value *steps = value_get(story->plan, "steps");

	for (size_t i = 0; i < story->steps; i++) {
		const struct value *step = value_at(steps, i);

		if ((story->state[i] == RECORD_DONE || story->state[i] == RECORD_SKIPPED) &&
		    text_equal(value_get_text(step, "op"), OPERATION_RESET) &&
		    value_has(value_get(step, "args"), RESET_ENDS))
			return true;
	}
	return false;
}

int history_bootstrap(struct arena *arena, const char *folder, const char *identity,
		      const char **node, struct err *err)
{
	struct fs_names runs;

	*node = NULL;
	if (journal_list(arena, folder, &runs, err) < 0)
		return -1;
	for (size_t i = runs.len; i > 0 && !*node; i--) {
		struct journal_story story;
		const char *path = journal_path(arena, folder, runs.at[i - 1]);

		if (journal_load(arena, path, &story, err) < 0)
			return err_wrap(err, "look whether etcd was bootstrapped before");
		if (!text_equal(story.identity, identity))
			continue;
		if (ended_etcd(&story))
			return 0;
		*node = begun_bootstrap(&story);
	}
	return 0;
}

static bool is_about(const struct journal_story *story, const char *node)
{
	const struct value *steps = value_get(story->plan, "steps");

	for (size_t i = 0; i < story->steps; i++)
		if (text_equal(value_get_text(value_at(steps, i), "target"), node))
			return true;
	return false;
}

/* A node of `story` that `later` has begun to reset. */
static const char *reset_in(const struct journal_story *later, const struct journal_story *story)
{
	const struct value *steps = value_get(later->plan, "steps");

	for (size_t i = 0; i < later->steps; i++) {
		const struct value *step = value_at(steps, i);
		const char *target = value_get_text(step, "target");

		if (later->state[i] != RECORD_NEVER &&
		    text_equal(value_get_text(step, "op"), OPERATION_RESET) &&
		    is_about(story, target))
			return target;
	}
	return NULL;
}

int history_reset_since(struct arena *arena, const char *folder, const struct journal_story *story,
			const char **node, struct err *err)
{
	struct fs_names runs;

	*node = NULL;
	if (journal_list(arena, folder, &runs, err) < 0)
		return -1;
	for (size_t i = runs.len; i > 0 && !*node && strcmp(runs.at[i - 1], story->run) > 0; i--) {
		struct journal_story later;

		if (journal_load(arena, journal_path(arena, folder, runs.at[i - 1]), &later, err) <
		    0)
			return err_wrap(err, "look whether a node was reset since");
		*node = reset_in(&later, story);
	}
	return 0;
}

/* A name leads to the run that may have left the node cordoned, or to NULL. */
static void follow_cordons(struct map *cordoned, struct journal_story *story)
{
	const char *const back[] = { kind_uncordon.name, kind_uncordon_left.name,
				     kind_reset.name };
	const struct value *steps = value_get(story->plan, "steps");

	for (size_t i = 0; i < story->steps; i++) {
		const struct value *step = value_at(steps, i);
		const char *op = value_get_text(step, "op");
		const char *target = value_get_text(step, "target");
		bool ended = story->state[i] == RECORD_DONE || story->state[i] == RECORD_SKIPPED;

		if (story->state[i] != RECORD_NEVER && text_equal(op, kind_drain.name))
			map_put(cordoned, target, story);
		for (size_t k = 0; ended && k < ARRAY_LEN(back); k++)
			if (text_equal(op, back[k]))
				map_put(cordoned, target, NULL);
	}
}

int history_cordoned(struct arena *arena, const char *folder, const char *identity,
		     const char *const **nodes, struct err *err)
{
	struct map *cordoned = map_new(arena);
	struct fs_names runs;
	const char **names;
	size_t len = 0;

	if (journal_list(arena, folder, &runs, err) < 0)
		return -1;
	for (size_t i = 0; i < runs.len; i++) {
		struct journal_story *story = arena_alloc(arena, sizeof(*story));

		if (journal_load(arena, journal_path(arena, folder, runs.at[i]), story, err) < 0)
			return err_wrap(err, "look for nodes that were left cordoned");
		if (text_equal(story->identity, identity))
			follow_cordons(cordoned, story);
	}
	names = arena_calloc(arena, map_len(cordoned) + 1, sizeof(*names));
	for (size_t i = 0; i < map_len(cordoned); i++)
		if (map_at(cordoned, i))
			names[len++] = map_key_at(cordoned, i);
	*nodes = names;
	return 0;
}

const char *story_state(const struct journal_story *story)
{
	if (story->abandoned)
		return "abandoned";
	return story->over ? event_how_name(story->how) : "unfinished";
}
