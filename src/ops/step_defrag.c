#include "ops/kinds.h"

#include "ops/step_call.h"

/* Doing it once more does no harm, so nobody asks whether it is done. */
static int defragmented(struct step_run *run, struct err *err)
{
	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	return run_done(run);
}

static int defrag_start(struct step_run *run, struct err *err)
{
	(void)err;
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_etcd_defragment,
			 NULL, defragmented);
}

const struct step_kind kind_etcd_defrag = {
	.name = "etcd-defrag",
	.phrase = "defragment etcd",
	.timeout_s = 15 * 60,
	.attempts = 2,
	.pause_s = 5,
	.danger = STEP_CHANGES,
	.start = defrag_start,
	.cancel = step_call_cancel,
};
