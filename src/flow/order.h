/*
 * The order of a plan at work: which steps may start as far as its `after` edges go.
 *
 *	if (order_is_ready(order, step)) ...
 *	order_release(order, step);     it has ended well: those after it wait for one less
 *
 * Lives in the arena it was made in. Linear in steps and edges over a whole run.
 */
#pragma once

#include "flow/plan.h"

#include <stdbool.h>

struct order;

struct order *order_new(struct arena *arena, const struct plan *plan);
bool order_is_ready(const struct order *order, unsigned step);
void order_release(struct order *order, unsigned step); /* once a step */
