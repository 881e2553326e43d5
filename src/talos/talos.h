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
	bool upload;	    /* pack() writes many messages, each framed (rpc/frame.h) */
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
	/* The user's to set: the address of the node that a control plane's channel passes what it
	 * starts on to; NULL: the channel's own. */
	const char *node;
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
	uint64_t trial; /* APPLY_TRY: how long it stays, nanoseconds; 0: the node's minute */
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

/* The database as it is, then its SHA-256; needs no quorum. Each reply is the next piece. */
extern const struct talos_method talos_etcd_snapshot; /* stream of struct talos_bytes, endless */
/* Keeps a snapshot on the node for the Bootstrap that recovers it. struct talos_bytes, no reply */
extern const struct talos_method talos_etcd_recover;
struct talos_recover_request {
	bool skip_hash; /* the file is a copy of a data folder's: no hash at its end */
};
/* Bootstrap from what was kept. struct talos_recover_request, no reply */
extern const struct talos_method talos_bootstrap_recover;

struct talos_etcd_forfeited {
	const char *leader; /* name of the new one; "": the node did not lead */
};
extern const struct talos_method talos_etcd_forfeit; /* -> struct talos_etcd_forfeited */
extern const struct talos_method talos_etcd_leave;   /* no request, no reply; takes minutes */
struct talos_etcd_remove_request {
	uint64_t member;
};
extern const struct talos_method talos_etcd_remove; /* struct talos_etcd_remove_request, no reply */

struct talos_etcd_alarm {
	uint64_t member;
	const char *name; /* "NOSPACE", "CORRUPT" */
};
struct talos_etcd_alarms {
	struct talos_etcd_alarm *at;
	size_t len;
};
/* No request -> struct talos_etcd_alarms: those of all members, or those that ended. */
extern const struct talos_method talos_etcd_alarms, talos_etcd_disarm;
/* No request, no reply; blocks the member. */
extern const struct talos_method talos_etcd_defragment;

struct talos_dmesg_request {
	bool follow, tail; /* tail: only what is new */
};
extern const struct talos_method talos_dmesg; /* stream of struct talos_bytes, endless */

enum talos_driver {
	DRIVER_CONTAINERD,
	DRIVER_CRI
};
struct talos_logs_request {
	const char *id;	       /* "etcd"; "kube-system/kube-apiserver-cp-1:kube-apiserver:1f0c.." */
	const char *namespace; /* NULL: "system"; "k8s.io" with DRIVER_CRI */
	enum talos_driver driver;
	bool follow;
	int32_t tail; /* lines; -1 all */
};
extern const struct talos_method talos_logs; /* stream of struct talos_bytes, endless */
struct talos_names {
	const char *const *at; /* NULL-ended */
};
extern const struct talos_method talos_logs_list; /* no request -> struct talos_names */

struct talos_service_request {
	const char *id;
};
struct talos_service_said {
	const char *text; /* Service "kubelet" restarted */
};
/* struct talos_service_request -> struct talos_service_said */
extern const struct talos_method talos_service_start, talos_service_stop, talos_service_restart;

struct talos_memory { /* KiB */
	uint64_t total, free, available;
};
extern const struct talos_method talos_memory; /* no request -> struct talos_memory */
struct talos_load {
	double one, five, fifteen; /* minutes */
};
extern const struct talos_method talos_load; /* no request -> struct talos_load */

struct talos_container {
	const char *namespace, *id, *pod, *name, *image, *status;
	uint32_t pid;
};
struct talos_containers {
	struct talos_container *at;
	size_t len;
};
struct talos_containers_request {
	const char *namespace; /* NULL: "system" */
	enum talos_driver driver;
};
extern const struct talos_method talos_containers; /* -> struct talos_containers */
struct talos_stat {
	const char *namespace, *id, *pod, *name;
	uint64_t memory, cpu; /* bytes, nanoseconds */
};
struct talos_stats {
	struct talos_stat *at;
	size_t len;
};
extern const struct talos_method talos_stats; /* struct talos_containers_request -> talos_stats */

/* The call that maintenance mode answers too; newer tools read the Disks resources. */
struct talos_disk_info {
	const char *device; /* "/dev/sda" */
	const char *model, *serial, *wwid, *bus_path;
	uint64_t size;
	bool system, readonly;
};
struct talos_disk_infos {
	struct talos_disk_info *at;
	size_t len;
};
extern const struct talos_method talos_disks; /* no request -> struct talos_disk_infos */

/* COSI reads. Replies of get and list are struct talos_resource; a watch is a stream of struct
 * talos_change. All are of the type asked for (else ERR_REMOTE): a spec may just be cast. */
struct talos_get_request {
	const struct talos_resource_type *type;
	const char *id; /* NULL in a list; NULL is the singleton in a get, all of them in a watch */
};
extern const struct talos_method talos_get;
extern const struct talos_method talos_list;  /* stream, one resource each */
extern const struct talos_method talos_watch; /* endless; all of them: present ones come first */

