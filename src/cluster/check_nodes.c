#include "cluster/check.h"

#include "base/map.h"
#include "base/text.h"
#include "cluster/disk.h"
#include "cluster/encryption.h"

#include <string.h>

#define NODES_FILE "nodes.yaml"

static void check_required(struct draft *draft, size_t index)
{
	static const char *const keys[] = { "controller", "disk" };
	const struct value *map = value_at(draft->nodes_raw, index);

	for (size_t i = 0; i < ARRAY_LEN(keys) && value_is_map(map); i++) {
		if (!value_is_null(value_get(map, keys[i])) ||
		    !value_is_null(value_get(draft->cluster_raw, keys[i])))
			continue;
		finding_add(draft->findings, FINDING_ERROR, "missing-key", value_src(map),
			    check_node_path(draft, index, keys[i]), "nodes[%zu] has no \"%s\"",
			    index, keys[i]);
	}
}

/* A text that no two nodes may have in common. */
struct own_text {
	const char *id, *key, *what;
	const char *(*of)(const struct node_input *node);
};

static const char *name_of(const struct node_input *node)
{
	return node->name;
}

static const char *mac_of(const struct node_input *node)
{
	return node->mac_addr;
}

static const char *output_of(const struct node_input *node)
{
	return node->output;
}

static const struct own_text own_texts[] = {
	{ "duplicate-name", "name", "name", name_of },
	{ "duplicate-mac", "mac_addr", "MAC address", mac_of },
	{ "duplicate-output", "output", "output file", output_of },
};

static void check_own_text(struct draft *draft, const struct own_text *own)
{
	struct map *seen = map_new(draft->arena);

	for (size_t i = 0; i < draft->nodes; i++) {
		const char *text = own->of(&draft->node[i]);
		struct src src = check_node_place(draft, i, own->key);
		const struct node_input *other = text ? map_get(seen, text) : NULL;

		if (!text)
			continue;
		if (!other) {
			map_put(seen, text, &draft->node[i]);
			continue;
		}
		/* the output follows the name, which is the fault to tell of */
		if (own->of == output_of && text_equal(other->name, draft->node[i].name))
			continue;

		size_t first = (size_t)(other - draft->node);

		finding_add(draft->findings, FINDING_ERROR, own->id, src,
			    check_node_path(draft, i, own->key),
			    "nodes[%zu] (line %u) and nodes[%zu] (line %u) have the same %s \"%s\"",
			    first, check_node_place(draft, first, own->key).line, i, src.line,
			    own->what, text);
	}
}

/* A file that is the folder of another one. */
static void check_output_folders(struct draft *draft)
{
	struct map *files = map_new(draft->arena);

	for (size_t i = 0; i < draft->nodes; i++)
		if (draft->node[i].output)
			map_put(files, draft->node[i].output, &draft->node[i]);
	for (size_t i = 0; i < draft->nodes; i++) {
		const char *output = draft->node[i].output;
		const char *slash = output ? strchr(output, '/') : NULL;

		for (; slash; slash = strchr(slash + 1, '/')) {
			const char *folder =
				arena_strn(draft->arena, output, (size_t)(slash - output));
			const struct node_input *other = map_get(files, folder);

			if (other)
				finding_add(draft->findings, FINDING_ERROR, "duplicate-output",
					    check_node_place(draft, i, "output"),
					    check_node_path(draft, i, "output"),
					    "%s is the file of nodes[%td], so it is no folder",
					    folder, other - draft->node);
		}
	}
}

static void check_quorum(struct draft *draft)
{
	size_t count = check_controllers(draft);
	struct src src = { NODES_FILE, 1, 1 };

	if (draft->nodes_raw)
		src = value_src(draft->nodes_raw);

	if (draft->nodes == 0) {
		finding_add(draft->findings, FINDING_ERROR, "no-nodes", src, "nodes",
			    "there are no nodes");
	} else if (count == 0) {
		finding_add(draft->findings, FINDING_ERROR, "no-controller", src, "nodes",
			    "no node is a control plane");
		finding_hint(draft->findings, "set controller: true for one or three of them");
	} else if (count % 2 == 0) {
		finding_add(draft->findings, FINDING_WARNING, "quorum-even", src, "nodes",
			    "%zu control planes survive no more failures than %zu", count,
			    count - 1);
		finding_hint(draft->findings, "%zu or %zu control planes are better", count - 1,
			     count + 1);
	}
}

