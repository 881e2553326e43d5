#include "tree/scalar.h"

#include "base/own.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 512 /* longer texts are strings */

struct word {
	const char *text;
	enum scalar_sense sense;
};

static const struct word words[] = {
	{ "", SENSE_NULL },
	{ "~", SENSE_NULL },
	{ "null", SENSE_NULL },
	{ "Null", SENSE_NULL },
	{ "NULL", SENSE_NULL },
	{ "true", SENSE_BOOL },
	{ "True", SENSE_BOOL },
	{ "TRUE", SENSE_BOOL },
	{ "false", SENSE_BOOL },
	{ "False", SENSE_BOOL },
	{ "FALSE", SENSE_BOOL },
	{ "<<", SENSE_MERGE },
};

struct special_float {
	const char *text;
	double number;
};

static const struct special_float special_floats[] = {
	{ ".inf", INFINITY },
	{ ".Inf", INFINITY },
	{ ".INF", INFINITY },
	{ "+.inf", INFINITY },
	{ "+.Inf", INFINITY },
	{ "+.INF", INFINITY },
	{ "-.inf", -INFINITY },
	{ "-.Inf", -INFINITY },
	{ "-.INF", -INFINITY },
	{ ".nan", (double)NAN },
	{ ".NaN", (double)NAN },
	{ ".NAN", (double)NAN },
};

struct truth {
	const char *text;
	bool flag;
	enum scalar_words words;
};

static const struct truth truths[] = {
	{ "true", true, SCALAR_NEW_WORDS },
	{ "True", true, SCALAR_NEW_WORDS },
	{ "TRUE", true, SCALAR_NEW_WORDS },
	{ "false", false, SCALAR_NEW_WORDS },
	{ "False", false, SCALAR_NEW_WORDS },
	{ "FALSE", false, SCALAR_NEW_WORDS },
	{ "y", true, SCALAR_OLD_WORDS },
	{ "Y", true, SCALAR_OLD_WORDS },
	{ "yes", true, SCALAR_OLD_WORDS },
	{ "Yes", true, SCALAR_OLD_WORDS },
	{ "YES", true, SCALAR_OLD_WORDS },
	{ "on", true, SCALAR_OLD_WORDS },
	{ "On", true, SCALAR_OLD_WORDS },
	{ "ON", true, SCALAR_OLD_WORDS },
	{ "n", false, SCALAR_OLD_WORDS },
	{ "N", false, SCALAR_OLD_WORDS },
	{ "no", false, SCALAR_OLD_WORDS },
	{ "No", false, SCALAR_OLD_WORDS },
	{ "NO", false, SCALAR_OLD_WORDS },
	{ "off", false, SCALAR_OLD_WORDS },
	{ "Off", false, SCALAR_OLD_WORDS },
	{ "OFF", false, SCALAR_OLD_WORDS },
};

static bool same(const char *word, const char *text, size_t len)
{
	return (!len || *word == *text) && strlen(word) == len && memcmp(word, text, len) == 0;
}

static const struct truth *find_truth(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(truths); i++)
		if (same(truths[i].text, text, len))
			return &truths[i];
	return NULL;
}

bool scalar_bool(const char *text, size_t len, enum scalar_words words_taken, bool *out)
{
	const struct truth *truth = find_truth(text, len);

	if (!truth || truth->words > words_taken)
		return false;
	*out = truth->flag;
	return true;
}

/* Copies without underscores and adds the NUL that strtod() needs. */
static bool number_text(const char *text, size_t len, char out[static NUMBER_MAX])
{
	size_t used = 0;

	if (len >= NUMBER_MAX || memchr(text, '\0', len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] != '_')
			out[used++] = text[i];
	out[used] = '\0';
	return used > 0;
}

