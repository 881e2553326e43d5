/*
 * `apply` and `rollback --config` on running clusters: what each mode does to the nodes, and that
 * both come to their end wherever they are broken.
 */
#include "flow/matrix.h"
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "ops/apply.h"
#include "ops/drift.h"

#include <criterion/criterion.h>
#include <string.h>

#define LIVE "patches/global/zz-live.yaml"
#define COLD "patches/worker/zz-cold.yaml"
#define COLD_CONTROL "patches/controller/zz-cold.yaml"

static const char live_patch[] = "machine: {sysctls: {net.core.somaxconn: \"4096\"}}\n";
static const char cold_patch[] = "machine: {udev: {rules: [\"SUBSYSTEM==\\\"drm\\\"\"]}}\n";

/* The workspace with another file in it; opened anew. */
static void edit(struct scene *scene, const char *name, const char *text)
{
	const char *path = fs_join(scene->arena, scene->folder, name);
	const char *nodes = fs_join(scene->arena, scene->folder, "nodes.yaml");
	struct err err = ERR_INIT;
	size_t len;
	char *yaml;

	*strrchr((char *)(uintptr_t)path, '/') = '\0';
	cr_assert_eq(fs_mkdir(path, 0700, &err), 0, "%s", err.text);
	path = fs_join(scene->arena, scene->folder, name);
	if (text)
		cr_assert_eq(fs_write(path, text, strlen(text), 0600, NULL, &err), 0, "%s",
			     err.text);
	else
		cr_assert_eq(fs_remove(path, &err), 0, "%s", err.text);
	cr_assert_eq(fs_read(scene->arena, nodes, FS_FILE_MAX, &yaml, &len, &err), 0, "%s",
		     err.text);
	scene_nodes(scene, yaml);
}

static const char *kept(struct scene *scene, const char *node, enum kept which)
{
	const char *text = "";

	kept_read(scene->arena, scene->folder, node, which, &text, NULL);
	return text;
}

static struct outcome apply(struct scene *scene, enum apply_way way, const char *const *only)
{
	const struct apply_options options = { .way = way, .trial = MINUTE };

	/* journals are named by the second */
	scene_wait(scene, SECOND);
	return scene_run(scene, &(struct scene_order){ .operation = &operation_apply,
						       .options = &options,
						       .only = only });
}

static void good(const struct outcome *outcome)
{
	cr_assert_eq(outcome->result.how, HOW_DONE, "%s", outcome->err.text);
}

/* What the next `apply` would see. */
static const struct drift *drift_of(struct scene *scene, const char *node)
{
	const struct outcome outcome = apply(scene, APPLY_LIVE, (const char *const[]){ NULL });

	good(&outcome);
	for (size_t i = 0; i < scene->inventory->len; i++)
		if (strcmp(scene->inventory->at[i].node->name, node) == 0)
			return scene->inventory->at[i].drift;
	return NULL;
}

static struct scene_options running(const char *profile)
{
	return (struct scene_options){ .profile = profile,
				       .start = WORLD_RUNNING,
				       .pace = &world_pace_fast };
}

/* ---- what it does ------------------------------------------------------------------------ */

Test(apply, does_nothing_to_nodes_that_run_on_their_config)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");

	scene_init(&scene, &options);
	const struct outcome outcome = apply(&scene, APPLY_AS_NEEDED, NULL);

	good(&outcome);
	cr_assert_eq(outcome.steps, 0);
}

Test(apply, reboots_only_what_needs_it_and_keeps_what_runs_well)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");

	scene_init(&scene, &options);
	edit(&scene, LIVE, live_patch);
	edit(&scene, COLD, cold_patch);
	const struct outcome outcome = apply(&scene, APPLY_AS_NEEDED, NULL);

	good(&outcome);
	scene_is_healthy(&scene);
	for (size_t i = 0; i < scene.cluster->nodes; i++) {
		const struct node *node = &scene.cluster->node[i];
		const struct world_fact *fact = scene_fact(&scene, node->name);

		cr_assert_eq(fact->reboots, node->role == ROLE_WORKER ? 1 : 0, "%s", node->name);
		cr_assert(strstr(kept(&scene, node->name, KEPT_LAST), "somaxconn"), "%s",
			  node->name);
	}
	cr_assert_str_eq(drift_word(drift_of(&scene, "worker0")), "none");
}

