/*
 * What the tables decode cluster.yaml and nodes.yaml into, before anything is resolved, and the
 * draft that the checks look at. For the files of src/cluster only.
 */
#pragma once

#include "cluster/bgp_fields.h"
#include "cluster/cluster.h"
#include "cluster/files.h"
#include "tree/decode.h"
#include "tree/finding.h"

/* Keys of a node that cluster.yaml may set for all of them. */
struct node_settings {
	enum tristate controller, secureboot;
	const struct value *disk, *encrypt_disk;
	uint64_t mtu;
	struct texts kernel_modules;
	const char *schematic_id, *locked;
	const struct value *schematic;
	const struct value *interfaces, *bonds, *vlans, *volumes;
	const struct value *labels, *annotations, *taints;
};

struct node_input {
	const char *name, *mac_addr, *output;
	struct texts address;
	const struct value *patches, *documents;
	struct node_settings settings;
};

struct cluster_input {
	const char *node_cidr, *node_default_gateway, *node_vlan_tag;
	struct texts node_dns_servers, node_ntp_servers;
	struct texts cluster_pod_cidr, cluster_svc_cidr, cluster_api_tls_sans;
	const char *cluster_api_addr;
	const char *cluster_gateway_addr, *cluster_dns_gateway_addr, *cloudflare_gateway_addr;
	const char *repository_name, *repository_branch, *repository_visibility;
	const char *cloudflare_domain, *cloudflare_token;
	const char *cilium_bgp_router_addr, *cilium_bgp_router_asn, *cilium_bgp_node_asn;
	const char *cilium_loadbalancer_mode;
	struct structs pools; /* of struct pool_input */
	struct bgp_input bgp;
	struct cilium_input cilium;
	const char *oidc_issuer_url, *oidc_client_id, *oidc_username_claim, *oidc_groups_claim;
	const char *oidc_groups_prefix;
	const char *cluster_name, *cluster_endpoint;
	const char *talos_version, *kubernetes_version, *contract;
	const char *cni, *vip, *merge;
	enum tristate schedule_on_controllers, aescbc_on_workers;
	const struct value *patches, *secrets;
	struct upgrade_settings upgrade;
	struct hooks hooks;
	struct node_settings settings;
};

extern const struct field cluster_fields[];
extern const struct field node_fields[];

struct draft {
	struct arena *arena;
	struct findings *findings;
	struct files *files;
	const struct value *cluster_raw; /* a map, or NULL when there is none to look at */
	const struct value *nodes_raw;	 /* the list */
	struct cluster_input in;
	struct node_input *node;
	size_t nodes;
	const struct value *schematic; /* of cluster.yaml, read */
	struct version_pin *pin;       /* the array of cluster->pin, while it grows */
	size_t pin_cap;
	struct cluster *cluster; /* what is resolved so far */
};
