/*
 * What a node of a talconfig boots and installs: its schematic, the id of it, and the image
 * references that follow by the templates of imageFactory.
 *
 *	struct talhelper_image image;
 *	if (talhelper_image_of(arena, config, node, &image, findings) < 0) ...
 *	image.installer		"factory.talos.dev/metal-installer/3765...:v1.13.9"
 */
#pragma once

#include "convert/talconfig.h"

struct talhelper_image {
	const struct value *schematic; /* with the keys that count; NULL: none */
	const char *id;		       /* of it */
	const char *installer;	       /* what install.image is */
	const char *url;	       /* of the image to boot */
	struct texts kernel_args;
	bool plain; /* the schematic customizes nothing */
	bool secureboot;
};

/* -1 when it added an error. */
int talhelper_image_of(struct arena *arena, const struct talconfig *config,
		       const struct talconfig_node *node, struct talhelper_image *out,
		       struct findings *findings);
