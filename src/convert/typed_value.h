/*
 * Values of a talconfig that have a type of Talos: network devices, volumes, disks and the like.
 * Keys that the type has not are warnings and are taken out, as talhelper ignores them; then the
 * value is read strictly.
 *
 *	struct typed typed = { arena, release, findings };
 *	value = typed_field(&typed, "v1alpha1", "machine.network.interfaces", value, path);
 *	value = typed_document(&typed, "VolumeConfig", value, path);
 *
 * NULL after an error was added, and for NULL. A document comes back with its header.
 */
#pragma once

#include "render/schema.h"
#include "tree/finding.h"
#include "tree/value.h"

struct typed {
	struct arena *arena;
	enum release release;
	struct findings *findings;
};

const struct value *typed_field(const struct typed *typed, const char *kind, const char *field,
				const struct value *value, const char *path);
/* `value` has no header yet; `keys` (NULL-ended) are those that talhelper knows of the kind. */
const struct value *typed_document(const struct typed *typed, const char *kind,
				   const char *const *keys, const struct value *value,
				   const char *path);
/* `map` with those keys alone. */
const struct value *typed_keys(const struct typed *typed, const char *const *keys,
			       const struct value *map, const char *path);
