/*
 * talconfig.yaml: the cluster and its nodes as talhelper describes them.
 *
 *	struct talconfig config;
 *	if (talconfig_decode(arena, value, &config, findings) < 0) ...
 *	config.node[0].patches.at[0]
 *
 * Defaults of the groups `controlPlane` and `worker` are merged into each node already: a key that
 * the node does not have, or has as "", 0 or false, is the group's; patches are the group's and
 * then the node's, certSANs and extraManifests the node's and then the group's, unless the node's
 * override flags say that its own stand alone. There is no deeper merge.
 *
 * Keys that talhelper does not know are ignored there without a word; here they are warnings and
 * are taken out. Everything that talhelper refuses is an error. Places are those of the file as the
 * user wrote it. Strings and values live as long as `value` and the arena.
 */
#pragma once

#include "cluster/cluster.h"
#include "tree/decode.h"
#include "tree/finding.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct talconfig_spec {
	const char *mode, *arch, *boot_method, *image_suffix;
	enum tristate secureboot, uki;
};

struct talconfig_factory {
	const char *registry, *endpoint, *protocol;
	const char *installer, *image; /* Go templates */
};

struct talconfig_node {
	const char *hostname, *address; /* addresses with commas between them, as written */
	const char *disk;
	const struct value *disk_selector;
	enum tristate control, ignore_hostname;
	enum tristate own_patches, own_manifests, own_sans; /* the override flags */

	/* settings that a group may give; values are as written, NULL: none */
	const struct value *labels, *annotations, *taints;
	const struct value *disks, *files, *modules, *interfaces;
	const struct value *schematic, *image_schematic;
	const struct value *firewall, *services, *volumes, *user_volumes;
	enum tristate no_search_domain, no_schematic_check;
	struct texts nameservers, manifests, sans, patches;
	const char *image;     /* talosImageURL */
	const char *file_name; /* a Go template */
	struct talconfig_spec spec;

	const struct value *raw; /* merged, for places */
	size_t index;
	size_t group_patches; /* how many of `patches` are the group's */
};

struct talconfig {
	const char *name, *talos, *kubernetes, *endpoint, *domain;
	enum tristate schedule_masters, schedule_controls;
	struct texts machine_sans, api_sans, pod_nets, service_nets, patches;
	const struct value *manifests; /* inlineManifests */
	const struct value *cni;
	struct talconfig_factory factory;
	const struct value *nodes, *group[ROLE_COUNT];
	struct talconfig_node *node;
	size_t count;
	const struct value *raw;
};

/* What is used where the file does not say. */
#define TALCONFIG_TALOS "v1.13.9"
#define TALCONFIG_POD_NET "10.244.0.0/16"
#define TALCONFIG_SERVICE_NET "10.96.0.0/12"

/* -1 when it added an error. */
int talconfig_decode(struct arena *arena, const struct value *value, struct talconfig *out,
		     struct findings *findings);
/* What talhelper refuses beyond types; called by talconfig_decode(). */
void talconfig_check(const struct talconfig *config, struct findings *findings);

/* "v1.13.9": with the v that may be missing. */
const char *talconfig_talos(struct arena *arena, const struct talconfig *config);
/* Whether an https URL without a path names a port. */
bool talconfig_has_port(const char *url);
enum role talconfig_role(const struct talconfig_node *node);
/* The place of a key of a node: the node's own, else its group's. */
struct src talconfig_place(const struct talconfig_node *node, const char *key);

/* The tables of talconfig_fields.c. */
extern const struct field talconfig_fields[];
extern const struct field talconfig_node_fields[];
