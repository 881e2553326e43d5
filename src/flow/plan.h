/*
 * A plan: an ordered list of steps with `after` edges. Data; made by pure functions, printed for
 * --dry-run, journaled, compared.
 *
 *	struct plan *plan OWNED(plan_free) = plan_new("up");
 *	unsigned a = plan_add(plan, &(struct step){ .kind = &apply_config, .target = "cp-1", ... });
 *
 *	plan_bind(plan, inputs, identity, cluster);
 *	plan_seal(plan, hash);
 *
 * plan_add() copies everything into the plan's arena, makes the id "<kind>/<target>" ("<kind>" for
 * the cluster; with "#2" for a second one) and returns the step's index. Asserted, because they are
 * mistakes of ours: `after` names earlier steps, a kind has a time limit, a kind that destroys has
 * a check, args are a map and hold nothing sensitive.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "flow/step.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct lane {
	const char *name;
	unsigned width; /* how many of its steps run at once */
};

#define PLAN_STEPS_MAX 100000u /* what plan_read() takes */

enum plan_failure {
	PLAN_STOPS,   /* after a failed step nothing new starts: rolling changes */
	PLAN_GOES_ON, /* only what needs the failed step does not: independent nodes */
};

struct plan {
	struct arena *arena;   /* owned */
	struct map *ids;       /* how often each "<kind>/<target>" was used; in the arena */
	const char *operation; /* "up" */
	enum plan_failure on_failure;
	const struct step *at;
	size_t len, cap;
	const struct lane *lane; /* lanes with a width; an unnamed or unknown lane has width 1 */
	size_t lanes, lane_cap;
	/* What the plan was made from, for the journal: "sha256:..." over files, options,
	 * cluster id, CA. */
	const char *inputs;
	const char *cluster;  /* name, for messages */
	const char *identity; /* of the cluster: its id and CA, digested; a reset changes it */
	const char *request;  /* "reset mini02 --full": what was asked for; NULL: not said */
	const char *digest;   /* of exactly this plan: plan_seal(); NULL before */
};

struct plan *plan_new(const char *operation);
void plan_free(struct plan *plan);
OWN_DEFINE(struct plan, plan_free)

unsigned plan_add(struct plan *plan, const struct step *step);
void plan_lane(struct plan *plan, const char *name, unsigned width); /* again: changes the width */
/* What the plan was made from and whom it is for; each may be NULL. */
void plan_bind(struct plan *plan, const char *inputs, const char *identity, const char *cluster);
/* The operation and the options that shaped the plan, as one could type them; no secret. */
void plan_ask(struct plan *plan, const char *request);
unsigned plan_lane_width(const struct plan *plan, const char *lane);

/* Bytes to "sha256:...". This module knows no cryptography, hence the digest is made by a function
 * of the caller's. */
typedef const char *plan_hash_fn(struct arena *arena, const void *data, size_t len);
/* Sets the digest, over everything plan_record() says. Nothing can be added afterwards
 * (asserted). */
void plan_seal(struct plan *plan, plan_hash_fn *hash);
/* Is that digest (of a plan read back) the plan's own? ERR_INPUT when not, or when it has none. */
int plan_verify(const struct plan *plan, plan_hash_fn *hash, struct err *err);

/* For people's programs: {operation, digest, steps: [{id, op, target, lane, after, danger, args}]};
 * `after` lists ids, `danger` is "safe", "changes" or "destroys". */
const struct value *plan_value(struct arena *arena, const struct plan *plan);
/* The same with inputs, identity, cluster and lanes: all that plan_read() needs to make the plan
 * again. */
const struct value *plan_record(struct arena *arena, const struct plan *plan);
/* Back from plan_record() form; kinds are looked up by name. Places are not known, so the caller
 * adds the file to the error. The digest is taken over as stated: plan_verify(). */
int plan_read(const struct value *value, const struct step_kind *const *kinds, size_t kind_count,
	      struct plan **out, struct err *err);
/* A numbered line per step, for people: "3  apply-config  mini01  workers  changes  after
 * 1-2,7", and below it what its argument `notes`, a list of texts, says. */
void plan_text(struct str *out, const struct plan *plan);
const char *step_danger_name(enum step_danger danger);
