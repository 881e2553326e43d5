#include "sim/sim_hardware.h"

#include "base/str.h"
#include "base/text.h"
#include "cel/disk.h"
#include "crypto/digest.h"
#include "tree/decode.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DISK_SIZE UINT64_C(512110190592)
#define USB_SIZE UINT64_C(30752636928)

/* Rounded to one digit behind the point, which is printed below ten only. */
const char *size_pretty(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double number = (double)bytes;
	size_t unit = 0;

	while (number >= 1000 && unit + 1 < ARRAY_LEN(units)) {
		number /= 1000;
		unit++;
	}
	number = (double)(uint64_t)(number * 10 + 0.5) / 10;
	return arena_printf(arena, unit > 0 && number < 10 ? "%.1f %s" : "%.0f %s", number,
			    units[unit]);
}

/* ---- what fits a selector -------------------------------------------------------------------- */

/* A text that the pattern matches. */
static const char *example_of(struct arena *arena, const char *pattern)
{
	struct str text SCOPED(str_done) = STR_INIT(200);

	for (const char *c = pattern; *c; c++) {
		if (*c == '*')
			continue;
		if (*c == '?') {
			str_addc(&text, '0');
		} else if (*c == '[' && strchr(c + 1, ']')) {
			str_addc(&text, c[1] == '!' ? '~' : c[1]);
			c = strchr(c + 1, ']');
		} else if (*c != '\\' || c[1] == '\0') {
			str_addc(&text, *c);
		} else {
			str_addc(&text, *++c);
		}
	}
	return arena_str(arena, str_text(&text));
}

struct size_term {
	char op; /* '<', '>', '=' and with equality 'l', 'g' */
	uint64_t bytes;
};

static uint64_t unit_of(const char *text)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{ "", 1 },
		{ "b", 1 },
		{ "k", 1000 },
		{ "kb", 1000 },
		{ "kib", 1 << 10 },
		{ "m", 1000000 },
		{ "mb", 1000000 },
		{ "mib", 1 << 20 },
		{ "g", 1000000000 },
		{ "gb", 1000000000 },
		{ "gib", 1 << 30 },
		{ "t", UINT64_C(1000000000000) },
		{ "tb", UINT64_C(1000000000000) },
		{ "tib", UINT64_C(1) << 40 },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!strcasecmp(units[i].name, text))
			return units[i].bytes;
	}
	return 0;
}

static bool size_parse(const char *text, struct size_term *out)
{
	char *end;

	out->op = '=';
	while (isspace((unsigned char)*text))
		text++;
	if (*text == '<' || *text == '>' || *text == '=') {
		out->op = *text++;
		if (*text == '=') {
			out->op = out->op == '<' ? 'l' : out->op == '>' ? 'g'
									: '=';
			text++;
		}
	}

	double number = strtod(text, &end);

	if (end == text || number < 0 || number > 1e15)
		return false;
	while (isspace((unsigned char)*end))
		end++;
	out->bytes = (uint64_t)(number * (double)unit_of(end));
	return unit_of(end) > 0;
}

static bool size_matches(const struct size_term *term, uint64_t bytes)
{
	switch (term->op) {
	case '<':
		return bytes < term->bytes;
	case '>':
		return bytes > term->bytes;
	case 'l':
		return bytes <= term->bytes;
	case 'g':
		return bytes >= term->bytes;
	default:
		return bytes == term->bytes;
	}
}

static uint64_t size_example(const char *text)
{
	struct size_term term;

	if (!text || !size_parse(text, &term) || size_matches(&term, DISK_SIZE))
		return DISK_SIZE;
	if (term.op == '<' || term.op == 'l')
		return term.bytes - term.bytes / 10;
	return term.op == '=' ? term.bytes : term.bytes + term.bytes / 10;
}

/* ---- making ---------------------------------------------------------------------------------- */

