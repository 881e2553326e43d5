#include "ops/inventory.h"

#include "ops/denied.h"

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

const char *sight_text(enum sight sight)
{
	static const char *const texts[SIGHT_COUNT] = {
		[SIGHT_SILENT] = "does not answer",
		[SIGHT_MAINTENANCE] = "is in maintenance mode",
		[SIGHT_OURS] = "is part of the cluster",
		[SIGHT_DENIED] = "is configured, but not for us",
	};

	assert(sight < SIGHT_COUNT);
	return texts[sight];
}

int node_denied(const struct node_state *state, struct err *err)
{
	return err_denied(err, state->node, &state->err);
}

int inventory_check_control(const struct inventory *inventory, struct err *err)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role == ROLE_CONTROL && state->sight == SIGHT_DENIED)
			return node_denied(state, err);
	}
	return 0;
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
