#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

Test(text, compares_with_null)
{
	cr_assert(text_equal("a", "a"));
	cr_assert_not(text_equal("a", "b"));
	cr_assert_not(text_equal("a", NULL));
	cr_assert_not(text_equal(NULL, ""));
	cr_assert(text_equal(NULL, NULL));
}

Test(text, knows_beginnings_and_ends)
{
	cr_assert(text_starts("cluster.yaml", "cluster"));
	cr_assert(text_starts("x", ""));
	cr_assert_not(text_starts("clu", "cluster"));
	cr_assert(text_ends("cluster.yaml", ".yaml"));
	cr_assert(text_ends("x", ""));
	cr_assert_not(text_ends("yaml", ".yaml"));
	cr_assert_not(text_ends("a.yaml.bak", ".yaml"));
}

Test(text, knows_blanks)
{
	cr_assert(text_is_blank(NULL));
	cr_assert(text_is_blank(""));
	cr_assert(text_is_blank(" \t\r\n"));
	cr_assert_not(text_is_blank("  x "));
}

Test(text, suggests_what_is_near)
{
	static const char *const words[] = { "render", "upgrade", "health",
					     "reset", "up", "nodes" };
	static const struct {
		const char *word, *nearest;
	} rows[] = {
		{ "rendr", "render" },
		{ "redner", "render" },
		{ "upgrad", "upgrade" },
		{ "updrage", "upgrade" },
		{ "RESET", "reset" },
		{ "haelth", "health" },
		{ "healthy", "health" },
		{ "up", "up" },
		{ "node", "nodes" },
		{ "bootstrap", NULL },
		{ "", NULL },
		{ "xyz", NULL },
		{ "upgradeupgradeupgradeupgradeupgradeupgradeupgradeupgradeupgradeupg", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *found = text_nearest(rows[i].word, words, ARRAY_LEN(words));

		cr_assert(text_equal(found, rows[i].nearest), "%s gives %s", rows[i].word,
			  found ? found : "nothing");
	}
	cr_assert_null(text_nearest("x", NULL, 0));
}

Test(text, suggests_the_nearest_of_several)
{
	static const char *const words[] = { "worker", "workers", "work" };
	static const char *const long_words[] = {
		"a123456789012345678901234567890123456789012345678901234567890123456789",
	};

	cr_assert_str_eq(text_nearest("workerz", words, 3), "worker");
	cr_assert_str_eq(text_nearest("workerss", words, 3), "workers");
	cr_assert_null(text_nearest("a12345678901234567890123456789012345678901234567890123456789",
				    long_words, 1));
}

Test(text, matches_patterns)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "anything/at all", true },
		{ "***", "", true },
		{ "cp-*", "cp-1", true },
		{ "cp-*", "cp-", true },
		{ "cp-*", "w-1", false },
		{ "*-1", "cp-1-1", true },
		{ "*-1", "cp-1-12", false },
		{ "a*b*c", "aXbXbYc", true },
		{ "a*b*c", "aXbXbYd", false },
		{ "?", "a", true },
		{ "?", "", false },
		{ "?", "ab", false },
		{ "w-??", "w-12", true },
		{ "w-[0-9]", "w-5", true },
		{ "w-[0-9]", "w-x", false },
		{ "w-[!0-9]", "w-x", true },
		{ "w-[!0-9]", "w-5", false },
		{ "w-[!0-9]", "w-", false },
		{ "[abc]", "c", true },
		{ "[]a]", "]", true },
		{ "[!]a]", "]", false },
		{ "[a-]", "-", true },
		{ "[-a]", "-", true },
		{ "[a\\]b]", "]", true },
		{ "[z-a]", "m", false },
		{ "[\\a-\\c]", "b", true },
		{ "[", "[", true },
		{ "[a", "[a", true },
		{ "[!", "[!", true },
		{ "[]", "[]", true },
		{ "\\*", "*", true },
		{ "\\*", "x", false },
		{ "\\?", "?", true },
		{ "\\[a]", "[a]", true },
		{ "a\\", "a\\", true },
		{ "\\a", "a", true },
		{ "A", "a", false },
		{ "*a", "bbbbba", true },
		{ "*[!x]", "xxxy", true },
		{ "*\\*", "a*", true },
		{ "[\xc3]*", "\xc3\xa9", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(text_glob(rows[i].pattern, rows[i].text), rows[i].matches, "%s on %s",
			     rows[i].pattern, rows[i].text);
}

Test(text, a_hostile_pattern_takes_no_long_time, .timeout = 10)
{
	char text[20001];
	char pattern[201];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < 200; i += 2)
		memcpy(pattern + i, "*a", 2);
	memcpy(pattern + 198, "*b", 3);
	cr_assert_not(text_glob(pattern, text));
}

Test(text, reads_whole_numbers)
{
	static const struct {
		const char *text;
		bool is_u64;
		uint64_t u64;
		bool is_i64;
		int64_t i64;
	} rows[] = {
		{ "0", true, 0, true, 0 },
		{ "007", true, 7, true, 7 },
		{ "65535", true, 65535, true, 65535 },
		{ "9223372036854775807", true, INT64_MAX, true, INT64_MAX },
		{ "9223372036854775808", true, (uint64_t)INT64_MAX + 1, false, 0 },
		{ "18446744073709551615", true, UINT64_MAX, false, 0 },
		{ "18446744073709551616", false, 0, false, 0 },
		{ "184467440737095516150", false, 0, false, 0 },
		{ "-1", false, 0, true, -1 },
		{ "-0", false, 0, true, 0 },
		{ "-9223372036854775808", false, 0, true, INT64_MIN },
		{ "-9223372036854775809", false, 0, false, 0 },
		{ "", false, 0, false, 0 },
		{ "-", false, 0, false, 0 },
		{ "--1", false, 0, false, 0 },
		{ "+1", false, 0, false, 0 },
		{ " 1", false, 0, false, 0 },
		{ "1 ", false, 0, false, 0 },
		{ "1.0", false, 0, false, 0 },
		{ "0x10", false, 0, false, 0 },
		{ "1e3", false, 0, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t u64 = 0;
		int64_t i64 = 0;

		cr_assert_eq(text_u64(rows[i].text, &u64), rows[i].is_u64, "%s", rows[i].text);
		cr_assert_eq(u64, rows[i].u64, "%s", rows[i].text);
		cr_assert_eq(text_i64(rows[i].text, &i64), rows[i].is_i64, "%s", rows[i].text);
		cr_assert_eq(i64, rows[i].i64, "%s", rows[i].text);
	}
}

Test(text, writes_numbers)
{
	static const struct {
		uint64_t number;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ 10, "10" },
		{ 4096, "4096" },
		{ UINT64_MAX, "18446744073709551615" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[TEXT_U64_MAX];

		cr_assert_eq(text_of_u64(rows[i].number, text), strlen(rows[i].text));
		cr_assert_str_eq(text, rows[i].text);
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

Test(text, orders_names_as_people_do)
{
	static const char *const rows[] = {
		"",
		"10",
		"a",
		"cp",
		"cp-1",
		"cp02",
		"cp2",
		"cp2a",
		"cp010",
		"cp10",
		"cp10-1",
		"cp99999999999999999999",
		"cp100000000000000000000",
		"w",
		"w1",
		"\xc3\xa9",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t j = 0; j < ARRAY_LEN(rows); j++)
			cr_assert_eq(sign(text_compare_natural(rows[i], rows[j])),
				     (i > j) - (i < j), "%s and %s", rows[i], rows[j]);
	}
}
