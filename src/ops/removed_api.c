#include "ops/removed_api.h"

#include "base/arena.h"
#include "base/own.h"
#include "base/text.h"
#include "cluster/version.h"
#include "tree/json.h"

#include <string.h>

#define APPLIED "kubectl.kubernetes.io/last-applied-configuration"
/* The newest release that the table is about, whether it has rows of it or not. */
#define MINOR_KNOWN 36
#define FLOW "flowcontrol.apiserver.k8s.io/"

static const struct removed_api table[] = {
	{ 25, "autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2" },
	{ 25, "batch/v1beta1", "CronJob", "batch/v1" },
	{ 25, "discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1" },
	{ 25, "events.k8s.io/v1beta1", "Event", "events.k8s.io/v1" },
	{ 25, "node.k8s.io/v1beta1", "RuntimeClass", "node.k8s.io/v1" },
	{ 25, "policy/v1beta1", "PodDisruptionBudget", "policy/v1" },
	{ 25, "policy/v1beta1", "PodSecurityPolicy", NULL },
	{ 26, "autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2" },
	{ 26, FLOW "v1beta1", "FlowSchema", FLOW "v1" },
	{ 26, FLOW "v1beta1", "PriorityLevelConfiguration", FLOW "v1" },
	{ 27, "storage.k8s.io/v1beta1", "CSIStorageCapacity", "storage.k8s.io/v1" },
	{ 29, FLOW "v1beta2", "FlowSchema", FLOW "v1" },
	{ 29, FLOW "v1beta2", "PriorityLevelConfiguration", FLOW "v1" },
	{ 32, FLOW "v1beta3", "FlowSchema", FLOW "v1" },
	{ 32, FLOW "v1beta3", "PriorityLevelConfiguration", FLOW "v1" },
};

const struct removed_api *removed_apis(size_t *count)
{
	*count = ARRAY_LEN(table);
	return table;
}

bool removed_api_concerns(const struct removed_api *api, const char *from, const char *to)
{
	struct version first, second;

	return version_parse(from, &first) && version_parse(to, &second) &&
	       first.minor < api->minor && api->minor <= second.minor;
}

const char *removed_api_note(struct arena *arena, unsigned minor)
{
	const char *gone = NULL;

	if (minor > MINOR_KNOWN)
		return arena_printf(arena, "which API versions v1.%u no longer serves is not known",
				    minor);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].minor == minor)
			gone = arena_printf(arena, "%s%s%s %s", gone ? gone : "", gone ? ", " : "",
					    table[i].api_version, table[i].kind);
	}
	return gone ? arena_printf(arena, "v1.%u no longer serves %s", minor, gone)
		    : arena_printf(arena, "v1.%u serves every API version that v1.%u served", minor,
				   minor - 1);
}

static bool was_applied_so(const struct removed_api *api, const struct value *metadata)
{
	struct arena *arena OWNED(arena_free) = arena_new("last applied");
	const char *text = value_get_text(value_get(metadata, "annotations"), APPLIED);
	const struct value *object;

	return text && json_read(arena, "annotation", text, strlen(text), &object, NULL) == 0 &&
	       text_equal(value_get_text(object, "apiVersion"), api->api_version);
}

/* What the API server itself keeps up to date goes with it. */
static bool is_servers_own(const struct value *manager)
{
	const char *name = value_get_text(manager, "manager");

	return name && (text_starts(name, "api-priority-and-fairness-") ||
			text_equal(name, "kube-apiserver"));
}

bool removed_api_is_used(const struct removed_api *api, const struct value *object)
{
	const struct value *metadata = value_get(object, "metadata");
	const struct value *managers = value_get(metadata, "managedFields");

	if (!api->instead)
		return true;
	for (size_t i = 0; i < value_len(managers); i++) {
		const struct value *manager = value_at(managers, i);

		if (text_equal(value_get_text(manager, "apiVersion"), api->api_version) &&
		    !is_servers_own(manager))
			return true;
	}
	return was_applied_so(api, metadata);
}
