/*
 * One operator at a time: a Lease in the cluster for the time of a run, so that a second one in
 * another workspace is told who is at work. (Within a workspace a lock file does that.)
 *
 *	struct operator_lock lock SCOPED(operator_lock_release) = { 0 };
 *	if (operator_lock_take(&lock, program, site, inventory, err) < 0) ...
 *	... run
 *
 * It is taken where the Kubernetes API answers. Where it does not, because the cluster is not up
 * yet or is in trouble, the run goes on without and a note says so. Our own lock of a run that was
 * killed is taken over at once, another's that has expired when nobody renews it for forty seconds:
 * clocks may be wrong. Giving it back takes a few seconds at most; a server that does not
 * hear of it forgets the lock after two minutes.
 */
#pragma once

#include "base/err.h"
#include "kube/lease.h"
#include "ops/inventory.h"
#include "ops/site.h"

#include <stdbool.h>

struct program;

struct operator_lock { /* zeroed: not held */
	struct program *program;
	struct kube_lease lease;
	struct timer patience;
	struct err err;
	bool decided; /* held, refused or given up */
	bool doubted; /* another's has expired, and may be renewed all the same */
	/* Somebody else has it now: stop, for that reason. The run's to set; may be NULL. */
	void (*on_lost)(struct operator_lock *lock, const struct err *err);
	void *user;
};

/* ERR_REFUSED "alice@desk is at work since ..."; ERR_AUTH when the API does not know us. */
int operator_lock_take(struct operator_lock *lock, struct program *program, struct site *site,
		       const struct inventory *inventory, struct err *err);
void operator_lock_release(struct operator_lock *lock);
