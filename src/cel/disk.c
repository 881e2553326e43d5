#include "cel/disk_parts.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

/* clang-format off */
#define DISK_ROW(name, type) { #name, &cel_ ## type, offsetof(struct cel_disk, name) }
#define UNIT(name, size) { name, { .kind = CEL_UINT, .natural = (size) } }
#define CLASS(name, order) { name, { .kind = CEL_INT, .number = (order) } }
/* clang-format on */

const struct cel_field cel_disk_fields[CEL_DISK_FIELDS_1_14] = {
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
	DISK_ROW(firmware_version, string),
};

static const struct cel_struct disk_struct = { "disk", cel_disk_fields, CEL_DISK_FIELDS_1_13 };
static const struct cel_type disk_type = { .kind = CEL_STRUCT, .of = &disk_struct };

#define KIB UINT64_C(1024)
#define KB UINT64_C(1000)

const struct cel_constant cel_constants[CEL_UNITS_AND_CLASSES] = {
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
	CLASS("Besteffort", 0),
	CLASS("Burstable", 1),
	CLASS("Guaranteed", 2),
	CLASS("Podruntime", 3),
	CLASS("System", 4),
};

int cel_glob(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	     struct err *err)
{
	const struct cel_text *pattern = &arg[0].text;

	if (cel_charge(work, pattern->len * arg[1].text.len / 16, err) < 0)
		return -1;
	*out = cel_of_bool(text_glob_star(pattern->at, arg[1].text.at));
	return 0;
}

static const struct cel_function disk_functions[] = {
	{ "glob", CEL_GLOBAL, 2, { CEL_STRING, CEL_STRING }, CEL_BOOL, cel_glob },
};

static const struct cel_variable disk_variables[] = {
	{ "disk", &disk_type },
	{ "system_disk", &cel_bool },
};

static const struct cel_env disk_env = {
	.variable = disk_variables,
	.variables = ARRAY_LEN(disk_variables),
	.constant = cel_constants,
	.constants = CEL_UNITS,
	.function = disk_functions,
	.functions = ARRAY_LEN(disk_functions),
	.result = &cel_bool,
	.exact = true,
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
