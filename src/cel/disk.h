/*
 * Disk selectors of Talos: the names and types that their expressions know. cel/selectors.h checks
 * the others.
 *
 *	const struct cel_program *program;
 *	if (disk_selector_compile(arena, "disk.size > 100u * GB", &program, err) < 0 ||
 *	    disk_selector_holds(program, &disk, scratch, &holds, err) < 0)
 *		return -1;
 *
 * Sizes are unsigned, so numbers beside them are written 100u. glob(pattern, text) knows * only.
 */
#pragma once

#include "cel/cel.h"

/* Texts may be NULL for "". */
struct cel_disk {
	uint64_t size, io_size, sector_size; /* bytes */
	bool readonly, rotational, cdrom, system_disk;
	const char *model, *serial, *modalias, *wwid, *bus_path, *sub_system, *transport, *dev_path,
		*pretty_size, *uuid, *firmware_version;
	const char *const *secondary_disks, *const *symlinks; /* NULL-ended, or NULL */
};

int disk_selector_compile(struct arena *arena, const char *text, const struct cel_program **out,
			  struct err *err);
int disk_selector_holds(const struct cel_program *program, const struct cel_disk *disk,
			struct arena *arena, bool *out, struct err *err);
