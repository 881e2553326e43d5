#include "ops/cron.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/text.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

#define CASES TEST_DATA_DIR "/cron/cases.json"
#define ZONES TEST_DATA_DIR "/cron/zoneinfo"

static int64_t at(const char *text)
{
	uint64_t wall;

	cr_assert_eq(time_parse(text, &wall), 0, "%s", text);
	return (int64_t)(wall / SECOND);
}

static bool listed(const struct value *list, const char *text)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (text_equal(value_text(value_at(list, i)), text))
			return true;
	return false;
}

static const struct value *cases(struct arena *arena)
{
	const struct value *list;
	char *text;
	size_t len;
	struct err err = ERR_INIT;

	cr_assert_eq(fs_read(arena, CASES, FS_FILE_MAX, &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(json_read(arena, CASES, text, len, &list, &err), 0, "%s", err.text);
	return list;
}

/* An opening that the hour left out in spring moved: the clock shows a time not asked for. The
 * library has it unless the schedule also matches the hour before. */
static bool is_moved(const struct cron *cron, const struct zone *zone, int64_t time)
{
	int64_t shown = time + zone_offset(zone, time);

	return !(cron->hours >> (shown / 3600 % 24) & 1);
}

static void check_times(const struct value *row, const struct cron *cron, const struct zone *zone)
{
	const struct value *next = value_get(row, "next"), *repeats = value_get(row, "repeats");
	int64_t time = at(value_get_text(row, "after")), before = time, found;

	for (size_t i = 0; i < value_len(next); i++) {
		const char *wanted = value_text(value_at(next, i));
		char text[TIME_TEXT_MAX];

		if (listed(repeats, wanted))
			continue;
		do
			cr_assert(cron_next(cron, zone, time, &time));
		while (time < at(wanted) && is_moved(cron, zone, time));
		cr_assert_str_eq(time_text((uint64_t)time * SECOND, text), wanted,
				 "\"%s\" in %s after %s", value_get_text(row, "expr"), zone->name,
				 value_get_text(row, "after"));
		cr_assert(cron_last(cron, zone, time, 60, &found));
		cr_assert_eq(found, time);
		if (time - before > 2 && time - before < 7 * 86400 &&
		    cron_last(cron, zone, time - 1, time - 2 - before, &found))
			cr_assert(is_moved(cron, zone, found));
		before = time;
	}
}

Test(cron, agrees_with_the_library_of_the_field)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *rows = cases(arena);

	cr_assert_gt(value_len(rows), 1000);
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);
		const char *expr = value_get_text(row, "expr");
		struct err err = ERR_INIT;
		struct cron cron;
		struct zone zone;
		int64_t time;

		if (value_bool(value_get(row, "wrong"), false)) {
			cr_assert_lt(cron_parse(expr, &cron, &err), 0, "\"%s\"", expr);
			cr_assert_eq(err.kind, ERR_INPUT);
			continue;
		}
		cr_assert_eq(cron_parse(expr, &cron, &err), 0, "\"%s\": %s", expr, err.text);
		cr_assert_eq(zone_load(arena, ZONES, value_get_text(row, "zone"), &zone, &err), 0,
			     "%s", err.text);
		if (value_bool(value_get(row, "never"), false))
			cr_assert(!cron_next(&cron, &zone, at(value_get_text(row, "after")),
					     &time));
		else
			check_times(row, &cron, &zone);
	}
}

static const struct {
	const char *text, *same;
} same[] = {
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
	{ "@weekly", "0 0 * * SUN" },
	{ "@monthly", "0 0 1 * *" },
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 JAN *" },
	{ " 0\t2  * * * ", "0 2 * * *" },
	{ "0 2 ? * ?", "0 2 * * *" },
	{ "0 2 * * 7", "0 2 * * 0" },
	{ "0 22-2 * * *", "0 22,23,0,1,2 * * *" },
	{ "0 2 * * fri-mon", "0 2 * * 5,6,0,1" },
	{ "0 2 * * 5-7", "0 2 * * 0,5,6" },
	{ "*/20 * * * *", "0,20,40 * * * *" },
	{ "5/20 * * * *", "5,25,45 * * * *" },
	{ "0 0 * nov-feb *", "0 0 * 1,2,11,12 *" },
};

Test(cron, different_texts_that_mean_the_same)
{
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct cron a, b;
		struct err err = ERR_INIT;

		cr_assert_eq(cron_parse(same[i].text, &a, &err), 0, "%s: %s", same[i].text,
			     err.text);
		cr_assert_eq(cron_parse(same[i].same, &b, &err), 0, "%s", err.text);
		cr_assert(a.minutes == b.minutes && a.hours == b.hours && a.days == b.days &&
				  a.months == b.months && a.weekdays == b.weekdays,
			  "%s", same[i].text);
	}
}

static const struct {
	const char *text, *says;
} wrong[] = {
	{ "0 2 * *", "a schedule has 5 fields, this one has 4" },
	{ "0 0 2 * * *", "a schedule has 5 fields, this one has 6" },
	{ "60 * * * *", "the minute is 0 to 59, not 60" },
	{ "0 5-24 * * *", "the hour is 0 to 23, not 24" },
	{ "0 2 0 * *", "the day of the month is 1 to 31, not 0" },
	{ "0 2 * foo *", "\"foo\" is no month" },
	{ "0 2 1, * *", "the list of the day of the month has an empty entry" },
	{ "*/0 * * * *", "\"/0\" is no step" },
	{ "*/70 * * * *", "a step of 70 is larger than its range of the minute" },
	{ "@often", "there is no schedule \"@often\"" },
	{ "@daily ", "there is no schedule \"@daily \"" },
	{ "TZ=Europe/Paris", "a schedule has 5 fields, this one has 0" },
	{ "TZ= 0 2 * * *", "the name of the time zone is missing or too long" },
	{ "99999999999999999999 * * * *", "\"99999999999999999999\" is no minute" },
};

Test(cron, says_what_is_wrong)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct cron cron;
		struct err err = ERR_INIT;

		cr_assert_lt(cron_parse(wrong[i].text, &cron, &err), 0, "%s", wrong[i].text);
		cr_assert_str_eq(err.text, wrong[i].says);
	}
}

Test(cron, a_zone_in_front_is_kept)
{
	struct cron cron;

	cr_assert_eq(cron_parse("CRON_TZ=Europe/Paris 0 2 * * *", &cron, NULL), 0);
	cr_assert_str_eq(cron.zone, "Europe/Paris");
	cr_assert_eq(cron_parse("TZ=UTC @daily", &cron, NULL), 0);
	cr_assert_str_eq(cron.zone, "UTC");
}

Test(cron, a_hundred_years_without_a_leap_day_are_the_bound)
{
	struct zone zone = { .name = "UTC" };
	struct cron cron;
	int64_t time;
	char text[TIME_TEXT_MAX];

	cr_assert_eq(cron_parse("0 2 29 2 *", &cron, NULL), 0);
	cr_assert(cron_next(&cron, &zone, at("2096-03-01T00:00:00Z"), &time));
	cr_assert_str_eq(time_text((uint64_t)time * SECOND, text), "2104-02-29T02:00:00Z");
	cr_assert_eq(cron_parse("0 2 30 2 *", &cron, NULL), 0);
	cr_assert(!cron_next(&cron, &zone, at("2096-03-01T00:00:00Z"), &time));
}
