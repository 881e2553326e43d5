#include "ops/window.h"

#include "base/text.h"

#include <string.h>

/* How many openings that touch are followed: a week of one each minute. */
#define JOINS_MAX 10080

static int64_t seconds_of(uint64_t wall)
{
	return (int64_t)(wall / SECOND);
}

static uint64_t wall_of(int64_t seconds)
{
	return seconds < 0 ? 0 : (uint64_t)seconds * SECOND;
}

int window_duration(const char *text, uint64_t *out)
{
	size_t len = strlen(text);

	if (len == 0 || strspn(text, "0123456789smh") != len || strstr(text, "ms"))
		return -1;
	return duration_parse(text, out);
}

static int read_duration(const char *text, uint64_t *out, struct err *err)
{
	if (window_duration(text, out) < 0) {
		err_set(err, ERR_INPUT, "\"%.40s\" is no duration", text);
		return err_hint(err, "write hours, minutes and seconds, as in 4h or 1h30m");
	}
	if (*out == 0)
		return err_set(err, ERR_INPUT, "a window of no duration never opens");
	if (*out > WINDOW_MAX)
		return err_set(err, ERR_INPUT, "a window lasts %u hours at most",
			       (unsigned)(WINDOW_MAX / HOUR));
	return 0;
}

int window_read(struct arena *arena, const struct window_input *input, const char *zones,
		uint64_t now, struct window *out, struct err *err)
{
	struct window window = { .start = arena_str(arena, input->start),
				 .timezone = arena_str(arena, input->timezone) };
	const char *zone = input->timezone;
	int64_t first;

	if (cron_parse(input->start, &window.cron, err) < 0)
		return -1;
	if (read_duration(input->duration, &window.duration, err) < 0)
		return -1;
	if (window.cron.zone[0])
		zone = window.cron.zone;
	/* Local is the zone of where a controller runs, and that is UTC in a container. */
	if (!zone || !zone[0] || text_equal(zone, "Local"))
		zone = "UTC";
	if (zone_load(arena, zones, zone, &window.zone, err) < 0)
		return -1;
	if (!cron_next(&window.cron, &window.zone, seconds_of(now), &first)) {
		err_set(err, ERR_INPUT, "\"%.60s\" never opens in the next eight years",
			input->start);
		return err_hint(err, "no month that it names has that day on that weekday");
	}
	*out = window;
	return 0;
}

/* When what is open at `now` closes, seen from the openings of this one window. */
static bool closes_at(const struct window *window, int64_t now, int64_t *until)
{
	int64_t duration = seconds_of(window->duration), at;

	if (!cron_last(&window->cron, &window->zone, now, duration, &at) || now >= at + duration)
		return false;
	*until = at + duration;
	return true;
}

/* The furthest end of any window that is open at that time; false: none is. */
static bool open_until(const struct window *windows, size_t count, int64_t now, int64_t *until)
{
	bool open = false;

	for (size_t i = 0; i < count; i++) {
		int64_t end;

		if (!closes_at(&windows[i], now, &end) || (open && end <= *until))
			continue;
		*until = end;
		open = true;
	}
	return open;
}

static bool next_opening(const struct window *windows, size_t count, int64_t after, int64_t *next)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		int64_t at;

		if (!cron_next(&windows[i].cron, &windows[i].zone, after, &at) ||
		    (found && at >= *next))
			continue;
		*next = at;
		found = true;
	}
	return found;
}

struct window_state windows_at(const struct window *windows, size_t count, uint64_t now)
{
	struct window_state state = { .open = count == 0 };
	int64_t at = seconds_of(now), until = at, next;

	if (count == 0)
		return state;
	for (size_t i = 0; i < JOINS_MAX && open_until(windows, count, until, &next); i++) {
		state.open = true;
		until = next;
	}
	state.ends = state.open;
	state.until = state.ends ? wall_of(until) : 0;
	state.opens = next_opening(windows, count, until, &next);
	state.next = state.opens ? wall_of(next) : 0;
	return state;
}

bool windows_fit(const struct window *windows, size_t count, uint64_t now, uint64_t needed)
{
	struct window_state state = windows_at(windows, count, now);

	return state.open && (!state.ends || now + needed <= state.until);
}

static int too_late(const struct window_state *state, uint64_t needed, const char *next,
		    struct err *err)
{
	char until[TIME_TEXT_MAX], takes[TIME_TEXT_MAX];

	return err_set(err, ERR_REFUSED,
		       "the maintenance window closes at %s and this needs %s%s%s",
		       time_text(state->until, until), duration_text(needed, takes),
		       state->opens ? "; the next one opens at " : "", next);
}

int windows_require(const struct window *windows, size_t count, uint64_t now, uint64_t needed,
		    struct err *err)
{
	struct window_state state = windows_at(windows, count, now);
	char next[TIME_TEXT_MAX] = "";

	if (state.open && (!state.ends || now + needed <= state.until))
		return 0;
	if (state.opens)
		time_text(state.next, next);
	if (state.open)
		too_late(&state, needed, next, err);
	else
		err_set(err, ERR_REFUSED, "the maintenance window is closed%s%s",
			state.opens ? "; it opens at " : "", next);
	return err_hint(err, "--now goes on without waiting for it");
}
