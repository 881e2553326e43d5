/*
 * What a site is given to reach the router and to tell its peers' passwords: read when something
 * needs it, from where cluster.yaml says.
 */
#pragma once

#include "base/err.h"

struct cluster;
struct program;
struct site_access;

/* Lives as long as the program. */
struct site_access *access_open(struct program *program);

/* One password per peer of BGP, NULL where it has none. A rehearsal reads none: it has its own. */
int access_peers(struct program *program, const struct cluster *cluster, const char *const **out,
		 struct err *err);

/* The kubeconfig for the user's helm; NULL: there is none that could do it (no helm in PATH, a
 * simulated world, or detours, which it does not know). */
const char *access_helm(struct program *program);
