#include "cluster/profile.h"

#include "base/fs.h"
#include "base/text.h"
#include "sample.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

static const char *new_folder(struct arena *arena)
{
	char *folder = arena_str(arena, "/tmp/talforge-test-XXXXXX");

	cr_assert_not_null(mkdtemp(folder));
	return folder;
}

static void drop(const char *folder)
{
	cr_assert_eq(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static const struct {
	const char *name, *warning;
	size_t nodes, controllers;
} known[] = {
	{ "all-control-plane", NULL, 3, 3 },
	{ "vip-and-workers", "quorum-even", 5, 2 },
};

Test(profile, each_is_a_workspace_without_errors)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const char *folder = new_folder(arena);
		const char *inner = fs_join(arena, folder, "home");
		struct workspace *workspace OWNED(workspace_free) = NULL;
		struct err err = ERR_INIT;

		cr_assert_eq(profile_write(known[i].name, inner, &err), 0, "%s", err.text);
		cr_assert_eq(workspace_open(inner, &workspace, &err), 0, "%s", err.text);

		const struct findings *findings = workspace_findings(workspace);
		const struct cluster *cluster = workspace_cluster(workspace, &err);

		cr_assert_eq(findings->len, known[i].warning ? 1 : 0, "%s:%s", known[i].name,
			     sample_all(workspace, arena));
		if (known[i].warning)
			cr_assert_not_null(sample_find(workspace, known[i].warning));
		cr_assert_not_null(cluster, "%s", err.text);
		cr_assert_eq(cluster->nodes, known[i].nodes);
		cr_assert_eq(cluster->controllers, known[i].controllers);
		cr_assert_gt(cluster->node[0].patches, 2);
		drop(folder);
	}
}

Test(profile, all_are_listed_with_a_line_about_them)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	size_t count;
	const struct profile *profiles = profile_all(arena, &count);

	cr_assert_eq(count, ARRAY_LEN(known));
	for (size_t i = 0; i < count; i++) {
		cr_assert_str_eq(profiles[i].name, known[i].name);
		cr_assert_gt(strlen(profiles[i].about), 10);
		cr_assert_null(strchr(profiles[i].about, '#'));
	}
}

Test(profile, what_must_not_be_committed_is_ignored)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = new_folder(arena);
	char *text;
	size_t len;

	cr_assert_eq(profile_write("vip-and-workers", folder, NULL), 0);
	cr_assert_eq(fs_read(arena, fs_join(arena, folder, ".gitignore"), 4096, &text, &len, NULL),
		     0);
	cr_assert_str_eq(text, "talsecret.yaml\nclusterconfig/\n.talforge/\n.talforge-*\n"
			       "kubeconfig\ntalosconfig\n");
	drop(folder);
}

Test(profile, nothing_is_written_over)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = new_folder(arena);
	const char *mine = fs_join(arena, folder, "nodes.yaml");
	struct err err = ERR_INIT;

	cr_assert_eq(fs_write(mine, "mine", 4, 0600, NULL, &err), 0);
	cr_assert_lt(profile_write("vip-and-workers", folder, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_not_null(strstr(err.text, "nodes.yaml"));
	cr_assert_not(fs_exists(fs_join(arena, folder, "cluster.yaml")));
	cr_assert_not(fs_exists(fs_join(arena, folder, "patches")));
	drop(folder);
}

Test(profile, an_unknown_name_gets_a_hint)
{
	static const struct {
		const char *name, *hint;
	} rows[] = {
		{ "vip-and-worker", "vip-and-workers" },
		{ "zzz", "all-control-plane, vip-and-workers" },
		{ "", "all-control-plane" },
		{ "vip-and-workers/patches", "the profiles are" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		cr_assert_lt(profile_write(rows[i].name, "/nonexistent/talforge", &err), 0);
		cr_assert_eq(err.kind, ERR_NOT_FOUND, "%s", rows[i].name);
		cr_assert_not_null(strstr(err.hint, rows[i].hint), "%s: %s", rows[i].name,
				   err.hint);
	}
}
