#include "convert/go_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* sprig counts in decimal, so that 0.1 and 0.2 are 0.3, and divides to this many places. */
#define PLACES 16
#define DIGITS_KEPT 18

/* digits times ten to the power of `scale` */
struct decimal {
	__extension__ __int128 digits;
	int scale;
};

/* What a number is to whom reads it: its shortest digits. */
static bool decimal_of(double real, struct decimal *out)
{
	char text[40];
	int precision = 0;

	if (!isfinite(real))
		return false;
	do
		snprintf(text, sizeof(text), "%.*e", precision, real);
	while (strtod(text, NULL) != real && ++precision < 17);

	*out = (struct decimal){ 0, 0 };
	for (const char *at = text; *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			out->digits = out->digits * 10 + (*at - '0');
	out->scale = (int)strtol(strchr(text, 'e') + 1, NULL, 10) - precision;
	if (*text == '-')
		out->digits = -out->digits;
	return true;
}

static double real_of(const struct decimal *decimal)
{
	__extension__ __int128 left = decimal->digits < 0 ? -decimal->digits : decimal->digits;
	char text[80];
	size_t at = 60;

	snprintf(text + at, sizeof(text) - at, "e%d", decimal->scale);
	do {
		text[--at] = (char)('0' + (int)(left % 10));
		left /= 10;
	} while (left > 0);
	if (decimal->digits < 0)
		text[--at] = '-';
	return strtod(text + at, NULL);
}

/* Moves digits behind the scale's point; false when they do not fit. */
static bool rescale(struct decimal *decimal, int scale)
{
	for (; decimal->scale > scale && decimal->digits; decimal->scale--)
		if (__builtin_mul_overflow(decimal->digits, 10, &decimal->digits))
			return false;
	if (!decimal->digits)
		decimal->scale = scale;
	return true;
}

static void shorten(struct decimal *decimal)
{
	__extension__ __int128 most = 1;

	for (int i = 0; i < DIGITS_KEPT; i++)
		most *= 10;
	for (; decimal->digits > most || decimal->digits < -most; decimal->scale++)
		decimal->digits /= 10;
}

typedef bool step_fn(struct decimal *a, struct decimal *b);

static bool step_add(struct decimal *a, struct decimal *b)
{
	int scale = a->scale < b->scale ? a->scale : b->scale;

	return rescale(a, scale) && rescale(b, scale) &&
	       !__builtin_add_overflow(a->digits, b->digits, &a->digits);
}

static bool step_sub(struct decimal *a, struct decimal *b)
{
	b->digits = -b->digits;
	return step_add(a, b);
}

static bool step_mul(struct decimal *a, struct decimal *b)
{
	shorten(a);
	shorten(b);
	a->digits *= b->digits;
	a->scale += b->scale;
	return true;
}

/* Rounded half up, away from zero. */
static bool step_div(struct decimal *a, struct decimal *b)
{
	__extension__ __int128 rest;

	shorten(a);
	shorten(b);
	if (!rescale(a, b->scale - PLACES) || !rescale(b, a->scale + PLACES))
		return false;
	rest = a->digits % b->digits;
	a->digits /= b->digits;
	bool below = (rest < 0) != (b->digits < 0);

	if (rest < 0)
		rest = -rest;
	if (rest >= (b->digits < 0 ? -b->digits : b->digits) - rest && rest > 0)
		a->digits += below ? -1 : 1;
	a->scale = -PLACES;
	return true;
}

static int count_in_decimal(struct go_run *run, const struct go_value *arg, size_t args,
			    step_fn *step, struct go_value *out)
{
	struct decimal sum = { 0, 0 };

	for (size_t i = 0; i < args; i++) {
		struct decimal now;

		if (!decimal_of(go_to_float(run, &arg[i]), &now))
			return go_fail(run, "this is not a number");
		if (i > 0 && step == step_div && now.digits == 0)
			return go_fail(run, "a division by zero");
		if (i == 0)
			sum = now;
		else if (!step(&sum, &now))
			return go_fail(run, "the numbers have too many digits");
	}
	*out = go_of_float(real_of(&sum));
	return 0;
}

static int do_addf(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return count_in_decimal(run, arg, args, step_add, out);
}

static int do_subf(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return count_in_decimal(run, arg, args, step_sub, out);
}

static int do_mulf(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return count_in_decimal(run, arg, args, step_mul, out);
}

static int do_divf(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return count_in_decimal(run, arg, args, step_div, out);
}

static int do_add1f(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	const struct go_value both[] = { *arg, go_of_int(1) };

	(void)args;
	return count_in_decimal(run, both, ARRAY_LEN(both), step_add, out);
}

static int keep(struct go_run *run, const struct go_value *arg, size_t args,
		double (*better)(double, double), struct go_value *out)
{
	double real = go_to_float(run, &arg[0]);

	for (size_t i = 1; i < args; i++)
		real = better(real, go_to_float(run, &arg[i]));
	*out = go_of_float(real);
	return 0;
}

static int do_maxf(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return keep(run, arg, args, fmax, out);
}

static int do_minf(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return keep(run, arg, args, fmin, out);
}

/* Of octal digits. */
static int do_to_decimal(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	struct go_text text;
	int64_t number = 0;
	bool minus, valid;

	(void)args;
	if (go_strval(run, arg, &text) < 0)
		return -1;
	minus = text.len > 0 && text.at[0] == '-';
	valid = text.len > minus;
	for (size_t i = minus || (text.len > 1 && text.at[0] == '+'); i < text.len && valid; i++)
		valid = text.at[i] >= '0' && text.at[i] <= '7' &&
			!__builtin_mul_overflow(number, INT64_C(8), &number) &&
			!__builtin_add_overflow(number, text.at[i] - '0', &number);
	*out = go_of_int64(valid ? (minus ? -number : number) : 0);
	return 0;
}

static const struct go_function rows[] = {
	{ "addf", "a*", do_addf },
	{ "add1f", "a", do_add1f },
	{ "subf", "aa*", do_subf },
	{ "mulf", "aa*", do_mulf },
	{ "divf", "aa*", do_divf },
	{ "maxf", "aa*", do_maxf },
	{ "minf", "aa*", do_minf },
	{ "toDecimal", "a", do_to_decimal },
};

const struct go_functions go_float_functions = { rows, ARRAY_LEN(rows) };
