/*
 * Network devices as machine.network.interfaces of v1alpha1 has them, as typed documents: what
 * contract 1.14 says of the devices of nodes.yaml, and what a migration makes of a user's patches.
 *
 *	struct link_documents links = { .arena = arena, .taken = names };
 *	if (link_documents_can(devices)) link_documents_add(&links, devices);
 *	links.at[i].kind, links.at[i].name, links.at[i].document.root
 *
 * A device that a selector finds gets a LinkAliasConfig with the name of its `interface`, else
 * the first free one of ethSel0, ethSel1, ...; a member of a bond or bridge that a selector
 * finds is bond0-m0, bond0-m1, ... A VLAN is named after its device and its number. Everything
 * lives in the arena; values keep their places in the user's files.
 */
#pragma once

#include "base/arena.h"
#include "render/draft.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct link_document {
	const char *kind, *name;
	struct draft document;
};
struct link_documents {
	struct arena *arena;
	const struct value *taken; /* map with the names that aliases must not get; NULL: none */
	struct link_document *at;
	size_t len, cap;
};

/* Whether documents can say all of it: `ignore`, bridge ports, DUIDs, virtual addresses of Equinix
 * and some settings of bonds have none. */
bool link_documents_can(const struct value *devices);
void link_documents_add(struct link_documents *links, const struct value *devices);
