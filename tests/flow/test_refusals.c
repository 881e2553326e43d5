/*
 * What `up` refuses before anything happens: nodes that belong to others, disks that are not the
 * one meant, certificates that are not valid. Always one sentence, the right kind, an untouched
 * world.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "ops/configs.h"
#include "talos/talos.h"

#include <criterion/criterion.h>
#include <string.h>

#define OTHER_BUNDLE TEST_DATA_DIR "/golden/gen/c112-defaults/secrets.yaml"

static struct bundle *other_bundle(struct scene *scene)
{
	struct bundle *bundle = NULL;
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	cr_assert_eq(fs_read(scene->arena, OTHER_BUNDLE, FS_FILE_MAX, &text, &len, &err), 0, "%s",
		     err.text);
	cr_assert_eq(bundle_read(OTHER_BUNDLE, text, len, &bundle, &err), 0, "%s", err.text);
	return bundle;
}

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

static const struct talos_call_ops lone_ops = { NULL, on_end };

/* Configures one node with the secrets of `bundle`, as somebody else would have done. */
static void occupy(struct scene *scene, const char *name, const struct bundle *bundle)
{
	const struct node *node = cluster_node(scene->cluster, name);
	const struct trust insecure = { .insecure = true };
	struct dial_target target = { .address = node->address[0],
				      .port = TALOS_PORT,
				      .trust = &insecure };
	struct render_input input = { .cluster = scene->cluster, .bundle = bundle };
	struct talos_apply_request request = { .mode = APPLY_AUTO };
	struct channel *channel =
		talos_connect(scene->loop, world_dialer(scene->world), &target);
	struct lone_call lone = { .loop = scene->loop };
	struct err err = ERR_INIT;

	cr_assert_eq(config_text(scene->arena, &input, node, &request.config, &request.len, &err),
		     0, "%s", err.text);
	talos_start(&lone.call, channel, &talos_apply, &request, &lone_ops);
	cr_assert_eq(loop_run(scene->loop, &err), 0, "%s", err.text);
	cr_assert_not(err_is_set(&lone.err), "%s", lone.err.text);
	talos_call_done(&lone.call);
	talos_disconnect(channel);
	scene_wait(scene, 10 * MINUTE);
	cr_assert(scene_fact(scene, name)->installed);
}

static void nobody_was_touched(struct scene *scene, const char *but)
{
	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const char *name = scene->cluster->node[i].name;

		if (!text_equal(name, but))
			cr_assert_str_eq(scene_fact(scene, name)->stage, "maintenance", "%s", name);
	}
	cr_assert_not(fs_exists(fs_join(scene->arena, scene->folder, "clusterconfig")));
}

Test(refusals, a_node_of_another_cluster)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane" });
	struct bundle *other OWNED(bundle_free) = other_bundle(&scene);
	occupy(&scene, "mini02", other);

	struct outcome outcome = scene_up(&scene);

	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_AUTH, "%s", outcome.err.text);
	cr_assert(text_starts(outcome.err.text,
			      "mini02 (172.29.51.12) is configured, but not for us: "),
		  "%s", outcome.err.text);
	cr_assert(text_ends(outcome.err.text, "is signed by an unknown authority"), "%s",
		  outcome.err.text);
	cr_assert_str_neq(outcome.err.hint, "");
	nobody_was_touched(&scene, "mini02");
}

Test(refusals, a_node_that_has_this_clusters_config_is_no_stranger)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane" });
	occupy(&scene, "mini02", scene.bundle);

	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(scene_fact(&scene, "mini02")->applies, 1);
	scene_is_healthy(&scene);
}

static const char bare_nodes[] =
	"nodes:\n"
	"  - {name: n1, address: [172.29.51.11, 'fd47:25e1:2f96:51::11'],\n"
	"     controller: true, disk: /dev/sda}\n"
	"  - {name: n2, address: [172.29.51.12, 'fd47:25e1:2f96:51::12'],\n"
	"     controller: false, disk: /dev/sda}\n";

struct disk_row {
	const char *name, *disk;
	enum err_kind kind;
	const char *text; /* how the error begins */
};

static const struct disk_row disk_rows[] = {
	{ "no disk", "{size: '> 900TB'}", ERR_CONFLICT,
	  "choose the install disk of n2: no disk matches; there is " },
	{ "two disks", "{size: '> 1MB'}", ERR_CONFLICT, "choose the install disk of n2: 2 disks" },
};

Test(refusals, a_disk_selector_that_does_not_mean_one_disk)
{
	for (size_t i = 0; i < ARRAY_LEN(disk_rows); i++) {
		const struct disk_row *row = &disk_rows[i];
		struct str yaml SCOPED(str_done) = STR_INIT(4096);
		struct scene scene SCOPED(scene_done) = { 0 };

		str_addf(&yaml,
			 "nodes:\n"
			 "  - {name: n1, address: [172.29.51.11, 'fd47:25e1:2f96:51::11'],\n"
			 "     controller: true, disk: /dev/sda}\n"
			 "  - {name: n2, address: [172.29.51.12, 'fd47:25e1:2f96:51::12'],\n"
			 "     controller: false, disk: %s}\n",
			 row->disk);
		scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
							    .nodes = bare_nodes });
		scene_nodes(&scene, str_text(&yaml));
		struct outcome outcome = scene_up(&scene);

		cr_assert_not(outcome.planned, "%s", row->name);
		cr_assert_eq(outcome.err.kind, row->kind, "%s: %s", row->name, outcome.err.text);
		cr_assert(text_starts(outcome.err.text, row->text), "%s: %s", row->name,
			  outcome.err.text);
		nobody_was_touched(&scene, NULL);
	}
}

Test(refusals, a_ca_that_has_expired)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .later = 20 * 365 * DAY });

	struct outcome outcome = scene_up(&scene);

	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_AUTH, "%s", outcome.err.text);
	cr_assert(text_starts(outcome.err.text, "check the client certificate: "), "%s",
		  outcome.err.text);
	nobody_was_touched(&scene, NULL);
}

Test(refusals, a_client_certificate_that_has_expired)
{
	static const char *const roles[] = { "os:admin", NULL };
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane" });
	uint64_t wall = loop_wall(scene.loop);
	struct identity old;
	struct err err = ERR_INIT;

	cr_assert_eq(bundle_client(scene.bundle, scene.arena,
				   &(struct client_request){
					   .roles = roles, .now = wall - 2 * DAY, .lifetime = DAY },
				   &old, &err),
		     0, "%s", err.text);
	struct site_options options = { .loop = scene.loop,
					.dialer = world_dialer(scene.world),
					.cluster = scene.cluster,
					.bundle = scene.bundle,
					.identity = &old };
	struct site *site OWNED(site_free) = NULL;

	cr_assert_lt(site_new(&options, &site, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, ": the certificate expired on "), "%s", err.text);
}
