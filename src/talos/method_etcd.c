#include "base/clock.h"
#include "common.pb-c.h"
#include "etcd.pb-c.h"
#include "machine.pb-c.h"
#include "rpc/frame.h"
#include "talos/proto.h"
#include "talos/talos.h"

#define UPLOAD_PIECE ((size_t)64 << 10) /* of a snapshot, in one message */

static void members_pack(const void *request, struct str *out)
{
	const struct talos_etcd_members_request *members = request;
	Machine__EtcdMemberListRequest message = MACHINE__ETCD_MEMBER_LIST_REQUEST__INIT;

	message.query_local = members && members->local;
	proto_pack(&message.base, out);
}

static int members_unpack(struct arena *arena, const struct talos_message *message,
			  const void **out, struct err *err)
{
	const Machine__EtcdMembers *members =
		proto_unpack_only(arena, &machine__etcd_member_list_response__descriptor,
				  message->data, message->len, err);
	struct talos_etcd_members *reply = arena_alloc(arena, sizeof(*reply));

	if (!members)
		return -1;
	reply->at = arena_calloc(arena, members->n_members, sizeof(*reply->at));
	reply->len = members->n_members;
	for (size_t i = 0; i < reply->len; i++) {
		const Machine__EtcdMember *member = members->members[i];

		reply->at[i] = (struct talos_etcd_member){
			.id = member->id,
			.name = member->hostname,
			.peers = proto_texts(arena, member->peer_urls, member->n_peer_urls),
			.clients = proto_texts(arena, member->client_urls, member->n_client_urls),
			.learner = member->is_learner,
		};
	}
	*out = reply;
	return 0;
}

const struct talos_method talos_etcd_members = {
	.name = "EtcdMemberList",
	.path = "/machine.MachineService/EtcdMemberList",
	.phrase = "list the members of etcd",
	.timeout = 5 * SECOND,
	.pack = members_pack,
	.unpack = members_unpack,
};

static int status_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			 struct err *err)
{
	const Machine__EtcdStatus *etcd =
		proto_unpack_only(arena, &machine__etcd_status_response__descriptor, message->data,
				  message->len, err);
	struct talos_etcd_status *reply = arena_alloc(arena, sizeof(*reply));

	if (!etcd)
		return -1;
	if (!etcd->member_status)
		return err_set(err, ERR_REMOTE, "the answer holds no status");

	const Machine__EtcdMemberStatus *status = etcd->member_status;
	*reply = (struct talos_etcd_status){
		.member = status->member_id,
		.leader = status->leader,
		.raft_index = status->raft_index,
		.raft_term = status->raft_term,
		.raft_applied = status->raft_applied_index,
		.db_size = status->db_size,
		.db_used = status->db_size_in_use,
		.learner = status->is_learner,
		.storage_version = status->storage_version,
		.errors = proto_texts(arena, status->errors, status->n_errors),
	};
	*out = reply;
	return 0;
}

const struct talos_method talos_etcd_status = {
	.name = "EtcdStatus",
	.path = "/machine.MachineService/EtcdStatus",
	.phrase = "read the status of etcd",
	.timeout = 5 * SECOND,
	.unpack = status_unpack,
};

/* ---- snapshots ------------------------------------------------------------------------------- */

const struct talos_method talos_etcd_snapshot = {
	.name = "EtcdSnapshot",
	.path = "/machine.MachineService/EtcdSnapshot",
	.phrase = "take a snapshot of etcd",
	.timeout = 10 * MINUTE,
	.streaming = true,
	.endless = true,
	.unpack = proto_unpack_bytes,
};

static void recover_pack(const void *request, struct str *out)
{
	const struct talos_bytes *file = request;
	struct str message SCOPED(str_done) = STR_INIT(RPC_MESSAGE_MAX);

	for (size_t at = 0; at < file->len;) {
		size_t left = file->len - at, len = left < UPLOAD_PIECE ? left : UPLOAD_PIECE;
		Common__Data piece = COMMON__DATA__INIT;

		piece.bytes.data = (uint8_t *)file->data + at;
		piece.bytes.len = len;
		str_clear(&message);
		proto_pack(&piece.base, &message);
		frame_write(out, message.at, message.len);
		at += len;
	}
}

static int recover_unpack(struct arena *arena, const struct talos_message *message,
			  const void **out, struct err *err)
{
	return proto_unpack_done(arena, &machine__etcd_recover_response__descriptor, message, out,
				 err);
}

const struct talos_method talos_etcd_recover = {
	.name = "EtcdRecover",
	.path = "/machine.MachineService/EtcdRecover",
	.phrase = "give the node a snapshot of etcd",
	.timeout = 10 * MINUTE,
	.upload = true,
	.pack = recover_pack,
	.unpack = recover_unpack,
};

static void bootstrap_pack(const void *request, struct str *out)
{
	const struct talos_recover_request *recover = request;
	Machine__BootstrapRequest message = MACHINE__BOOTSTRAP_REQUEST__INIT;

	message.recover_etcd = true;
	message.recover_skip_hash_check = recover && recover->skip_hash;
	proto_pack(&message.base, out);
}

static int bootstrap_unpack(struct arena *arena, const struct talos_message *message,
			    const void **out, struct err *err)
{
	return proto_unpack_done(arena, &machine__bootstrap_response__descriptor, message, out,
				 err);
}

