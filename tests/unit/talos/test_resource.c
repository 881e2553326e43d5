#include "wire.h"

#include "base/own.h"
#include "talos/resource.h"
#include "tree/value.h"

#include <criterion/criterion.h>
#include <string.h>

static const void *spec_read(struct arena *arena, const struct talos_resource_type *type,
			     const struct str *wire)
{
	struct err err = ERR_INIT;
	const void *spec = NULL;

	cr_assert_eq(type->unpack(arena, str_text(wire), wire->len, &spec, &err), 0, "%s",
		     err.text);
	return spec;
}

static void refuses(const struct talos_resource_type *type, const struct str *wire,
		    const char *text)
{
	struct arena *arena OWNED(arena_free) = arena_new("spec");
	struct err err = ERR_INIT;
	const void *spec = NULL;

	cr_assert_lt(type->unpack(arena, str_text(wire), wire->len, &spec, &err), 0, "%s", text);
	cr_assert_str_eq(err.text, text);
	cr_assert_eq(err.kind, ERR_REMOTE, "%s", text);
	cr_assert_null(spec);
}

Test(resource, garbage_is_refused)
{
	static const struct {
		const struct talos_resource_type *type;
		const char *text;
	} rows[] = {
		{ &resource_machine_status,
		  "the answer is not a valid resource.MachineStatusSpec" },
		{ &resource_machine_type, "the answer is not a valid resource.MachineTypeSpec" },
		{ &resource_machine_config,
		  "the answer is not a valid resource.MachineConfigSpec" },
		{ &resource_disk, "the answer is not a valid resource.DiskSpec" },
		{ &resource_system_disk, "the answer is not a valid resource.SystemDiskSpec" },
		{ &resource_link, "the answer is not a valid resource.LinkStatusSpec" },
		{ &resource_node_address, "the answer is not a valid resource.NodeAddressSpec" },
		{ &resource_hostname, "the answer is not a valid resource.HostnameStatusSpec" },
		{ &resource_service, "the answer is not a valid resource.ServiceSpec" },
		{ &resource_etcd_member, "the answer is not a valid resource.EtcdMemberSpec" },
		{ &resource_nodename, "the answer is not a valid resource.NodenameSpec" },
		{ &resource_node_status, "the answer is not a valid resource.NodeStatusSpec" },
		{ &resource_extension, "the answer is not a valid resource.ExtensionStatusSpec" },
		{ &resource_manifest, "the answer is not a valid resource.ManifestSpec" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str wire SCOPED(str_done) = STR_INIT(64);

		str_addn(&wire, "\x0a\x05\xff", 3);
		refuses(rows[i].type, &wire, rows[i].text);
	}
}

Test(resource, an_empty_spec_has_empty_texts)
{
	struct arena *arena OWNED(arena_free) = arena_new("spec");
	struct str wire SCOPED(str_done) = STR_INIT(64);

	const struct talos_machine_status *status =
		spec_read(arena, &resource_machine_status, &wire);
	cr_assert_eq(status->stage, STAGE_UNKNOWN);
	cr_assert_not(status->ready);
	cr_assert_null(status->unmet[0]);
	const struct talos_machine_config *config =
		spec_read(arena, &resource_machine_config, &wire);
	cr_assert_str_eq(config->text, "");
	const struct talos_disk *disk = spec_read(arena, &resource_disk, &wire);
	cr_assert_str_eq(disk->transport, "");
	cr_assert_null(disk->symlinks[0]);
	const struct talos_link *link = spec_read(arena, &resource_link, &wire);
	cr_assert_str_eq(link->hardware_addr, "");
	const struct talos_addresses *addresses = spec_read(arena, &resource_node_address, &wire);
	cr_assert_eq(addresses->len, 0);
	const struct talos_extension *extension = spec_read(arena, &resource_extension, &wire);
	cr_assert_str_eq(extension->name, "");
	cr_assert_str_eq(extension->version, "");
}

Test(resource, extensions_name_the_schematic)
{
	struct arena *arena OWNED(arena_free) = arena_new("spec");
	struct str metadata SCOPED(str_done) = STR_INIT(128);
	struct str wire SCOPED(str_done) = STR_INIT(128);

	wire_text(&metadata, 1, "schematic");
	wire_text(&metadata, 2, "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba");
	wire_message(&wire, 2, &metadata);
	const struct talos_extension *extension = spec_read(arena, &resource_extension, &wire);
	cr_assert_str_eq(extension->name, "schematic");
	cr_assert_eq(strlen(extension->version), 64);
}

/* ---- manifests: objects as google.protobuf.Struct -------------------------------------------- */

static void put_entry(struct str *map, const char *key, const struct str *value)
{
	struct str entry SCOPED(str_done) = STR_INIT(4096);

	wire_text(&entry, 1, key);
	wire_message(&entry, 2, value);
	wire_message(map, 1, &entry);
}

static void put_text(struct str *map, const char *key, const char *text)
{
	struct str value SCOPED(str_done) = STR_INIT(1024);

	wire_text(&value, 3, text);
	put_entry(map, key, &value);
}

static void put_number(struct str *map, const char *key, double number)
{
	struct str value SCOPED(str_done) = STR_INIT(64);

	str_addc(&value, 2 << 3 | 1);
	str_addn(&value, &number, sizeof(number));
	put_entry(map, key, &value);
}

static void as_manifest(struct str *out, const struct str *object)
{
	struct str item SCOPED(str_done) = STR_INIT(65536);

	wire_message(&item, 1, object);
	wire_message(out, 1, &item);
}

Test(resource, manifests_hold_trees)
{
	struct arena *arena OWNED(arena_free) = arena_new("spec");
	struct str wire SCOPED(str_done) = STR_INIT(8192), object SCOPED(str_done) = STR_INIT(4096);
	struct str inner SCOPED(str_done) = STR_INIT(1024), value SCOPED(str_done) = STR_INIT(2048);
	struct str list SCOPED(str_done) = STR_INIT(1024), flag SCOPED(str_done) = STR_INIT(64);

	put_text(&object, "kind", "ConfigMap");
	put_number(&object, "count", 10249);
	put_number(&object, "part", 0.5);
	wire_number(&flag, 4, 1);
	put_entry(&object, "on", &flag);
	put_text(&inner, "name", "x");
	wire_message(&value, 5, &inner);
	put_entry(&object, "metadata", &value);
	/* a list of that map and of nothing */
	wire_message(&list, 1, &value);
	str_clear(&value);
	wire_number(&value, 1, 0);
	wire_message(&list, 1, &value);
	str_clear(&value);
	wire_message(&value, 6, &list);
	put_entry(&object, "list", &value);
	as_manifest(&wire, &object);
	as_manifest(&wire, &inner);

	const struct talos_manifest *manifest = spec_read(arena, &resource_manifest, &wire);
	const struct value *read = manifest->object[0];

	cr_assert_eq(manifest->len, 2);
	cr_assert_str_eq(value_get_text(manifest->object[1], "name"), "x");
	cr_assert_str_eq(value_get_text(read, "kind"), "ConfigMap");
	cr_assert_str_eq(value_get_text(read, "count"), "10249");
	cr_assert_str_eq(value_get_text(read, "part"), "0.5");
	cr_assert(value_bool(value_get(read, "on"), false));
	cr_assert_str_eq(value_get_text(value_get(read, "metadata"), "name"), "x");
	cr_assert_eq(value_len(value_get(read, "list")), 2);
	cr_assert_str_eq(value_get_text(value_at(value_get(read, "list"), 0), "name"), "x");
	cr_assert(value_is_null(value_at(value_get(read, "list"), 1)));
}

static void refuses_object(const struct str *object)
{
	struct str wire SCOPED(str_done) = STR_INIT(65536);

	as_manifest(&wire, object);
	refuses(&resource_manifest, &wire, "the answer holds a tree that cannot be read");
}

Test(resource, broken_trees_are_refused)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\x0a", 1 },			   /* a length is missing */
		{ "\x0a\x05\x01", 3 },		   /* it is longer than what is there */
		{ "\x0a\x04\x0a\x02k", 5 },	   /* likewise, one level below */
		{ "\x0f", 1 },			   /* a kind of field that does not exist */
		{ "\x02\x00", 2 },		   /* field 0 */
		{ "\x0a\x05\x0a\x03k\x00y", 7 },   /* a key with a zero byte */
		{ "\x0a\x04\x12\x02\x11\x00", 6 }, /* half a number */
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str object SCOPED(str_done) = STR_INIT(64);

		str_addn(&object, rows[i].bytes, rows[i].len);
		refuses_object(&object);
	}
}

