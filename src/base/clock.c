#include "base/clock.h"

#include "base/own.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec now = { 0 };

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t system_now(struct clock_source *clock)
{
	(void)clock;
	return read_clock(CLOCK_MONOTONIC);
}

static uint64_t system_wall(struct clock_source *clock)
{
	(void)clock;
	return read_clock(CLOCK_REALTIME);
}

struct clock_source *clock_system(void)
{
	static struct clock_source clock = { system_now, system_wall };

	return &clock;
}

static size_t date_text(uint64_t wall, char text[static TIME_TEXT_MAX])
{
	time_t seconds = (time_t)(wall / SECOND);
	struct tm tm;

	/* Nanoseconds in 64 bits end in the year 2554, so this cannot fail. */
	gmtime_r(&seconds, &tm);
	return strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
}

const char *time_text(uint64_t wall, char text[static TIME_TEXT_MAX])
{
	size_t len = date_text(wall, text);

	snprintf(text + len, TIME_TEXT_MAX - len, "Z");
	return text;
}

const char *time_text_ms(uint64_t wall, char text[static TIME_TEXT_MAX])
{
	size_t len = date_text(wall, text);

	snprintf(text + len, TIME_TEXT_MAX - len, ".%03uZ",
		 (unsigned)(wall % SECOND / MILLISECOND));
	return text;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads exactly `count` digits that make a number of at least `least` and at most `most`. */
static bool read_digits(const char **text, int count, int least, int most, int *out)
{
	int number = 0;

	for (int i = 0; i < count; i++) {
		if (!is_digit(**text))
			return false;
		number = number * 10 + (*(*text)++ - '0');
	}
	*out = number;
	return number >= least && number <= most;
}

static bool read_char(const char **text, const char *any_of)
{
	if (**text == '\0' || !strchr(any_of, **text))
		return false;
	(*text)++;
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* A leap second, 60, is read as the second after it. */
static bool read_date_time(const char **text, int64_t *seconds)
{
	int year, month, day, hour, minute, second;

	if (!read_digits(text, 4, 0, 9999, &year) || !read_char(text, "-") ||
	    !read_digits(text, 2, 1, 12, &month) || !read_char(text, "-") ||
	    !read_digits(text, 2, 1, days_in(year, month), &day) || !read_char(text, "Tt"))
		return false;
	if (!read_digits(text, 2, 0, 23, &hour) || !read_char(text, ":") ||
	    !read_digits(text, 2, 0, 59, &minute) || !read_char(text, ":") ||
	    !read_digits(text, 2, 0, 60, &second))
		return false;

	struct tm tm = { .tm_year = year - 1900,
			 .tm_mon = month - 1,
			 .tm_mday = day,
			 .tm_hour = hour,
			 .tm_min = minute,
			 .tm_sec = second };
	*seconds = timegm(&tm);
	return true;
}

/* ".123456789": digits beyond nanoseconds are read and dropped. */
static bool read_fraction(const char **text, uint64_t *nanoseconds)
{
	uint64_t unit = SECOND;

	*nanoseconds = 0;
	if (!read_char(text, "."))
		return true;
	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++) {
		unit /= 10;
		*nanoseconds += unit * (uint64_t)(**text - '0');
	}
	return true;
}

static bool read_offset(const char **text, int64_t *seconds)
{
	int hours, minutes;
	bool west = **text == '-';

	*seconds = 0;
	if (read_char(text, "Zz"))
		return true;
	if (!read_char(text, "+-") || !read_digits(text, 2, 0, 23, &hours) ||
	    !read_char(text, ":") || !read_digits(text, 2, 0, 59, &minutes))
		return false;
	*seconds = (int64_t)(hours * 60 + minutes) * (west ? -60 : 60);
	return true;
}

int time_parse(const char *text, uint64_t *wall)
{
	int64_t seconds, offset;
	uint64_t fraction, total;

	if (!read_date_time(&text, &seconds) || !read_fraction(&text, &fraction) ||
	    !read_offset(&text, &offset) || *text != '\0')
		return -1;
	seconds -= offset;
	if (seconds < 0 || __builtin_mul_overflow((uint64_t)seconds, SECOND, &total) ||
	    __builtin_add_overflow(total, fraction, &total))
		return -1;
	*wall = total;
	return 0;
}

/* Longer names before their beginnings. The two micro signs are different characters. */
static const struct unit {
	const char *name;
	uint64_t size;
} units[] = {
	{ "ns", 1 },
	{ "us", MICROSECOND },
	{ "\u00b5s", MICROSECOND },
	{ "\u03bcs", MICROSECOND },
	{ "ms", MILLISECOND },
	{ "s", SECOND },
	{ "m", MINUTE },
	{ "h", HOUR },
};

static const struct unit *read_unit(const char **text)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(*text, units[i].name, len) == 0) {
			*text += len;
			return &units[i];
		}
	}
	return NULL;
}

