/*
 * Members of etcd that were left behind: by a reset made by hand, by a node that was replaced.
 */
#include "flow/matrix.h"
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "ops/apply.h"
#include "ops/etcd_operations.h"
#include "ops/reset.h"
#include "talos/talos.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct lone_call {
	struct talos_call call;
	struct loop *loop;
	struct err err;
};

static void on_end(struct talos_call *call, const struct err *err)
{
	struct lone_call *lone = container_of(call, struct lone_call, call);

	lone->err = *err;
	loop_stop(lone->loop);
}

/* Wipes a node without a word to etcd. */
static void reset_by_hand(struct scene *scene, const char *name)
{
	static const struct talos_call_ops ops = { NULL, on_end };
	static const char *const labels[] = { "STATE", "EPHEMERAL", NULL };
	static const struct talos_reset_request request = { .reboot = true, .partitions = labels };
	const struct site_options options = {
		.loop = scene->loop,
		.dialer = world_dialer(scene->world),
		.cluster = scene->cluster,
		.bundle = scene->bundle,
	};
	struct site *site OWNED(site_free) = NULL;
	struct lone_call lone = { .loop = scene->loop };
	struct err err = ERR_INIT;

	witness_consent(scene->witness, name);
	cr_assert_eq(site_new(&options, &site, &err), 0, "%s", err.text);
	talos_start(&lone.call, site_channel(site, cluster_node(scene->cluster, name)),
		    &talos_reset, &request, &ops);
	cr_assert_eq(loop_run(scene->loop, &err), 0, "%s", err.text);
	cr_assert_not(err_is_set(&lone.err), "%s", lone.err.text);
	talos_call_done(&lone.call);
	scene_wait(scene, 5 * MINUTE);
	cr_assert_str_eq(scene_fact(scene, name)->stage, "maintenance");
}

static void start(struct scene *scene)
{
	scene_init(scene, &(struct scene_options){ .profile = "all-control-plane",
						   .start = WORLD_RUNNING });
	scene_wait(scene, MINUTE);
}

static struct outcome remove_member(struct scene *scene, const char *name)
{
	const struct member_options options = { .member = name };

	return scene_run(scene, &(struct scene_order){ .operation = &operation_etcd_remove,
						       .options = &options });
}

/* It would wait for a quarter of an hour, for nobody. */
Test(etcd, up_says_which_member_is_in_the_way, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene);
	reset_by_hand(&scene, "mini02");
	uint64_t before = loop_now(scene.loop);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_CONFLICT, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "mini02"), "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.hint, "talforge etcd remove mini02"), "%s", outcome.err.hint);
	cr_assert_lt(loop_now(scene.loop) - before, 10 * MINUTE);
	outcome = remove_member(&scene, "mini02");
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
}

/* A node in maintenance mode has nothing done to it but that. */
Test(etcd, reset_takes_out_what_was_left_behind, .timeout = 60)
{
	static const char *const only[] = { "mini02", NULL };
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene);
	reset_by_hand(&scene, "mini02");
	struct outcome outcome = scene_run(
		&scene, &(struct scene_order){ .operation = &operation_reset, .only = only });

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(scene_fact(&scene, "mini02")->wipes, 1);
	scene_wait(&scene, MINUTE);
	outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
}

Test(etcd, a_member_that_is_needed_stays, .timeout = 60)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	start(&scene);
	world_power(scene.world, "mini03", false);
	struct outcome outcome = remove_member(&scene, "mini01");

	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	outcome = remove_member(&scene, "mini03");
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
}

/* ---- broken anywhere ------------------------------------------------------------------------- */

static void settle(struct scene *scene)
{
	scene_wait(scene, MINUTE);
}

static void good(const struct outcome *outcome)
{
	cr_assert_eq(outcome->result.how, HOW_DONE, "%s", outcome->err.text);
}

/* Nodes with configs and nothing on their disks: etcd waits for its first member. */
static void wait_for_etcd(struct scene *scene)
{
	static const struct reset_options plain = { 0 };
	static const struct apply_options configs = { .way = APPLY_AS_NEEDED };
	struct outcome outcome;

	settle(scene);
	outcome = scene_run(scene, &(struct scene_order){ .operation = &operation_reset,
							  .options = &plain });
	good(&outcome);
	scene_wait(scene, MINUTE);
	outcome = scene_run(scene, &(struct scene_order){ .operation = &operation_apply,
							  .options = &configs });
	good(&outcome);
	scene_wait(scene, 5 * MINUTE);
	cr_assert_eq(world_etcd_clusters(scene->world), 0);
}

static struct bootstrap_options from_snapshot;

static void keep_snapshot(struct scene *scene)
{
	static char path[4096];
	struct fs_names names;
	struct err err = ERR_INIT;

	wait_for_etcd(scene);
	cr_assert_eq(fs_list(scene->arena, ".talforge/snapshots", ".db", &names, &err), 0, "%s",
		     err.text);
	cr_assert_eq(names.len, 1);
	snprintf(path, sizeof(path), "%s/.talforge/snapshots/%s", scene->home, names.at[0]);
	from_snapshot.file = path;
}

/* Each node was wiped before, and got its config back. */
static void all_are_members(struct scene *scene)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(scene, scene->cluster->node[i].name);

		cr_assert_str_eq(fact->etcd_state, "member", "%s", fact->name);
		cr_assert_str_eq(fact->stage, "running", "%s", fact->name);
		cr_assert_leq(fact->wipes, 1, "%s", fact->name);
	}
	cr_assert_eq(world_etcd_clusters(scene->world), 1, "etcd was split");
}

static const struct matrix first = {
	.name = "bootstrap",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.before = wait_for_etcd,
	.order = { .operation = &operation_bootstrap },
	.after = all_are_members,
	.at_least = 3,
};
MATRIX(bootstrap, first);

static const struct matrix restore = {
	.name = "etcd restore",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.before = keep_snapshot,
	.order = { .operation = &operation_etcd_restore, .options = &from_snapshot },
	.after = all_are_members,
	.once = true,
	.at_least = 3,
};
MATRIX_ONCE(etcd_restore, restore);

static const struct matrix forfeit = {
	.name = "etcd forfeit",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.before = settle,
	.order = { .operation = &operation_etcd_forfeit },
	.at_least = 3,
};
MATRIX(etcd_forfeit, forfeit);

static const struct matrix defrag = {
	.name = "etcd defrag",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.before = settle,
	.order = { .operation = &operation_etcd_defrag },
	.at_least = 10,
};
MATRIX(etcd_defrag, defrag);

static const struct member_options mini02 = { .member = "mini02" };

static void leave_member(struct scene *scene)
{
	settle(scene);
	reset_by_hand(scene, mini02.member);
}

static void two_are_members(struct scene *scene)
{
	cr_assert_str_eq(scene_fact(scene, "mini01")->etcd_state, "member");
	cr_assert_str_eq(scene_fact(scene, "mini03")->etcd_state, "member");
	/* runs are named by the second */
	scene_wait(scene, SECOND);
	struct outcome outcome = remove_member(scene, mini02.member);

	good(&outcome);
	cr_assert_eq(outcome.steps, 0, "it is still there");
}

static const struct matrix removal = {
	.name = "etcd remove",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.before = leave_member,
	.order = { .operation = &operation_etcd_remove, .options = &mini02 },
	.after = two_are_members,
	.at_least = 3,
};
MATRIX(etcd_remove, removal);
