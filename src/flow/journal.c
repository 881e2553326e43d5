#include "flow/journal.h"

#include "base/clock.h"
#include "base/str.h"
#include "tree/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct journal_file {
	struct journal_sink sink;
	const char *path;
	int fd; /* owned; -1: none */
};

struct journal {
	struct arena *arena; /* owned */
	const char *run;
	const struct plan *plan;
	struct journal_sink *sink;
	struct journal_file file;
	size_t records;
	bool broken;
};

static int file_append(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	const struct journal_file *file = container_of(sink, struct journal_file, sink);

	while (len > 0) {
		ssize_t sent = write(file->fd, line, len);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return err_sys(err, errno, "write %s", file->path);
		line += sent;
		len -= (size_t)sent;
	}
	if (fdatasync(file->fd) < 0)
		return err_sys(err, errno, "flush %s to disk", file->path);
	return 0;
}

static struct journal *journal_new(const char *run, const struct plan *plan)
{
	struct journal *journal = mem_new(sizeof(*journal));

	journal->arena = arena_new("journal");
	journal->run = arena_str(journal->arena, run);
	journal->plan = plan;
	journal->file.fd = -1;
	journal->file.sink.append = file_append;
	journal->sink = &journal->file.sink;
	return journal;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	if (journal->file.fd >= 0)
		close(journal->file.fd);
	arena_free(journal->arena);
	mem_free(journal, sizeof(*journal));
}

static int open_file(struct journal *journal, const char *path, struct err *err)
{
	journal->file.path = arena_str(journal->arena, path);
	journal->file.fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (journal->file.fd < 0)
		return err_sys(err, errno, "open %s", path);
	return 0;
}

/* The fields that every record begins with. */
static struct map_builder *record_new(struct arena *arena, const char *record, uint64_t wall)
{
	struct map_builder *map = map_begin(arena);
	char at[TIME_TEXT_MAX];

	map_add(map, "record", value_str(arena, record));
	map_add(map, "at", value_str(arena, time_text_ms(wall, at)));
	return map;
}

static int record_line(struct map_builder *record, struct str *line, struct err *err)
{
	static const struct json_style style = { .form = JSON_COMPACT };

	json_write(line, map_end(record), &style);
	str_addc(line, '\n');
	if (line->full)
		return err_set(err, ERR_INPUT, "a record is larger than %zu bytes", line->max);
	return 0;
}

static int first_line(const char *run, const struct plan *plan, uint64_t wall, struct str *line,
		      struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal record");
	struct map_builder *record = record_new(scratch, "plan", wall);

	map_add(record, "version", value_of_int(scratch, JOURNAL_VERSION));
	map_add(record, "run", value_str(scratch, run));
	map_add(record, "plan", plan_record(scratch, plan));
	return record_line(record, line, err);
}

static int append(struct journal *journal, struct map_builder *record, struct err *err)
{
	struct str line SCOPED(str_done) = STR_INIT(FS_FILE_MAX);

	/* Part of a line may be in the file: one more behind it would be damage in the middle. */
	if (journal->broken)
		return err_set(err, ERR_SYSTEM, "the journal %s takes nothing more after an error",
			       journal->run);
	if (record_line(record, &line, err) < 0 ||
	    journal->sink->append(journal->sink, line.at, line.len, err) < 0) {
		journal->broken = true;
		return err_wrap(err, "keep the journal %s", journal->run);
	}
	journal->records++;
	return 0;
}

int journal_create(const char *folder, const char *run, const struct plan *plan, uint64_t wall,
		   struct journal **out, struct err *err)
{
	struct journal *journal OWNED(journal_close) = journal_new(run, plan);
	struct str line SCOPED(str_done) = STR_INIT(FS_FILE_MAX / 2);
	const char *path = journal_path(journal->arena, folder, run);

	/* The file comes into being with its first record whole, so no crash leaves one without. */
	if (first_line(run, plan, wall, &line, err) < 0 || fs_mkdir(folder, 0700, err) < 0 ||
	    fs_create(path, line.at, line.len, 0600, err) < 0 || open_file(journal, path, err) < 0)
		return err_wrap(err, "begin the journal %s", run);
	journal->records = 1;
	*out = take(journal);
	return 0;
}

int journal_create_in(struct journal_sink *sink, const char *run, const struct plan *plan,
		      uint64_t wall, struct journal **out, struct err *err)
{
	struct journal *journal OWNED(journal_close) = journal_new(run, plan);
	struct str line SCOPED(str_done) = STR_INIT(FS_FILE_MAX / 2);

	journal->sink = sink;
	if (first_line(run, plan, wall, &line, err) < 0 ||
	    sink->append(sink, line.at, line.len, err) < 0)
		return err_wrap(err, "begin the journal %s", run);
	journal->records = 1;
	*out = take(journal);
	return 0;
}

