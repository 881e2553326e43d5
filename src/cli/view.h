/*
 * The picture of a run: a line for the cluster, a line per node, as events tell it.
 *
 *	struct view *view = view_new(arena, plan);
 *	view_event(view, event);
 *	view_draw(&text, view, &(struct view_style){ .size = { 80, 24 }, .now = wall });
 *
 * Pure: no terminal, no clock. Lines never are wider than the size, nor more than its rows; what
 *does not fit is summed up in the last one, and nodes at work or failed come before the others.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/terminal.h"
#include "flow/event.h"
#include "flow/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct view;
struct view *view_new(struct arena *arena, const struct plan *plan);
void view_event(struct view *view, const struct event *event);
/* A line above the nodes, until the end of the run. */
void view_say(struct view *view, const char *text);

struct view_style {
	struct terminal_size size;
	uint64_t now; /* wall */
	bool colour, utf8;
};
/* Returns the number of lines. */
unsigned view_draw(struct str *out, const struct view *view, const struct view_style *style);

/* "0:07", "12:00", "1:02:03" */
const char *elapsed_text(uint64_t duration, char text[static TIME_TEXT_MAX]);
