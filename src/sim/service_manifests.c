#include "sim/service_resource.h"

#include "base/str.h"
#include "resources.pb-c.h"
#include "sim/kube_settings.h"
#include "sim/world_impl.h"
#include "tree/value.h"

#include <string.h>

#define SPEC_MAX ((size_t)1 << 20)
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

static void pack(struct arena *arena, struct kube_rendered *rendered)
{
	size_t count = value_len(rendered->objects);
	Resource__SingleManifest *object = arena_calloc(arena, count + 1, sizeof(*object));
	Resource__SingleManifest **objects = arena_calloc(arena, count + 1, sizeof(*objects));
	Resource__ManifestSpec spec = RESOURCE__MANIFEST_SPEC__INIT;
	struct shown shown = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct str text SCOPED(str_done) = STR_INIT(SPEC_MAX);

		struct_pack(&text, value_at(rendered->objects, i));
		resource__single_manifest__init(&object[i]);
		object[i].object.data = arena_dup(arena, str_text(&text), text.len);
		object[i].object.len = text.len;
		objects[i] = &object[i];
	}
	spec.n_items = count;
	spec.items = objects;
	shown_pack(arena, &shown, &spec.base);
	rendered->proto = shown.proto;
	rendered->len = shown.len;
}

/* They change with the config only, and are as many as all other resources together: what was made
 * of one is kept with the config it is of. */
static void show_rendered(struct arena *arena, struct arena *keeper, struct kube_rendered *rendered,
			  struct shown_list *out)
{
	struct shown *shown =
		shown_add(arena, out,
			  &(struct shown){ .type = "Manifests.kubernetes.talos.dev",
					   .ns = "controlplane",
					   .id = rendered->id,
					   .owner = "k8s.ManifestController" },
			  rendered->yaml ? NULL : rendered->objects);

	if (!rendered->yaml) {
		rendered->yaml = arena_str(keeper, shown->yaml);
		pack(keeper, rendered);
	}
	shown->yaml = rendered->yaml;
	shown->proto = rendered->proto;
	shown->len = rendered->len;
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
	for (size_t i = 0; i < settings->renders; i++)
		show_rendered(arena, settings->arena, &settings->rendered[i], out);
}
