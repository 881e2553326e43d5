#include "ops/zone.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/own.h"
#include "ops/zone_rule.h"

#include <criterion/criterion.h>
#include <string.h>

#define ZONES TEST_DATA_DIR "/cron/zoneinfo"

static int64_t at(const char *text)
{
	uint64_t wall;

	cr_assert_eq(time_parse(text, &wall), 0, "%s", text);
	return (int64_t)(wall / SECOND);
}

static const struct {
	const char *zone, *time;
	int32_t offset; /* minutes */
} offsets[] = {
	{ "UTC", "2026-07-01T00:00:00Z", 0 },
	{ "Europe/Paris", "2026-01-01T00:00:00Z", 60 },
	{ "Europe/Paris", "2026-07-01T00:00:00Z", 120 },
	{ "Europe/Paris", "2026-03-29T00:59:59Z", 60 },
	{ "Europe/Paris", "2026-03-29T01:00:00Z", 120 },
	{ "Europe/Paris", "2026-10-25T00:59:59Z", 120 },
	{ "Europe/Paris", "2026-10-25T01:00:00Z", 60 },
	{ "Europe/Paris", "2099-07-01T00:00:00Z", 120 }, /* by the rule */
	{ "Europe/Paris", "2099-12-01T00:00:00Z", 60 },
	{ "Europe/Dublin", "2099-07-01T00:00:00Z", 60 }, /* its rule calls winter the change */
	{ "Europe/Dublin", "2099-12-01T00:00:00Z", 0 },
	{ "America/St_Johns", "2026-01-01T00:00:00Z", -210 },
	{ "America/Santiago", "2060-01-01T00:00:00Z", -180 }, /* summer over the new year */
	{ "America/Santiago", "2060-07-01T00:00:00Z", -240 },
	{ "Australia/Lord_Howe", "2060-01-01T00:00:00Z", 660 },
	{ "Australia/Lord_Howe", "2060-07-01T00:00:00Z", 630 },
	{ "Asia/Kolkata", "2060-07-01T00:00:00Z", 330 },
};

Test(zone, offset_at_a_time)
{
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct zone zone;
		struct err err = ERR_INIT;

		cr_assert_eq(zone_load(arena, ZONES, offsets[i].zone, &zone, &err), 0, "%s",
			     err.text);
		cr_assert_eq(zone_offset(&zone, at(offsets[i].time)), offsets[i].offset * 60,
			     "%s at %s", offsets[i].zone, offsets[i].time);
	}
}

static const struct {
	const char *name, *zone, *local; /* as if it were UTC */
	int how;
	const char *first, *second;
} moments[] = {
	{ "an hour like others", "Europe/Paris", "2026-03-28T02:30:00Z", ZONE_ONCE,
	  "2026-03-28T01:30:00Z", "2026-03-28T01:30:00Z" },
	{ "the hour left out", "Europe/Paris", "2026-03-29T02:30:00Z", ZONE_NEVER,
	  "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z" },
	{ "right after the change", "Europe/Paris", "2026-03-29T03:00:00Z", ZONE_ONCE,
	  "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z" },
	{ "the hour that comes twice", "Europe/Paris", "2026-10-25T02:30:00Z", ZONE_TWICE,
	  "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z" },
	{ "after it", "Europe/Paris", "2026-10-25T03:00:00Z", ZONE_ONCE, "2026-10-25T02:00:00Z",
	  "2026-10-25T02:00:00Z" },
	{ "half an hour twice", "Australia/Lord_Howe", "2026-04-05T01:45:00Z", ZONE_TWICE,
	  "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z" },
	{ "two hours left out", "Antarctica/Troll", "2026-03-29T01:30:00Z", ZONE_NEVER,
	  "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z" },
};

Test(zone, moments_of_a_local_time)
{
	for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct zone zone;

		cr_assert_eq(zone_load(arena, ZONES, moments[i].zone, &zone, NULL), 0);
		struct zone_moment moment = zone_moment(&zone, at(moments[i].local));

		cr_assert_eq((int)moment.how, moments[i].how, "%s", moments[i].name);
		cr_assert_eq(moment.first, at(moments[i].first), "%s", moments[i].name);
		cr_assert_eq(moment.second, at(moments[i].second), "%s", moments[i].name);
	}
}

static const struct {
	const char *text;
	bool good;
} rules[] = {
	{ "UTC0", true },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", true },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true },
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", true },
	{ "XXX3EDT4,0/0,J365/23", true },
	{ "EET-2EEST,M3.4.4/50,M10.4.4/50", true },
	{ "", false },
	{ "UT0", false },
	{ "CET", false },
	{ "CET-1CEST", false },
	{ "CET-1CEST,M3.5.0", false },
	{ "CET-1CEST,M13.5.0,M10.5.0", false },
	{ "CET-1CEST,M3.6.0,M10.5.0", false },
	{ "CET-1CEST,M3.5.7,M10.5.0", false },
	{ "CET-1CEST,J0,J366", false },
	{ "CET-1CEST,M3.5.0,M10.5.0/3 ", false },
	{ "<+01-1", false },
	{ "CET-168", false },
	{ "CET-1:60", false },
};

