/*
 * Quorum arithmetic: whether etcd stays able to decide when some of its members go away. Used by
 * resets, upgrades, restarts and the removal of nodes.
 *
 *	struct quorum_member members[] = { { .name = "cp-1", .healthy = true, .goes = true }, ... };
 *	if (quorum_check(members, 3, QUORUM_DOWN, "resetting", err) < 0)
 *		... "resetting cp-1 and cp-2 would leave 1 of 3 etcd members; 2 are needed"
 *
 * Pure. Refusals are ERR_REFUSED.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct quorum_member {
	const char *name;
	bool learner; /* it has no vote */
	bool healthy; /* it answers and is not behind */
	bool goes;    /* the operation takes it away */
};

enum quorum_change {
	QUORUM_DOWN,   /* members stop for a while and stay members: restart, upgrade */
	QUORUM_REMOVE, /* members leave for good: reset, node removal */
};

/* Members needed out of `voters` to decide. */
size_t quorum_needed(size_t voters);
/* `doing` begins the sentence: "resetting", "restarting". Taking every member away is refused too;
 * what means to end the cluster does not ask. A change that takes nobody away is allowed. */
int quorum_check(const struct quorum_member *members, size_t count, enum quorum_change change,
		 const char *doing, struct err *err);
