#include "sim/sim_etcd.h"

#include "sim/sim_node.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

static const char *const state_texts[ETCD_STATE_COUNT] = {
	[ETCD_NONE] = "",
	[ETCD_WAITING] = "waiting",
	[ETCD_LEARNER] = "learner",
	[ETCD_MEMBER] = "member",
};

const char *etcd_state_text(enum sim_etcd_state state)
{
	return state_texts[state];
}

static void etcd_enter(struct sim_node *node, enum sim_etcd_state state)
{
	node->etcd.state = state;
	node->etcd.since = world_wall(node->world);
	node->etcd.due = 0;
	node->unsaved = node->urgent = true;
	node_changed(node);
}

void etcd_begin(struct sim_node *node)
{
	if (!node->config->control) {
		memset(&node->etcd, 0, sizeof(node->etcd));
		return;
	}
	if (node->etcd.state == ETCD_NONE)
		etcd_enter(node, ETCD_WAITING);
	else if (node->etcd.state == ETCD_LEARNER)
		node->etcd.due = world_after(node->world, node->world->pace.etcd_join);
}

/* ---- who is in which cluster ----------------------------------------------------------------- */

static bool has_data(const struct sim_node *node, const char *cluster)
{
	return node->etcd.state >= ETCD_LEARNER && !strcmp(node->etcd.cluster, cluster);
}

size_t etcd_members(const struct world *world, const char *cluster, struct sim_node **out,
		    size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (!has_data(node, cluster))
			continue;
		size_t at = count++;

		if (count > max)
			continue;
		for (; at > 0 && out[at - 1]->etcd.member > node->etcd.member; at--)
			out[at] = out[at - 1];
		out[at] = node;
	}
	return count;
}

static bool runs(const struct sim_node *node)
{
	return node_is_up(node) && service_is_running(&node->service[SERVICE_ETCD]);
}

bool etcd_has_quorum(const struct world *world, const char *cluster)
{
	size_t voters = 0, running = 0;

	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];

		if (!has_data(node, cluster) || node->etcd.state != ETCD_MEMBER)
			continue;
		voters++;
		running += runs(node);
	}
	return running > voters / 2;
}

bool etcd_is_healthy(const struct sim_node *node)
{
	return node->etcd.state == ETCD_MEMBER && node_is_up(node) &&
	       service_is_healthy(&node->service[SERVICE_ETCD]) &&
	       etcd_has_quorum(node->world, node->etcd.cluster);
}

const struct sim_node *etcd_leader(const struct world *world, const char *cluster)
{
	const struct sim_node *leader = NULL;

	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];

		if (!has_data(node, cluster) || node->etcd.state != ETCD_MEMBER || !runs(node))
			continue;
		if (!leader || node->etcd.bootstrapped > leader->etcd.bootstrapped)
			leader = node;
	}
	return leader;
}

static const struct sim_node *running_member(const struct sim_node *seeker)
{
	const struct world *world = seeker->world;

	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];

		if (node != seeker && node->config && seeker->config && etcd_is_healthy(node) &&
		    sim_config_same_cluster(node->config, seeker->config))
			return node;
	}
	return NULL;
}

const char *etcd_cluster_seen(const struct sim_node *node)
{
	if (node->etcd.state >= ETCD_LEARNER)
		return runs(node) ? node->etcd.cluster : "";

	const struct sim_node *member = running_member(node);

	return member ? member->etcd.cluster : "";
}

size_t etcd_clusters(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];
		bool first = node->etcd.cluster[0] && has_data(node, node->etcd.cluster);

		for (size_t k = 0; k < i && first; k++)
			first = !has_data(world->node[k], node->etcd.cluster);
		count += first;
	}
	return count;
}

/* ---- changes --------------------------------------------------------------------------------- */

enum etcd_bootstrap etcd_bootstrap(struct sim_node *node)
{
	uint64_t wall = world_wall(node->world);
	const struct sim_service *service = &node->service[SERVICE_ETCD];
	bool fresh = node->etcd.bootstrapped &&
		     wall < node->etcd.bootstrapped + ETCD_BOOTSTRAP_WINDOW;

	if (node->etcd.state >= ETCD_LEARNER && !fresh)
		return BOOTSTRAP_EXISTS;
	if (!node_is_up(node) || (!fresh && service->state != SERVICE_PRE))
		return BOOTSTRAP_NOT_YET;
	snprintf(node->etcd.cluster, sizeof(node->etcd.cluster), "%016llx",
		 (unsigned long long)world_number(node->world));
	node->etcd.member = world_number(node->world);
	node->etcd.bootstrapped = wall;
	node->bootstraps++;
	etcd_enter(node, ETCD_MEMBER);
	services_restart_etcd(node);
	return BOOTSTRAP_OK;
}

/* etcd takes one learner at a time. */
static bool has_learner(const struct world *world, const char *cluster)
{
	for (size_t i = 0; i < world->nodes; i++) {
		if (has_data(world->node[i], cluster) && world->node[i]->etcd.state == ETCD_LEARNER)
			return true;
	}
	return false;
}

static void try_join(struct sim_node *node)
{
	if (node->etcd.state != ETCD_WAITING || !node_is_up(node) ||
	    node->service[SERVICE_ETCD].state != SERVICE_PRE)
		return;

	const struct sim_node *member = running_member(node);

	if (!member || has_learner(node->world, member->etcd.cluster))
		return;
	memcpy(node->etcd.cluster, member->etcd.cluster, sizeof(node->etcd.cluster));
	node->etcd.member = world_number(node->world);
	node->etcd.bootstrapped = 0;
	etcd_enter(node, ETCD_LEARNER);
	node->etcd.due = world_after(node->world, node->world->pace.etcd_join);
}

void etcd_settle(struct world *world)
{
	for (size_t i = 0; i < world->nodes; i++)
		try_join(world->node[i]);
}

void etcd_tick(struct sim_node *node, uint64_t wall)
{
	if (node->etcd.state != ETCD_LEARNER || !node->etcd.due || node->etcd.due > wall)
		return;
	node->etcd.due = 0;
	if (!service_is_healthy(&node->service[SERVICE_ETCD]) ||
	    !etcd_has_quorum(node->world, node->etcd.cluster)) {
		if (node_is_up(node))
			node->etcd.due = world_after(node->world, node->world->pace.etcd_join);
		return;
	}
	etcd_enter(node, ETCD_MEMBER);
}