Test(apply, refuses_what_the_mode_does_not_take_before_anything)
{
	static const enum apply_way ways[] = { APPLY_LIVE, APPLY_ON_TRIAL };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		const struct scene_options options = running("vip-and-workers");

		scene_init(&scene, &options);
		edit(&scene, LIVE, live_patch);
		edit(&scene, COLD, cold_patch);
		const unsigned before = scene_fact(&scene, "worker0")->applies;
		const struct outcome outcome = apply(&scene, ways[i], NULL);

		cr_assert_not(outcome.planned);
		cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
		for (size_t k = 0; k < scene.cluster->nodes; k++)
			cr_assert_eq(scene_fact(&scene, scene.cluster->node[k].name)->applies,
				     before);
	}
}

Test(apply, staged_waits_for_the_next_boot)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");

	scene_init(&scene, &options);
	edit(&scene, COLD, cold_patch);
	const unsigned before = scene_fact(&scene, "worker0")->applies;
	struct outcome outcome = apply(&scene, APPLY_LATER, NULL);

	good(&outcome);
	cr_assert_eq(scene_fact(&scene, "worker0")->reboots, 0);
	cr_assert(drift_of(&scene, "worker0")->staged);
	cr_assert_str_eq(kept(&scene, "worker0", KEPT_LAST), "");

	outcome = apply(&scene, APPLY_AS_NEEDED, NULL);
	good(&outcome);
	cr_assert_eq(scene_fact(&scene, "worker0")->reboots, 1);
	cr_assert_eq(scene_fact(&scene, "worker0")->applies, before + 1, "it was staged already");
	cr_assert_str_eq(drift_word(drift_of(&scene, "worker0")), "none");
}

Test(apply, a_trial_ends_by_itself_unless_it_is_kept)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");

	scene_init(&scene, &options);
	edit(&scene, LIVE, live_patch);
	struct outcome outcome = apply(&scene, APPLY_ON_TRIAL, NULL);

	good(&outcome);
	cr_assert(drift_of(&scene, "control0")->unsaved);
	cr_assert_str_eq(kept(&scene, "control0", KEPT_LAST), "");
	scene_wait(&scene, 2 * MINUTE);
	cr_assert_str_eq(drift_word(drift_of(&scene, "control0")), "live");

	outcome = apply(&scene, APPLY_ON_TRIAL, NULL);
	good(&outcome);
	outcome = apply(&scene, APPLY_AS_NEEDED, NULL);
	good(&outcome);
	scene_wait(&scene, 2 * MINUTE);
	cr_assert_str_eq(drift_word(drift_of(&scene, "control0")), "none");
	cr_assert(strstr(kept(&scene, "control0", KEPT_LAST), "somaxconn"));
}

Test(apply, names_what_was_edited_on_a_node)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");

	scene_init(&scene, &options);
	edit(&scene, LIVE, live_patch);
	struct outcome outcome = apply(&scene, APPLY_AS_NEEDED, NULL);

	good(&outcome);
	edit(&scene, LIVE, "machine: {sysctls: {net.core.somaxconn: \"8192\"}}\n");
	cr_assert_eq(drift_of(&scene, "worker0")->losses, 0, "it came from here");

	/* a config that was not kept is like one that somebody else sent */
	edit(&scene, LIVE, "machine: {sysctls: {net.core.somaxconn: \"4096\", fs.aio: \"1\"}}\n");
	outcome = apply(&scene, APPLY_ON_TRIAL, (const char *const[]){ "worker0", NULL });
	good(&outcome);
	edit(&scene, LIVE, live_patch);
	const struct drift *drift = drift_of(&scene, "worker0");

	cr_assert_eq(drift->losses, 1);
	cr_assert_str_eq(drift->lost[0], "machine.sysctls[\"fs.aio\"]");
}

Test(apply, rollback_goes_to_what_it_ran_on_before)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");
	const struct scene_order order = { .operation = &operation_rollback_config,
					   .only = (const char *const[]){ "worker1", NULL } };

	scene_init(&scene, &options);
	struct outcome outcome = scene_run(&scene, &order);

	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_NOT_FOUND);
	cr_assert_str_eq(outcome.err.text, "no last-known-good config is kept of worker1");

	edit(&scene, LIVE, live_patch);
	outcome = apply(&scene, APPLY_AS_NEEDED, NULL);
	good(&outcome);
	edit(&scene, COLD, cold_patch);
	outcome = apply(&scene, APPLY_AS_NEEDED, NULL);
	good(&outcome);
	scene_wait(&scene, SECOND);
	outcome = scene_run(&scene, &order);
	good(&outcome);
	cr_assert_eq(scene_fact(&scene, "worker1")->reboots, 2);
	cr_assert_eq(scene_fact(&scene, "worker0")->reboots, 1, "it was not asked for");
	cr_assert_not(strstr(kept(&scene, "worker1", KEPT_LAST), "udev"));
	cr_assert(strstr(kept(&scene, "worker1", KEPT_BEFORE), "udev"));
	cr_assert_str_eq(drift_word(drift_of(&scene, "worker1")), "reboot");
	scene_is_healthy(&scene);
}

