/*
 * Two operators at one cluster, in two workspaces, while the clock of one of them is wrong.
 */
#include "cli/operator_lock.h"

#include "base/clock.h"
#include "base/fs.h"
#include "cli/program.h"
#include "cluster/profile.h"
#include "crypto/random.h"
#include "sim/world.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2027-01-02: inside the dates of the fixture bundle. */
#define WALL (UINT64_C(1798848000) * SECOND)
#define BUNDLE TEST_DATA_DIR "/golden/gen/c113-defaults/secrets.yaml"

struct desk { /* one operator's */
	char folder[40];
	struct program *program;
	struct site *site;
	struct operator_lock lock;
	struct err lost;
	bool stopped;
};

struct office {
	struct loop *loop;
	struct arena *arena;
	struct random_seeded random;
	struct world *world;
	struct desk alice, bob;
};

static const char *alice_env(const char *name)
{
	return strcmp(name, "USER") == 0 ? "alice" : NULL;
}

static const char *bob_env(const char *name)
{
	return strcmp(name, "USER") == 0 ? "bob" : NULL;
}

static void desk_open(struct desk *desk, struct office *office, env_fn *env)
{
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	snprintf(desk->folder, sizeof(desk->folder), "/tmp/talforge-desk-XXXXXX");
	cr_assert_not_null(mkdtemp(desk->folder));
	cr_assert_eq(profile_write("all-control-plane", desk->folder, &err), 0, "%s", err.text);
	cr_assert_eq(fs_read(office->arena, BUNDLE, FS_FILE_MAX, &text, &len, &err), 0);
	cr_assert_eq(fs_write(fs_join(office->arena, desk->folder, "talsecret.yaml"), text, len,
			      0600, NULL, &err),
		     0, "%s", err.text);
	desk->program = program_new(env);
	desk->program->say.quiet = true;
	desk->program->globals.workspace = desk->folder;
	desk->program->loop = office->loop;
	cr_assert_eq(program_workspace(desk->program, &err), 0, "%s", err.text);
}

