/*
 * The resource types that a node of release 1.13 or 1.14 has, and its namespaces: what List and
 * Watch accept even when there is nothing of that type.
 */
#pragma once

#include <stdbool.h>

enum cosi_secrecy {
	COSI_OPEN,
	COSI_SECRET /* only an administrator may read it */
};

struct cosi_type {
	const char *name; /* "MachineStatuses.runtime.talos.dev" */
	enum cosi_secrecy secrecy;
	unsigned since; /* minor release, 0: all */
};

const struct cosi_type *cosi_type_find(const char *name); /* NULL: no such type */
bool cosi_namespace_exists(const char *name);
