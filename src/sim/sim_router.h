/*
 * The router of the simulated world: a machine with FRR behind SSH, whose sessions are with the
 * nodes' Cilium.
 *
 *	struct ssh_door *door = world_ssh(world);      world.h
 *
 * It understands the commands that a router is managed by (show running-config, show bgp summary
 * json, a file for vtysh with or without a dry run, write memory) and of FRR's words those of BGP,
 * prefix lists and route maps. Its configuration is kept with the world. It takes whoever comes:
 * host keys and passwords are the business of the real door.
 *
 * As long as it has no BGP, some other router is taken to answer the nodes; once it has, nodes
 * have sessions only when it names them with their AS number.
 */
#pragma once

#include "net/ssh.h"
#include "sim/world.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_node;
struct sim_router;

int router_new(struct world *world, struct sim_router **out, struct err *err);
void router_free(struct sim_router *router);
struct ssh_door *router_door(struct sim_router *router);

/* A session as a node wants it. */
struct router_session {
	const struct sim_node *node;
	bool v6;
	uint64_t asn, own_asn; /* of the node, of the router */
};
/* Whether it has a neighbour of an address that the node has in that family, with those AS
 * numbers. */
bool router_admits(const struct sim_router *router, const struct router_session *session);
