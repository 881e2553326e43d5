#include "cel/functions.h"

#define OVERFLOWS(err) err_set(err, ERR_INPUT, "the number does not fit into 64 bits")

int add_ints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	     struct err *err)
{
	(void)work;
	int64_t result;

	if (__builtin_add_overflow(arg[0].number, arg[1].number, &result))
		return OVERFLOWS(err);
	*out = cel_of_int(result);
	return 0;
}

int subtract_ints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	int64_t result;

	if (__builtin_sub_overflow(arg[0].number, arg[1].number, &result))
		return OVERFLOWS(err);
	*out = cel_of_int(result);
	return 0;
}

int multiply_ints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	int64_t result;

	if (__builtin_mul_overflow(arg[0].number, arg[1].number, &result))
		return OVERFLOWS(err);
	*out = cel_of_int(result);
	return 0;
}

int add_uints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	      struct err *err)
{
	(void)work;
	uint64_t result;

	if (__builtin_add_overflow(arg[0].natural, arg[1].natural, &result))
		return OVERFLOWS(err);
	*out = cel_of_uint(result);
	return 0;
}

int subtract_uints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	uint64_t result;

	if (__builtin_sub_overflow(arg[0].natural, arg[1].natural, &result))
		return OVERFLOWS(err);
	*out = cel_of_uint(result);
	return 0;
}

int multiply_uints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	uint64_t result;

	if (__builtin_mul_overflow(arg[0].natural, arg[1].natural, &result))
		return OVERFLOWS(err);
	*out = cel_of_uint(result);
	return 0;
}

static int check_divisor(const struct cel_value *arg, struct err *err)
{
	if (arg[1].number == 0)
		return err_set(err, ERR_INPUT, "a division by zero");
	if (arg[0].number == INT64_MIN && arg[1].number == -1)
		return OVERFLOWS(err);
	return 0;
}

int divide_ints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	(void)work;
	if (check_divisor(arg, err) < 0)
		return -1;
	*out = cel_of_int(arg[0].number / arg[1].number);
	return 0;
}

int divide_uints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	(void)work;
	if (arg[1].natural == 0)
		return err_set(err, ERR_INPUT, "a division by zero");
	*out = cel_of_uint(arg[0].natural / arg[1].natural);
	return 0;
}

int remain_ints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	(void)work;
	if (check_divisor(arg, err) < 0)
		return -1;
	*out = cel_of_int(arg[0].number % arg[1].number);
	return 0;
}

int remain_uints(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	(void)work;
	if (arg[1].natural == 0)
		return err_set(err, ERR_INPUT, "a division by zero");
	*out = cel_of_uint(arg[0].natural % arg[1].natural);
	return 0;
}

int negate_int(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	       struct err *err)
{
	(void)work;
	if (arg[0].number == INT64_MIN)
		return OVERFLOWS(err);
	*out = cel_of_int(-arg[0].number);
	return 0;
}

int add_doubles(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_double(arg[0].real + arg[1].real);
	return 0;
}

int subtract_doubles(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_double(arg[0].real - arg[1].real);
	return 0;
}

int multiply_doubles(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		     struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_double(arg[0].real * arg[1].real);
	return 0;
}

int divide_doubles(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_double(arg[0].real / arg[1].real);
	return 0;
}

int negate_double(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_double(-arg[0].real);
	return 0;
}

int negate_bool(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_bool(!arg[0].flag);
	return 0;
}
