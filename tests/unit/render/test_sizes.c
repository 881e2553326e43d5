#include "render/sizes.h"

#include "base/own.h"

#include <criterion/criterion.h>

Test(sizes, reads_units_of_both_kinds)
{
	static const struct {
		const char *text;
		uint64_t size;
	} rows[] = {
		{ "0", 0 },
		{ "123456789", 123456789 },
		{ "100GB", 100000000000 },
		{ "100 gb", 100000000000 },
		{ "10GiB", 10737418240 },
		{ "1.5TB", 1500000000000 },
		{ "1,000k", 1000000 },
		{ "5 b", 5 },
		{ "9007199254740993", 9007199254740992 },
		{ "18446744073709550000", 18446744073709549568u },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t size = 1;
		cr_assert(size_parse(rows[i].text, &size), "%s", rows[i].text);
		cr_assert_eq(size, rows[i].size, "%s", rows[i].text);
	}
}

Test(sizes, refuses_what_is_none)
{
	static const char *const texts[] = { "", "GB", "10 XB", "-1",
					     "1.2.3", ".", "20EB", "10%",
					     "18446744073709551615", "18446744073709551000" };
	uint64_t size;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_assert_not(size_parse(texts[i], &size), "%s", texts[i]);
}

Test(sizes, prints_decimal_units)
{
	static const struct {
		uint64_t size;
		const char *text;
	} rows[] = {
		{ 5, "5 B" },
		{ 999, "999 B" },
		{ 1000, "1.0 kB" },
		{ 1500000000000, "1.5 TB" },
		{ 100000000000, "100 GB" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_str_eq(size_print(arena, rows[i].size), rows[i].text);
}
