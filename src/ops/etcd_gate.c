#include "ops/etcd_gate.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A judgement on its way. */
struct trial {
	struct arena *arena;
	const struct inventory *inventory;
	const char *const *without;
	const char **failure;
	size_t len, cap;
};

static void __attribute__((format(printf, 2, 3))) fail(struct trial *trial, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const char *text = arena_vprintf(trial->arena, fmt, args);
	va_end(args);
	/* one more: the list ends with NULL */
	trial->failure = arena_grow(trial->arena, trial->failure, trial->len + 1, &trial->cap,
				    sizeof(*trial->failure));
	trial->failure[trial->len++] = text;
	trial->failure[trial->len] = NULL;
}

static bool is_in(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool counts(const struct trial *trial, const struct node *node)
{
	return node->role == ROLE_CONTROL && !is_in(trial->without, node->name);
}

static bool tells(const struct node_state *state)
{
	return state->sight == SIGHT_OURS && state->etcd_runs && state->etcd && state->members;
}

/* The next node that counts and tells, from `index` on; NULL: none. */
static const struct node_state *next_telling(const struct trial *trial, size_t *index)
{
	const struct inventory *inventory = trial->inventory;

	for (; *index < inventory->len; ++*index) {
		const struct node_state *state = &inventory->at[*index];

		if (counts(trial, state->node) && tells(state))
			return &inventory->at[(*index)++];
	}
	return NULL;
}

static void judge_answers(struct trial *trial)
{
	for (size_t i = 0; i < trial->inventory->len; i++) {
		const struct node_state *state = &trial->inventory->at[i];
		const char *name = state->node->name;

		if (!counts(trial, state->node) || tells(state))
			continue;
		if (state->sight == SIGHT_MAINTENANCE)
			fail(trial, "%s has no config, so it runs no etcd", name);
		else if (state->sight != SIGHT_OURS)
			fail(trial, "%s does not answer: %s", name, state->err.text);
		else if (!state->etcd_runs)
			fail(trial, "etcd of %s does not run", name);
		else
			fail(trial, "etcd of %s does not tell how it is", name);
	}
}

static bool lists(const struct talos_etcd_members *members, uint64_t id)
{
	for (size_t i = 0; i < members->len; i++)
		if (members->at[i].id == id)
			return true;
	return false;
}

static size_t shared(const struct talos_etcd_members *a, const struct talos_etcd_members *b)
{
	size_t count = 0;

	for (size_t i = 0; i < a->len; i++)
		count += lists(b, a->at[i].id);
	return count;
}

/* All tell the same members as the first one. */
static void judge_unity(struct trial *trial)
{
	size_t index = 0;
	const struct node_state *first = next_telling(trial, &index);
	const struct node_state *state;

	while (first && (state = next_telling(trial, &index)) != NULL) {
		size_t both = shared(first->members, state->members);

		if (both == 0)
			fail(trial, "etcd is split: %s and %s are members of different clusters",
			     first->node->name, state->node->name);
		else if (both != first->members->len || both != state->members->len)
			fail(trial, "%s and %s do not agree on who is a member", first->node->name,
			     state->node->name);
	}
}

static void judge_member(struct trial *trial, const struct talos_etcd_member *member)
{
	const struct node *node = cluster_node(trial->inventory->cluster, member->name);

	if (text_is_blank(member->name))
		fail(trial, "the etcd member %016" PRIx64 " has not started", member->id);
	else if (is_in(trial->without, member->name))
		return;
	else if (!node || node->role != ROLE_CONTROL)
		fail(trial, "the etcd member %s is no control plane of nodes.yaml", member->name);
	else if (member->learner)
		fail(trial, "the etcd member %s is still learning", member->name);
}

static void judge_members(struct trial *trial)
{
	size_t index = 0;
	const struct node_state *first = next_telling(trial, &index);

	if (!first)
		return;
	for (size_t i = 0; i < first->members->len; i++)
		judge_member(trial, &first->members->at[i]);
	index = 0;
	for (const struct node_state *state; (state = next_telling(trial, &index)) != NULL;)
		if (!lists(state->members, state->etcd->member))
			fail(trial, "%s runs etcd, but is no member", state->node->name);
}

/* As etcd prints it: "memberID:7 alarm:NOSPACE ". */
static void judge_errors(struct trial *trial, const struct node_state *state)
{
	for (const char *const *error = state->etcd->errors; error && *error; error++) {
		size_t len = strlen(*error);

		while (len && (*error)[len - 1] == ' ')
			len--;
		fail(trial, "etcd of %s reports %.*s", state->node->name, (int)len, *error);
	}
}

static const struct node_state *furthest(struct trial *trial)
{
	const struct node_state *best = NULL;
	size_t index = 0;

	for (const struct node_state *state; (state = next_telling(trial, &index)) != NULL;)
		if (!best || state->etcd->raft_index > best->etcd->raft_index)
			best = state;
	return best;
}

static void judge_progress(struct trial *trial)
{
	const struct node_state *best = furthest(trial);
	size_t index = 0;

	for (const struct node_state *state; (state = next_telling(trial, &index)) != NULL;) {
		const struct talos_etcd_status *etcd = state->etcd;

		judge_errors(trial, state);
		if (best->etcd->raft_index - etcd->raft_index > ETCD_LAG_MAX)
			fail(trial, "etcd of %s is %" PRIu64 " entries behind %s",
			     state->node->name, best->etcd->raft_index - etcd->raft_index,
			     best->node->name);
		else if (etcd->raft_index > etcd->raft_applied &&
			 etcd->raft_index - etcd->raft_applied > ETCD_LAG_MAX)
			fail(trial, "etcd of %s has %" PRIu64 " entries still to apply",
			     state->node->name, etcd->raft_index - etcd->raft_applied);
	}
}

static void judge_leader(struct trial *trial)
{
	size_t index = 0;
	const struct node_state *first = next_telling(trial, &index);

	if (!first)
		return;
	index = 0;
	for (const struct node_state *state; (state = next_telling(trial, &index)) != NULL;) {
		if (state->etcd->leader == 0)
			fail(trial, "etcd of %s has no leader", state->node->name);
		else if (first->etcd->leader && state->etcd->leader != first->etcd->leader)
			fail(trial, "%s and %s do not agree on etcd's leader", first->node->name,
			     state->node->name);
	}
}

void etcd_judge_without(struct arena *arena, const struct inventory *inventory,
			const char *const *without, struct etcd_health *out)
{
	struct trial trial = { arena, inventory, without, NULL, 0, 0 };

	judge_answers(&trial);
	judge_unity(&trial);
	judge_members(&trial);
	judge_progress(&trial);
	judge_leader(&trial);
	*out = (struct etcd_health){
		.failure = trial.failure,
		.failures = trial.len,
		.leader = etcd_led_by(inventory),
	};
}

void etcd_judge(struct arena *arena, const struct inventory *inventory, struct etcd_health *out)
{
	etcd_judge_without(arena, inventory, NULL, out);
}

const struct node *etcd_led_by(const struct inventory *inventory)
{
	const struct trial all = { .inventory = inventory };
	const struct talos_etcd_member *leader = NULL;
	size_t index = 0;

	for (const struct node_state *state; (state = next_telling(&all, &index)) != NULL;) {
		const struct talos_etcd_members *members = state->members;

		if (leader && leader->id != state->etcd->leader)
			return NULL;
		for (size_t i = 0; i < members->len && !leader; i++)
			if (members->at[i].id == state->etcd->leader)
				leader = &members->at[i];
	}
	return leader ? cluster_node(inventory->cluster, leader->name) : NULL;
}

const struct talos_etcd_members *etcd_told(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++)
		if (inventory->at[i].etcd_runs && inventory->at[i].members)
			return inventory->at[i].members;
	return NULL;
}

