#include "flow/order.h"
#include "unit/flow/toy.h"

#include <criterion/criterion.h>

Test(order, readies_a_step_when_all_it_is_after_ended_well)
{
	static const struct toy_step rows[] = {
		{ .kind = &toy_work, .target = "a" },
		{ .kind = &toy_work, .target = "b" },
		{ .kind = &toy_work, .target = "c", AFTER(0, 1) },
		{ .kind = &toy_work, .target = "d", AFTER(2, 2) },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = toy_plan(rows, ARRAY_LEN(rows));
	struct order *order = order_new(arena, plan);

	cr_assert(order_is_ready(order, 0));
	cr_assert(order_is_ready(order, 1));
	cr_assert_not(order_is_ready(order, 2));
	order_release(order, 1);
	cr_assert_not(order_is_ready(order, 2));
	order_release(order, 0);
	cr_assert(order_is_ready(order, 2));
	cr_assert_not(order_is_ready(order, 3));
	order_release(order, 2);
	cr_assert(order_is_ready(order, 3), "named twice, waited for once");
}