Test(zone, rules_are_read)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct zone_rule rule;

		cr_assert_eq(zone_rule_parse(rules[i].text, &rule), rules[i].good, "\"%s\"",
			     rules[i].text);
	}
}

static const struct {
	const char *rule, *time;
	int32_t offset; /* minutes */
} rule_offsets[] = {
	{ "XXX3EDT2,J60,J61", "2028-02-29T12:00:00Z", -180 }, /* J60 is 1 March in any year */
	{ "XXX3EDT2,J60,J61", "2028-03-01T12:00:00Z", -120 },
	{ "XXX3EDT2,J60,J61", "2027-03-01T12:00:00Z", -120 },
	{ "XXX3EDT2,59,60", "2028-02-29T12:00:00Z", -120 },
	{ "XXX3EDT2,59,60", "2027-03-01T12:00:00Z", -120 },
	{ "XXX0YYY,M2.5.2/0,M12.1.0/0", "2028-02-28T23:59:59Z", 0 }, /* the last Tuesday */
	{ "XXX0YYY,M2.5.2/0,M12.1.0/0", "2028-02-29T00:00:00Z", 60 },
	{ "XXX0YYY,M12.5.0/0,M1.1.0/0", "2027-12-31T00:00:00Z", 60 },
	{ "XXX0YYY,M12.5.0/0,M1.1.0/0", "2028-01-01T00:00:00Z", 60 },
	{ "XXX0YYY,M12.5.0/0,M1.1.0/0", "2028-01-02T00:00:00Z", 0 },
};

Test(zone, rules_say_when_summer_is)
{
	for (size_t i = 0; i < ARRAY_LEN(rule_offsets); i++) {
		struct zone_rule rule;

		cr_assert(zone_rule_parse(rule_offsets[i].rule, &rule));
		cr_assert_eq(zone_rule_offset(&rule, at(rule_offsets[i].time)),
			     rule_offsets[i].offset * 60, "%s at %s", rule_offsets[i].rule,
			     rule_offsets[i].time);
	}
}

/* Every beginning of a file, and every byte of it turned over, is read or refused. */
Test(zone, broken_files_are_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *bytes;
	size_t len;
	struct err err = ERR_INIT;
	struct zone zone;

	cr_assert_eq(fs_read(arena, ZONES "/America/Santiago", 1 << 20, &bytes, &len, NULL), 0);
	cr_assert_eq(zone_parse(arena, bytes, len, &zone, &err), 0);
	for (size_t i = 0; i < len; i++) {
		struct arena *scratch OWNED(arena_free) = arena_new("test");
		char *cut = arena_dup(scratch, bytes, i + 1);

		cr_assert_lt(zone_parse(scratch, cut, i, &zone, &err), 0, "%zu bytes", i);
		cut = arena_dup(scratch, bytes, len);
		cut[i] = (char)~cut[i];
		if (zone_parse(scratch, cut, len, &zone, &err) == 0)
			zone_offset(&zone, 0);
	}
	cr_assert_eq(err.kind, ERR_INPUT);
}

static const struct {
	const char *name;
	enum err_kind kind;
} names[] = {
	{ "Europe/Pariss", ERR_NOT_FOUND },
	{ "Europe", ERR_NOT_FOUND },
	{ "", ERR_INPUT },
	{ "../zoneinfo/Europe/Paris", ERR_INPUT },
	{ "/etc/passwd", ERR_INPUT },
	{ "Europe//Paris", ERR_INPUT },
	{ "-1", ERR_INPUT },
};

Test(zone, names_that_are_none)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct zone zone;
		struct err err = ERR_INIT;

		cr_assert_lt(zone_load(arena, ZONES, names[i].name, &zone, &err), 0);
		cr_assert_eq(err.kind, names[i].kind, "%s: %s", names[i].name, err.text);
	}
}

Test(zone, a_machine_without_zones_says_so)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct zone zone;
	struct err err = ERR_INIT;

	cr_assert_lt(zone_load(arena, ZONES "/none", "Europe/Paris", &zone, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_str_eq(err.hint, "install the tzdata package, or use UTC");
	cr_assert_eq(zone_load(arena, ZONES "/none", "UTC", &zone, &err), 0);
}

Test(zone, the_calendar_goes_there_and_back)
{
	struct date before = { 1583, 12, 31 };

	for (int64_t days = date_days((struct date){ 1584, 1, 1 }); days < 150000; days++) {
		struct date date = date_of_days(days);

		cr_assert_eq(date_days(date), days);
		cr_assert(date.day == before.day + 1 ||
			  (date.day == 1 && (date.month == before.month + 1 ||
					     (date.month == 1 && date.year == before.year + 1))));
		before = date;
	}
	cr_assert_eq(date_weekday(0), 4);
	cr_assert_eq(date_weekday(date_days((struct date){ 2026, 11, 21 })), 6);
	cr_assert_eq(date_weekday(-1), 3);
	cr_assert_eq(date_of_days(date_days((struct date){ 2000, 2, 29 })).day, 29);
}
