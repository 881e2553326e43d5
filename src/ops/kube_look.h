/*
 * OBSERVE_KUBE: what the Kubernetes API tells of itself, of its nodes and of the static pods of the
 * control plane, put into an inventory whose nodes were looked at before.
 *
 *	kube_look_start(&me->look, site, inventory, &options);      then on_done, once and last
 *
 * An API that does not answer is asked again until the deadline; one that refuses us is not. Read
 * only. Embedded in its user; kube_look_done() ends it at any time.
 */
#pragma once

#include "base/arena.h"
#include "kube/kube.h"
#include "loop/loop.h"
#include "ops/inventory.h"
#include "ops/site.h"

#include <stdint.h>

struct kube_look;

struct kube_look_options {
	struct arena *arena; /* where texts of the inventory live */
	uint64_t deadline;   /* loop time */
	void (*on_done)(struct kube_look *look);
};

struct kube_look { /* zeroed at first */
	struct kube_look_options options;
	struct site *site;
	struct inventory *inventory;
	struct kube_seen *seen; /* in the arena */
	struct kube_call call;
	struct timer again;
	struct task none; /* there is no way to it: says so in a later round */
	size_t asked;
};

void kube_look_start(struct kube_look *look, struct site *site, struct inventory *inventory,
		     const struct kube_look_options *options);
void kube_look_done(struct kube_look *look); /* fine on a zeroed one */

/* The version in what an API server answers at /version; NULL: it is none. */
const char *kube_version_told(struct arena *arena, const struct value *reply);

/* The static pods of the control plane: a label selector. */
#define KUBE_STATIC_PODS "k8s-app in (kube-apiserver,kube-controller-manager,kube-scheduler)"
