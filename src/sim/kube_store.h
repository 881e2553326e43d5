/*
 * What one etcd holds for Kubernetes: the types that are served and their objects, each change
 * with its revision, and the last changes for watches that come back.
 *
 *	struct kube_type *pods = store_type(store, "", "pods");
 *	struct kube_object *object = store_find(pods, "default", "web-1");
 *	object = store_put(store, pods, value);          uid, creation time, revision are set
 *	store_remove(store, object);
 *
 * A version owns its value and never changes; it lives while it is the object's current one or in
 * the history. With a file, changes wait in memory until store_write(), which appends them: what
 * was appended is there after a kill, half a line at the end never happened.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

enum kube_feature {
	KUBE_STATUS = 1,     /* the subresource /status */
	KUBE_SCALE = 2,	     /* /scale */
	KUBE_POD = 4,	     /* /eviction, /log, /binding: pods */
	KUBE_GENERATION = 8, /* changes of the spec are counted */
};

struct kube_object;

struct kube_type {
	const char *group, *plural, *kind, *singular, *shorts; /* shorts: "po", comma between */
	/* served, NULL-ended; the first is preferred */
	const char *const *versions;
	bool namespaced, custom;
	bool gone; /* its definition was deleted */
	unsigned features;
	struct kube_object **at; /* owned; sorted by namespace and name */
	size_t len, cap;
};

enum kube_change {
	KUBE_ADDED,
	KUBE_MODIFIED,
	KUBE_DELETED
};

struct kube_version {
	struct arena *arena; /* owned: this too lives in it */
	struct kube_type *type;
	enum kube_change change;
	uint64_t revision;
	const char *space, *name; /* space: namespace, "" none */
	const struct value *value;
	bool current, kept; /* who still needs it: the object, the history */
};

struct kube_object {
	struct kube_type *type;
	struct kube_version *now; /* owned */
	/* of the current version, for those that look for many */
	const char *space, *name, *uid, *owner, *node;
	/* what controllers remember */
	uint64_t due;	 /* wall time of the next look; 0: none */
	uint64_t silent; /* wall time when a node's kubelet was last heard; 0: it is */
	bool fresh;	 /* to be looked at now */
	char boot[37];
	struct kube_object *next_fresh;
};

#define KUBE_HISTORY 1024

struct kube_store {
	struct arena *arena; /* owned: types */
	struct world *world; /* for time and ids */
	struct kube_type **type;
	size_t types, type_cap;
	uint64_t revision;
	struct kube_version *history[KUBE_HISTORY];
	uint64_t changes; /* that ever entered the history */
	struct kube_object *fresh;
	/* After each change, also while loading; `before` is NULL for what is new. Both live until
	 * the function returns. */
	void (*on_change)(struct kube_store *store, const struct kube_version *version,
			  const struct kube_version *before);
	const char *path; /* NULL: memory only */
	struct str waits; /* lines that are not in the file yet */
	uint64_t lines;	  /* in the file */
	bool torn;	  /* the file may end in half a line */
	bool loading;
	bool unread; /* the file could not be read: it is left as it is */
};

void store_init(struct kube_store *store, struct world *world);
void store_done(struct kube_store *store);

/* Adds one that is not there; the texts are copied. */
struct kube_type *store_add_type(struct kube_store *store, const struct kube_type *type);
/* By plural; NULL when it is not served. */
struct kube_type *store_type(const struct kube_store *store, const char *group, const char *plural);
struct kube_type *store_kind(const struct kube_store *store, const char *group, const char *kind);
bool type_serves(const struct kube_type *type, const char *version);

struct kube_object *store_find(const struct kube_type *type, const char *space, const char *name);
/* Where the first object not before that key is, or would be. */
size_t store_place(const struct kube_type *type, const char *space, const char *name);
/* Creates or replaces by metadata.namespace and metadata.name. What is equal to what is there is
 * not written again. */
struct kube_object *store_put(struct kube_store *store, struct kube_type *type,
			      const struct value *value);
void store_remove(struct kube_store *store, struct kube_object *object);
size_t store_count(const struct kube_store *store);
/* The oldest revision from which a watch can still go on. */
uint64_t store_oldest(const struct kube_store *store);
const struct kube_version *store_change(const struct kube_store *store, uint64_t number);

/* Has its controller look at it. */
void store_touch(struct kube_store *store, struct kube_object *object);
struct kube_object *store_next_fresh(struct kube_store *store);

/* ---- kube_file.c ----------------------------------------------------------------------------- */

void store_log(struct kube_store *store, const struct kube_version *version);
/* Appends what waits and flushes it to disk. */
int store_write(struct kube_store *store, struct err *err);
/* From now on kept there; what the file holds is read first. >0: it held something. */
int store_open(struct kube_store *store, const char *path, struct err *err);
