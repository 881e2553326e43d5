#include "cluster/model.h"

#include "base/text.h"
#include "cluster/check.h"
#include "cluster/disk.h"
#include "cluster/encryption.h"
#include "cluster/patches.h"
#include "cluster/schematic_source.h"
#include "cluster/version.h"
#include "tree/path.h"

#include <string.h>

#define API_PORT 6443

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_CONTROL] = "controlplane",
	[ROLE_WORKER] = "worker",
};

static const char *const role_folders[ROLE_COUNT] = {
	[ROLE_CONTROL] = "controller",
	[ROLE_WORKER] = "worker",
};

const char *role_name(enum role role)
{
	return role_names[role];
}

const char *role_folder(enum role role)
{
	return role_folders[role];
}

const struct node *cluster_node(const struct cluster *cluster, const char *name)
{
	for (size_t i = 0; i < cluster->nodes; i++)
		if (strcmp(cluster->node[i].name, name) == 0)
			return &cluster->node[i];
	for (size_t i = 0; i < cluster->nodes; i++)
		for (size_t j = 0; j < cluster->node[i].addresses; j++)
			if (strcmp(cluster->node[i].address[j], name) == 0)
				return &cluster->node[i];
	return NULL;
}

struct src setting_src(const struct cluster *cluster, const struct node *node, const char *key)
{
	const struct value *value = value_get(node ? node->raw : NULL, key);

	if (value_is_null(value))
		value = value_get(cluster->raw, key);
	if (value_is_null(value))
		return (struct src){ 0 };
	return value_src(value);
}

/* The texts given, or the defaults; a list that is given and empty means none. */
static struct texts texts_or(struct draft *draft, const char *key, const struct texts *given,
			     const char *const *standard)
{
	struct texts texts = { .len = 0 };
	const struct value **values;
	size_t count = 0;

	if (given->len > 0 || value_is_list(value_get(draft->cluster_raw, key)))
		return *given;
	while (standard[count])
		count++;
	values = arena_calloc(draft->arena, count + 1, sizeof(*values));
	for (size_t i = 0; i < count; i++)
		values[i] = value_str(draft->arena, standard[i]);
	texts.at = standard;
	texts.value = values;
	texts.len = count;
	return texts;
}

static void resolve_networks(struct draft *draft)
{
	static const char *const dns[] = { "1.1.1.1", "1.0.0.1", NULL };
	static const char *const ntp[] = { "162.159.200.1", "162.159.200.123", NULL };
	static const char *const pods[] = { "10.42.0.0/16", NULL };
	static const char *const services[] = { "10.43.0.0/16", NULL };
	const struct cluster_input *in = &draft->in;
	struct cluster *cluster = draft->cluster;
	struct ip first;

	cluster->dns_servers = texts_or(draft, "node_dns_servers", &in->node_dns_servers, dns);
	cluster->ntp_servers = texts_or(draft, "node_ntp_servers", &in->node_ntp_servers, ntp);
	cluster->pod_cidr = texts_or(draft, "cluster_pod_cidr", &in->cluster_pod_cidr, pods);
	cluster->svc_cidr = texts_or(draft, "cluster_svc_cidr", &in->cluster_svc_cidr, services);
	cluster->tls_sans = in->cluster_api_tls_sans;
	cluster->vlan_tag = in->node_vlan_tag;
	cluster->gateway = in->node_default_gateway;
	cluster->has_node_cidr =
		in->node_cidr && ip_prefix_parse(in->node_cidr, &cluster->node_cidr);
	if (!cluster->gateway && cluster->has_node_cidr &&
	    ip_prefix_nth(&cluster->node_cidr, 1, &first)) {
		char text[IP_TEXT_MAX];

		cluster->gateway = arena_str(draft->arena, ip_text(&first, text));
	}
}

static const char *endpoint_of(const struct draft *draft)
{
	const struct cluster_input *in = &draft->in;

	if (in->cluster_endpoint) {
		size_t len = strlen(in->cluster_endpoint);
		return arena_strn(draft->arena, in->cluster_endpoint,
				  len - text_ends(in->cluster_endpoint, "/"));
	}
	if (!in->cluster_api_addr)
		return NULL;
	if (strchr(in->cluster_api_addr, ':'))
		return arena_printf(draft->arena, "https://[%s]:%d", in->cluster_api_addr,
				    API_PORT);
	return arena_printf(draft->arena, "https://%s:%d", in->cluster_api_addr, API_PORT);
}

static const char *vip_of(const struct draft *draft)
{
	const char *vip = draft->in.vip;

	if (vip && strcmp(vip, "auto") != 0)
		return strcmp(vip, "none") == 0 ? NULL : vip;
	return draft->cluster->controllers > 1 ? draft->in.cluster_api_addr : NULL;
}

