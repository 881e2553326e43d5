/*
 * An administrator's kubeconfig made from the bundle, without a cluster that could be asked for
 * one.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"

#include <stdint.h>

/* Where it leads instead of to the cluster's endpoint. */
struct kubeconfig_place {
	const char *server; /* "https://127.0.0.1:40001" */
	const char *name;   /* that the server's certificate has */
};
/* Good for a year from `now`; secret. `place` may be NULL. */
int kubeconfig_text(struct str *out, const struct cluster *cluster, const struct bundle *bundle,
		    const struct kubeconfig_place *place, uint64_t now, struct err *err);
