/*
 * How a boot ends: reboot, shutdown, reset, upgrade; what each leaves on the disk.
 *
 *	const struct sim_end end = { .kind = END_RESET, .wipe = WIPES_STATE };
 *	node_end(node, &end, actor);        the state STOPPING, or a LOCKED event of that actor
 *	end_finish(node);                   STOPPING is over
 *	end_wipe(node, &end);               the power goes
 */
#pragma once

#include <stdbool.h>

struct sim_node;

/* Stages of MachineStatus: numbers of the wire. */
enum sim_stage {
	SIM_STAGE_UNKNOWN,
	SIM_STAGE_BOOTING,
	SIM_STAGE_INSTALLING,
	SIM_STAGE_MAINTENANCE,
	SIM_STAGE_RUNNING,
	SIM_STAGE_REBOOTING,
	SIM_STAGE_SHUTTING_DOWN,
	SIM_STAGE_RESETTING,
	SIM_STAGE_UPGRADING,
};

enum sim_ending { /* in the order of their names in files */
	END_NONE, /* an installation that is over */
	END_REBOOT,
	END_SHUTDOWN,
	END_RESET,
	END_UPGRADE,
	END_STAGE_UPGRADE,
	END_COUNT
};

enum {
	WIPES_STATE = 1 << 0,
	WIPES_EPHEMERAL = 1 << 1,
	WIPES_META = 1 << 2,
	WIPES_DISK = 1 << 3,
	WIPES_ETCD = 1 << 4,   /* where it is a partition of its own */
	WIPES_USERS = 1 << 5,  /* volumes that users asked for */
	WIPES_OTHERS = 1 << 6, /* those of the system that hold nothing that is simulated */
};

struct sim_end {
	enum sim_ending kind;
	bool graceful;
	bool off;	 /* power off instead of a reboot */
	bool forced;	 /* skips everything but the reboot */
	bool takes_over; /* whatever runs */
	bool failed;	 /* has no effect any more */
	unsigned wipe;	 /* WIPES_* */
	char image[256]; /* of an upgrade */
};

/* `actor` becomes the one whose events tell what comes of it. */
void node_end(struct sim_node *node, const struct sim_end *end, char actor[static 37]);
void end_finish(struct sim_node *node);
void end_wipe(struct sim_node *node, const struct sim_end *end);

enum sim_stage end_stage(const struct sim_end *end);
const char *end_stage_text(const struct sim_end *end); /* "resetting" */
const char *end_name(const struct sim_end *end);       /* "reset": files; "" none */
