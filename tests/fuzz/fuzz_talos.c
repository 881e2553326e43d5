/*
 * What a node may answer: the first byte chooses a method, or a type of resource whose spec it is.
 * All texts of a reply must be there, and an error must be one of the kinds that a peer can cause.
 */
#include "base/own.h"
#include "talos/talos.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t bytes; /* read of replies, so that none is optimised away */

static void see(const char *text)
{
	bytes += strlen(text);
}

static void see_all(const char *const *texts)
{
	for (; *texts; texts++)
		see(*texts);
}

static void see_version(const void *reply)
{
	const struct talos_version *version = reply;

	see(version->tag);
	see(version->arch);
	see(version->platform);
	see(version->mode);
}

static void see_applied(const void *reply)
{
	const struct talos_applied *applied = reply;

	see_all(applied->warnings);
	if (applied->mode > APPLY_UNKNOWN)
		abort();
}

static void see_kubeconfig(const void *reply)
{
	const struct talos_kubeconfig *kubeconfig = reply;

	if (kubeconfig->text[kubeconfig->len] != '\0')
		abort();
}

static void see_services(const void *reply)
{
	const struct talos_services *services = reply;

	for (size_t i = 0; i < services->len; i++) {
		see(services->at[i].id);
		see(services->at[i].state);
		see(services->at[i].message);
	}
}

static void see_event(const void *reply)
{
	const struct talos_event *event = reply;

	see(event->id);
	see(event->actor);
	see(event->type);
	see(event->name);
	see(event->action);
	see(event->message);
	if (event->error)
		see(event->error);
	see(talos_stage_name(event->stage));
}

static void see_bytes(const void *reply)
{
	const struct talos_bytes *chunk = reply;

	for (size_t i = 0; i < chunk->len; i++)
		bytes += ((const unsigned char *)chunk->data)[i];
}

static void see_members(const void *reply)
{
	const struct talos_etcd_members *members = reply;

	for (size_t i = 0; i < members->len; i++) {
		see(members->at[i].name);
		see_all(members->at[i].peers);
		see_all(members->at[i].clients);
	}
}

static void see_etcd_status(const void *reply)
{
	const struct talos_etcd_status *status = reply;

	see(status->storage_version);
	see_all(status->errors);
}

static void see_resource(const void *reply)
{
	const struct talos_resource *resource = reply;

	see(resource->type);
	see(resource->ns);
	see(resource->id);
	see(resource->version);
}

static void see_change(const void *reply)
{
	see_resource(&((const struct talos_change *)reply)->resource);
}

static const struct {
	const struct talos_method *method;
	void (*see)(const void *reply); /* NULL: the reply says nothing */
} methods[] = {
	{ &talos_version, see_version },
	{ &talos_apply, see_applied },
	{ &talos_bootstrap, NULL },
	{ &talos_kubeconfig, see_kubeconfig },
	{ &talos_services, see_services },
	{ &talos_events, see_event },
	{ &talos_read, see_bytes },
	{ &talos_etcd_members, see_members },
	{ &talos_etcd_status, see_etcd_status },
	{ &talos_get, see_resource },
	{ &talos_list, see_resource },
	{ &talos_watch, see_change },
};

static void see_machine_status(const void *spec)
{
	const struct talos_machine_status *status = spec;

	see_all(status->unmet);
	see_all(status->reason);
	see(talos_stage_name(status->stage));
}

static void see_machine_type(const void *spec)
{
	if ((unsigned)((const struct talos_machine_type *)spec)->type > MACHINE_WORKER)
		abort();
}

static void see_machine_config(const void *spec)
{
	const struct talos_machine_config *config = spec;

	if (config->text[config->len] != '\0')
		abort();
}

static void see_disk(const void *spec)
{
	const struct talos_disk *disk = spec;

	see(disk->dev_path);
	see(disk->model);
	see(disk->serial);
	see(disk->wwid);
	see(disk->uuid);
	see(disk->modalias);
	see(disk->bus_path);
	see(disk->sub_system);
	see(disk->transport);
	see_all(disk->symlinks);
}

static void see_system_disk(const void *spec)
{
	const struct talos_system_disk *disk = spec;

	see(disk->id);
	see(disk->dev_path);
}

static void see_link(const void *spec)
{
	const struct talos_link *link = spec;

	see(link->hardware_addr);
	see(link->permanent_addr);
	see(link->kind);
	see(link->driver);
	see(link->bus_path);
}

static void see_addresses(const void *spec)
{
	const struct talos_addresses *addresses = spec;
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < addresses->len; i++) {
		see(ip_prefix_text(&addresses->at[i], text));
		if (addresses->at[i].bits > 128)
			abort();
	}
}

static void see_hostname(const void *spec)
{
	const struct talos_hostname *hostname = spec;

	see(hostname->hostname);
	see(hostname->domain);
}

static void see_etcd_self(const void *spec)
{
	see(((const struct talos_etcd_self *)spec)->member_id);
}

static void see_nodename(const void *spec)
{
	see(((const struct talos_nodename *)spec)->nodename);
}

static void see_node_status(const void *spec)
{
	see(((const struct talos_node_status *)spec)->nodename);
}

static void see_extension(const void *spec)
{
	const struct talos_extension *extension = spec;

	see(extension->name);
	see(extension->version);
}

static const struct {
	const struct talos_resource_type *type;
	void (*see)(const void *spec);
} types[] = {
	{ &resource_machine_status, see_machine_status },
	{ &resource_machine_type, see_machine_type },
	{ &resource_machine_config, see_machine_config },
	{ &resource_disk, see_disk },
	{ &resource_system_disk, see_system_disk },
	{ &resource_link, see_link },
	{ &resource_node_address, see_addresses },
	{ &resource_hostname, see_hostname },
	{ &resource_service, NULL },
	{ &resource_etcd_member, see_etcd_self },
	{ &resource_nodename, see_nodename },
	{ &resource_node_status, see_node_status },
	{ &resource_extension, see_extension },
};

static void check_error(int r, const struct err *err)
{
	if (r < 0 && (err->kind == ERR_NONE || err->kind == ERR_BUG || !err->text[0]))
		abort();
	for (const char *c = err->text; *c; c++) {
		if ((unsigned char)*c < ' ')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct err err = ERR_INIT;
	const void *out = NULL;
	size_t which = size > 0 ? data[0] % (ARRAY_LEN(methods) + ARRAY_LEN(types)) : 0;

	if (size == 0)
		return 0;
	if (which < ARRAY_LEN(methods)) {
		struct talos_message message = { data + 1, size - 1, &resource_machine_status };
		int r = methods[which].method->unpack(arena, &message, &out, &err);

		check_error(r, &err);
		if (r == 0 && methods[which].see)
			methods[which].see(out);
		return 0;
	}
	which -= ARRAY_LEN(methods);
	int r = types[which].type->unpack(arena, data + 1, size - 1, &out, &err);
	check_error(r, &err);
	if (r == 0 && types[which].see)
		types[which].see(out);
	return 0;
}
