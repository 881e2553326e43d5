/*
 * What the expressions about disks share with those about volumes and memory (selectors.c): the
 * fields of a disk, the constants, and glob. Internal to the module.
 */
#pragma once

#include "cel/disk.h"

/* The last is new in Talos 1.14. */
#define CEL_DISK_FIELDS_1_13 18
#define CEL_DISK_FIELDS_1_14 19
extern const struct cel_field cel_disk_fields[CEL_DISK_FIELDS_1_14];

/* kB to EiB; behind them the classes of control groups. */
#define CEL_UNITS 12
#define CEL_UNITS_AND_CLASSES 17
extern const struct cel_constant cel_constants[CEL_UNITS_AND_CLASSES];

/* glob(pattern, text) */
int cel_glob(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	     struct err *err);
