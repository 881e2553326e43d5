/*
 * The database of a simulated etcd as the file that a snapshot is: what Kubernetes would keep in it
 * (namespaces, nodes, leases that are renewed every second), the members, and behind it all the
 * SHA-256.
 *
 *	struct str file SCOPED(str_done) = STR_INIT(SNAPSHOT_MAX);
 *	snapshot_write(node, &file);
 *
 * Its revision is that of etcd_progress(). The same state makes the same bytes.
 */
#pragma once

#include "base/str.h"

#include <stddef.h>

#define SNAPSHOT_MAX ((size_t)64 << 20)

struct sim_node;

void snapshot_write(const struct sim_node *node, struct str *out);
