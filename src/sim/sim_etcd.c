#include "sim/sim_etcd.h"

#include "sim/sim_node.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

#define FIRST_TERM 2	   /* the election that ends the first one */
#define FIRST_REVISION 150 /* what Kubernetes writes at once */
#define OVERHEAD 50	   /* entries of the log that are no writes */
#define DB_FIRST 278528	   /* bytes */
#define DB_PAGE 4096
#define DB_WASTE_MAX 512 /* pages that a defragmentation gives back at most */

static const char *const state_texts[ETCD_STATE_COUNT] = {
	[ETCD_NONE] = "",
	[ETCD_WAITING] = "waiting",
	[ETCD_LOST] = "lost",
	[ETCD_REMOVED] = "removed",
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

/* Whether the others count on it. */
static bool is_listed(const struct sim_node *node, const char *cluster)
{
	return has_data(node, cluster) ||
	       (node->etcd.state == ETCD_LOST && !strcmp(node->etcd.cluster, cluster));
}

bool etcd_runs(const struct sim_node *node)
{
	return node->etcd.state >= ETCD_LEARNER && node_is_up(node) &&
	       service_is_running(&node->service[SERVICE_ETCD]);
}

size_t etcd_members(const struct world *world, const char *cluster, struct sim_member *out,
		    size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (!is_listed(node, cluster))
			continue;
		size_t at = count++;

		if (count > max)
			continue;
		for (; at > 0 && out[at - 1].id > node->etcd.member; at--)
			out[at] = out[at - 1];
		out[at] = (struct sim_member){
			.node = node,
			.id = node->etcd.member,
			.name = node->etcd.name,
			.learner = node->etcd.state == ETCD_LEARNER,
		};
	}
	return count;
}

struct tally {
	size_t voters, running;
};

static struct tally count_voters(const struct world *world, const char *cluster)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];

		if (!is_listed(node, cluster) || node->etcd.state == ETCD_LEARNER)
			continue;
		tally.voters++;
		tally.running += etcd_runs(node);
	}
	return tally;
}

bool etcd_has_quorum(const struct world *world, const char *cluster)
{
	struct tally tally = count_voters(world, cluster);

	return tally.running > tally.voters / 2;
}

bool etcd_is_healthy(const struct sim_node *node)
{
	return node->etcd.state == ETCD_MEMBER && node_is_up(node) &&
	       service_is_healthy(&node->service[SERVICE_ETCD]) &&
	       etcd_has_quorum(node->world, node->etcd.cluster);
}

/* Who won the latest term, running or not. */
static struct sim_node *last_leader(const struct world *world, const char *cluster)
{
	struct sim_node *leader = NULL;

	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (is_listed(node, cluster) && node->etcd.term &&
		    (!leader || node->etcd.term > leader->etcd.term))
			leader = node;
	}
	return leader;
}

const struct sim_node *etcd_leader(const struct world *world, const char *cluster)
{
	const struct sim_node *leader = last_leader(world, cluster);

	return leader && etcd_runs(leader) && etcd_has_quorum(world, cluster) ? leader : NULL;
}

/* The running voter with the next greater id than `after`, or the one with the least. */
static struct sim_node *candidate(const struct world *world, const char *cluster, uint64_t after)
{
	struct sim_node *next = NULL, *least = NULL;

	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];
		uint64_t id = node->etcd.member;

		if (!has_data(node, cluster) || node->etcd.state != ETCD_MEMBER || id == after ||
		    !etcd_runs(node))
			continue;
		if (!least || id < least->etcd.member)
			least = node;
		if (id > after && (!next || id < next->etcd.member))
			next = node;
	}
	return next ? next : least;
}

static void win(struct sim_node *node, uint64_t term)
{
	node->etcd.term = term;
	node->unsaved = true;
	node_changed(node);
}

