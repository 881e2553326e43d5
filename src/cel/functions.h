/*
 * The functions behind the rows of functions.c, by subject. Their arguments have the kinds that the
 * row says. Internal to the module.
 */
#pragma once

#include "cel/node.h"

#define NANOS_PER_SECOND 1000000000

/* arithmetic.c */
cel_function_fn add_ints, subtract_ints, multiply_ints, divide_ints, remain_ints, negate_int,
	add_uints, subtract_uints, multiply_uints, divide_uints, remain_uints, add_doubles,
	subtract_doubles, multiply_doubles, divide_doubles, negate_double, negate_bool;

/* text.c */
cel_function_fn add_texts, add_lists, text_contains, text_begins, text_finishes, text_matches,
	size_of_string, size_of_bytes, size_of_list;

/* convert.c */
cel_function_fn same_value, type_of, int_of_uint, int_of_double, int_of_string, int_of_timestamp,
	int_of_duration, uint_of_int, uint_of_double, uint_of_string, double_of_int, double_of_uint,
	double_of_string, bool_of_string, bytes_of_string, string_of_bool, string_of_int,
	string_of_uint, string_of_double, string_of_bytes, string_of_timestamp, string_of_duration,
	timestamp_of_string, timestamp_of_int, duration_of_string, duration_of_int;

/* time.c; those in _in take a zone, "UTC" or "+02:00" */
cel_function_fn add_time, add_to_duration, add_durations, subtract_times, subtract_from_time,
	subtract_durations, part_year, part_month, part_date, part_month_day, part_week_day,
	part_year_day, part_hours, part_minutes, part_seconds, part_milliseconds, part_year_in,
	part_month_in, part_date_in, part_month_day_in, part_week_day_in, part_year_day_in,
	part_hours_in, part_minutes_in, part_seconds_in, part_milliseconds_in, duration_hours,
	duration_minutes, duration_seconds, duration_milliseconds;

/* RFC 3339, years 1 to 9999. */
bool timestamp_read(const char *text, struct cel_time *out);
const char *timestamp_print(struct arena *arena, const struct cel_time *time);
bool timestamp_fits(int64_t seconds);
/* As Go writes durations: "1h30m", "-1.5s". */
bool duration_read(const char *text, int64_t *out);
const char *duration_print(struct arena *arena, int64_t nanos); /* "5400s" */
