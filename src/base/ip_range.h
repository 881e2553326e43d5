/*
 * Ranges of IP addresses, both ends included, of one family.
 *
 *	struct ip_range range;
 *	if (!ip_range_between("10.0.0.10", "10.0.0.20", &range))
 *		... no addresses, of two families, or the last before the first
 *
 * Plain data; a range that was filled in here always has its first address not after its last.
 */
#pragma once

#include "base/arena.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>

struct ip_range {
	struct ip first, last;
};

/* `last` may be NULL: the one address. */
bool ip_range_between(const char *first, const char *last, struct ip_range *out);
struct ip_range ip_range_of_prefix(const struct ip_prefix *prefix); /* host bits do not count */
bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b);
bool ip_range_has(const struct ip_range *range, const struct ip *ip);
/* The fewest prefixes that hold these addresses and no other, in order; at most 254. */
size_t ip_range_prefixes(struct arena *arena, const struct ip_range *range,
			 struct ip_prefix **out);
