/*
 * Lists of addresses and names that mean a set. The settings of cluster.yaml give most of them,
 * and a patch that gives them again would have them there twice, because patches add to lists.
 */
#pragma once

#include "base/arena.h"
#include "render/config.h"

/* What is there twice stays where it was first; the config is changed in place. */
void config_drop_repeats(struct arena *arena, struct config *config);
