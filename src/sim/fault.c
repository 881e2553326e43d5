#include "sim/world_impl.h"

#include <string.h>

struct fault_rule {
	struct fault fault; /* texts in the world's arena */
	unsigned seen, done;
	struct fault_rule *next;
};

void world_fault(struct world *world, const struct fault *fault)
{
	struct fault_rule *rule = arena_alloc(world->arena, sizeof(*rule));
	struct fault_rule **at = &world->faults;

	rule->fault = *fault;
	rule->fault.node = arena_str(world->arena, fault->node);
	rule->fault.method = arena_str(world->arena, fault->method);
	while (*at)
		at = &(*at)->next;
	*at = rule;
}

void world_fault_clear(struct world *world)
{
	world->faults = NULL;
}

static bool applies(const struct world *world, const struct fault *fault,
		    const struct sim_node *node, const char *method)
{
	return (!fault->node || (node && !strcmp(fault->node, node->hardware->name))) &&
	       (!fault->method || !strcmp(fault->method, method)) &&
	       (!fault->until || world_wall(world) < fault->until);
}

const struct fault *fault_for(struct world *world, const struct sim_node *node, const char *method)
{
	const struct fault *found = NULL;

	world->calls++;
	for (struct fault_rule *rule = world->faults; rule; rule = rule->next) {
		const struct fault *fault = &rule->fault;

		if (!applies(world, fault, node, method) || rule->done == fault->count)
			continue;
		if (rule->seen++ < fault->skip || (found && fault->kind != FAULT_NONE))
			continue;
		rule->done++;
		if (fault->on_hit)
			fault->on_hit(fault->context, node ? node->hardware->name : "", method);
		if (fault->kind != FAULT_NONE)
			found = fault;
	}
	return found;
}

bool fault_suffer(const struct fault *fault, const struct fault_ops *ops, void *call,
		  uint64_t *late, bool *cut)
{
	const enum fault_kind kind = fault ? fault->kind : FAULT_NONE;

	switch (kind) {
	case FAULT_SILENT:
		return true;
	case FAULT_STATUS:
		ops->refuse(call, fault->code);
		return true;
	case FAULT_RESET:
		ops->cut(call);
		return true;
	case FAULT_TWICE:
		ops->unheard(call);
		return false;
	case FAULT_LATE:
		*late = fault->wait;
		return false;
	case FAULT_RESET_AFTER:
		*cut = true;
		return false;
	default:
		return false;
	}
}
