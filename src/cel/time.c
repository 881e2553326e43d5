#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cel/functions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ZONE_DIGITS_MAX 6
#define DAY_SECONDS 86400
#define YEAR_ONE INT64_C(-62135596800)	/* 0001-01-01T00:00:00Z */
#define YEAR_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct date {
	int64_t year, month, day; /* from 1 */
	int64_t week_day;	  /* 0: Sunday */
	int64_t year_day;	  /* from 0 */
	int64_t second;		  /* of the day */
	int64_t nanos;
};

/* Calendar: days since 1970-01-01, in years that begin in March. */

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t from_march = (month + 9) % 12;
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       (153 * from_march + 2) / 5 + day - 1 - 719468;
}

static struct date date_of(const struct cel_time *time, int64_t offset)
{
	int64_t seconds = time->seconds + offset;
	int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t march = (5 * of_year + 2) / 153;
	struct date date = {
		.month = march < 10 ? march + 3 : march - 9,
		.day = of_year - (153 * march + 2) / 5 + 1,
		.week_day = ((days % 7) + 11) % 7,
		.second = seconds - days * DAY_SECONDS,
		.nanos = time->nanos,
	};

	date.year = year + era * 400 + (date.month <= 2);
	date.year_day = days - days_of(date.year, 1, 1);
	return date;
}

bool timestamp_fits(int64_t seconds)
{
	return seconds >= YEAR_ONE && seconds <= YEAR_LAST;
}

/* Exactly `digits` of them; the place behind, or NULL. */
static const char *take_digits(const char *text, int digits, int64_t *out)
{
	*out = 0;
	while (text && digits--) {
		if (!isdigit((unsigned char)*text))
			return NULL;
		*out = *out * 10 + (*text++ - '0');
	}
	return text;
}

static const char *take_mark(const char *text, const char *marks)
{
	return text && *text && strchr(marks, *text) ? text + 1 : NULL;
}

static const char *take_fraction(const char *text, uint32_t *nanos)
{
	uint32_t unit = NANOS_PER_SECOND / 10;

	*nanos = 0;
	if (!text || (*text != '.' && *text != ','))
		return text;
	if (!isdigit((unsigned char)*++text))
		return NULL;
	for (; isdigit((unsigned char)*text); text++) {
		*nanos += (uint32_t)(*text - '0') * unit;
		unit /= 10;
	}
	return text;
}

/* "Z" or "+02:00". */
static const char *take_zone(const char *text, int64_t *offset)
{
	int64_t hours, minutes;
	int64_t sign = text && *text == '-' ? -1 : 1;

	*offset = 0;
	if (text && *text == 'Z')
		return text + 1;
	text = take_digits(take_mark(text, "+-"), 2, &hours);
	text = take_digits(take_mark(text, ":"), 2, &minutes);
	/* A whole day and a whole hour are taken, too. */
	if (!text || hours > 24 || minutes > 60)
		return NULL;
	*offset = sign * (hours * 3600 + minutes * 60);
	return text;
}

static int64_t month_days(int64_t year, int64_t month)
{
	return days_of(month == 12 ? year + 1 : year, month % 12 + 1, 1) - days_of(year, month, 1);
}

bool timestamp_read(const char *text, struct cel_time *out)
{
	int64_t year, month, day, hour, minute, second, offset;

	text = take_digits(text, 4, &year);
	text = take_digits(take_mark(text, "-"), 2, &month);
	text = take_digits(take_mark(text, "-"), 2, &day);
	text = take_mark(text, "T");
	/* Go takes an hour of one digit, too. */
	text = take_digits(text, text && text[0] && text[1] == ':' ? 1 : 2, &hour);
	text = take_digits(take_mark(text, ":"), 2, &minute);
	text = take_digits(take_mark(text, ":"), 2, &second);
	text = take_zone(take_fraction(text, &out->nanos), &offset);
	if (!text || *text || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 ||
	    second > 59 || day > month_days(year, month))
		return false;
	out->seconds = days_of(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 +
		       second - offset;
	return timestamp_fits(out->seconds);
}

static void add_fraction(struct str *out, uint32_t nanos)
{
	if (!nanos)
		return;
	str_addf(out, ".%09u", nanos);
	while (str_text(out)[out->len - 1] == '0')
		str_cut(out, out->len - 1);
}

const char *timestamp_print(struct arena *arena, const struct cel_time *time)
{
	struct str out SCOPED(str_done) = STR_INIT(64);
	struct date date = date_of(time, 0);

	str_addf(&out, "%04d-%02d-%02dT%02d:%02d:%02d", (int)date.year, (int)date.month,
		 (int)date.day, (int)(date.second / 3600), (int)(date.second / 60 % 60),
		 (int)(date.second % 60));
	add_fraction(&out, time->nanos);
	str_addc(&out, 'Z');
	return arena_str(arena, str_text(&out));
}

const char *duration_print(struct arena *arena, int64_t nanos)
{
	struct str out SCOPED(str_done) = STR_INIT(64);
	uint64_t size = nanos < 0 ? -(uint64_t)nanos : (uint64_t)nanos;

	str_addf(&out, "%s%llu", nanos < 0 ? "-" : "",
		 (unsigned long long)(size / NANOS_PER_SECOND));
	add_fraction(&out, (uint32_t)(size % NANOS_PER_SECOND));
	str_addc(&out, 's');
	return arena_str(arena, str_text(&out));
}

static const struct unit {
	const char *name;
	uint64_t nanos;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 },
	{ "\xce\xbcs", 1000 },
	{ "ms", 1000000 },
	{ "s", NANOS_PER_SECOND },
	{ "m", UINT64_C(60) * NANOS_PER_SECOND },
	{ "h", UINT64_C(3600) * NANOS_PER_SECOND },
};

