#include "wire.h"

#include "base/gzip.h"
#include "base/own.h"
#include "base/text.h"
#include "talos/talos.h"

#include <criterion/criterion.h>
#include <string.h>

#define WIRE_MAX ((size_t)64 << 20)

/* One answer, read by its method. */
static int answer_read(struct arena *arena, const struct talos_method *method,
		       const struct str *wire, const void **out, struct err *err)
{
	struct talos_message message = { str_text(wire), wire->len, &resource_service };

	return method->unpack(arena, &message, out, err);
}

static void refuses(const struct talos_method *method, const struct str *wire, enum err_kind kind,
		    const char *text)
{
	struct arena *arena OWNED(arena_free) = arena_new("answer");
	struct err err = ERR_INIT;
	const void *reply = NULL;

	cr_assert_lt(answer_read(arena, method, wire, &reply, &err), 0, "%s", text);
	cr_assert_str_eq(err.text, text);
	cr_assert_eq(err.kind, kind, "%s", text);
	cr_assert_null(reply, "%s", text);
}

static const void *accepts(struct arena *arena, const struct talos_method *method,
			   const struct str *wire)
{
	struct err err = ERR_INIT;
	const void *reply = NULL;

	cr_assert_eq(answer_read(arena, method, wire, &reply, &err), 0, "%s", err.text);
	return reply;
}

