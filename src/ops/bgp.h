/*
 * The router's side of BGP: its configuration as text, from the same model as the nodes' side, so
 * that AS numbers, times, neighbours and pools cannot differ.
 *
 *	const struct router_request request = { .cluster = cluster, .templates = templates };
 *	if (router_text(&request, &out, err) < 0) ...
 *
 * The text has a peer group per address family with a neighbour for every node, lets in the
 * addresses of the pools and nothing else, and sends nothing. ERR_NOT_FOUND where cluster.yaml has
 * no BGP; ERR_CONFLICT where its peers are routers of several AS numbers and none is chosen.
 *
 * Passwords come in as text, one per peer, and are printed as *** unless the templates show
 * secrets.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "cluster/cluster.h"
#include "ops/templates.h"

enum router_neighbors {
	NEIGHBORS_NODES, /* one line for each node */
	NEIGHBORS_RANGE, /* whoever calls from the nodes' network, where that is known */
};

struct router_request {
	const struct cluster *cluster;
	struct templates templates;
	const char *const *password; /* as in struct cilium_request */
	const char *peer;	     /* the address of the router meant; NULL: there is only one */
	enum router_neighbors neighbors;
};

int router_text(const struct router_request *request, struct str *out, struct err *err);

/* FRR takes passwords of 1 to 80 characters that a line can hold: ERR_INPUT for others, without
 * the password. */
int router_password_check(const char *password, struct err *err);