static const char *digits_of(struct arena *arena, const char *name, const char *salt, size_t len)
{
	unsigned char sum[SHA256_SIZE];
	const char *text = arena_printf(arena, "%s of %s", salt, name);

	sha256(text, strlen(text), sum);
	return arena_strn(arena, hex_encode(arena, sum, sizeof(sum)), len);
}

static const char *uuid_of(struct arena *arena, const char *name, const char *salt)
{
	const char *d = digits_of(arena, name, salt, 32);

	return arena_printf(arena, "%.8s-%.4s-4%.3s-8%.3s-%.12s", d, d + 8, d + 13, d + 17, d + 20);
}

static void set_kind(struct arena *arena, struct sim_disk *disk, const char *transport)
{
	bool nvme = !strcmp(transport, "nvme");
	bool virtio = !strcmp(transport, "virtio");

	disk->transport = transport;
	disk->modalias = nvme ? "" : virtio ? "virtio:d00000002v00001AF4"
					    : "scsi:t-0x00";
	disk->bus_path = arena_str(arena, nvme	   ? "/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme"
					  : virtio ? "/pci0000:00/0000:00:04.0/virtio2"
						   : "/pci0000:00/0000:00:17.0/ata1/host0/"
						     "target0:0:0/0:0:0:0");
	disk->rotational = virtio;
}

static const char *transport_of_path(const char *name)
{
	if (text_starts(name, "nvme"))
		return "nvme";
	if (text_starts(name, "vd"))
		return "virtio";
	return text_starts(name, "mmcblk") ? "mmc" : "sata";
}

static void fit_path(struct arena *arena, struct sim_disk *disk, const char *path)
{
	const char *name = text_starts(path, "/dev/") ? path + strlen("/dev/") : path;

	if (strchr(name, '/')) { /* /dev/disk/by-id/... */
		disk->symlink = path;
		if (strstr(name, "nvme"))
			set_kind(arena, disk, "nvme");
		disk->id = strstr(name, "nvme") ? "nvme0n1" : "sda";
		return;
	}
	set_kind(arena, disk, transport_of_path(name));
	disk->id = name;
}

static void fit_type(struct arena *arena, struct sim_disk *disk, const char *type)
{
	static const char *const kinds[][2] = { { "nvme", "nvme" }, { "sd", "mmc" } };

	if (!type)
		return;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!strcmp(kinds[i][0], type))
			set_kind(arena, disk, kinds[i][1]);
	}
	disk->id = !strcmp(type, "nvme") ? "nvme0n1" : !strcmp(type, "sd") ? "mmcblk0"
									   : disk->id;
	disk->rotational = !strcmp(type, "hdd");
}

/* Texts that a selector may ask for, in Talos's words and in those of nodes.yaml. */
static const struct text_field {
	const char *name;
	size_t offset;
} text_fields[] = {
	{ "model", offsetof(struct sim_disk, model) },
	{ "serial", offsetof(struct sim_disk, serial) },
	{ "wwid", offsetof(struct sim_disk, wwid) },
	{ "uuid", offsetof(struct sim_disk, uuid) },
	{ "modalias", offsetof(struct sim_disk, modalias) },
	{ "busPath", offsetof(struct sim_disk, bus_path) },
	{ "bus_path", offsetof(struct sim_disk, bus_path) },
	{ "transport", offsetof(struct sim_disk, transport) },
};

static const char **text_at(struct sim_disk *disk, size_t offset)
{
	return (const char **)(void *)((char *)disk + offset);
}

static void fit_match(struct arena *arena, struct sim_disk *disk, const struct value *match)
{
	const char *type = value_get_text(match, "type");

	fit_type(arena, disk, type ? type : value_get_text(match, "transport"));
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
		const char *pattern = value_get_text(match, text_fields[i].name);

		if (pattern)
			*text_at(disk, text_fields[i].offset) = example_of(arena, pattern);
	}
	disk->size = size_example(value_get_text(match, "size"));
}

