/*
 * Traps: what a patch says and Talos, merging it, does not do. They are told as warnings with the
 * place in the patch; a strict merge makes the first one an error.
 *
 *	struct path_step document = { .key = "LinkConfig[eth0]" };
 *	struct traps traps = { .findings = findings, .at = &document, .err = err };
 *	struct path_step step = { .up = traps.at, .key = "mtu" };
 *	traps.at = &step;
 *	if (trap_found(&traps, TRAP_ZERO_IGNORED, value_src(value)) < 0)
 *		return NULL;
 *	traps.at = step.up;
 *
 * One place is named once for each trap. No value enters a text.
 */
#pragma once

#include "base/err.h"
#include "tree/finding.h"
#include "tree/path.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum trap {
	TRAP_ZERO_IGNORED,	/* 0, 0s or "" over a value */
	TRAP_WORD_IGNORED,	/* the first word of an enumeration over another one */
	TRAP_NULL_IGNORED,	/* null over a value */
	TRAP_EMPTY_KEPT,	/* [] over a list, {} over a map */
	TRAP_URL_MERGED,	/* parts of the old URL stay */
	TRAP_SIZE_HIDDEN,	/* a percentage over bytes */
	TRAP_FIELD_WIPED,	/* reset because the patch does not repeat it */
	TRAP_SIBLINGS_LOST,	/* keys beside $patch: delete */
	TRAP_SELECTOR_REPEATED, /* a device selector that is never found again */
	TRAP_EMPTY_UNPRINTED,	/* [] that says something, and is not printed (unprinted.h) */
	TRAP_COUNT
};

struct traps {
	struct findings *findings; /* borrowed; NULL: not told */
	bool strict;
	const struct path_step *at; /* where a merge is; NULL: at the beginning */
	struct err *err;
};

/* -1 with traps->err filled in a strict merge. Ids are "patch-zero-ignored" and the like. */
int trap_found(const struct traps *traps, enum trap trap, struct src src);
/* Whether `findings` have that trap of that field at that place. */
bool trap_is_told(const struct findings *findings, const struct finding *trap, struct src src);
