/*
 * Looking at the network of the cluster for commands that only show: Cilium, the router, both.
 *
 *	if (network_look_both(program, &seen, err) < 0) ...
 *	network_joined(program, &seen)       a row per session
 *
 * What is seen lives in the program's arena. ERR_CANCELLED on Ctrl-C.
 */
#pragma once

#include "base/err.h"
#include "ops/cilium_look.h"
#include "ops/router_look.h"
#include "tree/value.h"

struct program;

int network_look_cilium(struct program *program, struct cilium_live *out, struct err *err);

struct network_seen {
	struct router_seen router;
	struct cilium_live live;
	struct err cluster_err; /* why the cluster could not be asked */
};
/* Fails only when the router does. */
int network_look_both(struct program *program, struct network_seen *out, struct err *err);

/* BGP as the nodes see it: {node, peer, asn, state, advertised}, and as a table for people; ""
 * where there is none. */
const struct value *network_sessions(struct arena *arena, const struct cilium_live *live);
const char *network_sessions_text(struct arena *arena, const struct cilium_live *live);
/* {node, address, family, asn, router, cilium, prefixes, up_ms, up}: what one side has not is null
 * on the other. A row for each session that is there or is meant to be. */
const struct value *network_joined(struct program *program, const struct network_seen *seen);
