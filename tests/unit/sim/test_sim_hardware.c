#include "sim/sim_hardware.h"

#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct value *yaml(struct arena *arena, const char *text)
{
	const struct yaml_input input = { "test", text, strlen(text), NULL, false };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
	return documents.at[0];
}

Test(hardware, a_disk_fits_what_the_files_ask_for)
{
	static const struct {
		const char *name;
		enum disk_form form;
		const char *text, *match;
		const char *path, *selector, *id;
	} rows[] = {
		{ "path", DISK_PATH, "/dev/sda", NULL, "/dev/sda", NULL, "sda" },
		{ "nvme path", DISK_PATH, "/dev/nvme0n1", NULL, "/dev/nvme0n1", NULL, "nvme0n1" },
		{ "by id", DISK_PATH, "/dev/disk/by-id/ata-X", NULL, "/dev/disk/by-id/ata-X", NULL,
		  "sda" },
		{ "serial", DISK_SERIAL, "S4EVNX0R", NULL, "", "{serial: S4EVNX0R}", "sda" },
		{ "model glob", DISK_MATCH, NULL, "{model: 'Samsung*'}", "", "{model: 'Samsung*'}",
		  "sda" },
		{ "nvme", DISK_MATCH, NULL, "{type: nvme}", "", "{type: nvme}", "nvme0n1" },
		{ "large", DISK_MATCH, NULL, "{size: '>= 4TB'}", "", "{size: '>= 4TB'}", "sda" },
		{ "exact", DISK_MATCH, NULL, "{size: 2TB}", "", "{size: 2TB}", "sda" },
		{ "cel", DISK_CEL, "disk.transport == 'nvme' && disk.model == \"A1\"", NULL, "",
		  "{model: A1}", "sda" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct world_node node = {
			.name = "n1",
			.address = "10.0.0.1",
			.disk = { rows[i].form, rows[i].text,
				  rows[i].match ? yaml(arena, rows[i].match) : NULL },
		};
		const struct sim_hardware *hardware = hardware_make(arena, &node);
		const struct value *selector =
			rows[i].selector ? yaml(arena, rows[i].selector) : NULL;
		const struct sim_disk *disk = NULL;
		struct err err = ERR_INIT;

		cr_assert_eq(hardware_choose(hardware, rows[i].path, selector, &disk, &err), 0,
			     "%s: %s", rows[i].name, err.text);
		cr_assert_str_neq(disk->transport, "usb", "%s", rows[i].name);
		if (rows[i].form != DISK_CEL)
			cr_assert_str_eq(disk->id, rows[i].id, "%s", rows[i].name);
		cr_assert(strcmp(hardware->disk[0].id, hardware->disk[1].id) < 0, "%s",
			  rows[i].name);
	}
}

Test(hardware, a_disk_fits_an_expression)
{
	static const struct {
		const char *text, *model, *transport;
		uint64_t least, most;
	} rows[] = {
		{ "disk.size > 1u * TB", NULL, "sata", UINT64_C(1000000000001), UINT64_MAX },
		{ "disk.size < 100u * GB && disk.transport == 'nvme'", NULL, "nvme", 1,
		  UINT64_C(99999999999) },
		{ "glob(\"APPLE*\", disk.model) && !disk.rotational", "APPLE", "sata", 1,
		  UINT64_MAX },
		{ "!disk.rotational && disk.transport != 'sata' && disk.size >= 2u * TB", NULL,
		  "nvme", UINT64_C(2000000000000), UINT64_MAX },
		{ "disk.dev_path == '/dev/vda'", NULL, "virtio", 1, UINT64_MAX },
		{ "disk.size > 1u * EB", NULL, "sata", 1, UINT64_C(1000000000000) },
		{ "disk.size >", NULL, "sata", 1, UINT64_C(1000000000000) },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct world_node node = {
			.name = "n1",
			.address = "10.0.0.1",
			.disk = { DISK_CEL, rows[i].text, NULL },
		};
		const struct sim_hardware *hardware = hardware_make(arena, &node);
		bool usb_first = !strcmp(hardware->disk[0].transport, "usb");
		const struct sim_disk *disk = &hardware->disk[usb_first ? 1 : 0];

		cr_assert_str_eq(disk->transport, rows[i].transport, "%s", rows[i].text);
		cr_assert(disk->size >= rows[i].least && disk->size <= rows[i].most, "%s: %llu",
			  rows[i].text, (unsigned long long)disk->size);
		if (rows[i].model)
			cr_assert_str_eq(disk->model, rows[i].model, "%s", rows[i].text);
	}
}

Test(hardware, a_selector_that_fits_none_or_both_chooses_nothing)
{
	static const struct {
		const char *path, *selector;
		enum err_kind kind;
	} rows[] = {
		{ "/dev/sdx", NULL, ERR_NOT_FOUND },
		{ "", "{model: Nothing*}", ERR_NOT_FOUND },
		{ "", "{size: '> 900TB'}", ERR_NOT_FOUND },
		{ "", "{size: '<= 2TB'}", ERR_CONFLICT },
		{ "", "{model: '*'}", ERR_CONFLICT },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct world_node node = { .name = "n1", .address = "10.0.0.1" };
	const struct sim_hardware *hardware = hardware_make(arena, &node);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sim_disk *disk = NULL;
		struct err err = ERR_INIT;

		cr_assert_lt(hardware_choose(hardware, rows[i].path,
					     rows[i].selector ? yaml(arena, rows[i].selector)
							      : NULL,
					     &disk, &err),
			     0);
		cr_assert_eq(err.kind, rows[i].kind, "row %zu: %s", i, err.text);
		cr_assert_null(disk);
	}
}

Test(hardware, follows_from_the_name)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct world_node a = { .name = "n1", .address = "10.0.0.1" };
	const struct world_node b = { .name = "n2", .address = "10.0.0.2" };
	const struct sim_hardware *first = hardware_make(arena, &a);

	cr_assert_str_eq(first->mac, hardware_make(arena, &a)->mac);
	cr_assert_str_eq(first->uuid, hardware_make(arena, &a)->uuid);
	cr_assert_str_neq(first->mac, hardware_make(arena, &b)->mac);
	cr_assert_eq(strlen(first->uuid), 36);
	cr_assert_eq(strlen(first->mac), 17);
}

Test(hardware, reads_what_it_writes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct world_node node = { .name = "n1", .address = "10.0.0.1", .role = ROLE_WORKER };
	const struct value *value = hardware_value(arena, hardware_make(arena, &node));
	struct sim_hardware *again = NULL;

	cr_assert_eq(hardware_read(arena, value, &again, NULL), 0);
	cr_assert(value_equal(value, hardware_value(arena, again)));
	cr_assert_eq(again->role, ROLE_WORKER);
	cr_assert_lt(hardware_read(arena, yaml(arena, "{name: x}"), &again, NULL), 0);
}

Test(hardware, prints_sizes)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 999, "999 B" },
		{ 1048576, "1.0 MB" },
		{ 87457792, "88 MB" },
		{ 12884901888, "13 GB" },
		{ 512110190592, "512 GB" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_str_eq(size_pretty(arena, rows[i].bytes), rows[i].text);
}
