/*
 * Stages of a machine as numbers of the wire, which events and resources share.
 */
#pragma once

#include "talos/resource.h"

enum talos_stage stage_read(int number); /* STAGE_UNKNOWN for one that is not known here */
