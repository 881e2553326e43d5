/*
 * Time. The one place that asks the system for it; everything else is given a struct clock_source.
 *
 * Monotonic time and durations are uint64_t nanoseconds; wall time is uint64_t nanoseconds since
 * 1970-01-01 UTC. A loop owns a clock (loop/loop.h); rehearsals own a virtual one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MICROSECOND UINT64_C(1000)
#define MILLISECOND (UINT64_C(1000) * MICROSECOND)
#define SECOND (UINT64_C(1000) * MILLISECOND)
#define MINUTE (UINT64_C(60) * SECOND)
#define HOUR (UINT64_C(60) * MINUTE)
#define DAY (UINT64_C(24) * HOUR)

struct clock_source {
	uint64_t (*now)(struct clock_source *clock);  /* monotonic */
	uint64_t (*wall)(struct clock_source *clock); /* since the epoch */
};

struct clock_source *clock_system(void); /* a static object; never freed */

#define TIME_TEXT_MAX 40
/* "2026-01-02T03:04:05Z", or with milliseconds "2026-01-02T03:04:05.678Z". Returns `text`. */
const char *time_text(uint64_t wall, char text[static TIME_TEXT_MAX]);
const char *time_text_ms(uint64_t wall, char text[static TIME_TEXT_MAX]);
/* Reads RFC 3339 UTC or with an offset; returns -1 when it is none. */
int time_parse(const char *text, uint64_t *wall);

/* "90s", "10m", "1h30m", "500ms", as Go prints and reads durations; -1 when it is none. */
int duration_parse(const char *text, uint64_t *duration);
const char *duration_text(uint64_t duration, char text[static TIME_TEXT_MAX]); /* "1m30s" */
