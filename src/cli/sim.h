/*
 * The simulated world of a workspace, served over real TLS on loopback sockets in the program's own
 *loop.
 *
 *	struct sim *sim OWNED(sim_free) = NULL;
 *	sim_open(program, &sim, err);           the one of --sim, kept in .talforge/world
 *	site_options.dialer = sim_dialer(sim);
 */
#pragma once

#include "base/err.h"
#include "base/own.h"
#include "net/dial.h"
#include "sim/world.h"

#include <stddef.h>

struct program;
struct sim;

#define SIM_FOLDER "world" /* in .talforge/ */

int sim_open(struct program *program, struct sim **out, struct err *err);

/* A world in memory, for `sim serve`. */
struct sim_request {
	enum world_start start;
	const char *talos;  /* NULL: the cluster's */
	unsigned count;	    /* nodes; 0: those of nodes.yaml */
	bool own_addresses; /* each on its own address and the port of the real API */
	const struct world_pace *pace;
};
int sim_open_memory(struct program *program, const struct sim_request *request, struct sim **out,
		    struct err *err);
void sim_free(struct sim *sim);
OWN_DEFINE(struct sim, sim_free)

struct dialer *sim_dialer(struct sim *sim);
struct http_door *sim_http(struct sim *sim); /* to its Kubernetes API */
struct ssh_door *sim_ssh(struct sim *sim);   /* to its router */
const struct world_listen *sim_listening(const struct sim *sim, size_t *count);
const struct world_listen *sim_kube_listening(const struct sim *sim, size_t *count);
