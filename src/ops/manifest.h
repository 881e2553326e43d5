/*
 * The bootstrap manifests of a control plane, as objects of Kubernetes: what is asked about one
 * while they are brought to what the machine config says now.
 *
 *	object = manifest_listed(arena, object);                 as ours, before it is applied
 *	if (!manifest_same(arena, there, dry_run_reply)) ...     applying it would change something
 *	const char *lacks = manifest_lacks(arena, daemon_set);   NULL: it is rolled out
 *
 * From Talos 1.13 on an inventory, the ConfigMap MANIFEST_INVENTORY in kube-system, lists what was
 * made of manifests, one key per object. All of this is pure; texts live in the arena.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

#define MANIFEST_MANAGER "talos" /* the field manager: what nodes create is theirs under it too */
#define MANIFEST_NAMESPACE "kube-system"
#define MANIFEST_INVENTORY "talos-bootstrap-manifests-inventory"

const char *manifest_text(struct arena *arena, const struct value *object); /* "Kind ns/name" */
/* Namespaces and definitions have to be there before what they are for. */
bool manifest_is_first(const struct value *object);
/* The object with the annotation that says it is of our inventory. */
const struct value *manifest_listed(struct arena *arena, const struct value *object);
/* The inventory that an object belongs to when it is not ours; NULL: ours, or none. */
const char *manifest_stranger(const struct value *object);
/* Who writes it too, so that it is not ours alone to remove; NULL: nobody. */
const char *manifest_shared(const struct value *object);
/* But for what the server counts and notes by itself. */
bool manifest_same(struct arena *arena, const struct value *before, const struct value *after);

/* Whether kube-proxy, if it is among them, has that image, or one of a later version: nobody is
 * ever taken back. */
bool manifest_proxy_is(struct arena *arena, const struct value *const *objects, size_t count,
		       const char *image);

bool manifest_rolls_out(const struct value *object); /* a DaemonSet or a Deployment */
/* What of the roll-out of one is still to come; NULL: nothing. */
const char *manifest_lacks(struct arena *arena, const struct value *object);

/* Of the inventory: "kube-system_kube-proxy_apps_DaemonSet". */
struct manifest_key {
	const char *ns, *name, *group, *kind; /* ns "": it has none */
};
/* false: that is no key of an inventory. */
bool manifest_key_read(struct arena *arena, const char *text, struct manifest_key *out);
const char *manifest_key_text(struct arena *arena, const struct value *object);
bool manifest_key_is(struct arena *arena, const struct manifest_key *key,
		     const struct value *object);
