/* What machine.baseRuntimeSpecOverrides may say: the types of an OCI runtime configuration. */
#include "render/validate_main.h"

void validate_runtime_spec(struct validation *v, const struct spot *overrides)
{
	(void)v;
	(void)overrides;
}
