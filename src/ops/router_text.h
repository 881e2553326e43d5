/*
 * A configuration of FRR as lines in their context, and what can be told by comparing two.
 *
 *	struct router_lines lines = { .arena = arena };
 *	router_lines_read(&lines, text);
 *
 * FRR orders and indents as it likes, and keeps silent about what is usual: a line is the same by
 * its words and by what it stands in. Lines that only give shape are left out. Lines live in the
 * arena.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct router_line {
	const char *block;  /* "router bgp 64513", "route-map K8S-IN4 permit 10"; "" none */
	const char *family; /* "address-family ipv4 unicast"; "" none */
	const char *text;
};
struct router_lines {
	struct arena *arena; /* borrowed */
	struct router_line *at;
	size_t len, cap;
};
void router_lines_read(struct router_lines *lines, const char *text);
bool router_lines_have(const struct router_lines *lines, const struct router_line *wanted);

/* Whether all lines of `wanted` run, and under the names it defines no others. */
bool router_text_runs(const char *wanted, const char *running);

/* How many sessions the text asks for: its neighbours. */
size_t router_text_sessions(const char *text);
