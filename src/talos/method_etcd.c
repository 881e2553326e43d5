#include "base/clock.h"
#include "machine.pb-c.h"
#include "talos/proto.h"
#include "talos/talos.h"

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
