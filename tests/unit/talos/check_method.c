#include "check.h"

#include "base/own.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>
#include <strings.h>

#define EQUAL_TEXT(got, tree, path) \
	cr_assert_str_eq(got, json_text(tree, path), "%s: %s", file, path)
#define EQUAL_NUMBER(got, tree, path) cr_assert_eq(got, json_u64(tree, path), "%s: %s", file, path)
#define EQUAL_BOOL(got, tree, path) cr_assert_eq(got, json_bool(tree, path), "%s: %s", file, path)

void check_texts(const char *file, const char *const *got, const struct value *wanted)
{
	size_t len = value_len(wanted);

	for (size_t i = 0; i < len; i++)
		cr_assert_str_eq(got[i], value_text(value_at(wanted, i)), "%s", file);
	cr_assert_null(got[len], "%s", file);
}

static void check_version(const char *file, const void *reply, const struct value *json)
{
	const struct talos_version *version = reply;
	const struct value *wanted = json_at(json, "messages.0");

	EQUAL_TEXT(version->tag, wanted, "version.tag");
	EQUAL_TEXT(version->arch, wanted, "version.arch");
	EQUAL_TEXT(version->platform, wanted, "platform.name");
	EQUAL_TEXT(version->mode, wanted, "platform.mode");
	EQUAL_BOOL(version->rbac, wanted, "features.rbac");
	cr_assert(text_starts(version->tag, "v1."), "%s", file);
}

static void check_applied(const char *file, const void *reply, const struct value *json)
{
	static const char *const modes[] = { "REBOOT", "AUTO", "NO_REBOOT", "STAGED", "TRY" };
	const struct talos_applied *applied = reply;
	const struct value *wanted = json_at(json, "messages.0");
	const char *mode = json_text(wanted, "mode");

	cr_assert_lt((size_t)applied->mode, ARRAY_LEN(modes), "%s", file);
	cr_assert_str_eq(modes[applied->mode], *mode ? mode : "REBOOT", "%s", file);
	check_texts(file, applied->warnings, json_at(wanted, "warnings"));
}

static void check_nothing(const char *file, const void *reply, const struct value *json)
{
	cr_assert_null(reply, "%s", file);
	cr_assert_eq(value_len(json_at(json, "messages")), 1, "%s", file);
}

static void check_kubeconfig(const char *file, const void *reply, const struct value *json)
{
	const struct talos_kubeconfig *kubeconfig = reply;

	cr_assert_not_null(json_at(json, "bytes"), "%s", file);
	cr_assert(text_starts(kubeconfig->text, "apiVersion: v1\n"), "%s", file);
	cr_assert_not_null(strstr(kubeconfig->text, "\nkind: Config\n"), "%s", file);
	cr_assert_eq(kubeconfig->len, strlen(kubeconfig->text), "%s", file);
}

static void check_services(const char *file, const void *reply, const struct value *json)
{
	const struct talos_services *services = reply;
	const struct value *list = json_at(json, "messages.0.services");

	cr_assert_eq(services->len, value_len(list), "%s", file);
	cr_assert_gt(services->len, 0, "%s", file);
	for (size_t i = 0; i < services->len; i++) {
		const struct talos_service *service = &services->at[i];
		const struct value *wanted = value_at(list, i);

		EQUAL_TEXT(service->id, wanted, "id");
		EQUAL_TEXT(service->state, wanted, "state");
		EQUAL_BOOL(service->healthy, wanted, "health.healthy");
		cr_assert_eq(service->health_known, !json_bool(wanted, "health.unknown"), "%s",
			     file);
		EQUAL_TEXT(service->message, wanted, "health.lastMessage");
	}
}

/* What an event names, and what its action is when the rendering leaves it out as the first one. */
static const struct {
	const char *type, *name, *action;
} events[] = {
	{ "machine.SequenceEvent", "sequence", "NOOP" },
	{ "machine.PhaseEvent", "phase", "START" },
	{ "machine.TaskEvent", "task", "START" },
	{ "machine.ServiceStateEvent", "service", "INITIALIZED" },
	{ "machine.MachineStatusEvent", "-", "" },
	{ "machine.AddressEvent", "-", "" },
	{ "", "-", "" },
};

/* "SHUTTING_DOWN" as "shutting down" */
static void check_stage(const char *file, enum talos_stage stage, const char *wanted)
{
	const char *name = talos_stage_name(stage);

	if (!*wanted)
		wanted = "UNKNOWN";
	cr_assert_eq(strlen(name), strlen(wanted), "%s: %s", file, wanted);
	for (size_t i = 0; wanted[i]; i++) {
		char letter[] = { wanted[i] == '_' ? ' ' : wanted[i], '\0' };
		cr_assert_eq(strncasecmp(name + i, letter, 1), 0, "%s: %s", file, wanted);
	}
}

