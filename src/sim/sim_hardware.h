/*
 * The hardware of a simulated node: what it has before anybody configured it. Everything that is
 * not given follows from the node's name, the same in every run.
 *
 *	const struct sim_hardware *hardware = hardware_make(arena, &world_node);
 *
 * There is one disk that the node's selector matches and one USB disk besides, so that a selector
 * that is too wide shows. Plain data in the arena. Disks are sorted by id.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "sim/world.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_disk {
	const char *id; /* "sda" */
	const char *model, *serial, *wwid, *uuid, *modalias, *bus_path, *transport;
	const char *symlink; /* below /dev/disk; "" none */
	uint64_t size;	     /* bytes */
	bool rotational;
};

#define HARDWARE_DISKS 2

struct sim_hardware {
	const char *name, *address;
	enum role role;
	const char *mac;  /* lower case, colons */
	const char *uuid; /* of the board */
	struct sim_disk disk[HARDWARE_DISKS];
};

struct sim_hardware *hardware_make(struct arena *arena, const struct world_node *node);
const struct sim_disk *hardware_disk(const struct sim_hardware *hardware, const char *id);

/* The first disk for which the expression holds; NULL: none. `installed` is the id of the system
 * disk, "" without one. */
const struct sim_disk *hardware_fits(const struct sim_hardware *hardware, const char *match,
				     const char *installed);

/* Where an install goes: `path` (machine.install.disk) or, when that is "", what `selector`
 * (machine.install.diskSelector, or as a text an expression) matches. ERR_NOT_FOUND when nothing
 * does, ERR_CONFLICT when more than one disk does. */
int hardware_choose(const struct sim_hardware *hardware, const char *path,
		    const struct value *selector, const struct sim_disk **out, struct err *err);

const struct value *hardware_value(struct arena *arena, const struct sim_hardware *hardware);
/* ERR_INPUT when it was not written by hardware_value(). */
int hardware_read(struct arena *arena, const struct value *value, struct sim_hardware **out,
		  struct err *err);

const char *size_pretty(struct arena *arena, uint64_t bytes); /* "13 GB", "1.0 MB" */
