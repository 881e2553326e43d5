/*
 * An inventory: what was observed about every node of a cluster, read-only, before anything is planned.
 *
 * Plain data in an arena; made by observe() (ops/observe.h) or written as literals in tests. Planning functions
 * see nothing else of the world.
 */
#pragma once

#include "base/err.h"
#include "cluster/cluster.h"
#include "talos/talos.h"

#include <stdbool.h>
#include <stddef.h>

enum sight {
	SIGHT_SILENT,      /* nothing answered within the patience */
	SIGHT_MAINTENANCE, /* Talos without a config */
	SIGHT_OURS,        /* its certificate is signed by this cluster's CA and it accepts ours */
	SIGHT_FOREIGN,     /* configured, by another cluster */
	SIGHT_REFUSED,     /* ours, but it does not accept us: an expired or wrong client certificate */
	SIGHT_COUNT
};
const char *sight_name(enum sight sight); /* "maintenance", "ours", ... */

struct node_state {
	const struct node *node;
	enum sight sight;
	struct err err; /* why it is silent, foreign or refused */
	const char *talos, *platform;
	enum talos_stage stage;
	bool ready;
	const struct talos_disk *disk; /* what it has; maintenance and ours */
	size_t disks;
	const struct talos_link *link;
	size_t links;
	const char *system_disk; /* "/dev/sda", "" when nothing is installed */
	bool etcd_runs;          /* its etcd service is Running or its data says so */
	const struct talos_etcd_member *member; /* as this node lists them */
	size_t members;
};

struct inventory {
	const struct cluster *cluster;
	struct node_state *at; /* one per node, in the order of nodes.yaml */
	size_t len;
};

/* The one disk a node's selector means. ERR_CONFLICT when none or several match (they are listed), ERR_REFUSED for
 * a USB, read-only or CD device. *dev_path points into the disks. */
int disk_choose(const struct disk *wanted, const struct talos_disk *disks, size_t count,
		const char **dev_path, struct err *err);
