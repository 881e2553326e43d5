#include "ops/cron.h"

#include "base/own.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DAY_SECONDS INT64_C(86400)
#define SLACK (25 * INT64_C(3600)) /* more than any change of clocks */
#define FIELDS 5
#define FIELD_LEN_MAX 200
#define ALL_HOURS ((UINT64_C(1) << 24) - 1)

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
					   "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

/* One row a field: what it is called and what it may say. */
static const struct cron_field {
	const char *what;
	int least, most;
	int top; /* where * ends; Sunday has a second number above it */
	const char *const *names;
	size_t offset;
} cron_fields[FIELDS] = {
	{ "minute", 0, 59, 59, NULL, offsetof(struct cron, minutes) },
	{ "hour", 0, 23, 23, NULL, offsetof(struct cron, hours) },
	{ "day of the month", 1, 31, 31, NULL, offsetof(struct cron, days) },
	{ "month", 1, 12, 12, month_names, offsetof(struct cron, months) },
	{ "day of the week", 0, 7, 6, day_names, offsetof(struct cron, weekdays) },
};

static const struct {
	const char *name, *fields;
} macros[] = {
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
	{ "@monthly", "0 0 1 * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
};

/* One item of a list: first to last by step. */
struct span {
	int first, last, step;
};

static bool read_one(const struct cron_field *field, const char *text, int *out)
{
	uint64_t number;

	for (int i = 0; field->names && field->names[i]; i++) {
		if (strcasecmp(text, field->names[i]) == 0) {
			*out = i + field->least;
			return true;
		}
	}
	if (!text_u64(text, &number) || number > 1000)
		return false;
	*out = (int)number;
	return true;
}

static bool is_any(const char *text)
{
	return strcmp(text, "*") == 0 || strcmp(text, "?") == 0;
}

static int read_range(const struct cron_field *field, char *text, bool open, struct span *span,
		      struct err *err)
{
	char *dash = strchr(text, '-');

	if (is_any(text)) {
		span->first = field->least;
		span->last = field->top;
		return 0;
	}
	if (dash)
		*dash = '\0';
	if (!read_one(field, text, &span->first))
		return err_set(err, ERR_INPUT, "\"%s\" is no %s", text, field->what);
	span->last = open ? field->most : span->first;
	if (dash && !read_one(field, dash + 1, &span->last))
		return err_set(err, ERR_INPUT, "\"%s\" is no %s", dash + 1, field->what);
	if (span->first < field->least || span->first > field->most || span->last < field->least ||
	    span->last > field->most)
		return err_set(err, ERR_INPUT, "the %s is %d to %d, not %d", field->what,
			       field->least, field->most,
			       span->first < field->least || span->first > field->most
				       ? span->first
				       : span->last);
	return 0;
}

static int read_span(const struct cron_field *field, char *text, struct span *span,
		     struct err *err)
{
	char *slash = strchr(text, '/');
	uint64_t step = 1;

	if (slash)
		*slash++ = '\0';
	if (slash && (!text_u64(slash, &step) || step == 0))
		return err_set(err, ERR_INPUT, "\"/%s\" is no step", slash);
	if (read_range(field, text, slash != NULL, span, err) < 0)
		return -1;

	int len = span->last - span->first + 1;

	if (len <= 0)
		len += field->top - field->least + 1;
	if (slash && step >= (uint64_t)len && step > 1)
		return err_set(err, ERR_INPUT, "a step of %s is larger than its range of the %s",
			       slash, field->what);
	span->step = (int)step;
	return 0;
}

/* A range that ends before it begins goes over the top: 22-2 is 22, 23, 0, 1, 2. */
static uint64_t span_bits(const struct cron_field *field, const struct span *span)
{
	int count = field->top - field->least + 1;
	int last = span->last < span->first ? span->last + count : span->last;
	uint64_t bits = 0;

	for (int i = span->first; i <= last; i += span->step)
		bits |= UINT64_C(1) << ((i - field->least) % count + field->least);
	return bits;
}

static int read_field(const struct cron_field *field, char *text, uint64_t *bits, struct err *err)
{
	char *rest = text;

	*bits = 0;
	for (char *item = strsep(&rest, ","); item; item = strsep(&rest, ",")) {
		struct span span;

		if (!*item)
			return err_set(err, ERR_INPUT, "the list of the %s has an empty entry",
				       field->what);
		if (read_span(field, item, &span, err) < 0)
			return -1;
		*bits |= span_bits(field, &span);
	}
	return 0;
}

static const char *skip_blank(const char *text)
{
	return text + strspn(text, " \t");
}

/* "TZ=Europe/Paris 0 2 * * *": what follows the zone; NULL when that is missing or too long. */
static const char *take_zone(const char *text, struct cron *cron)
{
	const char *name = NULL;
	size_t len;

	if (text_starts(text, "TZ="))
		name = text + 3;
	else if (text_starts(text, "CRON_TZ="))
		name = text + 8;
	if (!name)
		return text;
	len = strcspn(name, " \t");
	if (len == 0 || len >= CRON_ZONE_MAX)
		return NULL;
	snprintf(cron->zone, sizeof(cron->zone), "%.*s", (int)len, name);
	return skip_blank(name + len);
}

static const char *macro_fields(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(macros); i++)
		if (strcmp(text, macros[i].name) == 0)
			return macros[i].fields;
	return NULL;
}

