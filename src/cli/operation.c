#include "cli/operation.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/history.h"
#include "cli/look.h"
#include "cli/operator_lock.h"
#include "cli/request.h"
#include "cli/run.h"
#include "cli/run_result.h"
#include "cli/saved_plan.h"
#include "cli/signals.h"
#include "cli/user_gates.h"
#include "crypto/digest.h"
#include "ops/kinds.h"

#include <string.h>

#define PATIENCE (10 * SECOND)
#define LOCK_FILE "lock"
#define PLAN_TEXT_MAX ((size_t)16 << 20)
#define AT_WORK "another talforge is at work here"

/* One operation on its way to a plan. */
struct work {
	struct program *program;
	struct operation_call call;
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

/* Files and the cluster: what every plan depends on besides the world and its own request. */
static const char *inputs_digest(const struct work *work)
{
	struct digest *digest OWNED(digest_free) = digest_new();

	digest_add_text(digest, work->cluster->inputs);
	digest_add_text(digest, work->identity);
	return digest_end_text(digest, work->program->arena);
}

static int prepare(struct work *work, struct err *err)
{
	struct program *program = work->program;

	if (program_site(program, &work->site, err) < 0 ||
	    history_folder(program, &work->folder, err) < 0)
		return -1;
	work->cluster = site_cluster(work->site);
	work->identity = bundle_identity(site_options(work->site)->bundle, program->arena);
	work->inputs = inputs_digest(work);
	return 0;
}

static int look(struct work *work, struct err *err)
{
	uint64_t limit = work->program->changes.timeout;
	const struct operation *operation = work->call.operation;

	return look_at_nodes(work->program, limit && limit < PATIENCE ? limit : PATIENCE,
			     operation ? operation->looks : 0, &work->inventory, err);
}

static int plan_anew(struct work *work, struct err *err)
{
	const struct parallel *parallel = &work->program->changes.parallel;
	struct operation_input input = {
		.only = work->call.only,
		.options = work->call.options,
		.max_parallel = parallel->number,
		.percent = parallel->percent,
		.now = work->call.now,
		.ahead = work->program->changes.dry_run || work->program->work == WORK_PLAN,
	};
	bool rehearses = work->program->work == WORK_REHEARSE;
	struct declared_gates gates;

	if (!rehearses && history_bootstrap(work->program->arena, work->folder, work->identity,
					    &input.bootstrap_begun, err) < 0)
		return -1;
	if (!rehearses && history_cordoned(work->program->arena, work->folder, work->identity,
					   &input.cordoned, err) < 0)
		return -1;
	if (user_gates(work->program, work->cluster, &gates, err) < 0 || look(work, err) < 0)
		return -1;
	input.gates = &gates;
	input.inventory = work->inventory;
	input.wall = loop_wall(work->program->loop);
	if (operation_plan(work->call.operation, &input, &work->plan, err) < 0)
		return -1;
	plan_bind(work->plan, work->inputs, work->identity, work->cluster->name);
	plan_ask(work->plan, work->call.request);
	plan_seal(work->plan, hash);
	return 0;
}

static int plan_again(struct work *work, struct err *err)
{
	const char *path = journal_path(work->program->arena, work->folder, work->story.run);

	if (plan_read(work->story.plan, ops_kinds, ops_kind_count, &work->plan, err) < 0 ||
	    plan_verify(work->plan, hash, err) < 0) {
		err_at(err, path, 0, 0);
		return err_wrap(err, "read the plan of run %s", work->story.run);
	}
	return 0;
}

/* Why the world has moved past the plan; NULL: it has not. */
static const char *outdated(const struct work *work)
{
	const struct operation *operation = work->call.operation;
	const struct node *node =
		operation->undone
			? operation->undone(work->plan, work->story.state, work->inventory)
			: NULL;

	if (!node)
		return NULL;
	return arena_printf(work->program->arena, "%s, %s", node->name, operation->undone_text);
}

/* Reads the plan of an unfinished run and looks whether it can go on: `why` says why not, NULL: it
 * can. */
static int try_again(struct work *work, const char **why, struct err *err)
{
	const char *reset;

	*why = NULL;
	if (!text_equal(work->story.identity, work->identity))
		*why = "it belongs to another cluster: its id and CA differ";
	else if (!text_equal(work->story.inputs, work->inputs))
		*why = "the files changed since";
	if (*why)
		return 0;
	if (history_reset_since(work->program->arena, work->folder, &work->story, &reset, err) < 0)
		return -1;
	if (reset) {
		*why = arena_printf(work->program->arena, "%s was reset since", reset);
		return 0;
	}
	if (plan_again(work, err) < 0 || look(work, err) < 0)
		return -1;
	*why = outdated(work);
	work->resumes = !*why;
	return 0;
}

static int give_up(struct work *work, const char *why, struct err *err)
{
	say_note(&work->program->say, "run %s is not finished, but %s; planning anew",
		 work->story.run, why);
	if (work->program->changes.dry_run)
		return 0;
	return journal_abandon(work->folder, work->story.run, why, loop_wall(work->program->loop),
			       err);
}

/* The unfinished run of what is asked for now: the same operation, asked for alike. >0: none. */
static int find_unfinished(struct work *work, const char **why, struct err *err)
{
	int r = journal_unfinished(work->program->arena, work->folder, work->call.operation->name,
				   &work->story, err);

	*why = NULL;
	if (r != 0)
		return r;
	if (!text_equal(work->story.request, work->call.request)) {
		*why = "something else is asked for now";
		return 0;
	}
	return try_again(work, why, err);
}

/* Goes on with an unfinished run of the same inputs, else plans anew. */
static int make_plan(struct work *work, struct err *err)
{
	const char *why = NULL;
	int r = work->program->work == WORK_REHEARSE ? 1 : find_unfinished(work, &why, err);

	if (r < 0)
		return -1;
	if (r == 0) {
		if (!why) {
			say_note(&work->program->say, "going on with run %s", work->story.run);
			return 0;
		}
		plan_free(take(work->plan));
		if (give_up(work, why, err) < 0)
			return -1;
	}
	return plan_anew(work, err);
}

/* >0: it is finished. */
static int load_run(struct work *work, const char *run, struct err *err)
{
	const char *path = journal_path(work->program->arena, work->folder, run);

	if (strchr(run, '/') || !fs_exists(path)) {
		err_set(err, ERR_USAGE, "there is no run %s", run);
		return err_hint(err, "talforge runs lists them");
	}
	if (journal_load(work->program->arena, path, &work->story, err) < 0)
		return -1;
	return journal_is_finished(&work->story) ? 1 : 0;
}

static int name_operation(struct work *work, const char *name, struct err *err)
{
	work->call.operation = operation_named(name);
	if (work->call.operation)
		return 0;
	err_set(err, ERR_INPUT, "unknown operation %s", name);
	return err_hint(err, "the plan was made by another version of talforge");
}

/* >0: there is nothing to go on with. */
static int resume_plan(struct work *work, const char *run, struct err *err)
{
	struct arena *arena = work->program->arena;
	int r = run ? load_run(work, run, err)
		    : journal_unfinished(arena, work->folder, NULL, &work->story, err);

	if (r != 0)
		return r;

	const char *why;
	if (name_operation(work, work->story.operation, err) < 0 || try_again(work, &why, err) < 0)
		return -1;
	if (!why)
		return 0;
	err_set(err, ERR_CONFLICT, "run %s cannot go on: %s", work->story.run, why);
	return err_hint(err, "talforge %s plans anew", work->story.operation);
}

static int show_plan(struct work *work)
{
	struct program *program = work->program;
	struct str text SCOPED(str_done) = STR_INIT(PLAN_TEXT_MAX);
	const char *idle = work->call.operation->idle;
	bool changes = plan_changes(work->plan);

	plan_text(&text, work->plan);
	if (!changes && work->plan->len > 0)
		str_add(&text, "nothing to do: these steps only look\n");
	else if (!changes)
		str_addf(&text, "%s\n", idle ? idle : "nothing to do");
	program->result =
		(struct result){ .value = value_copy(program->arena,
						     plan_value(program->arena, work->plan)),
				 .text = arena_str(program->arena, str_text(&text)) };
	program->exit_code = changes ? 2 : 0;
	return 0;
}

/* What a run that was killed left beside the files it was writing. */
static void sweep(struct program *program)
{
	fs_sweep(workspace_folder(program->workspace));
	fs_sweep(workspace_path(program->workspace, "clusterconfig"));
}

static int lock(struct program *program, struct fs_lock *lock, struct err *err)
{
	const char *path;

	if (program->changes.dry_run || program->work != WORK_RUN)
		return 0;
	if (program_state_path(program, LOCK_FILE, &path, err) < 0)
		return -1;

	int r = fs_lock(lock, path, err);
	if (r > 0)
		return err_set(err, ERR_REFUSED, AT_WORK);
	if (r == 0)
		sweep(program);
	return r;
}

/* The simulated world of a workspace is nobody else's. */
static bool needs_lock(const struct work *work)
{
	const struct program *program = work->program;

	return program->work == WORK_RUN && !program->globals.sim && plan_changes(work->plan);
}

static int run_planned(struct work *work, struct err *err)
{
	struct program *program = work->program;

	if (program->work == WORK_PLAN &&
	    saved_plan_write(program->plan_file, work->plan, err) < 0)
		return -1;
	if (program->changes.dry_run || program->work == WORK_PLAN)
		return show_plan(work);
	if (ask_to_run(program, work->plan, work->call.operation->consent, err) < 0)
		return -1;
	struct operator_lock held SCOPED(operator_lock_release) = { 0 };
	if (needs_lock(work) &&
	    operator_lock_take(&held, program, work->site, work->inventory, err) < 0)
		return -1;

	const struct run_setup setup = {
		.plan = work->plan,
		.site = work->site,
		.folder = program->work == WORK_REHEARSE ? NULL : work->folder,
		.story = work->resumes ? &work->story : NULL,
		.idle = work->call.operation->idle,
		.only = work->call.only,
		.lock = &held,
		.began = work->began,
	};
	return run_plan(program, &setup, err);
}

static int nothing_to_do(const struct work *work, const char *run)
{
	struct program *program = work->program;
	struct run_idle idle = { .operation = "resume",
				 .run = run,
				 .text = "nothing to do: no run is unfinished" };

	if (work->plan)
		idle = (struct run_idle){ work->call.operation->name, NULL,
					  work->call.operation->idle };
	else if (run)
		idle.text = arena_printf(program->arena,
					 "nothing to do: run %s is finished already", run);
	run_nothing(program, &idle);
	return 0;
}

/* A way to a plan: >0 when there is nothing to do. */
typedef int plan_source_fn(struct work *work, const char *what, struct err *err);

static int from_call(struct work *work, const char *what, struct err *err)
{
	(void)what;
	return make_plan(work, err);
}

/* An unfinished run may have left something to put in order. */
static int is_met(struct work *work, struct err *err)
{
	int r = journal_unfinished(work->program->arena, work->folder, work->call.operation->name,
				   &work->story, err);

	if (r <= 0)
		return r;
	if (look(work, err) < 0)
		return -1;
	return work->call.operation->met(work->plan, work->inventory) ? 1 : 0;
}

static int from_file(struct work *work, const char *file, struct err *err)
{
	if (saved_plan_read(work->program->arena, file, hash, &work->plan, err) < 0)
		return -1;
	if (name_operation(work, work->plan->operation, err) < 0) {
		err_at(err, file, 0, 0);
		return -1;
	}
	if (!text_equal(work->plan->identity, work->identity))
		return err_set(err, ERR_CONFLICT, "%s is a plan for another cluster", file);
	if (!text_equal(work->plan->inputs, work->inputs)) {
		err_set(err, ERR_CONFLICT, "the files changed since %s was made", file);
		return err_hint(err, "talforge plan makes a new one");
	}
	return work->call.operation->met ? is_met(work, err) : 0;
}

static int to_end(struct work *work, plan_source_fn *source, const char *what, struct err *err)
{
	struct fs_lock held SCOPED(fs_unlock) = { .fd = -1 };
	int r;

	if (lock(work->program, &held, err) < 0)
		return -1;
	r = source(work, what, err);
	if (r > 0)
		return nothing_to_do(work, what);
	return r < 0 ? -1 : run_planned(work, err);
}

static const char *operation_name(const struct work *work)
{
	return work->call.operation ? work->call.operation->name : work->program->command->words;
}

static int work_through(struct work *work, plan_source_fn *source, const char *what,
			struct err *err)
{
	struct program *program = work->program;
	struct signals_held held;
	struct err why = ERR_INIT;