static bool read_whole(const char **text, uint64_t *out)
{
	*out = 0;
	for (; is_digit(**text); (*text)++) {
		if (__builtin_mul_overflow(*out, 10u, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(**text - '0'), out))
			return false;
	}
	return true;
}

/* One number with its unit, "1.5h". Taking the fraction's digits from the last to the first keeps
 * the result exact however many there are. */
static bool read_span(const char **text, uint64_t *out)
{
	const char *start = *text;
	uint64_t whole, rest = 0;

	if (!read_whole(text, &whole))
		return false;

	const char *point = *text;
	if (read_char(text, ".")) {
		while (is_digit(**text))
			(*text)++;
	}
	const char *end = *text;
	if (!is_digit(*start) && end - point < 2)
		return false;

	const struct unit *unit = read_unit(text);
	if (!unit || __builtin_mul_overflow(whole, unit->size, &whole))
		return false;
	while (--end > point)
		rest = ((uint64_t)(*end - '0') * unit->size + rest) / 10;
	return !__builtin_add_overflow(whole, rest, out);
}

int duration_parse(const char *text, uint64_t *duration)
{
	uint64_t total = 0, span;

	if (strcmp(text, "0") == 0) {
		*duration = 0;
		return 0;
	}
	if (*text == '\0')
		return -1;
	while (*text) {
		if (!read_span(&text, &span) || __builtin_add_overflow(total, span, &total))
			return -1;
	}
	if (total > INT64_MAX)
		return -1;
	*duration = total;
	return 0;
}

/* "1.5" for 1500 of 1000: the fraction without trailing zeros. */
static size_t print_scaled(char *text, size_t size, uint64_t number, uint64_t scale)
{
	int len = snprintf(text, size, "%llu", (unsigned long long)(number / scale));
	uint64_t rest = number % scale;

	if (rest) {
		text[len++] = '.';
		for (; rest; rest = rest * 10 % scale)
			text[len++] = (char)('0' + rest * 10 / scale);
		text[len] = '\0';
	}
	return (size_t)len;
}

const char *duration_text(uint64_t duration, char text[static TIME_TEXT_MAX])
{
	static const struct unit *const small[] = { &units[0], &units[2], &units[4] };
	size_t len = 0;

	if (duration > 0 && duration < SECOND) {
		const struct unit *unit = small[(duration >= MICROSECOND) +
						(duration >= MILLISECOND)];
		len = print_scaled(text, TIME_TEXT_MAX, duration, unit->size);
		snprintf(text + len, TIME_TEXT_MAX - len, "%s", unit->name);
		return text;
	}
	if (duration >= HOUR)
		len += (size_t)snprintf(text, TIME_TEXT_MAX, "%lluh",
					(unsigned long long)(duration / HOUR));
	if (duration >= MINUTE)
		len += (size_t)snprintf(text + len, TIME_TEXT_MAX - len, "%um",
					(unsigned)(duration % HOUR / MINUTE));
	len += print_scaled(text + len, TIME_TEXT_MAX - len, duration % MINUTE, SECOND);
	snprintf(text + len, TIME_TEXT_MAX - len, "s");
	return text;
}
