/*
 * Texts inside CEL expressions that the program writes.
 */
#pragma once

#include "base/arena.h"

/* In double quotes, with escapes, as CEL prints its own literals. */
const char *cel_text(struct arena *arena, const char *text);
