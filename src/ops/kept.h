/*
 * Last-known-good configs: per node the machine config it was seen to run well on after it had been
 * sent from here, and the one before that.
 *
 *	.talforge/good/mini01.yaml		the last
 *	.talforge/good/before/mini01.yaml	the one before
 *
 * Simulated nodes have theirs in .talforge/world/good: what they ran well on says nothing of real
 * ones.
 *
 * Files are 0600 in folders of 0700, written beside and renamed. Texts are secret.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

enum kept {
	KEPT_LAST,
	KEPT_BEFORE,
	KEPT_COUNT
};
const char *kept_name(enum kept kept);		  /* "last", "before": in plans */
int kept_named(const char *name, enum kept *out); /* -1: no such name */

/* >0: nothing is kept. `folder` is what site_options.state names. */
int kept_read(struct arena *arena, const char *folder, const char *node, enum kept kept,
	      const char **text, struct err *err);
/* What was the last becomes the one before, unless it is the same. Done again it changes nothing:
 * a crash in between loses neither. */
int kept_write(const char *folder, const char *node, const char *text, struct err *err);
