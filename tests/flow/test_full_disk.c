/*
 * A disk that is full after any byte of a run's journal. The run stops with one sentence, nothing
 * begins that the journal does not tell of, and when there is room again the same command comes to
 * the end: nothing dangerous is done twice.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "ops/reset.h"
#include "ops/upgrade_k8s.h"
#include "ops/upgrade_talos.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PLACES 16 /* per operation, evenly spread */

/* A journal where the next run looks for it, on a disk with so much room. */
struct small_disk {
	struct journal_sink sink;
	int fd;
	size_t room, written;
};

static int append(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct small_disk *disk = container_of(sink, struct small_disk, sink);
	size_t fits = len < disk->room ? len : disk->room;

	cr_assert_eq(write(disk->fd, line, fits), (ssize_t)fits);
	disk->room -= fits;
	disk->written += fits;
	return fits == len ? 0 : err_sys(err, ENOSPC, "write the journal");
}

static const struct upgrade_options to_talos = { .to = "v1.13.10" };
static const struct upgrade_k8s_options to_k8s = { .to = "v1.36.3" };
static const struct reset_options plain = { 0 };
static const char *const mini02[] = { "mini02", NULL };

static const struct scene_options bare = { .profile = "all-control-plane",
					   .pace = &world_pace_fast };
static const struct scene_options running = { .profile = "all-control-plane",
					      .pace = &world_pace_fast,
					      .start = WORLD_RUNNING };

static const struct scene_options older = { .profile = "all-control-plane",
					    .pace = &world_pace_fast,
					    .settings = "kubernetes_version: v1.35.4\n",
					    .start = WORLD_RUNNING };

struct deeds { /* of one node */
	unsigned installs, upgrades, wipes, reboots, bootstraps;
};

#define NODES_MAX 8
struct reference {
	struct deeds deed[NODES_MAX];
	size_t bytes, plan; /* of the journal; of its first record */
};

static struct deeds deeds_of(const struct world_fact *fact)
{
	return (struct deeds){ fact->installs, fact->upgrades, fact->wipes, fact->reboots,
			       fact->bootstraps };
}

static int count(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct small_disk *disk = container_of(sink, struct small_disk, sink);

	(void)line;
	(void)err;
	if (!disk->written)
		disk->room = len;
	disk->written += len;
	return 0;
}

static void open_scene(struct scene *scene, const struct scene_options *options)
{
	scene_init(scene, options);
	scene_wait(scene, MINUTE);
}

static void undisturbed(const struct scene_options *options, const struct scene_order *order,
			struct reference *reference)
{
	struct small_disk disk = { .sink = { count } };
	struct scene scene SCOPED(scene_done) = { 0 };
	size_t nodes;

	open_scene(&scene, options);
	scene.options.sink = &disk.sink;
	struct outcome outcome = scene_run(&scene, order);
	const struct world_fact *fact = world_facts(scene.world, scene.arena, &nodes);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_leq(nodes, NODES_MAX);
	for (size_t i = 0; i < nodes; i++)
		reference->deed[i] = deeds_of(&fact[i]);
	reference->bytes = disk.written;
	reference->plan = disk.room;
}

/* An image that was being written may be written once more; it is not booted twice. */
static void did_no_more(struct scene *scene, const struct reference *reference, size_t room)
{
	size_t nodes;
	const struct world_fact *fact = world_facts(scene->world, scene->arena, &nodes);

	for (size_t i = 0; i < nodes; i++) {
		const struct deeds did = deeds_of(&fact[i]), *may = &reference->deed[i];

		cr_assert(did.installs <= may->installs && did.wipes <= may->wipes &&
				  did.reboots <= may->reboots &&
				  did.bootstraps <= may->bootstraps &&
				  did.upgrades <= may->upgrades + 1,
			  "%s, full after %zu bytes: something was done twice", fact[i].name, room);
	}
}

static void make_room(struct scene *scene, const char *file)
{
	char *text;
	size_t len;

	/* what was torn off stays; what had no first record whole is no journal */
	cr_assert_eq(fs_read(scene->arena, file, FS_FILE_MAX, &text, &len, NULL), 0);
	if (!memchr(text, '\n', len))
		cr_assert_eq(fs_remove(file, NULL), 0);
}

static void full_after(const struct scene_options *options, const struct scene_order *order,
		       const struct reference *reference, size_t room)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct small_disk disk = { .sink = { append }, .room = room };
	const char *name = order->operation->name;
	struct err err = ERR_INIT;

	open_scene(&scene, options);
	const char *runs = fs_join(scene.arena, scene.folder, ".talforge/runs");
	const char *file = journal_path(
		scene.arena, runs, journal_new_run(scene.arena, loop_wall(scene.loop), "test"));
	cr_assert_eq(fs_mkdir(runs, 0700, &err), 0, "%s", err.text);
	disk.fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	cr_assert_geq(disk.fd, 0);

	scene.options.sink = &disk.sink;
	struct outcome outcome = scene_run(&scene, order);
	scene.options.sink = NULL;
	close(disk.fd);
	cr_assert_neq(outcome.result.how, HOW_DONE, "%s, %zu: all was journaled", name, room);
	cr_assert_eq(outcome.err.kind, ERR_SYSTEM, "%s, %zu: %s", name, room, outcome.err.text);
	cr_assert(strstr(outcome.err.text, ": write the journal: No space left"),
		  "%s, %zu: %s", name, room, outcome.err.text);
	/* the clean-up at a node that is wiped by then, if any */
	cr_assert_leq(outcome.result.failed, order->only ? 1 : 0, "%s, %zu", name, room);
	cr_assert_eq(outcome.planned, room >= reference->plan, "%s, %zu", name, room);

	make_room(&scene, file);
	outcome = scene_run(&scene, order);
	cr_assert_eq(outcome.resumed, room >= reference->plan, "%s, %zu", name, room);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, %zu: %s", name, room, outcome.err.text);
	did_no_more(&scene, reference, room);
}

static void everywhere(const struct scene_options *options, const struct scene_order *order)
{
	struct reference reference = { 0 };

	undisturbed(options, order, &reference);
	full_after(options, order, &reference, 0);
	full_after(options, order, &reference, reference.plan - 1);
	for (size_t i = 0; i < PLACES; i++)
		full_after(options, order, &reference,
			   reference.plan + (reference.bytes - reference.plan) * i / PLACES);
	full_after(options, order, &reference, reference.bytes - 1);
}

Test(full_disk, in_the_middle_of_up, .timeout = 600)
{
	everywhere(&bare, &(struct scene_order){ .operation = &operation_up });
}

Test(full_disk, in_the_middle_of_a_reset, .timeout = 600)
{
	everywhere(&running, &(struct scene_order){ .operation = &operation_reset,
						    .options = &plain,
						    .only = mini02 });
}

Test(full_disk, in_the_middle_of_an_upgrade_of_talos, .timeout = 600)
{
	everywhere(&running, &(struct scene_order){ .operation = &operation_upgrade_talos,
						    .options = &to_talos });
}

Test(full_disk, in_the_middle_of_an_upgrade_of_kubernetes, .timeout = 600)
{
	everywhere(&older, &(struct scene_order){ .operation = &operation_upgrade_k8s,
						  .options = &to_k8s });
}
