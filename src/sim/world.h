/*
 * The simulated world: bare-metal nodes that speak the real Talos protocol. "Simulate the world,
 * not the client": nothing above the dialer knows that a node is not real.
 *
 *	struct world *world OWNED(world_free) = NULL;
 *	world_new(&options, &world, err);             hardware as the cluster's files describe it
 *	struct dialer *dialer = world_dialer(world);  in memory, for virtual time and rehearsals
 *	world_serve(world, "127.0.0.1", err);         or real TLS on loopback sockets
 *
 * A node is bare, has an image installed, has a config, runs, reboots: what it refuses and with
 * which code, what it does twice, and when its listener goes away follow what real nodes of that
 * release did. A second bootstrap splits etcd as the real one does. With a folder the world is kept
 * on disk: every change is written before the call that made it is answered, so a killed program
 * finds the world as it left it, and what was under way goes on.
 *
 * The in-memory dialer checks certificates exactly as TLS would (chain, usage, dates at the loop's
 * wall time) and fails with the same errors; there is only no encryption.
 *
 * The world borrows the loop and the random source, copies everything else, and owns all nodes.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"
#include "crypto/random.h"
#include "loop/loop.h"
#include "net/dial.h"
#include "net/http.h"
#include "net/ssh.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

enum world_start {
	WORLD_MAINTENANCE, /* bare nodes booted from an image without config */
	WORLD_WAITING,	   /* installed and configured; etcd waits for its bootstrap */
	WORLD_RUNNING,	   /* installed, bootstrapped, healthy */
};

/* How long things take, nanoseconds. */
struct world_pace {
	uint64_t boot;	    /* from power-on or reboot until the API answers */
	uint64_t install;   /* image pull and disk write; of an upgrade half of it */
	uint64_t pull;	    /* of one image that is not there */
	uint64_t service;   /* from one service state to the next */
	uint64_t etcd_join; /* learner to voting member */
	uint64_t stop;	    /* until a reboot takes the API away */
};
extern const struct world_pace world_pace_real; /* like a small server */
extern const struct world_pace world_pace_calm; /* a reboot takes seconds */
extern const struct world_pace world_pace_fast; /* install and reboot 50 ms: `--sim` */

/* Hardware of one node; what is not given follows from its name, the same every time. */
struct world_node {
	const char *name;    /* for people; the node does not know it before it has a config */
	const char *address; /* where it answers */
	enum role role;	     /* what it will become: for WORLD_RUNNING and output only */
	const char *mac;     /* NULL: made up */
	struct disk disk;    /* one that matches is put in, and a USB disk besides */
	/* For nodes that begin with a config, of one that is not like the others: */
	const char *talos;     /* version it runs; NULL: the world's */
	const char *before;    /* version in its other slot; NULL: nothing is there */
	const char *schematic; /* of its image; NULL: that of its config */
	const char *config;    /* machine config; NULL: rendered from the cluster */
	bool bare;	       /* in maintenance mode */
	bool off;	       /* without power */
};

struct world_options {
	struct loop *loop;
	struct random_source *random; /* ids, boot ids */
	const struct world_pace *pace;
	const struct world_node *node;
	size_t nodes;
	const char *talos; /* version they boot until an install or upgrade names another */
	enum world_start start;
	const struct cluster *cluster; /* not of bare nodes: whose configs they have */
	const struct bundle *bundle;   /* likewise */
	/* WORLD_RUNNING: what else its Kubernetes has; a Job that installs Cilium has done so. */
	const struct value *const *object;
	size_t objects;
	const char *folder; /* NULL: kept in memory only */
};

/* With a folder that already holds a world, that world goes on: its nodes, and those of `node` that
 * it lacks. What was never installed gets the hardware that `node` says now. */
int world_new(const struct world_options *options, struct world **out, struct err *err);
void world_free(struct world *world);
OWN_DEFINE(struct world, world_free)

/* The nodes of a workspace as hardware: world_options.node. */
const struct world_node *world_nodes_of(struct arena *arena, const struct cluster *cluster,
					size_t *count);

struct dialer *world_dialer(struct world *world);
/* The same for HTTP: the Kubernetes API at port 6443 of control planes and the shared address. */
struct http_door *world_http(struct world *world);
/* And for SSH: the router (sim/sim_router.h), whoever asks for whatever host. */
struct ssh_door *world_ssh(struct world *world);

/* One listener per node on `host` with a free port each, which world_listening() tells; NULL: each
 * on its own address and port 50000. */
int world_serve(struct world *world, const char *host, struct err *err);
struct world_listen {
	const char *name, *address; /* the node */
	const char *host;	    /* where it is served */
	unsigned port;
};
const struct world_listen *world_listening(const struct world *world, size_t *count);

