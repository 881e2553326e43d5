/*
 * What a declared upgrade puts around the plans of its parts: windows, gates of health, hooks. For
 * upgrade_declared.c.
 */
#pragma once

#include "base/err.h"
#include "flow/plan.h"
#include "ops/compose.h"
#include "ops/declared.h"
#include "ops/inventory.h"

#include <stdbool.h>
#include <stdint.h>

struct declared_steps {
	struct plan *plan;
	const struct inventory *inventory;
	const char *const *only; /* the nodes that were named; NULL: none were */
	bool now;		 /* windows do not count */
	bool ahead;		 /* a closed one is no reason to refuse */
	const char *hook_namespace;
	uint64_t wall;
	struct ends ends; /* of what is there: what comes next waits for it */
	bool began;	  /* a part with changes is there already */
};

/* Puts a part behind all that is there, in its frame; the part's hooks of cluster.yaml are added.
 * ERR_REFUSED when it is the first one and its window is closed. */
int declared_steps_talos(struct declared_steps *steps, const struct talos_upgrade *up,
			 struct plan **part, struct err *err);
int declared_steps_kube(struct declared_steps *steps, const struct kube_upgrade *up,
			struct plan **part, struct err *err);
