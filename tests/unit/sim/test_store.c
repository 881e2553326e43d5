#include "stage.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VERSION "machine.MachineService/Version"

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void folder_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Opens the world of a folder again, with the same loop's time or later. */
static void reopen(struct stage *stage)
{
	struct err err = ERR_INIT;

	world_free(stage->world);
	cr_assert_eq(world_new(&stage->options, &stage->world, &err), 0, "%s", err.text);
}

Test(store, a_world_goes_on_where_it_was)
{
	char folder[] = "/tmp/talforge-world-XXXXXX";
	struct stage stage;
	struct world_fact before;

	cr_assert(mkdtemp(folder));
	stage_init_in(&stage, 2, 1, folder);
	stage_install(&stage);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, 2 * MINUTE);
	before = *stage_fact(&stage, "cp2");
	cr_assert_str_eq(before.etcd_state, "member");
	reopen(&stage);
	for (size_t i = 0; i < 3; i++) {
		const struct world_fact *fact = stage_fact(&stage, stage.options.node[i].name);

		cr_assert_str_eq(fact->stage, "running", "%s", fact->name);
		cr_assert(fact->ready, "%s", fact->name);
	}
	cr_assert_eq(world_etcd_clusters(stage.world), 1);
	cr_assert(stage_fact(&stage, "cp1")->vip);
	cr_assert_str_eq(stage_fact(&stage, "cp2")->boot_id, before.boot_id);
	cr_assert_str_eq(stage_fact(&stage, "cp2")->etcd_cluster, before.etcd_cluster);
	cr_assert_eq(stage_fact(&stage, "cp2")->applies, 1);
	cr_assert_eq(stage_ask(&stage, W1, stage.admin, VERSION)->err.kind, ERR_NONE);
	stage_done(&stage);
	folder_remove(folder);
}

Test(store, what_was_on_its_way_arrives)
{
	char folder[] = "/tmp/talforge-world-XXXXXX";
	struct stage stage;
	const char *config;

	cr_assert(mkdtemp(folder));
	stage_init_in(&stage, 1, 0, folder);
	config = stage_config(&stage,
			      &(struct stage_config){ .role = ROLE_CONTROL, .hostname = "cp1" });
	cr_assert_eq(stage_apply(&stage, CP1, NULL, config), 0);
	/* every step of an install and a boot is where the program ends once */
	for (unsigned second = 0; second < 150; second += 5) {
		stage_wait(&stage, 5 * SECOND);
		reopen(&stage);
	}
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "booting");
	cr_assert_eq(stage_fact(&stage, "cp1")->installs, 1);
	cr_assert_eq(stage_fact(&stage, "cp1")->applies, 1);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	reopen(&stage);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 1);
	stage_wait(&stage, MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "running");
	stage_done(&stage);
	folder_remove(folder);
}

/* The promise is kept without any good-bye: the program is killed as soon as it has its answer. */
Test(store, an_answered_apply_survives_a_kill)
{
	char folder[] = "/tmp/talforge-world-XXXXXX";
	struct stage stage;
	int status = 0;

	cr_assert(mkdtemp(folder));
	pid_t child = fork();

	if (child == 0) {
		stage_init_in(&stage, 1, 0, folder);
		const char *config = stage_config(
			&stage, &(struct stage_config){ .role = ROLE_CONTROL, .hostname = "cp1" });
		int code = stage_apply(&stage, CP1, NULL, config);

		_exit(code == 0 ? 42 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	stage_init_in(&stage, 1, 0, folder);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "installing");
	cr_assert_eq(stage_fact(&stage, "cp1")->applies, 1);
	stage_done(&stage);
	folder_remove(folder);
}

Test(store, files_are_for_their_owner_alone)
{
	char folder[] = "/tmp/talforge-world-XXXXXX";
	struct stage stage;
	mode_t mode;

	cr_assert(mkdtemp(folder));
	stage_init_in(&stage, 1, 0, folder);
	cr_assert_eq(fs_mode(fs_join(stage.arena, folder, "nodes/cp1.json"), &mode, NULL), 0);
	cr_assert_eq(mode, 0600);
	cr_assert_eq(fs_mode(fs_join(stage.arena, folder, "nodes"), &mode, NULL), 0);
	cr_assert_eq(mode, 0700);
	stage_done(&stage);
	folder_remove(folder);
}

Test(store, a_damaged_file_is_an_error_with_its_name)
{
	static const struct {
		const char *name, *text, *part;
	} rows[] = {
		{ "no json", "{", "nodes/cp1.json" },
		{ "nothing in it", "{}", "nodes/cp1.json" },
		{ "unknown key", "{\"format\": 1, \"bogus\": 1}", "nodes/cp1.json" },
	};
	char folder[] = "/tmp/talforge-world-XXXXXX";
	struct stage stage;
	struct world *world = NULL;
	struct err err = ERR_INIT;

	cr_assert(mkdtemp(folder));
	stage_init_in(&stage, 1, 0, folder);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *path = fs_join(stage.arena, folder, "nodes/cp1.json");

		cr_assert_eq(fs_write(path, rows[i].text, strlen(rows[i].text), 0600, NULL, NULL),
			     0);
		cr_assert_lt(world_new(&stage.options, &world, &err), 0, "%s", rows[i].name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s: %s", rows[i].name, err.text);
		cr_assert(strstr(err.text, rows[i].part), "%s: %s", rows[i].name, err.text);
		cr_assert_null(world);
	}
	stage_done(&stage);
	folder_remove(folder);
}
