#include "base/fs.h"
#include "unit/flow/toy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALL (UINT64_C(1767323045) * SECOND) /* 2026-01-02T03:04:05Z */
#define RUN "20260102T030405-k3x9"

/* A folder of its own per test, empty. */
static const char *scratch(struct arena *arena)
{
	const char *base = getenv("TMPDIR");
	char *path = arena_printf(arena, "%s/talforge-journal-XXXXXX", base ? base : "/tmp");

	cr_assert_not_null(mkdtemp(path));
	return path;
}

static void clear(struct arena *arena, const char *folder)
{
	struct fs_names names;

	cr_assert_eq(fs_list(arena, folder, "", &names, NULL), 0);
	for (size_t i = 0; i < names.len; i++)
		cr_assert_eq(fs_remove(fs_join(arena, folder, names.at[i]), NULL), 0);
	cr_assert_eq(rmdir(folder), 0);
}

static struct plan *two_steps(void)
{
	static const struct toy_step rows[] = {
		{ .kind = &toy_work, .target = "a" },
		{ .kind = &toy_once, .target = "b", .lane = "x", AFTER(0) },
	};
	struct plan *plan = toy_plan(rows, ARRAY_LEN(rows));

	plan_lane(plan, "x", 2);
	plan_bind(plan, "sha256:11", "sha256:22", "home");
	plan_seal(plan, toy_hash);
	return plan;
}

static struct journal *create(const char *folder, const char *run, const struct plan *plan)
{
	struct journal *journal = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(journal_create(folder, run, plan, WALL, &journal, &err), 0, "%s", err.text);
	return journal;
}

static void append(struct arena *arena, const char *folder, const char *run, const char *text)
{
	FILE *file = fopen(journal_path(arena, folder, run), "a");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

Test(journal, makes_run_ids_that_sort_by_time)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_str_eq(journal_new_run(arena, WALL, "k3x9"), RUN);
	cr_assert_lt(strcmp(journal_new_run(arena, WALL, "zzzz"),
			    journal_new_run(arena, WALL + SECOND, "aaaa")),
		     0);
}

Test(journal, makes_run_ids_behind_all_others_although_the_clock_was_set)
{
	static const struct {
		const char *name, *there;
		uint64_t wall;
		const char *id;
	} rows[] = {
		{ "the first", NULL, WALL, "20260102T030405-zzzz" },
		{ "an hour later", RUN, WALL + HOUR, "20260102T040405-zzzz" },
		{ "in the same second", RUN, WALL + SECOND / 2, "20260102T030406-zzzz" },
		{ "set back by an hour", RUN, WALL - HOUR, "20260102T030406-zzzz" },
		{ "set back over midnight", "20260102T235959-aaaa", WALL, "20260103T000000-zzzz" },
		{ "no run of ours", "notes", WALL, "20260102T030405-zzzz" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const char *folder = scratch(arena), *id;
		struct err err = ERR_INIT;

		if (rows[i].there)
			append(arena, folder, rows[i].there, "{}\n");
		cr_assert_eq(journal_next_run(arena, folder, rows[i].wall, "zzzz", &id, &err), 0,
			     "%s: %s", rows[i].name, err.text);
		cr_assert_str_eq(id, rows[i].id, "%s", rows[i].name);
		clear(arena, folder);
	}
}

Test(journal, tells_what_was_written)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = fs_join(arena, scratch(arena), "runs");
	struct plan *plan OWNED(plan_free) = two_steps();
	struct journal *journal OWNED(journal_close) = create(folder, RUN, plan);
	struct journal_story story;
	struct err err = { .kind = ERR_NET, .text = "gone", .hint = "look for it" };
	struct stat st;

	cr_assert_eq(journal_begin(journal, 0, WALL + SECOND, NULL), 0);
	cr_assert_eq(journal_end(journal, 0, HOW_DONE, NULL, WALL + 2 * SECOND, NULL), 0);
	cr_assert_eq(journal_begin(journal, 1, WALL + 3 * SECOND, NULL), 0);
	cr_assert_eq(journal_end(journal, 1, HOW_FAILED, &err, WALL + 4 * SECOND, NULL), 0);
	cr_assert_eq(journal_over(journal, HOW_FAILED, WALL + 5 * SECOND, NULL), 0);
	cr_assert_eq(journal_records(journal), 6);
	cr_assert_str_eq(journal_run(journal), RUN);

	const char *path = journal_path(arena, folder, RUN);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(journal_load(arena, path, &story, &err), 0, "%s", err.text);
	cr_assert_str_eq(story.run, RUN);
	cr_assert_str_eq(story.operation, "toy");
	cr_assert_str_eq(story.inputs, "sha256:11");
	cr_assert_str_eq(story.identity, "sha256:22");
	cr_assert_str_eq(story.cluster, "home");
	cr_assert_str_eq(story.digest, plan->digest);
	cr_assert_eq(story.started, WALL);
	cr_assert_eq(story.ended, WALL + 5 * SECOND);
	cr_assert_eq(story.steps, 2);
	cr_assert_eq(story.state[0], RECORD_DONE);
	cr_assert_eq(story.state[1], RECORD_FAILED);
	cr_assert_eq(story.records, 6);
	cr_assert_eq(story.bytes, (size_t)st.st_size);
	cr_assert(story.over && !story.abandoned && !journal_is_finished(&story));
	cr_assert_eq(story.how, HOW_FAILED);

	struct plan *again OWNED(plan_free) = NULL;
	cr_assert_eq(plan_read(story.plan, toy_kinds, toy_kind_count, &again, &err), 0);
	cr_assert_eq(plan_verify(again, toy_hash, &err), 0);
	cr_assert_eq(plan_lane_width(again, "x"), 2);
	clear(arena, folder);
	cr_assert_eq(rmdir(arena_strn(arena, folder, strlen(folder) - strlen("/runs"))), 0);
}

