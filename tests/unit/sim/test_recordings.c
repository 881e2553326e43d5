#include "shape.h"
#include "stage.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "common.pb-c.h"
#include "cosi.pb-c.h"
#include "crypto/x509.h"
#include "machine.pb-c.h"
#include "resources.pb-c.h"
#include "rpc/status.h"
#include "tree/json.h"
#include "tree/value.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/*
 * "The simulator answers alike": what a client sent to real nodes is sent to a simulated one in the
 * same situation, and both answers are compared: the status word by word, the messages by the
 * fields that are there, specs of resources too.
 */

#define FOLDER TEST_DATA_DIR "/recordings"

enum compare {
	ALIKE,	   /* code, message, fields */
	SAME,	   /* and every byte */
	CODE_ONLY, /* the message is the parser's own */
};

struct row {
	const char *file; /* without .json */
	const ProtobufCMessageDescriptor *reply;
	enum compare compare;
	const char *ignore; /* prefixes of paths: what differs from machine to machine */
};

static const struct row maintenance_rows[] = {
	{ "maintenance/01-MachineService.Version", &machine__version_response__descriptor, ALIKE,
	  NULL },
	{ "maintenance/02-State.Get-MachineStatus", &cosi__resource__get_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/03-State.List-MachineStatus", &cosi__resource__list_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/04-State.List-NodeAddress", &cosi__resource__list_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/05-State.Get-NodeAddress-default", &cosi__resource__get_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/06-State.Get-HostnameStatus", &cosi__resource__get_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/08-State.List-AddressStatus", &cosi__resource__list_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/10-State.List-Version", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "maintenance/11-State.List-ExtensionStatus", NULL, ALIKE, NULL },
	{ "maintenance/13-State.Get-SecurityState", &cosi__resource__get_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/14-State.List-Service", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "maintenance/15-MachineService.ServiceList", &machine__service_list_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/16-MachineService.Hostname", &machine__hostname_response__descriptor, ALIKE,
	  NULL },
	{ "maintenance/19-State.List-MachineConfig-sensitive", NULL, ALIKE, NULL },
	{ "maintenance/20-State.Get-MachineConfig-sensitive", NULL, ALIKE, NULL },
	{ "maintenance/21-State.Get-MachineType", &cosi__resource__get_response__descriptor, ALIKE,
	  NULL },
	{ "maintenance/22-State.Get-absent-id", NULL, ALIKE, NULL },
	{ "maintenance/23-State.List-unknown-type", NULL, ALIKE, NULL },
	{ "maintenance/24-State.List-unknown-namespace", NULL, ALIKE, NULL },
	{ "maintenance/25-State.Watch-MachineStatus-bookmarks",
	  &cosi__resource__watch_response__descriptor, ALIKE, NULL },
	{ "maintenance/26-MachineService.Events-tail-all", &machine__event__descriptor, ALIKE,
	  NULL },
	{ "maintenance/30-MachineService.Reset-refused", NULL, ALIKE, NULL },
	{ "maintenance/31-MachineService.Bootstrap-refused", NULL, ALIKE, NULL },
	{ "maintenance/32-MachineService.Kubeconfig-refused", NULL, ALIKE, NULL },
	{ "maintenance/33-MachineService.Reboot-refused", NULL, ALIKE, NULL },
	{ "maintenance/34-MachineService.Upgrade-refused", NULL, ALIKE, NULL },
	{ "maintenance/35-LifecycleService.Upgrade-refused", NULL, ALIKE, NULL },
	{ "maintenance/36-MachineService.Read-refused", NULL, ALIKE, NULL },
	{ "maintenance/38-MachineService.EtcdMemberList-no-machine-type", NULL, ALIKE, NULL },
	{ "maintenance/39-MachineService.GenerateClientConfiguration-refused", NULL, ALIKE, NULL },
	{ "maintenance/40-MachineService.GenerateConfiguration-removed", NULL, ALIKE, NULL },
	{ "maintenance/41-MachineService.NoSuchMethod", NULL, ALIKE, NULL },
	{ "maintenance/42-NoSuchService.Foo", NULL, ALIKE, NULL },
	{ "maintenance/43-MachineService.Version-garbage-request", NULL, ALIKE, NULL },
	{ "maintenance/44-MachineService.Version-node-header-ignored",
	  &machine__version_response__descriptor, ALIKE, NULL },
	{ "maintenance/45-MachineService.Version-nodes-header-ignored",
	  &machine__version_response__descriptor, ALIKE, NULL },
	{ "maintenance/46-State.List-nodes-header", &cosi__resource__list_response__descriptor,
	  ALIKE, NULL },
	{ "maintenance/60-MachineService.ApplyConfiguration-dry-run-valid",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "maintenance/61-MachineService.ApplyConfiguration-dry-run-not-yaml", NULL, CODE_ONLY,
	  NULL },
	{ "maintenance/62-MachineService.ApplyConfiguration-dry-run-unknown-keys", NULL, CODE_ONLY,
	  NULL },
	{ "maintenance/63-MachineService.ApplyConfiguration-dry-run-validation-errors", NULL,
	  CODE_ONLY, NULL },
	{ "maintenance/64-MachineService.ApplyConfiguration-empty", NULL, ALIKE, NULL },
	{ "maintenance/65-MachineService.ApplyConfiguration-unknown-kind", NULL, CODE_ONLY, NULL },
	{ "maintenance/66-MachineService.ApplyConfiguration-document-without-v1alpha1-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "maintenance/67-MachineService.ApplyConfiguration-dry-run-mode-reboot",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "maintenance/68-MachineService.ApplyConfiguration-mode-no-reboot-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "maintenance/69-MachineService.ApplyConfiguration-mode-staged-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "maintenance/70-MachineService.ApplyConfiguration-mode-try-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "metal/01-MachineService.Version-maintenance", &machine__version_response__descriptor,
	  ALIKE, NULL },
	{ "metal/06-State.Get-MachineStatus-maintenance", &cosi__resource__get_response__descriptor,
	  ALIKE, NULL },
	{ "metal/10-MachineService.ServiceList-maintenance",
	  &machine__service_list_response__descriptor, ALIKE, NULL },
	{ "metal/12-State.Get-PlatformMetadata-maintenance",
	  &cosi__resource__get_response__descriptor, ALIKE, NULL },
	{ "metal/13-State.Get-HostnameStatus-maintenance",
	  &cosi__resource__get_response__descriptor, ALIKE, NULL },
	{ "maintenance/82-MachineService.ApplyConfiguration-real",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
};

static const struct row configured_rows[] = {
	{ "configured/01-MachineService.Version", &machine__version_response__descriptor, ALIKE,
	  NULL },
	{ "configured/03-MachineService.ServiceList", &machine__service_list_response__descriptor,
	  ALIKE, "messages.services.health.last_message" },
	{ "configured/04-State.List-Service", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "configured/05-MachineService.EtcdMemberList-before-bootstrap", NULL, ALIKE, NULL },
	{ "configured/06-MachineService.EtcdMemberList-query-local", NULL, ALIKE, NULL },
	{ "configured/07-MachineService.EtcdStatus-before-bootstrap", NULL, ALIKE, NULL },
	{ "configured/08-State.Watch-MachineStatus", &cosi__resource__watch_response__descriptor,
	  ALIKE, NULL },
	{ "configured/09-State.Get-MachineStatus", &cosi__resource__get_response__descriptor, ALIKE,
	  NULL },
	{ "configured/10-State.Get-MachineType", &cosi__resource__get_response__descriptor, ALIKE,
	  NULL },
	{ "configured/11-State.List-MachineConfig", &cosi__resource__list_response__descriptor,
	  ALIKE, NULL },
	{ "configured/12-State.Get-HostnameStatus", &cosi__resource__get_response__descriptor,
	  ALIKE, NULL },
	{ "configured/13-MachineService.Hostname", &machine__hostname_response__descriptor, ALIKE,
	  NULL },
	{ "configured/25-MachineService.Kubeconfig-before-bootstrap", &common__data__descriptor,
	  ALIKE, NULL },
	{ "configured/27-MachineService.Bootstrap-node-header-unreachable", NULL, ALIKE, NULL },
	{ "configured/28-State.List-EtcdMember-local", NULL, ALIKE, NULL },
	{ "configured/29-State.List-Member", NULL, ALIKE, NULL },
	{ "configured/30-State.List-NodeAddress", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "configured/31-State.List-StaticPodStatus", NULL, ALIKE, NULL },
	{ "bootstrap/10-MachineService.Bootstrap", &machine__bootstrap_response__descriptor, SAME,
	  NULL },
	{ "bootstrap/11-MachineService.Bootstrap-second-at-once",
	  &machine__bootstrap_response__descriptor, SAME, NULL },
};

static const struct row running_rows[] = {
	{ "bootstrap/13-MachineService.Bootstrap-second-later", NULL, ALIKE, NULL },
	{ "bootstrap/14-MachineService.Bootstrap-recover-when-running", NULL, ALIKE, NULL },
	{ "running/01-MachineService.Version", &machine__version_response__descriptor, ALIKE,
	  NULL },
	{ "running/02-MachineService.ServiceList", &machine__service_list_response__descriptor,
	  ALIKE, NULL },
	{ "running/03-MachineService.Kubeconfig", &common__data__descriptor, ALIKE, NULL },
	{ "running/04-MachineService.EtcdMemberList",
	  &machine__etcd_member_list_response__descriptor, ALIKE, NULL },
	{ "running/05-MachineService.EtcdStatus-node1", &machine__etcd_status_response__descriptor,
	  ALIKE, NULL },
	{ "running/18-MachineService.Read-boot-id", &common__data__descriptor, ALIKE, NULL },
	{ "running/19-MachineService.Read-absent", NULL, ALIKE, NULL },
	{ "running/20-MachineService.Read-directory", NULL, ALIKE, NULL },
	{ "running/40-MachineService.ApplyConfiguration-no-change-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "running/41-MachineService.ApplyConfiguration-no-change",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "running/42-MachineService.ApplyConfiguration-change-dry-run-diff",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "running/47-MachineService.ApplyConfiguration-cluster-name-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "running/48-MachineService.ApplyConfiguration-worker-type-no-reboot-dry-run", NULL,
	  CODE_ONLY, NULL },
	{ "running/48b-MachineService.ApplyConfiguration-debug-no-reboot-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "running/48c-MachineService.ApplyConfiguration-debug-auto-dry-run",
	  &machine__apply_configuration_response__descriptor, SAME, NULL },
	{ "running/48d-MachineService.ApplyConfiguration-bad-yaml", NULL, CODE_ONLY, NULL },
	{ "running/49-MachineService.ApplyConfiguration-reader", NULL, ALIKE, NULL },
	{ "running/51-State.List-EtcdMember", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "running/53-State.List-Nodename", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "running/55-State.List-MachineConfig", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "running/56-State.List-Version", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "running/60-State.List-Service", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "running/61-State.List-NodeAddress", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "running/68-State.List-Diagnostic", NULL, ALIKE, NULL },
	{ "running/71-State.List-OSRootSecret", NULL, CODE_ONLY, NULL },
	{ "running/85-MachineService.Version-node-twice", NULL, ALIKE, NULL },
	{ "running/84-MachineService.Version-node-unreachable", NULL, ALIKE, NULL },
	{ "running/87-State.List-nodes-refused", NULL, ALIKE, NULL },
	{ "running/92-ImageService.List-nodes-refused", NULL, ALIKE, NULL },
	{ "running/a0-MachineService.Reboot-reader", NULL, ALIKE, NULL },
	{ "running/a1-MachineService.Version-reader", &machine__version_response__descriptor, ALIKE,
	  NULL },
	{ "running/a2-State.List-MachineConfig-reader", NULL, ALIKE, NULL },
	{ "running/a3-MachineService.Kubeconfig-reader", NULL, ALIKE, NULL },
	{ "running/a5-MachineService.Kubeconfig-operator", NULL, ALIKE, NULL },
	{ "running/b0-State.List-unknown-type", NULL, ALIKE, NULL },
	{ "running/b1-State.Get-absent", NULL, ALIKE, NULL },
	{ "running/b2-State.Watch-absent-id", &cosi__resource__watch_response__descriptor, ALIKE,
	  NULL },
	{ "running/b3-State.Watch-bootstrap-bookmark", &cosi__resource__watch_response__descriptor,
	  ALIKE, NULL },
	{ "running/b4-State.Watch-bootstrap-contents-not-aggregated",
	  &cosi__resource__watch_response__descriptor, ALIKE, NULL },
	{ "running/b5-State.Watch-no-options", &cosi__resource__watch_response__descriptor, ALIKE,
	  NULL },
	{ "running/b6-State.Watch-label-query", &cosi__resource__watch_response__descriptor, ALIKE,
	  NULL },
	{ "running/b8-State.Watch-bad-bookmark", NULL, ALIKE, NULL },
	{ "running/b9-State.Create-refused", NULL, ALIKE, NULL },
	{ "running/ba-State.List-id-query", &cosi__resource__list_response__descriptor, ALIKE,
	  NULL },
	{ "running/bb-State.List-namespace-empty", NULL, ALIKE, NULL },
	{ "running/c7-MachineService.Bootstrap-running", NULL, ALIKE, NULL },
};

/* ---- a recording ----------------------------------------------------------------------------- */

struct recording {
	const char *method;
	const void *request;
	size_t request_len;
	const char *const *metadata;
	bool maintenance, cancelled;
	const char *role;
	uint64_t code;
	const char *message;
	const struct value *responses;
};

static const char *const *metadata_of(struct arena *arena, const struct value *map)
{
	const char **pairs = arena_calloc(arena, 16, sizeof(*pairs));
	size_t count = 0;

	for (size_t i = 0; i < value_len(map); i++) {
		for (size_t k = 0; k < value_len(value_at(map, i)) && count < 14; k++) {
			pairs[count++] = value_key_at(map, i);
			pairs[count++] = value_text(value_at(value_at(map, i), k));
		}
	}
	return count ? pairs : NULL;
}

/* A message without fields has no bytes, one that was too long has them only in part. */
static void *bytes_of(struct arena *arena, const struct value *message, size_t *len)
{
	const char *text = value_get_text(message, "b64");
	void *data = text ? base64_decode(arena, text, len) : arena_alloc(arena, 1);

	if (!text)
		*len = 0;
	cr_assert(data && !value_has(message, "b64_len"), "damaged bytes in a recording");
	return data;
}

static struct recording recording_read(struct arena *arena, const char *file)
{
	struct recording recording = { 0 };
	const struct value *value;
	struct err err = ERR_INIT;
	const char *path = arena_printf(arena, "%s/%s.json", FOLDER, file);
	size_t len;
	char *text;

	cr_assert_eq(fs_read(arena, path, FS_FILE_MAX, &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(json_read(arena, path, text, len, &value, &err), 0, "%s", err.text);

	const struct value *requests = value_get(value, "requests");
	const struct value *status = value_get(value, "status");
	const char *identity = value_get_text(value, "client_identity");
	const char *role = strstr(identity, "os:");

	recording.method = value_get_text(value, "method");
	recording.method += recording.method[0] == '/';
	recording.request = value_len(requests)
				    ? bytes_of(arena, value_at(requests, 0), &recording.request_len)
				    : NULL;
	recording.metadata = metadata_of(arena, value_get(value, "metadata"));
	recording.maintenance = !strcmp(value_get_text(value, "tls"), "maintenance");
	recording.cancelled = text_starts(value_get_text(value, "ended_by"), "client");
	recording.role = role ? role : "os:admin";
	cr_assert(value_u64(value_get(status, "number"), &recording.code));
	recording.message = value_get_text(status, "message");
	recording.responses = value_get(value, "responses");
	return recording;
}

/* ---- resources inside ------------------------------------------------------------------------ */

static const struct spec_row {
	const char *type;
	const ProtobufCMessageDescriptor *spec;
} specs[] = {
	{ "MachineStatuses.runtime.talos.dev", &resource__machine_status_spec__descriptor },
	{ "MachineTypes.config.talos.dev", &resource__machine_type_spec__descriptor },
	{ "MachineConfigs.config.talos.dev", &resource__machine_config_spec__descriptor },
	{ "Versions.runtime.talos.dev", &resource__version_spec__descriptor },
	{ "NodeAddresses.net.talos.dev", &resource__node_address_spec__descriptor },
	{ "AddressStatuses.net.talos.dev", &resource__address_status_spec__descriptor },
	{ "HostnameStatuses.net.talos.dev", &resource__hostname_status_spec__descriptor },
	{ "PlatformMetadatas.talos.dev", &resource__platform_metadata_spec__descriptor },
	{ "Services.v1alpha1.talos.dev", &resource__service_spec__descriptor },
	{ "EtcdMembers.etcd.talos.dev", &resource__etcd_member_spec__descriptor },
	{ "Nodenames.kubernetes.talos.dev", &resource__nodename_spec__descriptor },
};

static void add_yaml_keys(struct arena *arena, struct shape *shape, const struct value *value,
			  const char *prefix)
{
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_is_map(value) ? value_key_at(value, i) : "[]";
		char *path = arena_printf(arena, "%s.%s", prefix, key);
		size_t at = 0;

		while (at < shape->len && strcmp(shape->path[at], path) != 0)
			at++;
		if (at == shape->len) {
			shape->path = arena_grow(arena, shape->path, shape->len, &shape->cap,
						 sizeof(char *));
			shape->path[shape->len++] = path;
		}
		add_yaml_keys(arena, shape, value_at(value, i), path);
	}
}

/* The fields of a spec and the keys of its YAML, which say the same. */
static void add_resource(struct arena *arena, struct shape *shape,
			 const Cosi__Resource__Resource *resource)
{
	const struct yaml_input input = { "spec", resource->spec->yaml_spec,
					  strlen(resource->spec->yaml_spec), NULL, false };
	struct yaml_documents documents = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		if (!strcmp(specs[i].type, resource->metadata->type))
			cr_assert(shape_add(arena, shape, specs[i].spec,
					    resource->spec->proto_spec.data,
					    resource->spec->proto_spec.len));
	}
	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
	if (documents.len)
		add_yaml_keys(arena, shape, documents.at[0], "yaml");
}

static void add_specs(struct arena *arena, struct shape *shape,
		      const ProtobufCMessageDescriptor *descriptor, const void *data, size_t len)
{
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, len, data);

	cr_assert(message);
	if (descriptor == &cosi__resource__get_response__descriptor)
		add_resource(arena, shape, ((Cosi__Resource__GetResponse *)message)->resource);
	if (descriptor == &cosi__resource__list_response__descriptor)
		add_resource(arena, shape, ((Cosi__Resource__ListResponse *)message)->resource);
	protobuf_c_message_free_unpacked(message, NULL);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool shape_of(struct arena *arena, struct shape *shape, const struct row *row,
		     const void *data, size_t len)
{
	if (!row->reply || !shape_add(arena, shape, row->reply, data, len))
		return false;
	add_specs(arena, shape, row->reply, data, len);
	return true;
}

static bool same_bytes(struct stage *stage, const struct recording *recording,
		       const struct reply *reply)
{
	for (size_t i = 0; i < reply->messages && i < value_len(recording->responses); i++) {
		size_t len;
		void *data = bytes_of(stage->arena, value_at(recording->responses, i), &len);

		if (len != reply->len[i] || memcmp(data, reply->message[i], len) != 0)
			return false;
	}
	return reply->messages == value_len(recording->responses);
}

static const char *compare_messages(struct stage *stage, const struct row *row,
				    const struct recording *recording, const struct reply *reply)
{
	struct shape real = { 0 }, ours = { 0 };

	for (size_t i = 0; i < value_len(recording->responses); i++) {
		size_t len;
		void *data = bytes_of(stage->arena, value_at(recording->responses, i), &len);

		if (!shape_of(stage->arena, &real, row, data, len))
			return "the recorded message does not decode\n";
	}
	for (size_t i = 0; i < reply->messages; i++) {
		if (!shape_of(stage->arena, &ours, row, reply->message[i], reply->len[i]))
			return "our message does not decode\n";
	}
	if (!value_len(recording->responses) != !reply->messages)
		return arena_printf(stage->arena, "%zu messages instead of %zu\n", reply->messages,
				    value_len(recording->responses));
	return shape_diff(stage->arena, &real, &ours, row->ignore);
}

static const char *compare(struct stage *stage, const struct row *row,
			   const struct recording *recording, const struct reply *reply)
{
	struct err expected = ERR_INIT;
	uint64_t code = (uint64_t)(err_is_set(&reply->err) ? reply->err.remote : 0);

	/* the client broke it off then: ours by a deadline */
	if (recording->cancelled ? reply->err.kind != ERR_TIMEOUT : code != recording->code)
		return arena_printf(stage->arena, "code %u (%s)\n", (unsigned)code,
				    reply->err.text);
	if (!recording->cancelled && code) {
		rpc_status_err(&expected, (enum rpc_code)code, recording->message);
		if (row->compare != CODE_ONLY && strcmp(expected.text, reply->err.text) != 0)
			return arena_printf(stage->arena, "\"%s\" instead of \"%s\"\n",
					    reply->err.text, expected.text);
		return "";
	}
	if (row->compare == CODE_ONLY)
		return "";
	if (row->compare == SAME && !same_bytes(stage, recording, reply))
		return "other bytes\n";
	return compare_messages(stage, row, recording, reply);
}

static const struct identity *identity_for(struct stage *stage, const struct recording *recording)
{
	struct identity *identity = arena_alloc(stage->arena, sizeof(*identity));
	const char *const roles[] = { recording->role, NULL };

	if (recording->maintenance)
		return NULL;
	cr_assert_eq(bundle_client(stage->bundle, stage->arena,
				   &(struct client_request){ .roles = roles,
							     .now = STAGE_WALL,
							     .lifetime = 30 * DAY },
				   identity, NULL),
		     0);
	return identity;
}

static size_t replay(struct stage *stage, const struct row *rows, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct recording recording = recording_read(stage->arena, rows[i].file);
		const struct stage_call call = {
			.address = CP1,
			.identity = identity_for(stage, &recording),
			.method = recording.method,
			.message = recording.request,
			.len = recording.request_len,
			.timeout = recording.cancelled ? SECOND : MINUTE,
			.streaming = true,
			.metadata = recording.metadata,
		};
		const char *diff = compare(stage, &rows[i], &recording, stage_run(stage, &call));

		if (*diff)
			fprintf(stderr, "%s: %s", rows[i].file, diff);
		wrong += *diff != '\0';
	}
	return wrong;
}