/* The text in quotes at `at`; *end is behind it. NULL when there is none. */
static const char *quoted(struct arena *arena, const char *at, const char **end)
{
	char quote = *at;
	const char *to = quote == '\'' || quote == '"' ? strchr(at + 1, quote) : NULL;

	if (!to)
		return NULL;
	*end = to + 1;
	return arena_strn(arena, at + 1, (size_t)(to - at - 1));
}

/* `disk.x` at `at`: its x, and what is behind it. NULL when there is something else. */
static const char *disk_fact(struct arena *arena, const char *at, const char **end)
{
	const char *name = at + strlen("disk.");

	if (!text_starts(at, "disk."))
		return NULL;
	*end = name + strspn(name, "abcdefghijklmnopqrstuvwxyz_");
	return arena_strn(arena, name, (size_t)(*end - name));
}

static const char *behind_space(const char *at)
{
	return at + strspn(at, " ");
}

/* Comparisons with a literal, as in `disk.transport == 'nvme'`, and patterns, as in
 * `glob('APPLE*', disk.model)`, become true; nothing else is read. */
static void fit_terms(struct arena *arena, struct sim_disk *disk, const char *text)
{
	struct map_builder *match = map_begin(arena);

	for (const char *at = text; *at; at++) {
		const char *end = at;
		const char *fact = disk_fact(arena, at, &end);
		const char *wanted = NULL;

		if (fact && text_starts(behind_space(end), "=="))
			wanted = quoted(arena, behind_space(behind_space(end) + 2), &end);
		if (text_starts(at, "glob(")) {
			wanted = quoted(arena, behind_space(at + strlen("glob(")), &end);
			end = behind_space(end);
			fact = wanted && *end == ',' ? disk_fact(arena, behind_space(end + 1), &end)
						     : NULL;
		}
		if (!fact || !wanted)
			continue;
		if (!strcmp(fact, "dev_path"))
			fit_path(arena, disk, wanted);
		else
			map_add(match, fact, value_str(arena, wanted));
	}
	fit_match(arena, disk, map_end(match));
}

static bool holds(struct arena *arena, const struct cel_program *program,
		  const struct sim_disk *disk, const char *installed)
{
	const char *const links[] = { disk->symlink, NULL };
	const struct cel_disk seen = {
		.size = disk->size,
		.io_size = 512,
		.sector_size = 512,
		.rotational = disk->rotational,
		.system_disk = *installed && !strcmp(disk->id, installed),
		.model = disk->model,
		.serial = disk->serial,
		.modalias = disk->modalias,
		.wwid = disk->wwid,
		.bus_path = disk->bus_path,
		.sub_system = "/sys/class/block",
		.transport = disk->transport,
		.dev_path = arena_printf(arena, "/dev/%s", disk->id),
		.uuid = disk->uuid,
		.symlinks = disk->symlink[0] ? links : NULL,
	};
	bool yes = false;

	return disk_selector_holds(program, &seen, arena, &yes, NULL) == 0 && yes;
}

/* What is left of the expression is met by trying: kinds of disks times sizes. When nothing meets
 * it, choosing the disk will say so. */
