/*
 * Health checks and windows of a declared upgrade or of cluster.yaml, judged and made ready. For
 * declared.c.
 */
#pragma once

#include "ops/declared.h"

/* A decoded list and the YAML list that it came from, for places. */
struct gate_list {
	const struct structs *decoded;
	const struct value *raw;
	const char *path;
};

void gates_checks(struct arena *arena, const struct gate_list *list, struct declared_gates *out,
		  struct findings *findings);
void gates_windows(struct arena *arena, const struct gate_list *list,
		   const struct declared_place *place, struct declared_gates *out,
		   struct findings *findings);
