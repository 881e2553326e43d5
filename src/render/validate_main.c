#include "render/validate_parts.h"

void validate_main(struct validation *v)
{
	if (!spot_has(&v->main, "machine"))
		complain(v, &v->main, NULL, "no-machine", "there is no machine section");
}
