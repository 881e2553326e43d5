#include "sim/sim_sequence.h"

#include "sim/sim_node.h"

#include <assert.h>
#include <string.h>

enum phase_when {
	PHASE_ALWAYS,
	PHASE_GRACEFUL,
	PHASE_LEAVES,	/* graceful, with etcd */
	PHASE_IN_ORDER, /* not forced */
	PHASE_WIPES_DISK,
	PHASE_WIPES_PARTITIONS,
	PHASE_WIPES_OTHERS,
	PHASE_COMES_BACK,
	PHASE_POWERS_OFF,
};

struct phase {
	const char *name;
	const char *task; /* NULL: none is told of */
	enum phase_when when;
};

#define PHASES 19

static const struct sequence {
	const char *name;
	struct phase phases[PHASES]; /* the last one has no name */
} sequences[] = {
	{ "initialize",
	  { { .name = "systemRequirements" },
	    { .name = "earlyServices" },
	    { .name = "usb" },
	    { .name = "meta" },
	    { .name = "dashboard" },
	    { .name = "config" } } },
	{ "install",
	  { { .name = "env" },
	    { .name = "install" },
	    { .name = "meta" },
	    { .name = "saveMeta" },
	    { .name = "volumeFinalize" },
	    { .name = "stopEverything" },
	    { .name = "kexec" },
	    { .name = "reboot" } } },
	{ "boot",
	  { { .name = "memorySizeCheck" },
	    { .name = "diskSizeCheck" },
	    { .name = "env" },
	    { .name = "dbus" },
	    { .name = "ephemeral" },
	    { .name = "udevSetup" },
	    { .name = "userDisks" },
	    { .name = "userSetup" },
	    { .name = "startEverything" } } },
	{ "reboot",
	  { { "cleanup", "stopAllPods", PHASE_IN_ORDER },
	    { "dbus", "stopDBus", PHASE_IN_ORDER },
	    { "stopServices", "stopServicesForUpgrade", PHASE_IN_ORDER },
	    { "umount", "unmountPodMounts", PHASE_IN_ORDER },
	    { "unmountBind", "unmountSystemDiskBindMounts", PHASE_IN_ORDER },
	    { "unmountSystem", "unmountEphemeralPartition", PHASE_IN_ORDER },
	    { "volumeFinalize", "teardownLifecycle", PHASE_IN_ORDER },
	    { "kexec", "kexecPrepare", PHASE_IN_ORDER },
	    { "stopEverything", "stopAllServices", PHASE_IN_ORDER },
	    { "reboot", "reboot", PHASE_ALWAYS } } },
	{ "shutdown",
	  { { "storeShutdown", "storeShutdownEmergency", PHASE_ALWAYS },
	    { "drain", "cordonAndDrainNode", PHASE_GRACEFUL },
	    { "cleanup", "stopAllPods", PHASE_ALWAYS },
	    { "dbus", "stopDBus", PHASE_ALWAYS },
	    { "stopServices", "stopServicesForUpgrade", PHASE_ALWAYS },
	    { "umount", "unmountPodMounts", PHASE_ALWAYS },
	    { "unmountBind", "unmountSystemDiskBindMounts", PHASE_ALWAYS },
	    { "unmountSystem", "unmountEphemeralPartition", PHASE_ALWAYS },
	    { "volumeFinalize", "teardownLifecycle", PHASE_ALWAYS },
	    { "stopEverything", "stopAllServices", PHASE_ALWAYS },
	    { "shutdown", "shutdown", PHASE_ALWAYS } } },
	{ "reset",
	  { { "drain", "cordonAndDrainNode", PHASE_GRACEFUL },
	    { "cleanup", "stopAllPods", PHASE_ALWAYS },
	    { "dbus", "stopDBus", PHASE_ALWAYS },
	    { "leave", "leaveEtcd", PHASE_LEAVES },
	    { "preReset", "sendResetSignal", PHASE_ALWAYS },
	    { "stopServices", "stopServicesForUpgrade", PHASE_ALWAYS },
	    { "umount", "unmountPodMounts", PHASE_ALWAYS },
	    { "unmountBind", "unmountSystemDiskBindMounts", PHASE_ALWAYS },
	    { "unmountSystem", "unmountEphemeralPartition", PHASE_ALWAYS },
	    { "volumeFinalize", "teardownLifecycle", PHASE_ALWAYS },
	    { "kexec", "kexecPrepare", PHASE_COMES_BACK },
	    { "stopEverything", "stopAllServices", PHASE_ALWAYS },
	    { "forceCleanup", "forceCleanup", PHASE_ALWAYS },
	    { "reset", "resetSystemDisk", PHASE_WIPES_DISK },
	    { "resetSpec", "resetSystemDiskSpec", PHASE_WIPES_PARTITIONS },
	    { "resetUserDisks", "resetUserDisks", PHASE_WIPES_OTHERS },
	    { "reboot", "reboot", PHASE_COMES_BACK },
	    { "shutdown", "shutdown", PHASE_POWERS_OFF } } },
	{ "upgrade",
	  { { "drain", "cordonAndDrainNode", PHASE_ALWAYS },
	    { "cleanup", "stopAllPods", PHASE_ALWAYS },
	    { "dbus", "stopDBus", PHASE_ALWAYS },
	    { "stopServices", "stopServicesForUpgrade", PHASE_ALWAYS },
	    { "unmount", "unmountPodMounts", PHASE_ALWAYS },
	    { "unmountBind", "unmountSystemDiskBindMounts", PHASE_ALWAYS },
	    { "unmountSystem", "unmountEphemeralPartition", PHASE_ALWAYS },
	    { "volumeFinalize", "teardownLifecycle", PHASE_ALWAYS },
	    { "upgrade", "upgrade", PHASE_ALWAYS },
	    { "meta", "reloadMeta", PHASE_ALWAYS },
	    { "kexec", "kexecPrepare", PHASE_ALWAYS },
	    { "stopEverything", "stopAllServices", PHASE_ALWAYS },
	    { "reboot", "reboot", PHASE_ALWAYS } } },
	{ "stageUpgrade",
	  { { "cleanup", "stopAllPods", PHASE_ALWAYS },
	    { "dbus", "stopDBus", PHASE_ALWAYS },
	    { "stopServices", "stopServicesForUpgrade", PHASE_ALWAYS },
	    { "umount", "unmountPodMounts", PHASE_ALWAYS },
	    { "unmountBind", "unmountSystemDiskBindMounts", PHASE_ALWAYS },
	    { "unmountSystem", "unmountEphemeralPartition", PHASE_ALWAYS },
	    { "volumeFinalize", "teardownLifecycle", PHASE_ALWAYS },
	    { "stopEverything", "stopAllServices", PHASE_ALWAYS },
	    { "reboot", "reboot", PHASE_ALWAYS } } },
};

