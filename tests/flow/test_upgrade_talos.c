/*
 * Rolling upgrades of Talos in a simulated world: both flows, many minors, every way a node can
 * fail to come back, and every place where a run can break.
 */
#include "flow/branch.h"
#include "flow/matrix.h"

#include "base/clock.h"
#include "base/fs.h"
#include "ops/etcd_operations.h"
#include "ops/rollback.h"
#include "ops/upgrade_talos.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct upgrade_options to_next = { .to = "v1.13.10" };
static const struct upgrade_options to_workspace = { .to = NULL };

static void runs_everywhere(struct scene *scene, const char *version, unsigned upgrades)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(scene, scene->cluster->node[i].name);

		cr_assert_str_eq(fact->version, version, "%s runs %s", fact->name, fact->version);
		cr_assert_geq(fact->upgrades, upgrades, "%s: %u upgrades", fact->name,
			      fact->upgrades);
	}
	scene_is_healthy(scene);
}

static void runs_next(struct scene *scene)
{
	runs_everywhere(scene, "v1.13.10", 1);
}

static struct outcome upgrade(struct scene *scene, const struct upgrade_options *options)
{
	return scene_run(scene, &(struct scene_order){ .operation = &operation_upgrade_talos,
						       .options = options });
}

static const char *const profiles[] = { "vip-and-workers", "all-control-plane" };

Test(upgrade_talos, changes_every_node_and_then_has_nothing_to_do, .timeout = 300)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = profiles[i],
							    .start = WORLD_RUNNING });

		struct outcome outcome = upgrade(&scene, &to_next);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		runs_next(&scene);

		outcome = upgrade(&scene, &to_next);
		cr_assert_eq(outcome.steps, 0, "%s", outcome.err.text);
	}
}

Test(upgrade_talos, goes_through_every_minor_with_the_old_call, .timeout = 300)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = profiles[i],
							    .talos = "v1.11.4",
							    .settings =
								    "kubernetes_version: v1.34.2\n",
							    .start = WORLD_RUNNING });

		struct outcome outcome = upgrade(&scene, &to_workspace);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		runs_everywhere(&scene, scene.cluster->talos, 2);
	}
}

/* ---- nodes that do not come back ------------------------------------------------------------- */

struct mishap {
	const char *name;
	enum world_upgrade outcome;
	enum err_kind kind; /* ERR_NONE: it ends well */
	const char *says;
	bool again; /* the same command comes to a good end */
	bool gone;  /* one of two control planes takes etcd with it: nobody can uncordon it */
};

static const struct mishap mishaps[] = {
	{ "falls back", UPGRADE_FALLS_BACK, ERR_CONFLICT, "booted the old system", true },
	{ "unhealthy", UPGRADE_UNHEALTHY, ERR_CONFLICT, "is up again with Talos", false },
	{ "hangs", UPGRADE_HANGS, ERR_CONFLICT, "never rebooted", false, true },
	{ "slow", UPGRADE_SLOW, ERR_NONE, NULL, true },
};

struct flow {
	const char *name, *talos, *to, *settings;
};
static const struct flow flows[] = {
	{ "three calls", "v1.13.9", "v1.13.10", NULL },
	{ "one call", "v1.12.4", "v1.12.11", "kubernetes_version: v1.34.2\n" },
};

static void flow_scene(struct scene *scene, const struct flow *flow)
{
	scene_init(scene, &(struct scene_options){ .profile = "vip-and-workers",
						   .talos = flow->talos,
						   .settings = flow->settings,
						   .start = WORLD_RUNNING });
}

static void meets(const struct mishap *mishap, const struct flow *flow, const char *victim)
{
	struct upgrade_options options = { .to = flow->to };
	struct scene scene SCOPED(scene_done) = { 0 };

	flow_scene(&scene, flow);
	world_next_upgrade(scene.world, victim, mishap->outcome);
	struct outcome outcome = upgrade(&scene, &options);

	fprintf(stderr, "%s, %s, %s: %s: %s\n", mishap->name, flow->name, victim,
		err_kind_name(outcome.err.kind), outcome.err.text);
	cr_assert_eq(outcome.err.kind, mishap->kind, "%s, %s: %s", mishap->name, flow->name,
		     outcome.err.text);
	if (mishap->says)
		cr_assert_not_null(strstr(outcome.err.text, mishap->says), "%s, %s: %s",
				   mishap->name, flow->name, outcome.err.text);
	if (!mishap->gone || strcmp(victim, "control1") != 0)
		witness_end(scene.witness); /* it takes pods, however it is */
	scene_is_content(&scene);
	if (mishap->kind == ERR_NONE || !mishap->again)
		return;
	outcome = upgrade(&scene, &options);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, %s: %s", mishap->name, flow->name,
		     outcome.err.text);
	cr_assert_str_eq(scene_fact(&scene, victim)->version, flow->to);
	scene_is_healthy(&scene);
}

