/*
 * The inside of scenarios: events as they are decoded, and what they do. For scenario*.c only.
 */
#pragma once

#include "sim/scenario.h"
#include "tree/decode.h"

#include <stdbool.h>
#include <stdint.h>

struct scenario_event {
	const char *at, *call, *node, *action, *lasts, *code, *alarm; /* NULL: not said */
	uint64_t nth, count, entries;
	/* from the above */
	const struct scenario_action *what;
	uint64_t due, duration; /* nanoseconds */
	int status;		/* of gRPC, from 400 on of HTTP */
	struct src src;
};

enum action_kind {
	ACTION_FAULT, /* of calls */
	ACTION_NODE,  /* to a node, at once */
};

enum action_wants {
	WANTS_FOR = 1 << 0,	/* `for` must be said */
	WANTS_ENTRIES = 1 << 1, /* `entries` */
	WANTS_METHOD = 1 << 2,	/* is about one method, which it names itself */
};

struct scenario_action {
	const char *name;
	enum action_kind kind;
	unsigned wants;
	bool lasting;	       /* a node does not recover from it by itself */
	enum fault_kind fault; /* ACTION_FAULT */
	const char *method;    /* WANTS_METHOD */
	int code;	       /* of a refusal, when none is said */
	void (*act)(struct world *world, const struct scenario_event *event,
		    const char *node); /* ACTION_NODE */
	const char *phrase;	       /* "loses its power" */
};
/* Ends with a row without name. */
extern const struct scenario_action scenario_actions[];
const struct scenario_action *scenario_action_named(const char *name); /* NULL: none */

#define SCENARIO_ALARM "NOSPACE"
#define SCENARIO_EVERY UINT64_C(1000000) /* calls: as good as all */