static void elect(const struct world *world, const char *cluster)
{
	const struct sim_node *last = last_leader(world, cluster);

	if ((last && etcd_runs(last)) || !etcd_has_quorum(world, cluster))
		return;

	struct sim_node *next = candidate(world, cluster, last ? last->etcd.member : 0);
	if (next)
		win(next, last ? last->etcd.term + 1 : FIRST_TERM);
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
		return etcd_runs(node) ? node->etcd.cluster : "";

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

static void found_cluster(struct sim_node *node, uint64_t revision)
{
	struct sim_etcd *etcd = &node->etcd;
	uint64_t wall = world_wall(node->world);

	*etcd = (struct sim_etcd){
		.member = world_number(node->world),
		.bootstrapped = wall,
		.founded = wall,
		.start = revision,
		.term = FIRST_TERM,
	};
	snprintf(etcd->cluster, sizeof(etcd->cluster), "%016llx",
		 (unsigned long long)world_number(node->world));
	node->bootstraps++;
	etcd_enter(node, ETCD_MEMBER);
	services_restart_etcd(node);
}

enum etcd_bootstrap etcd_recover(struct sim_node *node, uint64_t revision)
{
	uint64_t wall = world_wall(node->world);
	const struct sim_service *service = &node->service[SERVICE_ETCD];
	bool fresh = node->etcd.bootstrapped &&
		     wall < node->etcd.bootstrapped + ETCD_BOOTSTRAP_WINDOW;

	if (node->etcd.state >= ETCD_REMOVED && !fresh)
		return BOOTSTRAP_EXISTS;
	if (!node_is_up(node) || (!fresh && service->state != SERVICE_PRE))
		return BOOTSTRAP_NOT_YET;
	found_cluster(node, revision);
	return BOOTSTRAP_OK;
}

enum etcd_bootstrap etcd_bootstrap(struct sim_node *node)
{
	return etcd_recover(node, FIRST_REVISION);
}

void etcd_wipe(struct sim_node *node)
{
	if (node->etcd.state >= ETCD_LEARNER)
		etcd_enter(node, ETCD_LOST);
	else if (node->etcd.state == ETCD_WAITING || node->etcd.state == ETCD_REMOVED)
		etcd_enter(node, ETCD_NONE);
}

/* etcd's own care: a voter may go when it is not the last one, and not one of those that the quorum
 * stands on. */
static enum etcd_change may_remove(const struct world *world, const char *cluster,
				   const struct sim_node *node)
{
	struct tally all = count_voters(world, cluster);

	if (all.running <= all.voters / 2)
		return ETCD_NO_QUORUM;
	if (node->etcd.state == ETCD_LEARNER)
		return ETCD_CHANGED;
	if (all.voters == 1)
		return ETCD_NOT_ENOUGH;
	return etcd_runs(node) && all.running - 1 < 1 + (all.voters - 1) / 2 ? ETCD_UNHEALTHY
									     : ETCD_CHANGED;
}

/* The leader hands over before it goes. */
static void take_out(struct sim_node *node)
{
	struct world *world = node->world;
	const char *cluster = node->etcd.cluster;
	bool led = last_leader(world, cluster) == node;
	struct sim_node *next = led ? candidate(world, cluster, node->etcd.member) : NULL;

	if (next)
		win(next, node->etcd.term + 1);
	node->etcd.term = 0;
	if (node->etcd.state == ETCD_LOST) {
		etcd_enter(node, node_is_up(node) ? ETCD_WAITING : ETCD_NONE);
		return;
	}
	etcd_enter(node, ETCD_REMOVED);
	services_stop_etcd(node, "the member has been permanently removed from the cluster");
}

enum etcd_change etcd_remove(struct sim_node *through, uint64_t member)
{
	const struct world *world = through->world;
	const char *cluster = etcd_cluster_seen(through);

	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (!is_listed(node, cluster) || node->etcd.member != member)
			continue;

		enum etcd_change change = may_remove(world, cluster, node);
		if (change == ETCD_CHANGED)
			take_out(node);
		return change;
	}
	return etcd_has_quorum(world, cluster) ? ETCD_NO_MEMBER : ETCD_NO_QUORUM;
}

#define NOT_ENOUGH "etcdserver: re-configuration failed due to not enough started members"

const char *etcd_change_text(enum etcd_change change)
{
	static const char *const texts[] = {
		[ETCD_CHANGED] = "",
		[ETCD_NO_MEMBER] = "etcdserver: member not found",
		[ETCD_NO_QUORUM] = "etcdserver: request timed out",
		[ETCD_NOT_ENOUGH] = NOT_ENOUGH,
		[ETCD_UNHEALTHY] = "etcdserver: unhealthy cluster",
	};

	return texts[change];
}

int etcd_leave(struct sim_node *node, struct err *err)
{
	enum etcd_change change = ETCD_CHANGED;

	if (node->etcd.state >= ETCD_LEARNER)
		change = may_remove(node->world, node->etcd.cluster, node);
	if (change != ETCD_CHANGED)
		return err_set(err, ERR_CONFLICT, "failed to remove member %llu: %s",
			       (unsigned long long)node->etcd.member, etcd_change_text(change));
	if (node->etcd.state >= ETCD_LEARNER)
		take_out(node);
	if (node->etcd.state != ETCD_REMOVED)
		return 0;
	memset(&node->etcd, 0, sizeof(node->etcd));
	etcd_enter(node, ETCD_NONE);
	return 0;
}

