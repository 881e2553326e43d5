/*
 * Which disk a node's selector means, judged against the disks the node has.
 *
 *	if (disk_choose(&node->disk, state->disk, state->disks, &path, err) < 0)
 *		return err_wrap(err, "choose the install disk of %s", node->name);
 *
 * Installing erases a disk, so doubt is an error: no match and several matches are ERR_CONFLICT and
 * list what there is; a match that cannot be meant (USB when not named outright, read-only, CD-ROM)
 * is ERR_REFUSED.
 */
#pragma once

#include "base/err.h"
#include "cluster/cluster.h"
#include "talos/resource.h"

#include <stddef.h>

/* *dev_path points into the disks. */
int disk_choose(const struct disk *wanted, const struct talos_disk *disks, size_t count,
		const char **dev_path, struct err *err);

/* "nvme", "ssd", "hdd", "sd" or "cd", as Talos tells them apart. */
const char *disk_kind(const struct talos_disk *disk);
