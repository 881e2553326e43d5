#include "base/fs.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/talforge-fs-XXXXXX";
static struct arena *arena;

static void make_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	arena = arena_new("test");
}

static void remove_all(const char *path)
{
	struct fs_names names;
	struct arena *local OWNED(arena_free) = arena_new("names");
	struct stat st;

	cr_assert_eq(fs_list(local, path, "", &names, NULL), 0);
	for (size_t i = 0; i < names.len; i++) {
		const char *inner = fs_join(local, path, names.at[i]);

		if (lstat(inner, &st) == 0 && S_ISDIR(st.st_mode))
			remove_all(inner);
		else
			unlink(inner);
	}
	rmdir(path);
}

/* Fails when something hidden, such as a temporary file, was left behind. */
static void remove_folder(void)
{
	arena_free(arena);
	cr_assert_eq(chdir("/"), 0);
	remove_all(folder);
	cr_assert_not(fs_exists(folder), "hidden files were left in %s", folder);
}

TestSuite(fs, .init = make_folder, .fini = remove_folder);

static void put(const char *path, const char *text)
{
	cr_assert_eq(fs_write(path, text, strlen(text), 0644, NULL, NULL), 0, "%s", path);
}

static const char *get(const char *path)
{
	char *text = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(fs_read(arena, path, FS_FILE_MAX, &text, NULL, &err), 0, "%s", err.text);
	return text;
}

static mode_t mode_of(const char *path)
{
	mode_t mode = 0;

	cr_assert_eq(fs_mode(path, &mode, NULL), 0, "%s", path);
	return mode;
}

Test(fs, reads_back_what_it_wrote)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 100000 };
	char *data = arena_alloc(arena, 100000);

	for (size_t i = 0; i < 100000; i++)
		data[i] = (char)(i * 31 % 256);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct err err = ERR_INIT;
		char *text = NULL;
		size_t len = 1;

		cr_assert_eq(fs_write("data", data, sizes[i], 0600, NULL, &err), 0, "%s", err.text);
		cr_assert_eq(fs_read(arena, "data", sizes[i], &text, &len, &err), 0, "%s",
			     err.text);
		cr_assert_eq(len, sizes[i]);
		cr_assert_eq(memcmp(text, data, len), 0);
		cr_assert_eq(text[len], '\0');
	}
}

Test(fs, says_which_file_and_why_it_cannot_read)
{
	static const struct {
		const char *path;
		size_t max;
		enum err_kind kind;
		const char *text;
	} rows[] = {
		{ "absent", 10, ERR_NOT_FOUND, "absent: no such file" },
		{ "file/below", 10, ERR_NOT_FOUND, "file/below: no such file" },
		{ "dangling", 10, ERR_NOT_FOUND, "dangling: no such file" },
		{ "folder", 10, ERR_INPUT, "folder is a folder, not a file" },
		{ "file", 4, ERR_INPUT, "file is larger than 4 bytes" },
		{ "file", 0, ERR_INPUT, "file is larger than 0 bytes" },
		{ "circle", 10, ERR_SYSTEM, "read circle: Too many levels of symbolic links" },
		{ "/proc/self/mem", 10, ERR_SYSTEM, "read /proc/self/mem: Input/output error" },
	};

	put("file", "12345");
	cr_assert_eq(mkdir("folder", 0700), 0);
	cr_assert_eq(symlink("absent", "dangling"), 0);
	cr_assert_eq(symlink("circle", "circle"), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		char *text = NULL;

		cr_assert_lt(fs_read(arena, rows[i].path, rows[i].max, &text, NULL, &err), 0);
		cr_assert_eq(err.kind, rows[i].kind, "%s", rows[i].path);
		cr_assert_str_eq(err.text, rows[i].text);
		cr_assert_null(text);
		cr_assert_lt(fs_read(arena, rows[i].path, rows[i].max, &text, NULL, NULL), 0);
	}
}

Test(fs, reads_through_links_and_what_has_no_size)
{
	put("file", "text");
	cr_assert_eq(symlink("file", "link"), 0);
	cr_assert_str_eq(get("link"), "text");
	cr_assert_str_eq(get("/dev/null"), "");
	cr_assert_gt(strlen(get("/proc/self/status")), 0);
}

