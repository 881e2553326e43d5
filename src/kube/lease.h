/*
 * An operator's lock: a coordination.k8s.io/v1 Lease, so that no two programs work on one cluster.
 *
 *	static const struct kube_lease_ops ops = { held, refused, lost, NULL };
 *	kube_lease_take(&me->lease, kube, &options, &ops);
 *	... kube_lease_release(&me->lease);   then on_released
 *	kube_lease_done(&me->lease);          always, at last
 *
 * It is created or taken over when nobody holds it, when its holder has our name, or when it has
 * expired: by our wall clock, and without having been renewed for a further interval while we
 * looked (clocks differ). Otherwise on_refused tells ERR_REFUSED "alice@desk is at work since
 * 2026-01-02T03:04:05Z" after `patience`. All writes carry the version that was read, so of two
 * that try at once one wins.
 *
 * A held lease is renewed three times per duration. When it could not be for a whole duration, or
 * somebody else has it, on_lost comes: stop what the lock protects. Any callback may do anything.
 */
#pragma once

#include "kube/kube.h"

#define KUBE_LEASE_NAMESPACE "kube-system"
#define KUBE_LEASE_NAME "talforge"

struct kube_lease;

struct kube_lease_ops {
	void (*on_held)(struct kube_lease *lease);
	/* ERR_REFUSED: somebody else's. Else: the API's error. It does not run any more. */
	void (*on_refused)(struct kube_lease *lease, const struct err *err);
	void (*on_lost)(struct kube_lease *lease, const struct err *err); /* likewise */
	/* After kube_lease_release(); err says when the server did not hear of it (it will expire
	 * by itself). */
	void (*on_released)(struct kube_lease *lease, const struct err *err); /* may be NULL */
};

struct kube_lease_options {
	const char *ns, *name; /* NULL: KUBE_LEASE_NAMESPACE, KUBE_LEASE_NAME */
	const char *holder;    /* who we are, for people and as identity: "alice@desk run 1f3a" */
	unsigned seconds;      /* duration; 0: 30 */
	uint64_t patience;     /* how long to wait for another holder, nanoseconds; 0: not at all */
};

/*
 *	IDLE --> READING --> WRITING --> HELD <--> RENEWING
 *	            ^  |        |          |         |
 *	            |  v        |          v         v
 *	           WAITING <----'        RELEASING --> IDLE
 */
enum kube_lease_state {
	KUBE_LEASE_IDLE,
	KUBE_LEASE_READING,   /* who holds it? */
	KUBE_LEASE_WAITING,   /* for its holder, or to see whether an expired one is renewed */
	KUBE_LEASE_WRITING,   /* takes it */
	KUBE_LEASE_HELD,      /* until the next renewal is due */
	KUBE_LEASE_RENEWING,  /* reads and writes while holding it */
	KUBE_LEASE_RELEASING, /* gives it back */
};

struct kube_lease { /* zeroed at first; embedded in its user; read-only */
	const struct kube_lease_ops *ops;
	struct kube *kube;
	enum kube_lease_state state;
	struct kube_call call;
	struct timer timer;
	struct arena *arena; /* owned: the options' texts */
	struct kube_lease_options options;
	struct arena *record_arena; /* owned */
	const struct value *record; /* as last read or written; NULL: there is none */
	char seen[64];		    /* version of an expired one that we look at; "": none */
	uint64_t seen_since;	    /* loop time */
	uint64_t began;		    /* loop time of kube_lease_take() */
	uint64_t renewed;	    /* loop time when we last asked for what was granted */
	uint64_t asked;		    /* loop time of the write under way */
	bool release_due;	    /* once the renewal under way has ended */
};

void kube_lease_take(struct kube_lease *lease, struct kube *kube,
		     const struct kube_lease_options *options, const struct kube_lease_ops *ops);
bool kube_lease_is_held(const struct kube_lease *lease);
/* A lease that is not held yet is given up: on_released at once in the next round. */
void kube_lease_release(struct kube_lease *lease);
void kube_lease_done(struct kube_lease *lease); /* tells nobody; fine on a zeroed one */
