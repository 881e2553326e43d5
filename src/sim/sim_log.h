/*
 * What happened on a node since it booted: the events that the Events call streams, newest last.
 *
 *	log_init(&node->log, world->random);
 *	log_add(&node->log, arena, wall, &(struct sim_event){ .kind = SIM_EVENT_PHASE, ... });
 *
 * Texts are copied into the arena given, which must live until log_reset(). The ring keeps 512
 * events; a reader that comes later has lost the older ones.
 */
#pragma once

#include "base/arena.h"
#include "crypto/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_event_kind {
	SIM_EVENT_SEQUENCE,
	SIM_EVENT_PHASE,
	SIM_EVENT_TASK,
	SIM_EVENT_SERVICE,
	SIM_EVENT_STATUS,
	SIM_EVENT_ADDRESS,
	SIM_EVENT_RESTART,
	SIM_EVENT_INVALID_CONFIG,
	SIM_EVENT_KIND_COUNT
};

/* Numbers of the wire: SequenceEvent counts from NOOP, PhaseEvent and TaskEvent from START. */
enum sim_sequence_action {
	SEQUENCE_NOOP,
	SEQUENCE_START,
	SEQUENCE_STOP
};
enum sim_phase_action {
	PHASE_START,
	PHASE_STOP
};

/* Why a sequence ended: numbers of the wire. */
enum sim_error_code {
	SIM_ERROR_FATAL,
	SIM_ERROR_LOCKED,  /* another one runs */
	SIM_ERROR_CANCELED /* another one took over */
};

/* Conditions of readiness in the order nodes list them. */
enum sim_condition {
	CONDITION_SERVICES,
	CONDITION_STATIC_PODS,
	CONDITION_NODE_READY,
	CONDITION_COUNT
};
const char *condition_name(enum sim_condition condition); /* "nodeReady" */

struct sim_status {
	unsigned stage;			    /* number of the wire */
	const char *unmet[CONDITION_COUNT]; /* the reason, NULL: met */
};
bool sim_status_ready(const struct sim_status *status);
bool sim_status_equal(const struct sim_status *a, const struct sim_status *b);

struct sim_event {
	enum sim_event_kind kind;
	const char *name;	  /* sequence, phase, task, service; hostname or error text */
	unsigned action;	  /* number of the wire */
	const char *text;	  /* message of a service, error of a sequence, address; NULL */
	enum sim_error_code code; /* of a sequence with a text */
	bool healthy, unhealthy;  /* of a service; neither: not known */
	struct sim_status status; /* SIM_EVENT_STATUS */
	const char *actor;	  /* "" none */
	char id[21];		  /* made by log_add() */
	uint64_t wall, number;	  /* made by log_add(); numbers count from 1 */
};

#define LOG_EVENTS 512

struct sim_log {
	struct sim_event **ring; /* owned: LOG_EVENTS slots, made with the first event */
	uint64_t count;		 /* of events ever added; the last one's number */
	unsigned char machine[5];
	uint32_t next_id;
};

void log_reset(struct sim_log *log, struct random_source *random); /* forgets everything */
void log_done(struct sim_log *log);
void log_add(struct sim_log *log, struct arena *arena, uint64_t wall,
	     const struct sim_event *event);
/* NULL when it was dropped or is yet to come. */
const struct sim_event *log_at(const struct sim_log *log, uint64_t number);
uint64_t log_first(const struct sim_log *log); /* number of the oldest one kept */
void log_new_id(struct sim_log *log, uint64_t wall, char id[static 21]);
