/*
 * Time zones: what a clock on the wall shows, from TZif files (RFC 8536) and the rule at their end.
 *
 *	struct zone zone;
 *	if (zone_load(arena, ZONE_FOLDER, "Europe/Paris", &zone, err) < 0) ...
 *	int64_t shown = utc + zone_offset(&zone, utc);
 *	struct zone_moment moment = zone_moment(&zone, shown);
 *
 * Times are seconds since 1970-01-01, UTC where not called local; a local time counts the same way
 * from 1970-01-01 00:00 on that clock. A zone is plain data in the arena given. zone_parse() looks
 * at bytes only; zone_load() reads one file and knows UTC without any.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* When summer time begins or ends, in a POSIX rule. */
struct zone_day {
	enum {
		ZONE_DAY_JULIAN, /* Jn: 1 to 365, February has 28 days */
		ZONE_DAY_ZERO,	 /* n: 0 to 365 */
		ZONE_DAY_MONTH	 /* Mm.w.d */
	} form;
	int day, month, week; /* ZONE_DAY_MONTH: day is that of the week, week 5 is the last */
	int32_t seconds;      /* after midnight, in the time before the change */
};

struct zone_rule {
	int32_t standard, summer; /* seconds east of UTC */
	bool changes;		  /* it has summer time */
	struct zone_day begin, end;
};

struct zone_change {
	int64_t at;
	int32_t offset; /* from then on */
};

struct zone {
	const char *name;
	int32_t first; /* offset before the first change */
	const struct zone_change *change;
	size_t changes;
	struct zone_rule rule; /* after the last change, when has_rule */
	bool has_rule;
};

/* ERR_INPUT for bytes that are no time zone. `bytes` is not kept. */
int zone_parse(struct arena *arena, const void *bytes, size_t len, struct zone *out,
	       struct err *err);
/* ERR_INPUT for a name that can be none, ERR_NOT_FOUND for one that `folder` lacks. */
int zone_load(struct arena *arena, const char *folder, const char *name, struct zone *out,
	      struct err *err);
int32_t zone_offset(const struct zone *zone, int64_t utc);

/* When a clock shows a local time. In the hour that spring leaves out it never does: `first` is
 * then as long after the change as the time asked for is after the hour's beginning. In the hour
 * that autumn repeats it does twice. */
struct zone_moment {
	enum {
		ZONE_ONCE,
		ZONE_NEVER,
		ZONE_TWICE
	} how;
	int64_t first, second; /* second: the same as first unless ZONE_TWICE */
};
struct zone_moment zone_moment(const struct zone *zone, int64_t local);

/* The calendar: days since 1970-01-01, a Thursday. */
struct date {
	int64_t year;
	int month, day; /* from 1 */
};
int64_t date_days(struct date date);
struct date date_of_days(int64_t days);
int date_weekday(int64_t days); /* 0 is Sunday */
