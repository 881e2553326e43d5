/*
 * A saved plan: a file that `plan --out` writes and `run` carries out exactly. JSON: the same
 * object a journal's first record has, with `kind: plan` and `version: 1`; 0600, without a secret.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "flow/plan.h"
#include "tree/value.h"

/* `file` NULL: nothing is written. */
int saved_plan_write(const char *file, const struct plan *plan, struct err *err);
/* ERR_INPUT when it is no plan, was changed since, or is of another version. */
int saved_plan_read(struct arena *arena, const char *file, plan_hash_fn *hash, struct plan **out,
		    struct err *err);
/* JSON Schema of the file; schemas/plan.json in the source tree is what it gives. */
const struct value *saved_plan_schema(struct arena *arena);
