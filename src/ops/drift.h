/*
 * Drift: how far a node is from what the workspace says, document by document, and what it takes to
 * get there.
 *
 *	struct drift drift;
 *	struct drift_input input = { .live = runs_on, .wanted = rendered, .base = last_applied };
 *	if (drift_compare(arena, &input, &drift, err) < 0) ...
 *	drift.reboots, drift.at[0].at[0].path, drift.lost[0]
 *
 * Pure. Texts are whole machine configs and secret; values in entries that a schema calls secret
 * are marked sensitive, and everything lives in the arena, which should be one that is erased.
 *
 * A hand edit is what a node runs on that neither the last config it got from here nor the wanted
 * one has, and what it lacks although both have it. Where the last config is not known nothing
 * proves that a value came from here, so all that the node would lose counts.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "ops/inventory.h"
#include "tree/diff.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum drift_effect {
	EFFECT_LIVE,   /* takes effect at once */
	EFFECT_REBOOT, /* takes effect at the next boot */
};
const char *drift_effect_name(enum drift_effect effect); /* "live", "reboot" */
/* Of a change at that path of a document of that kind ("v1alpha1" is the main one). */
enum drift_effect drift_effect_of(const char *kind, const char *path);

struct drift_entry { /* one leaf */
	enum diff_change change;
	enum drift_effect effect;
	const char *path;
	const struct value *before, *after; /* NULL when absent */
};
struct drift_document {
	const char *kind, *name; /* name "" where kinds have none */
	enum diff_change change;
	enum drift_effect effect; /* the graver one of its entries */
	struct drift_entry *at;
	size_t len;
};
struct drift_version {
	const char *live, *wanted; /* NULL: unknown, or nothing is said */
	bool differs;		   /* both are known and are not the same */
};

struct drift {
	struct drift_document *at; /* those that differ */
	size_t len;
	bool reboots; /* one of them needs a boot */
	bool unsaved; /* it runs on the wanted config, but would boot with another: a trial */
	bool staged;  /* it would boot with the wanted one already */
	/* hand edits: "machine.sysctls.a", "LinkConfig/eth0.mtu", "LinkConfig/eth0" */
	const char **lost;
	size_t losses;
	bool guessed; /* they may have come from here: no last config is known */
	/* drift_versions() fills them */
	struct drift_version talos, schematic, kubernetes;
};

struct drift_input {
	const char *live;
	const char *next; /* what it would boot with; NULL: the same */
	const char *base; /* what it got from here last; NULL: not known */
	const char *wanted;
	const char *talos; /* version of the node; NULL: unknown */
};
int drift_compare(struct arena *arena, const struct drift_input *input, struct drift *out,
		  struct err *err);
/* `wanted` is the rendered config. */
void drift_versions(struct arena *arena, const struct node_state *state, const char *wanted,
		    const struct cluster *cluster, struct drift *out);

/* Whether two texts say the same to a node of that version; what cannot be read is like nothing. */
bool drift_same(const char *talos, const char *one, const char *other);
bool drift_has_config(const struct drift *drift);  /* something for `apply` to do */
bool drift_has_version(const struct drift *drift); /* something for an upgrade to do */
/* "none", "live" or "reboot" for what `apply` would do, else "upgrade"; NULL gives NULL. */
const char *drift_word(const struct drift *drift);

/* "v1alpha1", "LinkConfig/eth0" */
const char *drift_document_name(struct arena *arena, const struct drift_document *document);
/* Lines of an entry: "- machine.token: ***"; what is sensitive is starred unless `secrets`. Texts
 * of many lines give many. */
void drift_entry_lines(struct arena *arena, const struct drift_entry *entry, bool secrets,
		       struct list_builder *out);
