#include "base/own.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cel/functions.h"
#include "tree/scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INT_EDGE 9223372036854775808.0	 /* 2^63 */
#define UINT_EDGE 18446744073709551616.0 /* 2^64 */

static struct cel_value of_kind(enum cel_kind kind, const char *at, size_t len)
{
	return (struct cel_value){ .kind = kind, .text = { at, len } };
}

static int no_fit(const char *kind, struct err *err)
{
	return err_set(err, ERR_INPUT, "the number does not fit into %s", kind);
}

static int not_a(const char *what, const struct cel_value *arg, struct err *err)
{
	return err_set(err, ERR_INPUT, "\"%.40s\" is not %s", arg->text.at, what);
}

/* A text with a NUL inside is no number, and no duration. */
static const char *plain_text(const struct cel_value *arg)
{
	return strlen(arg->text.at) == arg->text.len ? arg->text.at : "";
}

int same_value(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	       struct err *err)
{
	(void)work;
	(void)err;
	*out = arg[0];
	return 0;
}

int type_of(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	    struct err *err)
{
	(void)work;
	(void)err;
	*out = (struct cel_value){ .kind = CEL_TYPE, .type = arg[0].kind };
	return 0;
}

int int_of_uint(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	(void)work;
	if (arg[0].natural > INT64_MAX)
		return no_fit("an int", err);
	*out = cel_of_int((int64_t)arg[0].natural);
	return 0;
}

int int_of_double(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	if (!(arg[0].real > -INT_EDGE && arg[0].real < INT_EDGE))
		return no_fit("an int", err);
	*out = cel_of_int((int64_t)arg[0].real);
	return 0;
}

int int_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	int64_t number;

	(void)work;
	if (!text_i64(plain_text(&arg[0]) + (arg[0].text.at[0] == '+'), &number))
		return not_a("an int", &arg[0], err);
	*out = cel_of_int(number);
	return 0;
}

int int_of_timestamp(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int(arg[0].time.seconds);
	return 0;
}

int int_of_duration(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int(arg[0].number);
	return 0;
}

int uint_of_int(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	(void)work;
	if (arg[0].number < 0)
		return no_fit("an uint", err);
	*out = cel_of_uint((uint64_t)arg[0].number);
	return 0;
}

int uint_of_double(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	if (!(arg[0].real >= 0 && arg[0].real < UINT_EDGE))
		return no_fit("an uint", err);
	*out = cel_of_uint((uint64_t)arg[0].real);
	return 0;
}

int uint_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	uint64_t number;

	(void)work;
	if (!text_u64(plain_text(&arg[0]), &number))
		return not_a("an uint", &arg[0], err);
	*out = cel_of_uint(number);
	return 0;
}

int double_of_int(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_double((double)arg[0].number);
	return 0;
}

int double_of_uint(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_double((double)arg[0].natural);
	return 0;
}

int double_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	const char *text = plain_text(&arg[0]);
	char *end;
	double number = strtod(text, &end);
	bool finite = isfinite(number) || !strpbrk(text, "0123456789");

	(void)work;
	if (!*text || *end || isspace((unsigned char)*text) || !finite)
		return not_a("a double", &arg[0], err);
	*out = cel_of_double(number);
	return 0;
}

static bool is_word(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

int bool_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	const char *text = plain_text(&arg[0]);
	bool flag = is_word(text, yes, ARRAY_LEN(yes));

	(void)work;
	if (!flag && !is_word(text, no, ARRAY_LEN(no)))
		return not_a("true or false", &arg[0], err);
	*out = cel_of_bool(flag);
	return 0;
}

int bytes_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	(void)work;
	(void)err;
	*out = of_kind(CEL_BYTES, arg[0].text.at, arg[0].text.len);
	return 0;
}

int string_of_bool(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_text(arg[0].flag ? "true" : "false");
	return 0;
}

int string_of_int(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)err;
	*out = cel_of_text(arena_printf(work->arena, "%lld", (long long)arg[0].number));
	return 0;
}

int string_of_uint(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)err;
	*out = cel_of_text(arena_printf(work->arena, "%llu", (unsigned long long)arg[0].natural));
	return 0;
}

int string_of_double(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	char text[SCALAR_FLOAT_MAX];

	(void)err;
	if (isnan(arg[0].real))
		*out = cel_of_text("NaN");
	else if (isinf(arg[0].real))
		*out = cel_of_text(arg[0].real < 0 ? "-Inf" : "+Inf");
	else
		*out = cel_of_text(arena_str(work->arena, scalar_float_text(arg[0].real, text)));
	return 0;
}

int string_of_bytes(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	(void)work;
	if (!utf8_is_valid(arg[0].text.at, arg[0].text.len))
		return err_set(err, ERR_INPUT, "the bytes are not UTF-8");
	*out = of_kind(CEL_STRING, arg[0].text.at, arg[0].text.len);
	return 0;
}

int string_of_timestamp(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
			struct err *err)
{
	(void)err;
	*out = cel_of_text(timestamp_print(work->arena, &arg[0].time));
	return 0;
}

int string_of_duration(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		       struct err *err)
{
	(void)err;
	*out = cel_of_text(duration_print(work->arena, arg[0].number));
	return 0;
}

int timestamp_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
			struct err *err)
{
	struct cel_time time;

	(void)work;
	if (!timestamp_read(plain_text(&arg[0]), &time))
		return not_a("a time", &arg[0], err);
	*out = (struct cel_value){ .kind = CEL_TIMESTAMP, .time = time };
	return 0;
}

int timestamp_of_int(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	if (!timestamp_fits(arg[0].number))
		return err_set(err, ERR_INPUT, "the time is beyond the years 1 to 9999");
	*out = (struct cel_value){ .kind = CEL_TIMESTAMP, .time = { arg[0].number, 0 } };
	return 0;
}

int duration_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		       struct err *err)
{
	int64_t nanos;

	(void)work;
	if (!duration_read(plain_text(&arg[0]), &nanos))
		return not_a("a duration", &arg[0], err);
	*out = (struct cel_value){ .kind = CEL_DURATION, .number = nanos };
	return 0;
}

/* The type of this one exists, but no value. */
int duration_of_int(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		    struct err *err)
{
	(void)work;
	(void)arg;
	(void)out;
	err_set(err, ERR_INPUT, "a duration is a text, not a number");
	return err_hint(err, "write duration('10s')");
}
