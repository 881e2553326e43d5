#include "ops/bare.h"

#include "ops/disk.h"
#include "ops/link.h"

#include <string.h>

int bare_check_sight(const struct node_state *state, struct err *err)
{
	const struct node *node = state->node;

	if (state->sight == SIGHT_DENIED) {
		node_denied(state, err);
		return err_hint(err, "reset it first if it shall join this cluster");
	}
	if (node->locked && state->sight == SIGHT_MAINTENANCE)
		return err_set(err, ERR_REFUSED, "%s is locked and would be installed: %s",
			       node->name, node->locked);
	return 0;
}

int bare_check(const struct node_state *state, const char **disk, struct err *err)
{
	*disk = NULL;
	if (bare_check_sight(state, err) < 0)
		return -1;
	if (state->sight != SIGHT_MAINTENANCE)
		return 0;
	if (link_check(state->node, state->link, state->links, err) < 0)
		return -1;
	if (disk_choose(&state->node->disk, state->disk, state->disks, disk, err) < 0)
		return err_wrap(err, "choose the install disk of %s", state->node->name);
	return 0;
}

bool bare_named(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (strcmp(state->node->name, name) == 0)
			return state->sight == SIGHT_MAINTENANCE &&
			       state->stage == STAGE_MAINTENANCE;
	}
	return false;
}
