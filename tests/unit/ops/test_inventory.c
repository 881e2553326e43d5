#include "ops/inventory.h"

#include "base/own.h"

#include <criterion/criterion.h>

Test(inventory, every_sight_has_a_name)
{
	cr_assert_str_eq(sight_name(SIGHT_SILENT), "silent");
	cr_assert_str_eq(sight_name(SIGHT_MAINTENANCE), "maintenance");
	cr_assert_str_eq(sight_name(SIGHT_OURS), "ours");
	cr_assert_str_eq(sight_name(SIGHT_DENIED), "denied");
}

static const struct {
	const char *name;
	bool runs[4]; /* worker, control, control, worker */
	int found;
} rows[] = {
	{ "nowhere", { false, false, false, false }, -1 },
	{ "on a worker, which cannot be", { true, false, false, true }, -1 },
	{ "on the second", { false, false, true, false }, 2 },
	{ "on both", { true, true, true, true }, 1 },
};

Test(inventory, etcd_is_that_of_the_first_control_plane_that_runs_it)
{
	static const struct node nodes[] = {
		{ .name = "w-1", .role = ROLE_WORKER },
		{ .name = "cp-1", .role = ROLE_CONTROL },
		{ .name = "cp-2", .role = ROLE_CONTROL },
		{ .name = "w-2", .role = ROLE_WORKER },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct node_state states[ARRAY_LEN(nodes)] = { 0 };
		struct inventory inventory = { .at = states, .len = ARRAY_LEN(nodes) };

		for (size_t k = 0; k < ARRAY_LEN(nodes); k++) {
			states[k].node = &nodes[k];
			states[k].etcd_runs = rows[i].runs[k];
		}
		const struct node_state *found = inventory_etcd(&inventory);

		cr_assert_eq(found, rows[i].found < 0 ? NULL : &states[rows[i].found], "%s",
			     rows[i].name);
	}
}

Test(inventory, an_empty_one_has_no_etcd)
{
	cr_assert_null(inventory_etcd(&(struct inventory){ 0 }));
}