Test(journal, has_exactly_the_documented_form)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = scratch(arena);
	struct plan *plan OWNED(plan_free) = plan_new("up");
	char *text;
	size_t len;

	toy_add(plan, &(struct toy_step){ .kind = &toy_gate, .target = "a" });
	plan_bind(plan, "sha256:11", "sha256:22", "home");
	struct journal *journal OWNED(journal_close) = create(folder, RUN, plan);
	cr_assert_eq(journal_begin(journal, 0, WALL, NULL), 0);
	cr_assert_eq(journal_end(journal, 0, HOW_FAILED,
				 &(struct err){ .kind = ERR_NET, .text = "gone" }, WALL, NULL),
		     0);
	cr_assert_eq(journal_over(journal, HOW_FAILED, WALL, NULL), 0);
	cr_assert_eq(journal_abandon(folder, RUN, "the inputs changed", WALL, NULL), 0);
	cr_assert_eq(fs_read(arena, journal_path(arena, folder, RUN), 4096, &text, &len, NULL), 0);
	cr_assert_str_eq(
		text,
		"{\"record\":\"plan\",\"at\":\"2026-01-02T03:04:05.000Z\",\"version\":1,"
		"\"run\":\"" RUN "\",\"plan\":{\"operation\":\"up\",\"cluster\":\"home\","
		"\"identity\":\"sha256:22\",\"inputs\":\"sha256:11\",\"digest\":null,"
		"\"goes_on\":false,\"lanes\":[],\"steps\":["
		"{\"id\":\"gate/a\",\"op\":\"gate\",\"target\":\"a\","
		"\"lane\":\"\",\"after\":[],\"danger\":\"safe\","
		"\"args\":{\"take\":0,\"fail\":0}}]}}\n"
		"{\"record\":\"begin\",\"at\":\"2026-01-02T03:04:05.000Z\",\"step\":\"gate/a\"}\n"
		"{\"record\":\"end\",\"at\":\"2026-01-02T03:04:05.000Z\",\"step\":\"gate/a\","
		"\"how\":\"failed\",\"err\":{\"kind\":\"net\",\"text\":\"gone\"}}\n"
		"{\"record\":\"over\",\"at\":\"2026-01-02T03:04:05.000Z\",\"how\":\"failed\"}\n"
		"{\"record\":\"abandoned\",\"at\":\"2026-01-02T03:04:05.000Z\","
		"\"why\":\"the inputs changed\"}\n");
	clear(arena, folder);
}

