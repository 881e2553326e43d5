/*
 * A scenario: what goes wrong in a simulated world, and when. Data, from a YAML file or from a
 * seed; docs/rehearse.md describes the format for people.
 *
 *	scenario_read(arena, &input, &scenario, &findings)     or scenario_random(arena, &bounds)
 *	struct scenario_run *run OWNED(scenario_stop) = scenario_start(scenario, &stage, err);
 *	... loop_run(): it happens ...
 *
 * An event is due at a time from the start (`at`), at the n-th call of a kind (`call`, `nth`), or
 * at the n-th call after a time. Times are those of the world's loop. A scenario lives in the
 * arena it was made in; the world is borrowed and outlives the run.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "crypto/random.h"
#include "sim/world.h"
#include "tree/finding.h"
#include "tree/yaml.h"

#include <stddef.h>
#include <stdint.h>

struct scenario_event; /* decoded by the table in scenario_fields.c */

struct scenario {
	struct scenario_event *event;
	size_t events;
};

/* -1 when it added an error to the findings. */
int scenario_read(struct arena *arena, const struct yaml_input *input, struct scenario **out,
		  struct findings *findings);

/* What a random scenario is made of; the same source gives the same scenario. */
struct scenario_bounds {
	struct random_source *random;
	const char *const *node; /* names */
	size_t nodes;
	uint64_t lasts;	 /* events are due before that, nanoseconds */
	unsigned calls;	 /* ... or at one of so many calls */
	unsigned events; /* at most, and at least one */
	bool lasting;	 /* also what a node does not recover from by itself */
};
struct scenario *scenario_random(struct arena *arena, const struct scenario_bounds *bounds);

/* As a file of that scenario. */
void scenario_write(struct str *out, const struct scenario *scenario);

struct scenario_stage {
	struct world *world;
	/* Told when something happens: "worker0 loses its power"; may be NULL. */
	void (*on_event)(void *context, const char *text);
	void *context;
};
struct scenario_run;
/* Fails when it names a node that the world does not have: ERR_INPUT with its place. */
struct scenario_run *scenario_start(const struct scenario *scenario,
				    const struct scenario_stage *stage, struct err *err);
/* Nothing more happens; what has happened stays. */
void scenario_stop(struct scenario_run *run);
OWN_DEFINE(struct scenario_run, scenario_stop)

/* What somebody in the machine room would do: power for all that has none, another try for what
 * hangs, no alarm, no lag, no fault. */
void scenario_repair(struct world *world);
