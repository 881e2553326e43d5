/*
 * Composing plans: the steps of one plan put into another, and something more around what each
 * node goes through.
 *
 *	const struct splice splice = { .after = &opening, .afters = 1, .before = add_gate };
 *	struct ends ends = plan_splice(plan, part, &splice);
 *	plan_add(plan, &(struct step){ ..., .after = ends.at, .afters = ends.len });
 *
 * A node's turn goes from its first changing step to its clean-up, or to the last step that follows
 * on the node without another in between; fetching images and saving etcd ahead are no part of it.
 * A node may have several turns. Everything lives in the receiving plan's arena.
 */
#pragma once

#include "flow/plan.h"

/* Adds steps behind `after`; returns the last one's index plus 1, 0: it adds none. `nodes`: the one
 * whose turn it is, then those whose turns wait for the same as this one's; NULL-ended. */
typedef unsigned splice_fn(struct plan *plan, const char *const *nodes, const unsigned *after,
			   unsigned afters, void *context);

struct splice {
	const unsigned *after; /* what the part's first steps wait for */
	unsigned afters;
	splice_fn *before; /* a turn; NULL */
	/* A turn, NULL: `after` is what `before` returned less 1, then the turn's last step. Not
	 * called for a turn where that added nothing. */
	splice_fn *behind;
	void *context;
};

struct ends { /* steps that nothing of the part waits for */
	const unsigned *at;
	unsigned len;
};
struct ends plan_splice(struct plan *plan, const struct plan *part, const struct splice *splice);
/* Does it have a step that changes something? */
bool plan_has_changes(const struct plan *plan);