const struct talos_etcd_member *etcd_named(const struct talos_etcd_members *members,
					   const char *name)
{
	for (size_t i = 0; members && i < members->len; i++) {
		char id[17];

		snprintf(id, sizeof(id), "%016" PRIx64, members->at[i].id);
		if (strcmp(members->at[i].name, name) == 0 || strcmp(id, name) == 0)
			return &members->at[i];
	}
	return NULL;
}

static const struct node_state *state_named(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->len; i++)
		if (strcmp(inventory->at[i].node->name, name) == 0 &&
		    inventory->at[i].node->role == ROLE_CONTROL)
			return &inventory->at[i];
	return NULL;
}

/* Nobody stands behind it: not even a node that is away for a while. */
static bool is_abandoned(const struct inventory *inventory, const struct talos_etcd_member *member)
{
	const struct node_state *state;

	if (text_is_blank(member->name))
		return false;
	state = state_named(inventory, member->name);
	if (!state)
		return true;
	return state->sight == SIGHT_MAINTENANCE ||
	       (state->sight == SIGHT_OURS && state->etcd_waits);
}

/* Control planes that run etcd well enough to decide; one that waits is not counted against it. */
static bool rest_is_well(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role != ROLE_CONTROL || tells(state))
			continue;
		if (state->sight != SIGHT_MAINTENANCE &&
		    !(state->sight == SIGHT_OURS && state->etcd_waits))
			return false;
	}
	return etcd_led_by(inventory) != NULL;
}

const struct talos_etcd_member *etcd_stale(const struct inventory *inventory)
{
	const struct talos_etcd_members *members = etcd_told(inventory);

	if (!members || !rest_is_well(inventory))
		return NULL;
	for (size_t i = 0; i < members->len; i++)
		if (is_abandoned(inventory, &members->at[i]))
			return &members->at[i];
	return NULL;
}