static const struct unit *take_unit(const char **text)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!text_starts(*text, units[i].name))
			continue;
		*text += strlen(units[i].name);
		return &units[i];
	}
	return NULL;
}

/* One "1.5h"; adds it to *sum, which stays below 2^63. */
static bool take_term(const char **text, uint64_t *sum)
{
	size_t whole = strspn(*text, "0123456789");
	size_t point = (*text)[whole] == '.' ? 1 : 0;
	size_t fraction = point ? strspn(*text + whole + 1, "0123456789") : 0;
	const char *digits = *text + whole + point;
	uint64_t nanos = 0;
	double part = 0;
	double scale = 1;

	if (whole + fraction == 0)
		return false;
	for (size_t i = 0; i < whole; i++)
		if (__builtin_mul_overflow(nanos, 10, &nanos) ||
		    __builtin_add_overflow(nanos, (uint64_t)((*text)[i] - '0'), &nanos))
			return false;
	for (size_t i = 0; i < fraction && i < 18; i++) {
		part = part * 10 + (digits[i] - '0');
		scale *= 10;
	}
	*text = digits + fraction;

	const struct unit *unit = take_unit(text);

	return unit && !__builtin_mul_overflow(nanos, unit->nanos, &nanos) &&
	       !__builtin_add_overflow(nanos, (uint64_t)(part * ((double)unit->nanos / scale)),
				       &nanos) &&
	       !__builtin_add_overflow(*sum, nanos, sum) && *sum <= (uint64_t)INT64_MAX;
}

bool duration_read(const char *text, int64_t *out)
{
	bool minus = *text == '-';
	uint64_t sum = 0;

	text += *text == '-' || *text == '+';
	if (!*text)
		return false;
	if (strcmp(text, "0") == 0) {
		*out = 0;
		return true;
	}
	while (*text)
		if (!take_term(&text, &sum))
			return false;
	*out = minus ? -(int64_t)sum : (int64_t)sum;
	return true;
}

static int shift(const struct cel_time *time, int64_t nanos, struct cel_value *out, struct err *err)
{
	int64_t seconds = time->seconds + nanos / NANOS_PER_SECOND;
	int64_t rest = (int64_t)time->nanos + nanos % NANOS_PER_SECOND;

	if (rest < 0) {
		rest += NANOS_PER_SECOND;
		seconds--;
	} else if (rest >= NANOS_PER_SECOND) {
		rest -= NANOS_PER_SECOND;
		seconds++;
	}
	if (!timestamp_fits(seconds))
		return err_set(err, ERR_INPUT, "the time is beyond the years 1 to 9999");
	*out = (struct cel_value){ .kind = CEL_TIMESTAMP, .time = { seconds, (uint32_t)rest } };
	return 0;
}

static int too_long(struct err *err)
{
	return err_set(err, ERR_INPUT, "a duration is longer than 292 years");
}

static struct cel_value of_duration(int64_t nanos)
{
	return (struct cel_value){ .kind = CEL_DURATION, .number = nanos };
}

int add_time(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	     struct err *err)
{
	(void)work;
	return shift(&arg[0].time, arg[1].number, out, err);
}

int add_to_duration(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	(void)work;
	return shift(&arg[1].time, arg[0].number, out, err);
}

int subtract_from_time(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		       struct err *err)
{
	(void)work;
	if (arg[1].number == INT64_MIN)
		return too_long(err);
	return shift(&arg[0].time, -arg[1].number, out, err);
}

int add_durations(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	int64_t sum;

	(void)work;
	if (__builtin_add_overflow(arg[0].number, arg[1].number, &sum))
		return too_long(err);
	*out = of_duration(sum);
	return 0;
}

int subtract_durations(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		       struct err *err)
{
	int64_t rest;

	(void)work;
	if (__builtin_sub_overflow(arg[0].number, arg[1].number, &rest))
		return too_long(err);
	*out = of_duration(rest);
	return 0;
}

