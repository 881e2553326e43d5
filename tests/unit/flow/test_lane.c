#include "flow/lane.h"
#include "unit/flow/toy.h"

#include <criterion/criterion.h>

Test(lane, has_room_for_its_width_and_one_step_a_target)
{
	static const struct toy_step rows[] = {
		{ &toy_work, "a", "x", .take = 1 },
		{ &toy_work, "b", "x", .take = 1 },
		{ &toy_work, "c", "x", .take = 1 },
		{ &toy_work, "a", "", .take = 1 },
		{ &toy_work, "x", "", .take = 1 },
		{ &toy_work, "d", "narrow", .take = 1 },
		{ &toy_work, "e", "narrow", .take = 1 },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = toy_plan(rows, ARRAY_LEN(rows));

	plan_lane(plan, "x", 2);
	struct lanes *lanes = lanes_new(arena, plan);
	lanes_enter(lanes, 0);
	cr_assert(lanes_have_room(lanes, 1));
	cr_assert_not(lanes_have_room(lanes, 3), "its target is taken");
	lanes_enter(lanes, 1);
	cr_assert_not(lanes_have_room(lanes, 2), "its lane is full");
	cr_assert(lanes_have_room(lanes, 4), "a target is no lane");
	lanes_leave(lanes, 0);
	cr_assert(lanes_have_room(lanes, 2));
	cr_assert(lanes_have_room(lanes, 3));
	lanes_enter(lanes, 5);
	cr_assert_not(lanes_have_room(lanes, 6), "a lane without a width has width 1");
}

Test(lane, lets_all_look_at_once_where_nobody_changes_anything)
{
	static const struct toy_step rows[] = {
		{ &toy_gate, "a", "", .take = 1 },
		{ &toy_gate, "a", "", .take = 1 },
		{ &toy_gate, "a", "narrow", .take = 1 },
		{ &toy_gate, "b", "narrow", .take = 1 },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = toy_plan(rows, ARRAY_LEN(rows));
	struct lanes *lanes = lanes_new(arena, plan);

	lanes_enter(lanes, 0);
	cr_assert(lanes_have_room(lanes, 1));
	lanes_enter(lanes, 2);
	cr_assert_not(lanes_have_room(lanes, 3), "a named lane keeps its width");
	lanes_leave(lanes, 0);
	lanes_leave(lanes, 2);
	cr_assert(lanes_have_room(lanes, 3));
}
