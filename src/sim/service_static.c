#include "sim/service_resource.h"

#include "base/own.h"
#include "resources.pb-c.h"
#include "sim/world_impl.h"
#include "tree/value.h"

#define OWNER "k8s.ControlPlaneController"

static struct shown *show(struct arena *arena, const struct sim_node *node, enum kube_part_id part,
			  const char *type, struct shown_list *out)
{
	const struct kube_part *mine = &node->kube.part[part];
	struct map_builder *yaml = map_begin(arena);

	if (part != KUBE_APISERVER)
		map_add(yaml, "enabled", value_of_bool(arena, true));
	map_add(yaml, "image", value_str(arena, mine->image));
	return shown_add(arena, out,
			 &(struct shown){ .type = type,
					  .ns = "controlplane",
					  .id = kube_static_pods[part],
					  .owner = OWNER,
					  .version = mine->version },
			 map_end(yaml));
}

void static_configs_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	Resource__APIServerConfigSpec api = RESOURCE__APISERVER_CONFIG_SPEC__INIT;
	Resource__ControllerManagerConfigSpec manager =
		RESOURCE__CONTROLLER_MANAGER_CONFIG_SPEC__INIT;
	Resource__SchedulerConfigSpec scheduler = RESOURCE__SCHEDULER_CONFIG_SPEC__INIT;
	const struct kube_part *part = node->kube.part;

	if (!node->config->control || !part[KUBE_APISERVER].image[0])
		return;
	manager.enabled = scheduler.enabled = true;
	api.image = (char *)part[KUBE_APISERVER].image;
	manager.image = (char *)part[KUBE_CONTROLLER_MANAGER].image;
	scheduler.image = (char *)part[KUBE_SCHEDULER].image;
	shown_pack(arena,
		   show(arena, node, KUBE_APISERVER, "APIServerConfigs.kubernetes.talos.dev", out),
		   &api.base);
	shown_pack(arena,
		   show(arena, node, KUBE_CONTROLLER_MANAGER,
			"ControllerManagerConfigs.kubernetes.talos.dev", out),
		   &manager.base);
	shown_pack(arena,
		   show(arena, node, KUBE_SCHEDULER, "SchedulerConfigs.kubernetes.talos.dev", out),
		   &scheduler.base);
}