static unsigned number_base(const char **at)
{
	const char *digits = *at;

	if (digits[0] != '0' || digits[1] == '\0')
		return 10;
	*at += 2;
	switch (digits[1]) {
	case 'x':
	case 'X':
		return 16;
	case 'o':
	case 'O':
		return 8;
	case 'b':
	case 'B':
		return 2;
	default:
		*at -= 1;
		return 8;
	}
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static bool read_digits(const char *at, unsigned base, uint64_t *out)
{
	uint64_t sum = 0;

	if (*at == '\0')
		return false;
	for (; *at; at++) {
		unsigned digit = (unsigned)digit_value(*at);
		if (digit >= base)
			return false;
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit, &sum))
			return false;
	}
	*out = sum;
	return true;
}

bool scalar_int(const char *text, size_t len, struct scalar_int *out)
{
	char clean[NUMBER_MAX];
	const char *at = clean;
	struct scalar_int number = { 0 };
	bool has_sign;

	if (len == 0 || (!isdigit((unsigned char)text[0]) && text[0] != '-' && text[0] != '+'))
		return false;
	if (!number_text(text, len, clean))
		return false;
	number.negative = *at == '-';
	has_sign = *at == '-' || *at == '+';
	at += has_sign;

	unsigned base = number_base(&at);

	if (!read_digits(at, base, &number.magnitude))
		return false;
	if (has_sign && number.magnitude > (uint64_t)INT64_MAX + number.negative)
		return false;
	*out = number;
	return true;
}

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static bool is_float_shape(const char *at)
{
	size_t whole, fraction = 0;

	at += *at == '-' || *at == '+';
	whole = count_digits(at);
	at += whole;
	if (*at == '.') {
		at++;
		fraction = count_digits(at);
		at += fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '-' || *at == '+';
		size_t exponent = count_digits(at);
		if (exponent == 0)
			return false;
		at += exponent;
	}
	return *at == '\0';
}

bool scalar_float(const char *text, size_t len, double *out)
{
	char clean[NUMBER_MAX];
	double number;

	for (size_t i = 0; i < ARRAY_LEN(special_floats); i++) {
		if (!same(special_floats[i].text, text, len))
			continue;
		*out = special_floats[i].number;
		return true;
	}
	if (len == 0 || text[0] == '_' || (text[0] == '.' && memchr(text, '_', len)))
		return false;
	if (!number_text(text, len, clean) || !is_float_shape(clean))
		return false;
	number = strtod(clean, NULL);
	if (!isfinite(number))
		return false;
	*out = number;
	return true;
}

/* Reads 1 or 2 digits (4 with `width` 4) of a value from `low` to `high`. */
static bool read_part(const char **at, const char *end, unsigned width, const unsigned range[2],
		      unsigned *out)
{
	unsigned sum = 0, used = 0;

	while (*at < end && used < width && isdigit((unsigned char)**at)) {
		sum = sum * 10 + (unsigned)(**at - '0');
		(*at)++;
		used++;
	}
	*out = sum;
	return used > 0 && (width != 4 || used == 4) && sum >= range[0] && sum <= range[1];
}

static bool read_char(const char **at, const char *end, char c)
{
	if (*at >= end || **at != c)
		return false;
	(*at)++;
	return true;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (leap && month == 2);
}

static bool read_date(const char **at, const char *end)
{
	unsigned year, month, day;

	return read_part(at, end, 4, (unsigned[]){ 0, 9999 }, &year) && read_char(at, end, '-') &&
	       read_part(at, end, 2, (unsigned[]){ 1, 12 }, &month) && read_char(at, end, '-') &&
	       read_part(at, end, 2, (unsigned[]){ 1, days_of_month(year, month) }, &day);
}

static bool read_clock(const char **at, const char *end)
{
	unsigned part;

	if (!read_part(at, end, 2, (unsigned[]){ 0, 23 }, &part) || !read_char(at, end, ':') ||
	    !read_part(at, end, 2, (unsigned[]){ 0, 59 }, &part) || !read_char(at, end, ':') ||
	    !read_part(at, end, 2, (unsigned[]){ 0, 59 }, &part))
		return false;
	if (read_char(at, end, '.')) {
		const char *start = *at;
		while (*at < end && isdigit((unsigned char)**at))
			(*at)++;
		return *at > start;
	}
	return true;
}

