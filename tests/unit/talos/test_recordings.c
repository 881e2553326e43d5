/*
 * Everything that real nodes were recorded to say and be asked, against the codecs of every method.
 */
#include "check.h"

#include "base/own.h"
#include "base/text.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <string.h>

struct tally {
	const char *name;
	size_t least; /* as many as this must have been seen */
	size_t seen;
};

static void tally_add(struct tally *tallies, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		tallies[i].seen += strcmp(tallies[i].name, name) == 0;
}

static void tally_check(const struct tally *tallies, size_t len)
{
	for (size_t i = 0; i < len; i++)
		cr_assert_geq(tallies[i].seen, tallies[i].least, "%s: %zu", tallies[i].name,
			      tallies[i].seen);
}

/* ---- replies --------------------------------------------------------------------------------- */

struct seen {
	struct tally methods[12], types[13], refusals[2];
};

/* What the rendering says that we must make of it: unpack's result. */
static int outcome(const struct value *json)
{
	const struct value *messages = value_get(json, "messages");
	const struct value *events = value_get(json, "event");

	if (messages && value_len(messages) != 1)
		return -1;
	if (*json_text(messages, "0.metadata.error"))
		return -1;
	if (value_len(events) > 1)
		return -1;
	return strcmp(json_text(events, "0.eventType"), "NOOP") == 0;
}

static const struct talos_resource *resource_of(const struct talos_method *method,
						const void *reply)
{
	const struct talos_change *change = reply;

	if (method != &talos_watch)
		return method->resources ? reply : NULL;
	bool has = change->kind == CHANGE_CREATED || change->kind == CHANGE_UPDATED;
	return has ? &change->resource : NULL;
}

static void take_response(const struct recording *recording, const struct talos_method *method,
			  const struct value *response, struct seen *seen)
{
	struct arena *arena OWNED(arena_free) = arena_new("reply");
	const struct value *json = value_get(response, "json");
	const struct value *request = json_at(recording->tree, "requests.0.json");
	struct talos_message message = { 0 };
	struct talos_bytes bytes;
	struct err err = ERR_INIT;
	const void *reply = NULL;

	if (!recording_bytes(recording, response, &bytes))
		return;
	message = (struct talos_message){ .data = bytes.data, .len = bytes.len };
	if (method->resources)
		message.asked = recording_type(recording, json_text(request, "type"),
					       json_text(request, "namespace"));
	int wanted = outcome(json);
	int r = method->unpack(arena, &message, &reply, &err);
	cr_assert_eq(r, wanted, "%s: %d: %s", recording->file, r, err.text);
	if (r != 0) {
		tally_add(seen->refusals, ARRAY_LEN(seen->refusals), method->name);
		return;
	}
	tally_add(seen->methods, ARRAY_LEN(seen->methods), method->name);
	check_reply(method, recording->file, reply, json);

	const struct talos_resource *resource = resource_of(method, reply);
	if (resource && (!message.asked->unpack || check_spec(resource->type, recording->file,
							      resource->spec,
							      json_at(response, "specs.0.spec"))))
		tally_add(seen->types, ARRAY_LEN(seen->types), resource->type);
}

static void take_responses(const struct recording *recording, void *context)
{
	const struct talos_method *method = recording_method(recording);
	const struct value *responses = value_get(recording->tree, "responses");

	for (size_t i = 0; method && i < value_len(responses); i++)
		take_response(recording, method, value_at(responses, i), context);
}

