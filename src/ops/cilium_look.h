/*
 * A look at Cilium in a cluster: what is there of what should be.
 *
 *	cilium_look_start(&me->look, site, arena, CILIUM_AGENT | CILIUM_RESOURCES, looked);
 *	...
 *	static void looked(struct cilium_look *look, const struct err *err)
 *	{
 *		if (!err_is_set(err))
 *			why = cilium_unready(arena, &look->live);
 *
 * It only reads. What is found, and what is wanted (passwords included: secret), lives in `arena`.
 * on_end comes exactly once, from the loop, and may end the look; something absent is NULL and no
 * error. ERR_USAGE where the site has no way to Kubernetes.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "kube/kube.h"
#include "ops/cilium.h"
#include "ops/site.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	CILIUM_AGENT = 1 << 0,	     /* DaemonSet, operator, what was installed last */
	CILIUM_DEFINITIONS = 1 << 1, /* of the resources that are wanted */
	CILIUM_RESOURCES = 1 << 2,   /* the wanted ones as they are */
	CILIUM_SESSIONS = 1 << 3,    /* BGP as each node sees it */
};

struct cilium_live {
	struct cilium_made made; /* what is wanted */
	const char *digest;	 /* of version and values, as wanted */
	const struct value *agent, *manager, *record;
	const struct value **definition; /* for each wanted resource; NULL: absent, built in */
	const struct value **resource;	 /* for each wanted resource; NULL: absent */
	const struct value *sessions;	 /* a list of CiliumBGPNodeConfig; NULL: not asked for */
};

struct cilium_look { /* zeroed at first; embedded in its user */
	struct kube_call call;
	struct task failed;
	struct site *site;
	struct arena *arena; /* borrowed */
	struct cilium_live live;
	struct cilium_question *question; /* in the arena */
	size_t questions, asked;
	struct err err;
	void (*on_end)(struct cilium_look *look, const struct err *err);
};
void cilium_look_start(struct cilium_look *look, struct site *site, struct arena *arena,
		       unsigned parts,
		       void (*on_end)(struct cilium_look *look, const struct err *err));
void cilium_look_done(struct cilium_look *look); /* cancels; fine on a zeroed one */

/* What is wanted of Cilium on that site; passwords are read. */
int cilium_wanted(struct site *site, struct arena *arena, bool upgrade, struct cilium_made *out,
		  struct err *err);

/* The ConfigMap that says that this was installed last. */
const struct value *cilium_record(struct arena *arena, const struct cluster *cluster,
				  const struct value *values);
/* The objects of a cluster to which all of that was applied, for worlds that begin so: *out has
 * *count, none for a cluster without Cilium. */
int cilium_applied(struct arena *arena, const struct cilium_request *request,
		   const struct value *const **out, size_t *count, struct err *err);
/* Whether what was installed last is what is wanted. */
bool cilium_is_current(const struct cilium_live *live);
/* Whether the resource of that index is as wanted; changes that others added do not count. */
bool cilium_resource_is_current(const struct cilium_live *live, size_t index);
/* For people; NULL when all is well. */
const char *cilium_unready(struct arena *arena, const struct cilium_live *live);
const char *cilium_undefined(struct arena *arena, const struct cilium_live *live);
/* A condition of a resource that says that something is wrong; NULL: none does. */
const char *cilium_complaint(struct arena *arena, const struct value *resource);
/* The first session of the cluster's nodes that is not established, or resource that complains. */
const char *cilium_unannounced(struct arena *arena, const struct cluster *cluster,
			       const struct cilium_live *live);

/* "Secret bgp-router-1" */
const char *cilium_resource_name(struct arena *arena, const struct value *resource);

/* The ConfigMap that says what was installed last. */
#define CILIUM_RECORD "talforge-cilium"
#define CILIUM_NAMESPACE "kube-system"
