#include "sim/sim_kube.h"

#include "base/text.h"
#include "crypto/x509.h"
#include "sim/kube_server.h"
#include "sim/world_impl.h"
#include "tree/yaml.h"

#include <stdio.h>
#include <string.h>

const char *const kube_static_pods[] = { "kube-apiserver", "kube-controller-manager",
					 "kube-scheduler", NULL };

/* From etcd's health to running static pods, in steps of a service. */
#define PODS_TAKE 4

/* A Kubernetes API of that cluster is up somewhere. */
static bool has_apiserver(const struct sim_node *node)
{
	const struct world *world = node->world;

	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *other = world->node[i];

		if (other->kube.pods && other->config && etcd_is_healthy(other) &&
		    sim_config_same_cluster(other->config, node->config))
			return true;
	}
	return false;
}

static bool pods_wanted(const struct sim_node *node)
{
	return node_is_up(node) && node->config->control && !node->kube.pods &&
	       etcd_is_healthy(node) && service_is_healthy(&node->service[SERVICE_KUBELET]);
}

static bool node_wanted(const struct sim_node *node)
{
	return node_is_up(node) && !node->kube.registered &&
	       service_is_healthy(&node->service[SERVICE_KUBELET]) && has_apiserver(node);
}

/* A static pod whose config changed is started anew; the API server is away meanwhile. */
static void settle_parts(struct sim_node *node, uint64_t wall)
{
	const struct kube_settings *settings;

	if (!node_is_up(node) || !node->config->control)
		return;
	settings = settings_of(node);
	for (enum kube_part_id id = 0; id < KUBE_PARTS; id++) {
		struct kube_part *part = &node->kube.part[id];
		bool first = !part->image[0];

		if (!strcmp(part->image, settings->image[id]))
			continue;
		snprintf(part->image, sizeof(part->image), "%s", settings->image[id]);
		part->version++;
		node->changed = true;
		if (!first && id == KUBE_APISERVER)
			node->kube.api_back = wall + node->world->pace.service;
	}
}

void kubelet_settle(struct sim_node *node)
{
	char *runs = node->kube.kubelet;
	const char *wanted;

	if (!node_is_up(node) || !node->config)
		return;
	wanted = settings_of(node)->kubelet;
	/* what is not running yet starts with what the config says then */
	if (!strcmp(runs, wanted) ||
	    (*runs && service_is_running(&node->service[SERVICE_KUBELET]) &&
	     !services_restart(node, SERVICE_KUBELET)))
		return;
	snprintf(runs, sizeof(node->kube.kubelet), "%s", wanted);
}

void kube_settle(struct sim_node *node, uint64_t wall)
{
	uint64_t step = node->world->pace.service;

	settle_parts(node, wall);

	if (!node->kube.pods_due && pods_wanted(node))
		node->kube.pods_due = wall + PODS_TAKE * step;
	if (!node->kube.node_due && node_wanted(node))
		node->kube.node_due = wall + step;
}

void kube_tick(struct sim_node *node, uint64_t wall)
{
	struct sim_kube *kube = &node->kube;

	if (kube->pods_due && kube->pods_due <= wall) {
		kube->pods_due = 0;
		kube->pods = pods_wanted(node);
		node->unsaved = node->changed = true;
	}
	if (kube->node_due && kube->node_due <= wall) {
		kube->node_due = 0;
		kube->registered = node_wanted(node);
		node->unsaved = node->changed = true;
	}
}

void kube_forget(struct sim_node *node)
{
	node->kube.pods = false;
	node->kube.manifests_at = 0;
	node->kube.kubelet[0] = '\0';
	memset(node->kube.part, 0, sizeof(node->kube.part));
	node->kube.pods_due = node->kube.node_due = 0;
}

void kube_done(struct sim_node *node)
{
	settings_free(node->kube.settings);
	server_free(node->kube.server);
	node->kube.settings = NULL;
	node->kube.server = NULL;
}

/* Without a network plugin a node never becomes ready. */
bool kube_node_ready(const struct sim_node *node)
{
	return node->kube.registered && service_is_healthy(&node->service[SERVICE_KUBELET]) &&
	       (strcmp(node->config->cni, "none") != 0 || node->kube.network);
}

