/*
 * What the calls about images share with those that write images to disk.
 */
#pragma once

#include "sim/service.h"
#include "sim/sim_image.h"

#include <stdbool.h>

struct Common__ContainerdInstance;

/* Which store the caller means; false when the call was refused. */
bool call_store(struct sim_call *call, const struct Common__ContainerdInstance *instance,
		enum sim_store *out);
/* Whether it reads "registry/name:tag". */
bool image_is_valid(const char *ref);
/* What a registry's refusal reads like. */
const char *image_absent(struct arena *arena, const char *ref);
