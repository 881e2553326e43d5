/*
 * What Talos takes and people regret: the rules of the linter. Each looks at one node's rendered
 * config and says what it found at the place in the user's files that it comes from.
 *
 *	const struct lint lint = { .cluster = cluster, .node = node, .config = &config,
 *				   .findings = findings };
 *	lint_node(&lint);
 *
 * One place is named once, however many nodes it is for. What is nowhere in the user's files is
 * the node's. docs/findings.md says what each rule means.
 */
#pragma once

#include "cluster/cluster.h"
#include "render/config.h"
#include "tree/finding.h"

struct lint {
	const struct cluster *cluster;
	const struct node *node;
	const struct config *config;
	struct findings *findings;
};
void lint_node(const struct lint *lint);

/* Where the user finds a place in a rendered config: what an inline patch holds is where the patch
 * is; every other place is itself. */
struct src lint_place(const struct node *node, struct src src);

/* Whether an expression gives glob() its arguments the wrong way round: glob(disk.model, "WD*"). */
bool lint_glob_is_reversed(const char *expression);
