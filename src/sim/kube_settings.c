#include "sim/kube_settings.h"

#include "base/text.h"
#include "sim/kube_manifests.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"
#include "tree/yaml.h"

#include <string.h>

static const struct part {
	const char *image, *key, *document;
} parts[KUBE_PARTS] = {
	{ "registry.k8s.io/kube-apiserver", "apiServer", "KubeAPIServerConfig" },
	{ "registry.k8s.io/kube-controller-manager", "controllerManager",
	  "KubeControllerManagerConfig" },
	{ "registry.k8s.io/kube-scheduler", "scheduler", "KubeSchedulerConfig" },
};

const char *image_tag(const char *image)
{
	const char *colon = strrchr(image, ':');

	return colon && !strchr(colon, '/') ? colon + 1 : "";
}

static const char *or_else(const char *text, const char *otherwise)
{
	return text && *text ? text : otherwise;
}

/* The document of that kind; the main one has none. */
static const struct value *document(const struct yaml_documents *documents, const char *kind)
{
	for (size_t i = 0; i < documents->len; i++) {
		if (kube_is(documents->at[i], "kind", kind))
			return documents->at[i];
	}
	return NULL;
}

static const char *first_text(const struct value *list, const char *otherwise)
{
	return or_else(value_text(value_at(list, 0)), otherwise);
}

static void read_images(struct kube_settings *settings, const struct yaml_documents *documents,
			const struct value *cluster)
{
	struct arena *arena = settings->arena;
	const struct value *proxy = document(documents, "KubeProxyConfig");
	const struct value *dns = document(documents, "KubeCoreDNSConfig");
	const char *tag = or_else(image_tag(settings->kubelet), "v1.36.3");

	tag = arena_strn(arena, tag, strcspn(tag, "-"));
	for (size_t i = 0; i < KUBE_PARTS; i++) {
		const char *mine = kube_text(value_get(cluster, parts[i].key), "image");
		const char *own = kube_text(document(documents, parts[i].document), "image");

		settings->image[i] = arena_str(
			arena, or_else(own, or_else(mine, arena_printf(arena, "%s:%s",
								       parts[i].image, tag))));
	}
	settings->proxy = arena_str(
		arena, or_else(kube_text(proxy, "image"),
			       or_else(kube_text(cluster, "proxy.image"),
				       arena_printf(arena, "registry.k8s.io/kube-proxy:%s", tag))));
	if (kube_flag(cluster, "proxy.disabled") ||
	    !value_bool(value_get(proxy, "enabled"), true))
		settings->proxy = "";
	settings->coredns = arena_str(
		arena, or_else(kube_text(dns, "image"),
			       or_else(kube_text(cluster, "coreDNS.image"),
				       "registry.k8s.io/coredns/coredns:v1.14.6")));
	if (kube_flag(cluster, "coreDNS.disabled") || !value_bool(value_get(dns, "enabled"), true))
		settings->coredns = "";
}

static void add_manifest(struct kube_settings *settings, size_t *cap, const char *name,
			 const char *text)
{
	settings->manifest = arena_grow(settings->arena, settings->manifest, settings->manifests,
					cap, sizeof(*settings->manifest));
	settings->manifest[settings->manifests++] = (struct kube_manifest){
		arena_str(settings->arena, name),
		arena_str(settings->arena, text),
	};
}

static void read_manifests(struct kube_settings *settings, const struct yaml_documents *documents,
			   const struct value *list)
{
	size_t cap = 0;

	for (size_t i = 0; i < value_len(list); i++)
		add_manifest(settings, &cap, kube_text(value_at(list, i), "name"),
			     kube_text(value_at(list, i), "contents"));
	for (size_t i = 0; i < documents->len; i++) {
		if (kube_is(documents->at[i], "kind", "KubeInlineManifestConfig"))
			add_manifest(settings, &cap, kube_text(documents->at[i], "name"),
				     kube_text(documents->at[i], "manifest"));
	}
}

static const char *const *copy_sans(struct arena *arena, const struct value *list)
{
	const char **names = arena_calloc(arena, value_len(list) + 1, sizeof(*names));

	for (size_t i = 0; i < value_len(list); i++)
		names[i] = arena_str(arena, or_else(value_text(value_at(list, i)), "localhost"));
	return names;
}

