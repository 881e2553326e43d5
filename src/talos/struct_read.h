/*
 * google.protobuf.Struct: a free-form tree inside a message, as bytes, into a value.
 *
 *	const struct value *object;
 *	if (struct_read(arena, data, len, &object, err) < 0) ...
 *
 * By hand, because it nests as deep as its sender likes: more than STRUCT_DEPTH_MAX levels are
 * refused. Numbers without a fraction become integers. Failures are ERR_REMOTE and quote nothing.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "tree/value.h"

#include <stddef.h>

#define STRUCT_DEPTH_MAX 64

int struct_read(struct arena *arena, const void *data, size_t len, const struct value **out,
		struct err *err);
