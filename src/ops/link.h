/*
 * Is a node the hardware that was meant? Its `mac_addr` in nodes.yaml says so, if there is one.
 *
 *	if (link_check(node, links, count, err) < 0) ...
 *
 * Everything is borrowed. ERR_CONFLICT when none of the links has that address.
 */
#pragma once

#include "base/err.h"
#include "cluster/cluster.h"
#include "talos/talos.h"

#include <stddef.h>

int link_check(const struct node *node, const struct talos_link *links, size_t count,
	       struct err *err);
