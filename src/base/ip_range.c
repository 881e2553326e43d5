#include "base/ip_range.h"

#include <assert.h>

#define PREFIXES_MAX 254 /* two for each bit of an IPv6 address but the first */

static unsigned bits_of(const struct ip *ip)
{
	return ip->family == 4 ? 32 : 128;
}

bool ip_range_between(const char *first, const char *last, struct ip_range *out)
{
	struct ip_range range;

	if (!ip_parse(first, &range.first) || !ip_parse(last ? last : first, &range.last))
		return false;
	if (range.first.family != range.last.family || ip_compare(&range.first, &range.last) > 0)
		return false;
	*out = range;
	return true;
}

/* The prefix's last address. */
static struct ip last_of(const struct ip_prefix *prefix)
{
	struct ip last = ip_prefix_masked(prefix).base;

	for (unsigned bit = prefix->bits; bit < bits_of(&last); bit++)
		last.at[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	return last;
}

struct ip_range ip_range_of_prefix(const struct ip_prefix *prefix)
{
	return (struct ip_range){ ip_prefix_masked(prefix).base, last_of(prefix) };
}

bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b)
{
	return a->first.family == b->first.family && ip_compare(&a->first, &b->last) <= 0 &&
	       ip_compare(&b->first, &a->last) <= 0;
}

bool ip_range_has(const struct ip_range *range, const struct ip *ip)
{
	return ip_range_overlaps(range, &(struct ip_range){ *ip, *ip });
}

/* The widest prefix that begins with `first` and does not pass `last`. */
static struct ip_prefix widest(const struct ip *first, const struct ip *last)
{
	struct ip_prefix best = { *first, bits_of(first) };

	while (best.bits > 0) {
		const struct ip_prefix wider = { *first, best.bits - 1 };
		struct ip end = last_of(&wider);

		if (ip_prefix_has_host_bits(&wider) || ip_compare(&end, last) > 0)
			break;
		best = wider;
	}
	return best;
}

/* The address behind; false at the end of all addresses. */
static bool step_up(struct ip *ip)
{
	for (unsigned i = bits_of(ip) / 8; i-- > 0;)
		if (++ip->at[i] != 0)
			return true;
	return false;
}

size_t ip_range_prefixes(struct arena *arena, const struct ip_range *range, struct ip_prefix **out)
{
	struct ip_prefix *prefix = arena_calloc(arena, PREFIXES_MAX, sizeof(*prefix));
	struct ip at = range->first;
	size_t len = 0;
	bool more = true;

	while (more && ip_compare(&at, &range->last) <= 0) {
		assert(len < PREFIXES_MAX);
		prefix[len] = widest(&at, &range->last);
		at = last_of(&prefix[len++]);
		more = step_up(&at);
	}
	*out = prefix;
	return len;
}
