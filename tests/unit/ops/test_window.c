#include "ops/window.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

#define ZONES TEST_DATA_DIR "/cron/zoneinfo"

static uint64_t at(const char *text)
{
	uint64_t wall;

	cr_assert_eq(time_parse(text, &wall), 0, "%s", text);
	return wall;
}

static const char *shown(bool there, uint64_t wall, char text[static TIME_TEXT_MAX])
{
	return there ? time_text(wall, text) : "";
}

/* Two windows at most; what is asked, and what is answered. */
/* clang-format off */
static const struct {
	const char *name;
	struct window_input windows[2];
	const char *now;
	bool open;
	const char *until, *next;
} rows[] = {
	{ "none at all", { { 0 } }, "2026-03-01T00:00:00Z", true, "", "" },
	{ "a second before", { { "0 2 * * SUN", "4h", NULL } }, "2026-03-01T01:59:59Z", false, "",
	  "2026-03-01T02:00:00Z" },
	{ "at the beginning", { { "0 2 * * SUN", "4h", "" } }, "2026-03-01T02:00:00Z", true,
	  "2026-03-01T06:00:00Z", "2026-03-08T02:00:00Z" },
	{ "the last second", { { "0 2 * * SUN", "4h", "UTC" } }, "2026-03-01T05:59:59Z", true,
	  "2026-03-01T06:00:00Z", "2026-03-08T02:00:00Z" },
	{ "at the end", { { "0 2 * * SUN", "4h", "UTC" } }, "2026-03-01T06:00:00Z", false, "",
	  "2026-03-08T02:00:00Z" },
	{ "over midnight", { { "0 22 * * *", "8h", NULL } }, "2026-03-02T03:00:00Z", true,
	  "2026-03-02T06:00:00Z", "2026-03-02T22:00:00Z" },
	{ "a week long", { { "0 0 1 * *", "168h", NULL } }, "2026-03-07T23:59:59Z", true,
	  "2026-03-08T00:00:00Z", "2026-04-01T00:00:00Z" },
	{ "after that week", { { "0 0 1 * *", "168h", NULL } }, "2026-03-08T00:00:00Z", false, "",
	  "2026-04-01T00:00:00Z" },
	{ "in Paris in winter", { { "0 2 * * *", "1h", "Europe/Paris" } }, "2026-01-10T01:00:00Z",
	  true, "2026-01-10T02:00:00Z", "2026-01-11T01:00:00Z" },
	{ "in Paris in summer", { { "0 2 * * *", "1h", "Europe/Paris" } }, "2026-07-10T01:00:00Z",
	  false, "", "2026-07-11T00:00:00Z" },
	{ "the schedule's zone wins", { { "TZ=Europe/Paris 0 2 * * *", "1h", "UTC" } },
	  "2026-07-10T00:30:00Z", true, "2026-07-10T01:00:00Z", "2026-07-11T00:00:00Z" },
	{ "the hour left out", { { "30 2 * * *", "1h", "Europe/Paris" } }, "2026-03-29T01:30:00Z",
	  true, "2026-03-29T02:30:00Z", "2026-03-30T00:30:00Z" },
	{ "the repeated hour opens once", { { "30 2 * * *", "10m", "Europe/Paris" } },
	  "2026-10-25T01:31:00Z", false, "", "2026-10-26T01:30:00Z" },
	{ "two, the earlier opening", { { "0 2 * * *", "1h", NULL }, { "0 1 * * *", "30m", NULL }
	  }, "2026-03-01T00:00:00Z", false, "", "2026-03-01T01:00:00Z" },
	{ "two that touch", { { "0 2 * * *", "1h", NULL }, { "0 3 * * *", "30m", NULL } },
	  "2026-03-01T02:00:00Z", true, "2026-03-01T03:30:00Z", "2026-03-02T02:00:00Z" },
	{ "two, one inside the other", { { "0 2 * * *", "4h", NULL }, { "0 3 * * *", "1h", NULL }
	  }, "2026-03-01T03:10:00Z", true, "2026-03-01T06:00:00Z", "2026-03-02T02:00:00Z" },
	{ "one each minute of an hour", { { "* 4 * * *", "1m", NULL } }, "2026-03-01T04:30:30Z",
	  true, "2026-03-01T05:00:00Z", "2026-03-02T04:00:00Z" },
};
/* clang-format on */

