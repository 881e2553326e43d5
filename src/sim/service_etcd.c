#include "sim/service.h"

#include "common.pb-c.h"
#include "crypto/etcd_snapshot.h"
#include "etcd.pb-c.h"
#include "sim/sim_snapshot.h"
#include "sim/world_impl.h"

#include <string.h>

#define PIECE 1024 /* bytes of a stream's message */

/* Fails the call when there is no etcd here to ask. */
static bool wants_etcd(struct sim_call *call, const char *what)
{
	if (!call_wants_control(call, what))
		return false;
	if (etcd_runs(call->node))
		return true;
	call_fail(call, RPC_UNAVAILABLE,
		  "connection error: desc = \"transport: Error while dialing: dial tcp "
		  "127.0.0.1:2379: connect: connection refused\"");
	return false;
}

/* What changes the cluster needs more members than one. */
static bool wants_quorum(struct sim_call *call, const char *what)
{
	if (!wants_etcd(call, what))
		return false;
	if (etcd_has_quorum(call->node->world, call->node->etcd.cluster))
		return true;
	call_fail(call, RPC_UNAVAILABLE, "%s", etcd_change_text(ETCD_NO_QUORUM));
	return false;
}

/* ---- snapshots ------------------------------------------------------------------------------- */

void call_etcd_snapshot(struct sim_call *call, const void *message)
{
	struct str file SCOPED(str_done) = STR_INIT(SNAPSHOT_MAX);

	(void)message;
	if (!wants_etcd(call, "etcd snapshot"))
		return;
	snapshot_write(call->node, &file);
	for (size_t at = 0; at < file.len; at += PIECE) {
		size_t left = file.len - at;
		Common__Data piece = COMMON__DATA__INIT;

		piece.bytes.data = (uint8_t *)file.at + at;
		piece.bytes.len = left < PIECE ? left : PIECE;
		call_send(call, &piece.base);
	}
	call_end(call);
}

static bool add_piece(struct sim_call *call, const void *data, size_t len, struct str *out)
{
	Common__Data *piece = common__data__unpack(NULL, len, data);

	if (!piece) {
		call_fail(call, RPC_INTERNAL,
			  "grpc: error unmarshalling request: proto: cannot parse invalid "
			  "wire-format data");
		return false;
	}
	str_addn(out, piece->bytes.data, piece->bytes.len);
	common__data__free_unpacked(piece, NULL);
	return true;
}

/* What is not a snapshot at all is only found out when somebody recovers from it. */
static void keep_upload(struct sim_node *node, const struct str *file)
{
	struct arena *arena OWNED(arena_free) = arena_new("uploaded snapshot");
	struct etcd_snapshot snapshot;
	bool readable = etcd_snapshot_read(arena, str_text(file), file->len, &snapshot, NULL) == 0;

	node->etcd.upload = readable && snapshot.revision ? snapshot.revision : 1;
	node->etcd.upload_whole = readable && snapshot.hash == SNAPSHOT_HASH_OK;
	node->unsaved = true;
}

