/*
 * The rows of struct node_settings, for the tables of both files: a node's own, and the default
 * that cluster.yaml gives for all nodes.
 */
#pragma once

#include "cluster/field_checks.h"
#include "cluster/input.h"

#include <stddef.h>

#define SETTING(base, member) ((base) + offsetof(struct node_settings, member))

/* clang-format off */
#define NODE_SETTING_ROWS(base)                                                                   \
	{ "controller", FIELD_BOOL, SETTING(base, controller),                                    \
	  .doc = "Whether it is a control plane." },                                              \
	{ "disk", FIELD_VALUE, SETTING(base, disk), .check = check_disk,                          \
	  .doc = "Disk to install on: a path, a serial, a map of patterns, {cel: TEXT}." }, \
	{ "mtu", FIELD_UINT, SETTING(base, mtu), .min = 1450, .max = 9000, .standard = "1500",    \
	  .doc = "Largest packet of its network interface." },                                    \
	{ "secureboot", FIELD_BOOL, SETTING(base, secureboot), .standard = "false",               \
	  .doc = "Whether it boots with Secure Boot." },                                          \
	{ "encrypt_disk", FIELD_VALUE, SETTING(base, encrypt_disk), .check = check_encryption,    \
	  .standard = "false",                                                                    \
	  .doc = "Encryption of its disk: a boolean (the TPM), tpm, node-id, {kms: URL}." }, \
	{ "kernel_modules", FIELD_TEXTS, SETTING(base, kernel_modules), .check = check_not_empty, \
	  .doc = "Kernel modules to load." },                                                     \
	{ "schematic_id", FIELD_STR, SETTING(base, schematic_id), .check = check_schematic_id,    \
	  .doc = "Image Factory schematic of its installer." },                                   \
	{ "schematic", FIELD_VALUE, SETTING(base, schematic), .check = check_schematic,           \
	  .doc = "The same as a customization, here or in a file; the id is computed." }, \
	{ "interfaces", FIELD_LIST, SETTING(base, interfaces), .check = check_map_list,           \
	  .doc = "Network interfaces, as in a machine config." },                                 \
	{ "bonds", FIELD_LIST, SETTING(base, bonds), .check = check_map_list,                     \
	  .doc = "Bonds, as in a machine config." },                                              \
	{ "vlans", FIELD_LIST, SETTING(base, vlans), .check = check_map_list,                     \
	  .doc = "VLANs, as in a machine config." },                                              \
	{ "volumes", FIELD_LIST, SETTING(base, volumes), .check = check_map_list,                 \
	  .doc = "Volumes, as in a machine config." },                                            \
	{ "labels", FIELD_MAP, SETTING(base, labels), .check = check_text_map,                    \
	  .doc = "Kubernetes labels of the node." },                                              \
	{ "annotations", FIELD_MAP, SETTING(base, annotations), .check = check_text_map,          \
	  .doc = "Kubernetes annotations of the node." },                                         \
	{ "taints", FIELD_MAP, SETTING(base, taints), .check = check_text_map,                    \
	  .doc = "Kubernetes taints of the node: key to value:Effect." },                         \
	{ "locked", FIELD_STR, SETTING(base, locked), .check = check_not_empty,                   \
	  .doc = "A reason why nothing dangerous may be done to it." }
/* clang-format on */
