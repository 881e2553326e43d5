/* Settings in contracts up to 1.13: sections of the main document, and few documents. */
#include "render/render_parts.h"

#include "base/text.h"
#include "render/schema.h"

static void put_texts(struct draft *draft, const char *path, const struct texts *texts)
{
	if (texts->len)
		draft_texts(draft, path, texts->at, texts->len);
}

static void put_hostname(struct node_documents *documents, struct draft *main)
{
	const struct rendering *r = documents->rendering;

	node_setting(documents, main, "name");
	if (!contract_has(&r->contract, CONTRACT_HOSTNAME_DOCUMENT))
		draft_text(main, "machine.network.hostname", r->node->name);
}

static void add_hostname(struct node_documents *documents)
{
	const struct rendering *r = documents->rendering;

	if (!contract_has(&r->contract, CONTRACT_HOSTNAME_DOCUMENT))
		return;
	struct draft *draft = node_document(documents, "HostnameConfig", NULL);
	node_setting(documents, draft, "name");
	draft_text(draft, "hostname", r->node->name);
	draft_text(draft, "auto", "off");
}

/* A path is generated; an expression has no place here and is resolved on the live node. */
static void put_disk(struct node_documents *documents, struct draft *main)
{
	const struct rendering *r = documents->rendering;
	const struct disk *disk = &r->node->disk;

	node_setting(documents, main, "disk");
	if (r->input->install_disk)
		return;
	if (disk->form == DISK_SERIAL)
		draft_text(main, "machine.install.diskSelector.serial", disk->text);
	else if (disk->form == DISK_MATCH)
		draft_put(main, "machine.install.diskSelector", disk->match);
}

static void put_network(struct node_documents *documents, struct draft *main)
{
	const struct rendering *r = documents->rendering;
	const struct value *interfaces = node_interfaces(r);

	main->src = (struct src){ NULL, 0, 0 };
	if (interfaces)
		draft_put(main, "machine.network.interfaces", interfaces);
	node_setting(documents, main, "node_dns_servers");
	put_texts(main, "machine.network.nameservers", &r->cluster->dns_servers);
	node_setting(documents, main, "node_ntp_servers");
	put_texts(main, "machine.time.servers", &r->cluster->ntp_servers);
}

static void put_subnets(struct node_documents *documents, struct draft *main)
{
	const struct rendering *r = documents->rendering;
	const char *subnet = node_subnet(r);

	node_setting(documents, main, "cluster_pod_cidr");
	put_texts(main, "cluster.network.podSubnets", &r->cluster->pod_cidr);
	node_setting(documents, main, "cluster_svc_cidr");
	put_texts(main, "cluster.network.serviceSubnets", &r->cluster->svc_cidr);
	if (!subnet)
		return;
	node_setting(documents, main, "node_cidr");
	draft_texts(main, "machine.kubelet.nodeIP.validSubnets", &subnet, 1);
	if (node_is_control(r))
		draft_texts(main, "cluster.etcd.advertisedSubnets", &subnet, 1);
}

static void put_cluster(struct node_documents *documents, struct draft *main)
{
	const struct rendering *r = documents->rendering;
	const char *cni = r->cluster->cni ? r->cluster->cni : "flannel";

	node_setting(documents, main, "cni");
	if (!text_equal(cni, "flannel"))
		draft_text(main, "cluster.network.cni.name", "none");
	if (text_equal(cni, "cilium") && node_is_control(r))
		draft_flag(main, "cluster.proxy.disabled", true);
	node_setting(documents, main, "schedule_on_controllers");
	if (r->cluster->schedule_on_controllers && node_is_control(r))
		draft_flag(main, "cluster.allowSchedulingOnControlPlanes", true);
}

static void put_map(struct node_documents *documents, struct draft *main, const char *key,
		    const char *path, const struct value *map)
{
	node_setting(documents, main, key);
	if (value_len(map))
		draft_put(main, path, map);
}

static void put_modules(struct node_documents *documents, struct draft *main)
{
	const struct rendering *r = documents->rendering;
	struct list_builder *modules = list_begin(r->arena);

	node_setting(documents, main, "kernel_modules");
	for (size_t i = 0; i < r->node->kernel_modules.len; i++) {
		struct draft module = { .arena = r->arena, .src = main->src };
		draft_text(&module, "name", r->node->kernel_modules.at[i]);
		list_add(modules, module.root);
	}
	if (r->node->kernel_modules.len)
		draft_put(main, "machine.kernel.modules", list_end(modules));
}

static void put_encryption(struct node_documents *documents, struct draft *main)
{
	const struct rendering *r = documents->rendering;

	if (r->node->encrypt == ENCRYPT_NONE ||
	    contract_has(&r->contract, CONTRACT_VOLUME_DOCUMENTS))
		return;
	node_setting(documents, main, "encrypt_disk");
	draft_put(main, "machine.systemDiskEncryption.state", node_encryption(r));
	draft_put(main, "machine.systemDiskEncryption.ephemeral", node_encryption(r));
}

static void add_encryption(struct node_documents *documents, const char *volume)
{
	const struct rendering *r = documents->rendering;

	if (r->node->encrypt == ENCRYPT_NONE ||
	    !contract_has(&r->contract, CONTRACT_VOLUME_DOCUMENTS))
		return;
	draft_put(node_document(documents, "VolumeConfig", volume), "encryption",
		  node_encryption(r));
}

void node_sections(struct node_documents *documents)
{
	const struct node *node = documents->rendering->node;
	struct draft main = { .arena = documents->rendering->arena };

	put_hostname(documents, &main);
	put_disk(documents, &main);
	put_network(documents, &main);
	put_subnets(documents, &main);
	put_cluster(documents, &main);
	put_modules(documents, &main);
	put_encryption(documents, &main);
	put_map(documents, &main, "labels", "machine.nodeLabels", node->labels);
	put_map(documents, &main, "annotations", "machine.nodeAnnotations", node->annotations);
	put_map(documents, &main, "taints", "machine.nodeTaints", node->taints);
	node_document_raw(documents, main.root);

	add_hostname(documents);
	add_encryption(documents, "STATE");
	add_encryption(documents, "EPHEMERAL");
	node_own_documents(documents);
}
