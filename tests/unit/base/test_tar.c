#include "base/gzip.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PLENTY ((size_t)1 << 20)
#define BLOCK ((size_t)512)

/* Writes the sum of a header again after a test changed it. */
static void seal(char *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
}

static void add(struct str *out, const char *name, const char *text)
{
	if (out->len)
		str_cut(out, out->len - 2 * BLOCK);
	tar_add(out, name, text, strlen(text));
	cr_assert_not(out->full);
}

static int find(const struct str *tar, const char *name, const char **text, size_t *len,
		struct err *err)
{
	const void *file = NULL;
	int r = tar_find(tar->at, tar->len, name, &file, len, err);

	*text = file;
	return r;
}

static void expect_text(const struct str *tar, const char *name, const char *expected)
{
	struct err err = ERR_INIT;
	const char *text;
	size_t len = 0;

	cr_assert_eq(find(tar, name, &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(len, strlen(expected));
	cr_assert_eq(memcmp(text, expected, len), 0);
}

static void expect_err(const struct str *tar, const char *name, enum err_kind kind)
{
	struct err err = ERR_INIT;
	const char *text;
	size_t len = 42;

	cr_assert_lt(find(tar, name, &text, &len, &err), 0);
	cr_assert_eq(err.kind, kind, "%s", err.text);
	cr_assert_eq(len, 42);
	cr_assert_null(text);
}

Test(tar, finds_files_by_base_name)
{
	struct str tar SCOPED(str_done) = STR_INIT(PLENTY);
	char whole_block[BLOCK + 1];

	memset(whole_block, 'w', BLOCK);
	whole_block[BLOCK] = '\0';
	add(&tar, "empty", "");
	add(&tar, "dir/block", whole_block);
	add(&tar, "a/b/kubeconfig", "apiVersion: v1\n");
	add(&tar, "kubeconfig", "second");
	cr_assert_eq(tar.len % BLOCK, 0);
	expect_text(&tar, "empty", "");
	expect_text(&tar, "block", whole_block);
	expect_text(&tar, "kubeconfig", "apiVersion: v1\n");
	expect_err(&tar, "config", ERR_NOT_FOUND);
	expect_err(&tar, "dir/block", ERR_NOT_FOUND);
}

Test(tar, an_archive_of_nothing_has_nothing)
{
	struct str tar SCOPED(str_done) = STR_INIT(PLENTY);

	expect_err(&tar, "x", ERR_NOT_FOUND);
	str_pad(&tar, '\0', BLOCK);
	expect_err(&tar, "x", ERR_NOT_FOUND);
	str_pad(&tar, '\0', 1);
	expect_err(&tar, "x", ERR_NOT_FOUND);
}

Test(tar, a_name_may_fill_its_field)
{
	struct str tar SCOPED(str_done) = STR_INIT(PLENTY);
	char name[101];

	memset(name, 'n', 100);
	name[100] = '\0';
	add(&tar, name, "text");
	expect_text(&tar, name, "text");
}

Test(tar, what_is_no_regular_file_is_passed_over)
{
	static const char types[] = "123456xgLKS";

	for (const char *type = types; *type; type++) {
		struct str tar SCOPED(str_done) = STR_INIT(PLENTY);
		bool has_data = !strchr("123456", *type);

		tar_add(&tar, "kubeconfig", "other", has_data ? 5 : 0);
		tar.at[156] = *type;
		if (!has_data)
			memcpy(tar.at + 124, "00000001000", 11);
		seal(tar.at);
		expect_err(&tar, "kubeconfig", ERR_NOT_FOUND);
		add(&tar, "kubeconfig", "real");
		expect_text(&tar, "kubeconfig", "real");
	}
}

Test(tar, old_and_contiguous_files_are_files)
{
	static const char types[] = { '\0', '0', '7' };

	for (size_t i = 0; i < sizeof(types); i++) {
		struct str tar SCOPED(str_done) = STR_INIT(PLENTY);

		add(&tar, "kubeconfig", "text");
		tar.at[156] = types[i];
		seal(tar.at);
		expect_text(&tar, "kubeconfig", "text");
	}
}

Test(tar, every_damaged_header_byte_is_noticed)
{
	struct str tar SCOPED(str_done) = STR_INIT(PLENTY);

	add(&tar, "kubeconfig", "text");
	for (size_t i = 0; i < BLOCK; i++) {
		/* Behind the digits of the sum its field may hold anything that ends them. */
		if (i == 155)
			continue;
		tar.at[i] = (char)(tar.at[i] ^ 0x41);
		expect_err(&tar, "kubeconfig", ERR_REMOTE);
		tar.at[i] = (char)(tar.at[i] ^ 0x41);
	}
	expect_text(&tar, "kubeconfig", "text");
}

Test(tar, strange_sizes_are_damage)
{
	static const struct {
		const char *name, *size;
	} rows[] = {
		{ "more than there is", "00000010000" },
		{ "the most that fits", "777777777777" },
		{ "no octal", "00000000008" },
		{ "text", "hello world" },
		{ "negative", "-0000000001" },
		{ "spaces", "            " },
		{ "nothing", "\0\0\0\0\0\0\0\0\0\0\0" },
		{ "binary", "\x80\0\0\0\0\0\0\0\0\0\0\x04" },
		{ "negative binary", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str tar SCOPED(str_done) = STR_INIT(PLENTY);

		add(&tar, "kubeconfig", "text");
		memcpy(tar.at + 124, rows[i].size, 12);
		seal(tar.at);
		expect_err(&tar, "kubeconfig", ERR_REMOTE);
		expect_err(&tar, rows[i].name, ERR_REMOTE);
	}
}

Test(tar, a_size_may_be_padded_and_ended_in_every_way)
{
	static const char *const rows[] = { "          4 ", "4\0          ", "000000000004",
					    "00000000004\0", "00000000004 " };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str tar SCOPED(str_done) = STR_INIT(PLENTY);

		add(&tar, "kubeconfig", "text");
		memcpy(tar.at + 124, rows[i], 12);
		seal(tar.at);
		expect_text(&tar, "kubeconfig", "text");
	}
}

Test(tar, every_cut_is_noticed_or_harmless)
{
	struct str tar SCOPED(str_done) = STR_INIT(PLENTY);

	add(&tar, "first", "12345");
	add(&tar, "kubeconfig", "text");
	for (size_t len = tar.len; len-- > 0;) {
		bool between = len == 0 || (len >= BLOCK + 5 && len <= 2 * BLOCK);

		str_cut(&tar, len);
		if (len >= 3 * BLOCK + 4)
			expect_text(&tar, "kubeconfig", "text");
		else
			expect_err(&tar, "kubeconfig", between ? ERR_NOT_FOUND : ERR_REMOTE);
	}
}

Test(tar, an_archive_that_does_not_fit_is_dropped_whole)
{
	struct str tar SCOPED(str_done) = STR_INIT(4 * BLOCK);

	tar_add(&tar, "exact", "text", 4);
	cr_assert_not(tar.full);
	cr_assert_eq(tar.len, 4 * BLOCK);
	str_cut(&tar, 1);
	tar_add(&tar, "more", "text", 4);
	cr_assert(tar.full);
	cr_assert_eq(tar.len, 1);
}

Test(tar, goes_through_gzip)
{
	struct str tar SCOPED(str_done) = STR_INIT(PLENTY);
	struct str packed SCOPED(str_done) = STR_INIT(PLENTY);
	struct str plain SCOPED(str_done) = STR_INIT(PLENTY);

	add(&tar, "kubeconfig", "apiVersion: v1\n");
	cr_assert_eq(gzip_pack(tar.at, tar.len, &packed, NULL), 0);
	cr_assert_eq(gzip_unpack(packed.at, packed.len, &plain, NULL), 0);
	expect_text(&plain, "kubeconfig", "apiVersion: v1\n");
}