static bool is_wanted(const struct sim_node *node, const struct phase *phase)
{
	const struct sim_end *end = &node->end;

	switch (phase->when) {
	case PHASE_ALWAYS:
		return true;
	case PHASE_GRACEFUL:
		return end->graceful;
	case PHASE_LEAVES:
		return end->graceful && node->config && node->config->control;
	case PHASE_IN_ORDER:
		return !end->forced;
	case PHASE_WIPES_DISK:
		return end->wipe & WIPES_DISK;
	case PHASE_WIPES_PARTITIONS:
		return end->wipe & (WIPES_STATE | WIPES_EPHEMERAL | WIPES_META);
	case PHASE_WIPES_OTHERS:
		return !end->wipe;
	case PHASE_COMES_BACK:
		return !end->off;
	case PHASE_POWERS_OFF:
		return end->off;
	}
	return false;
}

static const struct sequence *sequence_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
		if (!strcmp(sequences[i].name, name))
			return &sequences[i];
	}
	return NULL;
}

void sequence_log_step(struct sim_node *node, enum sim_event_kind kind, const char *name,
		       unsigned action)
{
	node_log(node, &(struct sim_event){ .kind = kind,
					    .name = name,
					    .action = action,
					    .actor = node->actor });
}

void sequence_log_error(struct sim_node *node, const char *sequence, enum sim_error_code code,
			const char *text)
{
	node_log(node, &(struct sim_event){ .kind = SIM_EVENT_SEQUENCE,
					    .name = sequence,
					    .action = SEQUENCE_NOOP,
					    .text = text,
					    .code = code,
					    .actor = node->actor });
}

static void begin_phase(struct sim_node *node, const struct phase *phase)
{
	sequence_log_step(node, SIM_EVENT_PHASE, phase->name, PHASE_START);
	if (phase->task)
		sequence_log_step(node, SIM_EVENT_TASK, phase->task, PHASE_START);
}

static void end_phase(struct sim_node *node, const struct phase *phase)
{
	if (phase->task)
		sequence_log_step(node, SIM_EVENT_TASK, phase->task, PHASE_STOP);
	sequence_log_step(node, SIM_EVENT_PHASE, phase->name, PHASE_STOP);
}

void sequence_log(struct sim_node *node, const char *sequence, const char *from, const char *to)
{
	const struct sequence *row = sequence_named(sequence);
	bool on = from == NULL;

	assert(row);
	if (on)
		sequence_log_step(node, SIM_EVENT_SEQUENCE, sequence, SEQUENCE_START);
	for (const struct phase *phase = row->phases; phase->name; phase++) {
		if (!is_wanted(node, phase))
			continue;
		if (on)
			begin_phase(node, phase);
		if (to && !strcmp(phase->name, to))
			return;
		on = on || !strcmp(phase->name, from);
		if (on)
			end_phase(node, phase);
	}
	sequence_log_step(node, SIM_EVENT_SEQUENCE, sequence, SEQUENCE_STOP);
}
