/*
 * `reset` against the simulated world: what it does, what it refuses, and what is left when it is
 * broken at any place. Each way in which a reset made by hand goes wrong has its row.
 */
#include "flow/matrix.h"
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "crypto/etcd_snapshot.h"
#include "ops/reset.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <string.h>

#define MINIS "all-control-plane"
#define RACKS "vip-and-workers"
#define ONLY(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static void start(struct scene *scene, const char *profile)
{
	scene_init(scene, &(struct scene_options){ .profile = profile, .start = WORLD_RUNNING });
	scene_wait(scene, MINUTE);
}

static struct outcome reset(struct scene *scene, const struct reset_options *options,
			    const char *const *only)
{
	return scene_run(scene, &(struct scene_order){ .operation = &operation_reset,
						       .options = options,
						       .only = only });
}

static const struct reset_options plain = { 0 };

static void is_bare(struct scene *scene, const char *name)
{
	const struct world_fact *fact = scene_fact(scene, name);

	cr_assert_str_eq(fact->stage, "maintenance", "%s is %s", name, fact->stage);
	cr_assert_not(fact->configured, "%s has a config", name);
	cr_assert(fact->installed, "%s has lost its operating system", name);
	cr_assert_eq(fact->wipes, 1, "%s was wiped %u times", name, fact->wipes);
}

static void is_untouched(struct scene *scene, const char *name)
{
	const struct world_fact *fact = scene_fact(scene, name);

	cr_assert(fact->configured, "%s has lost its config", name);
	cr_assert_eq(fact->wipes, 0, "%s was wiped", name);
	cr_assert_eq(fact->reboots, 0, "%s was rebooted", name);
}

static void is_done(const struct outcome *outcome)
{
	cr_assert(outcome->planned, "%s", outcome->err.text);
	cr_assert_eq(outcome->result.how, HOW_DONE, "%s", outcome->err.text);
}

static void is_refused(const struct outcome *outcome, enum err_kind kind, const char *says)
{
	cr_assert_not(outcome->planned, "it was not refused");
	cr_assert_eq(outcome->err.kind, kind, "%s", outcome->err.text);
	cr_assert(strstr(outcome->err.text, says), "%s", outcome->err.text);
}

static struct etcd_snapshot snapshot_of(struct scene *scene)
{
	const char *folder = fs_join(scene->arena, scene->folder, ".talforge/snapshots");
	struct etcd_snapshot snapshot;
	struct fs_names names;
	struct err err = ERR_INIT;
	mode_t mode;

	cr_assert_eq(fs_list(scene->arena, folder, ".db", &names, &err), 0, "%s", err.text);
	cr_assert_eq(names.len, 1, "%zu snapshots", names.len);
	const char *path = fs_join(scene->arena, folder, names.at[0]);

	cr_assert_eq(fs_mode(path, &mode, &err), 0, "%s", err.text);
	cr_assert_eq(mode, 0600);
	cr_assert_eq(etcd_snapshot_file(scene->arena, path, &snapshot, &err), 0, "%s", err.text);
	return snapshot;
}

/* ---- what it does ---------------------------------------------------------------------------- */

/* By hand: the node powers off, the others are waited for, no snapshot is taken, and the member
 * stays in etcd. */
Test(reset, one_of_three_control_planes, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, MINIS);
	struct outcome outcome = reset(&scene, &plain, ONLY("mini02"));

	is_done(&outcome);
	is_bare(&scene, "mini02");
	is_untouched(&scene, "mini01");
	is_untouched(&scene, "mini03");
	cr_assert_str_eq(scene_fact(&scene, "mini02")->etcd_state, "");
	cr_assert_str_eq(scene_fact(&scene, "mini01")->etcd_state, "member");
	struct etcd_snapshot snapshot = snapshot_of(&scene);

	cr_assert_eq(snapshot.hash, SNAPSHOT_HASH_OK);
	cr_assert_gt(snapshot.revision, 0);
	cr_assert_eq(snapshot.member_count, 3, "the snapshot was taken too late");
}

