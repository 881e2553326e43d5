#include "check.h"

#include "base/own.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define EQUAL_TEXT(got, path) cr_assert_str_eq(got, json_text(wanted, path), "%s: %s", file, path)
#define EQUAL_NUMBER(got, path) cr_assert_eq(got, json_u64(wanted, path), "%s: %s", file, path)
#define EQUAL_BOOL(got, path) cr_assert_eq(got, json_bool(wanted, path), "%s: %s", file, path)

/* The place of a name in a list; the first is what renderings leave out. */
static size_t index_of(const char *const *names, size_t count, const char *name)
{
	size_t i = 0;

	while (*name && i < count && strcmp(names[i], name) != 0)
		i++;
	cr_assert_lt(i, count, "%s", name);
	return i;
}

static void check_machine_status(const char *file, const void *spec, const struct value *wanted)
{
	static const char *const stages[] = {
		[STAGE_UNKNOWN] = "MACHINE_STAGE_UNKNOWN",
		[STAGE_BOOTING] = "MACHINE_STAGE_BOOTING",
		[STAGE_INSTALLING] = "MACHINE_STAGE_INSTALLING",
		[STAGE_MAINTENANCE] = "MACHINE_STAGE_MAINTENANCE",
		[STAGE_RUNNING] = "MACHINE_STAGE_RUNNING",
		[STAGE_REBOOTING] = "MACHINE_STAGE_REBOOTING",
		[STAGE_SHUTTING_DOWN] = "MACHINE_STAGE_SHUTTING_DOWN",
		[STAGE_RESETTING] = "MACHINE_STAGE_RESETTING",
		[STAGE_UPGRADING] = "MACHINE_STAGE_UPGRADING",
	};
	const struct talos_machine_status *status = spec;
	const struct value *unmet = json_at(wanted, "status.unmetConditions");

	cr_assert_eq(status->stage,
		     index_of(stages, ARRAY_LEN(stages), json_text(wanted, "stage")), "%s", file);
	EQUAL_BOOL(status->ready, "status.ready");
	for (size_t i = 0; i < value_len(unmet); i++) {
		cr_assert_str_eq(status->unmet[i], json_text(value_at(unmet, i), "name"));
		cr_assert_str_eq(status->reason[i], json_text(value_at(unmet, i), "reason"));
	}
	cr_assert_null(status->unmet[value_len(unmet)], "%s", file);
	cr_assert_null(status->reason[value_len(unmet)], "%s", file);
}

static void check_machine_type(const char *file, const void *spec, const struct value *wanted)
{
	static const char *const names[] = { "UNKNOWN", "INIT", "CONTROL_PLANE", "WORKER" };
	const struct talos_machine_type *type = spec;

	cr_assert_eq((size_t)type->type,
		     index_of(names, ARRAY_LEN(names), json_text(wanted, "machineType")), "%s",
		     file);
}

static void check_machine_config(const char *file, const void *spec, const struct value *wanted)
{
	struct arena *arena OWNED(arena_free) = arena_new("config");
	const struct talos_machine_config *config = spec;

	cr_assert_str_eq(base64_encode(arena, config->text, config->len),
			 json_text(wanted, "yamlMarshalled"), "%s", file);
	cr_assert_eq(config->text[config->len], '\0', "%s", file);
}

static void check_disk(const char *file, const void *spec, const struct value *wanted)
{
	const struct talos_disk *disk = spec;

	EQUAL_TEXT(disk->dev_path, "devPath");
	EQUAL_NUMBER(disk->size, "size");
	EQUAL_NUMBER(disk->sector_size, "sectorSize");
	EQUAL_NUMBER(disk->io_size, "ioSize");
	EQUAL_TEXT(disk->model, "model");
	EQUAL_TEXT(disk->serial, "serial");
	EQUAL_TEXT(disk->wwid, "wwid");
	EQUAL_TEXT(disk->uuid, "uuid");
	EQUAL_TEXT(disk->modalias, "modalias");
	EQUAL_TEXT(disk->bus_path, "busPath");
	EQUAL_TEXT(disk->sub_system, "subSystem");
	EQUAL_TEXT(disk->transport, "transport");
	EQUAL_BOOL(disk->readonly, "readonly");
	EQUAL_BOOL(disk->rotational, "rotational");
	EQUAL_BOOL(disk->cdrom, "cdrom");
	check_texts(file, disk->symlinks, json_at(wanted, "symlinks"));
	cr_assert(text_starts(disk->dev_path, "/dev/"), "%s", file);
}

static void check_system_disk(const char *file, const void *spec, const struct value *wanted)
{
	const struct talos_system_disk *disk = spec;

	EQUAL_TEXT(disk->id, "diskId");
	EQUAL_TEXT(disk->dev_path, "devPath");
}