Test(upgrade_talos, tells_how_a_node_did_not_come_back, .timeout = 600)
{
	for (size_t i = 0; i < ARRAY_LEN(mishaps); i++) {
		for (size_t k = 0; k < ARRAY_LEN(flows); k++) {
			meets(&mishaps[i], &flows[k], "worker1");
			meets(&mishaps[i], &flows[k], "control1");
		}
	}
}

Test(upgrade_talos, touches_nothing_when_an_image_is_missing, .timeout = 100)
{
	static const struct mishap missing = { "no image", UPGRADE_NO_IMAGE, ERR_NOT_FOUND,
					       "installer:v1.13.10", true };

	meets(&missing, &flows[0], "worker1");
	meets(&missing, &flows[0], "control1");
}

Test(upgrade_talos, names_what_the_installer_said_of_a_full_disk, .timeout = 100)
{
	meets(&(struct mishap){ "full", UPGRADE_NO_SPACE, ERR_CONFLICT,
				"no space left on device", true },
	      &flows[0], "worker0");
	meets(&(struct mishap){ "full", UPGRADE_NO_SPACE, ERR_CONFLICT, "booted the old system",
				true },
	      &flows[1], "worker0");
}

/* ---- a budget that never allows an eviction -------------------------------------------------- */

#define LABELS "{\"app\":\"db\"}"
static const char deployment[] =
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"db\","
	"\"namespace\":\"default\"},\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":" LABELS
	"},\"template\":{\"metadata\":{\"labels\":" LABELS
	"},\"spec\":{\"containers\":[{\"name\":\"db\",\"image\":\"db:1\"}]}}}}";
static const char budget[] =
	"{\"apiVersion\":\"policy/v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{\"name\":"
	"\"never\",\"namespace\":\"default\"},\"spec\":{\"maxUnavailable\":0,\"selector\":{"
	"\"matchLabels\":" LABELS "}}}";

Test(upgrade_talos, names_the_budget_that_blocks_and_uncordons, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers",
						    .start = WORLD_RUNNING });
	scene_wait(&scene, MINUTE);
	scene_create(&scene, deployment);
	scene_create(&scene, budget);
	scene_wait(&scene, MINUTE);

	struct outcome outcome = upgrade(&scene, &to_next);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert_not_null(strstr(outcome.err.text, "default/db-"), "%s", outcome.err.text);
	cr_assert_not_null(strstr(outcome.err.text, "never"), "%s", outcome.err.text);
	witness_end(scene.witness);
	scene_is_content(&scene);
}

/* ---- nodes that were left cordoned ----------------------------------------------------------- */

struct quitter { /* the run that is killed behind the drain of a node */
	struct journal_sink sink;
	FILE *file;
};

static int quit_after_drain(struct journal_sink *sink, const char *line, size_t len,
			    struct err *err)
{
	struct quitter *quitter = container_of(sink, struct quitter, sink);

	if (!quitter->file)
		quitter->file = fopen(".talforge/runs/20270102T010000-quit.jsonl", "w");
	if (!quitter->file)
		return err_set(err, ERR_SYSTEM, "no journal");
	fwrite(line, 1, len, quitter->file);
	fflush(quitter->file);
	if (strstr(line, "\"end\"") && strstr(line, "\"drain/worker0\""))
		raise(SIGKILL);
	return 0;
}

static struct scene_options in_place(uint64_t later)
{
	return (struct scene_options){ .profile = "vip-and-workers",
				       .start = WORLD_RUNNING,
				       .folder = ".",
				       .world = ".talforge/world",
				       .later = later };
}

