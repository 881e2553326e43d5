/*
 * Version pins: the releases that cluster.yaml, versions.env and talenv.yaml name, and the Renovate
 * comments above them. For the files of src/cluster.
 */
#pragma once

#include "cluster/input.h"

/* Fills the pins of draft->cluster, in the order in which they win, and the versions that follow
 * from them. */
void pins_read(struct draft *draft);
