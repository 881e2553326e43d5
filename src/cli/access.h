/*
 * What a site is given to reach the router and to tell its peers' passwords: read when something
 * needs it, from where cluster.yaml says.
 */
#pragma once

struct program;
struct site_access;

/* Lives as long as the program. */
struct site_access *access_open(struct program *program);

/* The kubeconfig for the user's helm; NULL: there is none that could do it (no helm in PATH, a
 * simulated world, or detours, which it does not know). */
const char *access_helm(struct program *program);
