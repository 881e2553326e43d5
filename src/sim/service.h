/*
 * The services of a node: from a request's path to the function that answers it, with the rules
 * that hold for all of them (roles, headers, faults, what is answered while a node goes down).
 *
 *	static void call_hostname(struct sim_call *call, const void *request)
 *	{
 *		... call_send(call, &reply.base);    0..n times
 *		call_end(call);                      or call_fail(call, RPC_NOT_FOUND, "...")
 *	}
 *
 * A handler may leave its call open: it sets on_settle, which is asked after every change in the
 * world, and on_leave, which ends it when the node goes down in good order (NULL: it breaks with
 * the connection). A call lives in the arena of its request. After call_end() and call_fail() it
 * must not be touched.
 *
 * What a call changed is on disk before its answer leaves.
 */
#pragma once

#include "rpc/server.h"
#include "rpc/status.h"
#include "sim/sim_node.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	ROLE_BIT_ADMIN = 1 << 0,
	ROLE_BIT_OPERATOR = 1 << 1,
	ROLE_BIT_READER = 1 << 2,
	ROLE_BIT_BACKUP = 1 << 3,
	ROLE_BIT_VERIFIER = 1 << 4,
	ROLE_BIT_META = 1 << 5,
};

struct sim_call {
	struct rpc_request *request;
	struct sim_api *api;   /* the listener it came through */
	struct sim_node *node; /* the one that answers: another one when it was forwarded */
	const char *path;
	unsigned roles;
	bool maintenance;   /* came without a client certificate */
	bool cut;	    /* a fault: the connection breaks before the answer */
	bool mute;	    /* a fault: it has its effect and nobody hears of it */
	uint64_t late;	    /* a fault: so long until its end is told, nanoseconds */
	struct timer timer; /* of `late` */
	enum rpc_code code; /* of the end that waits */
	const char *message;
	void (*on_settle)(struct sim_call *call);
	void (*on_leave)(struct sim_call *call);
	void *data;
	struct fan *fan;	  /* it went to many nodes: their calls; NULL: it did not */
	struct sim_call *part_of; /* it is one of those; NULL: it is not */
	bool over;
	struct sim_call *next, **at; /* among the node's open calls; at NULL: not open */
};

struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;

typedef void service_handler_fn(struct sim_call *call, const void *request);

struct service_method {
	const char *name;
	unsigned roles;
	service_handler_fn *handler;			  /* NULL: not simulated */
	const struct ProtobufCMessageDescriptor *request; /* NULL: nothing of it is read */
};

struct service_row {
	const char *name; /* "machine.MachineService" */
	const struct service_method *methods;
	bool fans_out;	/* `nodes` is allowed */
	unsigned since; /* minor release; 0: all */
};

extern const struct service_row service_rows[];
const struct service_row *service_find(const char *path);
const struct service_method *service_method_find(const struct service_row *row, const char *name);

extern const struct rpc_server_ops service_ops;

void service_settle(struct sim_node *node); /* asks all open calls */
void service_end_events(struct sim_node *node);
void service_break_calls(struct sim_node *node);

void call_send(struct sim_call *call, const struct ProtobufCMessage *message);
void call_end(struct sim_call *call);
void call_fail(struct sim_call *call, enum rpc_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* One message and the end. */
void call_answer(struct sim_call *call, const struct ProtobufCMessage *message);
struct arena *call_arena(const struct sim_call *call);
/* Fails the call when the node is no control plane; `what` is "bootstrap", "member list". */
bool call_wants_control(struct sim_call *call, const char *what);

/* service_machine.c */
service_handler_fn call_version, call_hostname, call_services, call_bootstrap, call_etcd_members,
	call_etcd_status, call_kubeconfig, call_read;
/* service_lifecycle.c */
service_handler_fn call_reboot, call_shutdown, call_reset, call_upgrade, call_rollback,
	call_lifecycle_upgrade, call_lifecycle_install;
/* service_image.c */
service_handler_fn call_image_list, call_image_list_old, call_image_pull, call_image_pull_old,
	call_image_remove;
/* service_etcd.c */
service_handler_fn call_etcd_alarms, call_etcd_disarm, call_etcd_defragment, call_etcd_forfeit,
	call_etcd_leave, call_etcd_recover, call_etcd_remove, call_etcd_snapshot;
/* service_observe.c */
service_handler_fn call_dmesg, call_logs, call_logs_list, call_memory, call_load, call_containers,
	call_stats, call_disks, call_service_start, call_service_stop, call_service_restart;
/* service_apply.c */
service_handler_fn call_apply;
/* service_events.c */
service_handler_fn call_events;
/* service_cosi.c */
service_handler_fn call_get, call_list, call_watch, call_write;

/* ---- one call, many nodes: service_fan.c --------------------------------------------------- */

/* Sends the call to all that its `nodes` name; their answers come back as one. */
void fan_out(struct sim_call *call, const struct service_method *method);
/* What a part says instead of call_send() and its end. */
void fan_send(struct sim_call *part, struct ProtobufCMessage *message);
void fan_end(struct sim_call *part, enum rpc_code code, const char *message);
void fan_close(struct sim_call *call); /* nobody wants to know any more */

/* service.c, for service_fan.c: */
bool call_forward(struct sim_call *call, const char *target); /* false: it has failed */
void call_invoke(struct sim_call *call, const struct service_method *method);
void call_open(struct sim_call *call);
void call_close(struct sim_call *call);
void call_finish(struct sim_call *call, enum rpc_code code, const char *message);
bool call_is_kept(struct sim_call *call); /* what it changed is on disk */

/* ---- resources: service_cosi.c --------------------------------------------------------------- */

void cosi_reset(struct sim_node *node);
/* Compares what the node should show with what it shows; watches learn of it later. */
void cosi_refresh(struct sim_node *node);
