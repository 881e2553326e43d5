#include "base/text.h"
#include "convert/go_run.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 100000

/* The base of digits by their prefix, which is passed. */
static int take_base(const char **digits)
{
	static const struct {
		const char *letters;
		int base;
	} bases[] = { { "xX", 16 }, { "oO", 8 }, { "bB", 2 } };
	const char *at = *digits;

	if (at[0] != '0' || !at[1])
		return 10;
	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		if (!strchr(bases[i].letters, at[1]))
			continue;
		*digits = at + 2;
		return bases[i].base;
	}
	*digits = at + 1;
	return 8;
}

/* Without the underscores that may stand between digits; false when something else does. */
static bool plain_digits(const char *from, char *to, size_t size)
{
	size_t len = 0;

	for (; *from && len + 1 < size; from++) {
		if (*from == '_' && from[1] && from[1] != '_')
			continue;
		to[len++] = *from;
	}
	to[len] = '\0';
	return !*from && len > 0 && strspn(to, " \t\n\r\v\f+-_") == 0;
}

bool go_whole(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	const char *digits = text + (negative || *text == '+');
	int base = take_base(&digits);
	char plain[80], *end;
	uint64_t number;

	if (!plain_digits(digits, plain, sizeof(plain)))
		return false;
	errno = 0;
	number = strtoull(plain, &end, base);
	if (errno || *end || number > (uint64_t)INT64_MAX + negative)
		return false;
	*out = (int64_t)(negative ? 0 - number : number);
	return true;
}

/* A text as a number, trailing ".000" dropped; 0 when it is none. */
static int64_t text_number(struct go_run *run, struct go_text text)
{
	const char *zeros = text.at + text.len;
	int64_t number = 0;

	while (zeros > text.at && zeros[-1] == '0')
		zeros--;
	if (zeros > text.at && zeros[-1] == '.' && zeros < text.at + text.len)
		text.len = (size_t)(zeros - 1 - text.at);
	return go_whole(go_text_c(run, text), &number) ? number : 0;
}

int64_t go_to_int(struct go_run *run, const struct go_value *value)
{
	switch (value->sort) {
	case SORT_INT:
		return value->number;
	case SORT_FLOAT:
		if (!(value->real > -9.2233720368547758e18 && value->real < 9.2233720368547758e18))
			return INT64_MIN;
		return (int64_t)value->real;
	case SORT_BOOL:
		return value->flag;
	case SORT_TEXT:
		return text_number(run, value->text);
	default:
		return 0;
	}
}

double go_to_float(struct go_run *run, const struct go_value *value)
{
	const char *text;
	char *end;
	double real;

	if (value->sort == SORT_FLOAT)
		return value->real;
	if (value->sort != SORT_TEXT)
		return (double)go_to_int(run, value);
	text = go_text_c(run, value->text);
	if (!*text || strspn(text, " \t\n\r\v\f") > 0)
		return 0;
	real = strtod(text, &end);
	return *end ? 0 : real;
}

static int do_int(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)args;
	*out = go_of_int(go_to_int(run, arg));
	return 0;
}

static int do_int64(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)args;
	*out = go_of_int64(go_to_int(run, arg));
	return 0;
}

static int do_float64(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)args;
	*out = go_of_float(go_to_float(run, arg));
	return 0;
}

static int do_atoi(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	const char *text = go_text_c(run, arg->text);
	int64_t number = 0;

	(void)args;
	if (*text == '+')
		text++;
	if (!*text || strspn(text, "+ \t") > 0 || !text_i64(text, &number))
		number = 0;
	*out = go_of_int(number);
	return 0;
}

/* Numbers of Go wrap around. */
static int64_t wrap_add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrap_mul(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t keep_max(int64_t a, int64_t b)
{
	return b > a ? b : a;
}

static int64_t keep_min(int64_t a, int64_t b)
{
	return b < a ? b : a;
}

static int fold(struct go_run *run, const struct go_value *arg, size_t args,
		int64_t (*step)(int64_t, int64_t), struct go_value *out)
{
	int64_t number = args > 0 ? go_to_int(run, &arg[0]) : 0;

	for (size_t i = 1; i < args; i++)
		number = step(number, go_to_int(run, &arg[i]));
	*out = go_of_int64(number);
	return 0;
}

static int do_add(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	return fold(run, arg, args, wrap_add, out);
}

static int do_mul(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	return fold(run, arg, args, wrap_mul, out);
}

static int do_max(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	return fold(run, arg, args, keep_max, out);
}

static int do_min(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	return fold(run, arg, args, keep_min, out);
}

static int do_add1(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	(void)args;
	*out = go_of_int64(wrap_add(go_to_int(run, arg), 1));
	return 0;
}

static int do_sub(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)args;
	*out = go_of_int64(
		(int64_t)((uint64_t)go_to_int(run, &arg[0]) - (uint64_t)go_to_int(run, &arg[1])));
	return 0;
}

