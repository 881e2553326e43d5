/*
 * What `upgrade` of cluster.yaml asks for between nodes, where the upgrade is typed: windows on the
 * virtual clock, expressions, and a cluster that is healthy all the way.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "ops/reset.h"
#include "ops/upgrade_k8s.h"
#include "ops/upgrade_talos.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct upgrade_options to_next = { .to = "v1.13.10" };

static void init(struct scene *scene, const char *settings)
{
	scene_init(scene, &(struct scene_options){ .profile = "vip-and-workers",
						   .settings = settings,
						   .start = WORLD_RUNNING });
}

static struct outcome upgrade(struct scene *scene, bool now)
{
	return scene_run(scene, &(struct scene_order){ .operation = &operation_upgrade_talos,
						       .options = &to_next,
						       .now = now });
}

static unsigned at_next(struct scene *scene)
{
	unsigned count = 0;

	for (size_t i = 0; i < scene->cluster->nodes; i++)
		count += !strcmp(scene_fact(scene, scene->cluster->node[i].name)->version,
				 to_next.to);
	return count;
}

static unsigned times_said(const struct scene *scene, const char *text)
{
	unsigned count = 0;

	for (const char *at = str_text(&scene->events); (at = strstr(at, text)); at++)
		count++;
	return count;
}

#define AT_NOON "upgrade: {windows: [{start: '0 12 * * *', duration: 4h}]}\n"

Test(gates, a_closed_window_names_the_next_opening, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, AT_NOON);

	struct outcome outcome = upgrade(&scene, false);
	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "it opens at 2027-01-02T12:00:00Z"), "%s",
		  outcome.err.text);

	outcome = upgrade(&scene, true);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(at_next(&scene), scene.cluster->nodes);
}

Test(gates, a_closed_window_is_closed_to_kubernetes_too, .timeout = 100)
{
	static const struct upgrade_k8s_options newer = { .to = "v1.36.9" };
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, AT_NOON);

	struct outcome outcome =
		scene_run(&scene, &(struct scene_order){ .operation = &operation_upgrade_k8s,
							 .options = &newer });
	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "it opens at"), "%s", outcome.err.text);
}

Test(gates, a_window_that_closes_stops_between_nodes, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, "upgrade: {windows: [{start: '0 0 * * *', duration: 20m}]}\n");

	struct outcome outcome = upgrade(&scene, false);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "2027-01-03T00:00:00Z"), "%s", outcome.err.text);
	unsigned first = at_next(&scene);

	cr_assert_gt(first, 0);
	cr_assert_lt(first, scene.cluster->nodes);
	scene_is_healthy(&scene);

	/* outside the window the same command begins nothing */
	scene_wait(&scene, 5 * HOUR);
	outcome = upgrade(&scene, false);
	cr_assert(outcome.resumed);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert_eq(at_next(&scene), first);

	for (unsigned day = 0; outcome.result.how != HOW_DONE && day < 5; day++) {
		scene_wait(&scene, DAY - loop_now(scene.loop) % DAY);
		outcome = upgrade(&scene, false);
		cr_assert(outcome.resumed);
	}
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(at_next(&scene), scene.cluster->nodes);
}

#define CHECK(expr, timeout)                                                                 \
	"upgrade: {health_checks: [{apiVersion: v1, kind: Node, name: worker0, expr: '" expr \
	"', timeout: " timeout "}]}\n"

Test(gates, an_expression_that_does_not_hold_stops_before_anything, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, CHECK("status.colour == \"green\"", "1m"));

	struct outcome outcome = upgrade(&scene, false);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "Node worker0"), "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "\"colour\""), "%s", outcome.err.text);
	for (size_t i = 0; i < scene.cluster->nodes; i++)
		cr_assert_eq(scene_fact(&scene, scene.cluster->node[i].name)->images, 0);
}

Test(gates, an_expression_is_asked_before_every_wave_and_at_the_end, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, CHECK("has(status.conditions)", "1m"));

	struct outcome outcome = upgrade(&scene, false);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	/* at the beginning, before each of five nodes, at the end; each begins once */
	cr_assert_eq(times_said(&scene, "\"step\":\"cel-check"), 2 * 7, "%u",
		     times_said(&scene, "\"step\":\"cel-check"));
}

