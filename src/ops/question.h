/*
 * What nodes are asked in an observation (observe.h), as rows, and what is kept of their answers.
 *
 *	question->keep(&answers, reply);	for each reply, any number
 *	if (question->end) question->end(&answers);	it ended well
 *	answers_end(&answers);	all of them did
 *
 * What is kept is copied into the arena. Nothing here calls anybody.
 */
#pragma once

#include "base/arena.h"
#include "ops/inventory.h"
#include "talos/talos.h"

#include <stdbool.h>
#include <stddef.h>

#define QUESTIONS_MAX 10

struct answers {		  /* zeroed but for the first two */
	struct arena *arena;	  /* borrowed */
	struct node_state *state; /* borrowed; what is kept */
	size_t disk_cap, link_cap, volumes, volume_cap;
};

/* Questions of one turn are asked together, once those of the turn before have their answers. */
enum turn {
	TURN_FIRST, /* tells who the node is */
	TURN_REST,
	TURN_ETCD, /* needs to know whether it runs */
	TURN_COUNT
};

/* One thing to ask; `keep` copies what is said into the node's state. */
struct question {
	const struct talos_method *method;
	const void *request;
	void (*keep)(struct answers *answers, const void *reply);
	unsigned look; /* asked only when this is wanted; 0: always */
	enum turn turn;
	bool control_only;		      /* workers have no answer */
	void (*end)(struct answers *answers); /* after the last answer; may be NULL */
};

struct questions {
	const struct question *at;
	size_t len;
};
extern const struct questions questions_of_ours, questions_of_maintenance;

/* What only a whole interview may leave is gone. */
void answers_forget(struct answers *answers);
void answers_end(struct answers *answers);
