/*
 * What is looked at before a node gets its first config.
 */
#pragma once

#include "base/err.h"
#include "ops/inventory.h"

/* ERR_AUTH when it belongs to others. */
int bare_check_sight(const struct node_state *state, struct err *err);
/* The install disk of a node in maintenance; NULL in any other sight. Refused: others' and locked
 * nodes, a NIC that is not there, no disk or more than one. */
int bare_check(const struct node_state *state, const char **disk, struct err *err);
/* Is the node of that name without a config, and not on its way out of it? */
bool bare_named(const struct inventory *inventory, const char *name);
