/*
 * JSON Schema (draft 2020-12) of the user's files, made from the decode tables. schemas/ in the
 * source tree holds what these give, for editors.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

const struct value *cluster_schema(struct arena *arena);
const struct value *nodes_schema(struct arena *arena);
