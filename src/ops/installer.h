/*
 * Installer images: which one a node gets for a version, so that registry, flavour and schematic
 * are never lost on the way.
 *
 *	struct installer_facts facts = { .name = "cp-1", .image = config_image,
 *					 .schematic = running_schematic, .platform = "metal" };
 *	if (installer_image(arena, &facts, "v1.13.9", &choice, err) < 0) ...
 *
 * Pure. ERR_REFUSED where the image would silently lose something: extensions, Secure Boot, the
 * schematic. Texts live in the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* "registry:5000/a/b:v1@sha256:..." taken apart. */
struct image_name {
	const char *repository; /* with the registry: "registry:5000/a/b" */
	const char *tag;	/* NULL: none */
	const char *digest;	/* "sha256:..."; NULL: none */
};
int image_name_parse(struct arena *arena, const char *text, struct image_name *out,
		     struct err *err);

/* The schematic of an image without extensions. */
#define SCHEMATIC_VANILLA "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"

/* The image of a config that names none. */
#define INSTALLER_GENERIC "ghcr.io/siderolabs/installer"

/* The schematic that the name of an image ends in; "": none. */
const char *image_schematic(struct arena *arena, const char *image);
/* No schematic (NULL or ""), and the one without extensions, are the same. */
bool schematic_same(const char *a, const char *b);
/* The install image that the documents of a machine config name, borrowed; NULL: they name none. */
struct yaml_documents;
const char *installer_of_documents(const struct yaml_documents *documents);

struct installer_facts {
	const char *name;      /* of the node */
	const char *image;     /* in its machine config */
	const char *schematic; /* that it runs; NULL: none is reported */
	size_t extensions;     /* that it runs, the schematic not counted */
	const char *platform;  /* "metal"; NULL: unknown */
	bool secureboot;       /* it booted with Secure Boot */
	/* What the user says: the workspace's schematic, or the node's annotations. */
	const char *want_schematic, *want_base; /* base: "factory.talos.dev/metal-installer" */
	bool want_secureboot, says_secureboot;
};

struct installer_choice {
	const char *image;
	const char *change; /* a sentence when the schematic changes; NULL */
};

int installer_image(struct arena *arena, const struct installer_facts *facts, const char *version,
		    struct installer_choice *out, struct err *err);
