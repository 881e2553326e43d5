/*
 * Sizes as people write them: "10 GB", "1.5TiB", "1,000k"; decimal and binary units, any case.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

bool size_parse(const char *text, uint64_t *out);
/* With a decimal unit and at most one digit behind the point: "100 GB", "1.5 TB". */
const char *size_print(struct arena *arena, uint64_t size);
