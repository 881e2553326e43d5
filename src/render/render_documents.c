/* Settings in contract 1.14: documents, where there is one, and sections only for the rest. */
#include "render/render_parts.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cel/cel.h"
#include "render/link_documents.h"
#include "render/schema.h"

#include <string.h>

#define EXPRESSION_MAX 4096
#define DISK_LINKS "/dev/disk/"

struct match_row {
	const char *key;  /* of the setting */
	const char *term; /* %s: the pattern as a CEL text */
};

static const struct match_row match_rows[] = {
	{ "model", "glob(%s, disk.model)" },
	{ "serial", "glob(%s, disk.serial)" },
	{ "wwid", "glob(%s, disk.wwid)" },
	{ "modalias", "glob(%s, disk.modalias)" },
	{ "uuid", "glob(%s, disk.uuid)" },
	{ "busPath", "glob(%s, disk.bus_path)" },
	{ "name", "glob(%s, disk.dev_path)" },
};

struct type_row {
	const char *type, *term;
};

static const struct type_row type_rows[] = {
	{ "ssd", "!disk.rotational" },
	{ "hdd", "disk.rotational" },
	{ "nvme", "disk.transport == \"nvme\"" },
	{ "sd", "disk.transport == \"mmc\"" },
};

/* What a selector of contract 1.13 leaves out by itself and an expression does not. */
static const char *const guards[] = {
	"disk.transport != \"\"",
	"!disk.readonly",
	"!disk.cdrom",
};

static void add_term(struct str *out, const char *term)
{
	str_addf(out, "%s%s", out->len ? " && " : "", term);
}

/* ">= 100GB" as a comparison of bytes */
static const char *size_term(struct arena *arena, const char *text)
{
	size_t sign = strspn(text, "<>=");
	const char *number = text + sign + strspn(text + sign, " ");
	size_t digits = strspn(number, "0123456789");
	const char *unit = number + digits + strspn(number + digits, " ");
	const char *operator= sign ? arena_strn(arena, text, sign) : "==";

	return arena_printf(arena, "disk.size %s %.*su%s%s", operator,(int) digits, number,
			    *unit ? " * " : "", unit);
}

const char *node_disk_match(struct arena *arena, const struct value *match)
{
	struct str out SCOPED(str_done) = STR_INIT(EXPRESSION_MAX);

	for (size_t i = 0; i < ARRAY_LEN(match_rows); i++) {
		const char *pattern = value_get_text(match, match_rows[i].key);
		if (pattern)
			add_term(&out, arena_printf(arena, match_rows[i].term,
						    cel_quote(arena, pattern)));
	}
	for (size_t i = 0; i < ARRAY_LEN(type_rows); i++) {
		if (text_equal(value_get_text(match, "type"), type_rows[i].type))
			add_term(&out, type_rows[i].term);
	}
	if (value_get_text(match, "size"))
		add_term(&out, size_term(arena, value_get_text(match, "size")));
	for (size_t i = 0; i < ARRAY_LEN(guards); i++)
		add_term(&out, guards[i]);
	return arena_str(arena, str_text(&out));
}

bool node_disk_is_link(const struct node *node)
{
	return node->disk.form == DISK_PATH && text_starts(node->disk.text, DISK_LINKS);
}

const char *node_disk_path_match(struct arena *arena, const char *path)
{
	if (text_starts(path, DISK_LINKS))
		return arena_printf(arena, "%s in disk.symlinks", cel_quote(arena, path));
	return arena_printf(arena, "disk.dev_path == %s", cel_quote(arena, path));
}

static const char *disk_expression(const struct rendering *r)
{
	const struct disk *disk = &r->node->disk;

	switch (disk->form) {
	case DISK_PATH:
		return node_disk_is_link(r->node) ? node_disk_path_match(r->arena, disk->text)
						  : NULL;
	case DISK_SERIAL:
		return arena_printf(r->arena, "disk.serial == %s", cel_quote(r->arena, disk->text));
	case DISK_MATCH:
		return node_disk_match(r->arena, disk->match);
	case DISK_CEL:
		return disk->text;
	}
	return NULL;
}

static void add_disk(struct node_documents *documents)
{
	const struct rendering *r = documents->rendering;
	const char *expression = disk_expression(r);

	if (r->input->install_disk || !expression)
		return;
	struct draft *draft = node_document(documents, "UnattendedInstallConfig", NULL);
	draft_text(draft, "installer.image", render_install_image(r->arena, r->input, r->node));
	draft_flag(draft, "provisioning.wipe", false);
	node_setting(documents, draft, "disk");
	draft_text(draft, "provisioning.diskSelector.match", expression);
}

static void add_hostname(struct node_documents *documents)
{
	struct draft *draft = node_document(documents, "HostnameConfig", NULL);

	node_setting(documents, draft, "name");
	draft_text(draft, "hostname", documents->rendering->node->name);
	draft_text(draft, "auto", "off");
}

static void add_aliases(struct map_builder *map, const struct value *elements)
{
	for (size_t i = 0; i < value_len(elements); i++) {
		const struct value *element = value_at(elements, i);

		if (text_equal(value_get_text(element, "kind"), "LinkAliasConfig") &&
		    value_get_text(element, "name"))
			map_add(map, value_get_text(element, "name"), element);
	}
}

