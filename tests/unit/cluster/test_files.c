#include "cluster/files.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct file_text texts[] = {
	{ "cluster.yaml", "a: 1\n", 5 },
	{ "patches/b/z.yaml", "z\n", 2 },
	{ "patches/b/a.yaml", "a\n", 2 },
	{ "patches/b/a.json", "{}\n", 3 },
	{ "patches/b/.hidden.yaml", "h\n", 2 },
	{ "patches/a/x.yaml", "x\n", 2 },
	{ "patches/readme.yaml", "r\n", 2 },
	{ "patchesc/x.yaml", "x\n", 2 },
};

static const char *joined(struct arena *arena, const struct fs_names *names)
{
	const char *all = "";

	for (size_t i = 0; i < names->len; i++)
		all = arena_printf(arena, "%s%s ", all, names->at[i]);
	return all;
}

static void check_lists(struct arena *arena, struct files *files, const char *what)
{
	struct fs_names names;
	struct err err = ERR_INIT;

	cr_assert_eq(files_folders(files, "patches", &names, &err), 0, "%s", what);
	cr_assert_str_eq(joined(arena, &names), "a b ", "%s", what);
	cr_assert_eq(files_list(files, "patches/b", ".yaml", &names, &err), 0, "%s", what);
	cr_assert_str_eq(joined(arena, &names), "a.yaml z.yaml ", "%s", what);
	cr_assert_eq(files_list(files, "patches", ".yaml", &names, &err), 0, "%s", what);
	cr_assert_str_eq(joined(arena, &names), "readme.yaml ", "%s", what);
	cr_assert_eq(files_list(files, "nowhere", ".yaml", &names, &err), 0, "%s", what);
	cr_assert_eq(names.len, 0, "%s", what);
}

static const char *read_all(struct files *files, const char *what)
{
	struct file_text file;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		cr_assert_eq(files_read(files, texts[i].name, &file, &err), 0, "%s", what);
		cr_assert_str_eq(file.text, texts[i].text, "%s", what);
		cr_assert_eq(file.len, texts[i].len, "%s", what);
	}
	cr_assert_gt(files_read(files, "patches/b/none.yaml", &file, &err), 0, "%s", what);
	return files_digest(files);
}

Test(files, a_folder_and_texts_are_alike)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *folder = arena_str(arena, "/tmp/talforge-test-XXXXXX");
	struct files *memory = files_of_texts(arena, texts, ARRAY_LEN(texts));

	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(fs_mkdir(fs_join(arena, folder, "patches/a"), 0700, NULL), 0);
	cr_assert_eq(fs_mkdir(fs_join(arena, folder, "patches/b"), 0700, NULL), 0);
	cr_assert_eq(fs_mkdir(fs_join(arena, folder, "patchesc"), 0700, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_assert_eq(fs_write(fs_join(arena, folder, texts[i].name), texts[i].text,
				      texts[i].len, 0600, NULL, NULL),
			     0);

	struct files *disk = files_of_folder(arena, folder);

	check_lists(arena, memory, "texts");
	check_lists(arena, disk, "folder");
	cr_assert_str_eq(read_all(memory, "texts"), read_all(disk, "folder"));

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_assert_eq(unlink(fs_join(arena, folder, texts[i].name)), 0);
	cr_assert_eq(rmdir(fs_join(arena, folder, "patches/a")), 0);
	cr_assert_eq(rmdir(fs_join(arena, folder, "patches/b")), 0);
	cr_assert_eq(rmdir(fs_join(arena, folder, "patches")), 0);
	cr_assert_eq(rmdir(fs_join(arena, folder, "patchesc")), 0);
	cr_assert_eq(rmdir(folder), 0);
}

Test(files, the_digest_does_not_depend_on_the_order_of_reading)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct files *forth = files_of_texts(arena, texts, ARRAY_LEN(texts));
	struct files *back = files_of_texts(arena, texts, ARRAY_LEN(texts));
	struct files *fewer = files_of_texts(arena, texts, ARRAY_LEN(texts));
	struct file_text file;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		files_read(forth, texts[i].name, &file, NULL);
		files_read(back, texts[ARRAY_LEN(texts) - 1 - i].name, &file, NULL);
		if (i > 0)
			files_read(fewer, texts[i].name, &file, NULL);
	}
	cr_assert(text_starts(files_digest(forth), "sha256:"));
	cr_assert_str_eq(files_digest(forth), files_digest(back));
	cr_assert_str_neq(files_digest(forth), files_digest(fewer));
}

Test(files, a_folder_in_place_of_a_file_is_an_error)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct files *files = files_of_folder(arena, TEST_DATA_DIR);
	struct file_text file;
	struct err err = ERR_INIT;

	cr_assert_lt(files_read(files, "golden", &file, &err), 0);
	cr_assert_neq(err.text[0], 0);
}

/* A question has another answer exactly when what it is about has changed. */
Test(files, the_same_question_twice)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct file_text before[] = {
		{ "a.yaml", "one", 3 },
		{ "patches/b/x.yaml", "x", 1 },
	};
	static const struct file_text after[] = {
		{ "a.yaml", "two", 3 },
		{ "patches/b/x.yaml", "y", 1 },
		{ "patches/b/z.yaml", "z", 1 },
		{ "patches/c/z.yaml", "z", 1 },
		{ "new.yaml", "", 0 },
	};
	static const struct {
		struct question question;
		bool changes;
	} rows[] = {
		{ { QUESTION_FILE, "a.yaml", "", { 0 } }, true },
		{ { QUESTION_FILE, "new.yaml", "", { 0 } }, true },
		{ { QUESTION_FILE, "none.yaml", "", { 0 } }, false },
		{ { QUESTION_FILES, "patches/b", ".yaml", { 0 } }, true },
		{ { QUESTION_FILES, "patches/b", ".yml", { 0 } }, false },
		{ { QUESTION_FOLDERS, "patches", "", { 0 } }, true },
		{ { QUESTION_FOLDERS, "patches/b", "", { 0 } }, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct files *old = files_of_texts(arena, before, ARRAY_LEN(before));
		struct files *new = files_of_texts(arena, after, ARRAY_LEN(after));
		struct question first = rows[i].question, again = first, later = first;

		files_ask(old, &first);
		files_ask(old, &again);
		files_ask(new, &later);
		cr_assert_eq(memcmp(first.answer, again.answer, SHA256_SIZE), 0, "%zu", i);
		cr_assert_eq(memcmp(first.answer, later.answer, SHA256_SIZE) != 0, rows[i].changes,
			     "%zu", i);
		cr_assert_eq(files_questions(old).len, 2);
	}
}
