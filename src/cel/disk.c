#include "cel/disk.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

/* clang-format off */
#define DISK_ROW(name, type) { #name, &cel_ ## type, offsetof(struct cel_disk, name) }
#define UNIT(name, size) { name, { .kind = CEL_UINT, .natural = (size) } }
/* clang-format on */

static const struct cel_field disk_fields[] = {
	DISK_ROW(size, uint),
	DISK_ROW(io_size, uint),
	DISK_ROW(sector_size, uint),
	DISK_ROW(readonly, bool),
	DISK_ROW(model, string),
	DISK_ROW(serial, string),
	DISK_ROW(modalias, string),
	DISK_ROW(wwid, string),
	DISK_ROW(bus_path, string),
	DISK_ROW(sub_system, string),
	DISK_ROW(transport, string),
	DISK_ROW(rotational, bool),
	DISK_ROW(cdrom, bool),
	DISK_ROW(dev_path, string),
	DISK_ROW(pretty_size, string),
	DISK_ROW(secondary_disks, strings),
	DISK_ROW(uuid, string),
	DISK_ROW(symlinks, strings),
};

static const struct cel_struct disk_struct = { "disk", disk_fields, ARRAY_LEN(disk_fields) };
static const struct cel_type disk_type = { .kind = CEL_STRUCT, .of = &disk_struct };

static const struct cel_field volume_fields[] = {
	{ "size", &cel_uint, 0 },
	{ "sector_size", &cel_uint, 0 },
	{ "io_size", &cel_uint, 0 },
	{ "name", &cel_string, 0 },
	{ "uuid", &cel_string, 0 },
	{ "label", &cel_string, 0 },
	{ "block_size", &cel_uint, 0 },
	{ "filesystem_block_size", &cel_uint, 0 },
	{ "probed_size", &cel_uint, 0 },
	{ "partition_uuid", &cel_string, 0 },
	{ "partition_type", &cel_string, 0 },
	{ "partition_label", &cel_string, 0 },
	{ "partition_index", &cel_uint, 0 },
	{ "type", &cel_string, 0 },
	{ "device_path", &cel_string, 0 },
	{ "parent", &cel_string, 0 },
	{ "dev_path", &cel_string, 0 },
	{ "parent_dev_path", &cel_string, 0 },
	{ "pretty_size", &cel_string, 0 },
	{ "offset", &cel_uint, 0 },
};

static const struct cel_struct volume_struct = { "volume", volume_fields,
						 ARRAY_LEN(volume_fields) };
static const struct cel_type volume_type = { .kind = CEL_STRUCT, .of = &volume_struct };

#define KIB UINT64_C(1024)
#define KB UINT64_C(1000)

static const struct cel_constant units[] = {
	UNIT("KiB", KIB),
	UNIT("MiB", KIB *KIB),
	UNIT("GiB", KIB *KIB *KIB),
	UNIT("TiB", KIB *KIB *KIB *KIB),
	UNIT("PiB", KIB *KIB *KIB *KIB *KIB),
	UNIT("EiB", KIB *KIB *KIB *KIB *KIB *KIB),
	UNIT("kB", KB),
	UNIT("MB", KB *KB),
	UNIT("GB", KB *KB *KB),
	UNIT("TB", KB *KB *KB *KB),
	UNIT("PB", KB *KB *KB *KB *KB),
	UNIT("EB", KB *KB *KB *KB *KB *KB),
};

static int glob(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	const struct cel_text *pattern = &arg[0].text;

	if (cel_charge(work, pattern->len * arg[1].text.len / 16, err) < 0)
		return -1;
	*out = cel_of_bool(text_glob_star(pattern->at, arg[1].text.at));
	return 0;
}

static const struct cel_function disk_functions[] = {
	{ "glob", CEL_GLOBAL, 2, { CEL_STRING, CEL_STRING }, CEL_BOOL, glob },
};

static const struct cel_variable disk_variables[] = {
	{ "disk", &disk_type },
	{ "system_disk", &cel_bool },
};

static const struct cel_env disk_env = {
	.variable = disk_variables,
	.variables = ARRAY_LEN(disk_variables),
	.constant = units,
	.constants = ARRAY_LEN(units),
	.function = disk_functions,
	.functions = ARRAY_LEN(disk_functions),
	.result = &cel_bool,
};

static const struct cel_variable volume_variables[] = {
	{ "volume", &volume_type },
	{ "disk", &disk_type },
};

static const struct cel_env volume_env = {
	.variable = volume_variables,
	.variables = ARRAY_LEN(volume_variables),
	.constant = units,
	.constants = ARRAY_LEN(units),
	.result = &cel_bool,
};

int disk_selector_compile(struct arena *arena, const char *text, const struct cel_program **out,
			  struct err *err)
{
	return cel_compile(arena, text, &disk_env, out, err);
}

int disk_selector_holds(const struct cel_program *program, const struct cel_disk *disk,
			struct arena *arena, bool *out, struct err *err)
{
	const struct cel_value values[] = {
		cel_of_struct(&disk_struct, disk),
		cel_of_bool(disk->system_disk),
	};

	return cel_holds(program, values, arena, out, err);
}

int volume_selector_check(const char *text, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("volume selector");
	const struct cel_program *program;

	return cel_compile(scratch, text, &volume_env, &program, err);
}
