/*
 * Expressions over Kubernetes objects: what health checks and declared upgrades ask of them.
 *
 *	const struct cel_program *program;
 *	if (object_check_compile(arena, "status.phase == 'Ready'", &program, err) < 0) ...
 *	if (object_check(program, object, arena, &holds, err) < 0) ... err names what is missing
 *
 * They know `object`, the whole of it, and `status`, its status or an empty map. Programs live in
 * the arena they were compiled in.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cel/cel.h"
#include "tree/value.h"

#include <stdbool.h>

int object_check_compile(struct arena *arena, const char *text, const struct cel_program **out,
			 struct err *err);
/* -1 when there is no answer: a missing key, a result that is no bool. */
int object_check(const struct cel_program *program, const struct value *object,
		 struct arena *arena, bool *holds, struct err *err);