static void check_disk_choice(struct draft *draft, size_t index, const struct disk *disk)
{
	const char *name = draft->node[index].name ? draft->node[index].name : "the node";
	const struct src src = check_node_place(draft, index, "disk");
	const char *path = check_node_path(draft, index, "disk");

	if (disk_names_usb(disk)) {
		finding_add(draft->findings, FINDING_WARNING, "install-on-usb", src, path,
			    "%s would be installed on a USB disk", name);
		finding_hint(draft->findings,
			     "USB disks are slow and get lost; use an internal one");
	}
}

static void check_storage(struct draft *draft, size_t index)
{
	const struct node_settings *settings = &draft->node[index].settings;
	struct findings quiet;
	struct disk disk;
	struct encryption_choice choice;

	findings_init(&quiet, draft->arena);
	if (settings->disk && disk_read(settings->disk, "", &disk, &quiet))
		check_disk_choice(draft, index, &disk);
	if (!encryption_read(settings->encrypt_disk, &choice))
		return;
	if (choice.form == ENCRYPT_NODE_ID) {
		finding_add(draft->findings, FINDING_WARNING, "encrypt-node-id",
			    check_node_place(draft, index, "encrypt_disk"),
			    check_node_path(draft, index, "encrypt_disk"),
			    "a key made of the node's id protects little: the id lies beside it");
		finding_hint(draft->findings, "use tpm or a KMS");
	}
}

/* Once for a value that cluster.yaml gives to all nodes. */
static void unused_key(struct draft *draft, size_t index, const char *key, const char *hint)
{
	struct src src = check_node_place(draft, index, key);

	if (findings_have(draft->findings, "unused-key", src))
		return;
	finding_add(draft->findings, FINDING_WARNING, "unused-key", src,
		    check_node_path(draft, index, key), "without mac_addr nothing of %s takes %s",
		    draft->node[index].name ? draft->node[index].name : "the node", key);
	finding_hint(draft->findings, "%s", hint);
}

/* What is said about the one device that mac_addr names. */
static void check_device_settings(struct draft *draft, size_t index)
{
	const struct node_input *node = &draft->node[index];

	if (node->mac_addr || value_has(value_at(draft->nodes_raw, index), "mac_addr"))
		return;
	if (node->settings.mtu > 0)
		unused_key(draft, index, "mtu", "add mac_addr, or give interfaces their own mtu");
	if (draft->in.node_vlan_tag)
		unused_key(draft, index, "node_vlan_tag",
			   "add mac_addr, or write the vlans of interfaces");
}

static bool has_sections(const struct value *list)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (!value_has(value_at(list, i), "kind"))
			return true;
	return false;
}

/* VLANs without a kind are a section of the first device, so there must be one. */
static void check_vlans(struct draft *draft, size_t index)
{
	const struct node_settings *settings = &draft->node[index].settings;

	if (!has_sections(settings->vlans) || draft->node[index].mac_addr ||
	    has_sections(settings->interfaces) || has_sections(settings->bonds))
		return;
	finding_add(draft->findings, FINDING_ERROR, "vlans-without-device",
		    check_node_place(draft, index, "vlans"), check_node_path(draft, index, "vlans"),
		    "these VLANs have no network interface to be on");
	finding_hint(draft->findings, "add mac_addr, interfaces or bonds, or write VLANConfig "
				      "documents");
}

void check_nodes(struct draft *draft)
{
	for (size_t i = 0; i < ARRAY_LEN(own_texts); i++)
		check_own_text(draft, &own_texts[i]);
	check_output_folders(draft);
	for (size_t i = 0; i < draft->nodes; i++) {
		check_required(draft, i);
		check_storage(draft, i);
		check_device_settings(draft, i);
		check_vlans(draft, i);
	}
	check_quorum(draft);
}