Test(reset, a_worker_and_nobody_else, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, RACKS);
	struct outcome outcome = reset(&scene, &plain, ONLY("worker1"));

	is_done(&outcome);
	is_bare(&scene, "worker1");
	is_untouched(&scene, "worker0");
	is_untouched(&scene, "control0");
}

static const char *last_of(const char *text, const char *step)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, step)) != NULL; at++)
		found = at;
	cr_assert_not_null(found, "nothing of %s", step);
	return found;
}

/* By hand: all of them go at once, and their pods with them. */
Test(reset, workers_go_one_after_the_other, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, RACKS);
	struct outcome outcome = reset(&scene, &plain, ONLY("worker0", "worker1", "worker2"));
	const char *events = str_text(&scene.events);

	is_done(&outcome);
	cr_assert_lt(last_of(events, "\"step\":\"forget/worker0\""),
		     strstr(events, "\"step\":\"drain/worker1\""));
	cr_assert_lt(last_of(events, "\"step\":\"forget/worker1\""),
		     strstr(events, "\"step\":\"drain/worker2\""));
}

/* By hand: markers say that configs are applied, and nothing puts them back. */
Test(reset, a_node_joins_again_with_up, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, MINIS);
	unsigned installs = scene_fact(&scene, "mini02")->installs;
	struct outcome outcome = reset(&scene, &plain, ONLY("mini02"));

	is_done(&outcome);
	outcome = scene_up(&scene);
	is_done(&outcome);
	scene_is_healthy(&scene);
	cr_assert_eq(scene_fact(&scene, "mini02")->installs, installs, "it was installed anew");
}

Test(reset, a_bare_node_has_nothing_done_to_it, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, RACKS);
	struct outcome outcome = reset(&scene, &plain, ONLY("worker1"));

	is_done(&outcome);
	outcome = reset(&scene, &plain, ONLY("worker1"));
	is_done(&outcome);
	cr_assert_eq(outcome.steps, 0);
	is_bare(&scene, "worker1");
}

static void all_are_bare(struct scene *scene)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++)
		is_bare(scene, scene->cluster->node[i].name);
}

Test(reset, the_whole_cluster_and_back, .timeout = 120)
{
	static const char *const profiles[] = { MINIS, RACKS };

	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };

		start(&scene, profiles[i]);
		struct outcome outcome = reset(&scene, &plain, NULL);

		is_done(&outcome);
		all_are_bare(&scene);
		cr_assert_eq(snapshot_of(&scene).hash, SNAPSHOT_HASH_OK);
		outcome = scene_up(&scene);
		is_done(&outcome);
		scene_is_healthy(&scene);
	}
}

Test(reset, full_takes_the_operating_system, .timeout = 60)
{
	const struct reset_options full = { .full = true, .confirm = "kubernetes" };
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, RACKS);
	struct outcome outcome = reset(&scene, &full, ONLY("worker0"));

	is_done(&outcome);
	cr_assert_not(scene_fact(&scene, "worker0")->installed);
	is_untouched(&scene, "worker1");
}

/* ---- volumes --------------------------------------------------------------------------------- */

#define PATCH(kind, name, rest)                                              \
	"  - apiVersion: v1alpha1\n    kind: " kind "\n    name: " name "\n" \
	"    provisioning: {" rest "minSize: 1GiB}\n"
#define USERS_DATA \
	PATCH("UserVolumeConfig", "data", "diskSelector: {match: 'disk.transport == \"usb\"'}, ")

static const struct reset_options with_data = { .user_volumes = ONLY("data") };
static const struct volume_row {
	const char *name;
	const struct reset_options *options;
	const char *talos, *settings;
	unsigned users_wiped;
} volume_rows[] = {
	{ "by hand: what users keep on another disk stays", &plain, NULL, "patches:\n" USERS_DATA,
	  0 },
	{ "a user's volume goes when it is named", &with_data, NULL, "patches:\n" USERS_DATA, 1 },
	{ "by hand: etcd stays on a partition of its own", &plain, "v1.14.0",
	  "talos_version: v1.14.0\nkubernetes_version: v1.37.0\n"
	  "patches:\n" PATCH("VolumeConfig", "ETCD", "") PATCH("VolumeConfig", "CRI", "")
		  USERS_DATA,
	  0 },
};

