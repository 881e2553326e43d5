#include "sim/service_resource.h"

#include "base/own.h"
#include "base/str.h"
#include "resources.pb-c.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"
#include "tree/value.h"

#define OWNER "k8s.ControlPlaneController"
#define SPEC_MAX ((size_t)1 << 20)

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

/* ---- what runs it ---------------------------------------------------------------------------- */

static const struct value *flag(struct arena *arena, const char *name, const struct value *value)
{
	const char *text = value_text(value);

	return value_strf(arena, "--%s=%s", name, text ? text : "");
}

/* "--key=value", once per value. */
static const struct value *flags(struct arena *arena, const struct value *args)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < value_len(args); i++) {
		const struct value *value = value_at(args, i);

		if (!value_is_list(value))
			list_add(list, flag(arena, value_key_at(args, i), value));
		for (size_t k = 0; value_is_list(value) && k < value_len(value); k++)
			list_add(list, flag(arena, value_key_at(args, i), value_at(value, k)));
	}
	return list_end(list);
}

static ProtobufCBinaryData packed(struct arena *arena, const struct value *map)
{
	struct str text SCOPED(str_done) = STR_INIT(SPEC_MAX);

	struct_pack(&text, map);
	return (ProtobufCBinaryData){ text.len, arena_dup(arena, str_text(&text), text.len) };
}

static void show_pod(struct arena *arena, const struct sim_node *node, enum kube_part_id part,
		     struct shown_list *out)
{
	const struct kube_settings *settings = settings_of((struct sim_node *)node);
	Resource__StaticPodSpec spec = RESOURCE__STATIC_POD_SPEC__INIT;
	const char *name = kube_static_pods[part];
	const struct value *command = kube_yaml(arena, "[/usr/local/bin/%s]", name);
	const struct value *pod = kube_yaml(
		arena,
		"{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: kube-system, labels: "
		"{tier: control-plane, k8s-app: %s}, annotations: {talos.dev/config-version: "
		"'%u'}}, spec: {hostNetwork: true, priorityClassName: system-cluster-critical}}",
		name, name, node->kube.part[part].version);
	struct map_builder *container = map_begin(arena);
	struct list_builder *containers = list_begin(arena);

	map_add(container, "name", value_str(arena, name));
	map_add(container, "image", value_str(arena, node->kube.part[part].image));
	map_add(container, "command",
		kube_list_join(arena, command, flags(arena, settings->args[part])));
	list_add(containers, map_end(container));
	pod = kube_with(arena, pod, "spec.containers", list_end(containers));
	spec.pod = packed(arena, pod);
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "StaticPods.kubernetes.talos.dev",
					      .ns = "k8s",
					      .id = name,
					      .owner = "k8s.ControlPlaneStaticPodController" },
			     pod),
		   &spec.base);
}

void kubelet_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	const struct kube_settings *settings = settings_of((struct sim_node *)node);
	Resource__KubeletSpecSpec spec = RESOURCE__KUBELET_SPEC_SPEC__INIT;
	const struct value *args = flags(arena, settings->args[KUBE_PARTS]);
	const struct value *config = kube_yaml(
		arena, "{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration}");
	struct map_builder *yaml = map_begin(arena);

	spec.image = (char *)settings->kubelet;
	spec.args = arena_calloc(arena, value_len(args) + 1, sizeof(*spec.args));
	for (size_t i = 0; i < value_len(args); i++)
		spec.args[spec.n_args++] = (char *)value_text(value_at(args, i));
	spec.expected_nodename = (char *)node->hostname;
	spec.config = packed(arena, config);
	map_add(yaml, "image", value_str(arena, spec.image));
	map_add(yaml, "args", args);
	map_add(yaml, "expectedNodename", value_str(arena, node->hostname));
	map_add(yaml, "config", config);
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "KubeletSpecs.kubernetes.talos.dev",
					      .ns = "k8s",
					      .id = "kubelet",
					      .owner = "k8s.KubeletSpecController" },
			     map_end(yaml)),
		   &spec.base);
}

/* ---- its config ------------------------------------------------------------------------------ */

void static_configs_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	Resource__APIServerConfigSpec api = RESOURCE__APISERVER_CONFIG_SPEC__INIT;
	Resource__ControllerManagerConfigSpec manager =
		RESOURCE__CONTROLLER_MANAGER_CONFIG_SPEC__INIT;
	Resource__SchedulerConfigSpec scheduler = RESOURCE__SCHEDULER_CONFIG_SPEC__INIT;
	const struct kube_part *part = node->kube.part;

	if (!node->config->control || !part[KUBE_APISERVER].image[0])
		return;
	for (enum kube_part_id id = 0; id < KUBE_PARTS; id++)
		show_pod(arena, node, id, out);
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
