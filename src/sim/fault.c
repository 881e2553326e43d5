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

static bool applies(const struct fault *fault, const struct sim_node *node, const char *method)
{
	return (!fault->node || !strcmp(fault->node, node->hardware->name)) &&
	       (!fault->method || !strcmp(fault->method, method));
}

const struct fault *fault_for(struct world *world, const struct sim_node *node, const char *method)
{
	const struct fault *found = NULL;

	world->calls++;
	for (struct fault_rule *rule = world->faults; rule; rule = rule->next) {
		if (!applies(&rule->fault, node, method) || rule->done == rule->fault.count)
			continue;
		if (rule->seen++ < rule->fault.skip || found)
			continue;
		rule->done++;
		found = &rule->fault;
	}
	return found;
}
