/*
 * The container images that were pulled to a node.
 *
 *	images_add(&node->images, IMAGES_SYSTEM, "ghcr.io/siderolabs/installer:v1.13.9");
 *	if (!images_has(&node->images, IMAGES_SYSTEM, ref))
 *		... pull it first
 *
 * Those of IMAGES_MEMORY go with the boot, all with the EPHEMERAL partition.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum sim_store {
	IMAGES_SYSTEM,
	IMAGES_CRI,
	IMAGES_MEMORY,
	IMAGES_STORE_COUNT
};

struct sim_pulled {
	enum sim_store store;
	char ref[256];
};

struct sim_images {
	struct sim_pulled *at; /* owned */
	size_t len;
};

void images_add(struct sim_images *images, enum sim_store store, const char *ref);
bool images_has(const struct sim_images *images, enum sim_store store, const char *ref);
bool images_remove(struct sim_images *images, enum sim_store store, const char *ref);
void images_end_boot(struct sim_images *images);
void images_wipe(struct sim_images *images); /* all of them; what it owned is freed */

const char *store_text(enum sim_store store); /* "system": files */
bool store_read(const char *text, enum sim_store *out);

/* "sha256:...": made from the name, the same every time. */
const char *image_digest(struct arena *arena, const char *ref);
/* "registry/name@sha256:..." */
const char *image_pinned(struct arena *arena, const char *ref);