static int read_fields(char *rest, struct cron *cron, struct err *err)
{
	char *parts[FIELDS];
	size_t count = 0;

	for (char *part = strsep(&rest, " \t"); part; part = strsep(&rest, " \t")) {
		if (!*part)
			continue;
		if (count < FIELDS)
			parts[count] = part;
		count++;
	}
	if (count != FIELDS) {
		err_set(err, ERR_INPUT, "a schedule has 5 fields, this one has %zu", count);
		return err_hint(err, "minute, hour, day of the month, month, day of the week");
	}
	cron->any_day = is_any(parts[2]);
	cron->any_weekday = is_any(parts[4]);
	for (size_t i = 0; i < FIELDS; i++)
		if (read_field(&cron_fields[i], parts[i],
			       (uint64_t *)(void *)((char *)cron + cron_fields[i].offset),
			       err) < 0)
			return -1;
	return 0;
}

int cron_parse(const char *text, struct cron *out, struct err *err)
{
	struct cron cron = { .zone = "" };
	char copy[FIELD_LEN_MAX];
	const char *fields = take_zone(skip_blank(text), &cron);

	if (!fields)
		return err_set(err, ERR_INPUT, "the name of the time zone is missing or too long");
	if (*fields == '@') {
		const char *macro = macro_fields(fields);

		if (!macro)
			return err_set(err, ERR_INPUT, "there is no schedule \"%.40s\"", fields);
		fields = macro;
	}
	if (strlen(fields) >= sizeof(copy))
		return err_set(err, ERR_INPUT, "the schedule is longer than %d bytes",
			       FIELD_LEN_MAX - 1);
	snprintf(copy, sizeof(copy), "%s", fields);
	if (read_fields(copy, &cron, err) < 0)
		return -1;
	*out = cron;
	return 0;
}

static bool day_matches(const struct cron *cron, int64_t days)
{
	struct date date = date_of_days(days);

	return (cron->months >> date.month & 1) && (cron->days >> date.day & 1) &&
	       (cron->weekdays >> date_weekday(days) & 1);
}

/* The nearest time found so far, in the direction of the search. */
struct search {
	const struct cron *cron;
	const struct zone *zone;
	int64_t from, to;  /* wanted: from < time <= to */
	int64_t low, high; /* no local time outside of these can be one of them */
	bool backwards, found;
	int64_t at;
};

static void offer(struct search *search, int64_t at)
{
	if (at <= search->from || at > search->to)
		return;
	if (!search->found || (search->backwards ? at > search->at : at < search->at))
		search->at = at;
	search->found = true;
}

static void look_at(struct search *search, int64_t local)
{
	struct zone_moment moment;

	if (local < search->low || local > search->high)
		return;
	moment = zone_moment(search->zone, local);
	offer(search, moment.first);
	if (moment.how == ZONE_TWICE && search->cron->hours == ALL_HOURS)
		offer(search, moment.second);
}

static void look_at_day(struct search *search, int64_t days)
{
	if (!day_matches(search->cron, days))
		return;
	for (int hour = 0; hour < 24; hour++) {
		if (!(search->cron->hours >> hour & 1))
			continue;
		for (int minute = 0; minute < 60; minute++)
			if (search->cron->minutes >> minute & 1)
				look_at(search, days * DAY_SECONDS + hour * 3600 + minute * 60);
	}
}

static int64_t local_day(const struct zone *zone, int64_t utc)
{
	int64_t local = utc + zone_offset(zone, utc);

	return local / DAY_SECONDS - (local % DAY_SECONDS < 0);
}

/* A time that a change of the clocks moves can end up on the next day, so the neighbouring day is
 * looked at too before the nearest time is believed. */
static bool search_run(struct search *search, int64_t first, int64_t last)
{
	int step = first <= last ? 1 : -1;
	int64_t stop = last + step;

	for (int64_t day = first - step; day != stop + step; day += step) {
		bool had = search->found;

		look_at_day(search, day);
		if (had)
			break;
	}
	return search->found;
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *at)
{
	struct search search = { .cron = cron,
				 .zone = zone,
				 .from = after,
				 .to = INT64_MAX,
				 .low = after + zone_offset(zone, after) - SLACK,
				 .high = INT64_MAX };
	int64_t today = local_day(zone, after);

	if (!search_run(&search, today, today + CRON_DAYS_MAX))
		return false;
	*at = search.at;
	return true;
}

/* Where the clocks do not change nearby, local times are as near as the times themselves. */
static void bound(struct search *search)
{
	int32_t before = zone_offset(search->zone, search->from - 2 * DAY_SECONDS);
	int32_t after = zone_offset(search->zone, search->to + 2 * DAY_SECONDS);
	bool steady = before == after && search->to - search->from < 10 * DAY_SECONDS;

	search->low = search->from + before - (steady ? 0 : SLACK);
	search->high = search->to + after + (steady ? 0 : SLACK);
}

bool cron_last(const struct cron *cron, const struct zone *zone, int64_t before, int64_t back,
	       int64_t *at)
{
	struct search search = { .cron = cron,
				 .zone = zone,
				 .from = before - back - 1,
				 .to = before,
				 .backwards = true };

	bound(&search);
	if (!search_run(&search, local_day(zone, before), local_day(zone, before - back)))
		return false;
	*at = search.at;
	return true;
}
