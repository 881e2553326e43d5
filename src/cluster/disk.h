/*
 * The forms in which a user names the disk to install on: a path ("/dev/sda"), a map of patterns
 * ({model: "APPLE*"}), an expression ({cel: "..."}), or any other text, which is a serial number.
 */
#pragma once

#include "cluster/cluster.h"
#include "tree/finding.h"
#include "tree/value.h"

#include <stdbool.h>

/* False after it added findings; then `out` is not touched. */
bool disk_read(const struct value *value, const char *path, struct disk *out,
	       struct findings *findings);
/* Whether it says in so many words that a USB disk is meant. */
bool disk_names_usb(const struct disk *disk);
