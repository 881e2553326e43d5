/*
 * What a node boots: the images in the two slots of its disk, and what an upgrade did to them.
 *
 *	boot_write(node, "ghcr.io/siderolabs/installer:v1.13.10")   into the slot that does not run
 *	boot_begin(node)                                            the next boot takes it
 *	boot_roll_back(node)                                        and the one after that the other
 *
 * Without an installed disk a node boots the medium of its world. The version of an image is its
 * tag; when the last part of its name is 64 hexadecimal digits, that is its schematic.
 */
#pragma once

#include "render/config.h"
#include "sim/world.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_node;

struct sim_image {
	char ref[256];		 /* "ghcr.io/siderolabs/installer:v1.13.9"; "" none */
	char version[32];	 /* "v1.13.9" */
	char schematic[65];	 /* "" none */
	enum world_upgrade fate; /* what becomes of a boot of it */
};

struct sim_boot {
	struct sim_image slot[2];
	unsigned next;		    /* the slot that the next boot takes */
	struct sim_image now;	    /* that runs */
	char staged[256];	    /* to be written by the next boot; "" none */
	enum world_upgrade outcome; /* of the next upgrade */
};

const char *node_version(const struct sim_node *node);
unsigned node_minor(const struct sim_node *node); /* 13 */
enum release node_release(const struct sim_node *node);

/* The disk is new: the image that the config names, in the first slot. */
void boot_install(struct sim_node *node);
/* As boot_install(), with the version and schematic the node has: for those that run from the
 * start. */
void boot_assume(struct sim_node *node, const struct world_node *wanted);
/* False when the disk is full. */
bool boot_write(struct sim_node *node, const char *ref);
bool boot_roll_back(struct sim_node *node);	  /* false: the other slot is empty */
void boot_wipe(struct sim_node *node);		  /* the whole disk */
void boot_begin(struct sim_node *node);		  /* settles what runs now */
uint64_t boot_takes(const struct sim_node *node); /* nanoseconds, of the next one */
/* The image that is not the one that runs; NULL: none. */
const struct sim_image *boot_fallback(const struct sim_node *node);

/* Whether that is what was ordered for the next upgrade, which it then was. */
bool boot_meets(struct sim_node *node, enum world_upgrade outcome);

const char *upgrade_text(enum world_upgrade outcome); /* "falls_back": files */
bool upgrade_read(const char *text, enum world_upgrade *out);
