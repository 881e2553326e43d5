/*
 * Waves: in which order the nodes of a rolling change come, and how many at once.
 *
 *	struct wave_node nodes[] = { { .name = "cp-1", .control = true, .leader = true }, ... };
 *	if (waves_plan(arena, nodes, count, "25%", &waves, err) < 0) ...
 *	for each waves.at[i]: change waves.at[i].at[0..len) together, then go on
 *
 * Control planes come first and alone, by name, the leader of etcd last of them; then workers, by
 * name, as many at once as the budget says: a number, or a percentage of all workers of the
 * cluster, at least one. Names are ordered as people do: w-2 before w-10. Pure; results live in
 * the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct wave_node {
	const char *name;
	bool control;
	bool leader;	    /* its etcd leads */
	bool changes;	    /* it takes part; else it only counts for the budget */
	const char *locked; /* a reason; NULL: not locked */
};

struct wave {
	const size_t *at; /* indices into the nodes given */
	size_t len;
	bool control;
};

struct waves {
	const struct wave *at;
	size_t len;
	size_t width; /* of the workers' waves */
};

/* ERR_REFUSED when a node that takes part is locked, ERR_INPUT for a budget that is none; NULL is
 * a budget of 1. */
int waves_plan(struct arena *arena, const struct wave_node *nodes, size_t count,
	       const char *budget, struct waves *out, struct err *err);
