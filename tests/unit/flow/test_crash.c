/*
 * The crash matrix: the engine is dropped around every record of a run, once right behind it and
 * once when the next one is about to be written, which is as late as a crash can be. The run that
 * goes on must reach the same world, and what may happen once only happens once.
 */
#include "unit/flow/toy.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct toy_step rows[] = {
	{ .kind = &toy_work, .target = "a", .take = 3 },
	{ .kind = &toy_work, .target = "b", .take = 2, .fail = 1 },
	{ .kind = &toy_gate, .target = "", AFTER(0, 1) },
	{ .kind = &toy_once, .target = "a", .take = 4, AFTER(2) },
	{ .kind = &toy_once, .target = "b", .lane = "x", .take = 4, AFTER(2) },
	{ .kind = &toy_lost, .target = "c", .lane = "x", AFTER(2) },
	{ .kind = &toy_gate, .target = "", AFTER(3, 4, 5) },
};

enum crash {
	CRASH_BEHIND,
	CRASH_BEFORE_NEXT
};

/* A file whose writer dies. */
struct mortal {
	struct journal_sink sink;
	struct str text;
	struct loop *loop;
	size_t records, last;
	enum crash crash;
};

static int mortal_append(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct mortal *mortal = container_of(sink, struct mortal, sink);

	if (mortal->records == mortal->last) {
		loop_stop(mortal->loop);
		return err_set(err, ERR_SYSTEM, "dead");
	}
	str_addn(&mortal->text, line, len);
	if (++mortal->records == mortal->last && mortal->crash == CRASH_BEHIND)
		loop_stop(mortal->loop);
	return 0;
}

/* One life; false when it was cut short. */
static bool live(struct toy *toy, const struct plan *plan, struct mortal *mortal,
		 const enum record_state *history)
{
	struct journal *journal OWNED(journal_close) = NULL;

	mortal->sink.append = mortal_append;
	mortal->loop = toy->loop;
	if (history)
		mortal->text.max = 0; /* the head of a second life's journal is not wanted */
	cr_assert_eq(journal_create_in(&mortal->sink, "r", plan, 0, &journal, NULL), 0);
	mortal->text.max = 1 << 20;
	mortal->text.full = false;
	toy->journal = journal;
	toy->history = history;
	toy->over = 0;
	toy_start(toy, plan);
	cr_assert_eq(loop_run(toy->loop, NULL), 0);
	exec_free(take(toy->exec));
	toy->journal = NULL;
	return toy->over && toy->result.how == HOW_DONE;
}

static void assert_end_state(struct toy *toy, const struct plan *plan, const char *name)
{
	for (unsigned i = 0; i < plan->len; i++) {
		const struct fact *fact = toy_fact(toy, plan->at[i].id);

		cr_assert(fact->is_so, "%s: %s", name, plan->at[i].id);
		if (plan->at[i].kind == &toy_once || plan->at[i].kind == &toy_lost)
			cr_assert_eq(fact->acted, 1, "%s: %s", name, plan->at[i].id);
	}
}

static void read_story(struct arena *arena, const struct str *text, const char *name,
		       struct journal_story *out)
{
	struct err err = ERR_INIT;

	cr_assert_eq(journal_read(arena, "r", text->at, text->len, out, &err), 0, "%s: %s", name,
		     err.text);
}

static void resume(struct toy *toy, struct mortal *dead, size_t k)
{
	struct arena *arena OWNED(arena_free) = arena_new("resume");
	struct plan *plan OWNED(plan_free) = NULL;
	struct mortal mortal = { .last = SIZE_MAX, .text = STR_INIT(1 << 20) };
	const char *name = arena_printf(arena, "crash %d at %zu", (int)dead->crash, k);
	struct journal_story story;
	struct err err = ERR_INIT;

	/* A crash may leave half a line behind as well. */
	str_add(&dead->text, "{\"record\":\"end\",\"step\":\"wo");
	read_story(arena, &dead->text, name, &story);
	cr_assert_eq(story.records, k, "%s", name);
	cr_assert_eq(plan_read(story.plan, toy_kinds, toy_kind_count, &plan, &err), 0);
	str_cut(&dead->text, story.bytes);
	cr_assert(live(toy, plan, &mortal, story.state), "%s", name);
	assert_end_state(toy, plan, name);

	/* Both lives together are one journal, and a finished one. */
	str_addn(&dead->text, mortal.text.at, mortal.text.len);
	read_story(arena, &dead->text, name, &story);
	cr_assert(journal_is_finished(&story), "%s", name);
	str_done(&mortal.text);
}

/* How many records a run has that nothing disturbs. */
static size_t count_records(void)
{
	struct plan *plan OWNED(plan_free) = toy_plan(rows, ARRAY_LEN(rows));
	struct toy toy SCOPED(toy_done) = { 0 };
	struct mortal mortal = { .last = SIZE_MAX, .text = STR_INIT(1 << 20) };

	toy_init(&toy);
	cr_assert(live(&toy, plan, &mortal, NULL));
	assert_end_state(&toy, plan, "undisturbed");
	str_done(&mortal.text);
	return mortal.records;
}

Test(crash, leaves_a_run_that_can_go_on, .timeout = 120)
{
	size_t all = count_records();

	cr_assert_eq(all, 1 + 2 * ARRAY_LEN(rows) + 1);
	for (size_t k = 1; k < all; k++) {
		for (int crash = CRASH_BEHIND; crash <= CRASH_BEFORE_NEXT; crash++) {
			struct plan *plan OWNED(plan_free) = toy_plan(rows, ARRAY_LEN(rows));
			struct toy toy SCOPED(toy_done) = { 0 };
			struct mortal mortal = {
				.last = k, .crash = (enum crash)crash, .text = STR_INIT(1 << 20)
			};

			toy_init(&toy);
			cr_assert_not(live(&toy, plan, &mortal, NULL), "%zu", k);
			resume(&toy, &mortal, k);
			str_done(&mortal.text);
		}
	}
}
