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

/* Good for a year from `now`; secret. */
int kubeconfig_text(struct str *out, const struct cluster *cluster, const struct bundle *bundle,
		    uint64_t now, struct err *err);
