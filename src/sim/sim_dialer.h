/*
 * The in-memory way to the nodes of a world: world_dialer().
 *
 * Certificates are checked as TLS would (chain, usage, dates at the loop's wall time, the host's
 * name) and what is wrong reads as it does over TLS. There is no encryption.
 */
#pragma once

struct world;

#define SIM_PORT 50000

void dialer_init(struct world *world);
