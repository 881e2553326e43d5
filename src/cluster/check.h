/*
 * Rules over several values of a workspace: what each table row for itself cannot see. Every rule
 * adds its findings to the draft's and changes nothing else. For the files of src/cluster.
 */
#pragma once

#include "cluster/input.h"

void check_cluster(struct draft *draft); /* endpoint, versions, what is missing */
void check_network(struct draft *draft); /* networks and addresses */
void check_bgp(struct draft *draft);	 /* pools, sessions with routers, Cilium */
void check_nodes(struct draft *draft);	 /* names, roles, disks */

/* The place of a key of cluster.yaml; of the whole file when it is absent. */
struct src check_place(const struct draft *draft, const char *key);
/* The same for a node, which may leave a key to cluster.yaml. */
struct src check_node_place(const struct draft *draft, size_t node, const char *key);
const char *check_node_path(const struct draft *draft, size_t node, const char *key);
size_t check_controllers(const struct draft *draft); /* how many nodes are control planes */
