/*
 * A journal: append-only JSON lines that let a run be resumed after any crash (docs/journal.md).
 *
 *	journal_create(folder, journal_new_run(arena, wall, letters), plan, wall, &journal, err);
 *	exec_new(&(struct exec_options){ .journal = journal, ... });
 *
 * and after a crash
 *
 *	journal_unfinished(arena, folder, "up", &story, err);
 *	plan_read(story.plan, kinds, count, &plan, err);
 *	journal_continue(folder, story.run, plan, &journal, err);
 *	exec_new(&(struct exec_options){ .journal = journal, .history = story.state, ... });
 *
 * The first record holds the whole plan with the digest of its inputs and the cluster's identity;
 * then `begin` before a step starts and `end` after it, each on disk before the engine goes on;
 * `over` when the engine stops, or `abandoned` when another run took its place. A torn last line is
 * ignored, and cut off when the run goes on. No observation and no secret is ever in it.
 *
 * One writer at a time: the caller holds a lock on the folder. After a write error a journal takes
 * nothing more. Damage is ERR_INPUT with file and line.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "flow/event.h"
#include "flow/plan.h"

#include <stdbool.h>

enum record_state {
	RECORD_NEVER,	/* nothing was done */
	RECORD_BEGUN,	/* begun without an end: anything may have been done */
	RECORD_DONE,	/* ended well */
	RECORD_SKIPPED, /* ended well without having changed anything */
	RECORD_FAILED,	/* failed or was cancelled */
};

#define JOURNAL_VERSION 1
#define JOURNAL_SUFFIX ".jsonl"

/* Where records go; a file, or what a test wants. append() returns when the line would survive a
 * power cut; `line` ends in a line feed and is nobody's afterwards. */
struct journal_sink {
	int (*append)(struct journal_sink *sink, const char *line, size_t len, struct err *err);
};

struct journal;

/* A new journal file `<folder>/<run>.jsonl`, mode 0600; `run` is a new id, `plan` outlives the
 * journal. */
int journal_create(const char *folder, const char *run, const struct plan *plan, uint64_t wall,
		   struct journal **out, struct err *err);
int journal_create_in(struct journal_sink *sink, const char *run, const struct plan *plan,
		      uint64_t wall, struct journal **out, struct err *err);
/* Goes on with an existing file after journal_load(); ERR_CONFLICT when it holds another plan or is
 * finished. */
int journal_continue(const char *folder, const char *run, const struct plan *plan,
		     struct journal **out, struct err *err);
void journal_close(struct journal *journal);
OWN_DEFINE(struct journal, journal_close)

int journal_begin(struct journal *journal, unsigned step, uint64_t wall, struct err *err);
int journal_end(struct journal *journal, unsigned step, enum event_how how, const struct err *why,
		uint64_t wall, struct err *err);
/* What the step did is about to be put right (step_kind.cleanup): it counts as failed. */
int journal_undone(struct journal *journal, unsigned step, uint64_t wall, struct err *err);
int journal_over(struct journal *journal, enum event_how how, uint64_t wall, struct err *err);
const char *journal_run(const struct journal *journal);
size_t journal_records(const struct journal *journal); /* written so far, those loaded included */

/* What a file says. */
struct journal_story {
	const char *run, *operation;
	/* of the plan; NULL: it has none */
	const char *inputs, *identity, *cluster, *request, *digest;
	uint64_t started, ended;  /* wall; ended 0: it did not stop in good order */
	const struct value *plan; /* as plan_read() takes it */
	enum record_state *state; /* per step */
	size_t steps;
	size_t records, bytes; /* complete ones */
	bool over, abandoned;  /* over: the engine stopped in good order; failed runs too */
	enum event_how how;    /* when over */
};
int journal_load(struct arena *arena, const char *path, struct journal_story *out, struct err *err);
/* The same from memory; `file` is for messages. */
int journal_read(struct arena *arena, const char *file, const char *text, size_t len,
		 struct journal_story *out, struct err *err);
/* All steps ended well, or the run was given up: nothing to resume. */
bool journal_is_finished(const struct journal_story *story);

/* The newest story of the folder that is not finished; >0 when there is none. `operation` NULL: of
 * any. Damaged journals are an error that names the file. */
int journal_unfinished(struct arena *arena, const char *folder, const char *operation,
		       struct journal_story *out, struct err *err);
/* Marks a run abandoned, with the reason. One that is abandoned already is left alone, one that is
 * done is ERR_CONFLICT. */
int journal_abandon(const char *folder, const char *run, const char *why, uint64_t wall,
		    struct err *err);
/* Run ids of the folder, oldest first (ids sort by time). */
int journal_list(struct arena *arena, const char *folder, struct fs_names *out, struct err *err);
const char *journal_path(struct arena *arena, const char *folder, const char *run);
/* A new run id: UTC time and four letters, "20260102T030405-k3x9". */
const char *journal_new_run(struct arena *arena, uint64_t wall, const char *letters);
/* One that sorts behind all runs of the folder: a clock that was set back makes no run older than
 * those before it. */
int journal_next_run(struct arena *arena, const char *folder, uint64_t wall, const char *letters,
		     const char **out, struct err *err);
