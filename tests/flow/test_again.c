/*
 * Clusters that have a life behind them: nodes that were replaced, reset, moved or are booting when
 * `up` comes again. etcd is never bootstrapped a second time, and nobody is installed who was not
 * meant.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A workspace and a world on disk that several scenes work in, one after the other. */
struct past {
	struct scene first; /* its folder and arena outlive it */
	const char *folder, *world;
	struct arena *arena;
};

static void past_make(struct past *past, const char *profile)
{
	past->arena = arena_new("past");
	scene_init(&past->first, &(struct scene_options){ .profile = profile });
	past->folder = arena_str(past->arena, past->first.folder);
	past->world = fs_join(past->arena, past->folder, ".talforge/world");
	past->first.options.folder = past->folder;
	scene_done(&past->first);
}

static void past_open(struct past *past, struct scene *scene, const char *profile)
{
	static const struct world_pace slow = { .boot = 40 * SECOND,
						.install = 60 * SECOND,
						.service = 4 * SECOND,
						.etcd_join = 10 * SECOND,
						.stop = 5 * SECOND };

	scene_init(scene, &(struct scene_options){ .profile = profile,
						   .pace = &slow,
						   .folder = past->folder,
						   .world = past->world });
}

static void past_done(struct past *past)
{
	struct scene scene = { .home = past->folder, .arena = past->arena };

	scene_done(&scene);
}

static void past_healthy(struct past *past, const char *profile)
{
	struct scene scene SCOPED(scene_done) = { 0 };

	past_make(past, profile);
	past_open(past, &scene, profile);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_wait(&scene, MINUTE);
}

/* Other hardware at the same place. */
static void replace(const struct past *past, const char *node)
{
	const char *nodes = fs_join(past->arena, past->world, "nodes");
	const char *file = arena_printf(past->arena, "%s.json", node);

	cr_assert_eq(unlink(fs_join(past->arena, nodes, file)), 0, "%s", node);
}

static const char *const others[] = { "mini02", "mini03" };

static void power_others(struct scene *scene, bool on)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		world_power(scene->world, others[i], on);
}

static void forget_runs(struct past *past)
{
	struct fs_names runs;
	const char *folder = fs_join(past->arena, past->folder, ".talforge/runs");
	struct err err = ERR_INIT;

	cr_assert_eq(fs_list(past->arena, folder, ".jsonl", &runs, &err), 0, "%s", err.text);
	for (size_t i = 0; i < runs.len; i++)
		cr_assert_eq(unlink(fs_join(past->arena, folder, runs.at[i])), 0);
}

/* The first control plane is new and waits; the others, which hold the data of etcd, are somewhere
 * in their boot, and none runs etcd. No journal tells of it. */
static void come_again(unsigned wait)
{
	struct past past = { 0 };
	past_healthy(&past, "all-control-plane");
	replace(&past, "mini01");
	struct scene scene SCOPED(scene_done) = { 0 };
	past_open(&past, &scene, "all-control-plane");

	power_others(&scene, false);
	scene_up(&scene);
	scene_wait(&scene, 5 * MINUTE);
	cr_assert(scene_fact(&scene, "mini01")->installed);
	forget_runs(&past);
	power_others(&scene, true);
	scene_wait(&scene, wait * SECOND);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(scene_fact(&scene, "mini01")->bootstraps, 0, "after %u s", wait);
	cr_assert_eq(world_etcd_clusters(scene.world), 1, "split after %u s", wait);
	cr_assert_eq(outcome.result.how, HOW_DONE, "after %u s: %s", wait, outcome.err.text);
	past_done(&past);
}

Test(again, a_new_control_plane_is_not_bootstrapped_while_the_others_boot, .timeout = 300)
{
	for (unsigned wait = 20; wait < 60; wait += 2)
		come_again(wait);
}

/* The run was cut off by a worker that was away; before it goes on, a node that it had installed is
 * bare again. */
Test(again, a_node_that_was_reset_since_is_planned_anew)
{
	struct past past = { 0 };
	past_make(&past, "vip-and-workers");
	struct scene before = { 0 };
	past_open(&past, &before, "vip-and-workers");
	world_power(before.world, "worker1", false);
	struct outcome outcome = scene_up(&before);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	scene_done(&before);

	replace(&past, "worker0");
	struct scene scene SCOPED(scene_done) = { 0 };
	past_open(&past, &scene, "vip-and-workers");
	world_power(scene.world, "worker1", true);
	scene_wait(&scene, MINUTE);
	outcome = scene_up(&scene);

	cr_assert_not(outcome.resumed);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
	past_done(&past);
}

/* A node that was silent when the plan was made answers in the end, and is other hardware. */
Test(again, hardware_that_was_not_meant_is_not_installed)
{
	static const char wrong[] =
		"nodes:\n"
		"  - {name: n1, address: [172.29.51.11, 'fd47:25e1:2f96:51::11'],\n"
		"     controller: true, disk: /dev/sda}\n"
		"  - {name: n2, address: [172.29.51.12, 'fd47:25e1:2f96:51::12'],\n"
		"     controller: false, disk: /dev/sda,\n"
		"     mac_addr: 'aa:bb:cc:00:00:01'}\n";
	static const char there[] =
		"nodes:\n"
		"  - {name: n1, address: [172.29.51.11, 'fd47:25e1:2f96:51::11'],\n"
		"     controller: true, disk: /dev/sda}\n"
		"  - {name: n2, address: [172.29.51.12, 'fd47:25e1:2f96:51::12'],\n"
		"     controller: false, disk: /dev/sda}\n";
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .nodes = there });
	scene_nodes(&scene, wrong);
	world_power(scene.world, "n2", false);
	cr_assert_eq(scene_up(&scene).result.how, HOW_FAILED);

	world_power(scene.world, "n2", true);
	scene_wait(&scene, MINUTE);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert(strstr(outcome.err.text, "n2 has no network interface with the address aa:bb:"),
		  "%s", outcome.err.text);
	cr_assert_eq(scene_fact(&scene, "n2")->applies, 0);
}