static void upgrade_and_quit(void)
{
	const struct scene_options options = in_place(HOUR);
	struct scene scene = { 0 };
	struct quitter quitter = { .sink = { quit_after_drain } };

	scene_init(&scene, &options);
	cr_assert_eq(fs_mkdir(".talforge/runs", 0700, NULL), 0);
	scene.options.sink = &quitter.sink;
	upgrade(&scene, &to_next);
	branch_leave();
}

Test(upgrade_talos, another_operation_uncordons_what_a_killed_run_left, .timeout = 100)
{
	struct scene home SCOPED(scene_done) = { 0 }, scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = in_place(2 * HOUR);
	struct branch branch;

	scene_init(&home, &(struct scene_options){ .profile = "vip-and-workers", .inside = true });
	if (branch_begin(&branch, home.home))
		upgrade_and_quit();
	branch_end(&branch);
	cr_assert(branch.killed);

	scene_init(&scene, &options);
	cr_assert(scene_fact(&scene, "worker0")->cordoned);
	struct outcome outcome = scene_run(
		&scene, &(struct scene_order){ .operation = &operation_etcd_defrag });

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_not(scene_fact(&scene, "worker0")->cordoned);
	cr_assert_not_null(strstr(str_text(&scene.events), "uncordon-left/worker0"));
	scene_wait(&scene, SECOND);
	size_t steps = outcome.steps;

	outcome = scene_run(&scene, &(struct scene_order){ .operation = &operation_etcd_defrag });
	cr_assert_eq(outcome.steps, steps - 1, "it was uncordoned twice");
}

/* ---- refusals and the rest of the plan ------------------------------------------------------- */

static struct outcome refused(const char *settings, const char *talos, const char *to)
{
	struct upgrade_options options = { .to = to };
	struct scene scene SCOPED(scene_done) = { 0 };

	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers",
						    .talos = talos,
						    .settings = settings,
						    .start = WORLD_RUNNING });
	struct outcome outcome = upgrade(&scene, &options);

	for (size_t i = 0; i < scene.cluster->nodes; i++)
		cr_assert_eq(scene_fact(&scene, scene.cluster->node[i].name)->upgrades, 0);
	return outcome;
}

Test(upgrade_talos, refuses_before_anything_changes)
{
	static const struct {
		const char *name, *settings, *talos, *to;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{ "downgrade", NULL, "v1.13.9", "v1.13.2", ERR_REFUSED, "would be a downgrade" },
		{ "a minor nobody knows", NULL, "v1.13.9", "v1.19.0", ERR_REFUSED, "skip a minor" },
		{ "no version", NULL, "v1.13.9", "latest", ERR_INPUT, "is no version" },
		{ "a kubelet that it does not run", "kubernetes_version: v1.34.2\n", "v1.11.4",
		  "v1.16.0", ERR_REFUSED, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outcome outcome = refused(rows[i].settings, rows[i].talos, rows[i].to);

		cr_assert_not(outcome.planned, "%s", rows[i].name);
		cr_assert_eq(outcome.err.kind, rows[i].kind, "%s: %s", rows[i].name,
			     outcome.err.text);
		cr_assert_not_null(strstr(outcome.err.text, rows[i].says), "%s: %s", rows[i].name,
				   outcome.err.text);
	}
}

Test(upgrade_talos, leaves_held_nodes_alone)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){
				   .profile = "vip-and-workers",
				   .settings = "upgrade: {holds: {worker1: waits for a disk}}\n",
				   .start = WORLD_RUNNING });

	struct outcome outcome = upgrade(&scene, &to_next);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_str_eq(scene_fact(&scene, "worker0")->version, "v1.13.10");
	cr_assert_str_eq(scene_fact(&scene, "worker1")->version, "v1.13.9");
}

#define OTHER_SCHEMATIC "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515"

