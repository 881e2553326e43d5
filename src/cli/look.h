/*
 * Looking at all nodes, read-only, before anything else: what `up`, `status` and `kubeconfig` begin
 * with.
 */
#pragma once

#include "base/err.h"
#include "ops/inventory.h"

#include <stdint.h>

struct program;

/* Says what it sees on the way. `patience` is for nodes that do not answer, `looks` are OBSERVE_x.
 * ERR_CANCELLED on Ctrl-C. The inventory lives as long as the program. */
int look_at_nodes(struct program *program, uint64_t patience, unsigned looks,
		  const struct inventory **out, struct err *err);

/* For `what` that no control plane tells: the first cause there is, and its kind; ERR_CONFLICT
 * without one. Returns -1. */
int look_untold(const struct inventory *inventory, const char *what, struct err *err);