/* All devices in one form: what no document has keeps them in the main document. */
static void add_links(struct node_documents *documents)
{
	const struct rendering *r = documents->rendering;
	const struct value *devices = node_interfaces(r);
	struct map_builder *taken = map_begin(r->arena);
	struct link_documents links = { .arena = r->arena };

	if (!devices)
		return;
	if (!link_documents_can(devices)) {
		struct draft *main = node_document(documents, SCHEMA_MAIN, NULL);

		draft_put(main, "machine.network.interfaces", devices);
		return;
	}
	add_aliases(taken, r->node->interfaces);
	add_aliases(taken, r->node->bonds);
	add_aliases(taken, r->node->vlans);
	links.taken = map_end(taken);
	link_documents_add(&links, devices);
	for (size_t i = 0; i < links.len; i++)
		node_document_raw(documents, links.at[i].document.root);
}

static void add_network(struct node_documents *documents)
{
	const struct rendering *r = documents->rendering;
	struct list_builder *servers = list_begin(r->arena);
	struct draft *draft;

	add_links(documents);
	draft = node_document(documents, "ResolverConfig", NULL);
	node_setting(documents, draft, "node_dns_servers");
	for (size_t i = 0; i < r->cluster->dns_servers.len; i++) {
		struct draft server = { .arena = r->arena, .src = draft->src };
		draft_text(&server, "address", r->cluster->dns_servers.at[i]);
		list_add(servers, server.root);
	}
	draft_put(draft, "nameservers", list_end(servers));
	if (!r->cluster->ntp_servers.len)
		return;
	draft = node_document(documents, "TimeSyncConfig", NULL);
	node_setting(documents, draft, "node_ntp_servers");
	draft_texts(draft, "ntp.servers", r->cluster->ntp_servers.at, r->cluster->ntp_servers.len);
}

static void add_subnets(struct node_documents *documents)
{
	const struct rendering *r = documents->rendering;
	const char *subnet = node_subnet(r);
	struct draft *draft = node_document(documents, "KubeNetworkConfig", NULL);

	node_setting(documents, draft, "cluster_pod_cidr");
	if (r->cluster->pod_cidr.len)
		draft_texts(draft, "podSubnets", r->cluster->pod_cidr.at, r->cluster->pod_cidr.len);
	node_setting(documents, draft, "cluster_svc_cidr");
	if (r->cluster->svc_cidr.len)
		draft_texts(draft, "serviceSubnets", r->cluster->svc_cidr.at,
			    r->cluster->svc_cidr.len);
	if (!subnet || !node_is_control(r))
		return;
	draft = node_document(documents, SCHEMA_MAIN, NULL);
	node_setting(documents, draft, "node_cidr");
	draft_texts(draft, "cluster.etcd.advertisedSubnets", &subnet, 1);
}

static void add_removal(struct node_documents *documents, const char *kind)
{
	draft_text(node_document(documents, kind, NULL), "$patch", "delete");
}

static void add_cluster(struct node_documents *documents)
{
	const struct rendering *r = documents->rendering;
	const char *cni = r->cluster->cni ? r->cluster->cni : "flannel";

	if (!node_is_control(r) || text_equal(cni, "flannel"))
		return;
	add_removal(documents, "KubeFlannelCNIConfig");
	if (!text_equal(cni, "cilium"))
		return;
	struct draft *draft = node_document(documents, "KubeProxyConfig", NULL);
	node_setting(documents, draft, "cni");
	draft_flag(draft, "enabled", false);
}

static void add_node(struct node_documents *documents)
{
	const struct rendering *r = documents->rendering;
	const struct node *node = r->node;
	const char *subnet = node_subnet(r);
	struct draft *draft;

	if (node_is_control(r) && r->cluster->schedule_on_controllers) {
		draft = node_document(documents, "KubeNodeConfig", NULL);
		draft_text(draft, "taints.$patch", "delete");
	}
	draft = node_document(documents, "KubeNodeConfig", NULL);
	node_setting(documents, draft, "node_cidr");
	if (subnet)
		draft_texts(draft, "nodeIP.validSubnets", &subnet, 1);
	node_setting(documents, draft, "labels");
	if (value_len(node->labels))
		draft_put(draft, "labels", node->labels);
	node_setting(documents, draft, "annotations");
	if (value_len(node->annotations))
		draft_put(draft, "annotations", node->annotations);
	node_setting(documents, draft, "taints");
	if (value_len(node->taints))
		draft_put(draft, "taints", node->taints);
}

static void add_system(struct node_documents *documents)
{
	static const char *const volumes[] = { "STATE", "EPHEMERAL" };
	const struct rendering *r = documents->rendering;

	for (size_t i = 0; i < r->node->kernel_modules.len; i++)
		(void)node_document(documents, "KernelModuleConfig",
				    r->node->kernel_modules.at[i]);
	for (size_t i = 0; r->node->encrypt != ENCRYPT_NONE && i < ARRAY_LEN(volumes); i++)
		draft_put(node_document(documents, "VolumeConfig", volumes[i]), "encryption",
			  node_encryption(r));
}

void node_documents(struct node_documents *documents)
{
	add_disk(documents);
	add_hostname(documents);
	add_network(documents);
	add_subnets(documents);
	add_cluster(documents);
	add_node(documents);
	add_system(documents);
	node_own_documents(documents);
}