Test(method, garbage_is_refused)
{
	static const struct {
		const struct talos_method *method;
		const char *text;
	} rows[] = {
		{ &talos_version, "the answer is not a valid machine.VersionResponse" },
		{ &talos_apply, "the answer is not a valid machine.ApplyConfigurationResponse" },
		{ &talos_bootstrap, "the answer is not a valid machine.BootstrapResponse" },
		{ &talos_kubeconfig, "the answer is not a valid common.Data" },
		{ &talos_services, "the answer is not a valid machine.ServiceListResponse" },
		{ &talos_events, "the answer is not a valid machine.Event" },
		{ &talos_read, "the answer is not a valid common.Data" },
		{ &talos_etcd_members,
		  "the answer is not a valid machine.EtcdMemberListResponse" },
		{ &talos_etcd_status, "the answer is not a valid machine.EtcdStatusResponse" },
		{ &talos_get, "the answer is not a valid cosi.resource.GetResponse" },
		{ &talos_list, "the answer is not a valid cosi.resource.ListResponse" },
		{ &talos_watch, "the answer is not a valid cosi.resource.WatchResponse" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str wire SCOPED(str_done) = STR_INIT(64);

		str_addn(&wire, "\x0a\x05\xff", 3);
		refuses(rows[i].method, &wire, ERR_REMOTE, rows[i].text);
	}
}

/* Field 3 of common.Metadata, or only the text of field 2. */
static void add_metadata(struct str *out, unsigned code, const char *message, const char *error)
{
	struct str status SCOPED(str_done) = STR_INIT(256);
	struct str metadata SCOPED(str_done) = STR_INIT(512);

	if (error)
		wire_text(&metadata, 2, error);
	if (code) {
		wire_number(&status, 1, code);
		wire_text(&status, 2, message);
		wire_message(&metadata, 3, &status);
	}
	wire_message(out, 1, &metadata);
}

Test(method, an_error_in_the_metadata_is_the_error)
{
	static const struct {
		unsigned code;
		const char *message, *error;
		enum err_kind kind;
		int remote;
		const char *text;
	} rows[] = {
		{ 14, "no route", "rpc error", ERR_NET, 14, "no route" },
		{ 6, "not empty", NULL, ERR_CONFLICT, 6, "not empty" },
		{ 7, "", "denied", ERR_AUTH, 7, "denied" },
		{ 0, "", "two\nlines", ERR_REMOTE, 2, "two lines" },
		{ 99, "strange", NULL, ERR_REMOTE, 99, "strange" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("answer");
		struct str part SCOPED(str_done) = STR_INIT(1024);
		struct str wire SCOPED(str_done) = STR_INIT(1024);
		struct err err = ERR_INIT;
		const void *reply = NULL;

		add_metadata(&part, rows[i].code, rows[i].message, rows[i].error);
		wire_message(&wire, 1, &part);
		cr_assert_lt(answer_read(arena, &talos_version, &wire, &reply, &err), 0);
		cr_assert_eq(err.remote, rows[i].remote, "%s", rows[i].text);
		refuses(&talos_version, &wire, rows[i].kind, rows[i].text);
		refuses(&talos_bootstrap, &wire, rows[i].kind, rows[i].text);
		refuses(&talos_read, &part, rows[i].kind, rows[i].text);
		refuses(&talos_events, &part, rows[i].kind, rows[i].text);
	}
}

Test(method, the_name_of_a_node_alone_is_no_error)
{
	struct arena *arena OWNED(arena_free) = arena_new("answer");
	struct str metadata SCOPED(str_done) = STR_INIT(64);
	struct str part SCOPED(str_done) = STR_INIT(64);
	struct str wire SCOPED(str_done) = STR_INIT(64);

	wire_text(&metadata, 1, "10.0.0.1");
	wire_message(&part, 1, &metadata);
	wire_message(&wire, 1, &part);
	const struct talos_version *version = accepts(arena, &talos_version, &wire);
	cr_assert_str_eq(version->tag, "");
	cr_assert_str_eq(version->mode, "");
	cr_assert_not(version->rbac);
}

Test(method, one_node_answers)
{
	struct str wire SCOPED(str_done) = STR_INIT(64);

	refuses(&talos_version, &wire, ERR_REMOTE,
		"the answer is that of 0 nodes instead of one");
	wire_text(&wire, 1, "");
	wire_text(&wire, 1, "");
	refuses(&talos_services, &wire, ERR_REMOTE,
		"the answer is that of 2 nodes instead of one");
}

/* Two bytes each, a struct each. */
Test(method, memory_is_bounded)
{
	struct str wire SCOPED(str_done) = STR_INIT(WIRE_MAX);

	for (size_t i = 0; i < 4000000; i++)
		str_addn(&wire, "\x0a\x00", 2);
	refuses(&talos_version, &wire, ERR_REMOTE,
		"the answer takes more than 128 MiB of memory");
}

Test(method, numbers_that_are_not_known_here)
{
	struct arena *arena OWNED(arena_free) = arena_new("answer");
	struct str part SCOPED(str_done) = STR_INIT(64);
	struct str wire SCOPED(str_done) = STR_INIT(64);

	wire_number(&part, 3, 9);
	wire_message(&wire, 1, &part);
	const struct talos_applied *applied = accepts(arena, &talos_apply, &wire);
	cr_assert_eq(applied->mode, APPLY_UNKNOWN);
	cr_assert_null(applied->warnings[0]);
}

Test(method, an_etcd_status_must_be_there)
{
	struct str wire SCOPED(str_done) = STR_INIT(64);

	wire_text(&wire, 1, "");
	refuses(&talos_etcd_status, &wire, ERR_REMOTE, "the answer holds no status");
}

/* In the recordings all that was committed was applied. */
Test(method, an_etcd_status)
{
	struct arena *arena OWNED(arena_free) = arena_new("answer");
	struct str status SCOPED(str_done) = STR_INIT(128);
	struct str part SCOPED(str_done) = STR_INIT(128);
	struct str wire SCOPED(str_done) = STR_INIT(128);

	for (unsigned field = 2; field <= 7; field++)
		wire_number(&status, field, field * 100);
	wire_text(&status, 8, "NOSPACE");
	wire_number(&status, 9, 1);
	wire_number(&status, 10, 1000);
	wire_message(&part, 2, &status);
	wire_message(&wire, 1, &part);
	const struct talos_etcd_status *etcd = accepts(arena, &talos_etcd_status, &wire);
	cr_assert_eq(etcd->db_size, 200);
	cr_assert_eq(etcd->db_used, 300);
	cr_assert_eq(etcd->leader, 400);
	cr_assert_eq(etcd->raft_index, 500);
	cr_assert_eq(etcd->raft_term, 600);
	cr_assert_eq(etcd->raft_applied, 700);
	cr_assert_eq(etcd->member, 1000);
	cr_assert(etcd->learner);
	cr_assert_str_eq(etcd->errors[0], "NOSPACE");
	cr_assert_null(etcd->errors[1]);
}

/* ---- events ---------------------------------------------------------------------------------- */

static const struct talos_event *event_read(struct arena *arena, const char *type,
					    const struct str *payload)
{
	struct str any SCOPED(str_done) = STR_INIT(1024);
	struct str wire SCOPED(str_done) = STR_INIT(1024);

	wire_text(&any, 1, type);
	wire_message(&any, 2, payload);
	wire_message(&wire, 2, &any);
	return accepts(arena, &talos_events, &wire);
}

Test(method, actions_of_newer_nodes)
{
	static const char *const types[] = { "SequenceEvent", "PhaseEvent", "TaskEvent",
					     "ServiceStateEvent" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("answer");
		struct str payload SCOPED(str_done) = STR_INIT(64);

		wire_text(&payload, 1, "boot");
		wire_number(&payload, 2, i % 2 ? 77 : UINT64_MAX);
		const struct talos_event *event = event_read(
			arena, arena_printf(arena, "talos/runtime/machine.%s", types[i]), &payload);
		cr_assert_str_eq(event->name, "boot");
		cr_assert_str_eq(event->action, "");
	}
}

Test(method, events_of_other_types)
{
	struct arena *arena OWNED(arena_free) = arena_new("answer");
	struct str payload SCOPED(str_done) = STR_INIT(64);

	str_addn(&payload, "\xff\xff", 2);
	const struct talos_event *event =
		event_read(arena, "talos/runtime/machine.Comet", &payload);
	cr_assert_str_eq(event->type, "machine.Comet");
	cr_assert_null(event->error);
	event = event_read(arena, "elsewhere/machine.SequenceEvent", &payload);
	cr_assert_str_eq(event->type, "elsewhere/machine.SequenceEvent");

	str_clear(&payload);
	wire_text(&payload, 1, "no such disk");
	event = event_read(arena, "talos/runtime/machine.ConfigLoadErrorEvent", &payload);
	cr_assert_str_eq(event->error, "no such disk");
	event = event_read(arena, "talos/runtime/machine.ConfigValidationErrorEvent", &payload);
	cr_assert_str_eq(event->error, "no such disk");

	str_clear(&payload);
	wire_number(&payload, 1, 1000);
	event = event_read(arena, "talos/runtime/machine.MachineStatusEvent", &payload);
	cr_assert_eq(event->stage, STAGE_UNKNOWN);
	cr_assert_not(event->ready);
}

Test(method, a_payload_that_is_none)
{
	struct str any SCOPED(str_done) = STR_INIT(128);
	struct str wire SCOPED(str_done) = STR_INIT(128);

	wire_text(&any, 1, "talos/runtime/machine.TaskEvent");
	wire_bytes(&any, 2, "\x0a\x05", 2);
	wire_message(&wire, 2, &any);
	refuses(&talos_events, &wire, ERR_REMOTE, "the answer is not a valid machine.TaskEvent");
}

/* ---- the kubeconfig -------------------------------------------------------------------------- */

static void add_archive(struct str *wire, const char *name, size_t len)
{
	struct str tar SCOPED(str_done) = STR_INIT(WIRE_MAX);
	struct str packed SCOPED(str_done) = STR_INIT(WIRE_MAX);
	struct str text SCOPED(str_done) = STR_INIT(WIRE_MAX);

	str_pad(&text, 'k', len);
	tar_add(&tar, name, str_text(&text), text.len);
	cr_assert_eq(gzip_pack(str_text(&tar), tar.len, &packed, NULL), 0);
	wire_message(wire, 2, &packed);
}

Test(method, the_kubeconfig_comes_in_an_archive)
{
	struct arena *arena OWNED(arena_free) = arena_new("answer");
	struct str wire SCOPED(str_done) = STR_INIT(WIRE_MAX);

	add_archive(&wire, "kubeconfig", 3);
	const struct talos_kubeconfig *kubeconfig = accepts(arena, &talos_kubeconfig, &wire);
	cr_assert_str_eq(kubeconfig->text, "kkk");
	cr_assert_eq(kubeconfig->len, 3);
}

Test(method, archives_without_a_kubeconfig)
{
	static const struct {
		const char *name, *file;
		size_t len;
	} rows[] = { { "another file", "passwd", 3 },
		     { "too large", "kubeconfig", 2 << 20 },
		     { "no archive", NULL, 0 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("answer");
		struct str wire SCOPED(str_done) = STR_INIT(WIRE_MAX);
		struct err err = ERR_INIT;
		const void *reply = NULL;

		if (rows[i].file)
			add_archive(&wire, rows[i].file, rows[i].len);
		else
			wire_text(&wire, 2, "plain");
		cr_assert_lt(answer_read(arena, &talos_kubeconfig, &wire, &reply, &err), 0, "%s",
			     rows[i].name);
		cr_assert_eq(err.kind, ERR_REMOTE, "%s: %s", rows[i].name, err.text);
		cr_assert(text_starts(err.text, "open the archive it comes in: "), "%s", err.text);
		cr_assert_null(strstr(err.text, "kkk"), "%s", err.text);
	}
}

/* ---- resources ------------------------------------------------------------------------------- */

Test(method, the_resource_is_what_was_asked_for)
{
	struct str spec SCOPED(str_done) = STR_INIT(64);
	struct str wire SCOPED(str_done) = STR_INIT(1024);
	struct arena *arena OWNED(arena_free) = arena_new("answer");

	wire_number(&spec, 1, 1);
	wire_resource(&wire, resource_service.type, &spec);
	const struct talos_resource *resource = accepts(arena, &talos_get, &wire);
	cr_assert_str_eq(resource->id, "one");
	cr_assert_str_eq(resource->version, "7");
	cr_assert(((const struct talos_service_state *)resource->spec)->running);

	str_clear(&wire);
	wire_resource(&wire, resource_disk.type, &spec);
	static const char other[] =
		"the answer is about something else than Services.v1alpha1.talos.dev";
	refuses(&talos_get, &wire, ERR_REMOTE, other);
	refuses(&talos_list, &wire, ERR_REMOTE, other);
}

Test(method, resources_without_a_part)
{
	struct str wire SCOPED(str_done) = STR_INIT(1024);

	refuses(&talos_get, &wire, ERR_REMOTE, "the answer names no resource");
	wire_text(&wire, 1, "");
	refuses(&talos_list, &wire, ERR_REMOTE, "the answer names no resource");
	str_clear(&wire);
	wire_resource(&wire, resource_service.type, NULL);
	refuses(&talos_get, &wire, ERR_REMOTE, "the resource has no spec");
}

static void add_event(struct str *wire, uint64_t type, const char *resource, const char *error)
{
	struct str event SCOPED(str_done) = STR_INIT(1024);

	if (resource)
		wire_resource(&event, resource, NULL);
	wire_number(&event, 2, type);
	if (error)
		wire_text(&event, 4, error);
	wire_message(wire, 1, &event);
}

Test(method, changes)
{
	static const struct {
		const char *name;
		uint64_t type;
		const char *resource, *error;
		const char *text; /* of the error; NULL: a reply */
		enum talos_change_kind kind;
	} rows[] = {
		{ "created without a spec", 0, "Services.v1alpha1.talos.dev", NULL,
		  "the resource has no spec", 0 },
		{ "updated without a resource", 1, NULL, NULL, "the answer names no resource", 0 },
		{ "destroyed without a resource", 2, NULL, NULL, "the answer names no resource",
		  0 },
		{ "a tombstone", 2, "Services.v1alpha1.talos.dev", NULL, NULL, CHANGE_DESTROYED },
		{ "another's tombstone", 2, "Disks.block.talos.dev", NULL,
		  "the answer is about something else than Services.v1alpha1.talos.dev", 0 },
		{ "all there", 3, NULL, NULL, NULL, CHANGE_ALL_THERE },
		{ "an error", 4, NULL, "buffer\x1b[2J overrun", "buffer\\x1b[2J overrun", 0 },
		{ "an error without a text", 4, NULL, NULL, "Unknown", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("answer");
		struct str wire SCOPED(str_done) = STR_INIT(1024);

		add_event(&wire, rows[i].type, rows[i].resource, rows[i].error);
		if (rows[i].text) {
			refuses(&talos_watch, &wire, ERR_REMOTE, rows[i].text);
			continue;
		}
		const struct talos_change *change = accepts(arena, &talos_watch, &wire);
		cr_assert_eq(change->kind, rows[i].kind, "%s", rows[i].name);
		cr_assert_null(change->resource.spec, "%s", rows[i].name);
		cr_assert_str_eq(change->resource.id, rows[i].resource ? "one" : "");
	}
}

Test(method, changes_that_say_nothing)
{
	struct arena *arena OWNED(arena_free) = arena_new("answer");
	struct str wire SCOPED(str_done) = STR_INIT(1024);
	const void *reply = NULL;
	struct err err = ERR_INIT;

	add_event(&wire, 5, NULL, NULL);
	cr_assert_eq(answer_read(arena, &talos_watch, &wire, &reply, &err), 1);
	add_event(&wire, 5, NULL, NULL);
	refuses(&talos_watch, &wire, ERR_REMOTE, "2 changes came at once, unasked");
	str_clear(&wire);
	add_event(&wire, 42, NULL, NULL);
	cr_assert_eq(answer_read(arena, &talos_watch, &wire, &reply, &err), 1);
	cr_assert_null(reply);
}
