/*
 * The Talos API as typed calls. A method is a row of facts (path, codecs, deadline); a talos_call is one use of it.
 *
 *	talos_start(&me->call, node_channel, &talos_version, NULL, &(struct talos_done){ on_reply, on_end });
 *
 * Requests and replies are our own small structs (below and in talos/resource.h). A reply lives in the call's
 * arena until the next talos_start() of the same call or talos_call_done(). on_reply is called for every
 * message of a stream and once for an unary call; on_end exactly once and always last. Errors read like
 * "read the version: <what the node or the network said>".
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "rpc/channel.h"
#include "talos/resource.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALOS_PORT 50000

struct talos_call;

struct talos_method {
	const char *name;    /* "Version" */
	const char *path;    /* "/machine.MachineService/Version" */
	const char *phrase;  /* "read the version": intent for errors */
	uint64_t timeout;    /* standard deadline, nanoseconds */
	bool streaming;
	/* NULL: the request is an empty message. */
	void (*pack)(const void *request, struct str *out);
	/* NULL: the reply says nothing. ERR_REMOTE when it cannot be understood. */
	int (*unpack)(struct arena *arena, const void *data, size_t len, void **out, struct err *err);
};

struct talos_call_ops {
	void (*on_reply)(struct talos_call *call, const void *reply); /* may be NULL */
	void (*on_end)(struct talos_call *call, const struct err *err);
};

struct talos_call {
	struct call call;
	const struct talos_method *method;
	const struct talos_call_ops *ops;
	struct arena *arena;  /* owned; holds the replies */
	const void *reply;    /* the last one; NULL: none yet */
	struct err broken;    /* a reply that could not be read */
};

/* `timeout` 0: the method's. `request` is packed at once and may go. */
void talos_start(struct talos_call *call, struct channel *channel,
		 const struct talos_method *method, const void *request, uint64_t timeout,
		 const struct talos_call_ops *ops);
/* Cancels if it runs, frees the arena. Fine on a zeroed one. */
void talos_call_done(struct talos_call *call);

struct talos_version {
	const char *tag; /* "v1.13.9" */
	const char *arch;
	const char *platform, *mode; /* "metal" */
	bool rbac;                   /* false in maintenance */
};
extern const struct talos_method talos_version; /* no request -> struct talos_version */

enum talos_apply_mode { APPLY_REBOOT, APPLY_AUTO, APPLY_NO_REBOOT, APPLY_STAGED, APPLY_TRY };
struct talos_apply_request {
	const char *config;
	size_t len;
	enum talos_apply_mode mode;
	bool dry_run;
};
struct talos_applied {
	enum talos_apply_mode mode; /* the one used */
	const char *const *warnings; /* NULL-ended */
	/* mode_details is left out on purpose: it can hold a diff with secrets. */
};
extern const struct talos_method talos_apply;

extern const struct talos_method talos_bootstrap; /* no request, no reply */

struct talos_kubeconfig {
	const char *text; /* secret */
	size_t len;
};
extern const struct talos_method talos_kubeconfig;

struct talos_service {
	const char *id, *state; /* "etcd", "Running" */
	bool healthy, health_known;
	const char *message;
};
struct talos_services {
	struct talos_service *at;
	size_t len;
};
extern const struct talos_method talos_services;

struct talos_event {
	const char *id, *actor;
	const char *type;   /* "machine.SequenceEvent"; "" for the hello */
	const char *name;   /* sequence, phase, task or service */
	const char *action; /* "start", "stop", "noop", a service state */
	const char *error;  /* NULL: none */
	enum talos_stage stage; /* of machine.MachineStatusEvent */
	bool ready;
};
struct talos_events_request {
	int32_t tail;             /* -1 all, 0 none */
	const char *actor;        /* NULL: any */
};
extern const struct talos_method talos_events; /* stream */

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
extern const struct talos_method talos_etcd_status;

/* COSI reads. Replies of all three are struct talos_resource; a watch is a stream of struct talos_change. */
struct talos_get_request {
	const struct talos_resource_type *type;
	const char *id; /* NULL in a list or watch: all of them */
};
extern const struct talos_method talos_get;
extern const struct talos_method talos_list; /* stream, one resource each */
extern const struct talos_method talos_watch; /* stream; with id: that one, without: present ones first */
