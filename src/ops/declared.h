/*
 * Declared upgrades: the resources TalosUpgrade and KubernetesUpgrade of the group
 * tuppr.home-operations.com, as people keep them in their repositories.
 *
 *	struct declared declared;
 *	struct declared_place place = { .zones = ZONE_FOLDER, .now = wall };
 *	if (declared_read(arena, &input, &place, &declared, findings, err) < 0) ...
 *	if (declared_match(&declared, nodes, count, share, err) < 0) ...
 *
 * Everything wrong becomes a finding with its place; what has no effect here is a note. The result
 * lives in the arena and is whole only when no finding is an error. docs/upgrades.md says where
 * this differs from what the controller in the cluster does. Also here: the same judgement of the
 * key `upgrade` of cluster.yaml, and the annotations of nodes.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "ops/window.h"
#include "tree/finding.h"
#include "tree/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct declared_check { /* a health check, ready to be evaluated */
	const struct health_check *what;
	uint64_t timeout; /* nanoseconds */
	bool has_selector;
	struct label_selector selector;
	struct src src;
};

struct declared_hook {
	const char *name, *image, *pull_policy, *service_account;
	struct texts command, args;
	const struct value *env, *env_from, *volumes, *mounts; /* lists, as in a pod; NULL */
	uint64_t deadline_s, backoff_limit;
};

/* What both kinds say about when and whether. */
struct declared_gates {
	const struct declared_check *check;
	size_t checks;
	const struct window *window;
	size_t windows;
	const char *suspended; /* the text of the annotation; NULL: it is not */
};

struct talos_upgrade {
	const char *name;
	struct src src;
	const char *version;
	bool pre_pull, force, stage, drain, wait_for_volumes, disable_eviction;
	bool powercycle;		 /* reboots go through the firmware */
	uint64_t timeout, drain_timeout; /* nanoseconds, of a node */
	bool has_selector;
	struct label_selector selector;
	const char *parallelism; /* "2", "25%" */
	struct declared_gates gates;
	const struct declared_hook *before, *after;
	size_t hooks_before, hooks_after;
};

struct kube_upgrade {
	const char *name;
	struct src src;
	const char *version;
	const char *image_repository, *endpoint; /* NULL: the standard ones */
	struct declared_gates gates;
};

struct declared {
	const struct talos_upgrade *talos;
	size_t taloses;
	const struct kube_upgrade *kube; /* NULL: none; done after Talos */
};

struct declared_place {
	const char *zones; /* folder of time zones */
	uint64_t now;	   /* wall clock: from when on a schedule must open */
};

/* -1 with *err for a file that is no YAML; what is wrong in it are findings. */
int declared_read(struct arena *arena, const struct yaml_input *input,
		  const struct declared_place *place, struct declared *out,
		  struct findings *findings, struct err *err);

struct declared_node {
	const char *name;
	const struct value *labels; /* map */
};
#define DECLARED_NONE SIZE_MAX
/* share[i]: which of declared->talos is for nodes[i], or DECLARED_NONE. ERR_REFUSED when two are
 * for the same node, one is for none, or one asks for more at once than it has nodes. */
int declared_match(const struct declared *declared, const struct declared_node *nodes, size_t count,
		   size_t *share, struct err *err);

/* What annotations of a Node say about its upgrade; members are NULL when it says nothing. */
struct node_override {
	const char *version, *factory_url, *schematic;
};
/* ERR_INPUT for a version that is none. */
int node_override_read(const char *node, const struct value *annotations,
		       struct node_override *out, struct err *err);

/* The key `upgrade` of cluster.yaml: schedules, zones and expressions. */
void upgrade_check(struct arena *arena, const struct cluster *cluster,
		   const struct declared_place *place, struct declared_gates *out,
		   struct findings *findings);

/* For the table of versions in resources. */
bool declared_version(const char *text);