Test(reset, takes_the_systems_volumes_and_leaves_the_users, .timeout = 120)
{
	for (size_t i = 0; i < ARRAY_LEN(volume_rows); i++) {
		const struct volume_row *row = &volume_rows[i];
		struct scene scene SCOPED(scene_done) = { 0 };

		scene_init(&scene, &(struct scene_options){ .profile = MINIS,
							    .start = WORLD_RUNNING,
							    .talos = row->talos,
							    .settings = row->settings });
		scene_wait(&scene, MINUTE);
		struct outcome outcome = reset(&scene, row->options, ONLY("mini02"));

		cr_assert(outcome.planned, "%s: %s", row->name, outcome.err.text);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s: %s", row->name, outcome.err.text);
		is_bare(&scene, "mini02");
		cr_assert_str_eq(scene_fact(&scene, "mini02")->etcd_state, "", "%s", row->name);
		cr_assert_eq(scene_fact(&scene, "mini02")->volume_wipes, row->users_wiped, "%s",
			     row->name);
		outcome = scene_up(&scene);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s: %s", row->name, outcome.err.text);
		scene_is_healthy(&scene);
	}
}

/* ---- what it refuses ------------------------------------------------------------------------- */

static const struct reset_options full = { .full = true };
static const struct reset_options wrong = { .full = true, .confirm = "home2" };
static const struct reset_options both = { .full = true,
					   .confirm = "home",
					   .user_volumes = ONLY("data") };
static const struct reset_options volume = { .user_volumes = ONLY("data") };
static const struct {
	const struct reset_options *options;
	const char *const *only;
	enum err_kind kind;
	const char *says;
} refused[] = {
	{ &plain, ONLY("mini01", "mini02"), ERR_REFUSED,
	  "resetting mini01 and mini02 would leave 1 of 3 etcd members; 2 are needed" },
	{ &full, ONLY("mini01"), ERR_REFUSED, "--full wipes the operating system too" },
	{ &wrong, NULL, ERR_REFUSED, "--confirm is not the name of this cluster, home" },
	{ &both, ONLY("mini01"), ERR_USAGE, "exclude each other" },
	{ &volume, ONLY("mini01"), ERR_REFUSED, "mini01 has no user volume data" },
};

Test(reset, refusals_come_before_anything, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, MINIS);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct outcome outcome = reset(&scene, refused[i].options, refused[i].only);

		is_refused(&outcome, refused[i].kind, refused[i].says);
	}
	for (size_t i = 0; i < scene.cluster->nodes; i++)
		is_untouched(&scene, scene.cluster->node[i].name);
}

Test(reset, a_member_that_is_ill_counts, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, MINIS);
	world_power(scene.world, "mini03", false);
	struct outcome outcome = reset(&scene, &plain, ONLY("mini01"));

	is_refused(&outcome, ERR_REFUSED, "would leave 1 healthy ones of 3 etcd members");
	is_untouched(&scene, "mini01");
}

Test(reset, an_alarm_is_in_the_way, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, MINIS);
	world_alarm(scene.world, "mini03", "NOSPACE");
	struct outcome outcome = reset(&scene, &plain, ONLY("mini01"));

	is_refused(&outcome, ERR_REFUSED, "NOSPACE");
	is_untouched(&scene, "mini01");
}

/* ---- silent nodes ---------------------------------------------------------------------------- */

/* By hand: a ping decides, everybody waits for everybody, and a partial success is a success. */
Test(reset, a_silent_node_fails_alone, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene, RACKS);
	world_power(scene.world, "worker0", false);
	struct outcome outcome = reset(&scene, &plain, ONLY("worker0", "worker1", "worker2"));

	cr_assert(outcome.planned, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.result.failed, 1, "%zu failed", outcome.result.failed);
	is_bare(&scene, "worker1");
	is_bare(&scene, "worker2");
	world_power(scene.world, "worker0", true);
	scene_wait(&scene, 5 * MINUTE);
	outcome = reset(&scene, &plain, ONLY("worker0", "worker1", "worker2"));
	cr_assert(outcome.resumed);
	is_done(&outcome);
	is_bare(&scene, "worker0");
}