Test(window, open_or_not)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct window windows[2];
		size_t count = 0;
		struct err err = ERR_INIT;
		char text[TIME_TEXT_MAX];

		while (count < 2 && rows[i].windows[count].start) {
			cr_assert_eq(window_read(arena, &rows[i].windows[count], ZONES,
						 at(rows[i].now), &windows[count], &err),
				     0, "%s: %s", rows[i].name, err.text);
			count++;
		}
		struct window_state state = windows_at(windows, count, at(rows[i].now));

		cr_assert_eq(state.open, rows[i].open, "%s", rows[i].name);
		cr_assert_str_eq(shown(state.ends, state.until, text), rows[i].until, "%s",
				 rows[i].name);
		cr_assert_str_eq(shown(state.opens, state.next, text), rows[i].next, "%s",
				 rows[i].name);
	}
}

/* clang-format off */
static const struct {
	struct window_input input;
	enum err_kind kind;
	const char *says;
} wrong[] = {
	{ { "0 2 31 2 *", "4h", NULL }, ERR_INPUT,
	  "\"0 2 31 2 *\" never opens in the next eight years" },
	{ { "0 2 30 feb SUN", "4h", NULL }, ERR_INPUT,
	  "\"0 2 30 feb SUN\" never opens in the next eight years" },
	{ { "0 2 * * *", "0h", NULL }, ERR_INPUT, "a window of no duration never opens" },
	{ { "0 2 * * *", "200h", NULL }, ERR_INPUT, "a window lasts 168 hours at most" },
	{ { "0 2 * * *", "4", NULL }, ERR_INPUT, "\"4\" is no duration" },
	{ { "0 2 * * *", "-4h", NULL }, ERR_INPUT, "\"-4h\" is no duration" },
	{ { "0 2 * * *", "1.5h", NULL }, ERR_INPUT, "\"1.5h\" is no duration" },
	{ { "0 2 * * *", "500ms", NULL }, ERR_INPUT, "\"500ms\" is no duration" },
	{ { "0 2 * *", "4h", NULL }, ERR_INPUT, "a schedule has 5 fields, this one has 4" },
	{ { "0 2 * * *", "4h", "Mars/Olympus" }, ERR_NOT_FOUND,
	  "there is no time zone \"Mars/Olympus\"" },
};
/* clang-format on */

Test(window, what_is_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct window window;
		struct err err = ERR_INIT;

		cr_assert_lt(window_read(arena, &wrong[i].input, ZONES,
					 at("2026-01-01T00:00:00Z"), &window, &err),
			     0, "%s %s", wrong[i].input.start, wrong[i].input.duration);
		cr_assert_eq(err.kind, wrong[i].kind);
		cr_assert_str_eq(err.text, wrong[i].says);
	}
}

Test(window, work_that_would_outlast_it_does_not_begin)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct window_input input = { "0 2 * * *", "1h", NULL };
	struct err err = ERR_INIT;
	struct window window;

	cr_assert_eq(window_read(arena, &input, ZONES, at("2026-01-01T00:00:00Z"), &window, &err),
		     0);
	cr_assert(windows_fit(&window, 1, at("2026-01-01T02:45:00Z"), 15 * MINUTE));
	cr_assert(!windows_fit(&window, 1, at("2026-01-01T02:45:01Z"), 15 * MINUTE));
	cr_assert(!windows_fit(&window, 1, at("2026-01-01T01:59:59Z"), 0));
	cr_assert(windows_fit(NULL, 0, at("2026-01-01T01:59:59Z"), 500 * HOUR));

	cr_assert_eq(windows_require(&window, 1, at("2026-01-01T02:00:00Z"), HOUR, &err), 0);
	cr_assert_lt(windows_require(&window, 1, at("2026-01-01T02:50:00Z"), 15 * MINUTE, &err),
		     0);
	cr_assert_eq(err.kind, ERR_REFUSED);
	cr_assert_str_eq(err.text, "the maintenance window closes at 2026-01-01T03:00:00Z and this "
				   "needs 15m0s; the next one opens at 2026-01-02T02:00:00Z");
	err_clear(&err);
	cr_assert_lt(windows_require(&window, 1, at("2026-01-01T04:00:00Z"), 0, &err), 0);
	cr_assert_str_eq(err.text, "the maintenance window is closed; it opens at "
				   "2026-01-02T02:00:00Z");
	cr_assert_eq(err_exit_code(err.kind), 4);
}

Test(window, one_that_never_closes_is_followed_for_a_while_only)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct window_input input = { "* * * * *", "1m", NULL };
	struct window window;

	cr_assert_eq(window_read(arena, &input, ZONES, 0, &window, NULL), 0);
	cr_assert(windows_fit(&window, 1, at("2026-01-01T02:45:00Z"), 24 * HOUR));
}
