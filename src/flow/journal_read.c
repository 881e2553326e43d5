#include "flow/journal.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/text.h"
#include "tree/json.h"

#include <string.h>

struct reader {
	struct arena *arena; /* of the story */
	const char *file;
	unsigned line;
	struct journal_story story;
	struct map *index; /* of a step, by its id: its place in story.state */
};

/* What a record says, besides what it is. */
struct record {
	const struct value *value;
	uint64_t at;
	enum record_state *state; /* of the step it names, else NULL */
	enum event_how how;	  /* HOW_NONE: none is given */
};

/* Ids are file names, so nothing else is let through. */
static bool is_run_id(const char *text)
{
	static const char letters[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";
	size_t len = text ? strlen(text) : 0;

	return len > 0 && len <= 64 && strspn(text, letters) == len;
}

static int read_ids(struct reader *reader, const struct value *steps, struct err *err)
{
	struct journal_story *story = &reader->story;

	if (!value_is_list(steps) || value_len(steps) > PLAN_STEPS_MAX)
		return err_set(err, ERR_INPUT, "the plan has no steps or too many");
	story->steps = value_len(steps);
	story->state = arena_calloc(reader->arena, story->steps, sizeof(*story->state));
	for (size_t i = 0; i < story->steps; i++) {
		const char *id = value_get_text(value_at(steps, i), "id");

		if (!id || map_put(reader->index, id, &story->state[i]))
			return err_set(err, ERR_INPUT, "step %zu of the plan has no id of its own",
				       i + 1);
	}
	return 0;
}

static int read_plan(struct reader *reader, const struct record *record, struct err *err)
{
	struct journal_story *story = &reader->story;
	const struct value *plan = value_get(record->value, "plan");
	const char *run = value_get_text(record->value, "run");
	uint64_t version;

	if (!value_u64(value_get(record->value, "version"), &version) || version < 1)
		return err_set(err, ERR_INPUT, "the journal does not say its version");
	if (version > JOURNAL_VERSION) {
		err_set(err, ERR_INPUT, "the journal has version %llu, this program knows %d",
			(unsigned long long)version, JOURNAL_VERSION);
		return err_hint(err, "go on with the newer talforge that wrote it");
	}
	if (!is_run_id(run) || !value_get_text(plan, "operation"))
		return err_set(err, ERR_INPUT, "the plan has no run or no operation");

	story->plan = value_copy(reader->arena, plan);
	story->run = arena_str(reader->arena, run);
	story->operation = value_get_text(story->plan, "operation");
	story->inputs = value_get_text(story->plan, "inputs");
	story->identity = value_get_text(story->plan, "identity");
	story->cluster = value_get_text(story->plan, "cluster");
	story->request = value_get_text(story->plan, "request");
	story->digest = value_get_text(story->plan, "digest");
	story->started = record->at;
	return read_ids(reader, value_get(story->plan, "steps"), err);
}

static bool ended_well(enum record_state state)
{
	return state == RECORD_DONE || state == RECORD_SKIPPED;
}

/* The engine works: it has not stopped, or it goes on. */
static void reopen(struct journal_story *story)
{
	story->over = false;
	story->how = HOW_NONE;
	story->ended = 0;
}

static int read_begin(struct reader *reader, const struct record *record, struct err *err)
{
	if (!record->state)
		return err_set(err, ERR_INPUT, "the record names no step of the plan");
	if (ended_well(*record->state))
		return err_set(err, ERR_INPUT, "a step begins that has ended well");
	*record->state = RECORD_BEGUN;
	reopen(&reader->story);
	return 0;
}

static int read_end(struct reader *reader, const struct record *record, struct err *err)
{
	static const enum record_state after[] = {
		[HOW_DONE] = RECORD_DONE,
		[HOW_SKIPPED] = RECORD_SKIPPED,
		[HOW_FAILED] = RECORD_FAILED,
		[HOW_CANCELLED] = RECORD_FAILED,
	};

	if (!record->state || record->how == HOW_NONE)
		return err_set(err, ERR_INPUT, "the record names no step of the plan or no end");
	if (ended_well(*record->state))
		return err_set(err, ERR_INPUT, "a step ends that has ended well");
	if (record->how == HOW_DONE && *record->state != RECORD_BEGUN)
		return err_set(err, ERR_INPUT, "a step is done that was not begun");
	*record->state = after[record->how];
	reopen(&reader->story);
	return 0;
}

/* A clean-up takes back what was begun, whether it had ended well or not. */
static int read_undone(struct reader *reader, const struct record *record, struct err *err)
{
	if (!record->state || *record->state == RECORD_NEVER)
		return err_set(err, ERR_INPUT, "a step is undone that was not begun");
	*record->state = RECORD_FAILED;
	reopen(&reader->story);
	return 0;
}

static int read_over(struct reader *reader, const struct record *record, struct err *err)
{
	struct journal_story *story = &reader->story;

	if (record->how == HOW_NONE || record->how == HOW_SKIPPED)
		return err_set(err, ERR_INPUT, "the record does not say how the run ended");
	for (size_t i = 0; record->how == HOW_DONE && i < story->steps; i++) {
		if (!ended_well(story->state[i]))
			return err_set(err, ERR_INPUT, "the run is done, step %zu is not", i + 1);
	}
	story->over = true;
	story->how = record->how;
	story->ended = record->at;
	return 0;
}

static int read_abandoned(struct reader *reader, const struct record *record, struct err *err)
{
	(void)err;
	reader->story.abandoned = true;
	reader->story.ended = record->at;
	return 0;
}

static const struct record_kind {
	const char *name;
	int (*read)(struct reader *reader, const struct record *record, struct err *err);
} kinds[] = {
	{ "plan", read_plan },
	{ "begin", read_begin },
	{ "end", read_end },
	{ "undone", read_undone },
	{ "over", read_over },
	{ "abandoned", read_abandoned },
};

/* The first record is a plan, and no other one is. */
static int find_kind(const struct reader *reader, const char *name, const struct record_kind **out,
		     struct err *err)
{
	size_t i = 0;

	while (name && i < ARRAY_LEN(kinds) && strcmp(kinds[i].name, name) != 0)
		i++;
	bool known = name && i < ARRAY_LEN(kinds);
	bool is_plan = known && kinds[i].read == read_plan;

	if (reader->line == 1 && !is_plan)
		return err_set(err, ERR_INPUT, "the first record is no plan");
	if (!name || (reader->line > 1 && is_plan))
		return err_set(err, ERR_INPUT, "this is no record of a run");
	if (!known) {
		err_set(err, ERR_INPUT, "unknown record %s", name);
		return err_hint(err, "a newer talforge wrote this journal: go on with that one");
	}
	*out = &kinds[i];
	return 0;
}

bool journal_is_finished(const struct journal_story *story)
{
	return story->abandoned || (story->over && story->how == HOW_DONE);
}

static int read_record(struct reader *reader, const struct value *value, struct err *err)
{
	struct record record = { .value = value };
	const char *at = value_get_text(value, "at");
	const char *step = value_get_text(value, "step");
	const char *how = value_get_text(value, "how");
	const struct record_kind *kind;

	if (find_kind(reader, value_get_text(value, "record"), &kind, err) < 0)
		return -1;
	if (!at || time_parse(at, &record.at) < 0)
		return err_set(err, ERR_INPUT, "the record has no time");
	if (how && !event_how_parse(how, &record.how))
		return err_set(err, ERR_INPUT, "the record ends in an unknown way: %s", how);
	if (journal_is_finished(&reader->story))
		return err_set(err, ERR_INPUT, "there is a record after the end of the run");
	if (step && reader->index)
		record.state = map_get(reader->index, step);
	return kind->read(reader, &record, err);
}

static int read_line(struct reader *reader, const char *text, size_t len, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal record");
	const struct value *value;
	struct err cause = ERR_INIT;

	/* The place that json_read() knows is one in the line, not in the file. */
	if (json_read(scratch, NULL, text, len, &value, &cause) < 0)
		return err_set(err, ERR_INPUT, "this is no record: %s", cause.text);
	return read_record(reader, value, err);
}

int journal_read(struct arena *arena, const char *file, const char *text, size_t len,
		 struct journal_story *out, struct err *err)
{
	struct reader reader = { .arena = arena, .file = file, .index = map_new(arena) };
	size_t at = 0;
	const char *end;

	/* What follows the last line feed was never acknowledged, so nothing was built on it. */
	while (at < len && (end = memchr(text + at, '\n', len - at))) {
		size_t line_len = (size_t)(end - (text + at));

		reader.line = (unsigned)++reader.story.records;
		if (read_line(&reader, text + at, line_len, err) < 0) {
			err_wrap(err, "the journal is damaged");
			return err_at(err, file, reader.line, 0);
		}
		at += line_len + 1;
	}
	reader.story.bytes = at;
	if (reader.story.records == 0) {
		err_set(err, ERR_INPUT, "the journal holds no plan");
		return err_at(err, file, 1, 0);
	}
	*out = reader.story;
	return 0;
}

int journal_load(struct arena *arena, const char *path, struct journal_story *out, struct err *err)
{
	char *text;
	size_t len;

	if (fs_read(arena, path, FS_FILE_MAX, &text, &len, err) < 0)
		return -1;
	return journal_read(arena, path, text, len, out, err);
}

int journal_list(struct arena *arena, const char *folder, struct fs_names *out, struct err *err)
{
	if (fs_list(arena, folder, JOURNAL_SUFFIX, out, err) < 0)
		return -1;
	for (size_t i = 0; i < out->len; i++)
		out->at[i] = arena_strn(arena, out->at[i],
					strlen(out->at[i]) - strlen(JOURNAL_SUFFIX));
	return 0;
}

static int load_run(struct arena *arena, const char *folder, const char *run,
		    struct journal_story *out, struct err *err)
{
	return journal_load(arena, journal_path(arena, folder, run), out, err);
}

int journal_unfinished(struct arena *arena, const char *folder, const char *operation,
		       struct journal_story *out, struct err *err)
{
	struct fs_names runs;

	if (journal_list(arena, folder, &runs, err) < 0)
		return -1;
	for (size_t i = runs.len; i-- > 0;) {
		struct arena *scratch OWNED(arena_free) = arena_new("journal search");
		struct journal_story story;

		if (load_run(scratch, folder, runs.at[i], &story, err) < 0)
			return -1;
		if (journal_is_finished(&story) ||
		    (operation && !text_equal(operation, story.operation)))
			continue;
		return load_run(arena, folder, runs.at[i], out, err);
	}
	return 1;
}
