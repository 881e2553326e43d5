/*
 * Journals: whatever a file holds, reading it ends in a story or in an error with a place, and the
 * plan of a story can be asked for.
 */
#include "flow/journal.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int start(struct step_run *run, struct err *err)
{
	(void)err;
	return run_done(run);
}

static const struct step_kind work = { "work", "work", .timeout_s = 1, .start = start };
static const struct step_kind gate = { "gate", "look", .timeout_s = 1, .start = start };

static void read_plan(const struct journal_story *story)
{
	static const struct step_kind *const kinds[] = { &work, &gate };
	struct plan *plan OWNED(plan_free) = NULL;
	struct err err = ERR_INIT;

	if (plan_read(story->plan, kinds, ARRAY_LEN(kinds), &plan, &err) == 0) {
		struct str text SCOPED(str_done) = STR_INIT(1 << 20);

		plan_text(&text, plan);
		if (plan->len != story->steps)
			abort();
	} else if (!err_is_set(&err)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct journal_story story;
	struct err err = ERR_INIT;

	if (journal_read(arena, "fuzz", (const char *)data, size, &story, &err) == 0) {
		if (story.bytes > size || !story.run || !story.operation)
			abort();
		read_plan(&story);
	} else if (err.kind != ERR_INPUT || err.line == 0) {
		abort();
	}
	return 0;
}
