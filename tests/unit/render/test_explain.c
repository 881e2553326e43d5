#include "render/render.h"

#include "base/own.h"
#include "tree/yaml.h"
#include "unit/render/site.h"

#include <criterion/criterion.h>
#include <string.h>

static const char global[] = "machine:\n  install:\n    disk: /dev/a\n  sysctls: {k: '1'}\n";
static const char own[] = "machine:\n  install:\n    disk: {$patch: delete}\n";
static const struct patch_source patches[] = {
	{ .name = "patches/global.yaml", .text = global, .len = sizeof(global) - 1 },
	{ .name = "patches/own.yaml", .text = own, .len = sizeof(own) - 1 },
};

static void site_with_patches(struct arena *arena, struct site *site)
{
	static const char text[] = "\ndisk: /dev/sda\ncni: none\n";
	struct yaml_input input = { .file = "nodes.yaml", .text = text, .len = strlen(text) };
	struct yaml_documents documents;

	site_init(site);
	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
	site->node.raw = documents.at[0];
	site->node.patch = patches;
	site->node.patches = ARRAY_LEN(patches);
}

Test(explain, follows_a_leaf_through_the_stages)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct explanation found;
	struct site site;

	site_with_patches(arena, &site);
	cr_assert_eq(render_explain(arena, &site.input, &site.node, "machine.install.disk", &found,
				    NULL),
		     0);
	cr_assert_eq(found.len, 3);
	cr_assert_str_eq(found.at[0].stage, "generated");
	cr_assert_str_eq(found.at[0].src.file, "nodes.yaml");
	cr_assert_eq(found.at[0].src.line, 2);
	cr_assert_str_eq(value_text(found.at[0].value), "/dev/sda");
	cr_assert_str_eq(found.at[1].stage, "patches/global.yaml");
	cr_assert_eq(found.at[1].src.line, 3);
	cr_assert_str_eq(value_text(found.at[1].value), "/dev/a");
	cr_assert_str_eq(found.at[2].stage, "patches/own.yaml");
	cr_assert_null(found.at[2].value);
}

Test(explain, lists_every_leaf_below)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct explanation found;
	struct site site;

	site_with_patches(arena, &site);
	cr_assert_eq(render_explain(arena, &site.input, &site.node, "HostnameConfig", &found, NULL),
		     0);
	cr_assert_eq(found.len, 5);
	cr_assert_str_eq(found.at[2].path, "HostnameConfig.auto");
	cr_assert_str_eq(value_text(found.at[2].value), "stable");
	cr_assert_str_eq(found.at[3].stage, "settings");
	cr_assert_str_eq(found.at[4].path, "HostnameConfig.hostname");
}

Test(explain, keeps_secrets_marked)
{
	static const struct {
		const char *contract, *path;
	} secrets[] = {
		{ "v1.13", "machine.token" },
		{ "v1.13", "cluster.id" },
		{ "v1.13", "cluster.secret" },
		{ "v1.14", "DiscoveryIdentityConfig.clusterID" },
		{ "v1.14", "DiscoveryIdentityConfig.clusterSecret" },
	};

	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct explanation found;
		struct site site;
		struct err err = ERR_INIT;

		site_with_patches(arena, &site);
		site.input.contract = secrets[i].contract;
		site.cluster.talos = "v1.14.0";
		site.node.patches = 0;
		cr_assert_eq(render_explain(arena, &site.input, &site.node, secrets[i].path, &found,
					    &err),
			     0, "%s: %s", secrets[i].path, err.text);
		cr_assert_eq(found.len, 1, "%s", secrets[i].path);
		cr_assert(value_is_sensitive(found.at[0].value), "%s", secrets[i].path);
		cr_assert_str_eq(found.at[0].src.file, "talsecret.yaml", "%s", secrets[i].path);
	}
}

Test(explain, suggests_a_path_that_exists)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct explanation found;
	struct err err = ERR_INIT;
	struct site site;

	site_with_patches(arena, &site);
	cr_assert_eq(render_explain(arena, &site.input, &site.node, "machine.instal", &found, &err),
		     -1);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_not_null(strstr(err.hint, "machine.install"), "%s", err.hint);
}
