#include "sim/sim_vip.h"

#include "base/ip.h"
#include "sim/world_impl.h"

#include <string.h>

static bool may_own(const struct sim_node *node)
{
	return node->config && node->config->control && node->config->vip[0] &&
	       etcd_is_healthy(node);
}

/* Candidates of one election: the same address, the same etcd. */
static bool compete(const struct sim_node *a, const struct sim_node *b)
{
	return !strcmp(a->config->vip, b->config->vip) &&
	       !strcmp(a->etcd.cluster, b->etcd.cluster);
}

static void set_owner(struct sim_node *node, bool owns)
{
	if (node->vip == owns)
		return;
	node->vip = owns;
	node->unsaved = true;
	node->changed = true;
}

static bool is_taken(const struct world *world, const struct sim_node *node)
{
	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *other = world->node[i];

		if (other->vip && compete(other, node))
			return true;
	}
	return false;
}

void vip_settle(struct world *world)
{
	for (size_t i = 0; i < world->nodes; i++) {
		if (world->node[i]->vip && !may_own(world->node[i]))
			set_owner(world->node[i], false);
	}
	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (may_own(node) && !is_taken(world, node))
			set_owner(node, true);
	}
}

struct sim_node *vip_owner(const struct world *world, const char *address)
{
	struct ip wanted, vip;

	if (!ip_parse(address, &wanted))
		return NULL;
	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (node->vip && ip_parse(node->config->vip, &vip) && ip_equal(&vip, &wanted))
			return node;
	}
	return NULL;
}
