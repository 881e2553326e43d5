#include "flow/matrix.h"

#include "base/clock.h"
#include "base/fs.h"
#include "flow/branch.h"
#include "flow/folder.h"
#include "rpc/status.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LATE (3 * SECOND) /* longer than a healthy answer takes, shorter than we wait for one */
#define RUNS 2		  /* the one that is disturbed, and one to go on with it */

/* ---- the undisturbed run --------------------------------------------------------------------- */

struct deeds { /* of one node */
	unsigned installs, upgrades, wipes, reboots, bootstraps;
};

struct reference {
	struct arena *arena;
	struct deeds *deed; /* per node of the world, what the operation did */
	size_t nodes;
	size_t first, calls; /* the operation's calls */
	size_t records;
};

static struct deeds deeds_of(const struct world_fact *fact)
{
	return (struct deeds){ fact->installs, fact->upgrades, fact->wipes, fact->reboots,
			       fact->bootstraps };
}

static struct scene_options options_of(const struct matrix *matrix)
{
	struct scene_options options = matrix->scene;

	if (!options.pace)
		options.pace = &world_pace_fast;
	return options;
}

static void begin(const struct matrix *matrix, struct scene *scene)
{
	struct scene_options options = options_of(matrix);

	options.inside = true;
	scene_init(scene, &options);
	if (matrix->before)
		matrix->before(scene);
}

struct counting {
	struct journal_sink sink;
	size_t records;
};

static int count_record(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	(void)line;
	(void)len;
	(void)err;
	container_of(sink, struct counting, sink)->records++;
	return 0;
}

static void check_end(const struct matrix *matrix, struct scene *scene)
{
	if (matrix->after)
		matrix->after(scene);
	else
		scene_is_healthy(scene);
}

static void look_at_deeds(struct reference *reference, struct scene *scene)
{
	const struct world_fact *fact =
		world_facts(scene->world, scene->arena, &reference->nodes);

	reference->deed = arena_calloc(reference->arena, reference->nodes, sizeof(struct deeds));
	for (size_t i = 0; i < reference->nodes; i++)
		reference->deed[i] = deeds_of(&fact[i]);
}

static void reference_make(struct reference *reference, const struct matrix *matrix)
{
	struct counting counting = { .sink = { count_record } };
	struct scene scene SCOPED(scene_done) = { 0 };

	*reference = (struct reference){ .arena = arena_new("reference") };
	begin(matrix, &scene);
	scene.options.sink = &counting.sink;
	reference->first = world_calls(scene.world);
	struct outcome outcome = scene_run(&scene, &matrix->order);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, undisturbed: %s", matrix->name,
		     outcome.err.text);
	reference->calls = world_calls(scene.world) - reference->first;
	reference->records = counting.records;
	look_at_deeds(reference, &scene);
	check_end(matrix, &scene);
}

static void reference_done(struct reference *reference)
{
	arena_free(reference->arena);
}

/* ---- what every disturbed run is held to ----------------------------------------------------- */

struct place { /* where it was disturbed */
	const struct matrix *matrix;
	const char *what; /* "killed after record" */
	size_t number;
	bool twice; /* the world itself does a thing twice */
	bool given_up;
};

static void check_deeds(const struct place *place, const struct reference *reference,
			struct scene *scene)
{
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		{ "installed", offsetof(struct deeds, installs) },
		{ "upgraded", offsetof(struct deeds, upgrades) },
		{ "wiped", offsetof(struct deeds, wipes) },
		{ "rebooted", offsetof(struct deeds, reboots) },
		{ "bootstrapped", offsetof(struct deeds, bootstraps) },
	};
	size_t nodes;
	const struct world_fact *fact = world_facts(scene->world, scene->arena, &nodes);

	cr_assert_eq(nodes, reference->nodes);
	for (size_t i = 0; i < nodes; i++) {
		struct deeds deeds = deeds_of(&fact[i]);

		for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
			unsigned did = *(unsigned *)(void *)((char *)&deeds + rows[r].offset);
			unsigned may = *(unsigned *)(void *)((char *)&reference->deed[i] +
							     rows[r].offset);

			if (rows[r].offset == offsetof(struct deeds, upgrades))
				may += place->matrix->rewrites;
			cr_assert(did <= may + place->twice,
				  "%s, %s %zu: %s was %s %u times, not %u",
				  place->matrix->name, place->what, place->number,
				  fact[i].name, rows[r].name, did, may);
		}
	}
}