/* The recorded node's own config decides which authority signs for it. */
static void take_over_authority(struct stage *stage)
{
	const struct recording apply = recording_read(
		stage->arena, "maintenance/82-MachineService.ApplyConfiguration-real");
	Machine__ApplyConfigurationRequest *request = machine__apply_configuration_request__unpack(
		NULL, apply.request_len, apply.request);
	struct bundle *bundle;
	struct err err = ERR_INIT;

	cr_assert(request);
	cr_assert_eq(bundle_import_config("recorded", (const char *)request->data.data,
					  request->data.len, &bundle, &err),
		     0, "%s", err.text);
	machine__apply_configuration_request__free_unpacked(request, NULL);
	bundle_free(stage->bundle);
	stage->bundle = bundle;
}

Test(recordings, the_simulator_answers_alike)
{
	struct stage stage;
	size_t wrong;

	stage_init(&stage, 1, 0);
	take_over_authority(&stage);
	wrong = replay(&stage, maintenance_rows, ARRAY_LEN(maintenance_rows));
	stage_wait(&stage, 3 * MINUTE);
	wrong += replay(&stage, configured_rows, ARRAY_LEN(configured_rows));
	stage_wait(&stage, 3 * MINUTE);
	wrong += replay(&stage, running_rows, ARRAY_LEN(running_rows));
	cr_assert_eq(wrong, 0, "%zu answers differ", wrong);
	stage_done(&stage);
}
