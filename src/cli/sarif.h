/*
 * Findings as SARIF 2.1.0, for code hosts that show them beside the lines.
 */
#pragma once

#include "base/arena.h"
#include "tree/finding.h"
#include "tree/value.h"

/* NULL findings: a run without results. */
const struct value *sarif_value(struct arena *arena, const struct findings *findings);
