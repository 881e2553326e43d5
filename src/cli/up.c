#include "cli/up.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/history.h"
#include "cli/look.h"
#include "cli/run.h"
#include "cli/run_result.h"
#include "cli/signals.h"
#include "crypto/digest.h"
#include "ops/kinds.h"
#include "ops/up.h"

#include <string.h>

#define PATIENCE (10 * SECOND)
#define LOCK_FILE "lock"
#define PLAN_TEXT_MAX ((size_t)16 << 20)

/* One `up` on its way to a plan. */
struct up {
	struct program *program;
	struct site *site;
	const struct cluster *cluster;
	const char *identity, *inputs; /* what a journal is bound to */
	const char *folder;	       /* of the journals */
	const struct inventory *inventory;
	struct plan *plan; /* owned */
	struct journal_story story;
	bool resumes;	/* `story` goes on */
	uint64_t began; /* loop time */
};

static const char *hash(struct arena *arena, const void *data, size_t len)
{
	struct digest *digest OWNED(digest_free) = digest_new();

	digest_add(digest, data, len);
	return digest_end_text(digest, arena);
}

/* Files, the options that shape the plan, and the cluster: what the plan depends on besides the
 * world. */
static const char *inputs_digest(const struct up *up)
{
	struct digest *digest OWNED(digest_free) = digest_new();
	const struct parallel *parallel = &up->program->changes.parallel;
	struct arena *arena = up->program->arena;

	digest_add_text(digest, up->cluster->inputs);
	digest_add_text(digest, arena_printf(arena, "%u%s", parallel->number,
					     parallel->percent ? "%" : ""));
	digest_add_text(digest, up->identity);
	return digest_end_text(digest, arena);
}

static int prepare(struct up *up, struct err *err)
{
	struct program *program = up->program;

	if (program_site(program, &up->site, err) < 0 ||
	    history_folder(program, &up->folder, err) < 0)
		return -1;
	up->cluster = site_cluster(up->site);
	up->identity = bundle_identity(site_options(up->site)->bundle, program->arena);
	up->inputs = inputs_digest(up);
	return 0;
}

static int look(struct up *up, struct err *err)
{
	uint64_t limit = up->program->changes.timeout;

	return look_at_nodes(up->program, limit && limit < PATIENCE ? limit : PATIENCE,
			     &up->inventory, err);
}

static int plan_anew(struct up *up, struct err *err)
{
	struct up_options options = {
		.max_parallel = parallel_of(&up->program->changes.parallel, up->cluster->nodes),
	};

	if (history_bootstrap(up->program->arena, up->folder, up->identity,
			      &options.bootstrap_begun, err) < 0 ||
	    look(up, err) < 0)
		return -1;
	if (up_plan(up->inventory, &options, &up->plan, err) < 0)
		return -1;
	plan_bind(up->plan, up->inputs, up->identity, up->cluster->name);
	plan_seal(up->plan, hash);
	return 0;
}

static int plan_again(struct up *up, struct err *err)
{
	const char *path = journal_path(up->program->arena, up->folder, up->story.run);

	if (plan_read(up->story.plan, ops_kinds, ops_kind_count, &up->plan, err) < 0 ||
	    plan_verify(up->plan, hash, err) < 0) {
		err_at(err, path, 0, 0);
		return err_wrap(err, "read the plan of run %s", up->story.run);
	}
	return 0;
}

/* Reads the plan of an unfinished run and looks whether it can go on: `why` says why not, NULL: it
 * can. */
static int try_again(struct up *up, const char **why, struct err *err)
{
	*why = NULL;
	if (!text_equal(up->story.identity, up->identity))
		*why = "it belongs to another cluster: its id and CA differ";
	else if (!text_equal(up->story.inputs, up->inputs))
		*why = "the files or options changed since";
	if (*why)
		return 0;
	if (plan_again(up, err) < 0 || look(up, err) < 0)
		return -1;

	const struct node *undone = up_undone(up->plan, up->story.state, up->inventory);
	if (undone)
		*why = arena_printf(up->program->arena,
				    "%s, which it had installed, is in maintenance mode again",
				    undone->name);
	up->resumes = !undone;
	return 0;
}

static int give_up(struct up *up, const char *why, struct err *err)
{
	say_note(&up->program->say, "run %s is not finished, but %s; planning anew", up->story.run,
		 why);
	if (up->program->changes.dry_run)
		return 0;
	return journal_abandon(up->folder, up->story.run, why, loop_wall(up->program->loop), err);
}

