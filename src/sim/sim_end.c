#include "sim/sim_end.h"

#include "sim/sim_sequence.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

static const struct ending_row {
	const char *name; /* and of the sequence */
	const char *text;
	enum sim_stage stage;
} rows[END_COUNT] = {
	[END_NONE] = { "", "rebooting", SIM_STAGE_REBOOTING },
	[END_REBOOT] = { "reboot", "rebooting", SIM_STAGE_REBOOTING },
	[END_SHUTDOWN] = { "shutdown", "shutting down", SIM_STAGE_SHUTTING_DOWN },
	[END_RESET] = { "reset", "resetting", SIM_STAGE_RESETTING },
	[END_UPGRADE] = { "upgrade", "upgrading", SIM_STAGE_UPGRADING },
	[END_STAGE_UPGRADE] = { "stageUpgrade", "upgrading", SIM_STAGE_UPGRADING },
};

enum sim_stage end_stage(const struct sim_end *end)
{
	return end->failed ? SIM_STAGE_REBOOTING : rows[end->kind].stage;
}

const char *end_stage_text(const struct sim_end *end)
{
	return end->failed ? "rebooting" : rows[end->kind].text;
}

const char *end_name(const struct sim_end *end)
{
	return rows[end->kind].name;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static bool may_begin(const struct sim_node *node, const struct sim_end *end)
{
	const struct sim_end *now = &node->end;

	if (end->takes_over)
		return true;
	switch (node->state) {
	case SIM_RUNNING:
	case SIM_MAINTENANCE:
		return true;
	case SIM_BOOTING:
		return end->kind == END_REBOOT || end->kind == END_RESET ||
		       end->kind == END_UPGRADE;
	case SIM_STOPPING:
		return end->kind == END_REBOOT &&
		       (now->kind == END_REBOOT || now->kind == END_RESET);
	default:
		return false;
	}
}

static void cancel_what_runs(struct sim_node *node)
{
	static const char text[] = "sequence failed: context canceled";

	if (node->state == SIM_BOOTING) {
		sequence_log_step(node, SIM_EVENT_TASK, "startAllServices", PHASE_STOP);
		sequence_log_step(node, SIM_EVENT_PHASE, "startEverything", PHASE_STOP);
		sequence_log_step(node, SIM_EVENT_SEQUENCE, "boot", SEQUENCE_STOP);
		sequence_log_error(node, "boot", SIM_ERROR_CANCELED, text);
	} else if (node->state == SIM_STOPPING && node->end.kind != END_NONE) {
		sequence_log_error(node, rows[node->end.kind].name, SIM_ERROR_CANCELED, text);
	}
}

/* Told to somebody who is not the actor of what runs. */
static void refuse(struct sim_node *node, const struct sim_end *end, const char *actor)
{
	node_log(node, &(struct sim_event){ .kind = SIM_EVENT_SEQUENCE,
					    .name = rows[end->kind].name,
					    .action = SEQUENCE_NOOP,
					    .text = "sequence failed: another one is running",
					    .code = SIM_ERROR_LOCKED,
					    .actor = actor });
	node_changed(node);
}

static void fail(struct sim_node *node, const char *text)
{
	sequence_log_error(node, rows[node->end.kind].name, SIM_ERROR_FATAL, text);
	node->end.failed = true;
	node->end.off = false;
}

/* Up to the phase that takes time; false when it ended in an error before. */
static bool begin_phases(struct sim_node *node)
{
	const struct sim_end *end = &node->end;
	const char *name = rows[end->kind].name;
	bool leaves = end->kind == END_RESET && end->graceful && node->config &&
		      node->config->control;
	struct err err = ERR_INIT;

	if (end->forced) {
		sequence_log(node, name, NULL, "reboot");
		return true;
	}
	if (!leaves) {
		sequence_log(node, name, NULL, "stopServices");
		return true;
	}
	sequence_log(node, name, NULL, "leave");
	if (etcd_leave(node, &err) < 0) {
		fail(node, err.text);
		return false;
	}
	sequence_log(node, name, "leave", "stopServices");
	return true;
}

static uint64_t due_of(struct sim_node *node)
{
	const struct world_pace *pace = &node->world->pace;
	enum sim_ending kind = node->end.kind;
	bool reboots = kind == END_REBOOT || kind == END_UPGRADE || kind == END_STAGE_UPGRADE;

	if (reboots && boot_meets(node, UPGRADE_HANGS))
		return 0;
	return world_after(node->world,
			   pace->stop + (kind == END_UPGRADE ? pace->install / 2 : 0));
}

void node_end(struct sim_node *node, const struct sim_end *end, char actor[static 37])
{
	world_uuid(node->world, actor);
	if (!may_begin(node, end)) {
		refuse(node, end, actor);
		return;
	}
	cancel_what_runs(node);
	memcpy(node->actor, actor, sizeof(node->actor));
	node->end = *end;
	if (end->kind == END_STAGE_UPGRADE)
		snprintf(node->boot_from.staged, sizeof(node->boot_from.staged), "%s", end->image);
	if (begin_phases(node) && node->state != SIM_STOPPING)
		services_stop(node);
	node_stop(node, due_of(node));
}

/* ---- finishing ------------------------------------------------------------------------------- */

void end_finish(struct sim_node *node)
{
	struct sim_end *end = &node->end;
	const char *name = rows[end->kind].name;
	const char *from = "stopServices";

	if (end->kind == END_NONE || end->failed || end->forced)
		return;
	if (end->kind == END_UPGRADE) {
		sequence_log(node, name, from, "upgrade");
		if (!boot_write(node, end->image)) {
			fail(node, "no space left on device");
			return;
		}
		from = "upgrade";
	}
	sequence_log(node, name, from, "stopEverything");
}

static void forget_configs(struct sim_node *node)
{
	sim_config_free(node->config);
	sim_config_free(node->staged);
	sim_config_free(node->kept);
	node->config = node->staged = node->kept = NULL;
	node->trial_over = 0;
}

static bool etcd_is_apart(const struct sim_node *node)
{
	for (size_t i = 0; node->config && i < node->config->volumes; i++)
		if (!strcmp(node->config->volume[i].id, "ETCD"))
			return true;
	return false;
}

void end_wipe(struct sim_node *node, const struct sim_end *end)
{
	if (end->kind != END_RESET || end->failed)
		return;
	node->wipes++;
	node->volume_wipes += (end->wipe & WIPES_USERS) != 0;
	if (end->wipe & (WIPES_DISK | (etcd_is_apart(node) ? WIPES_ETCD : WIPES_EPHEMERAL)))
		etcd_wipe(node);
	if (end->wipe & (WIPES_STATE | WIPES_DISK))
		forget_configs(node);
	if (end->wipe & (WIPES_EPHEMERAL | WIPES_DISK))
		images_wipe(&node->images);
	if (end->wipe & WIPES_DISK) {
		boot_wipe(node);
		node->installed[0] = '\0';
	}
	node->unsaved = node->urgent = true;
}
