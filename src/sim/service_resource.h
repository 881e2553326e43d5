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

struct shown {
	const char *type, *ns, *id, *owner;
	const char *yaml;
	const void *proto;
	size_t len;
	bool quoted; /* yaml is a text that holds the document: an annotation says so */
};

struct shown_list {
	struct shown *at;
	size_t len, cap;
};

void resources_of(struct arena *arena, const struct sim_node *node, struct shown_list *out);

/* service_struct.c: a tree as google.protobuf.Struct */
struct value;
struct str;
void struct_pack(struct str *out, const struct value *map);