/* Where the Kubernetes API is served: as above, for control planes and the shared address. */
const struct world_listen *world_kube_listening(const struct world *world, size_t *count);

/* Faults, for tests and scenarios. Nodes are named by name. */
enum fault_kind {
	FAULT_RESET,	   /* break the connection before the call has an effect */
	FAULT_RESET_AFTER, /* break it after the effect, before the answer */
	FAULT_STATUS,	   /* answer with `code` and do nothing */
	FAULT_SILENT,	   /* never answer */
	FAULT_LATE,	   /* the effect at once, the end of the answer after `wait` */
	FAULT_TWICE,	   /* the call has its effect twice, the second answer counts */
	FAULT_NONE,	   /* nothing happens; on_hit is told */
	FAULT_KIND_COUNT
};
struct fault {
	enum fault_kind kind;
	const char *node; /* NULL: any */
	/* "Bootstrap", "kube:PATCH nodes", "kube:eviction", "ssh:write memory"; NULL: any */
	const char *method;
	unsigned skip;	/* let so many matching calls pass first */
	unsigned count; /* then do it so many times */
	int code;	/* for FAULT_STATUS: of gRPC, for kube: of HTTP; 14 is 503 there */
	uint64_t wait;	/* for FAULT_LATE, nanoseconds */
	uint64_t until; /* wall time when it is over; 0: when `count` is reached */
	/* Told when it happens, before it has an effect; changes nothing. May be NULL. */
	void (*on_hit)(void *context, const char *node, const char *method);
	void *context;
};
void world_fault(struct world *world, const struct fault *fault);
/* From now on nothing is broken. */
void world_fault_clear(struct world *world);
void world_power(struct world *world, const char *node, bool on); /* pull or plug the cable */

/* How the next upgrade of a node goes, however it is asked for. */
enum world_upgrade {
	UPGRADE_OK,
	UPGRADE_NO_IMAGE,   /* the next pull: the registry has no such image */
	UPGRADE_NO_SPACE,   /* the disk is full: nothing is written */
	UPGRADE_FALLS_BACK, /* the new version does not come up: the old one boots again */
	UPGRADE_UNHEALTHY,  /* it comes up and never becomes ready */
	UPGRADE_SLOW,	    /* its first boot takes ten times as long */
	UPGRADE_HANGS,	    /* the next reboot begins and never ends */
};
void world_next_upgrade(struct world *world, const char *node, enum world_upgrade outcome);
/* A member of etcd raises that alarm, "NOSPACE" or "CORRUPT"; NULL: it has none any more. */
void world_alarm(struct world *world, const char *node, const char *alarm);
/* A member of etcd is so many entries of the log behind. */
void world_lag(struct world *world, const char *node, uint64_t entries);

/* The state of a BGP session of Cilium; NULL as node or peer (address or name): any. */
void world_bgp(struct world *world, const char *node, const char *peer, const char *state);
size_t world_calls(const struct world *world); /* calls served so far */

/* Is told after every change, once what follows from it has followed; changes nothing. */
struct world_watcher {
	void (*on_change)(struct world_watcher *watcher);
	struct world_watcher *next;
};
void world_watch(struct world *world, struct world_watcher *watcher);
void world_unwatch(struct world *world, struct world_watcher *watcher);

/* What is true in the world, for tests and witnesses (not for ops: the client may not see it). */
struct world_fact {
	const char *name;
	const char *stage; /* "maintenance", "running", "upgrading", "resetting", ... "off" */
	bool configured, installed, ready;
	const char *boot_id;
	const char *disk;			/* installed on; "" none */
	const char *etcd_cluster;		/* whose data it has; "" none */
	const char *etcd_state;			/* "", "waiting", "lost", "learner", "member" */
	unsigned applies, installs, bootstraps; /* how often it happened in its life */
	bool vip;				/* owns the virtual address */
	const char *version;			/* that runs; "" while it is down */
	const char *schematic;			/* of the image that runs; "" none */
	const char *fallback;			/* version in the other slot of the disk; "" none */
	unsigned upgrades, reboots, wipes;	/* images written, boots after the first, resets */
	unsigned volume_wipes;			/* resets that took users' volumes too */
	unsigned images;			/* pulled and still there */
	bool cordoned;				/* its Node takes no pods */
	const char *kubelet;			/* image that runs and is healthy; "" none */
};
const struct world_fact *world_facts(struct world *world, struct arena *arena, size_t *count);
size_t world_etcd_clusters(const struct world *world); /* more than one: etcd was split */
