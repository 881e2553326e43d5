#include "cluster/gitignore.h"

#include "base/fs.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name, *text, *path;
	bool ignored;
} rows[] = {
	{ "nothing", "", "talsecret.yaml", false },
	{ "by name", "talsecret.yaml\n", "talsecret.yaml", true },
	{ "by name below", "talsecret.yaml\n", "home/talsecret.yaml", true },
	{ "without line end", "*.o\ntalsecret.yaml", "talsecret.yaml", true },
	{ "with carriage return", "talsecret.yaml\r\n", "talsecret.yaml", true },
	{ "a comment", "#talsecret.yaml\n", "talsecret.yaml", false },
	{ "a pattern", "*secret*\n", "talsecret.yaml", true },
	{ "from the top", "/talsecret.yaml\n", "talsecret.yaml", true },
	{ "from the top only", "/talsecret.yaml\n", "home/talsecret.yaml", false },
	{ "a folder", "home/\n", "home/talsecret.yaml", true },
	{ "a folder is no file", "talsecret.yaml/\n", "talsecret.yaml", false },
	{ "with a folder", "home/talsecret.yaml\n", "home/talsecret.yaml", true },
	{ "anywhere", "**/talsecret.yaml\n", "home/a/talsecret.yaml", true },
	{ "taken back", "*.yaml\n!talsecret.yaml\n", "talsecret.yaml", false },
	{ "taken again", "!talsecret.yaml\n*.yaml\n", "talsecret.yaml", true },
	{ "another file", "secret.yaml\n", "talsecret.yaml", false },
};

Test(gitignore, the_last_line_that_matches_decides)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(git_ignore_lines(rows[i].text, rows[i].path, false), rows[i].ignored,
			     "%s", rows[i].name);
}

static void put(struct arena *arena, const char *folder, const char *name, const char *text)
{
	cr_assert_eq(fs_write(fs_join(arena, folder, name), text, strlen(text), 0600, NULL, NULL),
		     0);
}

Test(gitignore, the_deepest_file_has_the_last_word)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *top = arena_str(arena, "/tmp/talforge-test-XXXXXX");
	const char *inner, *secret;

	cr_assert_not_null(mkdtemp(top));
	inner = fs_join(arena, top, "home");
	secret = fs_join(arena, inner, "talsecret.yaml");
	cr_assert_eq(fs_mkdir(inner, 0700, NULL), 0);
	put(arena, inner, "talsecret.yaml", "");
	cr_assert(git_ignores(arena, secret), "no repository");

	cr_assert_eq(fs_mkdir(fs_join(arena, top, ".git"), 0700, NULL), 0);
	cr_assert_not(git_ignores(arena, secret), "nothing ignored");
	put(arena, top, ".gitignore", "home/*.yaml\n");
	cr_assert(git_ignores(arena, secret), "ignored above");
	put(arena, inner, ".gitignore", "!talsecret.yaml\n");
	cr_assert_not(git_ignores(arena, secret), "taken back below");

	cr_assert_eq(unlink(fs_join(arena, inner, ".gitignore")), 0);
	cr_assert_eq(unlink(secret), 0);
	cr_assert_eq(unlink(fs_join(arena, top, ".gitignore")), 0);
	cr_assert_eq(rmdir(fs_join(arena, top, ".git")), 0);
	cr_assert_eq(rmdir(inner), 0);
	cr_assert_eq(rmdir(top), 0);
}