/* Goes on with an unfinished run of the same inputs, else plans anew. */
static int make_plan(struct up *up, struct err *err)
{
	int r = journal_unfinished(up->program->arena, up->folder, "up", &up->story, err);

	if (r < 0)
		return -1;
	if (r == 0) {
		const char *why;

		if (try_again(up, &why, err) < 0)
			return -1;
		if (!why) {
			say_note(&up->program->say, "going on with run %s", up->story.run);
			return 0;
		}
		plan_free(take(up->plan));
		if (give_up(up, why, err) < 0)
			return -1;
	}
	return plan_anew(up, err);
}

/* >0: it is finished. */
static int load_run(struct up *up, const char *run, struct err *err)
{
	const char *path = journal_path(up->program->arena, up->folder, run);

	if (strchr(run, '/') || !fs_exists(path)) {
		err_set(err, ERR_USAGE, "there is no run %s", run);
		return err_hint(err, "talforge runs lists them");
	}
	if (journal_load(up->program->arena, path, &up->story, err) < 0)
		return -1;
	if (!text_equal(up->story.operation, "up"))
		return err_set(err, ERR_CONFLICT, "run %s is of another operation: %s", run,
			       up->story.operation);
	return journal_is_finished(&up->story) ? 1 : 0;
}

/* >0: there is nothing to go on with. */
static int resume_plan(struct up *up, const char *run, struct err *err)
{
	struct arena *arena = up->program->arena;
	int r = run ? load_run(up, run, err)
		    : journal_unfinished(arena, up->folder, "up", &up->story, err);

	if (r != 0)
		return r;

	const char *why;
	if (try_again(up, &why, err) < 0)
		return -1;
	if (!why)
		return 0;
	err_set(err, ERR_CONFLICT, "run %s cannot go on: %s", up->story.run, why);
	return err_hint(err, "talforge up plans anew");
}

static int show_plan(struct up *up)
{
	struct program *program = up->program;
	struct str text SCOPED(str_done) = STR_INIT(PLAN_TEXT_MAX);
	bool changes = plan_changes(up->plan);

	plan_text(&text, up->plan);
	if (!changes)
		str_add(&text, "nothing to do: these steps only look\n");
	program->result =
		(struct result){ .value = value_copy(program->arena,
						     plan_value(program->arena, up->plan)),
				 .text = arena_str(program->arena, str_text(&text)) };
	program->exit_code = changes ? 2 : 0;
	return 0;
}

static int lock(struct program *program, struct fs_lock *lock, struct err *err)
{
	const char *path;

	if (program->changes.dry_run)
		return 0;
	if (program_state_path(program, LOCK_FILE, &path, err) < 0)
		return -1;

	int r = fs_lock(lock, path, err);
	if (r > 0)
		return err_set(err, ERR_REFUSED, "another talforge is at work here");
	return r;
}

static int run_planned(struct up *up, struct err *err)
{
	struct program *program = up->program;

	if (program->changes.dry_run)
		return show_plan(up);
	if (ask_to_run(program, up->plan, err) < 0)
		return -1;

	const struct run_setup setup = {
		.plan = up->plan,
		.site = up->site,
		.folder = up->folder,
		.story = up->resumes ? &up->story : NULL,
		.began = up->began,
	};
	return run_plan(program, &setup, err);
}

static int nothing_to_resume(struct program *program, const char *run)
{
	struct run_idle idle = { .operation = "resume",
				 .run = run,
				 .text = "nothing to do: no run is unfinished" };

	if (run)
		idle.text = arena_printf(program->arena,
					 "nothing to do: run %s is finished already", run);
	run_nothing(program, &idle);
	return 0;
}

static int up_to_end(struct up *up, enum up_mode mode, const char *run, struct err *err)
{
	struct fs_lock held SCOPED(fs_unlock) = { .fd = -1 };
	int r;

	if (lock(up->program, &held, err) < 0)
		return -1;
	r = mode == UP_RESUME ? resume_plan(up, run, err) : make_plan(up, err);
	if (r > 0)
		return nothing_to_resume(up->program, run);
	return r < 0 ? -1 : run_planned(up, err);
}

int up_run(struct program *program, enum up_mode mode, const char *run, struct err *err)
{
	struct up up = { .program = program };
	struct signals_held held;
	struct err why = ERR_INIT;

	if (prepare(&up, err) < 0)
		return -1;
	up.began = loop_now(program->loop);
	signals_hold(&held);

	int r = up_to_end(&up, mode, run, &why);
	if (r < 0 && !program->result.value && !program->changes.dry_run) {
		const struct run_failure failure = { "up", up.cluster, up.inventory,
						     loop_now(program->loop) - up.began };

		run_failed(program, &failure, &why);
	}
	plan_free(up.plan);
	signals_release(&held);
	if (r < 0 && err)
		*err = why;
	return r;
}
