#include "tree/scalar.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

struct meaning {
	const char *text;
	enum scalar_sense sense;
};

static const struct meaning meanings[] = {
	{ "", SENSE_NULL },
	{ "~", SENSE_NULL },
	{ "null", SENSE_NULL },
	{ "nULL", SENSE_STR },
	{ "true", SENSE_BOOL },
	{ "yes", SENSE_STR },
	{ "<<", SENSE_MERGE },
	{ "<", SENSE_STR },
	{ "0", SENSE_INT },
	{ "-0", SENSE_INT },
	{ "0xff", SENSE_INT },
	{ "0XFF", SENSE_INT },
	{ "0b102", SENSE_STR },
	{ "1_2", SENSE_INT },
	{ "_1", SENSE_STR },
	{ "1_", SENSE_INT },
	{ "+", SENSE_STR },
	{ "-", SENSE_STR },
	{ "08", SENSE_FLOAT },
	{ "1.", SENSE_FLOAT },
	{ ".", SENSE_STR },
	{ "..5", SENSE_STR },
	{ "1e5", SENSE_FLOAT },
	{ "1e", SENSE_STR },
	{ "-.inf", SENSE_FLOAT },
	{ "inf", SENSE_STR },
	{ "2001-1-2", SENSE_TIME },
	{ "2001-02-29", SENSE_STR },
	{ "2000-02-29", SENSE_TIME },
	{ "2001-01-02 1:2:3.5", SENSE_TIME },
	{ "2001-01-02T01:02:03+01:00", SENSE_TIME },
	{ "2001-01-02T01:02:03", SENSE_STR },
	{ "2001-01-02 25:00:00", SENSE_STR },
	{ "201-01-02", SENSE_STR },
};

Test(scalar, tells_what_a_text_means)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		cr_expect_eq(scalar_sense(meanings[i].text, strlen(meanings[i].text)),
			     meanings[i].sense, "%s", meanings[i].text);
	cr_expect_eq(scalar_sense("1\0", 2), SENSE_STR);
	cr_expect_eq(scalar_sense("12345", 2), SENSE_INT);
}

Test(scalar, knows_the_old_words)
{
	static const char *const old[] = { "y", "Y", "yes", "NO", "On", "off",
					   "1:2", "-1:59", "1:2:3", "1_0:30", "1:30.5", "0:0." };
	static const char *const newer[] = { "yEs", "oN", "1:60", "1:", ":1", "1", "", "1:2x",
					     "a:1", "true" };

	for (size_t i = 0; i < ARRAY_LEN(old); i++)
		cr_expect(scalar_is_old_word(old[i], strlen(old[i])), "%s", old[i]);
	for (size_t i = 0; i < ARRAY_LEN(newer); i++)
		cr_expect_not(scalar_is_old_word(newer[i], strlen(newer[i])), "%s", newer[i]);
}

struct printed {
	double number;
	const char *text;
};

static const struct printed floats[] = {
	{ 0, "0" },
	{ -0.0, "-0" },
	{ 1, "1" },
	{ 0.5, "0.5" },
	{ 100000.5, "100000.5" },
	{ 1000000, "1e+06" },
	{ 1e-4, "0.0001" },
	{ 1e-5, "1e-05" },
	{ 123456789.125, "1.23456789125e+08" },
	{ 0.1, "0.1" },
	{ -2.5, "-2.5" },
	{ 1e22, "1e+22" },
	{ 1e300, "1e+300" },
	{ 5e-324, "5e-324" },
	{ INFINITY, ".inf" },
	{ -INFINITY, "-.inf" },
};

Test(scalar, prints_the_shortest_float)
{
	for (size_t i = 0; i < ARRAY_LEN(floats); i++) {
		char text[SCALAR_FLOAT_MAX];
		double back = 0;

		cr_expect_str_eq(scalar_float_text(floats[i].number, text), floats[i].text);
		cr_expect(scalar_float(text, strlen(text), &back), "%s", text);
		cr_expect(back == floats[i].number, "%s", text);
	}
}
