/*
 * API versions that releases of Kubernetes stopped serving, and whether somebody still uses them.
 *
 *	size_t count;
 *	const struct removed_api *gone = removed_apis(&count);
 *	if (removed_api_concerns(&gone[i], "v1.31.2", "v1.32.13")) ... it goes with this upgrade
 *	if (removed_api_is_used(&gone[i], object)) ... who wrote the object last wrote it so
 *
 * The table knows the releases 1.25 to 1.36, those that removed nothing too (1.28, 1.30, 1.31, 1.33
 * to 1.36); versions that were never served unless asked for are left out. Of later ones nothing is
 * known, which removed_api_note() says; an upgrade to one is not stopped here.
 *
 * An API server answers with every object in every version it serves, so that a list alone says
 * nothing about use. What tells is how an object was written: the version in its managed fields or
 * in kubectl's note of what was applied last. Of a kind that goes for good every object counts.
 */
#pragma once

#include "base/arena.h"
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
/* What is known of the release 1.`minor`, in words. */
const char *removed_api_note(struct arena *arena, unsigned minor);
bool removed_api_is_used(const struct removed_api *api, const struct value *object);
