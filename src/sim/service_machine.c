#include "sim/service.h"

#include "base/clock.h"
#include "base/gzip.h"
#include "base/str.h"
#include "common.pb-c.h"
#include "machine.pb-c.h"
#include "sim/world_impl.h"

#include <string.h>

#define KUBECONFIG_MAX ((size_t)1 << 20)
#define READ_PIECE 1024
#define NEVER (-INT64_C(62135596800)) /* 0001-01-01: a time that was never set */

/* ---- what it is ------------------------------------------------------------------------------ */

void call_version(struct sim_call *call, const void *message)
{
	Machine__VersionResponse reply = MACHINE__VERSION_RESPONSE__INIT;
	Machine__Version one = MACHINE__VERSION__INIT;
	Machine__VersionInfo version = MACHINE__VERSION_INFO__INIT;
	Machine__PlatformInfo platform = MACHINE__PLATFORM_INFO__INIT;
	Machine__FeaturesInfo features = MACHINE__FEATURES_INFO__INIT;
	Machine__Version *messages[] = { &one };
	const struct sim_config *config = call->node->config;

	(void)message;
	version.tag = (char *)node_version(call->node);
	version.sha = (char *)"undefined";
	version.go_version = (char *)"go1.26.8";
	version.os = (char *)"linux";
	version.arch = (char *)"amd64";
	platform.name = (char *)"metal";
	platform.mode = (char *)"metal";
	features.rbac = true;
	one.version = &version;
	one.platform = &platform;
	one.features = config && config->complete ? &features : NULL;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_hostname(struct sim_call *call, const void *message)
{
	Machine__HostnameResponse reply = MACHINE__HOSTNAME_RESPONSE__INIT;
	Machine__Hostname one = MACHINE__HOSTNAME__INIT;
	Machine__Hostname *messages[] = { &one };

	(void)message;
	one.hostname = call->node->hostname;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- services -------------------------------------------------------------------------------- */

static Google__Protobuf__Timestamp *timestamp(struct arena *arena, uint64_t wall)
{
	Google__Protobuf__Timestamp *time = arena_alloc(arena, sizeof(*time));

	google__protobuf__timestamp__init(time);
	time->seconds = wall ? (int64_t)(wall / SECOND) : NEVER;
	time->nanos = (int32_t)(wall % SECOND);
	return time;
}

static Machine__ServiceEvents *service_events(struct arena *arena,
					      const struct sim_service *service)
{
	Machine__ServiceEvents *out = arena_alloc(arena, sizeof(*out));

	machine__service_events__init(out);
	out->events = arena_calloc(arena, SERVICE_HISTORY, sizeof(void *));
	for (size_t i = 0; i < service->entries; i++) {
		Machine__ServiceEvent *event = arena_alloc(arena, sizeof(*event));

		machine__service_event__init(event);
		event->msg = (char *)service->history[i].text;
		event->state = (char *)service->history[i].state;
		event->ts = timestamp(arena, service->history[i].wall);
		out->events[out->n_events++] = event;
	}
	return out;
}

static Machine__ServiceInfo *service_info(struct arena *arena, enum sim_service_id id,
					  const struct sim_service *service)
{
	Machine__ServiceInfo *out = arena_alloc(arena, sizeof(*out));
	Machine__ServiceHealth *health = arena_alloc(arena, sizeof(*health));
	bool healthy = service_is_healthy(service);

	machine__service_info__init(out);
	machine__service_health__init(health);
	health->unknown = !healthy;
	health->healthy = healthy;
	health->last_change = timestamp(arena, healthy ? service->since : 0);
	out->id = (char *)service_name(id);
	out->state = (char *)service_state_text(service->state);
	out->events = service_events(arena, service);
	out->health = health;
	return out;
}

void call_services(struct sim_call *call, const void *message)
{
	Machine__ServiceListResponse reply = MACHINE__SERVICE_LIST_RESPONSE__INIT;
	Machine__ServiceList one = MACHINE__SERVICE_LIST__INIT;
	Machine__ServiceList *messages[] = { &one };
	Machine__ServiceInfo *services[SERVICE_COUNT];

	(void)message;
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		const struct sim_service *service = &call->node->service[id];

		if (service->state != SERVICE_ABSENT)
			services[one.n_services++] =
				service_info(call_arena(call), id, service);
	}
	one.services = services;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- etcd ------------------------------------------------------------------------------------ */

/* A data folder that is not empty is told of first. */
static bool may_recover(struct sim_call *call, bool skip_hash)
{
	const struct sim_etcd *etcd = &call->node->etcd;

	if (etcd->state >= ETCD_REMOVED || (etcd->upload && (etcd->upload_whole || skip_hash)))
		return true;
	call_fail(call, RPC_FAILED_PRECONDITION, "%s",
		  etcd->upload ? "the uploaded etcd snapshot does not match its hash"
			       : "no etcd snapshot was uploaded to recover from");
	return false;
}

void call_bootstrap(struct sim_call *call, const void *message)
{
	const Machine__BootstrapRequest *request = message;
	Machine__BootstrapResponse reply = MACHINE__BOOTSTRAP_RESPONSE__INIT;
	Machine__Bootstrap one = MACHINE__BOOTSTRAP__INIT;
	Machine__Bootstrap *messages[] = { &one };

	if (!call_wants_control(call, "bootstrap"))
		return;
	if (request->recover_etcd && !may_recover(call, request->recover_skip_hash_check))
		return;
	switch (request->recover_etcd ? etcd_recover(call->node, call->node->etcd.upload)
				      : etcd_bootstrap(call->node)) {
	case BOOTSTRAP_NOT_YET:
		call_fail(call, RPC_FAILED_PRECONDITION, "bootstrap is not available yet");
		return;
	case BOOTSTRAP_EXISTS:
		call_fail(call, RPC_ALREADY_EXISTS, "etcd data directory is not empty");
		return;
	case BOOTSTRAP_OK:
		break;
	}
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

static char **one_url(struct arena *arena, const struct sim_node *node, unsigned port)
{
	const char *address = node_address(node);
	bool six = strchr(address, ':') != NULL;
	char **urls = arena_calloc(arena, 1, sizeof(*urls));

	urls[0] = arena_printf(arena, "https://%s%s%s:%u", six ? "[" : "", address, six ? "]" : "",
			       port);
	return urls;
}

static Machine__EtcdMember *member_of(struct arena *arena, const struct sim_member *member)
{
	Machine__EtcdMember *out = arena_alloc(arena, sizeof(*out));

	machine__etcd_member__init(out);
	out->id = member->id;
	out->peer_urls = one_url(arena, member->node, 2380);
	out->n_peer_urls = 1;
	out->is_learner = member->learner;
	/* one that has not started yet has told nobody its name or where clients find it */
	if (*member->name) {
		out->hostname = (char *)member->name;
		out->client_urls = one_url(arena, member->node, 2379);
		out->n_client_urls = 1;
	}
	return out;
}

static void answer_members(struct sim_call *call, const char *cluster)
{
	struct arena *arena = call_arena(call);
	const struct world *world = call->node->world;
	struct sim_member *members = arena_calloc(arena, world->nodes, sizeof(*members));
	size_t count = etcd_members(world, cluster, members, world->nodes);
	Machine__EtcdMemberListResponse reply = MACHINE__ETCD_MEMBER_LIST_RESPONSE__INIT;
	Machine__EtcdMembers one = MACHINE__ETCD_MEMBERS__INIT;
	Machine__EtcdMembers *messages[] = { &one };

	one.members = arena_calloc(arena, count, sizeof(void *));
	one.legacy_members = arena_calloc(arena, count, sizeof(char *));
	for (size_t i = 0; i < count; i++) {
		one.members[i] = member_of(arena, &members[i]);
		one.legacy_members[i] = one.members[i]->hostname;
	}
	one.n_members = one.n_legacy_members = count;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* Real nodes let such a call wait until there is a cluster that can answer. */
static void members_settle(struct sim_call *call)
{
	const bool *local = call->data;
	const struct sim_node *node = call->node;
	const char *cluster = *local && node->etcd.state < ETCD_LEARNER ? ""
									: etcd_cluster_seen(node);

	if (*cluster && etcd_has_quorum(node->world, cluster))
		answer_members(call, cluster);
}

static void wait_for(struct sim_call *call, void (*on_settle)(struct sim_call *call))
{
	call->on_settle = on_settle;
	on_settle(call);
}

void call_etcd_members(struct sim_call *call, const void *message)
{
	const Machine__EtcdMemberListRequest *request = message;
	bool *local = arena_alloc(call_arena(call), sizeof(*local));

	if (!call_wants_control(call, "member list"))
		return;
	*local = request->query_local;
	call->data = local;
	wait_for(call, members_settle);
}

/* As etcd prints them: its alarms, and that nobody leads. */
static char **etcd_errors(struct sim_call *call, size_t *count)
{
	struct arena *arena = call_arena(call);
	const struct sim_node *node = call->node;
	struct sim_alarm *alarm = arena_calloc(arena, 2 * node->world->nodes, sizeof(*alarm));
	size_t alarms = etcd_alarms(node->world, node->etcd.cluster, alarm);
	char **out = arena_calloc(arena, alarms + 1, sizeof(*out));

	for (size_t i = 0; i < alarms; i++)
		out[i] = arena_printf(arena, "memberID:%llu alarm:%s ",
				      (unsigned long long)alarm[i].member,
				      alarm[i].alarm == ETCD_ALARM_NOSPACE ? "NOSPACE" : "CORRUPT");
	if (!etcd_leader(node->world, node->etcd.cluster))
		out[alarms++] = arena_str(arena, "etcdserver: no leader");
	*count = alarms;
	return out;
}

static void answer_status(struct sim_call *call)
{
	const struct sim_node *node = call->node;
	const struct sim_node *leader = etcd_leader(node->world, node->etcd.cluster);
	struct sim_progress progress = etcd_progress(node);
	Machine__EtcdStatusResponse reply = MACHINE__ETCD_STATUS_RESPONSE__INIT;
	Machine__EtcdStatus one = MACHINE__ETCD_STATUS__INIT;
	Machine__EtcdMemberStatus status = MACHINE__ETCD_MEMBER_STATUS__INIT;
	Machine__EtcdStatus *messages[] = { &one };

	status.protocol_version = (char *)"3.6.16";
	status.storage_version = (char *)"3.6.0";
	status.db_size = (int64_t)progress.size;
	status.db_size_in_use = (int64_t)progress.used;
	status.leader = leader ? leader->etcd.member : 0;
	status.raft_index = progress.index;
	status.raft_applied_index = progress.applied;
	status.raft_term = progress.term;
	status.errors = etcd_errors(call, &status.n_errors);
	status.is_learner = node->etcd.state == ETCD_LEARNER;
	status.member_id = node->etcd.member;
	one.member_status = &status;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

static void status_settle(struct sim_call *call)
{
	const struct sim_node *node = call->node;

	if (node->etcd.state >= ETCD_LEARNER &&
	    service_is_running(&node->service[SERVICE_ETCD]))
		answer_status(call);
}

void call_etcd_status(struct sim_call *call, const void *message)
{
	(void)message;
	if (call_wants_control(call, "etcd status"))
		wait_for(call, status_settle);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void send_data(struct sim_call *call, const void *data, size_t len)
{
	Common__Data piece = COMMON__DATA__INIT;

	piece.bytes.data = (uint8_t *)data;
	piece.bytes.len = len;
	call_send(call, &piece.base);
}

void call_kubeconfig(struct sim_call *call, const void *message)
{
	struct str text SCOPED(str_done) = STR_INIT(KUBECONFIG_MAX);
	struct str tar SCOPED(str_done) = STR_INIT(KUBECONFIG_MAX);
	struct str packed SCOPED(str_done) = STR_INIT(KUBECONFIG_MAX);
	struct err err = ERR_INIT;

	(void)message;
	if (!call_wants_control(call, "kubeconfig"))
		return;
	if (kube_config_write(call->node, &text, &err) < 0) {
		call_fail(call, RPC_FAILED_PRECONDITION, "%s", err.text);
		return;
	}
	tar_add(&tar, "kubeconfig", text.at, text.len);
	if (gzip_pack(tar.at, tar.len, &packed, &err) < 0) {
		call_fail(call, RPC_INTERNAL, "%s", err.text);
		return;
	}
	send_data(call, packed.at, packed.len);
	call_end(call);
}

/* The files that somebody asks for; a path without a slash in front counts from the root too. */
static const char *file_text(struct sim_call *call, const char *path)
{
	const struct sim_node *node = call->node;
	struct arena *arena = call_arena(call);

	while (*path == '/')
		path++;
	if (!strcmp(path, "proc/sys/kernel/random/boot_id"))
		return arena_printf(arena, "%s\n", node->boot_id);
	if (!strcmp(path, "etc/hostname") || !strcmp(path, "proc/sys/kernel/hostname"))
		return arena_printf(arena, "%s\n", node->hostname);
	if (!strcmp(path, "etc/os-release"))
		return arena_printf(arena, "NAME=\"Talos\"\nID=talos\nVERSION_ID=%s\n",
				    node_version(node));
	return NULL;
}

static bool is_folder(const char *path)
{
	static const char *const folders[] = { "", "/", "/etc", "/proc", "/proc/sys", "/system",
					       "/var" };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (!strcmp(folders[i], path))
			return true;
	}
	return false;
}

void call_read(struct sim_call *call, const void *message)
{
	const Machine__ReadRequest *request = message;
	const char *text = file_text(call, request->path);

	if (!text && is_folder(request->path)) {
		call_fail(call, RPC_UNKNOWN, "path must be a regular file");
		return;
	}
	if (!text) {
		call_fail(call, RPC_NOT_FOUND, "stat %s: no such file or directory",
			  request->path);
		return;
	}
	for (size_t len = strlen(text); len > 0;) {
		size_t piece = len < READ_PIECE ? len : READ_PIECE;

		send_data(call, text, piece);
		text += piece;
		len -= piece;
	}
	call_end(call);
}