Test(recordings, every_reply_is_understood)
{
	struct seen seen = {
		.methods = { { "Version", 20, 0 },
			     { "ApplyConfiguration", 19, 0 },
			     { "Bootstrap", 3, 0 },
			     { "Kubeconfig", 2, 0 },
			     { "ServiceList", 7, 0 },
			     { "Events", 982, 0 },
			     { "Read", 5, 0 },
			     { "EtcdMemberList", 10, 0 },
			     { "EtcdStatus", 5, 0 },
			     { "Get", 13, 0 },
			     { "List", 370, 0 },
			     { "Watch", 60, 0 } },
		.types = { { "MachineStatuses.runtime.talos.dev", 20, 0 },
			   { "MachineTypes.config.talos.dev", 1, 0 },
			   { "MachineConfigs.config.talos.dev", 4, 0 },
			   { "Disks.block.talos.dev", 6, 0 },
			   { "SystemDisks.block.talos.dev", 3, 0 },
			   { "LinkStatuses.net.talos.dev", 4, 0 },
			   { "NodeAddresses.net.talos.dev", 20, 0 },
			   { "HostnameStatuses.net.talos.dev", 3, 0 },
			   { "Services.v1alpha1.talos.dev", 30, 0 },
			   { "EtcdMembers.etcd.talos.dev", 1, 0 },
			   { "Nodenames.kubernetes.talos.dev", 1, 0 },
			   { "NodeStatuses.kubernetes.talos.dev", 1, 0 },
			   { "StaticPodStatuses.kubernetes.talos.dev", 3, 0 } },
		/* Answers of several nodes, and changes that were asked for by the handful. */
		.refusals = { { "Version", 2, 0 }, { "Watch", 4, 0 } },
	};

	recording_each(take_responses, &seen);
	tally_check(seen.methods, ARRAY_LEN(seen.methods));
	tally_check(seen.types, ARRAY_LEN(seen.types));
	tally_check(seen.refusals, ARRAY_LEN(seen.refusals));
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool has_only(const struct value *map, const char *names)
{
	for (size_t i = 0; i < value_len(map); i++) {
		if (!strstr(names, value_key_at(map, i)))
			return false;
	}
	return true;
}

/* Each makes our request of a rendering, or NULL when we never ask like that. */
typedef const void *request_fn(const struct recording *recording, const struct value *json);

static const void *apply_request(const struct recording *recording, const struct value *json)
{
	static const char *const modes[] = { "REBOOT", "AUTO", "NO_REBOOT", "STAGED", "TRY" };
	struct talos_apply_request *request = arena_alloc(recording->arena, sizeof(*request));
	const char *mode = json_text(json, "mode");

	request->config = "";
	if (value_has(json, "data"))
		request->config = (const char *)base64_decode(
			recording->arena, json_text(json, "data"), &request->len);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (strcmp(modes[i], mode) == 0)
			request->mode = (enum talos_apply_mode)i;
	}
	request->dry_run = json_bool(json, "dryRun");
	return has_only(json, "data mode dryRun") ? request : NULL;
}

static const void *events_request(const struct recording *recording, const struct value *json)
{
	struct talos_events_request *request = arena_alloc(recording->arena, sizeof(*request));
	const struct value *actor = value_get(json, "withActorId");
	int64_t tail = 0;

	text_i64(json_text(json, "tailEvents"), &tail);
	request->tail = (int32_t)tail;
	request->actor = value_text(actor);
	return has_only(json, "tailEvents withActorId") ? request : NULL;
}

static const void *read_request(const struct recording *recording, const struct value *json)
{
	struct talos_read_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->path = json_text(json, "path");
	return request;
}

static const void *members_request(const struct recording *recording, const struct value *json)
{
	struct talos_etcd_members_request *request =
		arena_alloc(recording->arena, sizeof(*request));

	request->local = json_bool(json, "queryLocal");
	return request;
}

static struct talos_get_request *resource_request(const struct recording *recording,
						  const struct value *json)
{
	struct talos_get_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->type = recording_type(recording, json_text(json, "type"),
				       json_text(json, "namespace"));
	request->id = value_get_text(json, "id");
	return request;
}

static const void *get_request(const struct recording *recording, const struct value *json)
{
	struct talos_get_request *request = resource_request(recording, json);

	if (text_equal(request->id, request->type->singleton))
		request->id = NULL;
	return request;
}

static const void *list_request(const struct recording *recording, const struct value *json)
{
	return has_only(json, "namespace type") ? resource_request(recording, json) : NULL;
}

static const void *watch_request(const struct recording *recording, const struct value *json)
{
	const struct value *options = value_get(json, "options");
	bool all = json_bool(options, "bootstrapContents");

	if (!options || !has_only(options, "bootstrapContents") || all == value_has(json, "id"))
		return NULL;
	return resource_request(recording, json);
}

static const void *empty_request(const struct recording *recording, const struct value *json)
{
	return value_len(json) == 0 ? recording : NULL;
}

static const struct {
	const char *method;
	request_fn *make;
} makers[] = {
	{ "Version", empty_request },
	{ "ApplyConfiguration", apply_request },
	{ "Bootstrap", empty_request },
	{ "Kubeconfig", empty_request },
	{ "ServiceList", empty_request },
	{ "Events", events_request },
	{ "Read", read_request },
	{ "EtcdMemberList", members_request },
	{ "EtcdStatus", empty_request },
	{ "Get", get_request },
	{ "List", list_request },
	{ "Watch", watch_request },
};

