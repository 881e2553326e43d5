/*
 * A scene: a workspace of a shipped profile with a fixture bundle, a simulated world of its nodes,
 * and the virtual loop both live in. Flow tests drive `up` on it as the program does.
 *
 *	struct scene scene SCOPED(scene_done) = { 0 };
 *	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers" });
 *	struct outcome outcome = scene_up(&scene);
 *
 * Options that are left out give: a world in memory, the pace of small servers, seed 1.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"
#include "cluster/workspace.h"
#include "crypto/random.h"
#include "flow/exec.h"
#include "flow/journal.h"
#include "loop/loop.h"
#include "ops/observe.h"
#include "ops/operation.h"
#include "ops/site.h"
#include "ops/up.h"
#include "sim/witness.h"
#include "sim/world.h"

#include <stdbool.h>
#include <stdint.h>

/* Of every peer of BGP that has one. */
#define SCENE_PASSWORD "the-password-of-a-session"

struct scene_options {
	const char *profile;
	enum world_start start;
	const char *talos; /* that the nodes run; NULL: the workspace's */
	uint64_t seed;
	const struct world_pace *pace;
	const char *world;	   /* folder of the world; NULL: in memory */
	const char *folder;	   /* an existing workspace; NULL: a new one, not kept */
	struct journal_sink *sink; /* NULL: a journal in the workspace */
	bool inside;		   /* the process works in the new workspace */
	const char *nodes;	   /* replaces nodes.yaml; NULL: the profile's */
	const char *settings;	   /* lines for cluster.yaml, in place of those of the same keys */
	const char *patch;	   /* replaces patches/controller/cluster.yaml */
	uint64_t patience;	   /* of the observation; 0: 10 s */
	unsigned max_parallel;
	uint64_t later; /* how long after the usual start the clock stands */
};

struct scene {
	struct scene_options options;
	struct arena *arena;
	const char *folder;
	const char *home; /* of a new workspace, the whole path */
	struct loop *loop;
	struct random_seeded random;
	struct workspace *workspace;
	const struct cluster *cluster;
	const struct bundle *bundle;
	struct world *world;
	struct str events; /* JSON lines of everything the engine said */
	struct listener listener;
	/* The router of the world; passwords that are fixtures. */
	struct site_access access;
	const struct inventory *inventory; /* of the last observation */
	struct witness *witness;	   /* of everything since the scene began */
	const char *label;		   /* said when the witness objects; NULL: nothing */
};

/* How one `up` ended. */
struct outcome {
	bool planned;		   /* false: refused or failed before the plan; see err */
	bool resumed;		   /* an unfinished run was gone on with */
	struct exec_result result; /* when planned */
	size_t steps;		   /* of the plan */
	struct err err;
};

void scene_init(struct scene *scene, const struct scene_options *options);
void scene_done(struct scene *scene);
/* Another nodes.yaml for the same hardware. */
void scene_nodes(struct scene *scene, const char *yaml);
/* As the program does it: resume what is unfinished, else observe, plan and run. */
struct outcome scene_up(struct scene *scene);
/* Any operation, in the same way. */
struct scene_order {
	const struct operation *operation;
	const void *options;	 /* the operation's own */
	const char *const *only; /* node names, NULL-ended; NULL: all */
	bool now;		 /* whether windows are open or not */
};
struct outcome scene_run(struct scene *scene, const struct scene_order *order);
/* What the operations of the scene work with; the caller frees it. */
int scene_site(struct scene *scene, struct site **out, struct err *err);
/* A look at the nodes that nothing follows; it lives as long as the scene. */
const struct inventory *scene_look(struct scene *scene, unsigned looks);
/* Ends the test when the witness objects to anything that was done or said so far. Every run does;
 * operations that ask for the cluster's name may wipe the nodes they are about. */
void scene_is_content(struct scene *scene);
/* Runs the loop for so long. */
void scene_wait(struct scene *scene, uint64_t duration);
struct kube_request;
/* Asks the world's Kubernetes as an administrator; the answer lives as long as the scene. */
int scene_kube(struct scene *scene, const struct kube_request *request, const struct value **out,
	       struct err *err);
/* Creates what that JSON says. */
void scene_create(struct scene *scene, const char *json);
/* A fact of the world about one node. */
const struct world_fact *scene_fact(struct scene *scene, const char *node);
/* Everything a healthy cluster has: all running and, with a network plugin, ready; one etcd with
 * all control planes as members, one owner of the virtual address. Fails the test if not. */
void scene_is_healthy(struct scene *scene);
