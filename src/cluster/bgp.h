/*
 * What makes services reachable from outside: pools of addresses, the BGP sessions that announce
 * them, and the settings of Cilium. Part of the model (cluster/cluster.h); plain data in its arena.
 *
 * The three cilium_bgp_* keys and the `bgp` map come to the same: one struct bgp. Times are whole
 * seconds, as both ends of a session take them. Passwords are not here, only where they come from.
 */
#pragma once

#include "base/ip_range.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses that services may get. */
struct pool {
	const char *name;
	const char *cidr; /* as written; NULL: a range */
	struct ip_range range;
	const char *label_key, *label; /* of the services it is for; NULL: any service */
	size_t index;		       /* in `pools` of cluster.yaml */
	struct src src;
};

enum password_form {
	PASSWORD_NONE,
	PASSWORD_FILE,
	PASSWORD_ENV,
	PASSWORD_COMMAND
};
struct password_source {
	enum password_form form;
	const char *text; /* the file, the variable or the command */
};

/* One address of a router. */
struct bgp_peer {
	const char *address;
	struct ip ip;
	uint32_t asn;
	unsigned hold, keepalive; /* seconds */
	unsigned restart;	  /* graceful restart, seconds; 0: off */
	bool multihop;		  /* not in the nodes' network */
	struct password_source password;
	struct src src;
};

/* How we come to the router; NULL members are not set. */
struct bgp_router {
	const char *ssh; /* host or host:port */
	const char *user, *key, *known_hosts;
	const char *format; /* "frr", "unifi" */
	struct password_source password;
};

struct bgp {
	uint32_t asn; /* of the nodes; 0: there is no BGP */
	const struct bgp_peer *peer;
	size_t peers;
	struct bgp_router router;
};

struct cilium {
	const char *version;	    /* "1.20.1" */
	const char *balancer;	    /* "dsr", "snat" */
	const struct value *values; /* of the chart, merged over ours; NULL */
};

/* What is used where a file does not say. */
#define CILIUM_VERSION "1.20.1"
#define CILIUM_MINOR_FIRST 16 /* the first with the resources that we write */
#define BGP_HOLD 90
#define BGP_KEEPALIVE 30
#define BGP_RESTART 120
