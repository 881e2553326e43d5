#include "base/clock.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

Test(clock, the_system_clock_goes_forward)
{
	struct clock_source *clock = clock_system();
	uint64_t before = clock->now(clock);
	uint64_t after = clock->now(clock);

	cr_assert_gt(before, 0);
	cr_assert_geq(after, before);
	cr_assert_eq(clock_system(), clock);
	/* 2020-01-01; a machine with an older clock could not check a certificate either. */
	cr_assert_gt(clock->wall(clock), UINT64_C(1577836800) * SECOND);
}

Test(clock, prints_times)
{
	static const struct {
		uint64_t wall;
		const char *text, *ms;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z" },
		{ UINT64_C(1767323045678999999), "2026-01-02T03:04:05Z",
		  "2026-01-02T03:04:05.678Z" },
		{ UINT64_C(951782400007000000), "2000-02-29T00:00:00Z",
		  "2000-02-29T00:00:00.007Z" },
		{ UINT64_MAX, "2554-07-21T23:34:33Z", "2554-07-21T23:34:33.709Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[TIME_TEXT_MAX];

		cr_assert_str_eq(time_text(rows[i].wall, text), rows[i].text);
		cr_assert_str_eq(time_text_ms(rows[i].wall, text), rows[i].ms);
	}
}

Test(clock, reads_times)
{
	static const struct {
		const char *text;
		uint64_t wall;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-01-02T03:04:05Z", UINT64_C(1767323045000000000) },
		{ "2026-01-02t03:04:05z", UINT64_C(1767323045000000000) },
		{ "2026-01-02T03:04:05.678Z", UINT64_C(1767323045678000000) },
		{ "2026-01-02T03:04:05.1234567899Z", UINT64_C(1767323045123456789) },
		{ "2026-01-02T05:34:05+02:30", UINT64_C(1767323045000000000) },
		{ "2026-01-01T22:04:05-05:00", UINT64_C(1767323045000000000) },
		{ "1969-12-31T23:00:00-01:00", 0 },
		{ "2016-12-31T23:59:60Z", UINT64_C(1483228800000000000) },
		{ "2000-02-29T00:00:00Z", UINT64_C(951782400000000000) },
		{ "2554-07-21T23:34:33.709551615Z", UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t wall = 1;

		cr_assert_eq(time_parse(rows[i].text, &wall), 0, "%s", rows[i].text);
		cr_assert_eq(wall, rows[i].wall, "%s", rows[i].text);
	}
}

Test(clock, refuses_what_is_no_time)
{
	static const char *const rows[] = {
		"",
		"2026",
		"2026-01-02",
		"2026-01-02T03:04:05",
		"2026-01-02 03:04:05Z",
		"2026-01-02T03:04Z",
		"2026-01-02T03:04:05.Z",
		"2026-01-02T03:04:05,1Z",
		"2026-01-02T03:04:05+0200",
		"2026-01-02T03:04:05+24:00",
		"2026-01-02T03:04:05+02:60",
		"2026-01-02T03:04:05ZZ",
		"2026-01-02T03:04:05Z ",
		" 2026-01-02T03:04:05Z",
		"2026-1-2T03:04:05Z",
		"2026-00-02T03:04:05Z",
		"2026-13-02T03:04:05Z",
		"2026-01-00T03:04:05Z",
		"2026-01-32T03:04:05Z",
		"2026-02-29T03:04:05Z",
		"1900-02-29T03:04:05Z",
		"2026-01-02T24:04:05Z",
		"2026-01-02T03:60:05Z",
		"2026-01-02T03:04:61Z",
		"+026-01-02T03:04:05Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"2554-07-21T23:34:33.709551616Z",
		"2554-07-21T23:34:34Z",
		"9999-12-31T23:59:59Z",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t wall = 42;

		cr_assert_eq(time_parse(rows[i], &wall), -1, "%s", rows[i]);
		cr_assert_eq(wall, 42, "%s", rows[i]);
	}
}

Test(clock, reads_durations)
{
	static const struct {
		const char *text;
		uint64_t duration;
	} rows[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "90s", 90 * SECOND },
		{ "10m", 10 * MINUTE },
		{ "1h30m", 90 * MINUTE },
		{ "500ms", 500 * MILLISECOND },
		{ "1h2m3s4ms5us6ns", HOUR + 2 * MINUTE + 3 * SECOND + 4005006 },
		{ "3\u00b5s", 3 * MICROSECOND },
		{ "3\u03bcs", 3 * MICROSECOND },
		{ "1.5h", 90 * MINUTE },
		{ ".5s", 500 * MILLISECOND },
		{ "1.s", SECOND },
		{ "0.3333333333333333333h", UINT64_C(1199999999999) },
		{ "1.9ns", 1 },
		{ "8760h0m0s", 365 * DAY },
		{ "30s1m", 90 * SECOND },
		{ "9223372036854775807ns", INT64_MAX },
		{ "2562047h47m16.854775807s", INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t duration = 1;

		cr_assert_eq(duration_parse(rows[i].text, &duration), 0, "%s", rows[i].text);
		cr_assert_eq(duration, rows[i].duration, "%s", rows[i].text);
	}
}

Test(clock, refuses_what_is_no_duration)
{
	static const char *const rows[] = {
		"",
		"1",
		"s",
		".s",
		".",
		"1.",
		"-1s",
		" 1s",
		"1s ",
		"1 s",
		"1d",
		"1sec",
		"1s2",
		"1.2.3s",
		"1e3s",
		"0x1s",
		"1S",
		"1\xc2s",
		"9223372036854775808ns",
		"2562047h47m16.854775808s",
		"99999999999999999999ns",
		"18446744073709551615h",
		"5124095h5124095h",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t duration = 42;

		cr_assert_eq(duration_parse(rows[i], &duration), -1, "%s", rows[i]);
		cr_assert_eq(duration, 42, "%s", rows[i]);
	}
}

Test(clock, prints_durations)
{
	static const struct {
		uint64_t duration;
		const char *text;
	} rows[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1500, "1.5\u00b5s" },
		{ 500 * MILLISECOND, "500ms" },
		{ 1001 * MICROSECOND, "1.001ms" },
		{ SECOND - 1, "999.999999ms" },
		{ SECOND, "1s" },
		{ SECOND + 1, "1.000000001s" },
		{ 90 * SECOND, "1m30s" },
		{ 10 * MINUTE, "10m0s" },
		{ HOUR, "1h0m0s" },
		{ HOUR + 500 * MILLISECOND, "1h0m0.5s" },
		{ 25 * HOUR + 61 * SECOND, "25h1m1s" },
		{ UINT64_MAX, "5124095h34m33.709551615s" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[TIME_TEXT_MAX];
		uint64_t again = 0;

		cr_assert_str_eq(duration_text(rows[i].duration, text), rows[i].text);
		if (rows[i].duration > INT64_MAX)
			continue;
		cr_assert_eq(duration_parse(text, &again), 0, "%s", text);
		cr_assert_eq(again, rows[i].duration, "%s", text);
	}
}
