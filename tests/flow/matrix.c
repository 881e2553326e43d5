#include "flow/matrix.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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
	check_end(place->matrix, scene);
}

/* ---- which places ---------------------------------------------------------------------------- */

struct sample {
	size_t of, cases;
};

static struct sample sample_make(const struct matrix *matrix, const char *what, size_t of)
{
	struct sample sample = { of, matrix->cases && matrix->cases < of ? matrix->cases : of };

	cr_assert_geq(of, matrix->at_least ? matrix->at_least : 1,
		      "%s has only %zu places to be %s", matrix->name, of, what);
	fprintf(stderr, "%s, %s: %zu of %zu\n", matrix->name, what, sample.cases, of);
	return sample;
}

static size_t sample_at(const struct sample *sample, size_t index)
{
	return index * sample->of / sample->cases;
}

/* ---- kills ----------------------------------------------------------------------------------- */

/* Writes the journal where the next life looks for it, and ends the process after `left`
 * records. */
struct deadly {
	struct journal_sink sink;
	struct scene *scene;
	int fd;
	size_t left;
};

static int append(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct deadly *deadly = container_of(sink, struct deadly, sink);

	if (write(deadly->fd, line, len) != (ssize_t)len)
		return err_set(err, ERR_SYSTEM, "short write");
	if (--deadly->left > 0)
		return 0;
	scene_is_content(deadly->scene);
	kill(getpid(), SIGKILL);
	return 0;
}

struct stage {
	const struct matrix *matrix;
	const char *folder, *world;
	struct arena *arena;
};

static struct scene_options life_options(const struct stage *stage, uint64_t later)
{
	struct scene_options options = options_of(stage->matrix);

	options.folder = stage->folder;
	options.world = stage->world;
	options.later = later;
	return options;
}

static void stage_make(struct stage *stage, const struct matrix *matrix)
{
	struct scene_options bare = options_of(matrix);
	struct scene scene = { 0 };

	*stage = (struct stage){ .matrix = matrix, .arena = arena_new("stage") };
	scene_init(&scene, &bare);
	stage->folder = arena_str(stage->arena, scene.folder);
	stage->world = fs_join(stage->arena, stage->folder, ".talforge/world");
	/* keep the folder: the lives below work in it */
	scene.options.folder = stage->folder;
	scene_done(&scene);

	if (!matrix->before)
		return;
	struct scene_options options = life_options(stage, 0);

	scene = (struct scene){ 0 };
	scene_init(&scene, &options);
	matrix->before(&scene);
	scene_done(&scene);
}

static void stage_done(struct stage *stage)
{
	struct scene scene = { .folder = stage->folder };

	scene.arena = take(stage->arena);
	scene_done(&scene);
}

static void first_life(const struct stage *stage, size_t records)
{
	const char *runs = fs_join(stage->arena, stage->folder, ".talforge/runs");
	struct scene scene = { 0 };
	struct deadly deadly = { .sink = { append }, .scene = &scene, .left = records };
	struct scene_options options = life_options(stage, HOUR);
	struct err err = ERR_INIT;

	if (fs_mkdir(runs, 0700, &err) < 0)
		_exit(3);
	scene_init(&scene, &options);
	deadly.fd = open(journal_path(stage->arena, runs,
				      journal_new_run(stage->arena, loop_wall(scene.loop), "test")),
			 O_WRONLY | O_CREAT | O_APPEND, 0600);
	scene.options.sink = &deadly.sink;
	scene_run(&scene, &stage->matrix->order);
	_exit(0); /* it never came to so many records */
}

/* True when the process was killed, false when it ended before. */
static bool live_and_die(const struct stage *stage, size_t records)
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0)
		first_life(stage, records);
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		cr_assert_eq(WTERMSIG(status), SIGKILL, "%s, record %zu", stage->matrix->name,
			     records);
		return true;
	}
	cr_assert_eq(WEXITSTATUS(status), 0, "%s, record %zu", stage->matrix->name, records);
	return false;
}

static void second_life(const struct stage *stage, const struct place *place,
			const struct reference *reference)
{
	struct scene_options options = life_options(stage, 2 * HOUR);
	struct scene scene SCOPED(scene_done) = { 0 };

	scene_init(&scene, &options);
	struct outcome outcome = scene_run(&scene, &stage->matrix->order);

	check(place, reference, &scene, &outcome);
}

static void crash_after(const struct matrix *matrix, const struct reference *reference,
			size_t records)
{
	const struct place place = { matrix, "killed after record", records, false };
	struct stage stage;

	stage_make(&stage, matrix);
	cr_assert(live_and_die(&stage, records), "%s wrote fewer than %zu records", matrix->name,
		  records);
	second_life(&stage, &place, reference);
	stage_done(&stage);
}

void matrix_crash(const struct matrix *matrix)
{
	struct reference reference;

	reference_make(&reference, matrix);
	struct sample sample = sample_make(matrix, "killed after a record", reference.records);

	for (size_t i = 0; i < sample.cases; i++)
		crash_after(matrix, &reference, sample_at(&sample, i) + 1);
	reference_done(&reference);
}

/* ---- broken calls ---------------------------------------------------------------------------- */

static const char *const fault_texts[FAULT_KIND_COUNT] = {
	[FAULT_RESET] = "with a reset before the effect of call",
	[FAULT_RESET_AFTER] = "with a reset after the effect of call",
	[FAULT_STATUS] = "with a refusal of call",
	[FAULT_SILENT] = "with silence instead of the answer to call",
	[FAULT_LATE] = "with a late answer to call",
	[FAULT_TWICE] = "with a double call",
};

static void break_call(const struct matrix *matrix, const struct reference *reference,
		       enum fault_kind kind, size_t call)
{
	const struct place place = { matrix, fault_texts[kind], call, kind == FAULT_TWICE };
	struct scene scene SCOPED(scene_done) = { 0 };
	struct outcome outcome = { 0 };

	begin(matrix, &scene);
	world_fault(scene.world, &(struct fault){ .kind = kind,
						  .skip = (unsigned)call,
						  .count = 1,
						  .code = RPC_UNAVAILABLE,
						  .wait = LATE });
	for (unsigned i = 0; i < RUNS && outcome.result.how != HOW_DONE; i++)
		outcome = scene_run(&scene, &matrix->order);
	check(&place, reference, &scene, &outcome);
}

void matrix_fault(const struct matrix *matrix, enum fault_kind kind)
{
	struct reference reference;

	reference_make(&reference, matrix);
	struct sample sample = sample_make(matrix, fault_texts[kind], reference.calls);

	for (size_t i = 0; i < sample.cases; i++)
		break_call(matrix, &reference, kind, sample_at(&sample, i));
	reference_done(&reference);
}
