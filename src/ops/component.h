/*
 * The components of Kubernetes that a node runs, and where its machine config says which image each
 * of them has.
 *
 *	const char *image = component_image(arena, COMPONENT_KUBELET, config, len);
 *	wanted = component_image_at(arena, COMPONENT_KUBELET, image, "v1.36.3");
 *	component_put_image(arena, &change, &text, &len, err)
 *
 * A config says it in the main document or, since 1.14, in one of the component's own kind. Only
 * the image is changed: all other bytes of the config stay, comments and order too. Configs are
 * secret; none of them is quoted in an error.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "talos/talos.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum component { /* in the order in which they are upgraded */
	COMPONENT_APISERVER,
	COMPONENT_CONTROLLER_MANAGER,
	COMPONENT_SCHEDULER,
	COMPONENT_PROXY,
	COMPONENT_KUBELET,
	COMPONENT_COUNT
};
#define COMPONENT_STATIC_PODS COMPONENT_PROXY /* those before it are static pods */

const char *component_name(enum component component); /* "kube-apiserver" */
bool component_named(const char *name, enum component *out);
enum talos_store component_store(enum component component); /* where its image is kept */

/* What a node makes of the config of a static pod: its version is in the annotation
 * talos.dev/config-version of the pod that runs on it. NULL: it is no static pod. */
const struct talos_resource_type *component_resource(enum component component);

/* What a config gives; NULL: it does not say. */
const char *component_image(struct arena *arena, enum component component, const char *config,
			    size_t len);
/* All that it says of the component, in the arena; NULL: nothing. Secret. */
const struct value *component_settings(struct arena *arena, enum component component,
				       const char *config, size_t len);
/* Whether a config says that the component does not run at all; only kube-proxy can be off. */
bool component_is_off(enum component component, const char *config, size_t len);
/* "v1.36.3" of its image; NULL: it has no tag that reads like a version. The kubelet's flavours
 * (-fat, -slim) are no part of it. */
const char *component_version(struct arena *arena, const char *image);
/* The same image at another version: repository and flavour stay, a digest goes. Of no image
 * (NULL): the one that Talos takes by itself. */
const char *component_image_at(struct arena *arena, enum component component, const char *image,
			       const char *version);

struct component_change {
	enum component component;
	const char *image;
	const char *config;
	size_t len;
};
/* The config with that image, in the arena. */
int component_put_image(struct arena *arena, const struct component_change *change,
			const char **text, size_t *len, struct err *err);