static void fit_cel(struct arena *arena, struct sim_disk *disk, const char *text)
{
	static const char *const kinds[] = { NULL, "nvme", "hdd", "sd" };
	static const uint64_t sizes[] = { 0, 64, 128, 256, 1000, 2000, 4000, 8000, 16000, 32000 };
	const struct cel_program *program;

	fit_terms(arena, disk, text);
	if (disk_selector_compile(arena, text, &program, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(kinds) * ARRAY_LEN(sizes); i++) {
		uint64_t size = sizes[i % ARRAY_LEN(sizes)];
		struct sim_disk tried = *disk;

		fit_type(arena, &tried, kinds[i / ARRAY_LEN(sizes)]);
		if (size)
			tried.size = size * UINT64_C(1000000000);
		if (!holds(arena, program, &tried, ""))
			continue;
		*disk = tried;
		return;
	}
}

static void make_disk(struct arena *arena, const struct world_node *node, struct sim_disk *disk)
{
	*disk = (struct sim_disk){
		.id = "sda",
		.model = "Solid 512",
		.serial = digits_of(arena, node->name, "serial", 12),
		.wwid = arena_printf(arena, "naa.5%s", digits_of(arena, node->name, "wwid", 15)),
		.uuid = "",
		.symlink = "",
		.size = DISK_SIZE,
	};
	set_kind(arena, disk, "sata");
	switch (node->disk.form) {
	case DISK_PATH:
		if (node->disk.text)
			fit_path(arena, disk, node->disk.text);
		break;
	case DISK_SERIAL:
		disk->serial = example_of(arena, node->disk.text);
		break;
	case DISK_MATCH:
		fit_match(arena, disk, node->disk.match);
		break;
	case DISK_CEL:
		fit_cel(arena, disk, node->disk.text);
		break;
	}
	disk->id = arena_str(arena, disk->id);
	disk->serial = arena_str(arena, disk->serial);
	disk->symlink = arena_str(arena, disk->symlink);
}

struct sim_hardware *hardware_make(struct arena *arena, const struct world_node *node)
{
	struct sim_hardware *hardware = arena_alloc(arena, sizeof(*hardware));
	const char *d = digits_of(arena, node->name, "mac", 6);
	struct sim_disk disk;
	struct sim_disk usb = {
		.model = "USB Flash Disk",
		.serial = digits_of(arena, node->name, "usb serial", 16),
		.wwid = "",
		.uuid = "",
		.modalias = "scsi:t-0x00",
		.bus_path = "/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0",
		.transport = "usb",
		.symlink = "",
		.size = USB_SIZE,
		.rotational = true,
	};

	hardware->name = arena_str(arena, node->name);
	hardware->address = arena_str(arena, node->address);
	hardware->role = node->role;
	hardware->uuid = uuid_of(arena, node->name, "board");
	hardware->mac = node->mac ? arena_str(arena, node->mac)
				  : arena_printf(arena, "52:54:00:%.2s:%.2s:%.2s", d, d + 2, d + 4);
	make_disk(arena, node, &disk);
	usb.id = strcmp(disk.id, "sda") ? "sda" : "sdb";

	bool usb_first = strcmp(usb.id, disk.id) < 0;

	hardware->disk[usb_first ? 1 : 0] = disk;
	hardware->disk[usb_first ? 0 : 1] = usb;
	return hardware;
}

const struct sim_disk *hardware_disk(const struct sim_hardware *hardware, const char *id)
{
	for (size_t i = 0; i < HARDWARE_DISKS; i++) {
		if (!strcmp(hardware->disk[i].id, id))
			return &hardware->disk[i];
	}
	return NULL;
}

/* ---- choosing -------------------------------------------------------------------------------- */

static bool type_matches(const struct sim_disk *disk, const char *type)
{
	if (!type)
		return true;
	if (!strcmp(type, "nvme"))
		return !strcmp(disk->transport, "nvme");
	if (!strcmp(type, "sd"))
		return !strcmp(disk->transport, "mmc");
	return disk->rotational == !strcmp(type, "hdd");
}

static bool selector_matches(const struct sim_disk *disk, const struct value *selector)
{
	const char *size = value_get_text(selector, "size");
	struct size_term term;

	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
		const char *pattern = value_get_text(selector, text_fields[i].name);
		const char *text =
			*(const char *const *)(const void *)((const char *)disk +
							     text_fields[i].offset);

		if (pattern && *pattern && !text_glob_star(pattern, text))
			return false;
	}
	if (size && *size && (!size_parse(size, &term) || !size_matches(&term, disk->size)))
		return false;
	return type_matches(disk, value_get_text(selector, "type"));
}

