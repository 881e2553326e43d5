/*
 * The model: what the user wrote in cluster.yaml, nodes.yaml and the versions files, resolved.
 * Plain data in one arena; made by workspace_open() (cluster/workspace.h), changed by nobody
 * afterwards.
 *
 * Every resolved setting still knows where it comes from: struct cluster keeps the raw documents,
 * and setting_src() gives the place of a key (the node's own, else the cluster-wide default's).
 * Names of files, here and in places, are relative to the workspace.
 */
#pragma once

#include "base/arena.h"
#include "base/ip.h"
#include "cluster/bgp.h"
#include "cluster/upgrade.h"
#include "tree/decode.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
	ROLE_CONTROL,
	ROLE_WORKER,
	ROLE_COUNT
};
const char *role_name(enum role role);	 /* "controlplane", "worker" */
const char *role_folder(enum role role); /* "controller", "worker": patch folders */

enum disk_form {
	DISK_PATH,
	DISK_SERIAL,
	DISK_MATCH,
	DISK_CEL
};
struct disk {
	enum disk_form form;
	const char *text;	   /* the path, serial or expression; NULL for DISK_MATCH */
	const struct value *match; /* DISK_MATCH: map of serial, model, wwid, size, ... to globs */
};

enum encryption {
	ENCRYPT_NONE,
	ENCRYPT_TPM,
	ENCRYPT_NODE_ID,
	ENCRYPT_KMS
};

/* One patch in merge order: a file's document list or inline text. */
struct patch_source {
	const char *name; /* "patches/global/kubelet.yaml", "cluster.yaml: patches[0]" */
	const char *text;
	size_t len;
	struct src src; /* where it is mentioned, for inline ones */
	bool verbatim;	/* documents to be put behind the config, as they are */
	bool sealed;	/* its file is kept encrypted */
};

struct node {
	const char *name;
	const char *const *address; /* the first is the one we talk to */
	size_t addresses;
	enum role role;
	struct disk disk;
	const char *mac_addr; /* lower case, colons; NULL: none */
	uint64_t mtu;	      /* 0: not set */
	bool secureboot;
	enum encryption encrypt;
	const char *kms; /* URL for ENCRYPT_KMS */
	struct texts kernel_modules;
	const char *schematic_id; /* NULL: none */
	/* A map, not judged yet, and where it is in its file, for findings; NULL: none. */
	const struct value *schematic;
	const char *schematic_path;
	/* Machine config forms; NULL: none. */
	const struct value *interfaces, *bonds, *vlans, *volumes;
	const struct value *labels, *annotations, *taints;
	const char *output; /* file name below clusterconfig/ */
	const char *locked; /* a reason; NULL: not locked */
	/* global, role, host folders, then cluster.yaml's, then the node's own, then its documents:
	 * in merge order */
	const struct patch_source *patch;
	size_t patches;
	const struct value *raw; /* the map of nodes.yaml */
	size_t index;		 /* in nodes.yaml */
};

enum version_subject {
	VERSION_TALOS,
	VERSION_KUBERNETES,
	VERSION_SUBJECT_COUNT
};

/* A version that a file names; of one subject the first that is listed wins. */
struct version_pin {
	enum version_subject subject;
	const char *key;   /* "talosVersion" as written */
	const char *value; /* "v1.13.9" */
	struct src src;
	const char *datasource, *dep; /* of the Renovate comment; NULL: none */
};

struct cluster {
	struct arena *arena; /* owned by the workspace */
	const char *name;
	const char *endpoint;	/* "https://10.0.50.50:6443" */
	const char *talos;	/* "v1.13.9" */
	const char *kubernetes; /* "v1.36.3" */
	const char *contract;	/* "v1.13" */
	const char *api_addr;	/* cluster_api_addr; NULL: not set */
	const char *vip;	/* NULL: none */
	const char *gateway;	/* default gateway; NULL: none */
	const char *vlan_tag;	/* NULL: untagged */
	struct ip_prefix node_cidr;
	bool has_node_cidr;
	struct texts dns_servers, ntp_servers;
	struct texts pod_cidr, svc_cidr; /* one or two */
	struct texts tls_sans;
	const struct pool *pool; /* the gateways' addresses where no pools are given */
	size_t pools;
	struct bgp bgp;
	struct cilium cilium;
	const char *cni;   /* "none", "flannel", "cilium" */
	bool strict_merge; /* `merge: strict` */
	bool exact_merge;  /* `merge: exact` */
	bool schedule_on_controllers;
	bool aescbc_on_workers;
	const struct node *node;
	size_t nodes;
	size_t controllers; /* how many of them */
	const struct version_pin *pin;
	size_t pins;
	struct upgrade_settings upgrade;
	struct hooks hooks;
	const struct value *raw; /* the map of cluster.yaml */
	const char *inputs;	 /* "sha256:..." over all files read, names and bytes */
};

/* By name or by one of its addresses; NULL when there is none. */
const struct node *cluster_node(const struct cluster *cluster, const char *name);
/* The place of `key` for a node: nodes.yaml, else cluster.yaml, else {NULL}. `node` may be NULL. */
struct src setting_src(const struct cluster *cluster, const struct node *node, const char *key);