Test(resource, trees_do_not_nest_for_ever)
{
	struct str object SCOPED(str_done) = STR_INIT(65536);

	for (size_t i = 0; i < 200; i++) {
		struct str outer SCOPED(str_done) = STR_INIT(65536);
		struct str value SCOPED(str_done) = STR_INIT(65536);

		wire_message(&value, 5, &object);
		put_entry(&outer, "k", &value);
		str_clear(&object);
		str_addn(&object, outer.at, outer.len);
	}
	refuses_object(&object);
}

Test(resource, numbers_that_are_not_known_here)
{
	static const uint64_t numbers[] = { 9, 1000, UINT64_MAX, UINT64_C(1) << 31 };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("spec");
		struct str wire SCOPED(str_done) = STR_INIT(64);

		wire_number(&wire, 1, numbers[i]);
		const struct talos_machine_status *status =
			spec_read(arena, &resource_machine_status, &wire);
		cr_assert_eq(status->stage, STAGE_UNKNOWN);
		const struct talos_machine_type *type =
			spec_read(arena, &resource_machine_type, &wire);
		cr_assert_eq((int)type->type, MACHINE_UNKNOWN);
	}
}

Test(resource, stages_have_names)
{
	cr_assert_str_eq(talos_stage_name(STAGE_SHUTTING_DOWN), "shutting down");
	cr_assert_str_eq(talos_stage_name(STAGE_MAINTENANCE), "maintenance");
	cr_assert_str_eq(talos_stage_name(STAGE_COUNT), "unknown");
}

