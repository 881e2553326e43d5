#include "base/fs_draft.h"

#include "base/arena.h"
#include "base/fs.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder_make(struct arena *arena)
{
	char folder[] = "/tmp/talforge-draft-XXXXXX";

	cr_assert_not_null(mkdtemp(folder));
	return arena_str(arena, folder);
}

Test(fs_draft, is_in_its_place_only_when_whole)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = folder_make(arena);
	const char *path = fs_join(arena, folder, "file.db");
	struct fs_draft draft = FS_DRAFT_NONE;
	struct err err = ERR_INIT;
	mode_t mode;
	char *text;
	size_t len;

	cr_assert_eq(fs_draft_open(&draft, path, 0600, &err), 0, "%s", err.text);
	cr_assert_eq(fs_draft_add(&draft, "one ", 4, &err), 0);
	cr_assert_not(fs_exists(path));
	cr_assert_eq(fs_draft_add(&draft, "two", 3, &err), 0);
	cr_assert_eq(fs_draft_place(&draft, &err), 0, "%s", err.text);
	fs_draft_done(&draft);
	cr_assert_eq(fs_read(arena, path, 100, &text, &len, &err), 0);
	cr_assert_str_eq(text, "one two");
	cr_assert_eq(fs_mode(path, &mode, &err), 0);
	cr_assert_eq(mode, 0600);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(rmdir(folder), 0, "something else was left behind");
}

Test(fs_draft, what_is_not_placed_is_gone)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = folder_make(arena);
	struct fs_draft draft = FS_DRAFT_NONE;
	struct err err = ERR_INIT;

	fs_draft_done(&draft);
	cr_assert_eq(fs_draft_open(&draft, fs_join(arena, folder, "x"), 0600, &err), 0);
	cr_assert_eq(fs_draft_add(&draft, "x", 1, &err), 0);
	fs_draft_done(&draft);
	fs_draft_done(&draft);
	cr_assert_eq(rmdir(folder), 0, "the draft was left behind");
}

Test(fs_draft, a_folder_in_its_place_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = folder_make(arena);
	const char *path = fs_join(arena, folder, "x");
	struct fs_draft draft = FS_DRAFT_NONE;
	struct err err = ERR_INIT;

	cr_assert_eq(fs_mkdir(path, 0700, &err), 0);
	cr_assert_eq(fs_draft_open(&draft, path, 0600, &err), 0);
	cr_assert_lt(fs_draft_place(&draft, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	fs_draft_done(&draft);
	cr_assert_lt(fs_draft_open(&draft, fs_join(arena, folder, "none/x"), 0600, &err), 0);
	fs_draft_done(&draft);
	cr_assert_eq(rmdir(path), 0);
	cr_assert_eq(rmdir(folder), 0);
}