Test(gates, a_node_that_is_ill_keeps_the_next_one_up, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, NULL);

	world_next_upgrade(scene.world, "worker0", UPGRADE_UNHEALTHY);
	struct outcome outcome = upgrade(&scene, false);
	cr_assert_eq(outcome.err.kind, ERR_CONFLICT, "%s", outcome.err.text);

	/* planned anew, with the ill node at the new version already */
	static const char *const other[] = { "worker1", NULL };
	outcome = scene_run(&scene,
			    &(struct scene_order){ .operation = &operation_upgrade_talos,
						   .options = &to_next,
						   .only = other });
	cr_assert_neq(outcome.result.how, HOW_DONE);
	cr_assert_str_eq(scene_fact(&scene, "worker1")->version, "v1.13.9");
	cr_assert_not(scene_fact(&scene, "worker1")->cordoned);
}

static struct outcome reset(struct scene *scene, const char *node)
{
	const char *const only[] = { node, NULL };
	static const struct reset_options standard = { .full = false };

	return scene_run(scene, &(struct scene_order){ .operation = &operation_reset,
						       .options = &standard,
						       .only = only });
}

Test(gates, a_reset_asks_for_nothing_that_was_not_so_before, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, NULL);

	struct outcome outcome = reset(&scene, "worker1");
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(times_said(&scene, "\"step\":\"nodes-ready"), 2);
	cr_assert_eq(times_said(&scene, "\"step\":\"window"), 0);
	cr_assert_eq(times_said(&scene, "\"step\":\"control-pods"), 0);
}

/* ---- etcd is saved first --------------------------------------------------------------------- */

Test(gates, etcd_is_saved_before_the_first_control_plane_goes, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, NULL);

	struct outcome outcome = upgrade(&scene, false);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	const char *events = str_text(&scene.events);
	const char *saved = strstr(events, "etcd at revision "),
		   *first = strstr(events, "\"step\":\"lifecycle-upgrade");

	cr_assert_not_null(saved);
	cr_assert_not_null(first);
	cr_assert_lt(saved, first);
	cr_assert(fs_exists(fs_join(scene.arena, scene.folder,
				    ".talforge/snapshots/kubernetes-20270102T000000Z.db")));
}

Test(gates, without_a_copy_of_etcd_no_control_plane_goes, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, NULL);
	world_fault(scene.world, &(struct fault){ .kind = FAULT_STATUS,
						  .method = "EtcdSnapshot",
						  .count = 99,
						  .code = 2 });

	struct outcome outcome = upgrade(&scene, false);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert(strstr(outcome.err.text, "save etcd to a file"), "%s", outcome.err.text);
	cr_assert_eq(at_next(&scene), 0);
	for (size_t i = 0; i < scene.cluster->nodes; i++)
		cr_assert_not(scene_fact(&scene, scene.cluster->node[i].name)->cordoned);
}

Test(gates, workers_alone_need_no_copy_of_etcd, .timeout = 100)
{
	static const char *const only[] = { "worker0", NULL };
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, NULL);

	struct outcome outcome =
		scene_run(&scene, &(struct scene_order){ .operation = &operation_upgrade_talos,
							 .options = &to_next,
							 .only = only });
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(times_said(&scene, "etcd-snapshot"), 0);
}

/* ---- volumes --------------------------------------------------------------------------------- */

#define ATTACHMENT(node)                                                                          \
	"{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"VolumeAttachment\",\"metadata\":{"      \
	"\"name\":\"one\"},\"spec\":{\"attacher\":\"disks\",\"nodeName\":\"" node "\",\"source\"" \
	":{\"persistentVolumeName\":\"pv-1\"}}}"

Test(gates, a_drain_waits_for_volumes_but_not_for_ever, .timeout = 100)
{
	static const struct {
		const char *settings, *attached;
		unsigned waits;
	} rows[] = {
		{ "upgrade: {drain: {wait_for_volumes: true}}\n", ATTACHMENT("worker0"), 1 },
		{ "upgrade: {drain: {wait_for_volumes: true}}\n", ATTACHMENT("elsewhere"), 0 },
		{ NULL, ATTACHMENT("worker0"), 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		init(&scene, rows[i].settings);
		scene_create(&scene, rows[i].attached);

		struct outcome outcome = upgrade(&scene, false);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%zu: %s", i, outcome.err.text);
		cr_assert_eq(times_said(&scene, "1 volume is still attached: pv-1"),
			     rows[i].waits, "%zu", i);
		cr_assert_eq(times_said(&scene, "goes on although volumes"), rows[i].waits, "%zu",
			     i);
	}
}