Test(apply, a_silent_node_comes_last_and_fails_alone)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");

	scene_init(&scene, &options);
	edit(&scene, LIVE, live_patch);
	world_power(scene.world, "worker1", false);
	const struct outcome outcome = apply(&scene, APPLY_AS_NEEDED, NULL);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.result.failed, 1);
	cr_assert(strstr(kept(&scene, "worker2", KEPT_LAST), "somaxconn"));
	cr_assert(strstr(kept(&scene, "control0", KEPT_LAST), "somaxconn"));
}

/* Its boot is a new one, and older than the config that was staged for the next. */
static void cut_power_once(void *context, const char *node, const char *method)
{
	struct scene *scene = context;

	(void)node;
	(void)method;
	world_power(scene->world, "worker0", false);
	world_power(scene->world, "worker0", true);
}

Test(apply, reboots_a_node_that_lost_its_power_before_it_got_its_config)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("vip-and-workers");

	scene_init(&scene, &options);
	edit(&scene, COLD, cold_patch);
	world_fault(scene.world, &(struct fault){ .kind = FAULT_NONE,
						  .method = "kube:PATCH nodes",
						  .count = 1,
						  .on_hit = cut_power_once,
						  .context = &scene });
	const struct outcome outcome = apply(&scene, APPLY_AS_NEEDED, NULL);

	good(&outcome);
	cr_assert_eq(scene_fact(&scene, "worker0")->reboots, 2, "the cut, and the one it needs");
	cr_assert_str_eq(drift_word(drift_of(&scene, "worker0")), "none");
}

Test(apply, no_control_plane_reboots_while_another_is_away)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	const struct scene_options options = running("all-control-plane");

	scene_init(&scene, &options);
	edit(&scene, COLD_CONTROL, cold_patch);
	world_power(scene.world, "mini02", false);
	const unsigned before = scene_fact(&scene, "mini01")->applies;
	const struct outcome outcome = apply(&scene, APPLY_AS_NEEDED, NULL);

	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert_eq(scene_fact(&scene, "mini01")->applies, before);
}

/* ---- broken anywhere --------------------------------------------------------------------- */

static void change_workers(struct scene *scene)
{
	edit(scene, LIVE, live_patch);
	edit(scene, COLD, cold_patch);
}

static void change_controls(struct scene *scene)
{
	edit(scene, LIVE, live_patch);
	edit(scene, COLD_CONTROL, cold_patch);
}

static void all_run_on_it(struct scene *scene)
{
	scene_is_healthy(scene);
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct node *node = &scene->cluster->node[i];

		cr_assert(strstr(kept(scene, node->name, KEPT_LAST), "somaxconn"), "%s",
			  node->name);
	}
}

static const struct matrix workers = {
	.name = "apply to workers",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.before = change_workers,
	.order = { .operation = &operation_apply },
	.after = all_run_on_it,
	.after_anew = scene_is_healthy,
	.at_least = 40,
};

static const struct matrix controls = {
	.name = "apply to control planes",
	.scene = { .profile = "all-control-plane", .start = WORLD_RUNNING },
	.before = change_controls,
	.order = { .operation = &operation_apply },
	.after = all_run_on_it,
	.after_anew = scene_is_healthy,
	.at_least = 40,
};

MATRIX(apply_workers, workers);
MATRIX(apply_controls, controls);

static void change_twice(struct scene *scene)
{
	struct outcome outcome;

	edit(scene, LIVE, live_patch);
	outcome = apply(scene, APPLY_AS_NEEDED, NULL);
	good(&outcome);
	edit(scene, COLD, cold_patch);
	outcome = apply(scene, APPLY_AS_NEEDED, NULL);
	good(&outcome);
	scene_wait(scene, MINUTE);
}

static void worker1_is_back(struct scene *scene)
{
	scene_is_healthy(scene);
	cr_assert_not(strstr(kept(scene, "worker1", KEPT_LAST), "udev"));
	cr_assert(strstr(kept(scene, "worker1", KEPT_BEFORE), "udev"));
	cr_assert(strstr(kept(scene, "worker0", KEPT_LAST), "udev"));
}

static const struct matrix back = {
	.name = "rollback --config",
	.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	.before = change_twice,
	.order = { .operation = &operation_rollback_config,
		   .only = (const char *const[]){ "worker1", NULL } },
	.after = worker1_is_back,
	.once = true,
	.at_least = 4,
};

MATRIX_ONCE(rollback_config, back);
