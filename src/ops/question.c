#include "ops/question.h"

#include "base/text.h"
#include "ops/configs.h"
#include "ops/installer.h"
#include "ops/observe.h"
#include "tree/yaml.h"

#include <assert.h>
#include <string.h>

static void take_version(struct answers *answers, const void *reply)
{
	const struct talos_version *version = reply;

	answers->state->talos = arena_str(answers->arena, version->tag);
	answers->state->platform = arena_str(answers->arena, version->platform);
}

static void take_status(struct answers *answers, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_machine_status *status = resource->spec;

	if (!status)
		return;
	answers->state->stage = status->stage;
	answers->state->ready = status->ready;
}

static void take_services(struct answers *answers, const void *reply)
{
	const struct talos_services *services = reply;

	for (size_t i = 0; i < services->len; i++) {
		const char *state = services->at[i].state;

		if (strcmp(services->at[i].id, "etcd") != 0)
			continue;
		answers->state->etcd_runs = text_equal(state, "Running");
		answers->state->etcd_waits = text_equal(state, "Preparing");
	}
}

static const char *const *copy_texts(struct arena *arena, const char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	const char **copy = arena_calloc(arena, count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = arena_str(arena, texts[i]);
	return copy;
}

static void take_disk(struct answers *answers, const void *reply)
{
	const struct talos_resource *resource = reply;
	struct arena *arena = answers->arena;
	struct node_state *state = answers->state;

	if (!resource->spec)
		return;
	struct talos_disk *disks = arena_grow(arena, (void *)(uintptr_t)state->disk, state->disks,
					      &answers->disk_cap, sizeof(*disks));
	struct talos_disk *disk = &disks[state->disks++];
	const char **texts[] = { &disk->dev_path, &disk->model, &disk->serial,
				 &disk->wwid, &disk->uuid, &disk->modalias,
				 &disk->bus_path, &disk->sub_system, &disk->transport };

	*disk = *(const struct talos_disk *)resource->spec;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = arena_str(arena, *texts[i]);
	disk->symlinks = copy_texts(arena, disk->symlinks);
	state->disk = disks;
}

static void take_link(struct answers *answers, const void *reply)
{
	const struct talos_resource *resource = reply;
	struct arena *arena = answers->arena;
	struct node_state *state = answers->state;

	if (!resource->spec)
		return;
	struct talos_link *links = arena_grow(arena, (void *)(uintptr_t)state->link, state->links,
					      &answers->link_cap, sizeof(*links));
	struct talos_link *link = &links[state->links++];
	const char **texts[] = { &link->hardware_addr, &link->permanent_addr, &link->kind,
				 &link->driver, &link->bus_path };

	*link = *(const struct talos_link *)resource->spec;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = arena_str(arena, *texts[i]);
	state->link = links;
}

static void take_extension(struct answers *answers, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_extension *extension = resource->spec;

	if (!answers->state->schematic)
		answers->state->schematic = "";
	if (extension && strcmp(extension->name, "schematic") == 0)
		answers->state->schematic =
			arena_str(answers->arena, extension->version);
	else
		answers->state->extensions++;
}

/* An image without any extension lists nothing. */
static void no_extension(struct answers *answers)
{
	if (!answers->state->schematic)
		answers->state->schematic = "";
}

static const char *copy_config(struct answers *answers, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_machine_config *config = resource->spec;

	return config ? arena_strn(answers->arena, config->text, config->len) : NULL;
}

static void read_config(struct answers *answers)
{
	struct arena *scratch OWNED(arena_free) = arena_new("live config");
	struct arena *arena = answers->arena;
	struct node_state *state = answers->state;
	const struct yaml_input input = {
		.file = "live", .text = state->config, .len = strlen(state->config)
	};
	struct yaml_documents documents;

	if (yaml_read(scratch, &input, &documents, NULL) < 0)
		return;
	state->image = arena_str(arena, installer_of_documents(&documents));
	state->kubelet = documents_kubelet(arena, &documents);
}

static void take_config(struct answers *answers, const void *reply)
{
	struct node_state *state = answers->state;

	state->config = copy_config(answers, reply);
	if (state->config)
		read_config(answers);
}

static void take_next_config(struct answers *answers, const void *reply)
{
	answers->state->config_next = copy_config(answers, reply);
}

static void take_etcd(struct answers *answers, const void *reply)
{
	struct arena *arena = answers->arena;
	struct talos_etcd_status *status = arena_dup(arena, reply, sizeof(*status));

	status->storage_version = arena_str(arena, status->storage_version);
	status->errors = copy_texts(arena, status->errors);
	answers->state->etcd = status;
}

static void take_members(struct answers *answers, const void *reply)
{
	struct arena *arena = answers->arena;
	struct talos_etcd_members *members = arena_dup(arena, reply, sizeof(*members));

	members->at = arena_dup(arena, members->at, members->len * sizeof(*members->at));
	for (size_t i = 0; i < members->len; i++) {
		struct talos_etcd_member *member = &members->at[i];

		member->name = arena_str(arena, member->name);
		member->peers = copy_texts(arena, member->peers);
		member->clients = copy_texts(arena, member->clients);
	}
	answers->state->members = members;
}

static void take_volume(struct answers *answers, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_volume *volume = resource->spec;
	struct arena *arena = answers->arena;

	if (!volume || text_is_blank(volume->location))
		return;
	/* one more: the list ends with NULL */
	const char **ids = arena_grow(arena, (void *)(uintptr_t)answers->state->volumes,
				      answers->volumes + 1, &answers->volume_cap, sizeof(*ids));
	ids[answers->volumes++] = arena_str(arena, resource->id);
	ids[answers->volumes] = NULL;
	answers->state->volumes = ids;
}

static void take_boot(struct answers *answers, const void *reply)
{
	const struct talos_bytes *bytes = reply;
	const char *end = bytes->len ? memchr(bytes->data, '\n', bytes->len) : NULL;
	size_t len = end ? (size_t)(end - (const char *)bytes->data) : bytes->len;

	if (len)
		answers->state->boot_id = arena_strn(answers->arena, bytes->data, len);
}

static const struct talos_read_request ask_boot = { .path = TALOS_BOOT_ID };
static const struct talos_get_request ask_extensions = { &resource_extension, NULL };
static const struct talos_get_request ask_config = { &resource_machine_config, "v1alpha1" };
static const struct talos_get_request ask_next_config = { &resource_machine_config, "persistent" };
static const struct talos_etcd_members_request ask_members = { .local = false };
static const struct talos_get_request ask_status = { &resource_machine_status, "machine" };
static const struct talos_get_request ask_volumes = { &resource_volume_status, NULL };
static const struct talos_get_request ask_disks = { &resource_disk, NULL };
static const struct talos_get_request ask_links = { &resource_link, NULL };

static const struct question of_ours[] = {
	{ &talos_version, NULL, take_version, .turn = TURN_FIRST },
	{ &talos_get, &ask_status, take_status, .turn = TURN_REST },
	{ &talos_services, NULL, take_services, .turn = TURN_REST },
	{ &talos_read, &ask_boot, take_boot, OBSERVE_BOOT, TURN_REST },
	{ &talos_list, &ask_volumes, take_volume, OBSERVE_VOLUMES, TURN_REST },
	{ &talos_list, &ask_extensions, take_extension, OBSERVE_SCHEMATIC, TURN_REST,
	  .end = no_extension },
	{ &talos_get, &ask_config, take_config, OBSERVE_CONFIGS, TURN_REST },
	{ &talos_get, &ask_next_config, take_next_config, OBSERVE_CONFIGS, TURN_REST },
	{ &talos_etcd_status, NULL, take_etcd, OBSERVE_ETCD, TURN_ETCD, .control_only = true },
	{ &talos_etcd_members, &ask_members, take_members, OBSERVE_ETCD, TURN_ETCD,
	  .control_only = true },
};
static_assert(ARRAY_LEN(of_ours) <= QUESTIONS_MAX, "a place for every question");
const struct questions questions_of_ours = { of_ours, ARRAY_LEN(of_ours) };

static const struct question of_maintenance[] = {
	{ &talos_version, NULL, take_version, .turn = TURN_FIRST },
	{ &talos_get, &ask_status, take_status, .turn = TURN_REST },
	{ &talos_list, &ask_disks, take_disk, .turn = TURN_REST },
	{ &talos_list, &ask_links, take_link, .turn = TURN_REST },
};
static_assert(ARRAY_LEN(of_maintenance) <= QUESTIONS_MAX, "a place for every question");
const struct questions questions_of_maintenance = { of_maintenance, ARRAY_LEN(of_maintenance) };

void answers_forget(struct answers *answers)
{
	struct node_state *state = answers->state;

	state->disks = state->links = answers->volumes = state->extensions = 0;
	state->volumes = NULL;
	answers->volume_cap = 0;
	state->config = state->config_next = state->image = state->kubelet = NULL;
	state->schematic = state->boot_id = NULL;
}

/* A config that only waits for the next boot is told when it is another. */
void answers_end(struct answers *answers)
{
	struct node_state *state = answers->state;

	if (state->config_next && text_equal(state->config_next, state->config))
		state->config_next = NULL;
}