static const char *contract_of(const struct draft *draft)
{
	const char *text = draft->in.contract ? draft->in.contract : draft->cluster->talos;
	struct version version;

	if (!version_parse(text, &version))
		return NULL;
	return arena_printf(draft->arena, "v%u.%u", version.major, version.minor);
}

static void resolve_storage(const struct draft *draft, const struct node_settings *settings,
			    struct node *node)
{
	struct findings quiet;
	struct encryption_choice choice;

	findings_init(&quiet, draft->arena);
	if (settings->disk)
		disk_read(settings->disk, "", &node->disk, &quiet);
	if (!encryption_read(settings->encrypt_disk, &choice))
		return;
	node->encrypt = choice.form;
	node->kms = choice.kms;
}

/* A node's own key of the two stands against the cluster-wide default of the other. */
static void resolve_schematic(struct draft *draft, const struct node_settings *settings,
			      struct node *node)
{
	const struct value *mine = value_get(node->raw, "schematic");
	bool has_id = !value_is_null(value_get(node->raw, "schematic_id"));
	const char *path = path_index(draft->arena, "nodes", node->index);

	if (!value_is_null(mine)) {
		path = path_key(draft->arena, path, "schematic");
		node->schematic = schematic_source(draft, settings->schematic, path);
		node->schematic_id = has_id ? settings->schematic_id : NULL;
	} else {
		path = "schematic";
		node->schematic = has_id ? NULL : draft->schematic;
		node->schematic_id = settings->schematic_id;
	}
	node->schematic_path = value_is_map(settings->schematic) ? path : "";
}

static void resolve_node(struct draft *draft, const struct node_input *input,
			 struct node *node)
{
	const struct node_settings *settings = &input->settings;

	node->name = input->name ? input->name : "";
	node->address = input->address.at;
	node->addresses = input->address.len;
	node->role = settings->controller == TRI_TRUE ? ROLE_CONTROL : ROLE_WORKER;
	node->mac_addr = input->mac_addr;
	node->mtu = settings->mtu;
	node->secureboot = settings->secureboot == TRI_TRUE;
	node->kernel_modules = settings->kernel_modules;
	node->interfaces = settings->interfaces;
	node->bonds = settings->bonds;
	node->vlans = settings->vlans;
	node->volumes = settings->volumes;
	node->labels = settings->labels;
	node->annotations = settings->annotations;
	node->taints = settings->taints;
	node->locked = settings->locked;
	node->output = input->output;
	node->raw = value_at(draft->nodes_raw, node->index);
	resolve_storage(draft, settings, node);
	resolve_schematic(draft, settings, node);
}

static void resolve_nodes(struct draft *draft)
{
	struct node *nodes = arena_calloc(draft->arena, draft->nodes + 1, sizeof(*nodes));
	struct patch_set *patches = patches_read(draft);

	draft->schematic = schematic_source(draft, draft->in.settings.schematic, "schematic");

	for (size_t i = 0; i < draft->nodes; i++) {
		nodes[i].index = i;
		resolve_node(draft, &draft->node[i], &nodes[i]);
		patches_of_node(patches, &nodes[i], &draft->node[i]);
	}
	patches_find_unused(patches);
	draft->cluster->node = nodes;
	draft->cluster->nodes = draft->nodes;
	draft->cluster->controllers = check_controllers(draft);
}

void model_resolve(struct draft *draft)
{
	const struct cluster_input *in = &draft->in;
	struct cluster *cluster = draft->cluster;

	cluster->arena = draft->arena;
	cluster->raw = draft->cluster_raw;
	cluster->cni = in->cni ? in->cni : "none";
	cluster->strict_merge = text_equal(in->merge, "strict");
	cluster->aescbc_on_workers = in->aescbc_on_workers == TRI_TRUE;
	cluster->exact_merge = text_equal(in->merge, "exact");
	cluster->api_addr = in->cluster_api_addr;
	resolve_networks(draft);
	resolve_nodes(draft);
	bgp_resolve(draft);
	cluster->upgrade = in->upgrade;
	upgrade_settings_resolve(draft->arena, &cluster->upgrade);
	cluster->hooks = in->hooks;
	cluster->endpoint = endpoint_of(draft);
	cluster->contract = contract_of(draft);
	cluster->vip = vip_of(draft);
	cluster->schedule_on_controllers = in->schedule_on_controllers == TRI_TRUE;
	if (in->schedule_on_controllers == TRI_UNSET)
		cluster->schedule_on_controllers = cluster->controllers == cluster->nodes;
	cluster->inputs = files_digest(draft->files);
}
