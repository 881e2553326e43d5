/*
 * The services of a node: which there are, in which state, and what they wait for.
 *
 *	ABSENT -> STARTING -> WAITING -> PRE -> RUNNER -> UP -> HEALTHY
 *	             ^                                     |
 *	             └── FINISHED <── STOPPING <───────────┘   (etcd when it is bootstrapped)
 *
 * Each step takes the world's `service` time; WAITING holds until the service waited for is
 * healthy, and etcd's PRE until it has a cluster to start or join. Only service_step() changes a
 * state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct sim_node;

enum sim_service_id { /* in the order of their names */
	SERVICE_APID,
	SERVICE_AUDITD,
	SERVICE_CONTAINERD,
	SERVICE_CRI,
	SERVICE_ETCD,
	SERVICE_KUBELET,
	SERVICE_MACHINED,
	SERVICE_SYSLOGD,
	SERVICE_TRUSTD,
	SERVICE_UDEVD,
	SERVICE_COUNT
};

enum sim_service_state {
	SERVICE_ABSENT,	  /* the node has no such service */
	SERVICE_STARTING, /* somebody asked for it */
	SERVICE_WAITING,  /* for volumes or another service */
	SERVICE_PRE,	  /* "Running pre state" */
	SERVICE_RUNNER,	  /* "Creating service runner" */
	SERVICE_UP,	  /* runs, health not known */
	SERVICE_HEALTHY,
	SERVICE_STOPPING,
	SERVICE_FINISHED,
	SERVICE_STATE_COUNT
};

#define SERVICE_HISTORY 12

struct sim_service_entry {
	const char *state; /* "Preparing" */
	const char *text;
	uint64_t wall;
};

struct sim_service {
	enum sim_service_state state;
	uint64_t since, due;				   /* wall times; due 0: it waits */
	struct sim_service_entry history[SERVICE_HISTORY]; /* oldest first */
	size_t entries;
};

const char *service_name(enum sim_service_id id);
const char *service_state_text(enum sim_service_state state); /* "Preparing" */
bool service_is_running(const struct sim_service *service);   /* UP or HEALTHY */
bool service_is_healthy(const struct sim_service *service);

void services_early(struct sim_node *node);  /* those of a booted image, at once */
void services_begin(struct sim_node *node);  /* those of a configured node start */
void services_stop(struct sim_node *node);   /* before a reboot */
void services_forget(struct sim_node *node); /* power is gone */
void services_all_up(struct sim_node *node); /* at once */
void services_tick(struct sim_node *node, uint64_t wall);
void services_settle(struct sim_node *node);	    /* gives due times to what can go on */
uint64_t services_due(const struct sim_node *node); /* the next one; UINT64_MAX: none */
/* etcd stops and starts anew, as a bootstrap makes it. */
void services_restart_etcd(struct sim_node *node);
/* One that the API may stop and start; false: it cannot be done. */
bool services_restart(struct sim_node *node, enum sim_service_id id);
/* It ends and is not started again before the next boot; `text` must outlive the boot. */
void services_stop_etcd(struct sim_node *node, const char *text);
/* As read from a file. */
void service_restore(struct sim_node *node, enum sim_service_id id, enum sim_service_state state,
		     uint64_t since);

/* "etcd not running, apid not healthy" as MachineStatus has it; NULL when all is well. */
const char *services_unmet(const struct sim_node *node, struct arena *arena);