static const struct value *copy_of(struct arena *arena, const struct value *value)
{
	return value ? value_copy(arena, value) : NULL;
}

/* What a document says, else what the main one does. */
static const struct value *either(const struct value *document, const char *key,
				  const struct value *main, const char *main_key)
{
	return document ? value_get(document, key) : value_get(main, main_key);
}

static void read_args(struct kube_settings *settings, const struct yaml_documents *documents,
		      const struct value *cluster, const struct value *kubelet)
{
	for (size_t i = 0; i < KUBE_PARTS; i++) {
		const struct value *own = document(documents, parts[i].document);
		const struct value *part = own ? own : value_get(cluster, parts[i].key);

		settings->args[i] = copy_of(settings->arena, value_get(part, "extraArgs"));
	}
	settings->args[KUBE_PARTS] = copy_of(settings->arena, value_get(kubelet, "extraArgs"));
}

static void read_all(struct kube_settings *settings, const struct yaml_documents *documents)
{
	struct arena *arena = settings->arena;
	const struct value *main = document(documents, "");
	const struct value *cluster = value_get(main, "cluster");
	const struct value *machine = value_get(main, "machine");
	const struct value *own = document(documents, "KubeNetworkConfig");
	const struct value *network = own ? own : value_get(cluster, "network");
	const struct value *node = document(documents, "KubeNodeConfig");
	const struct value *server = document(documents, "KubeAPIServerConfig");
	const struct value *kubelet = document(documents, "KubeletConfig");

	settings->kubelet = arena_str(arena, or_else(kube_text(kubelet, "image"),
						     kube_text(machine, "kubelet.image")));
	/* the document lists the taint of control planes among the others, or does not have it */
	settings->schedulable = node || kube_flag(cluster, "allowSchedulingOnControlPlanes");
	settings->labels = copy_of(arena, either(node, "labels", machine, "nodeLabels"));
	settings->annotations =
		copy_of(arena, either(node, "annotations", machine, "nodeAnnotations"));
	settings->taints = copy_of(arena, either(node, "taints", machine, "nodeTaints"));
	settings->sans = copy_sans(
		arena, server ? value_get(server, "certExtraSANs")
			      : kube_at(cluster, "apiServer.certSANs"));
	settings->pods =
		arena_str(arena, first_text(value_get(network, "podSubnets"), "10.244.0.0/16"));
	settings->services = arena_str(
		arena, first_text(value_get(network, "serviceSubnets"), "10.96.0.0/12"));
	settings->domain =
		arena_str(arena, or_else(kube_text(network, "dnsDomain"), "cluster.local"));
	settings->token = arena_str(arena, kube_text(cluster, "token"));
	read_args(settings, documents, cluster, kubelet ? kubelet : value_get(machine, "kubelet"));
	read_images(settings, documents, cluster);
	read_manifests(settings, documents, value_get(cluster, "inlineManifests"));
}

static struct kube_settings *settings_read(const struct sim_config *config)
{
	struct arena *parsed OWNED(arena_free) = arena_new("parsed config");
	struct arena *arena = arena_new("kubernetes settings");
	struct kube_settings *settings = arena_alloc(arena, sizeof(*settings));
	const struct yaml_input input = { "config", config->text, config->len, NULL, false };
	struct yaml_documents documents = { NULL, 0 };

	settings->arena = arena;
	yaml_read(parsed, &input, &documents, NULL);
	read_all(settings, &documents);
	settings->endpoint = arena_str(arena, config->endpoint ? config->endpoint : "");
	settings->cni = arena_str(arena, config->cni ? config->cni : "flannel");
	if (config->control)
		manifests_render(settings);
	return settings;
}

void settings_free(struct kube_settings *settings)
{
	if (settings)
		arena_free(settings->arena);
}

const struct kube_settings *settings_of(struct sim_node *node)
{
	struct sim_kube *kube = &node->kube;

	if (!node->config)
		return NULL;
	if (!kube->settings || kube->settings_for != node->config ||
	    kube->settings_at != node->applies) {
		settings_free(kube->settings);
		kube->settings = settings_read(node->config);
		kube->settings_for = node->config;
		kube->settings_at = node->applies;
	}
	return kube->settings;
}
