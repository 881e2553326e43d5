/*
 * The resource types that nodes have, and their namespaces: what List and Watch accept even when
 * there is nothing of that type, and what a node tells of its types.
 *
 * Everything is a literal. `minor` is a node's minor release.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum cosi_secrecy {
	COSI_OPEN,
	COSI_SECRET /* only an administrator may read it */
};

struct cosi_type {
	const char *name; /* "MachineStatuses.runtime.talos.dev" */
	const char *ns;	  /* where it is when nobody says where */
	enum cosi_secrecy secrecy;
	unsigned since;	     /* minor release, 0: all */
	const char *aliases; /* besides those that follow from the name, with a space between */
	const char *columns; /* of a table: "Stage={.stage};Ready={.status.ready}" */
	bool plain;	     /* it has no aliases but those */
};

struct cosi_namespace {
	const char *name, *description;
	unsigned since;
};

/* NULL: no such type, or not in that release. */
const struct cosi_type *cosi_type_find(const char *name, unsigned minor);
const struct cosi_type *cosi_type_at(size_t i, unsigned minor); /* sorted by name */
size_t cosi_type_count(void);
bool cosi_namespace_exists(const char *name, unsigned minor);
const struct cosi_namespace *cosi_namespace_at(size_t i, unsigned minor);
size_t cosi_namespace_count(void);
