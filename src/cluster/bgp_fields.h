/*
 * What the tables decode `pools`, `bgp` and `cilium` of cluster.yaml into, and what becomes of it.
 * For the files of src/cluster only.
 */
#pragma once

#include "cluster/bgp.h"
#include "tree/decode.h"

struct draft;

struct password_input {
	const char *file, *env, *command;
};

struct pool_input {
	const char *name, *start, *stop, *cidr, *label;
};

struct peer_input {
	const char *address, *asn;
	uint64_t hold, keepalive, graceful_restart; /* seconds */
	struct password_input password;
};

struct router_input {
	const char *ssh, *user, *key, *known_hosts, *format;
	struct password_input password;
};

struct bgp_input {
	const char *asn;
	struct structs peers; /* of struct peer_input */
	struct router_input router;
};

struct cilium_input {
	const char *version;
	const struct value *values;
};

extern const struct field pool_fields[];
extern const struct field bgp_fields[];
extern const struct field cilium_fields[];

/* "a=b", "a: b", or "b" alone for the usual key; false when it is no label. */
bool pool_label_read(struct arena *arena, const char *text, const char **key, const char **label);
/* Its addresses; false when they are none. */
bool pool_range_read(const struct pool_input *input, struct ip_range *out);
/* Fills pools, bgp and cilium of the draft's cluster; what is wrong is left out. */
void bgp_resolve(struct draft *draft);
/* Whether cluster.yaml asks for BGP, in either way of writing it. */
bool bgp_is_wanted(const struct draft *draft);