static void desk_connect(struct desk *desk, struct office *office)
{
	struct err err = ERR_INIT;
	const struct site_options options = {
		.loop = office->loop,
		.http = world_http(office->world),
		.dialer = world_dialer(office->world),
		.cluster = workspace_cluster(desk->program->workspace, &err),
		.bundle = workspace_bundle(desk->program->workspace, &err),
	};

	cr_assert_eq(site_new(&options, &desk->site, &err), 0, "%s", err.text);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void desk_close(struct desk *desk)
{
	site_free(desk->site);
	desk->program->loop = NULL; /* the office's */
	program_free(desk->program);
	nftw(desk->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void office_open(struct office *office)
{
	struct err err = ERR_INIT;

	office->arena = arena_new("office");
	office->loop = loop_new_virtual(WALL);
	random_seeded_init(&office->random, 1);
	desk_open(&office->alice, office, alice_env);
	desk_open(&office->bob, office, bob_env);

	const struct cluster *cluster = workspace_cluster(office->alice.program->workspace, &err);
	struct world_options options = {
		.loop = office->loop,
		.random = &office->random.source,
		.pace = &world_pace_fast,
		.talos = cluster->talos,
		.start = WORLD_RUNNING,
		.cluster = cluster,
		.bundle = workspace_bundle(office->alice.program->workspace, &err),
	};

	options.node = world_nodes_of(office->arena, cluster, &options.nodes);
	cr_assert_eq(world_new(&options, &office->world, &err), 0, "%s", err.text);
	desk_connect(&office->alice, office);
	desk_connect(&office->bob, office);
}

static void office_close(struct office *office)
{
	desk_close(&office->alice);
	desk_close(&office->bob);
	world_free(office->world);
	loop_free(office->loop);
	arena_free(office->arena);
}

static void on_time(struct timer *timer)
{
	loop_stop(timer->loop);
}

static void wait(struct office *office, uint64_t duration)
{
	struct timer timer;

	timer_init(&timer, office->loop, on_time);
	timer_set(&timer, loop_now(office->loop) + duration);
	cr_assert_eq(loop_run(office->loop, NULL), 0);
}

static int take_lock(struct desk *desk, struct err *err)
{
	struct node_state seen = { .sight = SIGHT_OURS };
	const struct inventory inventory = { .at = &seen, .len = 1 };

	return operator_lock_take(&desk->lock, desk->program, desk->site, &inventory, err);
}

static void alice_begins(struct office *office)
{
	struct err err = ERR_INIT;

	office_open(office);
	wait(office, MINUTE);
	cr_assert_eq(take_lock(&office->alice, &err), 0, "%s", err.text);
	cr_assert(kube_lease_is_held(&office->alice.lock.lease));
}

/* By bob's clock her lock has expired long ago; she renews it all the same. */
Test(operator_lock, is_not_taken_from_who_is_at_work_by_a_clock_that_is_ahead)
{
	struct office office = { 0 };
	struct err err = ERR_INIT;

	alice_begins(&office);
	loop_set_wall(office.loop, WALL + HOUR);
	uint64_t began = loop_now(office.loop);

	cr_assert_lt(take_lock(&office.bob, &err), 0);
	cr_assert_eq(err.kind, ERR_REFUSED, "%s", err.text);
	cr_assert(strstr(err.text, "lock the cluster: alice@"), "%s", err.text);
	cr_assert_leq(loop_now(office.loop) - began, MINUTE);
	cr_assert(kube_lease_is_held(&office.alice.lock.lease));
	operator_lock_release(&office.alice.lock);
	office.bob.lock = (struct operator_lock){ 0 };
	err_clear(&err);
	cr_assert_eq(take_lock(&office.bob, &err), 0, "%s", err.text);
	operator_lock_release(&office.bob.lock);
	office_close(&office);
}

Test(operator_lock, of_one_who_is_gone_is_taken_over_after_a_look)
{
	struct office office = { 0 };
	struct err err = ERR_INIT;

	alice_begins(&office);
	kube_lease_done(&office.alice.lock.lease); /* killed */
	cr_assert_lt(take_lock(&office.bob, &err), 0);
	cr_assert_eq(err.kind, ERR_REFUSED, "%s", err.text);

	wait(&office, 5 * MINUTE);
	uint64_t began = loop_now(office.loop);

	office.bob.lock = (struct operator_lock){ 0 };
	err_clear(&err);
	cr_assert_eq(take_lock(&office.bob, &err), 0, "%s", err.text);
	cr_assert(kube_lease_is_held(&office.bob.lock.lease), "he works without a lock");
	cr_assert_geq(loop_now(office.loop) - began, 40 * SECOND);
	operator_lock_release(&office.bob.lock);
	office_close(&office);
}

/* A clock that is behind makes nobody's lock last longer, nor hers be lost. */
Test(operator_lock, is_kept_whatever_the_clock_says)
{
	static const uint64_t walls[] = { WALL + 3 * HOUR, WALL + 3 * DAY,
					  WALL + 2 * MINUTE };
	struct office office = { 0 };

	alice_begins(&office);
	for (size_t i = 0; i < ARRAY_LEN(walls); i++) {
		struct err err = ERR_INIT;

		loop_set_wall(office.loop, walls[i]);
		wait(&office, 10 * MINUTE);
		cr_assert(kube_lease_is_held(&office.alice.lock.lease), "%zu", i);
		office.bob.lock = (struct operator_lock){ 0 };
		cr_assert_lt(take_lock(&office.bob, &err), 0);
		cr_assert_eq(err.kind, ERR_REFUSED, "%s", err.text);
	}
	operator_lock_release(&office.alice.lock);
	office_close(&office);
}

static void on_lost(struct operator_lock *lock, const struct err *err)
{
	struct desk *desk = lock->user;

	desk->lost = *err;
	desk->stopped = true;
}

/* She slept; her machine did not renew it, and bob took over. When she wakes up she stops. */
Test(operator_lock, that_somebody_else_took_over_stops_the_run)
{
	struct office office = { 0 };
	struct err err = ERR_INIT;

	alice_begins(&office);
	office.alice.lock.user = &office.alice;
	office.alice.lock.on_lost = on_lost;
	timer_cancel(&office.alice.lock.lease.timer);
	wait(&office, 5 * MINUTE);
	cr_assert_eq(take_lock(&office.bob, &err), 0, "%s", err.text);
	cr_assert(kube_lease_is_held(&office.bob.lock.lease));
	cr_assert_not(office.alice.stopped);

	timer_set(&office.alice.lock.lease.timer, loop_now(office.loop));
	wait(&office, MINUTE);
	cr_assert(office.alice.stopped);
	cr_assert_eq(office.alice.lost.kind, ERR_REFUSED);
	cr_assert(strstr(office.alice.lost.text, "keep the lock of the cluster: "), "%s",
		  office.alice.lost.text);
	cr_assert(strstr(office.alice.lost.text, "bob@"), "%s", office.alice.lost.text);
	cr_assert(kube_lease_is_held(&office.bob.lock.lease));
	operator_lock_release(&office.alice.lock);
	operator_lock_release(&office.bob.lock);
	office_close(&office);
}

/* An API that dies in the middle of it keeps nobody from working, and nobody waits for long. */
Test(operator_lock, is_no_obstacle_when_the_api_server_dies_inside_any_verb)
{
	static const char *const verbs[] = { "kube:GET leases", "kube:POST leases",
					     "kube:PUT leases" };
	static const enum fault_kind deaths[] = { FAULT_RESET, FAULT_RESET_AFTER, FAULT_STATUS,
						  FAULT_SILENT };

	for (size_t v = 0; v < ARRAY_LEN(verbs); v++) {
		for (size_t d = 0; d < ARRAY_LEN(deaths); d++) {
			struct office office = { 0 };
			struct err err = ERR_INIT;

			office_open(&office);
			wait(&office, MINUTE);
			world_fault(office.world, &(struct fault){ .kind = deaths[d],
								   .method = verbs[v],
								   .count = 1000,
								   .code = 503 });
			uint64_t began = loop_now(office.loop);

			cr_assert_eq(take_lock(&office.alice, &err), 0, "%s, %zu: %s", verbs[v], d,
				     err.text);
			operator_lock_release(&office.alice.lock);
			cr_assert_leq(loop_now(office.loop) - began, 15 * SECOND, "%s, %zu",
				      verbs[v], d);
			world_fault_clear(office.world);
			wait(&office, 5 * MINUTE);
			cr_assert_eq(take_lock(&office.bob, &err), 0, "%s, %zu: %s", verbs[v], d,
				     err.text);
			cr_assert(kube_lease_is_held(&office.bob.lock.lease), "%s, %zu", verbs[v],
				  d);
			operator_lock_release(&office.bob.lock);
			office_close(&office);
		}
	}
}
