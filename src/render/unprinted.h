/*
 * What says something to a node and is left out where talosctl prints it: a list whose emptiness
 * counts (`searchDomains.domains: []` since 1.14). Configs of a workspace keep it; the commands in
 * the manner of talosctl drop it, with the warning "patch-empty-unprinted" at its place.
 *
 *	unprinted_drop(arena, &config, &findings);
 *	config_write(out, &config);
 */
#pragma once

#include "base/arena.h"
#include "render/config.h"
#include "tree/finding.h"

/* Of a config in its printed form; `findings` may be NULL. */
void unprinted_drop(struct arena *arena, struct config *config, struct findings *findings);