	if (prepare(work, err) < 0)
		return -1;
	work->began = loop_now(program->loop);
	if (program->work != WORK_REHEARSE)
		signals_hold(&held);

	int r = to_end(work, source, what, &why);
	if (r < 0 && !program->result.value && !program->changes.dry_run &&
	    program->work != WORK_PLAN) {
		const struct run_failure failure = { operation_name(work), work->cluster,
						     work->inventory,
						     loop_now(program->loop) - work->began };

		run_failed(program, &failure, &why);
	}
	plan_free(work->plan);
	if (program->work != WORK_REHEARSE)
		signals_release(&held);
	if (r < 0 && err)
		*err = why;
	return r;
}

int operation_run(struct program *program, const struct operation_call *call, struct err *err)
{
	struct work work = { .program = program, .call = *call };

	if (!work.call.request)
		work.call.request = request_text(program);
	return work_through(&work, from_call, NULL, err);
}

int operation_resume(struct program *program, const char *run, struct err *err)
{
	struct work work = { .program = program, .call.only = run_those_planned };

	return work_through(&work, resume_plan, run, err);
}

int operation_run_file(struct program *program, const char *file, struct err *err)
{
	struct work work = { .program = program, .call.only = run_those_planned };

	return work_through(&work, from_file, file, err);
}

int operation_nodes(struct program *program, const struct words *words, const char *const **out,
		    struct err *err)
{
	for (size_t i = 0; i < words->len; i++)
		words_add(&program->globals.nodes, program->arena, words->at[i]);
	return program_nodes(program, out, err);
}
