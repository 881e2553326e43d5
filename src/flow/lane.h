/*
 * Lanes at work: which of them have room now.
 *
 *	if (lanes_have_room(lanes, step))
 *		lanes_enter(lanes, step);
 *	... lanes_leave(lanes, step) when it has ended
 *
 * A step takes a place in its named lane and its whole target: no two steps work on one target at
 * once, whatever their lanes; unless the whole plan only looks. Lives in the arena it was made in.
 */
#pragma once

#include "flow/plan.h"

#include <stdbool.h>

struct lanes;

struct lanes *lanes_new(struct arena *arena, const struct plan *plan);
bool lanes_have_room(const struct lanes *lanes, unsigned step);
void lanes_enter(struct lanes *lanes, unsigned step);
void lanes_leave(struct lanes *lanes, unsigned step);
