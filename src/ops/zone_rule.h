/*
 * The rule at the end of a TZif file: a POSIX TZ text such as CET-1CEST,M3.5.0,M10.5.0/3. For
 * zone.c and its test.
 */
#pragma once

#include "ops/zone.h"

/* False for a text that is none. */
bool zone_rule_parse(const char *text, struct zone_rule *out);
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc);
