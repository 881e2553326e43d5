/*
 * Label selectors, as Kubernetes has them: matchLabels and matchExpressions, all of which must
 * hold.
 *
 *	struct label_selector selector;
 *	if (label_selector_read(value, "spec.nodeSelector", &selector, findings) < 0) ...
 *	if (label_selector_matches(&selector, labels)) ...
 *
 * Plain data that borrows from the value. An empty selector matches everything.
 */
#pragma once

#include "base/str.h"
#include "cluster/upgrade.h"
#include "tree/finding.h"

#include <stdbool.h>

/* -1 when it added an error. */
int label_selector_read(const struct value *value, const char *path, struct label_selector *out,
			struct findings *findings);
/* `labels`: a map of texts; NULL has none. */
bool label_selector_matches(const struct label_selector *selector, const struct value *labels);
/* As the Kubernetes API takes it: "app=web,tier in (a,b),!old". */
void label_selector_text(const struct label_selector *selector, struct str *out);
