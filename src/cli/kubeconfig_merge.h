/*
 * Merging a cluster's kubeconfig into the one that a person's kubectl reads.
 *
 * The entries of the cluster, its user and its context are added, or take the place of older ones
 * of the same name; everything else is kept, though comments are not. The current context stays
 * where it is; a file without one gets ours. The file is written beside and renamed, 0600.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* `text` is a kubeconfig, secret. A file that does not exist is made. ERR_CONFLICT when an entry of
 * the same name is another cluster's; ERR_INPUT when the file is no kubeconfig. */
int kubeconfig_merge(const char *file, const char *text, size_t len, bool *changed,
		     struct err *err);
