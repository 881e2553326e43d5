#include "talos/stage.h"

#include "base/own.h"
#include "machine.pb-c.h"
#include "resources.pb-c.h"

#include <stddef.h>

#define SAME(stage)                                                                          \
	_Static_assert((int)RESOURCE__MACHINE_STAGE__MACHINE_STAGE_##stage ==                \
				       (int)STAGE_##stage &&                                 \
			       (int)MACHINE__MACHINE_STATUS_EVENT__MACHINE_STAGE__##stage == \
				       (int)STAGE_##stage,                                   \
		       "a number of the wire")
SAME(UNKNOWN);
SAME(BOOTING);
SAME(INSTALLING);
SAME(MAINTENANCE);
SAME(RUNNING);
SAME(REBOOTING);
SAME(SHUTTING_DOWN);
SAME(RESETTING);
SAME(UPGRADING);

static const char *const names[] = {
	[STAGE_UNKNOWN] = "unknown",
	[STAGE_BOOTING] = "booting",
	[STAGE_INSTALLING] = "installing",
	[STAGE_MAINTENANCE] = "maintenance",
	[STAGE_RUNNING] = "running",
	[STAGE_REBOOTING] = "rebooting",
	[STAGE_SHUTTING_DOWN] = "shutting down",
	[STAGE_RESETTING] = "resetting",
	[STAGE_UPGRADING] = "upgrading",
};
_Static_assert(ARRAY_LEN(names) == STAGE_COUNT, "a name for each stage");

const char *talos_stage_name(enum talos_stage stage)
{
	return names[(size_t)stage < ARRAY_LEN(names) ? stage : STAGE_UNKNOWN];
}

enum talos_stage stage_read(int number)
{
	return number > 0 && number < STAGE_COUNT ? (enum talos_stage)number : STAGE_UNKNOWN;
}