Test(upgrade_talos, changes_the_schematic_at_the_same_version)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){
				   .profile = "all-control-plane",
				   .settings = "schematic_id: " OTHER_SCHEMATIC "\n",
				   .start = WORLD_RUNNING });
	/* The world was made from the same files: its nodes run that schematic. */
	struct upgrade_target plain = { .node = "mini01",
					.schematic =
						"376567988ad370138ad8b2698212367b8edcb69b5fd68c80be"
						"1f2ec7d603b4ba" };
	struct upgrade_options options = { .target = &plain, .targets = 1 };

	plain.node = scene.cluster->node[0].name;
	struct outcome outcome = upgrade(&scene, &options);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_str_eq(scene_fact(&scene, plain.node)->schematic, plain.schematic);
	cr_assert_eq(scene_fact(&scene, plain.node)->upgrades, 1);
	cr_assert_eq(scene_fact(&scene, scene.cluster->node[1].name)->upgrades, 0);

	outcome = upgrade(&scene, &options);
	cr_assert_eq(outcome.steps, 0);
}

/* ---- and back -------------------------------------------------------------------------------- */

static struct outcome roll_back(struct scene *scene, const char *node)
{
	const char *only[] = { node, NULL };

	return scene_run(scene, &(struct scene_order){ .operation = &operation_rollback_os,
						       .only = only });
}

Test(rollback_os, boots_what_ran_before)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = profiles[i],
							    .start = WORLD_RUNNING });
		const char *node = scene.cluster->node[1].name;

		struct outcome outcome = upgrade(&scene, &to_next);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		outcome = roll_back(&scene, node);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		cr_assert_str_eq(scene_fact(&scene, node)->version, "v1.13.9");
		cr_assert_str_eq(scene_fact(&scene, scene.cluster->node[0].name)->version,
				 "v1.13.10");
		scene_is_healthy(&scene);
	}
}

Test(rollback_os, says_when_there_is_nothing_to_go_back_to)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .start = WORLD_RUNNING });

	struct outcome outcome = roll_back(&scene, scene.cluster->node[0].name);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_not_null(strstr(outcome.err.text, "has no other system to go back to"), "%s",
			   outcome.err.text);
	cr_assert_eq(scene_fact(&scene, scene.cluster->node[0].name)->reboots, 0);
	witness_end(scene.witness);
	scene_is_content(&scene);
}

/* ---- matrices -------------------------------------------------------------------------------- */

static const struct matrix new_flow = {
	.name = "upgrade talos",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.order = { .operation = &operation_upgrade_talos, .options = &to_next },
	.after = runs_next,
	.rewrites = 1,
	.at_least = 40,
};

static const struct upgrade_options to_last_12 = { .to = "v1.12.11" };

static void runs_last_12(struct scene *scene)
{
	runs_everywhere(scene, "v1.12.11", 1);
}

static const struct matrix old_flow = {
	.name = "upgrade talos by the old call",
	.scene = { .profile = "all-control-plane",
		   .talos = "v1.12.4",
		   .settings = "kubernetes_version: v1.34.2\n",
		   .start = WORLD_RUNNING },
	.order = { .operation = &operation_upgrade_talos, .options = &to_last_12 },
	.after = runs_last_12,
	.at_least = 20,
};

MATRIX(upgrade_talos, new_flow);
MATRIX(upgrade_talos_old, old_flow);

static void upgrade_all(struct scene *scene)
{
	struct outcome outcome = upgrade(scene, &to_next);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_wait(scene, MINUTE);
}

static void is_back(struct scene *scene, const char *name)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct world_fact *fact = scene_fact(scene, scene->cluster->node[i].name);
		const char *version = strcmp(fact->name, name) ? "v1.13.10" : "v1.13.9";

		cr_assert_str_eq(fact->version, version, "%s", fact->name);
	}
	scene_is_healthy(scene);
}

static void worker1_is_back(struct scene *scene)
{
	is_back(scene, "worker1");
}

static void mini02_is_back(struct scene *scene)
{
	is_back(scene, "mini02");
}

static const struct matrix back = {
	.name = "rollback --os",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.before = upgrade_all,
	.order = { .operation = &operation_rollback_os,
		   .only = (const char *const[]){ "worker1", NULL } },
	.after = worker1_is_back,
	.once = true,
	.at_least = 5,
};

static const struct matrix control_back = {
	.name = "rollback --os of a control plane",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.before = upgrade_all,
	.order = { .operation = &operation_rollback_os,
		   .only = (const char *const[]){ "mini02", NULL } },
	.after = mini02_is_back,
	.once = true,
	.at_least = 5,
};

MATRIX_ONCE(rollback_os, back);
MATRIX_ONCE(rollback_os_control, control_back);
