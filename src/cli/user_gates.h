/*
 * What the user asks for between nodes: the windows and expressions of `upgrade` in cluster.yaml.
 */
#pragma once

#include "base/err.h"
#include "ops/declared.h"

struct program;

/* One that cannot be read is ERR_INPUT with its place; `out` lives as long as the program. */
int user_gates(struct program *program, const struct cluster *cluster, struct declared_gates *out,
	       struct err *err);