static bool read_zone(const char **at, const char *end)
{
	unsigned part;

	if (read_char(at, end, 'Z'))
		return true;
	if (!read_char(at, end, '+') && !read_char(at, end, '-'))
		return false;
	return read_part(at, end, 2, (unsigned[]){ 0, 24 }, &part) && read_char(at, end, ':') &&
	       read_part(at, end, 2, (unsigned[]){ 0, 59 }, &part);
}

static bool is_time(const char *text, size_t len)
{
	const char *at = text, *end = text + len;

	if (!read_date(&at, end))
		return false;
	if (at == end)
		return true;
	if (read_char(&at, end, ' '))
		return read_clock(&at, end) && at == end;
	if (!read_char(&at, end, 'T') && !read_char(&at, end, 't'))
		return false;
	return read_clock(&at, end) && read_zone(&at, end) && at == end;
}

enum scalar_sense scalar_sense(const char *text, size_t len)
{
	struct scalar_int number;
	double real;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (same(words[i].text, text, len))
			return words[i].sense;
	if (!isdigit((unsigned char)text[0]) && !strchr("+-.", text[0]))
		return SENSE_STR;
	if (is_time(text, len))
		return SENSE_TIME;
	if (scalar_int(text, len, &number))
		return SENSE_INT;
	return scalar_float(text, len, &real) ? SENSE_FLOAT : SENSE_STR;
}

static void skip_digits(const char **at, const char *end)
{
	while (*at < end && (isdigit((unsigned char)**at) || **at == '_'))
		(*at)++;
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool is_base60(const char *at, const char *end)
{
	unsigned groups = 0, part;

	if (!read_char(&at, end, '-'))
		read_char(&at, end, '+');
	if (at == end || !isdigit((unsigned char)*at))
		return false;
	skip_digits(&at, end);
	for (; read_char(&at, end, ':'); groups++)
		if (!read_part(&at, end, 2, (unsigned[]){ 0, 59 }, &part))
			return false;
	if (groups > 0 && read_char(&at, end, '.'))
		skip_digits(&at, end);
	return groups > 0 && at == end;
}

bool scalar_is_old_word(const char *text, size_t len)
{
	const struct truth *truth = find_truth(text, len);

	return (truth && truth->words == SCALAR_OLD_WORDS) || is_base60(text, text + len);
}

/* "%.*e" with the fewest digits that read back; at most 17 are ever needed. */
static void shortest_exponent_form(double number, char text[static SCALAR_FLOAT_MAX])
{
	for (int digits = 0; digits <= 16; digits++) {
		snprintf(text, SCALAR_FLOAT_MAX, "%.*e", digits, number);
		if (strtod(text, NULL) == number)
			return;
	}
}

const char *scalar_float_text(double number, char text[static SCALAR_FLOAT_MAX])
{
	char form[SCALAR_FLOAT_MAX];
	int digits, exponent;

	if (isnan(number) || isinf(number)) {
		const char *name = isnan(number) ? ".nan" : number > 0 ? ".inf"
								       : "-.inf";
		snprintf(text, SCALAR_FLOAT_MAX, "%s", name);
		return text;
	}
	shortest_exponent_form(number, form);

	const char *mark = strchr(form, 'e');
	const char *point = strchr(form, '.');

	digits = point ? (int)(mark - point) - 1 : 0;
	exponent = (int)strtol(mark + 1, NULL, 10);
	if (exponent < -4 || exponent >= 6)
		snprintf(text, SCALAR_FLOAT_MAX, "%s", form);
	else
		snprintf(text, SCALAR_FLOAT_MAX, "%.*f",
			 digits > exponent ? digits - exponent : 0, number);
	return text;
}