static int divide(struct go_run *run, const struct go_value *arg, bool rest, struct go_value *out)
{
	int64_t a = go_to_int(run, &arg[0]), b = go_to_int(run, &arg[1]);

	if (b == 0)
		return go_fail(run, "a number is divided by zero");
	if (b == -1)
		*out = go_of_int64(rest ? 0 : (int64_t)(0 - (uint64_t)a));
	else
		*out = go_of_int64(rest ? a % b : a / b);
	return 0;
}

static int do_div(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)args;
	return divide(run, arg, false, out);
}

static int do_mod(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)args;
	return divide(run, arg, true, out);
}

static int do_floor(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)args;
	*out = go_of_float(floor(go_to_float(run, arg)));
	return 0;
}

static int do_ceil(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	(void)args;
	*out = go_of_float(ceil(go_to_float(run, arg)));
	return 0;
}

static int do_round(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	double places = pow(10, (double)arg[1].number), whole;
	double digits = places * go_to_float(run, &arg[0]);
	double on = args > 2 ? arg[2].real : 0.5;

	*out = go_of_float((modf(digits, &whole) >= on ? ceil(digits) : floor(digits)) / places);
	return 0;
}

/* start, start + step, ... up to but without stop. */
static int count(struct go_run *run, int64_t start, int64_t stop, int64_t step,
		 struct go_list **out)
{
	struct go_list *list = go_list_new(run);
	bool down = stop < start;
	uint64_t span = down ? (uint64_t)start - (uint64_t)stop : (uint64_t)stop - (uint64_t)start;
	uint64_t size = step < 0 ? 0 - (uint64_t)step : (uint64_t)step;

	*out = list;
	if (down ? step >= 0 : step <= 0)
		return 0;
	if (span / size > NUMBERS_MAX)
		return go_fail(run, "more than %d numbers are counted", NUMBERS_MAX);
	for (uint64_t at = 0; at < span; at += size)
		go_list_add(run, list,
			    go_of_int((int64_t)(down ? (uint64_t)start - at
						     : (uint64_t)start + at)));
	return go_charge(run, list->len * sizeof(struct go_value));
}

static struct go_value numbers(const struct go_list *list)
{
	struct go_value value = go_of_list(list);

	value.named = "[]int";
	return value;
}

static int do_until(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct go_list *list;

	(void)args;
	if (count(run, 0, arg->number, arg->number < 0 ? -1 : 1, &list) < 0)
		return -1;
	*out = numbers(list);
	return 0;
}

static int do_until_step(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	struct go_list *list;

	(void)args;
	if (count(run, arg[0].number, arg[1].number, arg[2].number, &list) < 0)
		return -1;
	*out = numbers(list);
	return 0;
}

/* seq last, seq first last, seq first step last: with the last, as one text. */
static int do_seq(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);
	int64_t first = args > 1 ? arg[0].number : 1;
	int64_t last = args > 0 ? arg[args > 3 ? 0 : args - 1].number : 0;
	int64_t one = last < first ? -1 : 1;
	int64_t step = args == 3 ? arg[1].number : one;
	struct go_list *list = go_list_new(run);

	if (args >= 1 && args <= 3 && !(one < 0 && step > 0) &&
	    count(run, first, wrap_add(last, one), step, &list) < 0)
		return -1;
	for (size_t i = 0; i < list->len; i++)
		str_addf(&built, i ? " %lld" : "%lld", (long long)list->at[i].number);
	return go_text_take(run, &built, out);
}

static const struct go_function rows[] = {
	{ "int", "a", do_int },
	{ "int64", "a", do_int64 },
	{ "float64", "a", do_float64 },
	{ "atoi", "s", do_atoi },
	{ "add", "a*", do_add },
	{ "add1", "a", do_add1 },
	{ "sub", "aa", do_sub },
	{ "mul", "aa*", do_mul },
	{ "div", "aa", do_div },
	{ "mod", "aa", do_mod },
	{ "max", "aa*", do_max },
	{ "biggest", "aa*", do_max },
	{ "min", "aa*", do_min },
	{ "floor", "a", do_floor },
	{ "ceil", "a", do_ceil },
	{ "round", "aif*", do_round },
	{ "until", "i", do_until },
	{ "untilStep", "iii", do_until_step },
	{ "seq", "i*", do_seq },
};

const struct go_functions go_number_functions = { rows, ARRAY_LEN(rows) };