Test(fs, an_endless_file_ends_at_the_limit)
{
	struct err err = ERR_INIT;
	char *text = NULL;

	cr_assert_lt(fs_read(arena, "/dev/zero", 100000, &text, NULL, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
}

Test(fs, leaves_an_equal_file_alone)
{
	static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	enum fs_written written = FS_UNCHANGED;
	struct stat st;

	cr_assert_eq(fs_write("file", "same", 4, 0644, &written, NULL), 0);
	cr_assert_eq(written, FS_CHANGED);
	cr_assert_eq(utimensat(AT_FDCWD, "file", old, 0), 0);

	cr_assert_eq(fs_write("file", "same", 4, 0600, &written, NULL), 0);
	cr_assert_eq(written, FS_UNCHANGED);
	cr_assert_eq(stat("file", &st), 0);
	cr_assert_eq(st.st_mtime, 1000);
	cr_assert_eq(mode_of("file"), 0600);

	cr_assert_eq(fs_write("file", "sane", 4, 0640, &written, NULL), 0);
	cr_assert_eq(written, FS_CHANGED);
	cr_assert_str_eq(get("file"), "sane");
	cr_assert_eq(mode_of("file"), 0640);
}

Test(fs, the_mode_is_exact_whatever_the_umask)
{
	umask(0077);
	cr_assert_eq(fs_write("open", "", 0, 0644, NULL, NULL), 0);
	cr_assert_eq(mode_of("open"), 0644);
	umask(0);
	cr_assert_eq(fs_write("shut", "", 0, 0600, NULL, NULL), 0);
	cr_assert_eq(mode_of("shut"), 0600);
	cr_assert_eq(fs_create("new", "", 0, 0400, NULL), 0);
	cr_assert_eq(mode_of("new"), 0400);
}

Test(fs, writes_through_a_link_and_keeps_it)
{
	struct stat st;

	cr_assert_eq(mkdir("elsewhere", 0700), 0);
	put("elsewhere/real", "old");
	cr_assert_eq(symlink("elsewhere/real", "link"), 0);
	put("link", "new");
	cr_assert_str_eq(get("elsewhere/real"), "new");
	cr_assert_eq(lstat("link", &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
}

Test(fs, replaces_a_file_that_another_name_shares)
{
	put("file", "old");
	cr_assert_eq(link("file", "other"), 0);
	put("file", "new");
	cr_assert_str_eq(get("file"), "new");
	cr_assert_str_eq(get("other"), "old");
}

Test(fs, says_why_it_cannot_write)
{
	static const struct {
		const char *path;
		enum err_kind kind;
		const char *text;
	} rows[] = {
		{ "absent/file", ERR_SYSTEM, "write absent/file: No such file or directory" },
		{ "folder", ERR_INPUT, "folder is not a regular file" },
		{ "/dev/null", ERR_INPUT, "/dev/null is not a regular file" },
		{ "dangling", ERR_SYSTEM, "write dangling: No such file or directory" },
		{ "circle", ERR_SYSTEM, "write circle: Too many levels of symbolic links" },
		{ "file/below", ERR_SYSTEM, "write file/below: Not a directory" },
	};

	put("file", "old");
	cr_assert_eq(mkdir("folder", 0700), 0);
	cr_assert_eq(symlink("absent", "dangling"), 0);
	cr_assert_eq(symlink("circle", "circle"), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum fs_written written = FS_UNCHANGED;
		struct err err = ERR_INIT;

		cr_assert_lt(fs_write(rows[i].path, "x", 1, 0600, &written, &err), 0);
		cr_assert_eq(err.kind, rows[i].kind, "%s", rows[i].path);
		cr_assert_str_eq(err.text, rows[i].text);
		cr_assert_eq(written, FS_UNCHANGED);
	}
	cr_assert_not(fs_exists("absent"));
}

Test(fs, refuses_names_that_are_too_long)
{
	char *path = arena_alloc(arena, 5001);
	struct err err = ERR_INIT;

	memset(path, 'a', 255);
	put(path, "a name as long as names can be");
	cr_assert_str_eq(get(path), "a name as long as names can be");
	memset(path, 'a', 5000);
	cr_assert_lt(fs_write(path, "", 0, 0600, NULL, &err), 0);
	cr_assert_lt(fs_mkdir(path, 0700, &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
	for (size_t i = 1; i < 5000; i += 2)
		path[i] = '/';
	cr_assert_lt(fs_create(path, "", 0, 0600, &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
}

Test(fs, creates_only_what_does_not_exist)
{
	struct err err = ERR_INIT;

	cr_assert_eq(fs_create("file", "first", 5, 0600, &err), 0, "%s", err.text);
	cr_assert_lt(fs_create("file", "second", 6, 0600, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_str_eq(err.text, "file exists already");
	cr_assert_str_eq(get("file"), "first");

	cr_assert_eq(symlink("absent", "dangling"), 0);
	cr_assert_lt(fs_create("dangling", "x", 1, 0600, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_not(fs_exists("absent"));
	cr_assert_lt(fs_create("none/file", "x", 1, 0600, &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
}

Test(fs, makes_folders_with_their_parents)
{
	struct err err = ERR_INIT;

	cr_assert_eq(fs_mkdir("a/b//c/", 0700, &err), 0, "%s", err.text);
	cr_assert(fs_is_dir("a/b/c"));
	cr_assert_eq(mode_of("a/b/c"), 0700);
	cr_assert_eq(fs_mkdir("a/b/c", 0700, &err), 0);
	cr_assert_eq(fs_mkdir("/", 0700, &err), 0);
	cr_assert_eq(fs_mkdir(fs_join(arena, folder, "x/y"), 0700, &err), 0);
	cr_assert(fs_is_dir("x/y"));
	cr_assert_eq(symlink("a", "link"), 0);
	cr_assert_eq(fs_mkdir("link/d", 0700, &err), 0);
	cr_assert(fs_is_dir("a/d"));
}

Test(fs, makes_no_folder_where_a_file_is)
{
	static const char *const rows[] = { "file", "file/", "file/below", "dangling" };

	put("file", "");
	cr_assert_eq(symlink("absent", "dangling"), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		cr_assert_lt(fs_mkdir(rows[i], 0700, &err), 0, "%s", rows[i]);
		cr_assert_eq(err.kind, ERR_CONFLICT, "%s: %s", rows[i], err.text);
	}
	cr_assert_lt(fs_mkdir("", 0700, NULL), 0);
}

Test(fs, removes_a_file_or_finds_it_gone)
{
	struct err err = ERR_INIT;

	put("file", "");
	cr_assert_eq(fs_remove("file/below", &err), 0);
	cr_assert_eq(fs_remove("file", &err), 0);
	cr_assert_not(fs_exists("file"));
	cr_assert_eq(fs_remove("file", &err), 0);
	cr_assert_eq(mkdir("folder", 0700), 0);
	cr_assert_lt(fs_remove("folder", &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
	cr_assert(fs_is_dir("folder"));
}

Test(fs, answers_questions)
{
	struct err err = ERR_INIT;
	mode_t mode = 1;

	put("file", "");
	cr_assert(fs_exists("file"));
	cr_assert_not(fs_is_dir("file"));
	cr_assert(fs_is_dir("."));
	cr_assert_not(fs_exists("absent"));
	cr_assert_eq(chmod("file", 0604), 0);
	cr_assert_eq(fs_mode("file", &mode, &err), 0);
	cr_assert_eq(mode, 0604);
	cr_assert_lt(fs_mode("absent", &mode, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_eq(symlink("circle", "circle"), 0);
	cr_assert_lt(fs_mode("circle", &mode, &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
	cr_assert_eq(mode, 0604);
}

Test(fs, lists_sorted_names_without_hidden_ones)
{
	static const char *const files[] = { "b.yaml", "a.yaml", "B.yaml", "c.txt",
					     "yaml", "b10.yaml", "b2.yaml" };
	static const char *const expected[] = { "B.yaml", "a.yaml", "b.yaml",
						"b10.yaml", "b2.yaml", "d.yaml" };
	struct fs_names names;
	struct err err = ERR_INIT;

	cr_assert_eq(mkdir("list", 0700), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		put(fs_join(arena, "list", files[i]), "");
	cr_assert_eq(mkdir("list/d.yaml", 0700), 0);
	put("list/.hidden.yaml", "");
	cr_assert_eq(fs_list(arena, "list", ".yaml", &names, &err), 0, "%s", err.text);
	cr_assert_eq(names.len, ARRAY_LEN(expected));
	for (size_t i = 0; i < names.len; i++)
		cr_assert_str_eq(names.at[i], expected[i]);
	cr_assert_eq(fs_list(arena, "list", "", &names, &err), 0);
	cr_assert_eq(names.len, 8);
	cr_assert_eq(fs_remove("list/.hidden.yaml", NULL), 0);
}

Test(fs, lists_nothing_of_an_absent_folder)
{
	struct fs_names names = { .len = 1 };
	struct err err = ERR_INIT;

	cr_assert_eq(fs_list(arena, "absent", "", &names, &err), 0);
	cr_assert_eq(names.len, 0);
	put("file", "");
	names.len = 42;
	cr_assert_lt(fs_list(arena, "file", "", &names, &err), 0);
	cr_assert_str_eq(err.text, "list the folder file: Not a directory");
	cr_assert_eq(names.len, 42);
}

Test(fs, sweeps_what_a_killed_writer_left)
{
	static const char *const kept[] = { ".talforge-", ".talforge-abcdefg", ".talforge",
					    "a.talforge-abcdef", "file" };

	cr_assert_eq(fs_write(".talforge-abcdef", "half", 4, 0600, NULL, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		cr_assert_eq(fs_write(kept[i], "all", 3, 0600, NULL, NULL), 0);
	fs_sweep(".");
	cr_assert_not(fs_exists(".talforge-abcdef"));
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		cr_assert(fs_exists(kept[i]), "%s", kept[i]);
		unlink(kept[i]);
	}
	fs_sweep("absent");
}

Test(fs, joins_and_splits_paths)
{
	static const struct {
		const char *folder, *name, *joined, *base;
	} rows[] = {
		{ "a", "b", "a/b", "b" },
		{ "a/", "b", "a/b", "b" },
		{ "", "b", "b", "b" },
		{ "/", "b", "/b", "b" },
		{ "a", "/b/c", "/b/c", "c" },
		{ "a", "b/", "a/b/", "" },
		{ ".", "b", "./b", "b" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *joined = fs_join(arena, rows[i].folder, rows[i].name);

		cr_assert_str_eq(joined, rows[i].joined);
		cr_assert_str_eq(fs_base(joined), rows[i].base);
	}
}

Test(fs, one_holds_the_lock)
{
	struct fs_lock first = { -1 }, second = { 42 };
	struct err err = ERR_INIT;

	cr_assert_eq(fs_lock(&first, "lock", &err), 0, "%s", err.text);
	cr_assert_eq(mode_of("lock"), 0600);
	cr_assert_gt(fs_lock(&second, "lock", &err), 0);
	cr_assert_eq(second.fd, -1);
	cr_assert_not(err_is_set(&err));
	fs_unlock(&second);
	fs_unlock(&first);
	cr_assert_eq(first.fd, -1);
	cr_assert_eq(fs_lock(&second, "lock", &err), 0);
	fs_unlock(&second);
	fs_unlock(&second);
	cr_assert_lt(fs_lock(&first, "absent/lock", &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
	cr_assert_eq(first.fd, -1);
}

Test(fs, the_lock_of_a_dead_process_is_free)
{
	struct fs_lock lock = { -1 };
	struct err err = ERR_INIT;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(fs_lock(&lock, "lock", NULL) == 0 ? 0 : 1);

	int status = -1;
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	cr_assert_eq(fs_lock(&lock, "lock", &err), 0, "%s", err.text);
	fs_unlock(&lock);
}

Test(fs, writes_soon_like_it_writes)
{
	enum fs_written written;
	mode_t mode;

	cr_assert_eq(fs_write_soon("a", "one", 3, 0600, &written, NULL), 0);
	cr_assert_eq(written, FS_CHANGED);
	cr_assert_eq(fs_write_soon("a", "one", 3, 0640, &written, NULL), 0);
	cr_assert_eq(written, FS_UNCHANGED);
	cr_assert_eq(fs_mode("a", &mode, NULL), 0);
	cr_assert_eq(mode, 0640);
	cr_assert(fs_holds("a", "one", 3));
	cr_assert_not(fs_holds("a", "onetwo", 6));
	cr_assert_not(fs_holds("a", "on", 2));
	cr_assert_not(fs_holds("a", "two", 3));
	cr_assert_not(fs_holds("b", "", 0));
	cr_assert_eq(fs_set_mode("a", 0600, NULL), 0);
	cr_assert_eq(fs_mode("a", &mode, NULL), 0);
	cr_assert_eq(mode, 0600);
	cr_assert_lt(fs_set_mode("b", 0600, NULL), 0);
	cr_assert_lt(fs_write_soon("no/a", "one", 3, 0600, NULL, NULL), 0);
}

Test(fs, creates_soon_like_it_creates)
{
	struct err err = ERR_INIT;

	cr_assert_eq(fs_create_soon("a", "one", 3, 0640, &err), 0, "%s", err.text);
	cr_assert_eq(mode_of("a"), 0640);
	cr_assert_lt(fs_create_soon("a", "two", 3, 0600, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_str_eq(get("a"), "one");
	cr_assert_lt(fs_create_soon("no/a", "one", 3, 0600, &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
}

Test(fs, a_stamp_tells_files_apart)
{
	struct fs_stamp first, second;

	cr_assert_eq(fs_write("a", "one", 3, 0600, NULL, NULL), 0);
	cr_assert(fs_stamp("a", &first));
	cr_assert_eq(first.size, 3);
	cr_assert_eq(first.mode, 0600);
	cr_assert(fs_stamp("a", &second));
	cr_assert(fs_stamps_equal(&first, &second));
	cr_assert_eq(fs_write("a", "two", 3, 0600, NULL, NULL), 0);
	cr_assert(fs_stamp("a", &second));
	cr_assert_not(fs_stamps_equal(&first, &second));
	first = second;
	cr_assert_eq(chmod("a", 0644), 0);
	cr_assert(fs_stamp("a", &second));
	cr_assert_not(fs_stamps_equal(&first, &second));
	cr_assert_not(fs_stamp("b", &second));
	cr_assert_not(fs_stamp(".", &second));
}