const struct talos_method talos_bootstrap_recover = {
	.name = "Bootstrap",
	.path = "/machine.MachineService/Bootstrap",
	.phrase = "bootstrap etcd from a snapshot",
	.timeout = MINUTE,
	.pack = bootstrap_pack,
	.unpack = bootstrap_unpack,
};

/* ---- who leads, who is in -------------------------------------------------------------------- */

static int forfeit_unpack(struct arena *arena, const struct talos_message *message,
			  const void **out, struct err *err)
{
	const Machine__EtcdForfeitLeadership *forfeit =
		proto_unpack_only(arena, &machine__etcd_forfeit_leadership_response__descriptor,
				  message->data, message->len, err);
	struct talos_etcd_forfeited *reply = arena_alloc(arena, sizeof(*reply));

	if (!forfeit)
		return -1;
	reply->leader = forfeit->member;
	*out = reply;
	return 0;
}

const struct talos_method talos_etcd_forfeit = {
	.name = "EtcdForfeitLeadership",
	.path = "/machine.MachineService/EtcdForfeitLeadership",
	.phrase = "hand over the leadership of etcd",
	.timeout = 30 * SECOND,
	.unpack = forfeit_unpack,
};

static int leave_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	return proto_unpack_done(arena, &machine__etcd_leave_cluster_response__descriptor, message,
				 out, err);
}

const struct talos_method talos_etcd_leave = {
	.name = "EtcdLeaveCluster",
	.path = "/machine.MachineService/EtcdLeaveCluster",
	.phrase = "leave etcd",
	.timeout = 6 * MINUTE,
	.unpack = leave_unpack,
};

static void remove_pack(const void *request, struct str *out)
{
	const struct talos_etcd_remove_request *remove = request;
	Machine__EtcdRemoveMemberByIDRequest message =
		MACHINE__ETCD_REMOVE_MEMBER_BY_IDREQUEST__INIT;

	message.member_id = remove->member;
	proto_pack(&message.base, out);
}

static int remove_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			 struct err *err)
{
	return proto_unpack_done(arena, &machine__etcd_remove_member_by_idresponse__descriptor,
				 message, out, err);
}

const struct talos_method talos_etcd_remove = {
	.name = "EtcdRemoveMemberByID",
	.path = "/machine.MachineService/EtcdRemoveMemberByID",
	.phrase = "remove a member of etcd",
	.timeout = 30 * SECOND,
	.pack = remove_pack,
	.unpack = remove_unpack,
};

/* ---- alarms, space --------------------------------------------------------------------------- */

static const struct talos_etcd_alarms *alarms_read(struct arena *arena,
						   Machine__EtcdMemberAlarm *const *alarms,
						   size_t count)
{
	struct talos_etcd_alarms *reply = arena_alloc(arena, sizeof(*reply));

	reply->at = arena_calloc(arena, count, sizeof(*reply->at));
	for (size_t i = 0; i < count; i++) {
		const ProtobufCEnumValue *name = protobuf_c_enum_descriptor_get_value(
			&machine__etcd_member_alarm__alarm_type__descriptor,
			(int)alarms[i]->alarm);

		if (alarms[i]->alarm == MACHINE__ETCD_MEMBER_ALARM__ALARM_TYPE__NONE)
			continue;
		reply->at[reply->len++] = (struct talos_etcd_alarm){
			.member = alarms[i]->member_id,
			.name = name ? name->name : "of an unknown kind",
		};
	}
	return reply;
}

static int alarms_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			 struct err *err)
{
	const Machine__EtcdAlarm *alarm =
		proto_unpack_only(arena, &machine__etcd_alarm_list_response__descriptor,
				  message->data, message->len, err);

	if (!alarm)
		return -1;
	*out = alarms_read(arena, alarm->member_alarms, alarm->n_member_alarms);
	return 0;
}

const struct talos_method talos_etcd_alarms = {
	.name = "EtcdAlarmList",
	.path = "/machine.MachineService/EtcdAlarmList",
	.phrase = "list the alarms of etcd",
	.timeout = 5 * SECOND,
	.unpack = alarms_unpack,
};

static int disarm_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			 struct err *err)
{
	const Machine__EtcdAlarmDisarm *alarm =
		proto_unpack_only(arena, &machine__etcd_alarm_disarm_response__descriptor,
				  message->data, message->len, err);

	if (!alarm)
		return -1;
	*out = alarms_read(arena, alarm->member_alarms, alarm->n_member_alarms);
	return 0;
}

const struct talos_method talos_etcd_disarm = {
	.name = "EtcdAlarmDisarm",
	.path = "/machine.MachineService/EtcdAlarmDisarm",
	.phrase = "end the alarms of etcd",
	.timeout = 10 * SECOND,
	.unpack = disarm_unpack,
};

static int defragment_unpack(struct arena *arena, const struct talos_message *message,
			     const void **out, struct err *err)
{
	return proto_unpack_done(arena, &machine__etcd_defragment_response__descriptor, message,
				 out, err);
}

const struct talos_method talos_etcd_defragment = {
	.name = "EtcdDefragment",
	.path = "/machine.MachineService/EtcdDefragment",
	.phrase = "defragment etcd",
	.timeout = 5 * MINUTE,
	.unpack = defragment_unpack,
};
