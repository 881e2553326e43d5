#include "base/fs.h"
#include "base/text.h"
#include "cluster/profile.h"
#include "cluster/workspace.h"
#include "render/render.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX ((size_t)1 << 20)
#define BUNDLE TEST_DATA_DIR "/golden/gen/c113-defaults/secrets.yaml"
#define FOLDER TEST_DATA_DIR "/golden/profiles"
#define PROFILES TEST_DATA_DIR "/../../profiles" /* what the program has compiled in */

struct scene {
	struct arena *arena;
	struct workspace *workspace;
	struct bundle *bundle;
	struct str *why;
};

static void begin(struct scene *scene, const char *profile)
{
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	cr_assert_eq(workspace_open(fs_join(scene->arena, PROFILES, profile), &scene->workspace,
				    &err),
		     0, "%s", err.text);
	cr_assert_eq(fs_read(scene->arena, BUNDLE, FS_FILE_MAX, &text, &len, &err), 0, "%s",
		     err.text);
	cr_assert_eq(bundle_read("talsecret.yaml", text, len, &scene->bundle, &err), 0, "%s",
		     err.text);
}

static void compare(struct scene *scene, const char *name, const struct str *made)
{
	const char *path = fs_join(scene->arena, FOLDER, name);
	struct err err = ERR_INIT;
	char *expected = NULL;
	size_t len;

	if (text_equal(getenv("TALFORGE_GOLDEN"), "write")) {
		cr_assert_eq(fs_mkdir(FOLDER, 0755, &err), 0, "%s", err.text);
		int r = fs_write(path, made->at, made->len, 0644, NULL, &err);

		cr_assert_eq(r, 0, "%s", err.text);
	}
	if (fs_read(scene->arena, path, CONFIG_MAX, &expected, &len, &err) < 0)
		str_addf(scene->why, "\n%s", err.text);
	else if (len != made->len || memcmp(expected, made->at, len) != 0)
		str_addf(scene->why, "\n%s differs", name);
}

static void render_profile(struct scene *scene, const char *profile)
{
	struct err err = ERR_INIT;
	const struct cluster *cluster;

	begin(scene, profile);
	cluster = workspace_cluster(scene->workspace, &err);
	cr_assert_not_null(cluster, "%s: %s", profile, err.text);
	for (size_t i = 0; i < cluster->nodes; i++) {
		struct str text SCOPED(str_done) = STR_INIT(CONFIG_MAX);
		const struct render_input input = { .cluster = cluster, .bundle = scene->bundle };
		const struct node *node = &cluster->node[i];
		struct config config;

		cr_assert_eq(render_node(scene->arena, &input, node, &config, &err), 0, "%s: %s",
			     node->name, err.text);
		config_write(&text, &config);
		compare(scene, arena_printf(scene->arena, "%s-%s.yaml", profile, node->name),
			&text);
	}
	bundle_free(scene->bundle);
	workspace_free(scene->workspace);
}

Test(golden, profiles)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str why SCOPED(str_done) = STR_INIT(CONFIG_MAX);
	size_t count;
	const struct profile *profiles = profile_all(arena, &count);

	cr_assert_gt(count, 0);
	for (size_t i = 0; i < count; i++) {
		struct scene scene = { .arena = arena, .why = &why };

		render_profile(&scene, profiles[i].name);
	}
	cr_assert_eq(why.len, 0, "%s", str_text(&why));
}