Test(journal, is_not_created_twice)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = scratch(arena);
	struct plan *plan OWNED(plan_free) = two_steps();
	struct journal *second OWNED(journal_close) = NULL;
	struct err err = ERR_INIT;

	journal_close(create(folder, RUN, plan));
	cr_assert_lt(journal_create(folder, RUN, plan, WALL, &second, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	clear(arena, folder);
}

Test(journal, goes_on_behind_a_torn_line)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = scratch(arena);
	struct plan *plan OWNED(plan_free) = two_steps();
	struct journal *journal OWNED(journal_close) = create(folder, RUN, plan);
	struct journal *again OWNED(journal_close) = NULL;
	struct journal_story story;
	struct err err = ERR_INIT;

	cr_assert_eq(journal_begin(journal, 0, WALL, NULL), 0);
	append(arena, folder, RUN, "{\"record\":\"end\",\"at\":\"2026-01-02T03:0");
	cr_assert_eq(chmod(journal_path(arena, folder, RUN), 0644), 0);

	cr_assert_eq(journal_load(arena, journal_path(arena, folder, RUN), &story, &err), 0);
	cr_assert_eq(story.state[0], RECORD_BEGUN);
	cr_assert_eq(story.ended, 0);
	cr_assert_eq(journal_continue(folder, RUN, plan, &again, &err), 0, "%s", err.text);
	cr_assert_eq(journal_records(again), 2);
	cr_assert_eq(journal_end(again, 0, HOW_DONE, NULL, WALL, &err), 0);

	cr_assert_eq(journal_load(arena, journal_path(arena, folder, RUN), &story, &err), 0, "%s",
		     err.text);
	cr_assert_eq(story.state[0], RECORD_DONE);
	cr_assert_eq(story.records, 3);

	mode_t mode;
	cr_assert_eq(fs_mode(journal_path(arena, folder, RUN), &mode, NULL), 0);
	cr_assert_eq(mode, 0600);
	clear(arena, folder);
}

