/*
 * One simulated node: what it is, what it holds, and the state machine of its life.
 *
 *	            power                   no config on disk
 *	 OFF <──────────────> DOWN ──────────────────────────────> MAINTENANCE
 *	(any state)           │ ^                                   │    │
 *	   config on disk     │ │                  nothing on disk  │    │ image is on disk
 *	                      v │                                   v    v
 *	  RUNNING <─────── BOOTING                        INSTALLING     BOOTING
 *	     │                │ │                              │
 *	     └────────────────┴─┴──── STOPPING <───────────────┘ done, or failed
 *	                                 │
 *	                     DOWN <── LEAVING
 *
 * STOPPING is a reboot, a shutdown, a reset or an upgrade: node->end says which (sim_end.h). One
 * that powers off goes from LEAVING to OFF. A staged upgrade is an INSTALLING that comes from DOWN.
 *
 * Only node_enter() changes the state. MAINTENANCE, BOOTING, RUNNING and OFF last until something
 * happens; the others for the time that the world's pace gives them. A config belongs to the STATE
 * partition of the installed disk: a node that loses power before that forgets it. An install that
 * fails (no disk matches, or more than one does) ends the sequence with a FATAL event, and the node
 * reboots into maintenance, as real ones do.
 *
 * node_tick() is what the timer calls; node_changed() says that something others depend on is
 * different: world_settle() then looks at everything that follows from it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "loop/loop.h"
#include "rpc/server.h"
#include "sim/sim_boot.h"
#include "sim/sim_config.h"
#include "sim/sim_end.h"
#include "sim/sim_etcd.h"
#include "sim/sim_hardware.h"
#include "sim/sim_image.h"
#include "sim/sim_kube.h"
#include "sim/sim_log.h"
#include "sim/sim_services.h"
#include "sim/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_state {
	SIM_OFF,	 /* no power */
	SIM_DOWN,	 /* firmware and kernel are on their way; nothing answers */
	SIM_MAINTENANCE, /* waits for a config; everybody may ask */
	SIM_INSTALLING,	 /* writes the image to disk */
	SIM_BOOTING,	 /* has a config, services come up */
	SIM_RUNNING,	 /* the boot sequence is over */
	SIM_STOPPING,	 /* the sequence before the end of a boot */
	SIM_LEAVING,	 /* machined is gone, apid still answers for it */
	SIM_STATE_COUNT
};

struct world;
struct cosi;
struct sim_api;
struct sim_call;
struct sim_door;

struct sim_node {
	struct world *world;		     /* borrowed */
	const struct sim_hardware *hardware; /* in the world's arena */
	enum sim_state state;
	uint64_t since, due; /* wall time; due 0: until something happens */
	struct timer timer;
	struct arena *boot; /* owned: what a reboot forgets */
	char boot_id[37];
	char actor[37];		   /* of the sequence that runs; "" none */
	struct sim_config *config; /* owned; the active one */
	struct sim_config *staged; /* owned; for the next boot */
	struct sim_config *kept;   /* owned; what a config on trial replaced */
	uint64_t trial_over;	   /* wall time; 0: none on trial */
	bool locked;		   /* a config was applied that reboots */
	char installed[32];	   /* id of the disk; "" none */
	char hostname[64];
	struct sim_service service[SERVICE_COUNT];
	struct sim_etcd etcd;
	struct sim_kube kube;
	struct sim_log log;
	struct sim_status status; /* as last announced */
	bool vip;
	unsigned applies, installs, bootstraps, upgrades, boots, wipes, volume_wipes;
	struct sim_boot boot_from;
	struct sim_end end;	  /* how this boot ends; from STOPPING on */
	struct sim_images images; /* pulled */
	uint64_t wake;		  /* wall time when an open call wants to go on; 0: none */
	struct sim_api *api;	  /* owned: listeners, newest first */
	struct sim_door *door;	  /* owned by sim_serve.c; NULL: not on a socket */
	uint64_t api_due;	  /* wall time when the listener may open; 0: not waiting */
	struct cosi *cosi;	  /* owned: resources */
	struct sim_call *calls;	  /* open ones, newest first */
	bool changed;		  /* since world_settle() */
	bool stale;		  /* since cosi_refresh() */
	bool unsaved;		  /* since it was written */
	bool urgent;		  /* to be written without being asked */
};

/* As a bare machine, OFF. */
struct sim_node *node_new(struct world *world, const struct sim_hardware *hardware);
void node_free(struct sim_node *node);

const char *state_name(enum sim_state state); /* "maintenance": facts and files */
enum sim_stage node_stage(const struct sim_node *node);
bool node_is_up(const struct sim_node *node); /* configured, and machined answers */
/* What the next boot takes. */
const struct sim_config *node_persistent(const struct sim_node *node);
const char *node_address(const struct sim_node *node);

void node_power(struct sim_node *node, bool on);
void node_tick(struct sim_node *node);
/* Arms the timer for whatever comes next. */
void node_schedule(struct sim_node *node);
void node_changed(struct sim_node *node);

/* The maintenance mode is over: takes the config. */
void node_configure(struct sim_node *node, struct sim_config *take_config);
/* A configured node gets another config, at once. */
void node_reconfigure(struct sim_node *node, struct sim_config *take_config);
void node_stage_config(struct sim_node *node, struct sim_config *take_config);
/* Applied without being kept, until the time is over or another config is applied. */
void node_try_config(struct sim_node *node, struct sim_config *take_config, uint64_t duration);
/* Begins the reboot sequence; false when the node is not in a state for it. */
bool node_reboot(struct sim_node *node);
/* From whatever state a boot can end in; for sim_end.c. `due` 0: it never ends by itself. */
void node_stop(struct sim_node *node, uint64_t due);
/* The open calls are asked again at that time at the latest. */
void node_wake(struct sim_node *node, uint64_t wall);
/* BOOTING is over when everything that the boot sequence waits for is there. */
void node_settle(struct sim_node *node);

/* Puts a node into its state as if it had always been in it: new worlds and reopened ones. */
void node_resume(struct sim_node *node, enum sim_state state, uint64_t due);

/* Adds to the log; event->actor may be NULL. */
void node_log(struct sim_node *node, const struct sim_event *event);
/* A MachineStatusEvent if anything in it is different from the last one. */
void node_announce(struct sim_node *node);
