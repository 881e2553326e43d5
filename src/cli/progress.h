/*
 * Progress of a run on stderr: a live view on a terminal, else a line per event:
 *
 *	2026-01-02T03:04:05Z INFO apply the machine config node=mini01
 *
 * It is a listener of flow events. progress_open() takes what the program knows about the terminal;
 * progress_close() leaves the last picture and the cursor behind it.
 */
#pragma once

#include "base/arena.h"
#include "cli/say.h"
#include "cli/view.h"
#include "flow/event.h"
#include "loop/loop.h"

struct progress {
	struct listener listener; /* give this to the exec */
	const struct say *say;
	struct loop *loop;
	struct timer timer;
	struct view *view; /* NULL: not live */
	unsigned lines;	   /* of the picture that is on the screen */
	const struct plan *plan;
	uint64_t *begun; /* per step; wall */
	uint64_t epoch;	 /* wall time that is told as the epoch */
	bool open;
};

struct progress_setup {
	struct arena *arena;
	const struct say *say;
	struct loop *loop;
	const struct plan *plan;
	uint64_t epoch; /* 0: times are told as they are */
};
void progress_open(struct progress *progress, const struct progress_setup *setup);
void progress_close(struct progress *progress); /* twice is fine */
/* Something about the run as a whole, such as that it is being stopped. */
void progress_say(struct progress *progress, const char *text);

/* The line of an event, "" when it is not worth one. `took` is nanoseconds since its step began. */
void progress_line(struct str *out, const struct event *event, uint64_t took);
/* A line outside of any run: what was seen of a node. */
void progress_note_line(struct str *out, uint64_t wall, const char *node, const char *text);
