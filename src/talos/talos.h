/*
 * The Talos API as typed calls. A method is a row of facts (path, codecs, deadline); a talos_call
 * is one use of it.
 *
 *	static const struct talos_call_ops ops = { .on_end = version_read };
 *	talos_start(&me->call, channel, &talos_version, NULL, &ops);
 *	... version_read(call, err): err->kind is ERR_NONE and call->reply a struct talos_version
 *
 * Requests and replies are our own small structs (below and in talos/resource.h). A reply lives in
 * the call's arena until the next talos_start() of the same call or talos_call_done(), that of an
 * endless method only until the next reply; all the replies of one call take at most 128 MiB.
 *
 * on_reply is called for every message of a stream and once for an unary call; on_end exactly once
 * and always last, never from inside talos_start() or talos_call_done(). Both may do anything:
 * on_end may start the same call again, both may end it with talos_call_done().
 *
 * Texts are never NULL unless it says so, and are as the node sent them; only those of errors are
 * made printable. Errors read like "read the version: <what the node or the network said>".
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "loop/loop.h"
#include "net/dial.h"
#include "rpc/channel.h"
#include "talos/resource.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALOS_PORT 50000

/* One node's API; a channel (rpc/channel.h) by the name callers need. Dials with the first call.
 * Port 0 is TALOS_PORT. */
struct channel *talos_connect(struct loop *loop, struct dialer *dialer,
			      const struct dial_target *target);
void talos_disconnect(struct channel *channel); /* NULL is fine */
/* Forget the connection: the next call dials anew (after a reboot, a change of certificates). */
void talos_reconnect(struct channel *channel);

/* Questions about an error of a call that matter to callers; everything else is in its kind. */
bool talos_says_exists(const struct err *err);	      /* AlreadyExists: somebody did it before */
bool talos_says_not_yet(const struct err *err);	      /* FailedPrecondition: it may work later */
bool talos_says_unimplemented(const struct err *err); /* this node or release has no such call */

struct talos_call;

struct talos_message { /* what came */
	const void *data;
	size_t len;
	const struct talos_resource_type *asked; /* by talos_get, talos_list and talos_watch */
};

struct talos_method {
	const char *name;   /* "Version" */
	const char *path;   /* "/machine.MachineService/Version" */
	const char *phrase; /* for errors: "read the version"; "read", and what was asked for */
	uint64_t timeout;   /* standard deadline, nanoseconds */
	bool streaming;	    /* many replies */
	bool endless;	    /* so many that each replaces the one before */
	bool resources;	    /* the request is a struct talos_get_request */
	/* NULL: the request is an empty message. */
	void (*pack)(const void *request, struct str *out);
	/* 0: a reply (NULL: it says nothing). 1: nothing worth a reply. ERR_REMOTE when it cannot
	 * be understood, or the error that it tells of. */
	int (*unpack)(struct arena *arena, const struct talos_message *message, const void **out,
		      struct err *err);
};

struct talos_call_ops {
	void (*on_reply)(struct talos_call *call, const void *reply); /* may be NULL */
	void (*on_end)(struct talos_call *call, const struct err *err);
};

struct talos_call {	  /* zeroed at first */
	uint64_t timeout; /* the user's to set: the deadline of what it starts; 0: the method's */
	struct call call;
	const struct talos_method *method;
	const struct talos_resource_type *asked;
	const struct talos_call_ops *ops;
	struct arena *arena; /* owned; holds the replies */
	const void *reply;   /* the last one; of an unary call it counts once that ended well */
};

/* The call must not be running. `request` is packed at once and may go. */
void talos_start(struct talos_call *call, struct channel *channel,
		 const struct talos_method *method, const void *request,
		 const struct talos_call_ops *ops);
bool talos_call_is_running(const struct talos_call *call);
/* Cancels if it runs (on_end does not follow), frees the arena. Fine on a zeroed one. */
void talos_call_done(struct talos_call *call);

struct talos_version {
	const char *tag; /* "v1.13.9" */
	const char *arch;
	const char *platform, *mode; /* "metal" */
	bool rbac;		     /* false in maintenance */
};
extern const struct talos_method talos_version; /* no request -> struct talos_version */

enum talos_apply_mode {
	APPLY_REBOOT,
	APPLY_AUTO,
	APPLY_NO_REBOOT,
	APPLY_STAGED,
	APPLY_TRY,
	APPLY_UNKNOWN /* only in a reply */
};
struct talos_apply_request {
	const char *config;
	size_t len;
	enum talos_apply_mode mode;
	bool dry_run;
};
struct talos_applied {
	enum talos_apply_mode mode;  /* the one used */
	const char *const *warnings; /* NULL-ended */
				     /* No mode_details: they can hold a diff with secrets. */
};
/* struct talos_apply_request -> struct talos_applied */
extern const struct talos_method talos_apply;

extern const struct talos_method talos_bootstrap; /* no request, no reply */

struct talos_kubeconfig {
	const char *text; /* secret */
	size_t len;
};
extern const struct talos_method talos_kubeconfig; /* no request -> struct talos_kubeconfig */

struct talos_service {
	const char *id, *state; /* "etcd", "Running" */
	bool healthy, health_known;
	const char *message;
};
struct talos_services {
	struct talos_service *at;
	size_t len;
};
extern const struct talos_method talos_services; /* no request -> struct talos_services */

struct talos_event {
	const char *id, *actor;
	const char *type;	/* "machine.SequenceEvent"; "" for the hello */
	const char *name;	/* sequence, phase, task or service */
	const char *action;	/* "start", "stop", "noop", a service's state: "Running" */
	const char *message;	/* of a service; "" */
	const char *error;	/* NULL: none */
	enum talos_stage stage; /* of machine.MachineStatusEvent */
	bool ready;
};
struct talos_events_request {
	int32_t tail;	   /* -1 all, 0 none */
	const char *actor; /* NULL: any */
};
extern const struct talos_method talos_events; /* endless; ends well when the node goes down */

struct talos_read_request {
	const char *path;
};
struct talos_bytes {
	const void *data;
	size_t len;
};
extern const struct talos_method talos_read; /* stream of struct talos_bytes */
#define TALOS_BOOT_ID "/proc/sys/kernel/random/boot_id"

struct talos_etcd_member {
	uint64_t id;
	const char *name;
	const char *const *peers;   /* URLs, NULL-ended */
	const char *const *clients; /* URLs, NULL-ended */
	bool learner;
};
struct talos_etcd_members {
	struct talos_etcd_member *at;
	size_t len;
};
struct talos_etcd_members_request {
	bool local;
};
extern const struct talos_method talos_etcd_members; /* hangs until etcd is bootstrapped */

struct talos_etcd_status {
	uint64_t member, leader, raft_index, raft_term, raft_applied;
	int64_t db_size, db_used;
	bool learner;
	const char *storage_version;
	const char *const *errors; /* NULL-ended */
};
extern const struct talos_method talos_etcd_status; /* no request -> struct talos_etcd_status */

/* COSI reads. Replies of get and list are struct talos_resource; a watch is a stream of struct
 * talos_change. All are of the type asked for (else ERR_REMOTE): a spec may just be cast. */
struct talos_get_request {
	const struct talos_resource_type *type;
	const char *id; /* NULL in a list; NULL is the singleton in a get, all of them in a watch */
};
extern const struct talos_method talos_get;
extern const struct talos_method talos_list;  /* stream, one resource each */
extern const struct talos_method talos_watch; /* endless; all of them: present ones come first */
