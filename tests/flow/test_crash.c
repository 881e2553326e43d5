/*
 * A real process is killed right after each record of the journal; the next one must finish the
 * work.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Writes the journal where the next life looks for it, and ends the process after `left`
 * records. */
struct deadly {
	struct journal_sink sink;
	int fd;
	unsigned left;
};

static int append(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	struct deadly *deadly = container_of(sink, struct deadly, sink);

	if (write(deadly->fd, line, len) != (ssize_t)len)
		return err_set(err, ERR_SYSTEM, "short write");
	if (--deadly->left == 0)
		kill(getpid(), SIGKILL);
	return 0;
}

struct stage {
	const char *profile;
	const char *folder, *world;
	struct arena *arena;
};

static void stage_make(struct stage *stage, const char *profile)
{
	struct scene scene = { 0 };

	stage->profile = profile;
	scene_init(&scene, &(struct scene_options){ .profile = profile });
	stage->arena = arena_new("stage");
	stage->folder = arena_str(stage->arena, scene.folder);
	stage->world = fs_join(stage->arena, stage->folder, ".talforge/world");
	/* keep the folder: the lives below work in it */
	scene.options.folder = stage->folder;
	scene_done(&scene);
}

static void first_life(const struct stage *stage, unsigned records)
{
	const char *runs = fs_join(stage->arena, stage->folder, ".talforge/runs");
	struct deadly deadly = { .sink = { append }, .left = records };
	struct scene scene = { 0 };
	struct err err = ERR_INIT;

	if (fs_mkdir(runs, 0700, &err) < 0)
		_exit(3);
	deadly.fd = open(fs_join(stage->arena, runs, "20270102T000000-test.jsonl"),
			 O_WRONLY | O_CREAT | O_APPEND, 0600);
	scene_init(&scene, &(struct scene_options){ .profile = stage->profile,
						    .folder = stage->folder,
						    .world = stage->world,
						    .pace = &world_pace_fast,
						    .sink = &deadly.sink });
	scene_up(&scene);
	_exit(0); /* it never came to so many records */
}

/* True when the process was killed, false when it ended before. */
static bool live_and_die(const struct stage *stage, unsigned records)
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0)
		first_life(stage, records);
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		cr_assert_eq(WTERMSIG(status), SIGKILL, "record %u", records);
		return true;
	}
	cr_assert_eq(WEXITSTATUS(status), 0, "record %u", records);
	return false;
}

static void second_life(const struct stage *stage, unsigned records)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = stage->profile,
						    .folder = stage->folder,
						    .world = stage->world,
						    .pace = &world_pace_fast,
						    .later = HOUR });
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "killed after record %u: %s", records,
		     outcome.err.text);
	scene_is_healthy(&scene);
	for (size_t i = 0; i < scene.cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(&scene, scene.cluster->node[i].name);

		cr_assert_eq(fact->applies, 1, "killed after record %u: %s got %u configs",
			     records, fact->name, fact->applies);
	}
}

static void stage_done(struct stage *stage)
{
	struct scene scene = { .folder = stage->folder };

	scene.arena = take(stage->arena);
	scene_done(&scene);
}

static void crash_everywhere(const char *profile, unsigned at_least)
{
	unsigned records = 1;
	bool killed = true;

	for (; killed; records++) {
		struct stage stage;

		stage_make(&stage, profile);
		killed = live_and_die(&stage, records);
		second_life(&stage, records);
		stage_done(&stage);
	}
	cr_assert_geq(records, at_least, "only %u records were written", records);
}

Test(crash, all_control_plane_finishes_after_a_kill_at_every_record, .timeout = 600)
{
	crash_everywhere("all-control-plane", 20);
}

Test(crash, vip_and_workers_finishes_after_a_kill_at_every_record, .timeout = 600)
{
	crash_everywhere("vip-and-workers", 30);
}
