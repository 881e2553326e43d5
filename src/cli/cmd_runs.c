#include "base/clock.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/program.h"

static const struct column runs_columns[] = {
	{ "run", "RUN" },
	{ "operation", "OPERATION" },
	{ "cluster", "CLUSTER" },
	{ "started", "STARTED" },
	{ "state", "STATE" },
	{ "steps", "STEPS" },
	{ NULL, NULL },
};

static const struct value *story_value(struct arena *arena, const struct journal_story *story)
{
	struct map_builder *map = map_begin(arena);
	char at[TIME_TEXT_MAX];
	size_t ended = 0;

	for (size_t i = 0; i < story->steps; i++)
		ended += story->state[i] == RECORD_DONE || story->state[i] == RECORD_SKIPPED;
	map_add(map, "run", value_str(arena, story->run));
	map_add(map, "operation", value_str(arena, story->operation));
	map_add(map, "cluster", value_str(arena, story->cluster));
	map_add(map, "started", value_str(arena, time_text(story->started, at)));
	map_add(map, "ended",
		value_str(arena, story->ended ? time_text(story->ended, at) : NULL));
	map_add(map, "state", value_str(arena, story_state(story)));
	map_add(map, "resumable", value_of_bool(arena, !journal_is_finished(story)));
	map_add(map, "steps", value_strf(arena, "%zu/%zu", ended, story->steps));
	return map_end(map);
}

static int runs_run(struct program *program, const void *options, struct err *err)
{
	struct arena *arena = program->arena;
	struct list_builder *list = list_begin(arena);
	struct fs_names runs;
	const char *folder;

	(void)options;
	if (history_folder(program, &folder, err) < 0 ||
	    journal_list(arena, folder, &runs, err) < 0)
		return -1;
	for (size_t i = 0; i < runs.len; i++) {
		struct journal_story story;
		const char *path = journal_path(arena, folder, runs.at[i]);

		if (journal_load(arena, path, &story, err) < 0)
			return -1;
		list_add(list, story_value(arena, &story));
	}

	struct map_builder *map = map_begin(arena);
	map_add(map, "runs", list_end(list));
	program->result = (struct result){ .value = map_end(map),
					   .rows = "runs",
					   .columns = runs_columns,
					   .text = runs.len ? NULL : "no runs yet" };
	return 0;
}

const struct command command_runs = {
	.words = "runs",
	.brief = "the runs of this workspace and how they ended",
	.about = "With --sim those of the simulated world.",
	.run = runs_run,
};
