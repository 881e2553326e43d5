#include "sim/service.h"

#include "base/clock.h"
#include "machine.pb-c.h"
#include "sim/sim_config.h"
#include "sim/world_impl.h"

#include <string.h>

#define MODE(name) MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__##name

#define TRIAL_STANDARD MINUTE

static uint64_t trial_of(const Machine__ApplyConfigurationRequest *request)
{
	const Google__Protobuf__Duration *timeout = request->try_mode_timeout;

	if (!timeout || timeout->seconds < 0 || timeout->seconds > 1000000 ||
	    timeout->nanos < 0 || (!timeout->seconds && !timeout->nanos))
		return TRIAL_STANDARD;
	return (uint64_t)timeout->seconds * SECOND + (uint64_t)timeout->nanos;
}

static const char *details_of(struct sim_call *call,
			      const Machine__ApplyConfigurationRequest *request, unsigned mode,
			      const char *reason)
{
	struct arena *arena = call_arena(call);
	char duration[TIME_TEXT_MAX];

	switch (mode) {
	case MODE(STAGED):
		return "Staged configuration to be applied after the next reboot";
	case MODE(TRY):
		if (request->dry_run)
			return "Applied configuration without a reboot";
		return arena_printf(arena,
				    "Applied configuration without a reboot\nThe config is applied "
				    "in 'try' mode and will be automatically reverted back in %s",
				    duration_text(trial_of(request), duration));
	case MODE(REBOOT):
		return arena_printf(arena, "Applied configuration with a reboot%s", reason);
	default:
		return "Applied configuration without a reboot";
	}
}

static void answer(struct sim_call *call, unsigned mode, const char *details)
{
	Machine__ApplyConfigurationResponse reply = MACHINE__APPLY_CONFIGURATION_RESPONSE__INIT;
	Machine__ApplyConfiguration one = MACHINE__APPLY_CONFIGURATION__INIT;
	Machine__ApplyConfiguration *messages[] = { &one };

	one.mode = (Machine__ApplyConfigurationRequest__Mode)mode;
	one.mode_details = (char *)details;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

static void answer_dry_run(struct sim_call *call, const Machine__ApplyConfigurationRequest *request,
			   unsigned mode, const struct sim_config *config, const char *reason)
{
	const char *diff = sim_config_diff(call_arena(call), call->node->config, config);

	answer(call, mode,
	       arena_printf(call_arena(call),
			    "Dry run summary:\n%s (skipped in dry-run).\nConfig diff:\n\n%s",
			    details_of(call, request, mode, reason),
			    *diff ? diff : "No changes."));
}

/* The change happens first, so that it is on disk when the answer leaves. */
static void apply(struct sim_call *call, const Machine__ApplyConfigurationRequest *request,
		  unsigned mode, struct sim_config *take_config, const char *reason)
{
	struct sim_node *node = call->node;
	const char *details = details_of(call, request, mode, reason);

	switch (mode) {
	case MODE(STAGED):
		node_stage_config(node, take_config);
		break;
	case MODE(TRY):
		node_try_config(node, take_config, trial_of(request));
		break;
	case MODE(REBOOT):
		node_stage_config(node, take_config);
		node->locked = node_reboot(node);
		break;
	default:
		node_reconfigure(node, take_config);
		break;
	}
	answer(call, mode, details);
}

static void apply_in_maintenance(struct sim_call *call,
				 const Machine__ApplyConfigurationRequest *request, unsigned mode,
				 struct sim_config *take_config)
{
	struct sim_config *config OWNED(sim_config_free) = take_config;
	struct sim_node *node = call->node;

	if (mode != MODE(STAGED) && mode != MODE(TRY))
		mode = MODE(NO_REBOOT);
	if (request->dry_run) {
		answer_dry_run(call, request, mode, config, "");
		return;
	}

	const char *details = details_of(call, request, mode, "");

	if (mode == MODE(STAGED))
		node_stage_config(node, take(config));
	else
		node_configure(node, take(config));
	answer(call, mode, details);
}

/* Which mode it is in the end; false when the call was refused. */
static bool settle_mode(struct sim_call *call, const struct sim_config *config, unsigned *mode,
			const char **reason)
{
	const char *section = NULL;
	bool cold = sim_config_needs_reboot(call->node->config, config, &section);
	bool gentle = node_release(call->node) >= RELEASE_1_14;

	if (gentle && *mode == MODE(REBOOT)) {
		call_fail(call, RPC_UNIMPLEMENTED,
			  "the REBOOT mode is not supported, please use AUTO or NO_REBOOT modes "
			  "instead");
		return false;
	}
	cold = cold && !gentle;
	if (cold && (*mode == MODE(NO_REBOOT) || *mode == MODE(TRY))) {
		call_fail(call, RPC_INVALID_ARGUMENT,
			  "this config change can't be applied in immediate mode\ndiff: %s",
			  section);
		return false;
	}
	if (cold && *mode == MODE(AUTO))
		*reason = arena_printf(call_arena(call), ": %s changed", section);
	if (*mode == MODE(AUTO))
		*mode = cold ? MODE(REBOOT) : MODE(NO_REBOOT);
	return true;
}

void call_apply(struct sim_call *call, const void *message)
{
	const Machine__ApplyConfigurationRequest *request = message;
	struct sim_node *node = call->node;
	bool maintenance = node->state == SIM_MAINTENANCE;
	struct sim_config *config OWNED(sim_config_free) = NULL;
	unsigned mode = request->mode;
	const char *reason = "";
	struct err err = ERR_INIT;

	if (!maintenance && !(call->roles & ROLE_BIT_ADMIN)) {
		call_fail(call, RPC_PERMISSION_DENIED, "not authorized");
		return;
	}
	if (sim_config_read((const char *)request->data.data, request->data.len,
			    node_release(node), &config, &err) < 0) {
		call_fail(call, RPC_INVALID_ARGUMENT, "%s", err.text);
		return;
	}
	if (maintenance) {
		apply_in_maintenance(call, request, mode, take(config));
		return;
	}
	if (!config->complete) {
		call_fail(call, RPC_INVALID_ARGUMENT, "the config has no v1alpha1 document");
		return;
	}
	if (!settle_mode(call, config, &mode, &reason))
		return;
	if (request->dry_run)
		answer_dry_run(call, request, mode, config, reason);
	else
		apply(call, request, mode, take(config), reason);
}