const struct sim_node *etcd_forfeit(struct sim_node *node)
{
	const char *cluster = node->etcd.cluster;

	if (etcd_leader(node->world, cluster) != node)
		return NULL;

	struct sim_node *next = candidate(node->world, cluster, node->etcd.member);
	if (next)
		win(next, node->etcd.term + 1);
	return next;
}

void etcd_defragment(struct sim_node *node)
{
	node->etcd.defragged = world_wall(node->world);
	node->unsaved = true;
	node_changed(node);
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
	bool wants = node->etcd.state == ETCD_WAITING || node->etcd.state == ETCD_LOST;

	if (!wants || !node_is_up(node) || node->service[SERVICE_ETCD].state != SERVICE_PRE)
		return;

	const struct sim_node *member = running_member(node);

	if (!member || has_learner(node->world, member->etcd.cluster) ||
	    is_listed(node, member->etcd.cluster))
		return;

	const struct sim_etcd *other = &member->etcd;
	node->etcd = (struct sim_etcd){
		.member = world_number(node->world),
		.founded = other->founded,
		.start = other->start,
	};
	memcpy(node->etcd.cluster, other->cluster, sizeof(node->etcd.cluster));
	etcd_enter(node, ETCD_LEARNER);
	node->etcd.due = world_after(node->world, node->world->pace.etcd_join);
}

static void tell_name(struct sim_node *node)
{
	if (!etcd_runs(node) || !strcmp(node->etcd.name, node->hostname))
		return;
	memcpy(node->etcd.name, node->hostname, sizeof(node->etcd.name));
	node->unsaved = true;
	node_changed(node);
}

void etcd_settle(struct world *world)
{
	for (size_t i = 0; i < world->nodes; i++)
		try_join(world->node[i]);
	for (size_t i = 0; i < world->nodes; i++) {
		tell_name(world->node[i]);
		if (world->node[i]->etcd.state == ETCD_MEMBER)
			elect(world, world->node[i]->etcd.cluster);
	}
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

/* ---- the log --------------------------------------------------------------------------------- */

struct sim_progress etcd_progress(const struct sim_node *node)
{
	const struct sim_etcd *etcd = &node->etcd;
	const struct sim_node *leader = last_leader(node->world, etcd->cluster);
	uint64_t wall = world_wall(node->world);
	uint64_t age = wall > etcd->founded ? (wall - etcd->founded) / SECOND : 0;
	uint64_t clean = etcd->defragged > etcd->since ? etcd->defragged : etcd->since;
	uint64_t waste = wall > clean ? (wall - clean) / MINUTE : 0;
	struct sim_progress out = {
		.term = leader ? leader->etcd.term : 0,
		.revision = etcd->start + age,
	};

	out.index = out.revision + OVERHEAD + out.term;
	out.applied = out.index > etcd->lag ? out.index - etcd->lag : 0;
	out.used = DB_FIRST + DB_PAGE * (out.revision / 64);
	out.size = out.used + DB_PAGE * (waste < DB_WASTE_MAX ? waste : DB_WASTE_MAX);
	return out;
}

size_t etcd_alarms(const struct world *world, const char *cluster, struct sim_alarm *out)
{
	size_t count = 0;

	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_etcd *etcd = &world->node[i]->etcd;

		if (!is_listed(world->node[i], cluster))
			continue;
		for (unsigned bit = ETCD_ALARM_NOSPACE; bit <= ETCD_ALARM_CORRUPT; bit <<= 1) {
			if (etcd->alarms & bit)
				out[count++] = (struct sim_alarm){ etcd->member, bit };
		}
	}
	return count;
}

void etcd_disarm(struct world *world, const char *cluster)
{
	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (!is_listed(node, cluster) || !node->etcd.alarms)
			continue;
		node->etcd.alarms = 0;
		node->unsaved = true;
		node_changed(node);
	}
}

/* ---- from outside ---------------------------------------------------------------------------- */

void world_alarm(struct world *world, const char *node, const char *alarm)
{
	struct sim_node *found = world_node_named(world, node);

	if (!found)
		return;
	if (!alarm)
		found->etcd.alarms = 0;
	else
		found->etcd.alarms |=
			strcmp(alarm, "CORRUPT") ? ETCD_ALARM_NOSPACE : ETCD_ALARM_CORRUPT;
	found->unsaved = true;
	node_changed(found);
}

void world_lag(struct world *world, const char *node, uint64_t entries)
{
	struct sim_node *found = world_node_named(world, node);

	if (!found)
		return;
	found->etcd.lag = entries;
	found->unsaved = true;
	node_changed(found);
}
