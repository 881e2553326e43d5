#include "sim/scenario_parts.h"
#include "sim/world_impl.h"

#include <string.h>

static void power_off(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_power(world, node, false);
}

static void power_on(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_power(world, node, true);
}

static void slow(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_next_upgrade(world, node, UPGRADE_SLOW);
}

static void fall_back(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_next_upgrade(world, node, UPGRADE_FALLS_BACK);
}

static void hang(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_next_upgrade(world, node, UPGRADE_HANGS);
}

static void sicken(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_next_upgrade(world, node, UPGRADE_UNHEALTHY);
}

static void fill_disk(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_next_upgrade(world, node, UPGRADE_NO_SPACE);
}

static void lose_image(struct world *world, const struct scenario_event *event, const char *node)
{
	(void)event;
	world_next_upgrade(world, node, UPGRADE_NO_IMAGE);
}

static void raise_alarm(struct world *world, const struct scenario_event *event, const char *node)
{
	world_alarm(world, node, event->alarm ? event->alarm : SCENARIO_ALARM);
}

static void fall_behind(struct world *world, const struct scenario_event *event, const char *node)
{
	world_lag(world, node, event->entries);
}

/* clang-format off */
const struct scenario_action scenario_actions[] = {
	{ "drop", ACTION_FAULT, 0, false, FAULT_SILENT, .phrase = "does not answer" },
	{ "delay", ACTION_FAULT, WANTS_FOR, false, FAULT_LATE, .phrase = "answers late" },
	{ "reset", ACTION_FAULT, 0, false, FAULT_RESET, .phrase = "breaks the connection" },
	{ "reset-after", ACTION_FAULT, 0, false, FAULT_RESET_AFTER,
	  .phrase = "obeys and breaks the connection" },
	{ "refuse", ACTION_FAULT, 0, false, FAULT_STATUS, .code = 14, .phrase = "refuses" },
	{ "double", ACTION_FAULT, 0, false, FAULT_TWICE, .phrase = "obeys twice" },
	{ "pod-never-evicts", ACTION_FAULT, WANTS_METHOD, true, FAULT_STATUS, "kube:eviction", 429,
	  .phrase = "does not let a pod go" },
	{ "power-off", ACTION_NODE, 0, true, .act = power_off, .phrase = "loses its power" },
	{ "power-on", ACTION_NODE, 0, false, .act = power_on, .phrase = "has power again" },
	{ "slow-reboot", ACTION_NODE, 0, false, .act = slow,
	  .phrase = "will take ten times as long to boot what is new" },
	{ "old-version-after-reboot", ACTION_NODE, 0, false, .act = fall_back,
	  .phrase = "will fall back to its old version" },
	{ "never-reboot", ACTION_NODE, 0, true, .act = hang,
	  .phrase = "will hang in its next reboot" },
	{ "unhealthy", ACTION_NODE, 0, true, .act = sicken,
	  .phrase = "will not become healthy with its next version" },
	{ "disk-full", ACTION_NODE, 0, false, .act = fill_disk,
	  .phrase = "will have no space for its next version" },
	{ "no-image", ACTION_NODE, 0, false, .act = lose_image,
	  .phrase = "will not find its next image" },
	{ "alarm", ACTION_NODE, 0, true, .act = raise_alarm, .phrase = "raises an alarm of etcd" },
	{ "lag", ACTION_NODE, WANTS_ENTRIES, true, .act = fall_behind,
	  .phrase = "falls behind in etcd" },
	{ .name = NULL },
};
/* clang-format on */

const struct scenario_action *scenario_action_named(const char *name)
{
	for (const struct scenario_action *row = scenario_actions; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static bool hangs(const struct sim_node *node)
{
	return node->state == SIM_STOPPING && node->due == 0;
}

void scenario_repair(struct world *world)
{
	world_fault_clear(world);
	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];
		const char *name = node->hardware->name;

		world_next_upgrade(world, name, UPGRADE_OK);
		world_alarm(world, name, NULL);
		world_lag(world, name, 0);
		if (hangs(node))
			node_power(node, false);
		node_power(node, true);
	}
}
