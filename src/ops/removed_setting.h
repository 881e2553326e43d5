/*
 * Flags, feature gates and admission plugins that releases of Kubernetes no longer know, and whose
 * machine config still names one: the component would not start.
 *
 *	const struct removed_scan scan = { inventory, "v1.33.2", "v1.34.5" };
 *	size_t count;
 *	const char *const *found = removed_settings_used(arena, &scan, &count);
 *
 * Read are `extraArgs` of each component and what else names gates and plugins, in the main
 * document or the component's own. What a locked worker's kubelet is given does not count: it
 * stays. The table knows Kubernetes 1.25 to 1.36; that it has no row says little of a gate, since
 * releases drop many that did nothing any more. Configs are secret; values are never quoted.
 */
#pragma once

#include "base/arena.h"
#include "ops/component.h"
#include "ops/inventory.h"

#include <stddef.h>

enum removed_what {
	REMOVED_GATE,
	REMOVED_FLAG,
	REMOVED_PLUGIN, /* of admission */
	REMOVED_WHAT_COUNT
};

struct removed_setting {
	unsigned minor; /* of 1.x: the first release that does not know it */
	enum removed_what what;
	enum component component; /* COMPONENT_COUNT: whichever */
	const char *name;
};

const struct removed_setting *removed_settings(size_t *count);

struct removed_scan {
	const struct inventory *inventory;
	const char *from, *to;
};
/* One text per setting and component, with the nodes that name it: "kube-apiserver of cp-1 and cp-2
 * is given the feature gate X, which v1.34 does not know". */
const char *const *removed_settings_used(struct arena *arena, const struct removed_scan *scan,
					 size_t *count);
