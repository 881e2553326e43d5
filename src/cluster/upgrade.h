/*
 * What cluster.yaml says about upgrades and hooks: the keys `upgrade` and `hooks`, decoded.
 *
 * Plain data in the cluster's arena. Health checks and windows have the keys of the TalosUpgrade
 * resource, and their tables serve for reading that too (ops/declared.h). Schedules, time zones
 * and expressions are judged where they are understood: upgrade_check() of ops/declared.h.
 */
#pragma once

#include "base/arena.h"
#include "tree/decode.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct label_rule { /* of matchExpressions */
	const char *key, *operation;
	struct texts values;
};

struct label_selector {
	const struct value *labels; /* map; NULL: none */
	struct structs rules;	    /* of struct label_rule */
};

struct health_check {
	const char *api_version, *kind;
	const char *namespace, *name; /* NULL: all of them */
	const char *expr;
	const struct value *selector_value; /* NULL: there is no labelSelector */
	struct label_selector selector;
	const char *timeout; /* "10m"; NULL: the standard one */
	const char *description;
};

struct window_setting {
	const char *start, *duration, *timezone; /* timezone may be NULL */
};

struct drain_setting {
	enum tristate enabled; /* unset: yes, unless there is one node only */
	const char *timeout;   /* NULL: the standard one */
	enum tristate disable_eviction, wait_for_volumes;
};

/* A node (or pattern of names) or a version (or pattern) that stays, and why. */
struct hold {
	const char *pattern, *reason;
};

struct upgrade_settings {
	const char *parallelism; /* "2", "25%"; NULL: 1 */
	struct drain_setting drain;
	struct structs health_checks; /* of struct health_check */
	struct structs windows;	      /* of struct window_setting */
	const struct value *hold_map; /* name or version to reason */
	const struct hold *hold;      /* the same, as a list */
	size_t holds;
};

enum hook_phase {
	HOOK_UP,
	HOOK_APPLY,
	HOOK_RESET,
	HOOK_UPGRADE_TALOS,
	HOOK_UPGRADE_K8S,
	HOOK_NODE, /* around the change of each node */
	HOOK_PHASE_COUNT
};
const char *hook_phase_name(enum hook_phase phase); /* "upgrade_talos", as in cluster.yaml */

/* One text is a line for the shell, several are a program and its arguments; len 0: no hook. */
struct hook_set {
	struct texts command[HOOK_PHASE_COUNT];
};

struct hooks {
	struct hook_set before, after;
};

/* Rows for decode tables; each ends with an empty row. */
extern const struct field label_selector_fields[];
extern const struct field health_check_fields[];
extern const struct field window_fields[];
extern const struct field upgrade_fields[];
extern const struct field hooks_fields[];

/* For tables: hours, minutes and seconds, as in 1h30m. */
field_check_fn check_duration;

/* Fills in what the tables cannot: the list of holds. */
void upgrade_settings_resolve(struct arena *arena, struct upgrade_settings *settings);
/* The setting "2" or "25%" for `total` nodes, at least 1; false when the text is neither. */
bool parallelism_read(const char *text, size_t total, size_t *out);
