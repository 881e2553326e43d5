#include "cluster/input.h"

#include "cluster/field_checks.h"
#include "cluster/setting_rows.h"

#include <stddef.h>

#define AT(member) offsetof(struct node_input, member)

/* clang-format off */
const struct field node_fields[] = {
	{ "name", FIELD_STR, AT(name), .required = true, .check = check_node_name,
	  .doc = "Host name." },
	{ "address", FIELD_TEXT_OR_TEXTS, AT(address), .required = true,
	  .check = check_node_address,
	  .doc = "Its IP address, or several of which the first is the one we talk to." },
	{ "mac_addr", FIELD_STR, AT(mac_addr), .check = check_mac,
	  .doc = "MAC address of its network interface." },
	NODE_SETTING_ROWS(AT(settings)),
	{ "patches", FIELD_LIST, AT(patches), .check = check_patch_list,
	  .doc = "Patches for this node: maps, texts or \"@file\"." },
	{ "documents", FIELD_LIST, AT(documents), .check = check_patch_list,
	  .doc = "Documents put behind its config as they are: maps, texts or \"@file\"." },
	{ "output", FIELD_STR, AT(output), .check = check_output,
	  .doc = "Name of its config below clusterconfig/; by default <cluster>-<name>.yaml." },
	{ 0 },
};
/* clang-format on */
