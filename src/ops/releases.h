/*
 * What is known about released versions of Talos and Kubernetes: the last patch of each minor, and
 * which minors of Kubernetes a minor of Talos runs. Data; a new release costs a row, and a version
 * beyond the table is taken as going on like the last row.
 */
#pragma once

#include "cluster/cluster.h"
#include "cluster/version.h"

#include <stdbool.h>

/* The last known patch of 1.<minor>, "v1.12.11"; NULL: none is known. */
const char *release_last(enum version_subject subject, unsigned minor);

struct kube_range {
	unsigned least, most; /* minors of Kubernetes 1.x */
	bool known;	      /* false: guessed from the newest row */
};
/* False for a Talos that is older than the table. */
bool release_kube_range(const struct version *talos, struct kube_range *out);

/* How many minors a kubelet may be behind the API server. */
#define KUBELET_LAG 3