static void check(const struct place *place, const struct reference *reference,
		  struct scene *scene, const struct outcome *outcome)
{
	cr_assert_eq(outcome->result.how, HOW_DONE, "%s, %s %zu: %s", place->matrix->name,
		     place->what, place->number, outcome->err.text);
	check_deeds(place, reference, scene);
	if (place->given_up && place->matrix->after_anew)
		place->matrix->after_anew(scene);
	else
		check_end(place->matrix, scene);
}

/* ---- which places ---------------------------------------------------------------------------- */

#define CASES 5 /* of a sample */
#define FAILURES 12

struct sample {
	const struct matrix *matrix;
	size_t of, cases;
	unsigned failures;
};

bool matrix_is_complete(void)
{
	const char *wish = getenv("TALFORGE_MATRIX");

	return wish && strcmp(wish, "complete") == 0;
}

static struct sample sample_make(const struct matrix *matrix, const char *what, size_t of)
{
	struct sample sample = { matrix, of, matrix->cases ? matrix->cases : CASES, 0 };

	if (matrix_is_complete() || sample.cases > of)
		sample.cases = of;
	cr_assert_geq(of, matrix->at_least ? matrix->at_least : 1,
		      "%s has only %zu places to be %s", matrix->name, of, what);
	fprintf(stderr, "%s, %s: %zu of %zu\n", matrix->name, what, sample.cases, of);
	return sample;
}

static size_t sample_at(const struct sample *sample, size_t index)
{
	return index * sample->of / sample->cases;
}

/* Every place has its say, within reason. */
static void note_failure(struct sample *sample, const char *what, size_t number)
{
	fprintf(stderr, "FAILED: %s, %s %zu\n", sample->matrix->name, what, number);
	cr_assert_lt(++sample->failures, FAILURES, "%s fails wherever it is %s",
		     sample->matrix->name, what);
}

static void sample_end(const struct sample *sample, const char *what)
{
	cr_assert_eq(sample->failures, 0, "%s failed at %u places where it was %s",
		     sample->matrix->name, sample->failures, what);
}

/* ---- kills ----------------------------------------------------------------------------------- */

#define RUNS_FOLDER ".talforge/runs"

/* A journal in the working directory, where the next life looks for it. */
struct noted {
	struct journal_sink sink;
	const char *path;
	int fd; /* -1: no record yet */
};

