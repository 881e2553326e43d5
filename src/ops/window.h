/*
 * Maintenance windows: a schedule of openings, how long each lasts, and a time zone.
 *
 *	struct window window;
 *	if (window_read(arena, &(struct window_input){ "0 2 * * SUN", "4h", "Europe/Paris" },
 *			ZONE_FOLDER, &window, err) < 0) ...
 *	struct window_state state = windows_at(&window, 1, now);
 *	if (!state.open && state.opens) ... it opens at state.next
 *
 * A window is open from each opening up to, not including, opening plus duration; several windows
 * are open when one is, and none at all means always. Times are wall clock nanoseconds since 1970
 * UTC, durations nanoseconds. Data lives in the arena given. Whoever plans work also asks
 * windows_fit(): work that would outlast the window does not begin.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "ops/cron.h"
#include "ops/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MAX (UINT64_C(168) * HOUR)
#define WINDOW_SHORT HOUR /* shorter ones deserve a warning */

struct window_input {
	const char *start, *duration;
	const char *timezone; /* NULL or "": UTC; the schedule's own TZ= wins */
};

struct window {
	const char *start;    /* as written */
	const char *timezone; /* likewise; NULL: none */
	struct cron cron;
	struct zone zone;
	uint64_t duration;
};

struct window_state {
	bool open;	/* also when there are no windows */
	bool ends;	/* it closes again, at `until`; false where there are no windows */
	uint64_t until; /* openings that touch count as one; where they go on and on, the time up
			 * to which they were followed */
	bool opens;	/* another opening comes: at `next` */
	uint64_t next;	/* after now; when open: after `until` */
};

/* ERR_INPUT also for a schedule without any opening in the coming eight years and for a duration
 * that is zero or longer than WINDOW_MAX. `now` is where that search begins. */
int window_read(struct arena *arena, const struct window_input *input, const char *zones,
		uint64_t now, struct window *out, struct err *err);
struct window_state windows_at(const struct window *windows, size_t count, uint64_t now);
/* Whether work that takes `needed` can begin now and end while they are open. */
bool windows_fit(const struct window *windows, size_t count, uint64_t now, uint64_t needed);
/* 0 when open long enough, else ERR_REFUSED: since when it is closed does not matter, when it
 * opens next does, and the text says so in UTC. */
int windows_require(const struct window *windows, size_t count, uint64_t now, uint64_t needed,
		    struct err *err);
/* "1h30m": whole seconds, minutes and hours, as upgrade resources write them; -1 when it is none */
int window_duration(const char *text, uint64_t *out);
