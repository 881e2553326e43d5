/*
 * Observing: read-only calls to all nodes at once. Nothing is changed, nothing is retried longer than the patience.
 */
#pragma once

#include "base/arena.h"
#include "ops/inventory.h"
#include "ops/site.h"

struct observation;

typedef void observe_done_fn(void *context, const struct inventory *inventory);

struct observe_options {
	uint64_t patience; /* for nodes that do not answer, nanoseconds */
	const char *const *only; /* node names, NULL-ended; NULL: all */
};
/* The inventory lives in `arena`; `done` is called once, from the loop, also when no node answers. */
struct observation *observe_start(struct site *site, struct arena *arena,
				  const struct observe_options *options, observe_done_fn *done,
				  void *context);
void observe_free(struct observation *observation); /* cancels if it runs */
OWN_DEFINE(struct observation, observe_free)