static int append(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct noted *noted = container_of(sink, struct noted, sink);

	if (noted->fd < 0)
		noted->fd = open(noted->path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (write(noted->fd, line, len) != (ssize_t)len)
		return err_set(err, ERR_SYSTEM, "short write");
	return 0;
}

static void noted_init(struct noted *noted, struct scene *scene)
{
	const char *run = journal_new_run(scene->arena, loop_wall(scene->loop), "test");
	struct err err = ERR_INIT;

	cr_assert_eq(fs_mkdir(RUNS_FOLDER, 0700, &err), 0, "%s", err.text);
	noted->path = journal_path(scene->arena, RUNS_FOLDER, run);
	noted->fd = -1;
}

static struct scene_options life_options(const struct matrix *matrix, uint64_t later)
{
	struct scene_options options = options_of(matrix);

	options.folder = ".";
	options.world = ".talforge/world";
	options.later = later;
	return options;
}

/* A scene on disk, closed after before() and opened again. */
static char *stage_make(const struct matrix *matrix, struct scene *scene)
{
	struct scene_options options = options_of(matrix);
	char *home;

	options.inside = true;
	options.world = ".talforge/world";
	scene_init(scene, &options);
	home = strdup(scene->home);
	if (matrix->before)
		matrix->before(scene);
	scene->options.folder = home; /* it stays */
	scene_done(scene);
	options = life_options(matrix, HOUR);
	*scene = (struct scene){ 0 };
	scene_init(scene, &options);
	return home;
}

static void give_up(struct scene *scene)
{
	struct journal_story story;
	struct err err = ERR_INIT;

	while (journal_unfinished(scene->arena, RUNS_FOLDER, NULL, &story, &err) == 0)
		cr_assert_eq(journal_abandon(RUNS_FOLDER, story.run, "the files changed since",
					     loop_wall(scene->loop), &err),
			     0, "%s", err.text);
	cr_assert_not(err_is_set(&err), "%s", err.text);
}

static void live_again(const struct place *place, const struct reference *reference)
{
	struct scene_options options = life_options(place->matrix, 2 * HOUR);
	struct scene scene SCOPED(scene_done) = { 0 };

	scene_init(&scene, &options);
	struct outcome outcome = { .result.how = HOW_DONE };

	if (place->given_up)
		give_up(&scene);
	if (place->matrix->once && place->number == reference->records)
		witness_end(scene.witness);
	else
		outcome = scene_run(&scene, &place->matrix->order);
	check(place, reference, &scene, &outcome);
	branch_leave();
}

/* A life that goes on undisturbed while a branch of it is killed behind each record that is taken,
 * and another one has to go on with what that leaves on disk. */
struct mortal {
	struct noted noted;
	struct scene *scene;
	const struct reference *reference;
	struct sample sample;
	const char *what;
	size_t records, next; /* written; the number of the sample's next case */
	bool given_up;
};

static bool crash_here(struct mortal *mortal)
{
	struct arena *arena OWNED(arena_free) = arena_new("crash");
	const char *folder = folder_new(arena);
	const struct place place = { mortal->sample.matrix, mortal->what, mortal->records, false,
				     mortal->given_up };
	struct branch first, second;
	bool good;

	folder_copy(".", folder);
	if (branch_begin(&first, folder)) {
		scene_is_content(mortal->scene);
		kill(getpid(), SIGKILL);
	}
	branch_end(&first);
	if (branch_begin(&second, folder))
		live_again(&place, mortal->reference);
	good = branch_end(&second) && first.killed;
	folder_remove(folder);
	return good;
}

static int append_and_die(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct mortal *mortal = container_of(sink, struct mortal, noted.sink);

	if (append(sink, line, len, err) < 0)
		return -1;
	if (mortal->records++ < sample_at(&mortal->sample, mortal->next) ||
	    mortal->next == mortal->sample.cases)
		return 0;
	mortal->next++;
	if (!crash_here(mortal))
		note_failure(&mortal->sample, mortal->what, mortal->records);
	return 0;
}

static void kill_everywhere(const struct matrix *matrix, const char *what, bool given_up)
{
	struct reference reference;
	struct scene scene SCOPED(scene_done) = { 0 };
	struct mortal mortal = { .noted.sink = { append_and_die },
				 .scene = &scene,
				 .reference = &reference,
				 .what = what,
				 .given_up = given_up };

	reference_make(&reference, matrix);
	mortal.sample = sample_make(matrix, what, reference.records);
	char *home = stage_make(matrix, &scene);

	noted_init(&mortal.noted, &scene);
	scene.options.sink = &mortal.noted.sink;
	struct outcome outcome = scene_run(&scene, &matrix->order);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, while branches were killed: %s",
		     matrix->name, outcome.err.text);
	cr_assert_eq(mortal.next, mortal.sample.cases, "only %zu records of %zu", mortal.records,
		     mortal.sample.of);
	folder_remove(home);
	free(home);
	reference_done(&reference);
	sample_end(&mortal.sample, what);
}

void matrix_crash(const struct matrix *matrix)
{
	kill_everywhere(matrix, "killed after record", false);
}

void matrix_abandon(const struct matrix *matrix)
{
	kill_everywhere(matrix, "given up after record", true);
}

