/*
 * A watch: all objects of a kind, those that are there and every later change, until it is stopped.
 *
 *	static const struct kube_watch_ops ops = { .on_added = pod_here, .on_modified = pod_here,
 *		.on_deleted = pod_gone, .on_synced = all_told, .on_end = refused };
 *	kube_watch_start(&me->watch, kube, &options, &ops);
 *	... kube_watch_stop(&me->watch);
 *
 * It lists, tells each object with on_added, then on_synced, then follows the server's events from
 * that version. A lost connection is taken up again from the last version seen (bookmarks keep it
 * fresh); a version that expired means a new list, of which only the differences are told, and
 * on_synced again. Attempts that fail are repeated after 0.5 to 30 seconds, growing, with jitter.
 *
 * Objects live until the callback returns. Of one that vanished while nobody listened, on_deleted
 * gets only apiVersion, kind and metadata with name, namespace and uid. Any callback may stop the
 * watch and free its owner. An event has at most 32 MiB as text.
 */
#pragma once

#include "crypto/random.h"
#include "kube/kube.h"

struct kube_watch;

struct kube_watch_ops { /* all but on_end may be NULL */
	void (*on_added)(struct kube_watch *watch, const struct value *object);
	void (*on_modified)(struct kube_watch *watch, const struct value *object);
	void (*on_deleted)(struct kube_watch *watch, const struct value *object);
	void (*on_synced)(struct kube_watch *watch);
	/* Trouble that it will try to overcome by itself: for notes, or to give up. */
	void (*on_trouble)(struct kube_watch *watch, const struct err *err);
	/* It cannot go on (ERR_AUTH, ERR_NOT_FOUND, ERR_INPUT...) and has stopped. */
	void (*on_end)(struct kube_watch *watch, const struct err *err);
};

struct kube_watch_options {
	const struct kube_kind *kind; /* NULL: by the two below, asking the server */
	const char *api_version, *kind_name;
	const char *ns;		      /* NULL: all namespaces */
	const char *labels, *fields;  /* selectors; one object: "metadata.name=w-1" */
	struct random_source *random; /* for jitter; NULL: none */
	uint64_t silence;	      /* of a connection given up, nanoseconds; 0: 150 s */
};

/*
 *	IDLE --> LISTING <--> PAUSING
 *	            |  ^       ^  |
 *	            v  |       |  v
 *	           FOLLOWING --'--'
 */
enum kube_watch_state {
	KUBE_WATCH_IDLE,
	KUBE_WATCH_LISTING,   /* `call` runs */
	KUBE_WATCH_FOLLOWING, /* `exchange` runs */
	KUBE_WATCH_PAUSING,   /* `pause` is set */
};

struct kube_watch { /* zeroed at first; embedded in its user; read-only */
	const struct kube_watch_ops *ops;
	struct kube *kube;
	enum kube_watch_state state;
	bool synced; /* on_synced was told and no list is due */
	struct kube_call call;
	struct http_exchange exchange;
	struct timer pause;
	struct arena *arena; /* owned: the options' texts */
	struct kube_watch_options options;
	const struct kube_kind *kind;
	struct known *known; /* owned: what was told */
	char version[64];    /* to go on from; "": list */
	struct str line;     /* of an event that has not come whole */
	unsigned failures;   /* in a row */
	int status;
	struct err err; /* what ended the stream, when we ended it */
	bool *gone;	/* set when the watch is stopped in a callback */
};

/* Must not be running. Texts are copied. No event comes from inside these two. */
void kube_watch_start(struct kube_watch *watch, struct kube *kube,
		      const struct kube_watch_options *options, const struct kube_watch_ops *ops);
void kube_watch_stop(struct kube_watch *watch); /* fine on one that does not run, or a zeroed one */
