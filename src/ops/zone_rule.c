#include "ops/zone_rule.h"

#include <string.h>

#define DAY_SECONDS INT64_C(86400)
#define HOURS_MAX 167 /* what RFC 8536 allows a rule to say */

int64_t date_days(struct date date)
{
	/* Years begin in March here, so that the leap day is the last of its year. */
	int64_t year = date.year - (date.month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date date_of_days(int64_t days)
{
	days += 719468;

	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	struct date date = { .day = (int)(of_year - (153 * month + 2) / 5 + 1),
			     .month = (int)(month < 10 ? month + 3 : month - 9) };

	date.year = year + era * 400 + (date.month <= 2);
	return date;
}

int date_weekday(int64_t days)
{
	int64_t day = (days + 4) % 7;

	return (int)(day < 0 ? day + 7 : day);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "CET" or "<+0330>"; the names do not matter to us. */
static bool skip_name(const char **at)
{
	const char *begin = *at;

	if (*begin == '<') {
		const char *end = strchr(begin, '>');

		if (!end || end == begin + 1)
			return false;
		*at = end + 1;
		return true;
	}
	while (is_letter(**at))
		(*at)++;
	return *at - begin >= 3;
}

static bool take_number(const char **at, int most, int *out)
{
	int number = 0;

	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		number = number * 10 + (**at - '0');
		if (number > most)
			return false;
	}
	*out = number;
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **at, int32_t *out)
{
	bool negative = take_char(at, '-');
	int hours, minutes = 0, seconds = 0;

	if (!negative)
		take_char(at, '+');
	if (!take_number(at, HOURS_MAX, &hours))
		return false;
	if (take_char(at, ':') && !take_number(at, 59, &minutes))
		return false;
	if (**at == ':' && (!take_char(at, ':') || !take_number(at, 59, &seconds)))
		return false;
	*out = (hours * 3600 + minutes * 60 + seconds) * (negative ? -1 : 1);
	return true;
}

static bool take_month_day(const char **at, struct zone_day *out)
{
	out->form = ZONE_DAY_MONTH;
	return take_number(at, 12, &out->month) && out->month > 0 && take_char(at, '.') &&
	       take_number(at, 5, &out->week) && out->week > 0 && take_char(at, '.') &&
	       take_number(at, 6, &out->day);
}

static bool take_day(const char **at, struct zone_day *out)
{
	bool good;

	out->seconds = 2 * 3600;
	if (take_char(at, 'M')) {
		good = take_month_day(at, out);
	} else if (take_char(at, 'J')) {
		out->form = ZONE_DAY_JULIAN;
		good = take_number(at, 365, &out->day) && out->day > 0;
	} else {
		out->form = ZONE_DAY_ZERO;
		good = take_number(at, 365, &out->day);
	}
	if (good && take_char(at, '/'))
		good = take_time(at, &out->seconds);
	return good;
}

bool zone_rule_parse(const char *text, struct zone_rule *out)
{
	struct zone_rule rule = { .changes = false };

	if (!skip_name(&text) || !take_time(&text, &rule.standard))
		return false;
	rule.standard = -rule.standard;
	rule.summer = rule.standard + 3600;
	if (*text) {
		rule.changes = true;
		if (!skip_name(&text))
			return false;
		if (*text != ',') {
			if (!take_time(&text, &rule.summer))
				return false;
			rule.summer = -rule.summer;
		}
		if (!take_char(&text, ',') || !take_day(&text, &rule.begin) ||
		    !take_char(&text, ',') || !take_day(&text, &rule.end))
			return false;
	}
	if (*text)
		return false;
	*out = rule;
	return true;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t month_day(const struct zone_day *day, int64_t year)
{
	int64_t first = date_days((struct date){ year, day->month, 1 });
	int64_t found = first + (day->day - date_weekday(first) + 7) % 7 + (day->week - 1) * 7;
	int next = day->month % 12 + 1;
	int64_t end = date_days((struct date){ year + (next == 1), next, 1 });

	while (found >= end)
		found -= 7;
	return found;
}

/* In local time of the year, before the change. */
static int64_t day_in(const struct zone_day *day, int64_t year)
{
	int64_t first = date_days((struct date){ year, 1, 1 });
	int64_t days;

	if (day->form == ZONE_DAY_MONTH)
		days = month_day(day, year);
	else if (day->form == ZONE_DAY_ZERO)
		days = first + day->day;
	else
		days = first + day->day - 1 + (is_leap(year) && day->day >= 60);
	return days * DAY_SECONDS + day->seconds;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc)
{
	if (!rule->changes)
		return rule->standard;

	int64_t local = utc + rule->standard;
	int64_t days = local / DAY_SECONDS - (local % DAY_SECONDS < 0);
	int64_t year = date_of_days(days).year;
	int64_t begin = day_in(&rule->begin, year) - rule->standard;
	int64_t end = day_in(&rule->end, year) - rule->summer;
	bool summer = begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;

	return summer ? rule->summer : rule->standard;
}
