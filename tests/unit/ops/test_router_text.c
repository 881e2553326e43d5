#include "ops/router_text.h"

#include "base/own.h"

#include <criterion/criterion.h>

#define WANTED                                                 \
	"router bgp 64513\n"                                   \
	" no bgp default ipv4-unicast\n"                       \
	" neighbor K8S4 peer-group\n"                          \
	" neighbor K8S4 timers 30 90\n"                        \
	" neighbor 10.0.0.1 peer-group K8S4\n"                 \
	" address-family ipv4 unicast\n"                       \
	"  neighbor K8S4 activate\n"                           \
	"  maximum-paths 3\n"                                  \
	" exit-address-family\n"                               \
	"!\n"                                                  \
	"ip prefix-list WEB seq 10 permit 10.1.0.0/24 ge 32\n" \
	"route-map K8S-IN4 permit 10\n"                        \
	" match ip address prefix-list WEB\n"                  \
	"route-map K8S-IN4 deny 65535\n"

/* The same as FRR shows it: another order, more of its own words. */
#define SHOWN                                                    \
	"Building configuration...\r\n"                          \
	"frr version 10.1\r\n"                                   \
	"hostname gateway\r\n"                                   \
	"ip prefix-list WEB seq 10 permit 10.1.0.0/24 ge 32\r\n" \
	"!\r\n"                                                  \
	"router bgp 64513\r\n"                                   \
	" no bgp default ipv4-unicast\r\n"                       \
	" neighbor K8S4 peer-group\r\n"                          \
	" neighbor K8S4 timers 30 90\r\n"                        \
	" neighbor 10.0.0.1 peer-group K8S4\r\n"                 \
	" !\r\n"                                                 \
	" address-family ipv4 unicast\r\n"                       \
	"  neighbor K8S4 activate\r\n"                           \
	"  maximum-paths 3\r\n"                                  \
	" exit-address-family\r\n"                               \
	"exit\r\n"                                               \
	"!\r\n"                                                  \
	"route-map K8S-IN4 permit 10\r\n"                        \
	" match ip address prefix-list WEB\r\n"                  \
	"exit\r\n"                                               \
	"!\r\n"                                                  \
	"route-map K8S-IN4 deny 65535\r\n"                       \
	"exit\r\n"                                               \
	"end\r\n"

#define BGP "router bgp 64513\n"

static const struct {
	const char *name, *running;
	bool runs;
} rows[] = {
	{ "itself", WANTED, true },
	{ "as FRR shows it", SHOWN, true },
	{ "with lines of others",
	  SHOWN "ip route 0.0.0.0/0 192.0.2.1\nrouter ospf\n passive-interface default\n", true },
	{ "with a neighbour of others", SHOWN BGP " neighbor 192.0.2.1 remote-as 65000\n", true },
	{ "with a prefix list of others", SHOWN "ip prefix-list UP seq 5 permit any\n", true },
	{ "nothing", "", false },
	{ "only the instance", BGP, false },
	{ "with one more entry in our list", SHOWN "ip prefix-list WEB seq 20 permit any\n",
	  false },
	{ "with one more rule in our map",
	  SHOWN "route-map K8S-IN4 permit 20\n match ip address prefix-list UP\n", false },
	{ "with a setting of our group", SHOWN BGP " neighbor K8S4 password hunter2\n", false },
	{ "with one more member of our group",
	  SHOWN BGP " neighbor 10.0.0.9 peer-group K8S4\n", false },
	{ "a list of a longer name is another's", SHOWN "ip prefix-list WEB2 seq 5 permit any\n",
	  true },
	{ "the lines outside of their instance",
	  "ip prefix-list WEB seq 10 permit 10.1.0.0/24 ge 32\n", false },
};

Test(router_text, runs_when_all_of_it_does_and_nothing_else_under_its_names)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(router_text_runs(WANTED, rows[i].running), rows[i].runs, "%s",
			     rows[i].name);
}

Test(router_text, a_line_is_itself_only_where_it_stands)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct router_lines lines = { .arena = arena };
	const char *bgp = "router bgp 64513", *family = "address-family ipv4 unicast";
	const char *paths = "maximum-paths 3";

	router_lines_read(&lines, SHOWN);
	cr_assert(router_lines_have(&lines, &(struct router_line){ bgp, family, paths }));
	cr_assert_not(router_lines_have(&lines, &(struct router_line){ bgp, "", paths }));
	cr_assert(router_lines_have(
		&lines, &(struct router_line){ "", "", "ip prefix-list WEB seq 10 permit "
						       "10.1.0.0/24 ge 32" }));
	cr_assert_not(router_lines_have(
		&lines, &(struct router_line){ bgp, "", "ip prefix-list WEB seq 10 permit "
							"10.1.0.0/24 ge 32" }));
}

Test(router_text, sessions_are_its_neighbours)
{
	cr_assert_eq(router_text_sessions(WANTED), 1);
	cr_assert_eq(router_text_sessions(""), 0);
	cr_assert_eq(router_text_sessions(BGP " bgp listen range 10.0.0.0/8 peer-group K8S4\n"), 0);
	cr_assert_eq(router_text_sessions(BGP " neighbor K8S4 peer-group\n"
					      " neighbor 10.0.0.1 peer-group K8S4\n"
					      " neighbor fd00::1 peer-group K8S6\n"),
		     2);
}
