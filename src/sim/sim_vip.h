/*
 * The shared address of the control planes: of those with healthy etcd in one etcd cluster exactly
 * one owns it, and keeps it while it stays healthy.
 */
#pragma once

#include <stdbool.h>

struct sim_node;
struct world;

void vip_settle(struct world *world);
/* NULL when nobody owns that address. */
struct sim_node *vip_owner(const struct world *world, const char *address);
