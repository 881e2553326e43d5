#include "net/dial.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
	char path[64];
};

static void file_make(struct file *file, const char *text)
{
	snprintf(file->path, sizeof(file->path), "/tmp/detours-XXXXXX");
	int fd = mkstemp(file->path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void file_done(struct file *file)
{
	unlink(file->path);
}

Test(detour, reads_every_form)
{
	static const struct detour expected[] = {
		{ "10.0.0.1", 50000, "127.0.0.2", 4001 },
		{ "10.0.0.1", 6443, "127.0.0.2", 4002 },
		{ "fd00::1", 50000, "::1", 4003 },
		{ "fd00::2", 50001, "::1", 4004 },
		{ "fd00::3", 50000, "localhost", 4005 },
		{ "cp-1.example", 50000, "127.0.0.1", 65535 },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct file file SCOPED(file_done) = { 0 };
	struct detour *detours;
	size_t count;

	file_make(&file, "# where the nodes are\n"
			 "\n"
			 "10.0.0.1 127.0.0.2:4001\n"
			 "  10.0.0.1:6443\t127.0.0.2:4002   # the Kubernetes API\n"
			 "[fd00::1] [::1]:4003\r\n"
			 "   \t \n"
			 "[fd00::2]:50001 [::1]:4004 #\n"
			 "fd00::3 localhost:4005\n"
			 "cp-1.example 127.0.0.1:65535");
	cr_assert_eq(detours_read(arena, file.path, &detours, &count, NULL), 0);
	cr_assert_eq(count, ARRAY_LEN(expected));
	for (size_t i = 0; i < count; i++) {
		cr_assert_str_eq(detours[i].address, expected[i].address);
		cr_assert_eq(detours[i].port, expected[i].port);
		cr_assert_str_eq(detours[i].to_host, expected[i].to_host);
		cr_assert_eq(detours[i].to_port, expected[i].to_port);
	}
}

static const struct {
	const char *name, *text;
	unsigned line;
	const char *error;
} wrong[] = {
	{ "one word", "\n10.0.0.1\n", 2, "a line is ADDRESS[:PORT] HOST:PORT" },
	{ "three words", "a b:1 c\n", 1, "a line is ADDRESS[:PORT] HOST:PORT" },
	{ "no port", "10.0.0.1 127.0.0.1\n", 1, "127.0.0.1 is no HOST:PORT" },
	{ "bare v6", "10.0.0.1 ::1\n", 1, "::1 is no HOST:PORT" },
	{ "port 0", "10.0.0.1 127.0.0.1:0\n", 1, "127.0.0.1:0 is no HOST:PORT" },
	{ "port 65536", "10.0.0.1:65536 h:1\n", 1, "10.0.0.1:65536 is no ADDRESS[:PORT]" },
	{ "twice", "10.0.0.1 h:1\n#\n10.0.0.1:50000 h:2\n", 3,
	  "10.0.0.1 port 50000 already has a detour to h:1" },
};

Test(detour, says_which_line_is_wrong)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct file file SCOPED(file_done) = { 0 };
		struct err err = ERR_INIT;
		struct detour *detours;
		size_t count;

		file_make(&file, wrong[i].text);
		cr_assert_lt(detours_read(arena, file.path, &detours, &count, &err), 0, "%s",
			     wrong[i].name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", wrong[i].name);
		cr_assert_eq(err.line, wrong[i].line, "%s", wrong[i].name);
		cr_assert_str_eq(err.file, file.path, "%s", wrong[i].name);
		cr_assert_str_eq(err.text, wrong[i].error, "%s", wrong[i].name);
	}
}

Test(detour, an_empty_file_has_none_and_a_missing_one_is_an_error)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct file file SCOPED(file_done) = { 0 };
	struct err err = ERR_INIT;
	struct detour *detours;
	size_t count = 1;

	file_make(&file, "");
	cr_assert_eq(detours_read(arena, file.path, &detours, &count, NULL), 0);
	cr_assert_eq(count, 0);
	cr_assert_lt(detours_read(arena, "no-such-file", &detours, &count, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
}
