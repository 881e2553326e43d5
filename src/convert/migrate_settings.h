/*
 * What a config amounts to: its settings by the paths that v1alpha1 has for them, whatever document
 * says them. It is the proof of a migration, so it is a table of its own, read in the other
 * direction, and shares nothing with the map.
 *
 *	struct settings settings;
 *	settings_read(arena, &side, &settings);
 *	settings_get(&settings, "machine.time.servers[0]")
 *
 * Two configs that do the same have the same settings: what is the default is left out, what a form
 * means without saying it is said, lists whose elements have names are by name, keys and
 * certificates are PEM. What no v1alpha1 field says is below "documents". A control plane's
 * settings do not count on a worker.
 */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "cluster/cluster.h"
#include "render/config.h"

struct settings_side {
	const struct cluster *cluster;
	const struct node *node;
	const struct config *config;
};
struct settings {
	struct map *at; /* path to const struct value * */
};
void settings_read(struct arena *arena, const struct settings_side *side, struct settings *out);
const struct value *settings_get(const struct settings *settings, const char *path);

/* For the files that read settings: a tree in the form of v1alpha1, while documents are read into
 * it. */
struct reading {
	struct arena *arena;
	const struct settings_side *side;
	const struct value *root;
	bool control;
};
const struct value *reading_get(const struct reading *reading, const char *path);
void reading_put(struct reading *reading, const char *path, const struct value *value);
void reading_drop(struct reading *reading, const char *path);
bool reading_has_kind(const struct reading *reading, const char *kind);
/* The forms of a setting become one (migrate_normal.c). */
void reading_normalise(struct reading *reading);
void reading_normalise_cluster(struct reading *reading); /* migrate_normal_cluster.c */
/* Devices of the main document and documents of links become links by name (migrate_read_links.c);
 * true when the document was one of those. */
bool reading_link_document(struct reading *reading, const struct document *document);
void reading_devices(struct reading *reading);
/* Registries and pods likewise (migrate_read_registries.c): sections, documents, and the end. */
void reading_registries(struct reading *reading);
void reading_pods(struct reading *reading);
bool reading_runtime_document(struct reading *reading, const struct document *document);
void reading_registries_end(struct reading *reading);
/* Base64 of PEM as PEM (migrate_normal_cluster.c). */
const struct value *reading_pem(struct arena *arena, const struct value *value);