static void add_address(struct str *wire, const char *bytes, size_t len, uint64_t bits)
{
	struct str prefix SCOPED(str_done) = STR_INIT(128);

	wire_bytes(&prefix, 1, bytes, len);
	wire_number(&prefix, 2, bits);
	wire_message(wire, 1, &prefix);
}

Test(resource, addresses_of_both_families)
{
	struct arena *arena OWNED(arena_free) = arena_new("spec");
	struct str wire SCOPED(str_done) = STR_INIT(256);
	char text[IP_TEXT_MAX];

	add_address(&wire, "\x0a\x00\x00\x01", 4, 24);
	add_address(&wire, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
			   "eth0",
		    20, 64);
	const struct talos_addresses *addresses = spec_read(arena, &resource_node_address, &wire);
	cr_assert_eq(addresses->len, 2);
	cr_assert_str_eq(ip_prefix_text(&addresses->at[0], text), "10.0.0.1/24");
	cr_assert_str_eq(ip_prefix_text(&addresses->at[1], text), "fe80::1/64");
}

Test(resource, addresses_that_are_none)
{
	static const struct {
		const char *text;
		size_t len;
		uint64_t bits;
	} rows[] = {
		{ "an address has 3 bytes", 3, 24 },
		{ "an address has 0 bytes", 0, 0 },
		{ "an address has 15 bytes", 15, 64 },
		{ "the prefix of an address is 33 bits long", 4, 33 },
		{ "the prefix of an address is 129 bits long", 16, 129 },
		{ "the prefix of an address is -1 bits long", 16, UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str wire SCOPED(str_done) = STR_INIT(256);
		static const char zeros[16];

		add_address(&wire, zeros, rows[i].len, rows[i].bits);
		refuses(&resource_node_address, &wire, rows[i].text);
	}
}

Test(resource, links)
{
	struct arena *arena OWNED(arena_free) = arena_new("spec");
	struct str wire SCOPED(str_done) = STR_INIT(256);
	static const char zeros[40];

	wire_bytes(&wire, 5, "\x52\x54\x00\x12\x34\xfe", 6);
	wire_number(&wire, 10, 6);
	const struct talos_link *link = spec_read(arena, &resource_link, &wire);
	cr_assert_str_eq(link->hardware_addr, "52:54:00:12:34:fe");
	cr_assert_str_eq(link->permanent_addr, "");
	cr_assert(link->up);
	wire_number(&wire, 10, 2);
	link = spec_read(arena, &resource_link, &wire);
	cr_assert_not(link->up);
	wire_bytes(&wire, 30, zeros, sizeof(zeros));
	refuses(&resource_link, &wire, "a hardware address has 40 bytes");
}
