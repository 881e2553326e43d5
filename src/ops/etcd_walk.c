#include "ops/etcd_walk.h"

#include "base/clock.h"
#include "ops/step_call.h"

#include <assert.h>
#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)

/* Of one round; what step_memory()->data points to. */
struct round {
	const struct etcd_walk *walk;
	struct etcd_listed first;
};

static int ask(struct step_run *run);

const struct node *etcd_control(const struct step_run *run, unsigned *index)
{
	const struct cluster *cluster = site_cluster(step_site(run));

	for (; *index < cluster->nodes; ++*index)
		if (cluster->node[*index].role == ROLE_CONTROL)
			return &cluster->node[*index];
	return NULL;
}

static void remember(struct etcd_listed *first, const char *by,
		     const struct talos_etcd_members *members)
{
	first->by = by;
	for (size_t i = 0; i < members->len && first->len < ETCD_LISTED_MAX; i++) {
		assert(members->at);
		const struct talos_etcd_member *member = &members->at[i];
		size_t place = first->len++;
		size_t len = strnlen(member->name, sizeof(first->at[place].name) - 1);

		first->at[place].id = member->id;
		first->at[place].learner = member->learner;
		memcpy(first->at[place].name, member->name, len);
	}
}

static int listed(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	struct round *round = memory->data;
	const struct node *node = etcd_control(run, &memory->index);
	const struct talos_etcd_members *members = step_reply(run);

	if (!members) {
		run_say(run, "%s: %s", node->name, step_call_err(run)->text);
		return round->walk->again(run, err);
	}
	if (!round->first.by)
		remember(&round->first, node->name, members);
	int r = round->walk->judge(run, node, &round->first, members, err);

	if (r != 0)
		return r < 0 ? -1 : round->walk->again(run, err);
	memory->index++;
	return ask(run);
}

static int ask(struct step_run *run)
{
	static const struct talos_etcd_members_request local = { .local = true };
	const struct node *node = etcd_control(run, &step_memory(run)->index);

	if (!node)
		return run_done(run);
	return step_call_within(run, site_channel(step_site(run), node), &talos_etcd_members,
				&local, ASK_TIMEOUT, listed);
}

int etcd_walk(struct step_run *run, const struct etcd_walk *walk)
{
	struct step_memory *memory = step_memory(run);
	struct round *round = arena_alloc(run_arena(run), sizeof(*round));

	round->walk = walk;
	memory->index = 0;
	memory->data = round;
	return ask(run);
}

static bool told_before(const struct etcd_listed *first, const struct talos_etcd_member *member)
{
	assert(member);
	for (size_t i = 0; i < first->len; i++)
		if (first->at[i].id == member->id)
			return first->at[i].learner == member->learner &&
			       strncmp(first->at[i].name, member->name,
				       sizeof(first->at[i].name) - 1) == 0;
	return false;
}

bool etcd_listed_same(const struct etcd_listed *first, const struct talos_etcd_members *members)
{
	if (members->len != first->len)
		return false;
	for (size_t i = 0; i < members->len; i++)
		if (!told_before(first, &members->at[i]))
			return false;
	return true;
}

static bool holds(const struct talos_etcd_members *members, uint64_t id)
{
	for (size_t i = 0; i < members->len; i++)
		if (members->at[i].id == id)
			return true;
	return false;
}

size_t etcd_listed_shared(const struct etcd_listed *first,
			  const struct talos_etcd_members *members)
{
	size_t count = 0;

	for (size_t i = 0; i < first->len; i++)
		count += holds(members, first->at[i].id);
	return count;
}
