/*
 * Cordon, drain, uncordon: taking a node out of service and back.
 *
 *	static const struct drain_ops ops = { .on_done = drained };
 *	drain_start(&me->drain, &(struct drain_options){ .kube = kube, .node = "w-1" }, &ops);
 *	... drained(drain, err);   then, after the work: .what = DRAIN_UNCORDON
 *
 * A cordon of ours is marked with an annotation. A node that a user had cordoned gets none, and
 * DRAIN_UNCORDON touches only marked nodes: it may be repeated and repairs what a crash left. All
 * three may be started again after any failure; what is done is found to be done.
 *
 * A drain evicts, and waits until the pods are gone (by a watch). It leaves alone: pods of
 * DaemonSets, static pods, finished pods, and `self`. As talosctl does, it evicts pods without a
 * controller and pods with emptyDir volumes, unless an option forbids: then ERR_REFUSED names them
 * before anything is evicted. A PodDisruptionBudget is honoured and asked again every 5 seconds
 * until `timeout`; then ERR_TIMEOUT names the pod and what blocks it. The node stays cordoned, so
 * that pods do not come back in between. Pods that arrive meanwhile are evicted too.
 *
 * on_done comes once, never from inside drain_start(); it may start the same drain again or free
 * its owner.
 */
#pragma once

#include "crypto/random.h"
#include "kube/kube.h"
#include "kube/watch.h"

#define DRAIN_ANNOTATION "talforge/cordoned"

enum drain_what {
	DRAIN_ALL,	/* cordon and drain */
	DRAIN_CORDON,	/* cordon only */
	DRAIN_UNCORDON, /* undo a cordon of ours */
};

struct drain_options { /* borrowed while it runs */
	struct kube *kube;
	const char *node;
	enum drain_what what;
	struct random_source *random; /* jitter; NULL: none */
	uint64_t timeout;	      /* of all of it, nanoseconds; 0: 5 min */
	const int64_t *grace;	      /* seconds for each pod; NULL: its own */
	const char *self_ns, *self;   /* the pod we run in; NULL: none */
	const char *pods;	      /* label selector of the pods to evict; NULL: all */
	bool keep_local_data;	      /* refuse pods with emptyDir volumes */
	bool keep_unmanaged;	      /* refuse pods without a controller */
	bool delete_blocked;	      /* what a budget blocks is deleted; budgets are broken */
};

struct drain;

struct drain_ops {
	/* For people: "evicting default/web-1", "default/web-1 waits: ..."; may be NULL. It does
	 * not touch the drain. */
	void (*on_note)(struct drain *drain, const char *text);
	void (*on_done)(struct drain *drain, const struct err *err);
};

/*
 *	IDLE --> READING --> MARKING --> EVICTING --> IDLE
 *	            ^ `-conflict-'  `----------------^
 */
enum drain_state {
	DRAIN_IDLE,
	DRAIN_READING,	/* the node */
	DRAIN_MARKING,	/* patches it */
	DRAIN_EVICTING, /* watches its pods and evicts them */
};

struct drain { /* zeroed at first; embedded in its user; read-only */
	const struct drain_ops *ops;
	struct drain_options options;
	enum drain_state state;
	size_t evicted; /* pods, whose eviction was accepted */
	struct kube_call call;
	struct kube_watch watch;
	struct timer limit;
	struct arena *arena;	/* owned */
	struct eviction *first; /* owned */
	size_t running;		/* evictions being asked for */
	struct err trouble;	/* of the watch, for when time is up */
	struct err refusal;	/* the first objection to a pod */
	bool synced;
};

void drain_start(struct drain *drain, const struct drain_options *options,
		 const struct drain_ops *ops);
bool drain_is_running(const struct drain *drain);
void drain_done(struct drain *drain); /* stops it, unheard; fine on a zeroed one */
