/* The calls about a node's life and its images, against what real nodes were asked and said. */
#include "recording.h"

#include "base/own.h"
#include "base/text.h"
#include "common.pb-c.h"
#include "lifecycle.pb-c.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
	const struct talos_method *method;
	const void *(*make)(const struct recording *recording, const struct value *json);
	void (*check)(const char *file, const void *reply, const struct value *json);
	size_t requests, replies; /* at least so many are recorded */
};

/* ---- requests -------------------------------------------------------------------------------- */

static enum talos_store store_of(const struct value *json)
{
	if (strcmp(json_text(json, "containerd.namespace"), "NS_CRI") == 0)
		return STORE_CRI;
	return *json_text(json, "containerd.driver") ? STORE_SYSTEM : STORE_MEMORY;
}

static const void *make_reboot(const struct recording *recording, const struct value *json)
{
	struct talos_reboot_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->mode = *json_text(json, "mode") ? REBOOT_POWERCYCLE : REBOOT_NORMAL;
	return request;
}

static const void *make_reset(const struct recording *recording, const struct value *json)
{
	struct talos_reset_request *request = arena_alloc(recording->arena, sizeof(*request));
	const struct value *list = value_get(json, "systemPartitionsToWipe");
	const char **labels = arena_calloc(recording->arena, value_len(list) + 1, sizeof(*labels));

	request->graceful = json_bool(json, "graceful");
	request->reboot = json_bool(json, "reboot");
	for (size_t i = 0; i < value_len(list); i++)
		labels[i] = json_text(value_at(list, i), "label");
	request->partitions = labels;
	return request;
}

static const void *make_upgrade(const struct recording *recording, const struct value *json)
{
	struct talos_upgrade_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->image = json_text(json, "image");
	request->preserve = json_bool(json, "preserve");
	return request;
}

static const void *make_nothing(const struct recording *recording, const struct value *json)
{
	return value_len(json) == 0 ? recording : NULL;
}

static const void *make_image(const struct recording *recording, const struct value *json)
{
	struct talos_image_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->image = json_text(json, "imageRef");
	request->store = store_of(json);
	/* a combination that no node accepts and we cannot ask for */
	return request->store == STORE_CRI && !*json_text(json, "containerd.driver") ? NULL
										     : request;
}

static const void *make_old_list(const struct recording *recording, const struct value *json)
{
	struct talos_image_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->store = strcmp(json_text(json, "namespace"), "NS_CRI") ? STORE_SYSTEM : STORE_CRI;
	return request;
}

static const void *make_lifecycle(const struct recording *recording, const struct value *json)
{
	struct talos_lifecycle_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->store = store_of(json);
	request->image = json_text(json, "source.imageName");
	return value_len(json) ? request : NULL;
}

static const void *make_meta(const struct recording *recording, const struct value *json)
{
	struct talos_meta_request *request = arena_alloc(recording->arena, sizeof(*request));

	request->key = 15;
	request->value = base64_decode(recording->arena, json_text(json, "value"), &request->len);
	return request;
}

/* ---- replies --------------------------------------------------------------------------------- */

static void check_actor(const char *file, const void *reply, const struct value *json)
{
	const struct talos_actor *actor = reply;

	cr_assert_str_eq(actor->id, json_text(json, "messages.0.actorId"), "%s", file);
	cr_assert_eq(strlen(actor->id), 36, "%s", file);
}

static void check_pull(const char *file, const void *reply, const struct value *json)
{
	static const char *const states[] = { "DOWNLOADING", "DOWNLOAD_COMPLETE", "EXTRACTING",
					      "EXTRACT_COMPLETE", "ALREADY_EXISTS" };
	const struct talos_pull *pull = reply;
	const struct value *progress = json_at(json, "pullProgress");
	const char *state = json_text(progress, "progress.status");

	cr_assert_eq(pull->name == NULL, progress != NULL, "%s", file);
	if (!progress) {
		cr_assert_str_eq(pull->name, json_text(json, "name"), "%s", file);
		return;
	}
	cr_assert_str_eq(pull->layer, json_text(progress, "layerId"), "%s", file);
	cr_assert_lt((size_t)pull->state, ARRAY_LEN(states), "%s", file);
	cr_assert_str_eq(states[pull->state], *state ? state : "DOWNLOADING", "%s", file);
	cr_assert_eq(pull->offset, json_u64(progress, "progress.offset"), "%s", file);
	cr_assert_eq(pull->total, json_u64(progress, "progress.total"), "%s", file);
}

static void check_image(const char *file, const void *reply, const struct value *json)
{
	const struct talos_image *image = reply;

	cr_assert_str_eq(image->name, json_text(json, "name"), "%s", file);
	cr_assert_str_eq(image->digest, json_text(json, "digest"), "%s", file);
	cr_assert_eq(image->size, json_u64(json, "size"), "%s", file);
	cr_assert_gt(image->size, 0, "%s", file);
}

static const struct row rows[] = {
	{ &talos_reboot, make_reboot, check_actor, 5, 2 },
	{ &talos_reset, make_reset, check_actor, 4, 3 },
	{ &talos_upgrade, make_upgrade, check_actor, 3, 0 },
	{ &talos_rollback, make_nothing, NULL, 2, 0 },
	{ &talos_image_pull, make_image, check_pull, 2, 12 },
	{ &talos_image_list, make_image, check_image, 4, 18 },
	{ &talos_image_list_old, make_old_list, check_image, 1, 6 },
	{ &talos_lifecycle_upgrade, make_lifecycle, NULL, 1, 0 },
	{ &talos_meta_write, make_meta, NULL, 1, 0 },
};

