/*
 * One request to a simulated Kubernetes API, from wherever it came: the door of rehearsals or a
 * socket. Whoever brings it fills in the request, and gets the answer through ops.
 *
 *	call->method = "GET"; call->path = "/api/v1/nodes";
 *	kube_call_run(call);          ops.head, ops.data, ops.end; a watch goes on until it ends
 *	kube_call_drop(call);         nobody listens any more
 *
 * Embedded in its bringer, who owns the arena; all texts live in it. ops.end or ops.cut is the last
 * that comes, once, maybe from inside kube_call_run(); after them the memory may go.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "loop/loop.h"
#include "sim/kube.h"
#include "sim/kube_select.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kube_call;

struct kube_call_ops {
	void (*head)(struct kube_call *call, int status, const char *type);
	void (*data)(struct kube_call *call, const void *data, size_t len);
	void (*end)(struct kube_call *call);
	void (*cut)(struct kube_call *call); /* the connection breaks */
};

struct kube_user {
	const char *name; /* NULL: nobody knows who it is */
	const char *const *groups;
};

struct kube_query {
	const char *key, *value;
};

struct kube_call {
	const struct kube_call_ops *ops;
	struct sim_node *node; /* whose API server was asked */
	struct arena *arena;
	const char *method, *path, *content_type, *agent;
	const char *body;
	size_t len;
	struct kube_user user;

	struct kube *kube;
	const struct kube_query *query;
	size_t queries;
	const char *route; /* the path without its query */
	struct kube_type *type;
	const char *version, *space, *name, *sub; /* "" none */
	const struct value *input;

	struct kube_selector labels, fields;
	struct kube_call *next; /* of the watches */
	struct timer timer;	/* the end of a watch, and bookmarks */
	uint64_t until, seen;	/* monotonic; the revision told last */
	bool watching, bookmarks, ended;
	bool reset_after;	    /* a fault: the effect, but no answer */
	bool mute;		    /* a fault: it has its effect and nobody hears of it */
	uint64_t late;		    /* a fault: so long until its answer leaves, nanoseconds */
	struct kube_answer *answer; /* that waits; NULL: none */
};

void kube_call_run(struct kube_call *call);
void kube_call_drop(struct kube_call *call);
/* The user whom a client certificate names. */
int kube_user_read(struct arena *arena, const char *cert, struct kube_user *out, struct err *err);

/* ---- inside ---------------------------------------------------------------------------------- */

const char *call_query(const struct kube_call *call, const char *key); /* "" when not given */

/* kube_reply.c: each is the whole answer. */
void reply_value(struct kube_call *call, int status, const struct value *value);
void reply_text(struct kube_call *call, int status, const char *text);
struct kube_problem {
	int code;
	const char *reason;
	const struct value *details; /* NULL: those of the target */
};
void reply_problem(struct kube_call *call, const struct kube_problem *problem, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void reply_not_found(struct kube_call *call);
void reply_invalid(struct kube_call *call, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const struct value *status_value(struct kube_call *call, const struct kube_problem *problem,
				 const char *message);
/* The object as the version asked for shows it. */
const struct value *shown(const struct kube_call *call, const struct value *object);
const char *type_group_version(struct arena *arena, const struct kube_type *type,
			       const char *version);			       /* "apps/v1" */
const char *type_full_name(struct arena *arena, const struct kube_type *type); /* "x.apps" */

/* kube_discover.c; false: the path is none of these. */
bool discover(struct kube_call *call);

/* kube_write.c */
void write_create(struct kube_call *call);
void write_update(struct kube_call *call);
void write_patch(struct kube_call *call);
void write_delete(struct kube_call *call);
void write_delete_all(struct kube_call *call);

/* kube_sub.c */
void sub_evict(struct kube_call *call);
void sub_log(struct kube_call *call);
void sub_bind(struct kube_call *call);
const struct value *scale_of(struct arena *arena, const struct value *object);

/* kube_check.c: what is wrong was answered already when it returns false. */
bool check_object(struct kube_call *call, const struct value *before, const struct value *after);
const struct value *check_defaults(struct kube_call *call, const struct value *object);

/* kube_watch.c */
void watch_begin(struct kube_call *call);
void watch_tell(struct kube *kube, const struct kube_version *version,
		const struct kube_version *before);
void watch_end_all(struct kube *kube, const struct sim_node *node); /* NULL: of any */