static void check_event(const char *file, const void *reply, const struct value *json)
{
	const struct talos_event *event = reply;
	const struct value *data = json_at(json, "data");
	const char *type = json_text(data, "@type");
	size_t i = 0;

	if (*type)
		type += sizeof("talos/runtime/") - 1;
	cr_assert_str_eq(event->type, type, "%s", file);
	EQUAL_TEXT(event->id, json, "id");
	EQUAL_TEXT(event->actor, json, "actorId");
	while (i < ARRAY_LEN(events) && strcmp(events[i].type, type) != 0)
		i++;
	cr_assert_lt(i, ARRAY_LEN(events), "%s: %s", file, type);
	EQUAL_TEXT(event->name, data, events[i].name);

	const char *action = json_text(data, "action");
	cr_assert_eq(strcasecmp(event->action, *action ? action : events[i].action), 0,
		     "%s: %s is not %s", file, event->action, action);
	cr_assert_str_eq(event->error ? event->error : "", json_text(data, "error.message"), "%s",
			 file);
	EQUAL_TEXT(event->message, data, "message");
	check_stage(file, event->stage, json_text(data, "stage"));
	EQUAL_BOOL(event->ready, data, "status.ready");
}

static void check_read(const char *file, const void *reply, const struct value *json)
{
	const struct talos_bytes *bytes = reply;
	struct arena *arena OWNED(arena_free) = arena_new("read");

	cr_assert_str_eq(base64_encode(arena, bytes->data, bytes->len), json_text(json, "bytes"),
			 "%s", file);
}

static void check_members(const char *file, const void *reply, const struct value *json)
{
	const struct talos_etcd_members *members = reply;
	const struct value *list = json_at(json, "messages.0.members");

	cr_assert_eq(members->len, value_len(list), "%s", file);
	cr_assert_gt(members->len, 0, "%s", file);
	for (size_t i = 0; i < members->len; i++) {
		const struct talos_etcd_member *member = &members->at[i];
		const struct value *wanted = value_at(list, i);

		cr_assert_neq(member->id, 0, "%s", file);
		EQUAL_NUMBER(member->id, wanted, "id");
		EQUAL_TEXT(member->name, wanted, "hostname");
		EQUAL_BOOL(member->learner, wanted, "isLearner");
		check_texts(file, member->peers, json_at(wanted, "peerUrls"));
		check_texts(file, member->clients, json_at(wanted, "clientUrls"));
	}
}

static void check_etcd_status(const char *file, const void *reply, const struct value *json)
{
	const struct talos_etcd_status *status = reply;
	const struct value *wanted = json_at(json, "messages.0.memberStatus");

	cr_assert_neq(status->member, 0, "%s", file);
	EQUAL_NUMBER(status->member, wanted, "memberId");
	EQUAL_NUMBER(status->leader, wanted, "leader");
	EQUAL_NUMBER(status->raft_index, wanted, "raftIndex");
	EQUAL_NUMBER(status->raft_term, wanted, "raftTerm");
	EQUAL_NUMBER(status->raft_applied, wanted, "raftAppliedIndex");
	EQUAL_NUMBER((uint64_t)status->db_size, wanted, "dbSize");
	EQUAL_NUMBER((uint64_t)status->db_used, wanted, "dbSizeInUse");
	EQUAL_BOOL(status->learner, wanted, "isLearner");
	EQUAL_TEXT(status->storage_version, wanted, "storageVersion");
	check_texts(file, status->errors, json_at(wanted, "errors"));
}

static void check_head(const char *file, const struct talos_resource *resource,
		       const struct value *wanted)
{
	EQUAL_TEXT(resource->type, wanted, "metadata.type");
	EQUAL_TEXT(resource->ns, wanted, "metadata.namespace");
	EQUAL_TEXT(resource->id, wanted, "metadata.id");
	EQUAL_TEXT(resource->version, wanted, "metadata.version");
}

static void check_resource(const char *file, const void *reply, const struct value *json)
{
	check_head(file, reply, json_at(json, "resource"));
}

static void check_change(const char *file, const void *reply, const struct value *json)
{
	static const char *const kinds[] = {
		[CHANGE_READY] = "",
		[CHANGE_CREATED] = "CREATED",
		[CHANGE_UPDATED] = "UPDATED",
		[CHANGE_DESTROYED] = "DESTROYED",
		[CHANGE_ALL_THERE] = "BOOTSTRAPPED",
	};
	const struct talos_change *change = reply;
	const struct value *event = json_at(json, "event.0");
	const char *kind = json_text(event, "eventType");

	if (event && !*kind)
		kind = "CREATED";
	cr_assert_str_eq(kinds[change->kind], kind, "%s", file);
	if (change->kind != CHANGE_READY && change->kind != CHANGE_ALL_THERE)
		check_head(file, &change->resource, json_at(event, "resource"));
	if (change->kind == CHANGE_DESTROYED)
		cr_assert_null(change->resource.spec, "%s", file);
}

static const struct {
	const struct talos_method *method;
	check_fn *check;
} checks[] = {
	{ &talos_version, check_version },
	{ &talos_apply, check_applied },
	{ &talos_bootstrap, check_nothing },
	{ &talos_kubeconfig, check_kubeconfig },
	{ &talos_services, check_services },
	{ &talos_events, check_event },
	{ &talos_read, check_read },
	{ &talos_etcd_members, check_members },
	{ &talos_etcd_status, check_etcd_status },
	{ &talos_get, check_resource },
	{ &talos_list, check_resource },
	{ &talos_watch, check_change },
};

void check_reply(const struct talos_method *method, const char *file, const void *reply,
		 const struct value *json)
{
	size_t i = 0;

	while (i < ARRAY_LEN(checks) && checks[i].method != method)
		i++;
	cr_assert_lt(i, ARRAY_LEN(checks), "%s", method->name);
	checks[i].check(file, reply, json);
}
