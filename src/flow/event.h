/*
 * Events: the only thing the engine says. Progress, JSON lines and metrics listen.
 *
 *	static void on_event(struct listener *listener, const struct event *event) { ... }
 *	struct listener listener = { .on_event = on_event };      (a chain through .next)
 *
 * An event and all it points to live as long as the call. A listener may stop or cancel the exec,
 * but not free it. What an event says is on disk already when there is a journal.
 */
#pragma once

#include "base/err.h"
#include "flow/plan.h"

#include <stdbool.h>
#include <stdint.h>

enum event_what {
	EVENT_PLAN,  /* the run starts; text: the operation */
	EVENT_BEGIN, /* a step is about to start (after its check, if it has one) */
	EVENT_NOTE,  /* text */
	EVENT_RETRY, /* err: why; the step goes on after a pause */
	EVENT_END,   /* of a step: how, err; without a begin when a check ended it */
	EVENT_OVER,  /* the run ended; always last */
	EVENT_WHAT_COUNT
};
enum event_how {
	HOW_NONE,
	HOW_DONE,
	HOW_SKIPPED,
	HOW_FAILED,
	HOW_CANCELLED,
	HOW_COUNT
};

struct event {
	uint64_t at; /* wall time */
	enum event_what what;
	enum event_how how; /* of EVENT_END and EVENT_OVER */
	unsigned step;	    /* index in the plan; 0 in EVENT_PLAN and EVENT_OVER */
	const struct plan *plan;
	const char *run;       /* the run's id */
	const struct err *err; /* NULL: none */
	const char *text;      /* NULL: none */
};

struct listener {
	struct listener *next; /* NULL: the last one */
	void (*on_event)(struct listener *listener, const struct event *event);
};

const char *event_what_name(enum event_what what); /* "begin" */
const char *event_how_name(enum event_how how);	   /* "done" */
bool event_how_parse(const char *name, enum event_how *out);
/* {at, event, run, step, op, target, text, err}, always all eight, null where there is nothing;
 * `at` RFC 3339 with milliseconds; `step` the id; `text` of an end is how it ended. */
const struct value *event_value(struct arena *arena, const struct event *event);
/* {kind, text} and, when there is one, hint; NULL gives null. */
const struct value *event_err_value(struct arena *arena, const struct err *err);