/* Of disks that `match` fits the first one and how many there are. */
static size_t fitting(const struct sim_hardware *hardware, const char *match,
		      const char *installed, const struct sim_disk **first)
{
	struct arena *arena OWNED(arena_free) = arena_new("selector");
	const struct cel_program *program;
	size_t count = 0;

	if (disk_selector_compile(arena, match, &program, NULL) < 0)
		return 0;
	for (size_t i = HARDWARE_DISKS; i-- > 0;) {
		if (!holds(arena, program, &hardware->disk[i], installed))
			continue;
		*first = &hardware->disk[i];
		count++;
	}
	return count;
}

const struct sim_disk *hardware_fits(const struct sim_hardware *hardware, const char *match,
				     const char *installed)
{
	const struct sim_disk *first = NULL;

	fitting(hardware, match, installed, &first);
	return first;
}

static bool path_matches(const struct sim_disk *disk, const char *path)
{
	return (text_starts(path, "/dev/") && !strcmp(path + strlen("/dev/"), disk->id)) ||
	       (disk->symlink[0] && !strcmp(path, disk->symlink));
}

int hardware_choose(const struct sim_hardware *hardware, const char *path,
		    const struct value *selector, const struct sim_disk **out, struct err *err)
{
	const struct sim_disk *found = NULL;
	size_t count = 0;

	if (!*path && value_text(selector))
		count = fitting(hardware, value_text(selector), "", &found);
	for (size_t i = 0; i < HARDWARE_DISKS && !value_text(selector); i++) {
		const struct sim_disk *disk = &hardware->disk[i];

		if (*path ? path_matches(disk, path) : selector_matches(disk, selector)) {
			found = count++ ? found : disk;
		}
	}
	if (!count && *path)
		return err_set(err, ERR_NOT_FOUND, "%s is no disk of this machine", path);
	if (!count)
		return err_set(err, ERR_NOT_FOUND, "no disk matches the install disk selector");
	if (count > 1)
		return err_set(err, ERR_CONFLICT, "%zu disks match the install disk selector",
			       count);
	*out = found;
	return 0;
}

/* ---- kept ------------------------------------------------------------------------------------ */

struct kept_disk {
	const char *id, *model, *serial, *wwid, *uuid, *modalias, *bus_path, *transport, *symlink;
	uint64_t size;
	enum tristate rotational;
};

static const struct field disk_rows[] = {
	{ "id", FIELD_STR, offsetof(struct kept_disk, id), .required = true },
	{ "model", FIELD_STR, offsetof(struct kept_disk, model), .required = true },
	{ "serial", FIELD_STR, offsetof(struct kept_disk, serial), .required = true },
	{ "wwid", FIELD_STR, offsetof(struct kept_disk, wwid), .required = true },
	{ "uuid", FIELD_STR, offsetof(struct kept_disk, uuid), .required = true },
	{ "modalias", FIELD_STR, offsetof(struct kept_disk, modalias), .required = true },
	{ "bus_path", FIELD_STR, offsetof(struct kept_disk, bus_path), .required = true },
	{ "transport", FIELD_STR, offsetof(struct kept_disk, transport), .required = true },
	{ "symlink", FIELD_STR, offsetof(struct kept_disk, symlink), .required = true },
	{ "size", FIELD_UINT, offsetof(struct kept_disk, size), .required = true },
	{ "rotational", FIELD_BOOL, offsetof(struct kept_disk, rotational), .required = true },
	{ .name = NULL },
};

struct kept_hardware {
	const char *name, *address, *role, *mac, *uuid;
	struct structs disks;
};

