/*
 * Cron schedules of five fields: minute, hour, day of the month, month, day of the week.
 *
 *	struct cron cron;
 *	if (cron_parse("0 2 * * SUN", &cron, err) < 0) ...
 *	int64_t at;
 *	if (cron_next(&cron, &zone, now, &at)) ...
 *
 * Understood: *, ?, lists, ranges (22-2 goes over the end), steps, names of months and days in any
 * case, Sunday as 0 or 7, and @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly.
 * When day of the month and day of the week are both given, both must match. A time that spring
 * leaves out comes as much later; a time that autumn repeats comes once, unless the schedule names
 * every hour. Plain data; times are seconds since 1970 UTC.
 */
#pragma once

#include "base/err.h"
#include "ops/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far the search for the next time goes. A leap day comes at least every eight years. */
#define CRON_DAYS_MAX (8 * 366)
#define CRON_ZONE_MAX 64

struct cron {
	uint64_t minutes, hours, days, months, weekdays; /* bit n: n matches */
	bool any_day, any_weekday;			 /* written as * or ? */
	char zone[CRON_ZONE_MAX];			 /* of a leading TZ= or CRON_TZ=, else "" */
};

/* ERR_INPUT with what is wrong. */
int cron_parse(const char *text, struct cron *out, struct err *err);
/* The first time after `after`; false: none in the next eight years. */
bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *at);
/* The last time at or before `before`, not further back than `back` seconds; false: none. */
bool cron_last(const struct cron *cron, const struct zone *zone, int64_t before, int64_t back,
	       int64_t *at);