static void take_request(const struct recording *recording, void *context)
{
	struct str packed SCOPED(str_done) = STR_INIT(1 << 20);
	const struct talos_method *method = recording_method(recording);
	const struct value *recorded = json_at(recording->tree, "requests.0");
	const void *request = NULL;
	struct talos_bytes bytes;

	if (!method)
		return;
	for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
		if (strcmp(makers[i].method, method->name) == 0)
			request = makers[i].make(recording, value_get(recorded, "json"));
	}
	if (!request)
		return;
	if (method->pack)
		method->pack(request, &packed);
	cr_assert(recording_bytes(recording, recorded, &bytes), "%s", recording->file);
	cr_assert_eq(packed.len, bytes.len, "%s: %zu bytes", recording->file, packed.len);
	cr_assert_eq(memcmp(str_text(&packed), bytes.data, bytes.len), 0, "%s", recording->file);
	tally_add(context, ARRAY_LEN(makers), method->name);
}

Test(recordings, requests_are_packed_as_recorded)
{
	struct tally tallies[] = {
		{ "Version", 80, 0 },
		{ "ApplyConfiguration", 20, 0 },
		{ "Bootstrap", 7, 0 },
		{ "Kubeconfig", 5, 0 },
		{ "ServiceList", 8, 0 },
		{ "Events", 14, 0 },
		{ "Read", 8, 0 },
		{ "EtcdMemberList", 14, 0 },
		{ "EtcdStatus", 6, 0 },
		{ "Get", 16, 0 },
		{ "List", 50, 0 },
		{ "Watch", 2, 0 },
	};

	_Static_assert(ARRAY_LEN(tallies) == ARRAY_LEN(makers), "a count for each method");
	recording_each(take_request, tallies);
	tally_check(tallies, ARRAY_LEN(tallies));
}

/* ---- statuses -------------------------------------------------------------------------------- */

static const struct {
	const char *code;
	enum err_kind kind;
	bool exists, not_yet, unimplemented;
} statuses[] = {
	{ .code = "OK", .kind = ERR_NONE },
	{ .code = "Canceled", .kind = ERR_NET },
	{ .code = "Unknown", .kind = ERR_REMOTE },
	{ .code = "InvalidArgument", .kind = ERR_REMOTE },
	{ .code = "DeadlineExceeded", .kind = ERR_TIMEOUT },
	{ .code = "NotFound", .kind = ERR_NOT_FOUND },
	{ .code = "AlreadyExists", .kind = ERR_CONFLICT, .exists = true },
	{ .code = "PermissionDenied", .kind = ERR_AUTH },
	{ .code = "FailedPrecondition", .kind = ERR_CONFLICT, .not_yet = true },
	{ .code = "Unimplemented", .kind = ERR_REMOTE, .unimplemented = true },
	{ .code = "Internal", .kind = ERR_REMOTE },
	{ .code = "Unavailable", .kind = ERR_NET },
};

static void take_status(const struct recording *recording, void *context)
{
	const struct value *status = value_get(recording->tree, "status");
	const char *code = json_text(status, "code");
	struct err err = ERR_INIT;
	size_t i = 0;

	while (i < ARRAY_LEN(statuses) && strcmp(statuses[i].code, code) != 0)
		i++;
	cr_assert_lt(i, ARRAY_LEN(statuses), "%s: %s", recording->file, code);
	rpc_status_err(&err, (enum rpc_code)json_u64(status, "number"),
		       json_text(status, "message"));
	cr_assert_eq(err.kind, statuses[i].kind, "%s: %s", recording->file, err.text);
	cr_assert_eq(talos_says_exists(&err), statuses[i].exists, "%s", recording->file);
	cr_assert_eq(talos_says_not_yet(&err), statuses[i].not_yet, "%s", recording->file);
	cr_assert_eq(talos_says_unimplemented(&err), statuses[i].unimplemented, "%s",
		     recording->file);
	for (const char *c = err.text; *c; c++)
		cr_assert_geq((unsigned char)*c, 0x20, "%s", recording->file);
	tally_add(context, ARRAY_LEN(statuses), code);
}

Test(recordings, statuses_have_their_kinds)
{
	struct tally tallies[ARRAY_LEN(statuses)];

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		tallies[i] = (struct tally){ statuses[i].code, 1, 0 };
	recording_each(take_status, tallies);
	tally_check(tallies, ARRAY_LEN(tallies));
}
