/*
 * Points in time in free-form values: unquoted 2001-12-14, with or without a time of day and zone.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

/* The form it is printed in, "2001-12-14T00:00:00Z"; NULL when the value is no time. */
const char *free_time(struct arena *arena, const struct value *value);
