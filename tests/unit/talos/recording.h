/*
 * The recorded calls of tests/data/recordings.
 *
 *	recording_each(each, context)    calls that for every file, in the order of their names
 *
 * A recording lives until that returns.
 */
#pragma once

#include "base/arena.h"
#include "talos/talos.h"
#include "tree/value.h"

#include <stdbool.h>

struct recording {
	struct arena *arena;
	const char *file; /* "running/01-MachineService.Version.json" */
	const char *method;
	const struct value *tree;
};
typedef void recording_fn(const struct recording *recording, void *context);

void recording_each(recording_fn *each, void *context);

/* The bytes of a request or response; false when they were not kept whole. */
bool recording_bytes(const struct recording *recording, const struct value *message,
		     struct talos_bytes *out);
const struct talos_method *recording_method(const struct recording *recording); /* NULL: not ours */
/* The type of that name: ours, or one without a decoder. */
const struct talos_resource_type *recording_type(const struct recording *recording,
						 const char *type, const char *ns);

/* Looks into a rendering: "messages.0.version.tag". NULL when it is absent. */
const struct value *json_at(const struct value *value, const char *path);
const char *json_text(const struct value *value, const char *path); /* "" when absent */
bool json_bool(const struct value *value, const char *path);
uint64_t json_u64(const struct value *value, const char *path); /* also as text; 0 when absent */
