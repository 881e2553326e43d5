/*
 * The API of a node as others reach it: a listener with its certificate, and the connections it
 * accepted. One is made each time apid starts; those before it drain.
 */
#pragma once

#include "base/str.h"
#include "net/tcp.h"
#include "rpc/server.h"
#include "sim/sim_node.h"

struct sim_api {
	struct rpc_server_ops ops;
	struct rpc_server *server; /* owned */
	struct sim_node *node;
	struct sim_api *older;
	struct arena *arena; /* owned */
	struct identity identity;
	struct tls_shared *shared; /* owned */
	const char *client_ca;	   /* NULL: maintenance, no certificate is asked for */
	const char *client_cert;   /* of the last in-memory connection; NULL: none yet */
	bool open;		   /* accepts connections */
	struct str caller;	   /* certificate of the last caller, and the roles it gives */
	unsigned caller_roles;
};

/* Opens or closes the listener as the node's state asks for it. */
void api_settle(struct sim_node *node);
/* No new connections; those there end with their calls, at the latest after `grace`. */
void api_close(struct sim_node *node, uint64_t grace);
/* Everything breaks now. */
void api_cut(struct sim_node *node);
/* The listener that is open; NULL: connections are refused. */
struct sim_api *api_open(const struct sim_node *node);

/* ---- sim_serve.c: sockets; nothing when the world is not served ------------------------------ */
void serve_settle(struct sim_node *node);
void serve_done(struct world *world);