const char *kube_unmet_pods(const struct sim_node *node, struct arena *arena)
{
	struct str text SCOPED(str_done) = STR_INIT(1000);

	if (!node->kube.pods || etcd_is_healthy(node))
		return NULL;
	for (size_t i = 0; kube_static_pods[i]; i++)
		str_addf(&text, "%skube-system/%s-%s not ready", i ? ", " : "",
			 kube_static_pods[i], node->hostname);
	return arena_str(arena, str_text(&text));
}

const char *kube_unmet_node(const struct sim_node *node, struct arena *arena)
{
	if (!node->kube.registered)
		return arena_printf(arena, "node \"%s\" status is not available yet",
				    node->hostname);
	if (!kube_node_ready(node))
		return arena_printf(arena, "node \"%s\" is not ready", node->hostname);
	return NULL;
}

static const struct value *data_of(struct arena *arena, const char *pem)
{
	return value_str(arena, base64_encode(arena, pem, strlen(pem)));
}

static const struct value *named(struct arena *arena, const char *name, const char *key,
				 const struct value *inner)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *list = list_begin(arena);

	/* the keys of every map in a kubeconfig are sorted */
	if (strcmp(key, "name") < 0)
		map_add(map, key, inner);
	map_add(map, "name", value_str(arena, name));
	if (strcmp(key, "name") > 0)
		map_add(map, key, inner);
	list_add(list, map_end(map));
	return list_end(list);
}

static const struct value *pairs(struct arena *arena, const char *const *keys,
				 const struct value *const *values)
{
	struct map_builder *map = map_begin(arena);

	for (size_t i = 0; keys[i]; i++)
		map_add(map, keys[i], values[i]);
	return map_end(map);
}

static const struct value *kube_config_value(struct arena *arena, const struct sim_node *node,
					     const struct identity *admin)
{
	const struct sim_config *config = node->config;
	const char *user = arena_printf(arena, "admin@%s", config->cluster_name);
	const struct value *cluster =
		pairs(arena, (const char *[]){ "certificate-authority-data", "server", NULL },
		      (const struct value *[]){ data_of(arena, config->kubernetes_ca.cert),
						value_str(arena, config->endpoint) });
	const struct value *context =
		pairs(arena, (const char *[]){ "cluster", "namespace", "user", NULL },
		      (const struct value *[]){ value_str(arena, config->cluster_name),
						value_str(arena, "default"),
						value_str(arena, user) });
	const struct value *keys =
		pairs(arena, (const char *[]){ "client-certificate-data", "client-key-data", NULL },
		      (const struct value *[]){ data_of(arena, admin->cert),
						data_of(arena, admin->key) });
	const char *const names[] = { "apiVersion", "clusters", "contexts",
				      "current-context", "kind", "users",
				      NULL };
	const struct value *const values[] = {
		value_str(arena, "v1"),
		named(arena, config->cluster_name, "cluster", cluster),
		named(arena, user, "context", context),
		value_str(arena, user),
		value_str(arena, "Config"),
		named(arena, user, "user", keys),
	};

	return pairs(arena, names, values);
}

int kube_config_write(const struct sim_node *node, struct str *out, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubeconfig");
	const struct sim_config *config = node->config;
	const char *const groups[] = { "system:masters", NULL };
	struct identity admin;

	if (!config->kubernetes_ca.cert || !config->kubernetes_ca.key)
		return err_set(err, ERR_CONFLICT, "k8s API server CA config is not set");

	const struct x509_request request = {
		.common_name = "admin",
		.organizations = groups,
		.usage = X509_CLIENT,
		.now = world_wall(node->world),
		.lifetime = 365 * DAY,
	};
	if (x509_issue(arena, &config->kubernetes_ca, &request, &admin, err) < 0)
		return err_wrap(err, "issue a client certificate for Kubernetes");

	const struct yaml_style style = { .indent = 2, .flat_lists = true };

	yaml_write(out, kube_config_value(arena, node, &admin), &style);
	return 0;
}