/* Hexadecimal pairs and colons back to what the rendering has. */
static void check_hardware(const char *file, const char *text, const char *wanted)
{
	struct arena *arena OWNED(arena_free) = arena_new("hardware");
	size_t len = 0;
	const unsigned char *bytes = base64_decode(arena, wanted, &len);
	const char *hex = hex_encode(arena, *wanted ? bytes : (const void *)"", len);

	cr_assert_eq(strlen(text), len ? len * 3 - 1 : 0, "%s: %s", file, text);
	for (size_t i = 0; i < len; i++) {
		cr_assert_eq(strncmp(text + i * 3, hex + i * 2, 2), 0, "%s: %s", file, text);
		cr_assert_eq(text[i * 3 + 2], i + 1 < len ? ':' : '\0', "%s: %s", file, text);
	}
}

static void check_link(const char *file, const void *spec, const struct value *wanted)
{
	const struct talos_link *link = spec;
	const char *type = json_text(wanted, "type");

	check_hardware(file, link->hardware_addr, json_text(wanted, "hardwareAddr"));
	check_hardware(file, link->permanent_addr, json_text(wanted, "permanentAddr"));
	EQUAL_TEXT(link->kind, "kind");
	EQUAL_TEXT(link->driver, "driver");
	EQUAL_TEXT(link->bus_path, "busPath");
	EQUAL_NUMBER(link->mtu, "mtu");
	EQUAL_BOOL(link->up, "linkState");
	cr_assert_eq(link->type == 1, strcmp(type, "LINK_ETHER") == 0, "%s: %s", file, type);
}

static void check_addresses(const char *file, const void *spec, const struct value *wanted)
{
	struct arena *arena OWNED(arena_free) = arena_new("addresses");
	const struct talos_addresses *addresses = spec;
	const struct value *list = json_at(wanted, "addresses");

	cr_assert_eq(addresses->len, value_len(list), "%s", file);
	for (size_t i = 0; i < addresses->len; i++) {
		const struct ip_prefix *at = &addresses->at[i];
		const struct value *one = value_at(list, i);

		cr_assert_str_eq(base64_encode(arena, at->base.at, at->base.family == 4 ? 4 : 16),
				 json_text(one, "ip"), "%s", file);
		cr_assert_eq(at->bits, json_u64(one, "prefixLength"), "%s", file);
	}
}

static void check_hostname(const char *file, const void *spec, const struct value *wanted)
{
	const struct talos_hostname *hostname = spec;

	EQUAL_TEXT(hostname->hostname, "hostname");
	EQUAL_TEXT(hostname->domain, "domainname");
}

static void check_service(const char *file, const void *spec, const struct value *wanted)
{
	const struct talos_service_state *service = spec;

	EQUAL_BOOL(service->running, "running");
	EQUAL_BOOL(service->healthy, "healthy");
	EQUAL_BOOL(service->unknown, "unknown");
}

static void check_etcd_self(const char *file, const void *spec, const struct value *wanted)
{
	const struct talos_etcd_self *self = spec;

	EQUAL_TEXT(self->member_id, "memberId");
	cr_assert_eq(strlen(self->member_id), 16, "%s", file);
}

static void check_nodename(const char *file, const void *spec, const struct value *wanted)
{
	EQUAL_TEXT(((const struct talos_nodename *)spec)->nodename, "nodename");
}

static void check_node_status(const char *file, const void *spec, const struct value *wanted)
{
	const struct talos_node_status *status = spec;

	EQUAL_TEXT(status->nodename, "nodename");
	EQUAL_BOOL(status->ready, "nodeReady");
	EQUAL_BOOL(status->unschedulable, "unschedulable");
}

static const struct {
	const char *type;
	check_fn *check;
} checks[] = {
	{ "MachineStatuses.runtime.talos.dev", check_machine_status },
	{ "MachineTypes.config.talos.dev", check_machine_type },
	{ "MachineConfigs.config.talos.dev", check_machine_config },
	{ "Disks.block.talos.dev", check_disk },
	{ "SystemDisks.block.talos.dev", check_system_disk },
	{ "LinkStatuses.net.talos.dev", check_link },
	{ "NodeAddresses.net.talos.dev", check_addresses },
	{ "HostnameStatuses.net.talos.dev", check_hostname },
	{ "Services.v1alpha1.talos.dev", check_service },
	{ "EtcdMembers.etcd.talos.dev", check_etcd_self },
	{ "Nodenames.kubernetes.talos.dev", check_nodename },
	{ "NodeStatuses.kubernetes.talos.dev", check_node_status },
};

bool check_spec(const char *type, const char *file, const void *spec, const struct value *wanted)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		if (strcmp(checks[i].type, type) != 0)
			continue;
		cr_assert_not_null(spec, "%s", file);
		checks[i].check(file, spec, wanted);
		return true;
	}
	cr_assert_null(spec, "%s: %s", file, type);
	return false;
}