static const struct field hardware_rows[] = {
	{ "name", FIELD_STR, offsetof(struct kept_hardware, name), .required = true },
	{ "address", FIELD_STR, offsetof(struct kept_hardware, address), .required = true },
	{ "role", FIELD_STR, offsetof(struct kept_hardware, role), .required = true },
	{ "mac", FIELD_STR, offsetof(struct kept_hardware, mac), .required = true },
	{ "uuid", FIELD_STR, offsetof(struct kept_hardware, uuid), .required = true },
	{ "disks", FIELD_STRUCTS, offsetof(struct kept_hardware, disks), .required = true,
	  .inner = disk_rows, .inner_size = sizeof(struct kept_disk) },
	{ .name = NULL },
};

static const struct value *disk_value(struct arena *arena, const struct sim_disk *disk)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "id", value_str(arena, disk->id));
	map_add(map, "model", value_str(arena, disk->model));
	map_add(map, "serial", value_str(arena, disk->serial));
	map_add(map, "wwid", value_str(arena, disk->wwid));
	map_add(map, "uuid", value_str(arena, disk->uuid));
	map_add(map, "modalias", value_str(arena, disk->modalias));
	map_add(map, "bus_path", value_str(arena, disk->bus_path));
	map_add(map, "transport", value_str(arena, disk->transport));
	map_add(map, "symlink", value_str(arena, disk->symlink));
	map_add(map, "size", value_of_u64(arena, disk->size));
	map_add(map, "rotational", value_of_bool(arena, disk->rotational));
	return map_end(map);
}

const struct value *hardware_value(struct arena *arena, const struct sim_hardware *hardware)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *disks = list_begin(arena);

	for (size_t i = 0; i < HARDWARE_DISKS; i++)
		list_add(disks, disk_value(arena, &hardware->disk[i]));
	map_add(map, "name", value_str(arena, hardware->name));
	map_add(map, "address", value_str(arena, hardware->address));
	map_add(map, "role",
		value_str(arena, hardware->role == ROLE_CONTROL ? "controlplane" : "worker"));
	map_add(map, "mac", value_str(arena, hardware->mac));
	map_add(map, "uuid", value_str(arena, hardware->uuid));
	map_add(map, "disks", list_end(disks));
	return map_end(map);
}

static struct sim_disk disk_kept(struct arena *arena, const struct kept_disk *kept)
{
	return (struct sim_disk){
		.id = arena_str(arena, kept->id),
		.model = arena_str(arena, kept->model),
		.serial = arena_str(arena, kept->serial),
		.wwid = arena_str(arena, kept->wwid),
		.uuid = arena_str(arena, kept->uuid),
		.modalias = arena_str(arena, kept->modalias),
		.bus_path = arena_str(arena, kept->bus_path),
		.transport = arena_str(arena, kept->transport),
		.symlink = arena_str(arena, kept->symlink),
		.size = kept->size,
		.rotational = kept->rotational == TRI_TRUE,
	};
}

int hardware_read(struct arena *arena, const struct value *value, struct sim_hardware **out,
		  struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("hardware");
	struct findings findings;
	struct kept_hardware kept = { 0 };

	findings_init(&findings, scratch);
	if (value_decode(value, hardware_rows, "hardware", &kept, &findings) < 0)
		return findings_err(&findings, err);
	if (kept.disks.len != HARDWARE_DISKS)
		return err_set(err, ERR_INPUT, "hardware.disks: %zu disks instead of %d",
			       kept.disks.len, HARDWARE_DISKS);

	struct sim_hardware *hardware = arena_alloc(arena, sizeof(*hardware));
	const struct kept_disk *disk = kept.disks.at;

	hardware->name = arena_str(arena, kept.name);
	hardware->address = arena_str(arena, kept.address);
	hardware->role = strcmp(kept.role, "worker") ? ROLE_CONTROL : ROLE_WORKER;
	hardware->mac = arena_str(arena, kept.mac);
	hardware->uuid = arena_str(arena, kept.uuid);
	for (size_t i = 0; i < HARDWARE_DISKS; i++)
		hardware->disk[i] = disk_kept(arena, &disk[i]);
	*out = hardware;
	return 0;
}
