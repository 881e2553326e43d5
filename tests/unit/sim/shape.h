/*
 * The shape of a protobuf message: which fields are there, as sorted paths. Elements of a list
 * count once.
 *
 *	struct shape shape = { 0 };
 *	shape_add(arena, &shape, &machine__version_response__descriptor, data, len, "");
 *	shape_text(arena, &shape);    "messages messages.version messages.version.tag ..."
 */
#pragma once

#include "base/arena.h"

#include <protobuf-c/protobuf-c.h>

#include <stdbool.h>
#include <stddef.h>

struct shape {
	const char **path; /* sorted, each once */
	size_t len, cap;
};

/* False when it does not decode or has fields that the descriptor does not know. */
bool shape_add(struct arena *arena, struct shape *shape,
	       const ProtobufCMessageDescriptor *descriptor, const void *data, size_t len);
/* Paths of one that the other lacks, one per line; "" when they are equal. `ignore`:
 * space-separated prefixes of paths that do not count. */
const char *shape_diff(struct arena *arena, const struct shape *real, const struct shape *ours,
		       const char *ignore);
