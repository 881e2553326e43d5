#include "ops/inventory.h"

#include <assert.h>

const char *sight_name(enum sight sight)
{
	static const char *const names[SIGHT_COUNT] = {
		[SIGHT_SILENT] = "silent",
		[SIGHT_MAINTENANCE] = "maintenance",
		[SIGHT_OURS] = "ours",
		[SIGHT_DENIED] = "denied",
	};

	assert(sight < SIGHT_COUNT);
	return names[sight];
}

const struct node_state *inventory_etcd(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role == ROLE_CONTROL && state->etcd_runs)
			return state;
	}
	return NULL;
}
