#include "base/ip_range.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	const char *name, *first, *last, *prefixes;
} ranges[] = {
	{ "one address", "10.0.0.7", NULL, "10.0.0.7/32" },
	{ "a whole prefix", "10.0.0.0", "10.0.0.255", "10.0.0.0/24" },
	{ "everything", "0.0.0.0", "255.255.255.255", "0.0.0.0/0" },
	{ "the last address of all", "255.255.255.254", "255.255.255.255", "255.255.255.254/31" },
	{ "a ragged range", "172.29.52.100", "172.29.52.199",
	  "172.29.52.100/30 172.29.52.104/29 172.29.52.112/28 172.29.52.128/26 172.29.52.192/29" },
	{ "another", "172.29.52.50", "172.29.52.99",
	  "172.29.52.50/31 172.29.52.52/30 172.29.52.56/29 172.29.52.64/27 172.29.52.96/30" },
	{ "IPv6", "fd00::1", "fd00::4", "fd00::1/128 fd00::2/127 fd00::4/128" },
	{ "IPv6 across a group", "fd00::ffff", "fd00::1:0", "fd00::ffff/128 fd00::1:0/128" },
};

Test(ip_range, the_fewest_prefixes_that_hold_exactly_the_range)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		struct ip_range range;
		struct ip_prefix *prefix;
		const char *text = "";

		cr_assert(ip_range_between(ranges[i].first, ranges[i].last, &range), "%s",
			  ranges[i].name);

		size_t len = ip_range_prefixes(arena, &range, &prefix);

		for (size_t j = 0; j < len; j++) {
			char one[IP_TEXT_MAX];

			text = arena_printf(arena, "%s%s%s", text, j ? " " : "",
					    ip_prefix_text(&prefix[j], one));
		}
		cr_assert_str_eq(text, ranges[i].prefixes, "%s", ranges[i].name);
	}
}

Test(ip_range, the_longest_list_of_prefixes_is_254)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct ip_range range;
	struct ip_prefix *prefix;

	cr_assert(ip_range_between("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", &range));
	cr_assert_eq(ip_range_prefixes(arena, &range, &prefix), 254);
}

static const struct {
	const char *first, *last;
} wrong[] = {
	{ "10.0.0.2", "10.0.0.1" },
	{ "10.0.0.1", "fd00::1" },
	{ "10.0.0.1", "somewhere" },
	{ "10.0.0.0/24", NULL },
};

Test(ip_range, what_is_no_range_is_refused)
{
	struct ip_range range;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_not(ip_range_between(wrong[i].first, wrong[i].last, &range), "%s",
			      wrong[i].first);
}

static struct ip_range range_of(const char *first, const char *last)
{
	struct ip_range range = { 0 };

	cr_assert(ip_range_between(first, last, &range));
	return range;
}

Test(ip_range, overlap_and_membership)
{
	const struct ip_range a = range_of("10.0.0.10", "10.0.0.20");
	const struct ip_range touching = range_of("10.0.0.20", "10.0.0.30");
	const struct ip_range behind = range_of("10.0.0.21", "10.0.0.30");
	const struct ip_range other = range_of("a00:a::", "a00:14::");
	struct ip_prefix prefix;

	cr_assert(ip_range_overlaps(&a, &touching));
	cr_assert_not(ip_range_overlaps(&a, &behind));
	cr_assert_not(ip_range_overlaps(&a, &other));
	cr_assert(ip_range_has(&a, &touching.first));
	cr_assert_not(ip_range_has(&a, &behind.first));
	cr_assert(ip_prefix_parse("10.0.0.13/30", &prefix));

	const struct ip_range net = ip_range_of_prefix(&prefix);
	char text[IP_TEXT_MAX];

	cr_assert_str_eq(ip_text(&net.first, text), "10.0.0.12");
	cr_assert_str_eq(ip_text(&net.last, text), "10.0.0.15");
}
