/*
 * Why a node and we do not trust each other, in one sentence. Never that a node belongs to others
 * when only the date is wrong or the pinned key another: whoever believes that resets it.
 *
 *	if (state->sight == SIGHT_DENIED)
 *		return err_denied(err, node, &state->err);
 *
 * The kind stays that of `why`, ERR_AUTH. With a hint for date and key; what can be done about a
 * node of others the caller knows.
 */
#pragma once

#include "base/err.h"
#include "cluster/cluster.h"

#include <stdbool.h>

int err_denied(struct err *err, const struct node *node, const struct err *why);
const char *denied_text(const struct err *why); /* "is configured, but not for us" */
/* The dates of a certificate do not fit: somebody's clock is wrong, or it has to be renewed. */
bool denied_by_date(const struct err *why);
/* Of both ways to a node: the reason that says more. */
const struct err *denied_reason(const struct err *as_ours, const struct err *as_bare);
