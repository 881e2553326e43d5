#include "ops/operation.h"

#include "ops/apply.h"
#include "ops/etcd_operations.h"
#include "ops/hooks.h"
#include "ops/network.h"
#include "ops/rollback.h"
#include "ops/upgrade_declared.h"
#include "ops/upgrade_k8s.h"
#include "ops/upgrade_talos.h"

#include <string.h>

static const struct operation *const operations[] = {
	&operation_up,
	&operation_upgrade_talos,
	&operation_rollback_os,
	&operation_reset,
	&operation_bootstrap,
	&operation_etcd_restore,
	&operation_etcd_remove,
	&operation_etcd_forfeit,
	&operation_etcd_defrag,
	&operation_apply,
	&operation_rollback_config,
	&operation_upgrade_k8s,
	&operation_cilium_apply,
	&operation_bgp_push,
	&operation_upgrade,
};

const struct operation *operation_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (strcmp(operations[i]->name, name) == 0)
			return operations[i];
	return NULL;
}

int operation_plan(const struct operation *operation, const struct operation_input *input,
		   struct plan **out, struct err *err)
{
	const struct hooks_setup hooks = { input->inventory->cluster,
					   hooks_phase(operation->name) };
	struct plan *plan OWNED(plan_free) = NULL;

	if (operation->plan(input, &plan, err) < 0)
		return -1;
	*out = hooks_wrap_take(take(plan), &hooks);
	return 0;
}

bool operation_wants(const struct operation_input *input, const struct node *node)
{
	if (!input->only)
		return true;
	for (const char *const *name = input->only; *name; name++)
		if (strcmp(*name, node->name) == 0)
			return true;
	return false;
}

unsigned operation_width(const struct operation_input *input, size_t total, unsigned standard)
{
	size_t width = input->max_parallel;

	if (width == 0)
		return standard ? standard : 1;
	if (input->percent)
		width = total * width / 100;
	return width ? (unsigned)width : 1;
}
