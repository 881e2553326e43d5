#include "ops/kept.h"

#include "base/fs.h"
#include "base/own.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static const char *read_kept(struct arena *arena, const char *folder, enum kept kept)
{
	const char *text = "";
	struct err err = ERR_INIT;

	cr_assert_geq(kept_read(arena, folder, "cp-1", kept, &text, &err), 0, "%s", err.text);
	return text;
}

static void is_private(struct arena *arena, const char *folder, const char *path)
{
	mode_t mode;

	cr_assert_eq(fs_mode(fs_join(arena, folder, path), &mode, NULL), 0, "%s", path);
	cr_assert_eq(mode & 077, 0, "%s", path);
}

Test(kept, the_last_becomes_the_one_before_once)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char folder[] = "/tmp/talforge-kept-XXXXXX";
	static const struct {
		const char *write, *last, *before;
	} rows[] = {
		{ "a", "a", "" },
		{ "a", "a", "" },
		{ "b", "b", "a" },
		{ "b", "b", "a" },
		{ "a", "a", "b" },
		{ "c", "c", "a" },
	};

	cr_assert(mkdtemp(folder));
	cr_assert_str_eq(read_kept(arena, folder, KEPT_LAST), "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		cr_assert_eq(kept_write(folder, "cp-1", rows[i].write, &err), 0, "%s", err.text);
		cr_assert_str_eq(read_kept(arena, folder, KEPT_LAST), rows[i].last, "%zu", i);
		cr_assert_str_eq(read_kept(arena, folder, KEPT_BEFORE), rows[i].before, "%zu", i);
	}
	is_private(arena, folder, "good/cp-1.yaml");
	is_private(arena, folder, "good/before/cp-1.yaml");
	is_private(arena, folder, "good");
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

Test(kept, generations_have_names_that_plans_carry)
{
	enum kept kept = KEPT_LAST;

	cr_assert_eq(kept_named("before", &kept), 0);
	cr_assert_eq(kept, KEPT_BEFORE);
	cr_assert_eq(kept_named(kept_name(KEPT_LAST), &kept), 0);
	cr_assert_eq(kept, KEPT_LAST);
	cr_assert_lt(kept_named("rendered", &kept), 0);
}