/* ---- broken calls ---------------------------------------------------------------------------- */

static const struct {
	const char *text;
	enum fault_kind kind;
	int code;
} harms[HARM_COUNT] = {
	[HARM_RESET] = { "with a reset before the effect of call", FAULT_RESET, 0 },
	[HARM_RESET_AFTER] = { "with a reset after the effect of call", FAULT_RESET_AFTER, 0 },
	[HARM_REFUSED] = { "with a refusal of call", FAULT_STATUS, RPC_PERMISSION_DENIED },
	[HARM_UNAVAILABLE] = { "with unavailability at call", FAULT_STATUS, RPC_UNAVAILABLE },
	[HARM_SILENT] = { "with silence instead of the answer to call", FAULT_SILENT, 0 },
	[HARM_LATE] = { "with a late answer to call", FAULT_LATE, 0 },
	[HARM_TWICE] = { "with a double call", FAULT_TWICE, 0 },
};

/* A run that goes on undisturbed while a branch of it, at each call that is taken, suffers. */
struct harmed {
	struct scene *scene;
	struct noted noted;
	struct sample sample;
	enum harm harm;
	size_t call, next; /* the number of the call, and of the sample's next case */
	bool suffers;	   /* this is a branch: there it has happened */
};

static void on_call(void *context, const char *node, const char *method)
{
	struct harmed *harmed = context;
	size_t call = harmed->call++;
	struct branch branch;

	(void)node;
	(void)method;
	if (harmed->suffers || harmed->next == harmed->sample.cases ||
	    call != sample_at(&harmed->sample, harmed->next))
		return;
	harmed->next++;
	if (branch_begin(&branch, NULL)) {
		harmed->suffers = true;
		harmed->call = call;
		/* rules are asked in order: this one is asked about this call */
		world_fault(harmed->scene->world, &(struct fault){ .kind = harms[harmed->harm].kind,
								   .code = harms[harmed->harm].code,
								   .count = 1,
								   .wait = LATE });
		return;
	}
	if (!branch_end(&branch))
		note_failure(&harmed->sample, harms[harmed->harm].text, call);
}

/* In the branch: the rest of the run, and one more. */
static void suffer(struct harmed *harmed, const struct reference *reference, struct outcome outcome)
{
	const struct matrix *matrix = harmed->sample.matrix;
	const struct place place = { matrix, harms[harmed->harm].text, harmed->call,
				     harmed->harm == HARM_TWICE, false };
	struct scene *scene = harmed->scene;

	scene->options.sink = NULL;
	for (unsigned i = 1; i < RUNS && outcome.result.how != HOW_DONE; i++) {
		/* runs are named by the second */
		scene_wait(scene, SECOND);
		outcome = scene_run(scene, &matrix->order);
	}
	check(&place, reference, scene, &outcome);
	branch_leave();
}

void matrix_harm(const struct matrix *matrix, enum harm harm)
{
	struct reference reference;
	struct scene scene SCOPED(scene_done) = { 0 };
	struct harmed harmed = { .scene = &scene, .noted.sink = { append }, .harm = harm };

	reference_make(&reference, matrix);
	harmed.sample = sample_make(matrix, harms[harm].text, reference.calls);
	begin(matrix, &scene);
	noted_init(&harmed.noted, &scene);
	scene.options.sink = &harmed.noted.sink;
	world_fault(scene.world, &(struct fault){ .kind = FAULT_NONE,
						  .count = UINT_MAX,
						  .on_hit = on_call,
						  .context = &harmed });
	struct outcome outcome = scene_run(&scene, &matrix->order);

	if (harmed.suffers)
		suffer(&harmed, &reference, outcome);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, while branches went their own way: %s",
		     matrix->name, outcome.err.text);
	cr_assert_eq(harmed.next, harmed.sample.cases, "only %zu of %zu calls came", harmed.call,
		     harmed.sample.of);
	reference_done(&reference);
	sample_end(&harmed.sample, harms[harm].text);
}
