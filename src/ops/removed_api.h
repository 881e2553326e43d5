/*
 * API versions that releases of Kubernetes stopped serving, and whether somebody still uses them.
 *
 *	size_t count;
 *	const struct removed_api *gone = removed_apis(&count);
 *	if (removed_api_concerns(&gone[i], "v1.31.2", "v1.32.13")) ... it goes with this upgrade
 *	if (removed_api_is_used(&gone[i], object)) ... who wrote the object last wrote it so
 *
 * The table knows removals of Kubernetes 1.25 to 1.32. It has no rows of later releases: that tells
 * nothing of them, and an upgrade to one is not stopped here. It is data: a release costs its rows.
 *
 * An API server answers with every object in every version it serves, so that a list alone says
 * nothing about use. What tells is how an object was written: the version in its managed fields or
 * in kubectl's note of what was applied last. Of a kind that goes for good every object counts.
 */
#pragma once

#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct removed_api {
	unsigned minor;		 /* of 1.x: the first release without it */
	const char *api_version; /* "flowcontrol.apiserver.k8s.io/v1beta3" */
	const char *kind;
	const char *instead; /* what to write; NULL: the kind is gone for good */
};

const struct removed_api *removed_apis(size_t *count);
/* Is it served by the first and not by the second? */
bool removed_api_concerns(const struct removed_api *api, const char *from, const char *to);
bool removed_api_is_used(const struct removed_api *api, const struct value *object);