Test(journal, goes_on_only_with_its_own_plan)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = scratch(arena);
	struct plan *plan OWNED(plan_free) = two_steps();
	struct plan *other OWNED(plan_free) = plan_new("toy");
	struct journal *again OWNED(journal_close) = NULL;
	struct err err = ERR_INIT;

	journal_close(create(folder, RUN, plan));
	cr_assert_lt(journal_continue(folder, RUN, other, &again, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_str_eq(err.text, "the journal " RUN " holds another plan");
	clear(arena, folder);
}

#define HEAD                                                                                \
	"{\"record\":\"plan\",\"at\":\"2026-01-02T03:04:05Z\",\"version\":1,\"run\":\"r\"," \
	"\"plan\":{\"operation\":\"up\",\"steps\":[{\"id\":\"a\"},{\"id\":\"b\"}]}}\n"
#define REST(rest) "{\"at\":\"2026-01-02T03:04:05Z\",\"record\":" rest "}\n"
#define BEGIN_A REST("\"begin\",\"step\":\"a\"")
#define DONE_A REST("\"end\",\"step\":\"a\",\"how\":\"done\"")
#define SKIP_B REST("\"end\",\"step\":\"b\",\"how\":\"skipped\"")
#define CANCEL_A REST("\"end\",\"step\":\"a\",\"how\":\"cancelled\"")
#define OVER(how) REST("\"over\",\"how\":\"" how "\"")

static const struct bad_journal {
	const char *name, *text;
	unsigned line;
	const char *says;
} bad_journals[] = {
	{ "empty", "", 1, "the journal holds no plan" },
	{ "torn first record", "{\"record\":\"plan\"", 1, "the journal holds no plan" },
	{ "no plan first", BEGIN_A, 1, "the first record is no plan" },
	{ "not JSON", HEAD "garbage\n" BEGIN_A, 2, "this is no record: this is not JSON" },
	{ "no record", HEAD "[]\n", 2, "this is no record of a run" },
	{ "blank line", HEAD "\n" BEGIN_A, 2, "this is no record: " },
	{ "second plan", HEAD HEAD, 2, "this is no record of a run" },
	{ "unknown record", HEAD BEGIN_A REST("\"moon\""), 3, "unknown record moon" },
	{ "unknown step", HEAD REST("\"begin\",\"step\":\"c\""), 2, "names no step of the plan" },
	{ "no time", HEAD "{\"record\":\"begin\",\"step\":\"a\"}\n", 2, "the record has no time" },
	{ "unknown how", HEAD BEGIN_A REST("\"end\",\"step\":\"a\",\"how\":\"so\""), 3,
	  "ends in an unknown way: so" },
	{ "end without how", HEAD BEGIN_A REST("\"end\",\"step\":\"a\""), 3, "or no end" },
	{ "done without begin", HEAD DONE_A, 2, "a step is done that was not begun" },
	{ "begun after done", HEAD BEGIN_A DONE_A BEGIN_A, 4, "a step begins that has ended well" },
	{ "undone, not begun", HEAD REST("\"undone\",\"step\":\"a\""), 2,
	  "a step is undone that was not begun" },
	{ "ended twice", HEAD BEGIN_A DONE_A DONE_A, 4, "a step ends that has ended well" },
	{ "over too early", HEAD BEGIN_A DONE_A OVER("done"), 4, "the run is done, step 2 is not" },
	{ "over without how", HEAD REST("\"over\""), 2, "does not say how the run ended" },
	{ "after done", HEAD BEGIN_A DONE_A SKIP_B OVER("done") BEGIN_A, 6,
	  "there is a record after the end of the run" },
	{ "after abandoned", HEAD REST("\"abandoned\"") BEGIN_A, 3,
	  "there is a record after the end of the run" },
	{ "no version", "{\"record\":\"plan\",\"at\":\"2026-01-02T03:04:05Z\"}\n", 1,
	  "the journal does not say its version" },
	{ "run is a path",
	  "{\"record\":\"plan\",\"at\":\"2026-01-02T03:04:05Z\",\"version\":1,\"run\":\"../x\","
	  "\"plan\":{\"operation\":\"up\",\"steps\":[]}}\n",
	  1, "the plan has no run or no operation" },
	{ "step without id",
	  "{\"record\":\"plan\",\"at\":\"2026-01-02T03:04:05Z\",\"version\":1,\"run\":\"r\","
	  "\"plan\":{\"operation\":\"up\",\"steps\":[{\"id\":\"a\"},{\"id\":\"a\"}]}}\n",
	  1, "step 2 of the plan has no id of its own" },
};

Test(journal, names_the_place_of_damage)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_journals); i++) {
		const struct bad_journal *row = &bad_journals[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct journal_story story;
		struct err err = ERR_INIT;

		cr_assert_lt(journal_read(arena, "x.jsonl", row->text, strlen(row->text), &story,
					  &err),
			     0, "%s", row->name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", row->name);
		cr_assert_not_null(strstr(err.text, row->says), "%s: %s", row->name, err.text);
		cr_assert_str_eq(err.file, "x.jsonl", "%s", row->name);
		cr_assert_eq(err.line, row->line, "%s: %u", row->name, err.line);
	}
}

Test(journal, hints_at_a_newer_program)
{
	static const char *const texts[] = {
		HEAD REST("\"moon\""),
		"{\"record\":\"plan\",\"at\":\"2026-01-02T03:04:05Z\",\"version\":2}\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct journal_story story;
		struct err err = ERR_INIT;

		cr_assert_lt(journal_read(arena, "x", texts[i], strlen(texts[i]), &story, &err), 0);
		cr_assert_not_null(strstr(err.hint, "newer talforge"), "%s", err.hint);
	}
}

static const struct good_journal {
	const char *name, *text;
	enum record_state a, b;
	bool over, finished;
} good_journals[] = {
	{ "plan only", HEAD, RECORD_NEVER, RECORD_NEVER, false, false },
	{ "begun", HEAD BEGIN_A, RECORD_BEGUN, RECORD_NEVER, false, false },
	{ "torn", HEAD BEGIN_A "{\"rec", RECORD_BEGUN, RECORD_NEVER, false, false },
	{ "complete but for the line feed", HEAD "{\"record\":\"moon\"}", RECORD_NEVER,
	  RECORD_NEVER, false, false },
	{ "done", HEAD BEGIN_A DONE_A SKIP_B OVER("done"), RECORD_DONE, RECORD_SKIPPED, true,
	  true },
	{ "went on after a stop", HEAD OVER("cancelled") BEGIN_A, RECORD_BEGUN, RECORD_NEVER, false,
	  false },
	{ "begun in two lives", HEAD BEGIN_A BEGIN_A DONE_A, RECORD_DONE, RECORD_NEVER, false,
	  false },
	{ "cancelled", HEAD BEGIN_A CANCEL_A OVER("cancelled"),
	  RECORD_FAILED, RECORD_NEVER, true, false },
	{ "abandoned", HEAD REST("\"abandoned\""), RECORD_NEVER, RECORD_NEVER, false, true },
	{ "a field of tomorrow", HEAD REST("\"begin\",\"step\":\"a\",\"moon\":1"), RECORD_BEGUN,
	  RECORD_NEVER, false, false },
};

Test(journal, knows_how_each_step_stands)
{
	for (size_t i = 0; i < ARRAY_LEN(good_journals); i++) {
		const struct good_journal *row = &good_journals[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct journal_story story;
		struct err err = ERR_INIT;

		cr_assert_eq(journal_read(arena, "x", row->text, strlen(row->text), &story, &err),
			     0, "%s: %s", row->name, err.text);
		cr_assert_eq(story.state[0], row->a, "%s", row->name);
		cr_assert_eq(story.state[1], row->b, "%s", row->name);
		cr_assert_eq(story.over, row->over, "%s", row->name);
		cr_assert_eq(journal_is_finished(&story), row->finished, "%s", row->name);
	}
}

Test(journal, finds_the_newest_unfinished_run)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = scratch(arena);
	struct plan *plan OWNED(plan_free) = two_steps();
	struct journal_story story;
	struct fs_names runs;
	struct err err = ERR_INIT;

	const char *absent = fs_join(arena, folder, "no");
	cr_assert_eq(journal_unfinished(arena, absent, NULL, &story, &err), 1);
	cr_assert_eq(journal_unfinished(arena, folder, "toy", &story, &err), 1);
	journal_close(create(folder, "20260102T030406-bbbb", plan));
	journal_close(create(folder, "20260102T030405-cccc", plan));
	journal_close(create(folder, "20260102T030407-aaaa", plan));
	cr_assert_eq(journal_list(arena, folder, &runs, &err), 0);
	cr_assert_eq(runs.len, 3);
	cr_assert_str_eq(runs.at[0], "20260102T030405-cccc");

	cr_assert_eq(journal_unfinished(arena, folder, "toy", &story, &err), 0);
	cr_assert_str_eq(story.run, "20260102T030407-aaaa");
	cr_assert_eq(journal_unfinished(arena, folder, "up", &story, &err), 1);
	cr_assert_eq(journal_abandon(folder, story.run, "because", WALL, &err), 0);
	cr_assert_eq(journal_abandon(folder, story.run, "because", WALL, &err), 0);
	cr_assert_eq(journal_unfinished(arena, folder, NULL, &story, &err), 0);
	cr_assert_str_eq(story.run, "20260102T030406-bbbb");

	append(arena, folder, story.run, "garbage\n");
	cr_assert_lt(journal_unfinished(arena, folder, NULL, &story, &err), 0);
	cr_assert_str_eq(err.file, journal_path(arena, folder, "20260102T030406-bbbb"));
	cr_assert_eq(err.line, 2);
	clear(arena, folder);
}

Test(journal, is_not_abandoned_when_done)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = scratch(arena);
	struct plan *plan OWNED(plan_free) = plan_new("toy");
	struct journal *journal OWNED(journal_close) = create(folder, RUN, plan);
	struct journal *again OWNED(journal_close) = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(journal_over(journal, HOW_DONE, WALL, &err), 0);
	cr_assert_lt(journal_abandon(folder, RUN, "because", WALL, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_lt(journal_continue(folder, RUN, plan, &again, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	clear(arena, folder);
}

/* A disk with room for so many records. */
struct small_disk {
	struct journal_sink sink;
	unsigned room;
};

static int small_append(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct small_disk *disk = container_of(sink, struct small_disk, sink);

	cr_assert_eq(line[len - 1], '\n');
	if (disk->room == 0)
		return err_set(err, ERR_SYSTEM, "the disk is full");
	disk->room--;
	return 0;
}

static const struct full_row {
	const char *name;
	unsigned room;
	unsigned started;
	size_t done, failed, never;
	const char *says;
} full_rows[] = {
	{ "begin of the first", 1, 0, 0, 0, 2, "keep the journal r: the disk is full" },
	{ "end of the first", 2, 1, 1, 0, 1, "keep the journal r: the disk is full" },
	{ "begin of the second", 3, 1, 1, 0, 1, "keep the journal r: the disk is full" },
	{ "end of the second", 4, 1, 2, 0, 0, "keep the journal r: the disk is full" },
	{ "over", 5, 1, 2, 0, 0, "keep the journal r: the disk is full" },
};

Test(journal, stops_the_run_when_it_cannot_be_written)
{
	for (size_t i = 0; i < ARRAY_LEN(full_rows); i++) {
		const struct full_row *row = &full_rows[i];
		struct small_disk disk = { { small_append }, row->room };
		struct plan *plan OWNED(plan_free) = two_steps();
		struct toy toy SCOPED(toy_done) = { 0 };
		struct journal *journal OWNED(journal_close) = NULL;

		toy_init(&toy);
		cr_assert_eq(journal_create_in(&disk.sink, "r", plan, WALL, &journal, NULL), 0);
		toy.journal = journal;
		toy_run(&toy, plan);
		cr_assert_eq(toy.result.how, HOW_FAILED, "%s", row->name);
		cr_assert_eq(toy_fact(&toy, "work/a")->started, row->started, "%s", row->name);
		cr_assert_eq(toy.result.done, row->done, "%s", row->name);
		cr_assert_eq(toy.result.failed, row->failed, "%s", row->name);
		cr_assert_eq(toy.result.never, row->never, "%s", row->name);
		cr_assert_str_eq(toy.result.err.text, row->says, "%s", row->name);
		cr_assert_lt(journal_begin(journal, 0, WALL, NULL), 0, "%s", row->name);
	}
}