int subtract_times(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	int64_t nanos;
	int64_t rest = (int64_t)arg[0].time.nanos - (int64_t)arg[1].time.nanos;

	(void)work;
	if (__builtin_mul_overflow(arg[0].time.seconds - arg[1].time.seconds,
				   (int64_t)NANOS_PER_SECOND, &nanos) ||
	    __builtin_add_overflow(nanos, rest, &nanos))
		return too_long(err);
	*out = of_duration(nanos);
	return 0;
}

static int part_utc(const struct cel_value *arg, int64_t (*part)(const struct date *date),
		    struct cel_value *out)
{
	struct date date = date_of(&arg[0].time, 0);

	*out = cel_of_int(part(&date));
	return 0;
}

/* As Go's Atoi reads, of a few digits; the place behind, or NULL. */
static const char *take_number(const char *text, int64_t *out)
{
	bool minus = *text == '-';
	const char *at = text + (*text == '-' || *text == '+');
	size_t digits = strspn(at, "0123456789");

	*out = 0;
	if (digits == 0 || digits > ZONE_DIGITS_MAX)
		return NULL;
	for (size_t i = 0; i < digits; i++)
		*out = *out * 10 + (at[i] - '0');
	*out = minus ? -*out : *out;
	return at + digits;
}

/* "+02:00", and what else Go makes hours and minutes of: "2:0". In seconds. */
static bool zone_offset(const char *zone, int64_t *out)
{
	int64_t hours, minutes;
	const char *at = take_number(zone, &hours);

	if (!at || *at != ':' || !(at = take_number(at + 1, &minutes)) || *at)
		return false;
	*out = (hours * 60 + (*zone == '-' ? -minutes : minutes)) * 60;
	return true;
}

static int part_in_zone(const struct cel_value *arg, int64_t (*part)(const struct date *date),
			struct cel_value *out, struct err *err)
{
	const char *zone = arg[1].text.at;
	int64_t offset = 0;

	if (*zone && strcmp(zone, "UTC") != 0 && !zone_offset(zone, &offset)) {
		err_set(err, ERR_INPUT, "the time zone \"%s\" is not known", zone);
		return err_hint(err, "zones are UTC or an offset such as +02:00");
	}
	struct date date = date_of(&arg[0].time, offset);

	*out = cel_of_int(part(&date));
	return 0;
}

static int64_t year_of(const struct date *date)
{
	return date->year;
}

int part_year(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	      struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, year_of, out);
}

int part_year_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	(void)work;
	return part_in_zone(arg, year_of, out, err);
}

static int64_t month_of(const struct date *date)
{
	return date->month - 1;
}

int part_month(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	       struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, month_of, out);
}

int part_month_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	return part_in_zone(arg, month_of, out, err);
}

static int64_t day_of(const struct date *date)
{
	return date->day;
}

int part_date(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	      struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, day_of, out);
}

int part_date_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	(void)work;
	return part_in_zone(arg, day_of, out, err);
}

static int64_t month_day_of(const struct date *date)
{
	return date->day - 1;
}

int part_month_day(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, month_day_of, out);
}

int part_month_day_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		      struct err *err)
{
	(void)work;
	return part_in_zone(arg, month_day_of, out, err);
}

static int64_t week_day_of(const struct date *date)
{
	return date->week_day;
}

int part_week_day(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, week_day_of, out);
}

int part_week_day_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	return part_in_zone(arg, week_day_of, out, err);
}

static int64_t year_day_of(const struct date *date)
{
	return date->year_day;
}

int part_year_day(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, year_day_of, out);
}

int part_year_day_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	return part_in_zone(arg, year_day_of, out, err);
}

static int64_t hours_of(const struct date *date)
{
	return date->second / 3600;
}

int part_hours(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	       struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, hours_of, out);
}

int part_hours_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	return part_in_zone(arg, hours_of, out, err);
}

static int64_t minutes_of(const struct date *date)
{
	return date->second / 60 % 60;
}

int part_minutes(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, minutes_of, out);
}

int part_minutes_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	(void)work;
	return part_in_zone(arg, minutes_of, out, err);
}

static int64_t seconds_of(const struct date *date)
{
	return date->second % 60;
}

int part_seconds(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, seconds_of, out);
}

int part_seconds_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	(void)work;
	return part_in_zone(arg, seconds_of, out, err);
}

static int64_t milliseconds_of(const struct date *date)
{
	return date->nanos / 1000000;
}

int part_milliseconds(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		      struct err *err)
{
	(void)work;
	(void)err;
	return part_utc(arg, milliseconds_of, out);
}

int part_milliseconds_in(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
			 struct err *err)
{
	(void)work;
	return part_in_zone(arg, milliseconds_of, out, err);
}

int duration_hours(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int(arg[0].number / (3600 * INT64_C(1000000000)));
	return 0;
}

int duration_minutes(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int(arg[0].number / (60 * INT64_C(1000000000)));
	return 0;
}

int duration_seconds(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int(arg[0].number / (INT64_C(1000000000)));
	return 0;
}

int duration_milliseconds(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
			  struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int(arg[0].number / (INT64_C(1000000)));
	return 0;
}