void call_etcd_recover(struct sim_call *call, const void *message)
{
	struct str file SCOPED(str_done) = STR_INIT(RPC_UPLOAD_MAX);
	const Common__Data *first = message;
	Machine__EtcdRecoverResponse reply = MACHINE__ETCD_RECOVER_RESPONSE__INIT;
	Machine__EtcdRecover one = MACHINE__ETCD_RECOVER__INIT;
	Machine__EtcdRecover *messages[] = { &one };

	if (!call_wants_control(call, "etcd recover"))
		return;
	str_addn(&file, first->bytes.data, first->bytes.len);
	for (const struct rpc_message *more = call->request->more; more; more = more->next) {
		if (!add_piece(call, more->data, more->len, &file))
			return;
	}
	keep_upload(call->node, &file);
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- members and leaders --------------------------------------------------------------------- */

static void fail_change(struct sim_call *call, enum etcd_change change, uint64_t member)
{
	static const enum rpc_code codes[] = {
		[ETCD_CHANGED] = RPC_OK,
		[ETCD_NO_MEMBER] = RPC_NOT_FOUND,
		[ETCD_NO_QUORUM] = RPC_UNAVAILABLE,
		[ETCD_NOT_ENOUGH] = RPC_FAILED_PRECONDITION,
		[ETCD_UNHEALTHY] = RPC_UNAVAILABLE,
	};

	call_fail(call, codes[change], "failed to remove member %llu: %s",
		  (unsigned long long)member, etcd_change_text(change));
}

void call_etcd_remove(struct sim_call *call, const void *message)
{
	const Machine__EtcdRemoveMemberByIDRequest *request = message;
	Machine__EtcdRemoveMemberByIDResponse reply =
		MACHINE__ETCD_REMOVE_MEMBER_BY_IDRESPONSE__INIT;
	Machine__EtcdRemoveMemberByID one = MACHINE__ETCD_REMOVE_MEMBER_BY_ID__INIT;
	Machine__EtcdRemoveMemberByID *messages[] = { &one };

	if (!wants_etcd(call, "etcd remove member"))
		return;

	enum etcd_change change = etcd_remove(call->node, request->member_id);
	if (change != ETCD_CHANGED) {
		fail_change(call, change, request->member_id);
		return;
	}
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_etcd_leave(struct sim_call *call, const void *message)
{
	Machine__EtcdLeaveClusterResponse reply = MACHINE__ETCD_LEAVE_CLUSTER_RESPONSE__INIT;
	Machine__EtcdLeaveCluster one = MACHINE__ETCD_LEAVE_CLUSTER__INIT;
	Machine__EtcdLeaveCluster *messages[] = { &one };
	struct err err = ERR_INIT;

	(void)message;
	if (!wants_quorum(call, "etcd leave"))
		return;
	if (etcd_leave(call->node, &err) < 0) {
		call_fail(call, RPC_FAILED_PRECONDITION, "%s", err.text);
		return;
	}
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_etcd_forfeit(struct sim_call *call, const void *message)
{
	Machine__EtcdForfeitLeadershipResponse reply =
		MACHINE__ETCD_FORFEIT_LEADERSHIP_RESPONSE__INIT;
	Machine__EtcdForfeitLeadership one = MACHINE__ETCD_FORFEIT_LEADERSHIP__INIT;
	Machine__EtcdForfeitLeadership *messages[] = { &one };
	const struct sim_node *next;

	(void)message;
	if (!wants_quorum(call, "etcd forfeit leadership"))
		return;
	next = etcd_forfeit(call->node);
	if (next)
		one.member = (char *)next->etcd.name;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- alarms and space ------------------------------------------------------------------------ */

static Machine__EtcdMemberAlarm **alarms_of(struct sim_call *call, size_t *count)
{
	struct arena *arena = call_arena(call);
	const struct world *world = call->node->world;
	struct sim_alarm *alarm = arena_calloc(arena, 2 * world->nodes, sizeof(*alarm));
	Machine__EtcdMemberAlarm **out;

	*count = etcd_alarms(world, call->node->etcd.cluster, alarm);
	out = arena_calloc(arena, *count + 1, sizeof(*out));
	for (size_t i = 0; i < *count; i++) {
		out[i] = arena_alloc(arena, sizeof(*out[i]));
		machine__etcd_member_alarm__init(out[i]);
		out[i]->member_id = alarm[i].member;
		out[i]->alarm = alarm[i].alarm == ETCD_ALARM_NOSPACE
					? MACHINE__ETCD_MEMBER_ALARM__ALARM_TYPE__NOSPACE
					: MACHINE__ETCD_MEMBER_ALARM__ALARM_TYPE__CORRUPT;
	}
	return out;
}

void call_etcd_alarms(struct sim_call *call, const void *message)
{
	Machine__EtcdAlarmListResponse reply = MACHINE__ETCD_ALARM_LIST_RESPONSE__INIT;
	Machine__EtcdAlarm one = MACHINE__ETCD_ALARM__INIT;
	Machine__EtcdAlarm *messages[] = { &one };

	(void)message;
	if (!wants_quorum(call, "etcd alarm list"))
		return;
	one.member_alarms = alarms_of(call, &one.n_member_alarms);
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_etcd_disarm(struct sim_call *call, const void *message)
{
	Machine__EtcdAlarmDisarmResponse reply = MACHINE__ETCD_ALARM_DISARM_RESPONSE__INIT;
	Machine__EtcdAlarmDisarm one = MACHINE__ETCD_ALARM_DISARM__INIT;
	Machine__EtcdAlarmDisarm *messages[] = { &one };

	(void)message;
	if (!wants_quorum(call, "etcd alarm disarm"))
		return;
	one.member_alarms = alarms_of(call, &one.n_member_alarms);
	etcd_disarm(call->node->world, call->node->etcd.cluster);
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_etcd_defragment(struct sim_call *call, const void *message)
{
	Machine__EtcdDefragmentResponse reply = MACHINE__ETCD_DEFRAGMENT_RESPONSE__INIT;
	Machine__EtcdDefragment one = MACHINE__ETCD_DEFRAGMENT__INIT;
	Machine__EtcdDefragment *messages[] = { &one };

	(void)message;
	if (!wants_etcd(call, "etcd defragment"))
		return;
	etcd_defragment(call->node);
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}
