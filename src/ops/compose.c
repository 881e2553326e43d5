#include "ops/compose.h"

#include "base/own.h"

#include <limits.h>
#include <string.h>

#define NO_TURN UINT_MAX

/* A part on its way into a plan. */
struct joint {
	struct plan *plan;
	const struct plan *part;
	const struct splice *splice;
	unsigned *turn;	  /* per step of the part: where its turn began, or NO_TURN */
	unsigned *last;	  /* per step that begins a turn: its last step */
	unsigned *opened; /* likewise: what `before` returned */
	unsigned *place;  /* per step: what waits for it waits for that step of the plan */
	bool *awaited;	  /* per step: another one of the part waits for it */
};

bool plan_has_changes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->at[i].kind->danger != STEP_SAFE)
			return true;
	return false;
}

static bool is_preparation(const struct step_kind *kind)
{
	static const char *const names[] = { "pull-image", "kube-pull", "keep-config",
					     "etcd-snapshot" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(kind->name, names[i]) == 0)
			return true;
	return false;
}

/* The turn that a step goes on with; NO_TURN: it follows on none. */
static unsigned turn_before(const struct joint *joint, const struct step *step)
{
	for (unsigned i = 0; i < step->afters; i++) {
		const struct step *other = &joint->part->at[step->after[i]];

		if (strcmp(other->target, step->target) == 0 && !other->kind->cleanup &&
		    joint->turn[step->after[i]] != NO_TURN)
			return joint->turn[step->after[i]];
	}
	return NO_TURN;
}

static void find_turns(struct joint *joint)
{
	const struct plan *part = joint->part;

	for (unsigned i = 0; i < part->len; i++) {
		const struct step *step = &part->at[i];

		for (unsigned a = 0; a < step->afters; a++)
			joint->awaited[step->after[a]] = true;
		joint->turn[i] = NO_TURN;
		if (!*step->target || is_preparation(step->kind))
			continue;
		joint->turn[i] = turn_before(joint, step);
		if (joint->turn[i] == NO_TURN && step->kind->danger != STEP_SAFE)
			joint->turn[i] = i;
		if (joint->turn[i] != NO_TURN)
			joint->last[joint->turn[i]] = i;
	}
}

static bool waits_for_the_same(const struct step *one, const struct step *other)
{
	return one->afters == other->afters &&
	       (one->afters == 0 ||
		memcmp(one->after, other->after, one->afters * sizeof(*one->after)) == 0);
}

/* Whose turn begins at that step, and with it. */
static const char *const *wave_of(const struct joint *joint, unsigned index)
{
	const struct plan *part = joint->part;
	const char **nodes = arena_calloc(joint->plan->arena, part->len - index + 1,
					  sizeof(*nodes));
	size_t len = 0;

	nodes[len++] = part->at[index].target;
	for (unsigned i = index + 1; i < part->len; i++)
		if (joint->turn[i] == i && waits_for_the_same(&part->at[index], &part->at[i]))
			nodes[len++] = part->at[i].target;
	return nodes;
}

static unsigned copy_step(struct joint *joint, unsigned index)
{
	const struct splice *splice = joint->splice;
	struct step step = joint->part->at[index];
	unsigned *after = arena_calloc(joint->plan->arena, step.afters + 1, sizeof(*after));

	for (unsigned i = 0; i < step.afters; i++)
		after[i] = joint->place[step.after[i]];
	step.after = step.afters ? after : splice->after;
	step.afters = step.afters ? step.afters : splice->afters;
	if (joint->turn[index] == index && splice->before) {
		unsigned gate = splice->before(joint->plan, wave_of(joint, index), step.after,
					       step.afters, splice->context);

		joint->opened[index] = gate;
		if (gate) {
			after[0] = gate - 1;
			step.after = after;
			step.afters = 1;
		}
	}
	return plan_add(joint->plan, &step);
}

/* What follows on the last step of a turn follows on what is behind the turn. */
static void close_turn(struct joint *joint, unsigned index)
{
	const struct splice *splice = joint->splice;
	unsigned turn = joint->turn[index];

	if (!splice->behind || turn == NO_TURN || joint->last[turn] != index ||
	    !joint->opened[turn])
		return;
	const unsigned after[] = { joint->opened[turn] - 1, joint->place[index] };
	const char *const node[] = { joint->part->at[index].target, NULL };
	unsigned closed = splice->behind(joint->plan, node, after, 2, splice->context);

	if (closed)
		joint->place[index] = closed - 1;
}

struct ends plan_splice(struct plan *plan, const struct plan *part, const struct splice *splice)
{
	struct arena *arena = plan->arena;
	struct joint joint = {
		.plan = plan,
		.part = part,
		.splice = splice,
		.turn = arena_calloc(arena, part->len + 1, sizeof(unsigned)),
		.last = arena_calloc(arena, part->len + 1, sizeof(unsigned)),
		.opened = arena_calloc(arena, part->len + 1, sizeof(unsigned)),
		.place = arena_calloc(arena, part->len + 1, sizeof(unsigned)),
		.awaited = arena_calloc(arena, part->len + 1, sizeof(bool)),
	};
	unsigned *ends = arena_calloc(arena, part->len + 1, sizeof(*ends)), len = 0;

	find_turns(&joint);
	for (unsigned i = 0; i < part->len; i++) {
		joint.place[i] = copy_step(&joint, i);
		close_turn(&joint, i);
		if (!joint.awaited[i])
			ends[len++] = joint.place[i];
	}
	for (size_t i = 0; i < part->lanes; i++)
		plan_lane(plan, part->lane[i].name, part->lane[i].width);
	return (struct ends){ ends, len };
}
