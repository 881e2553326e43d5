#include "ops/kinds.h"

#include "base/clock.h"
#include "ops/configs.h"
#include "ops/step_call.h"

static int configs_write(struct step_run *run, struct err *err)
{
	const struct site_options *options = site_options(step_site(run));
	struct configs_request request = {
		.input = { .cluster = options->cluster, .bundle = options->bundle },
		.folder = options->folder,
		.now = loop_wall(options->loop),
		.write = true,
	};
	struct configs_result result;

	if (configs_make(run_arena(run), &request, &result, err) < 0)
		return -1;
	return result.changed ? run_done(run) : run_already(run);
}

const struct step_kind kind_write_configs = {
	.name = "write-configs",
	.phrase = "write the machine configs",
	.timeout_s = 60,
	.danger = STEP_CHANGES,
	.start = configs_write,
};

static int kubeconfig_is_there(struct step_run *run, struct err *err)
{
	const struct site_options *options = site_options(step_site(run));

	(void)err;
	if (kubeconfig_is_good(options->folder, options->bundle, loop_wall(options->loop)))
		return run_done(run);
	return run_needed(run);
}

static int kubeconfig_came(struct step_run *run, struct err *err)
{
	const struct site_options *options = site_options(step_site(run));
	const struct talos_kubeconfig *reply = step_reply(run);

	if (!reply)
		return step_call_failed(run, err);
	if (kubeconfig_write(options->folder, options->bundle, reply->text, reply->len,
			     loop_wall(options->loop), err) < 0)
		return -1;
	return run_done(run);
}

static int kubeconfig_fetch(struct step_run *run, struct err *err)
{
	struct channel *channel = site_channel(step_site(run), step_node(run));

	(void)err;
	return step_call(run, channel, &talos_kubeconfig, NULL, kubeconfig_came);
}

const struct step_kind kind_kubeconfig = {
	.name = "kubeconfig",
	.phrase = "fetch the kubeconfig",
	.timeout_s = 60,
	.attempts = 5,
	.pause_s = 1,
	.danger = STEP_CHANGES,
	.check = kubeconfig_is_there,
	.start = kubeconfig_fetch,
	.cancel = step_call_cancel,
};
