/*
 * The resources that a node shows: each as the bytes of its spec and as YAML. For service_cosi.c.
 *
 *	struct shown_list list;
 *	resources_of(arena, node, &list);     sorted by type, then id
 */
#pragma once

#include "base/arena.h"
#include "sim/sim_node.h"

#include <stdbool.h>
#include <stddef.h>

struct value;
struct shown {
	const char *type, *ns, *id, *owner;
	const struct value *tree; /* what shown_yaml() writes; NULL: nothing */
	const char *yaml;	  /* once it is written */
	const void *proto;
	size_t len;
	unsigned version; /* 0: counted from 1 at each change */
	bool quoted;	  /* yaml is a text that holds the document: an annotation says so */
};

struct shown_list {
	struct shown *at;
	size_t len, cap;
};

struct ProtobufCMessage;
/* A copy of `what`, with that as YAML unless it is NULL; the bytes come with shown_pack(). */
struct shown *shown_add(struct arena *arena, struct shown_list *list, const struct shown *what,
			const struct value *tree);
/* In that arena. Most resources are the same at every look: only what is new is written. */
const char *shown_yaml(struct arena *arena, const struct shown *shown);
void shown_pack(struct arena *arena, struct shown *shown, const struct ProtobufCMessage *message);

void resources_of(struct arena *arena, const struct sim_node *node, struct shown_list *out);

/* service_volume.c: the partitions of the system disk. */
void volumes_of(struct arena *arena, const struct sim_node *node, struct shown_list *out);
/* Is it a partition of its own that a document of the config asks for, and on a disk? */
bool volume_is_located(const struct sim_node *node, const char *id);
/* service_members.c: the nodes of its cluster, as a node finds them; sorted. */
void members_of(struct arena *arena, const struct sim_node *node, struct shown_list *out);

/* service_static.c: what a control plane makes of its config for the static pods; `version` is that
 * of talos.dev/config-version. */
void static_configs_of(struct arena *arena, const struct sim_node *node, struct shown_list *out);

/* service_static.c: what a node's kubelet is started with. */
void kubelet_of(struct arena *arena, const struct sim_node *node, struct shown_list *out);

/* service_manifests.c: what a control plane brings up Kubernetes with. */
void manifests_of(struct arena *arena, const struct sim_node *node, struct shown_list *out);

/* service_meta.c: resources that tell of the types and namespaces of a minor release; sorted. */
void meta_of(struct arena *arena, unsigned minor, struct shown_list *out);

/* service_struct.c: a tree as google.protobuf.Struct */
struct str;
void struct_pack(struct str *out, const struct value *map);