struct tally {
	size_t requests, replies;
};

static void take_request(const struct recording *recording, const struct row *row,
			 struct tally *tally)
{
	struct str packed SCOPED(str_done) = STR_INIT(1 << 20);
	const struct value *recorded = json_at(recording->tree, "requests.0");
	const void *request = row->make(recording, value_get(recorded, "json"));
	struct talos_bytes bytes;

	if (!request)
		return;
	if (row->method->pack)
		row->method->pack(request, &packed);
	cr_assert(recording_bytes(recording, recorded, &bytes), "%s", recording->file);
	cr_assert_eq(packed.len, bytes.len, "%s: %zu bytes", recording->file, packed.len);
	cr_assert_eq(memcmp(str_text(&packed), bytes.data, bytes.len), 0, "%s", recording->file);
	tally->requests++;
}

static void take_response(const struct recording *recording, const struct row *row,
			  const struct value *response, struct tally *tally)
{
	struct arena *arena OWNED(arena_free) = arena_new("reply");
	const struct value *json = value_get(response, "json");
	const struct value *messages = value_get(json, "messages");
	bool merged = messages && value_len(messages) != 1; /* of several nodes */
	struct talos_message message = { 0 };
	struct talos_bytes bytes;
	struct err err = ERR_INIT;
	const void *reply = NULL;

	if (!recording_bytes(recording, response, &bytes))
		return;
	message.data = bytes.data;
	message.len = bytes.len;
	cr_assert_eq(row->method->unpack(arena, &message, &reply, &err), merged ? -1 : 0, "%s: %s",
		     recording->file, err.text);
	if (merged)
		return;
	row->check(recording->file, reply, json);
	tally->replies++;
}

static void take_one(const struct recording *recording, void *context)
{
	const struct value *responses = value_get(recording->tree, "responses");
	struct tally *tallies = context;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!text_equal(rows[i].method->path, recording->method))
			continue;
		take_request(recording, &rows[i], &tallies[i]);
		for (size_t k = 0; k < value_len(responses); k++)
			take_response(recording, &rows[i], value_at(responses, k), &tallies[i]);
	}
}

Test(lifecycle, everything_recorded_is_asked_and_understood_alike)
{
	struct tally tallies[ARRAY_LEN(rows)] = { 0 };

	recording_each(take_one, tallies);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_geq(tallies[i].requests, rows[i].requests, "%s: %zu",
			      rows[i].method->path, tallies[i].requests);
		cr_assert_geq(tallies[i].replies, rows[i].replies, "%s: %zu", rows[i].method->path,
			      tallies[i].replies);
	}
}

/* ---- what was not recorded ------------------------------------------------------------------- */

static int progress_read(struct arena *arena, const Machine__LifecycleServiceInstallProgress *from,
			 const void **out)
{
	Machine__LifecycleServiceUpgradeResponse response =
		MACHINE__LIFECYCLE_SERVICE_UPGRADE_RESPONSE__INIT;
	struct talos_message message = { 0 };
	struct err err = ERR_INIT;
	uint8_t data[200];

	response.progress = (Machine__LifecycleServiceInstallProgress *)from;
	message.data = data;
	message.len = protobuf_c_message_pack(&response.base, data);
	return talos_lifecycle_upgrade.unpack(arena, &message, out, &err);
}

Test(lifecycle, progress_ends_with_an_exit_code)
{
	struct arena *arena OWNED(arena_free) = arena_new("progress");
	Machine__LifecycleServiceInstallProgress progress =
		MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__INIT;
	const struct talos_progress *got;
	const void *reply = NULL;

	cr_assert_eq(progress_read(arena, &progress, &reply), 1);
	progress.response_case = MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__RESPONSE_MESSAGE;
	progress.message = (char *)"copying";
	cr_assert_eq(progress_read(arena, &progress, &reply), 0);
	got = reply;
	cr_assert_str_eq(got->message, "copying");
	cr_assert_not(got->done);
	progress.response_case = MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__RESPONSE_EXIT_CODE;
	progress.exit_code = 3;
	cr_assert_eq(progress_read(arena, &progress, &reply), 0);
	got = reply;
	cr_assert(got->done);
	cr_assert_eq(got->exit_code, 3);
	cr_assert_str_eq(got->message, "");
}

Test(lifecycle, an_install_names_its_disk)
{
	const struct talos_lifecycle_request request = { STORE_MEMORY, "r/i:v1", "/dev/sda" };
	struct str packed SCOPED(str_done) = STR_INIT(1000);
	Machine__LifecycleServiceInstallRequest *read;

	talos_lifecycle_install.pack(&request, &packed);
	read = machine__lifecycle_service_install_request__unpack(
		NULL, packed.len, (const uint8_t *)str_text(&packed));
	cr_assert_not_null(read);
	cr_assert_str_eq(read->source->image_name, "r/i:v1");
	cr_assert_str_eq(read->destination->disk, "/dev/sda");
	cr_assert_eq(read->containerd->driver, COMMON__CONTAINER_DRIVER__CONTAINERD);
	cr_assert_eq(read->containerd->namespace_, COMMON__CONTAINERD_NAMESPACE__NS_SYSTEM);
	machine__lifecycle_service_install_request__free_unpacked(read, NULL);
}
