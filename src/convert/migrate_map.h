/*
 * The map from fields of v1alpha1 to documents of Talos 1.14: a row per field, a row per reason why
 * a subsystem cannot be converted, and the subsystems themselves.
 */
#pragma once

#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum migrate_subsystem {
	MIGRATE_INSTALL,
	MIGRATE_KUBELET,
	MIGRATE_NODE,
	MIGRATE_RESOLVER,
	MIGRATE_HOSTNAME,
	MIGRATE_LINKS,
	MIGRATE_HOSTS,
	MIGRATE_KUBESPAN,
	MIGRATE_TIME,
	MIGRATE_SYSCTLS,
	MIGRATE_SYSFS,
	MIGRATE_MODULES,
	MIGRATE_UDEV,
	MIGRATE_FILES,
	MIGRATE_ENVIRONMENT,
	MIGRATE_SWITCHES,
	MIGRATE_KUBE_PRISM,
	MIGRATE_TALOS_ACCESS,
	MIGRATE_IMAGE_CACHE,
	MIGRATE_RUNTIME_SPEC,
	MIGRATE_REGISTRIES,
	MIGRATE_PODS,
	MIGRATE_ENCRYPTION,
	MIGRATE_NETWORK,
	MIGRATE_CLUSTER,
	MIGRATE_API_SERVER,
	MIGRATE_CONTROLLER_MANAGER,
	MIGRATE_SCHEDULER,
	MIGRATE_PROXY,
	MIGRATE_CORE_DNS,
	MIGRATE_API_CA,
	MIGRATE_AGGREGATOR_CA,
	MIGRATE_SERVICE_ACCOUNT,
	MIGRATE_SECRETBOX,
	MIGRATE_DISCOVERY,
	MIGRATE_IDENTITY,
	MIGRATE_MANIFESTS,
	MIGRATE_SUBSYSTEM_COUNT
};

struct migrate_group {
	const char *name;
	const char *const *kinds; /* its documents; NULL-ended */
	/* Generated for 1.14 as documents, so that staying means to take these away. */
	bool generated;
};
extern const struct migrate_group migrate_groups[MIGRATE_SUBSYSTEM_COUNT];

struct migrate_row;
struct conversion;
/* Puts what `value` says into documents. It may be a map with `$patch: delete`. */
typedef void migrate_fn(struct conversion *conversion, const struct migrate_row *row,
			const struct value *value);
/* Whether the value of a whole main document keeps its subsystem in v1alpha1. */
typedef bool migrate_block_fn(const struct value *main, const struct value *value);

struct migrate_row {
	const char *from; /* path in the main document */
	enum migrate_subsystem subsystem;
	const char *kind, *name, *to; /* the document; name NULL for kinds without */
	migrate_fn *put;	      /* NULL: the value as it is */
	/* It can only be told from the whole config of a node, not from one patch. */
	bool whole;
	/* A row that blocks: why, and when (NULL: whenever it is there). */
	const char *why;
	migrate_block_fn *blocks;
};

/* Ends with a row without a path. */
extern const struct migrate_row migrate_map[];

/* Whether workers must not have documents of that kind. */
bool migrate_is_control_kind(const char *kind);