struct cut { /* of the power, a moment after the order */
	struct timer timer;
	struct scene *scene;
};

static void cut_power(struct timer *timer)
{
	struct scene *scene = container_of(timer, struct cut, timer)->scene;

	world_power(scene->world, "worker1", false);
	world_power(scene->world, "worker1", true);
}

static void cut_soon(void *context, const char *node, const char *method)
{
	struct cut *cut = context;

	(void)node;
	(void)method;
	timer_set(&cut->timer, loop_now(cut->scene->loop) + 100 * MILLISECOND);
}

/* Which boot it was in was never told, and its power goes between the order and the wiping. */
Test(reset, a_node_that_booted_instead_is_planned_anew, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct cut cut = { .scene = &scene };

	start(&scene, RACKS);
	timer_init(&cut.timer, scene.loop, cut_power);
	world_fault(scene.world, &(struct fault){ .kind = FAULT_STATUS,
						  .node = "worker1",
						  .method = "Read",
						  .code = RPC_PERMISSION_DENIED,
						  .count = 1 });
	world_fault(scene.world, &(struct fault){ .kind = FAULT_NONE,
						  .node = "worker1",
						  .method = "Reset",
						  .count = 1,
						  .on_hit = cut_soon,
						  .context = &cut });
	struct outcome outcome = reset(&scene, &plain, ONLY("worker1"));

	cr_assert_eq(outcome.err.kind, ERR_CONFLICT, "%s", outcome.err.text);
	scene_wait(&scene, MINUTE);
	outcome = reset(&scene, &plain, ONLY("worker1"));
	is_done(&outcome);
	cr_assert_not(outcome.resumed);
	is_bare(&scene, "worker1");
}

/* ---- broken anywhere ------------------------------------------------------------------------- */

static void mini02_is_bare(struct scene *scene)
{
	is_bare(scene, "mini02");
	is_untouched(scene, "mini01");
	is_untouched(scene, "mini03");
	cr_assert_str_eq(scene_fact(scene, "mini02")->etcd_state, "");
}

static void worker1_is_bare(struct scene *scene)
{
	is_bare(scene, "worker1");
	is_untouched(scene, "control0");
	is_untouched(scene, "worker0");
}

static void settle(struct scene *scene)
{
	scene_wait(scene, MINUTE);
}

static void is_in_maintenance(struct scene *scene, const char *name)
{
	cr_assert_str_eq(scene_fact(scene, name)->stage, "maintenance", "%s", name);
}

static void mini02_is_there(struct scene *scene)
{
	is_in_maintenance(scene, "mini02");
	cr_assert_eq(world_etcd_clusters(scene->world), 1);
}

static void worker1_is_there(struct scene *scene)
{
	is_in_maintenance(scene, "worker1");
}

static void all_are_there(struct scene *scene)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++)
		is_in_maintenance(scene, scene->cluster->node[i].name);
}

static const struct matrix minis = {
	.name = "reset mini02",
	.scene = { .profile = MINIS, .start = WORLD_RUNNING },
	.before = settle,
	.order = { .operation = &operation_reset, .options = &plain, .only = ONLY("mini02") },
	.after = mini02_is_bare,
	.after_all = mini02_is_there,
	.at_least = 10,
};

static const struct matrix racks = {
	.name = "reset worker1",
	.scene = { .profile = RACKS, .start = WORLD_RUNNING },
	.before = settle,
	.order = { .operation = &operation_reset, .options = &plain, .only = ONLY("worker1") },
	.after = worker1_is_bare,
	.after_all = worker1_is_there,
	.at_least = 10,
};

static const struct matrix whole = {
	.name = "reset",
	.scene = { .profile = RACKS, .start = WORLD_RUNNING },
	.before = settle,
	.order = { .operation = &operation_reset, .options = &plain },
	.after = all_are_bare,
	.after_all = all_are_there,
	.at_least = 10,
};

MATRIX(reset_control, minis);
MATRIX(reset_worker, racks);
MATRIX(reset_all, whole);
