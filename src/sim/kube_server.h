/*
 * The API server of one control plane as others reach it: its certificate, whether it answers, and
 * the connections on sockets.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypto/x509.h"
#include "sim/sim_node.h"

#define KUBE_PORT 6443

struct kube_server {
	struct arena *arena; /* owned */
	struct identity identity;
	const struct sim_config *config; /* whose authority signed it */
	unsigned applies;
};

/* The certificate that it shows; NULL: it does not answer. */
const struct kube_server *server_of(struct sim_node *node);
void server_free(struct kube_server *server);
OWN_DEFINE(struct kube_server, server_free)
/* Who answers at that address and host name: a control plane, or the owner of the shared one. */
struct sim_node *server_at(struct world *world, const char *host);

/* ---- kube_door.c ----------------------------------------------------------------------------- */
void http_init(struct world *world);

/* ---- kube_serve.c: sockets; nothing when the world is not served ----------------------------- */
struct kube_doors;
/* On `host` with free ports, or with NULL on the nodes' own addresses. */
int kube_serve(struct world *world, const char *host, struct err *err);
void kube_serve_done(struct world *world);
