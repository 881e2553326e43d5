#include "flow/lane.h"

#include "base/map.h"

#include <assert.h>

/* A lane that is named in the plan, or a target. */
struct room {
	unsigned width, taken;
};

struct place {
	struct room *lane;   /* NULL: none but the target's own */
	struct room *target; /* width 1; NULL: nobody changes anything */
};

struct lanes {
	struct place *place; /* per step */
};

static struct room *find_room(struct arena *arena, struct map *rooms, const char *name,
			      unsigned width)
{
	struct room *room = map_get(rooms, name);

	if (!room) {
		room = arena_alloc(arena, sizeof(*room));
		room->width = width;
		map_put(rooms, name, room);
	}
	return room;
}

/* Looks do not get into each other's way. */
static bool changes_anything(const struct plan *plan)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->at[i].kind->danger != STEP_SAFE)
			return true;
	return false;
}

struct lanes *lanes_new(struct arena *arena, const struct plan *plan)
{
	struct lanes *lanes = arena_alloc(arena, sizeof(*lanes));
	struct map *named = map_new(arena), *targets = map_new(arena);
	bool changes = changes_anything(plan);

	lanes->place = arena_calloc(arena, plan->len, sizeof(*lanes->place));
	for (size_t i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];
		struct place *place = &lanes->place[i];

		if (changes)
			place->target = find_room(arena, targets, step->target, 1);
		if (*step->lane)
			place->lane = find_room(arena, named, step->lane,
						plan_lane_width(plan, step->lane));
	}
	return lanes;
}

static bool has_room(const struct room *room)
{
	return !room || room->taken < room->width;
}

bool lanes_have_room(const struct lanes *lanes, unsigned step)
{
	const struct place *place = &lanes->place[step];

	return has_room(place->lane) && has_room(place->target);
}

void lanes_enter(struct lanes *lanes, unsigned step)
{
	const struct place *place = &lanes->place[step];

	assert(lanes_have_room(lanes, step));
	if (place->target)
		place->target->taken++;
	if (place->lane)
		place->lane->taken++;
}

void lanes_leave(struct lanes *lanes, unsigned step)
{
	const struct place *place = &lanes->place[step];

	assert(!place->target || place->target->taken > 0);
	if (place->target)
		place->target->taken--;
	if (place->lane)
		place->lane->taken--;
}