/*
 * The life of a node. Reboot, shutdown, reset and upgrade are answered at once: what follows shows
 * in the events of the actor that the answer names, which end when the node goes down. That it came
 * back is proved by another boot id (TALOS_BOOT_ID), what it booted by talos_version. A node
 * without a config refuses all of them (ERR_AUTH), one in a container ERR_CONFLICT.
 */
struct talos_actor {
	const char *id;
};

enum talos_reboot_mode {
	REBOOT_NORMAL,	   /* straight into the new kernel where that works */
	REBOOT_POWERCYCLE, /* through the firmware */
	REBOOT_FORCED	   /* stops nothing in good order; since 1.12, not of an upgrade */
};
struct talos_reboot_request {
	enum talos_reboot_mode mode;
};
extern const struct talos_method talos_reboot; /* -> struct talos_actor */

struct talos_shutdown_request {
	bool force; /* does not drain */
};
extern const struct talos_method talos_shutdown; /* -> struct talos_actor */

/* What goes when no partitions are named. */
enum talos_wipe {
	WIPE_ALL, /* the system disk and the user disks named */
	WIPE_SYSTEM_DISK,
	WIPE_USER_DISKS
};
struct talos_reset_request {
	bool graceful; /* drains, and leaves etcd; fails in the sequence when it cannot */
	bool reboot;   /* else it powers off */
	/* Labels, NULL-ended: "STATE" is the config, "EPHEMERAL" all data with etcd's, "META".
	 * NULL or none: by `wipe`, which with the system disk takes the operating system too. */
	const char *const *partitions;
	const char *const *user_disks; /* device paths, NULL-ended; NULL: none */
	enum talos_wipe wipe;
};
extern const struct talos_method talos_reset; /* -> struct talos_actor */

/* All releases, as one call that pulls the image before it answers. 1.13 calls it deprecated and
 * prefers talos_image_pull, talos_lifecycle_upgrade, talos_reboot. */
struct talos_upgrade_request {
	const char *image;
	bool stage;		     /* at the next boot, which this call begins */
	bool force;		     /* without asking etcd whether it is well */
	bool preserve;		     /* says nothing since 1.8, but skips etcd as force does */
	enum talos_reboot_mode mode; /* not REBOOT_FORCED */
};
extern const struct talos_method talos_upgrade; /* -> struct talos_actor */

/* Back to what ran before the last upgrade, and a reboot. ERR_REMOTE when there is no such thing */
extern const struct talos_method talos_rollback; /* no request, no reply */

/* Where a node keeps images. */
enum talos_store {
	STORE_SYSTEM, /* for the node: the installer, kubelet, etcd */
	STORE_CRI,    /* for pods */
	STORE_MEMORY  /* as STORE_SYSTEM, gone with the boot: a node that is not installed; 1.13 */
};
struct talos_image_request {
	enum talos_store store;
	const char *image; /* "registry/name:tag"; of a list nothing reads it */
};
enum talos_layer_state {
	LAYER_DOWNLOADING,
	LAYER_DOWNLOADED,
	LAYER_EXTRACTING,
	LAYER_DONE,
	LAYER_THERE, /* it was before */
	LAYER_UNKNOWN
};
struct talos_pull {
	const char *name;  /* of the last reply: the image pinned by its digest; NULL before */
	const char *layer; /* "" in the last one */
	enum talos_layer_state state;
	uint64_t offset, total; /* bytes while it is downloaded, else 0 */
};
/* Since 1.13 (talos_says_unimplemented() before): a stream of struct talos_pull. ERR_NOT_FOUND when
 * the registry has no such image. An image that is there is asked for again. */
extern const struct talos_method talos_image_pull;
extern const struct talos_method talos_image_pull_old; /* all releases; no reply */
struct talos_image {
	const char *name;   /* one image appears by its tag, by its digest and as "sha256:..." */
	const char *digest; /* "sha256:..." */
	uint64_t size;	    /* bytes */
};
/* Streams of struct talos_image: since 1.13, and of all releases. */
extern const struct talos_method talos_image_list;
extern const struct talos_method talos_image_list_old;

/* Since 1.13: write an image that was pulled into the same store before. Neither call reboots. */
struct talos_lifecycle_request {
	enum talos_store store;
	const char *image; /* as it was given to talos_image_pull */
	const char *disk;  /* of an install: "/dev/sda" */
};
struct talos_progress {
	const char *message; /* what the installer printed, in pieces cut anywhere */
	bool done;	     /* the last reply */
	int exit_code;	     /* of the last reply: not 0 is a failure, though the call ends well */
};
/* Streams of struct talos_progress. ERR_CONFLICT while another one runs; an upgrade wants a node
 * that is installed, an install one that is not. */
extern const struct talos_method talos_lifecycle_upgrade;
extern const struct talos_method talos_lifecycle_install;

/* Values that outlive a wipe of STATE, by number. */
struct talos_meta_request {
	uint8_t key;
	const void *value; /* of a write */
	size_t len;
};
extern const struct talos_method talos_meta_write;  /* no reply */
extern const struct talos_method talos_meta_delete; /* no reply; ERR_NOT_FOUND */
