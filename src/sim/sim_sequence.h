/*
 * The sequences of a node as its events tell of them: phases, and in some a task each.
 *
 *	sequence_log(node, "reboot", NULL, "stopServices")      starts it, up to the start of that
 *	sequence_log(node, "reboot", "stopServices", NULL)      goes on from there to its end
 *
 * Phases that the end at hand (node->end) has no use for are left out. Events carry node->actor.
 */
#pragma once

#include "sim/sim_log.h"

struct sim_node;

/* From the phase after `from` (NULL: the first) up to the start of `to` (NULL: the end of all). */
void sequence_log(struct sim_node *node, const char *sequence, const char *from, const char *to);
/* One event of the node's actor. */
void sequence_log_step(struct sim_node *node, enum sim_event_kind kind, const char *name,
		       unsigned action);
/* The sequence ended with an error: a NOOP event. */
void sequence_log_error(struct sim_node *node, const char *sequence, enum sim_error_code code,
			const char *text);
