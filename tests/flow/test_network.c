/*
 * Cilium and BGP: `up` ends with nodes that have a network, and `cilium apply` changes what is
 * there.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "ops/network.h"

#include <criterion/criterion.h>
#include <string.h>

/* The cluster.yaml of the scene with one text in place of another. */
static void rewrite(struct scene *scene, const char *old, const char *new)
{
	const char *path = fs_join(scene->arena, scene->folder, "cluster.yaml");
	struct str out SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;
	char *text, *nodes;
	size_t len;

	cr_assert_eq(fs_read(scene->arena, path, FS_FILE_MAX, &text, &len, &err), 0, "%s", err.text);
	char *at = strstr(text, old);

	cr_assert_not_null(at, "no %s in cluster.yaml", old);
	str_addf(&out, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	cr_assert_eq(fs_write(path, out.at, out.len, 0600, NULL, &err), 0);
	cr_assert_eq(fs_read(scene->arena, fs_join(scene->arena, scene->folder, "nodes.yaml"),
			     FS_FILE_MAX, &nodes, &len, &err),
		     0);
	scene_nodes(scene, nodes); /* opens the workspace anew */
}

static void begin(struct scene *scene)
{
	scene_init(scene, &(struct scene_options){ .profile = "all-control-plane" });
	if (strcmp(scene->cluster->cni, "cilium") != 0)
		rewrite(scene, "cni: none", "cni: cilium");
}

Test(network, up_ends_with_nodes_that_are_ready)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
	for (size_t i = 0; i < scene.cluster->nodes; i++)
		cr_assert(scene_fact(&scene, scene.cluster->node[i].name)->ready);
	cr_assert_not_null(strstr(str_text(&scene.events), "cilium-announce"));
	outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	cr_assert_eq(outcome.result.done, 0);
}
