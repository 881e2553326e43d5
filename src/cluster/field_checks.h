/*
 * What single values must look like, as checks of decode tables (tree/decode.h). Each adds one
 * finding for a value that is wrong and none for one that is right. For the tables of src/cluster.
 */
#pragma once

#include "tree/decode.h"

field_check_fn check_address;	    /* an IP address; of a list, each */
field_check_fn check_node_address;  /* an IP address or a host name; of a list, each */
field_check_fn check_cidr;	    /* a canonical network; of a list, each */
field_check_fn check_domain;	    /* a DNS name with a dot; of a list, each */
field_check_fn check_san;	    /* a DNS name or an address; of a list, each */
field_check_fn check_vlan;	    /* 1 to 4094 */
field_check_fn check_asn;	    /* 1 to 4294967295 */
field_check_fn check_not_empty;	    /* some text; of a list, each */
field_check_fn check_repository;    /* owner/repo */
field_check_fn check_https;	    /* an https URL */
field_check_fn check_endpoint;	    /* https://host:port */
field_check_fn check_cluster_name;  /* can be part of a file name */
field_check_fn check_talos_version; /* v1.13.9, of a release we know */
field_check_fn check_kube_version;  /* v1.36.3 */
field_check_fn check_contract;	    /* v1.13, of a release we know */
field_check_fn check_vip;	    /* auto, none or an address */
field_check_fn check_patch_list;    /* texts and maps */
field_check_fn check_secrets;	    /* a file name or {command: ...} */
field_check_fn check_node_name;	    /* a DNS name that is not reserved */
field_check_fn check_mac;	    /* lower case with colons */
field_check_fn check_schematic_id;  /* 64 hexadecimal digits */
field_check_fn check_schematic;	    /* a map, or the name of a file */
field_check_fn check_output;	    /* a file name without folders */
field_check_fn check_disk;	    /* any form of cluster/disk.h */
field_check_fn check_encryption;    /* a bool, tpm, node-id or {kms: URL} */
field_check_fn check_text_map;	    /* of labels and the like: each value is a scalar */
field_check_fn check_map_list;	    /* of machine config forms: each entry is a map */

/* Of releases of Talos that we can write configs for. */
#define TALOS_MINOR_FIRST 9
#define TALOS_MINOR_LAST 15