/* The story of a run that goes on in its file, a torn last line cut off. */
static int reopen_file(struct journal *journal, const char *folder, struct arena *arena,
		       struct journal_story *story, struct err *err)
{
	const char *path = journal_path(arena, folder, journal->run);

	if (journal_load(arena, path, story, err) < 0 || open_file(journal, path, err) < 0)
		return -1;
	if (fchmod(journal->file.fd, 0600) < 0 ||
	    ftruncate(journal->file.fd, (off_t)story->bytes) < 0 || fsync(journal->file.fd) < 0)
		return err_sys(err, errno, "cut %s behind its last record", path);
	journal->records = story->records;
	return 0;
}

static bool is_same_plan(const struct journal_story *story, const struct plan *plan)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal compare");

	return value_equal(story->plan, plan_record(scratch, plan));
}

int journal_continue(const char *folder, const char *run, const struct plan *plan,
		     struct journal **out, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal story");
	struct journal *journal OWNED(journal_close) = journal_new(run, plan);
	struct journal_story story;

	if (reopen_file(journal, folder, scratch, &story, err) < 0)
		return err_wrap(err, "go on with the journal %s", run);
	if (journal_is_finished(&story))
		return err_set(err, ERR_CONFLICT, "the run %s is finished", run);
	if (!is_same_plan(&story, plan))
		return err_set(err, ERR_CONFLICT, "the journal %s holds another plan", run);
	*out = take(journal);
	return 0;
}

int journal_begin(struct journal *journal, unsigned step, uint64_t wall, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal record");
	struct map_builder *record = record_new(scratch, "begin", wall);

	map_add(record, "step", value_str(scratch, journal->plan->at[step].id));
	return append(journal, record, err);
}

int journal_end(struct journal *journal, unsigned step, enum event_how how, const struct err *why,
		uint64_t wall, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal record");
	struct map_builder *record = record_new(scratch, "end", wall);

	map_add(record, "step", value_str(scratch, journal->plan->at[step].id));
	map_add(record, "how", value_str(scratch, event_how_name(how)));
	if (why)
		map_add(record, "err", event_err_value(scratch, why));
	return append(journal, record, err);
}

int journal_undone(struct journal *journal, unsigned step, uint64_t wall, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal record");
	struct map_builder *record = record_new(scratch, "undone", wall);

	map_add(record, "step", value_str(scratch, journal->plan->at[step].id));
	return append(journal, record, err);
}

int journal_over(struct journal *journal, enum event_how how, uint64_t wall, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal record");
	struct map_builder *record = record_new(scratch, "over", wall);

	map_add(record, "how", value_str(scratch, event_how_name(how)));
	return append(journal, record, err);
}

int journal_abandon(const char *folder, const char *run, const char *why, uint64_t wall,
		    struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("journal story");
	struct journal *journal OWNED(journal_close) = journal_new(run, NULL);
	struct journal_story story;

	if (reopen_file(journal, folder, scratch, &story, err) < 0)
		return err_wrap(err, "abandon the run %s", run);
	if (story.abandoned)
		return 0;
	if (journal_is_finished(&story))
		return err_set(err, ERR_CONFLICT, "the run %s is done", run);

	struct map_builder *record = record_new(scratch, "abandoned", wall);
	map_add(record, "why", value_str(scratch, why));
	return append(journal, record, err);
}

const char *journal_run(const struct journal *journal)
{
	return journal->run;
}

size_t journal_records(const struct journal *journal)
{
	return journal->records;
}

const char *journal_path(struct arena *arena, const char *folder, const char *run)
{
	return fs_join(arena, folder, arena_printf(arena, "%s" JOURNAL_SUFFIX, run));
}

/* When that run began, by its id; 0: that is not to be seen. */
static uint64_t began(struct arena *arena, const char *run)
{
	uint64_t wall = 0;

	if (strlen(run) < strlen("20260102T030405") ||
	    time_parse(arena_printf(arena, "%.4s-%.2s-%.5s:%.2s:%.2sZ", run, run + 4, run + 6,
				    run + 11, run + 13),
		       &wall) < 0)
		return 0;
	return wall;
}

int journal_next_run(struct arena *arena, const char *folder, uint64_t wall, const char *letters,
		     const char **out, struct err *err)
{
	struct fs_names runs;

	if (journal_list(arena, folder, &runs, err) < 0)
		return -1;

	uint64_t last = runs.len ? began(arena, runs.at[runs.len - 1]) : 0;
	bool behind = last >= wall - wall % SECOND;

	*out = journal_new_run(arena, behind ? last + SECOND : wall, letters);
	return 0;
}

/* The digits of "2026-01-02T03:04:05Z" without its punctuation. */
const char *journal_new_run(struct arena *arena, uint64_t wall, const char *letters)
{
	char at[TIME_TEXT_MAX];

	time_text(wall, at);
	return arena_printf(arena, "%.4s%.2s%.5s%.2s%.2s-%s", at, at + 5, at + 8, at + 14, at + 17,
			    letters);
}
