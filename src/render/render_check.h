/*
 * What is wrong with the configs that the files of a workspace amount to: patches that cannot be
 * applied, results that Talos would refuse (validate.h) or not act on. No bundle is needed.
 *
 *	struct findings findings;
 *	findings_init(&findings, arena);
 *	render_check(&findings, cluster);
 *
 * A patch that fails is left out and the rest is judged without it, but not as a whole; one place
 * is named once, however many nodes it is for.
 */
#pragma once

#include "cluster/cluster.h"
#include "tree/finding.h"

void render_check(struct findings *findings, const struct cluster *cluster);
