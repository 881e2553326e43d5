/*
 * Schematics of the Image Factory: what an image holds besides Talos, and the id that follows
 * from it.
 *
 *	struct schematic schematic;
 *	if (schematic_read(arena, value, "", &schematic, findings) < 0)	findings has why
 *	schematic.id						64 hexadecimal digits
 *	schematic_urls(arena, &target, &urls)
 *
 * The id is the SHA-256 of the canonical text: fixed order of keys, empty members left out, lists
 * as written. It is computed here, nothing is asked of the factory. Everything lives in the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "tree/finding.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

/* The id of a schematic without any customization. */
#define SCHEMATIC_PLAIN "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"
#define SCHEMATIC_HOST "factory.talos.dev"
#define SCHEMATIC_PXE_HOST "pxe.talos.dev"

struct schematic {
	const char *id;
	const char *text; /* canonical */
};

/* A map with overlay and customization, or what belongs below customization alone; null is the
 * plain one. `path` prefixes the paths of findings. -1 when it added an error. */
int schematic_read(struct arena *arena, const struct value *value, const char *path,
		   struct schematic *out, struct findings *findings);

/* A file with one YAML or JSON document. Errors of the file itself; findings for what it says. */
int schematic_read_file(struct arena *arena, const char *file, struct schematic *out,
			struct findings *findings, struct err *err);

/* What is wrong with the schematic of a node, and whether its schematic_id is another; what was
 * found at the same place before is not repeated. -1 when there is an error. */
int schematic_check(struct findings *findings, const struct cluster *cluster,
		    const struct node *node);
/* The id a node has by either key; NULL when it has none, or its schematic is wrong. */
const char *schematic_of_node(struct arena *arena, const struct node *node);

/* The image that nobody publishes since Talos 1.14: ghcr.io/siderolabs/installer. */
bool installer_is_dead(const char *image);

struct schematic_target {
	const char *id;
	const char *talos;    /* "v1.13.9" */
	const char *platform; /* "metal" */
	const char *arch;     /* "amd64", "arm64" */
	bool secureboot;
	const char *factory; /* its host, with a port where it needs one; NULL: the public one */
};
struct schematic_url {
	const char *name; /* "iso", "installer" */
	const char *url;  /* of the installer: an image reference */
};
struct schematic_urls {
	struct schematic_url *at;
	size_t len;
};
void schematic_urls(struct arena *arena, const struct schematic_target *target,
		    struct schematic_urls *out);
