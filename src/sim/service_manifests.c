#include "sim/service_resource.h"

#include "resources.pb-c.h"
#include "sim/kube_settings.h"
#include "sim/world_impl.h"
#include "tree/value.h"

#include <string.h>

#define MANIFESTS_OWNER "k8s.ControlPlaneBootstrapManifestsController"

static const struct value *spec_value(struct arena *arena,
				      const Resource__BootstrapManifestsConfigSpec *spec)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *pods = list_begin(arena);

	list_add(pods, value_str(arena, spec->pod_cidrs[0]));
	map_add(map, "string", value_str(arena, spec->server));
	map_add(map, "podCIDRs", list_end(pods));
	map_add(map, "proxyEnabled", value_of_bool(arena, spec->proxy_enabled));
	map_add(map, "proxyImage", value_str(arena, spec->proxy_image));
	map_add(map, "coreDNSEnabled", value_of_bool(arena, spec->core_dns_enabled));
	map_add(map, "coreDNSImage", value_str(arena, spec->core_dns_image));
	map_add(map, "flannelEnabled", value_of_bool(arena, spec->flannel_enabled));
	map_add(map, "cniName", value_str(arena, spec->cni_name));
	return map_end(map);
}

void manifests_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	Resource__BootstrapManifestsConfigSpec spec =
		RESOURCE__BOOTSTRAP_MANIFESTS_CONFIG_SPEC__INIT;
	/* what is read of the config on the way is kept with the node */
	const struct kube_settings *settings = settings_of((struct sim_node *)node);
	char *pods[1];

	if (!node->config->control || !settings)
		return;
	pods[0] = (char *)settings->pods;
	spec.server = (char *)node->config->endpoint;
	spec.pod_cidrs = pods;
	spec.n_pod_cidrs = 1;
	spec.proxy_enabled = *settings->proxy != '\0';
	spec.proxy_image = (char *)settings->proxy;
	spec.core_dns_enabled = *settings->coredns != '\0';
	spec.core_dns_image = (char *)settings->coredns;
	spec.flannel_enabled = !strcmp(node->config->cni, "flannel");
	spec.cni_name = (char *)node->config->cni;
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "BootstrapManifestsConfigs.kubernetes.talos"
						      ".dev",
					      .ns = "controlplane",
					      .id = "manifests",
					      .owner = MANIFESTS_OWNER },
			     spec_value(arena, &spec)),
		   &spec.base);
}
