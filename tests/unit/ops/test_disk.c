#include "ops/disk.h"

#include "base/own.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define GB UINT64_C(1000000000)

/* One of everything that a node may list; no text is NULL, as in a reply. */
enum {
	LOOP,
	MAPPER,
	NVME,
	SATA,
	HDD,
	SD,
	USB,
	CDROM,
	LOCKED,
	DISKS
};

static const char *const nvme_links[] = { "/dev/disk/by-id/nvme-APPLE_SSD_AP0128N_C0FFEE01",
					  "/dev/disk/by-path/pci-0000:04:00.0-nvme-1", NULL };
static const char *const usb_links[] = { "/dev/disk/by-id/usb-Samsung_T5_S4B0-0:0", NULL };
static const char *const no_links[] = { NULL };

/* clang-format off */
static const struct talos_disk all[DISKS] = {
	[LOOP] = { .dev_path = "/dev/loop0", .size = 87457792, .model = "", .serial = "",
	  .wwid = "", .uuid = "", .modalias = "", .bus_path = "/virtual",
	  .sub_system = "/sys/class/block", .transport = "", .symlinks = no_links,
	  .readonly = true },
	[MAPPER] = { .dev_path = "/dev/dm-0", .size = 90 * GB, .model = "", .serial = "",
	  .wwid = "", .uuid = "CRYPT-LUKS2", .modalias = "", .bus_path = "/virtual/block",
	  .sub_system = "/sys/class/block", .transport = "", .symlinks = no_links },
	[NVME] = { .dev_path = "/dev/nvme0n1", .size = UINT64_C(121332826112),
	  .model = "APPLE SSD AP0128N", .serial = "C0FFEE01", .wwid = "nvme.106b-4330-0001",
	  .uuid = "", .modalias = "", .bus_path = "/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme",
	  .sub_system = "/sys/class/block", .transport = "nvme", .symlinks = nvme_links },
	[SATA] = { .dev_path = "/dev/sda", .size = UINT64_C(500107862016),
	  .model = "Samsung SSD 860", .serial = "S3Z8NB0K", .wwid = "naa.5002538e",
	  .uuid = "8a1c5f2e-0001", .modalias = "scsi:t-0x00",
	  .bus_path = "/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0",
	  .sub_system = "/sys/class/block", .transport = "sata", .symlinks = no_links },
	[HDD] = { .dev_path = "/dev/sdb", .size = 4000 * GB, .model = "WDC WD40EFRX",
	  .serial = "WD-WCC7K1", .wwid = "naa.50014ee2", .uuid = "", .modalias = "",
	  .bus_path = "/pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0",
	  .sub_system = "/sys/class/block", .transport = "sata", .symlinks = no_links,
	  .rotational = true },
	[SD] = { .dev_path = "/dev/mmcblk0", .size = 32 * GB, .model = "", .serial = "0x5d21",
	  .wwid = "", .uuid = "", .modalias = "mmc:block",
	  .bus_path = "/pci0000:00/0000:00:1a.0/mmc0", .sub_system = "/sys/class/block",
	  .transport = "mmc", .symlinks = no_links },
	[USB] = { .dev_path = "/dev/sdc", .size = 1000 * GB, .model = "Portable T5",
	  .serial = "S4B0", .wwid = "", .uuid = "", .modalias = "",
	  .bus_path = "/pci0000:00/0000:00:14.0/usb2/2-1", .sub_system = "/sys/class/block",
	  .transport = "usb", .symlinks = usb_links },
	[CDROM] = { .dev_path = "/dev/sr0", .model = "QEMU DVD-ROM", .serial = "QM00005",
	  .wwid = "", .uuid = "", .modalias = "scsi:t-0x05",
	  .bus_path = "/pci0000:00/0000:00:1f.2/ata3", .sub_system = "/sys/class/block",
	  .transport = "sata", .symlinks = no_links, .readonly = true, .cdrom = true },
	[LOCKED] = { .dev_path = "/dev/sdd", .size = 16 * GB, .model = "Write Protected",
	  .serial = "RO-1", .wwid = "", .uuid = "", .modalias = "",
	  .bus_path = "/pci0000:00/0000:00:1f.2/ata4", .sub_system = "/sys/class/block",
	  .transport = "sata", .symlinks = no_links, .readonly = true },
};
/* clang-format on */

/* `text` is a map of patterns when it begins with a brace, an expression when with "cel: ", else a
 * path or a serial. */
static struct disk wanted_disk(struct arena *arena, const char *text)
{
	struct yaml_input input = { .file = "nodes.yaml", .text = text, .len = strlen(text) };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	if (text[0] == '/')
		return (struct disk){ .form = DISK_PATH, .text = text };
	if (text_starts(text, "cel: "))
		return (struct disk){ .form = DISK_CEL, .text = text + strlen("cel: ") };
	if (text[0] != '{')
		return (struct disk){ .form = DISK_SERIAL, .text = text };
	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s: %s", text, err.text);
	return (struct disk){ .form = DISK_MATCH, .match = documents.at[0] };
}

static const struct {
	const char *name, *wanted;
	int disk;
} chosen[] = {
	{ "a path", "/dev/sda", SATA },
	{ "a path by id", "/dev/disk/by-id/nvme-APPLE_SSD_AP0128N_C0FFEE01", NVME },
	{ "a path by path", "/dev/disk/by-path/pci-0000:04:00.0-nvme-1", NVME },
	{ "a USB disk by its path", "/dev/sdc", USB },
	{ "a USB disk by a link", "/dev/disk/by-id/usb-Samsung_T5_S4B0-0:0", USB },
	{ "a virtual disk by its path", "/dev/dm-0", MAPPER },
	{ "a serial", "S3Z8NB0K", SATA },
	{ "a USB disk by its serial", "S4B0", USB },
	{ "model", "{model: 'APPLE*'}", NVME },
	{ "model whole", "{model: WDC WD40EFRX}", HDD },
	{ "model with two stars", "{model: 'Sam*SSD*0'}", SATA },
	{ "? and sets mean themselves, as on the node", "{model: 'Samsung SSD 8[5-7]?'}", -1 },
	{ "serial", "{serial: 'WD-*'}", HDD },
	{ "wwid", "{wwid: 'naa.5002538*'}", SATA },
	{ "uuid", "{uuid: '8a1c5f2e-*'}", SATA },
	{ "modalias", "{modalias: 'mmc:*'}", SD },
	{ "busPath", "{busPath: '/pci*/ata2/*'}", HDD },
	{ "busPath that says USB", "{busPath: '/pci0000:00/*/usb2/*'}", USB },
	{ "type nvme", "{type: nvme}", NVME },
	{ "type hdd", "{type: hdd}", HDD },
	{ "type sd", "{type: sd}", SD },
	{ "several keys, all must match", "{type: ssd, model: 'Samsung*'}", SATA },
	{ "size exact in bytes", "{size: 500107862016}", SATA },
	{ "size exact with signs", "{size: '== 4TB'}", HDD },
	{ "size above", "{size: '> 1TB'}", HDD },
	{ "size at least, met exactly", "{size: '>= 4000 GB'}", HDD },
	{ "size below", "{size: '< 32GB'}", -1 },
	{ "size at most, met exactly", "{size: '<=32GB'}", SD },
	{ "size in binary units", "{size: '>= 3.6TiB'}", HDD },
	{ "size and type", "{size: '<1TB', type: nvme}", NVME },
	{ "an expression", "cel: disk.transport == 'nvme'", NVME },
	{ "an expression with a size", "cel: disk.size > 1u * TB && disk.rotational", HDD },
	{ "an expression with a pattern", "cel: glob('Samsung*', disk.model)", SATA },
	{ "an expression over links",
	  "cel: disk.symlinks.exists(l, l.startsWith('/dev/disk/by-id/nvme-'))", NVME },
	{ "an expression that says USB", "cel: disk.transport == 'usb'", USB },
	{ "an expression that no disk meets", "cel: disk.size > 1u * PB", -1 },
};

Test(disk, every_form_finds_its_disk)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(chosen); i++) {
		struct disk wanted = wanted_disk(arena, chosen[i].wanted);
		struct err err = ERR_INIT;
		const char *path = NULL;
		int r = disk_choose(&wanted, all, DISKS, &path, &err);

		if (chosen[i].disk < 0) {
			cr_assert_eq(r, -1, "%s", chosen[i].name);
			continue;
		}
		cr_assert_eq(r, 0, "%s: %s", chosen[i].name, err.text);
		cr_assert_eq(path, all[chosen[i].disk].dev_path, "%s: %s", chosen[i].name, path);
	}
}

#define CORRECT "correct `disk` of the node in nodes.yaml"
#define BY_SERIAL "name one by its serial in nodes.yaml"
#define IF_MEANT "name the disk by its path or serial if it is meant"
#define LISTED                                                              \
	"/dev/nvme0n1 (nvme, APPLE SSD AP0128N, serial C0FFEE01, 121 GB), " \
	"/dev/sda (ssd, Samsung SSD 860, serial S3Z8NB0K, 500 GB)"

static const struct {
	const char *name, *wanted;
	unsigned first, count; /* the disks there are: a part of the table above */
	enum err_kind kind;
	const char *text, *hint;
} failures[] = {
	{ "no such path", "/dev/vda", NVME, 2, ERR_CONFLICT, "no disk matches; there is " LISTED,
	  CORRECT },
	{ "half a path", "/dev/sd", NVME, 2, ERR_CONFLICT, "no disk matches; there is " LISTED,
	  CORRECT },
	{ "a path is no pattern", "/dev/sd*", NVME, 2, ERR_CONFLICT,
	  "no disk matches; there is " LISTED, CORRECT },
	{ "a serial is no pattern", "S3*", NVME, 2, ERR_CONFLICT,
	  "no disk matches; there is " LISTED, CORRECT },
	{ "another case", "{model: 'apple*'}", NVME, 2, ERR_CONFLICT,
	  "no disk matches; there is " LISTED, CORRECT },
	{ "half a model", "{model: APPLE}", NVME, 2, ERR_CONFLICT,
	  "no disk matches; there is " LISTED, CORRECT },
	{ "one of two keys", "{model: 'APPLE*', serial: S3Z8NB0K}", NVME, 2, ERR_CONFLICT,
	  "no disk matches; there is " LISTED, CORRECT },
	{ "no disk at all", "/dev/sda", 0, 0, ERR_CONFLICT, "no disk matches; there is none",
	  CORRECT },
	{ "nothing but virtual ones", "{size: '> 1GB'}", LOOP, 2, ERR_CONFLICT,
	  "no disk matches; there is none", CORRECT },
	{ "a fact that is not known", "{model: '*'}", SD, 1, ERR_CONFLICT,
	  "no disk matches; there is /dev/mmcblk0 (sd, no model, serial 0x5d21, 32 GB)", CORRECT },
	{ "larger than there is", "{size: '> 4TB'}", HDD, 1, ERR_CONFLICT,
	  "no disk matches; there is /dev/sdb (hdd, WDC WD40EFRX, serial WD-WCC7K1, 4000 GB)",
	  CORRECT },
	{ "two of a kind", "{model: '*SSD*'}", 0, DISKS, ERR_CONFLICT, "2 disks match: " LISTED,
	  BY_SERIAL },
	{ "by size, loop devices do not count", "{size: '>= 80MB', type: ssd}", 0, DISKS,
	  ERR_CONFLICT,
	  "2 disks match: /dev/sda (ssd, Samsung SSD 860, serial S3Z8NB0K, 500 GB), "
	  "/dev/sdc (ssd, Portable T5, serial S4B0, 1000 GB)",
	  BY_SERIAL },
	{ "a USB disk alone", "{model: 'Portable*'}", 0, DISKS, ERR_REFUSED,
	  "/dev/sdc matches, but it is a USB disk", IF_MEANT },
	{ "a USB disk beside a good one", "{size: '>= 500GB', type: ssd}", SATA, DISKS - SATA,
	  ERR_CONFLICT,
	  "2 disks match: /dev/sda (ssd, Samsung SSD 860, serial S3Z8NB0K, 500 GB), "
	  "/dev/sdc (ssd, Portable T5, serial S4B0, 1000 GB)",
	  BY_SERIAL },
	{ "a CD-ROM by pattern", "{model: 'QEMU*'}", 0, DISKS, ERR_REFUSED,
	  "/dev/sr0 matches, but it is a CD-ROM drive", CORRECT },
	{ "a CD-ROM by path", "/dev/sr0", 0, DISKS, ERR_REFUSED,
	  "/dev/sr0 matches, but it is a CD-ROM drive", CORRECT },
	{ "a CD-ROM by serial", "QM00005", 0, DISKS, ERR_REFUSED,
	  "/dev/sr0 matches, but it is a CD-ROM drive", CORRECT },
	{ "a read-only disk by pattern", "{model: Write Protected}", 0, DISKS, ERR_REFUSED,
	  "/dev/sdd matches, but it is read-only", CORRECT },
	{ "a read-only disk by path", "/dev/sdd", 0, DISKS, ERR_REFUSED,
	  "/dev/sdd matches, but it is read-only", CORRECT },
	{ "a read-only loop device by path", "/dev/loop0", 0, DISKS, ERR_REFUSED,
	  "/dev/loop0 matches, but it is read-only", CORRECT },
	{ "an expression that USB disks meet, too", "cel: disk.serial == 'S4B0'", 0, DISKS,
	  ERR_REFUSED, "/dev/sdc matches, but it is a USB disk",
	  "name the disk by its path or serial if it is meant" },
	{ "an expression with a field nobody knows", "cel: disk.sizes > 1u", 0, DISKS, ERR_INPUT,
	  "1:6: a disk has no field \"sizes\"", "did you mean \"size\"?" },
	{ "an expression that cannot be evaluated", "cel: disk.symlinks[9] == ''", 0, DISKS,
	  ERR_NOT_FOUND, "1:14: the list has no such index, only 0 entries", "" },
	{ "a key nobody knows", "{colour: blue}", 0, DISKS, ERR_INPUT,
	  "a disk cannot be chosen by \"colour\"", "" },
	{ "a list for a text", "{model: [a, b]}", 0, DISKS, ERR_INPUT,
	  "\"model\" of the disk is not a text", "" },
	{ "a size without a number", "{size: '>= '}", 0, DISKS, ERR_INPUT,
	  "\">= \" is not a disk size", "" },
	{ "a size with a sign nobody knows", "{size: '=> 5GB'}", 0, DISKS, ERR_INPUT,
	  "\"=> 5GB\" is not a disk size", "" },
	{ "a single equals sign", "{size: '= 5GB'}", 0, DISKS, ERR_INPUT,
	  "\"= 5GB\" is not a disk size", "" },
	{ "a size in no unit", "{size: 5 parsec}", 0, DISKS, ERR_INPUT,
	  "\"5 parsec\" is not a disk size", "" },
	{ "a size beyond 64 bits", "{size: '> 99999999 TB'}", 0, DISKS, ERR_INPUT,
	  "\"> 99999999 TB\" is not a disk size", "" },
	{ "a size below nothing", "{size: '> -1'}", 0, DISKS, ERR_INPUT,
	  "\"> -1\" is not a disk size", "" },
};

Test(disk, doubt_is_an_error_that_lists_what_there_is)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct disk wanted = wanted_disk(arena, failures[i].wanted);
		const char *name = failures[i].name;
		struct err err = ERR_INIT;
		const char *path = "untouched";

		cr_assert_eq(disk_choose(&wanted, all + failures[i].first, failures[i].count, &path,
					 &err),
			     -1, "%s: %s", name, path);
		cr_assert_eq(err.kind, failures[i].kind, "%s: %s", name, err.text);
		cr_assert_str_eq(err.text, failures[i].text, "%s: %s", name, err.text);
		cr_assert_str_eq(err.hint, failures[i].hint, "%s: %s", name, err.hint);
		cr_assert_str_eq(path, "untouched", "%s", name);
	}
}

Test(disk, every_match_is_counted_even_when_not_all_are_listed)
{
	struct talos_disk many[12];
	char paths[ARRAY_LEN(many)][20];
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct disk wanted = wanted_disk(arena, "{type: ssd}");
	struct err err = ERR_INIT;
	const char *path;

	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		snprintf(paths[i], sizeof(paths[i]), "/dev/sd%c", (char)('a' + i));
		many[i] = all[SATA];
		many[i].dev_path = paths[i];
	}
	cr_assert_eq(disk_choose(&wanted, many, ARRAY_LEN(many), &path, &err), -1);
	cr_assert(text_starts(err.text, "12 disks match: /dev/sda (ssd, "), "%s", err.text);
}

Test(disk, a_caller_may_not_care_about_the_reason)
{
	struct disk wanted = { .form = DISK_PATH, .text = "/dev/vda" };
	const char *path;

	cr_assert_eq(disk_choose(&wanted, all, DISKS, &path, NULL), -1);
}

Test(disk, kinds_are_told_apart_as_talos_does)
{
	static const struct {
		int disk;
		const char *kind;
	} rows[] = {
		{ NVME, "nvme" },
		{ SATA, "ssd" },
		{ HDD, "hdd" },
		{ SD, "sd" },
		{ USB, "ssd" },
		{ CDROM, "cd" },
		{ LOCKED, "ssd" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_str_eq(disk_kind(&all[rows[i].disk]), rows[i].kind, "%s",
				 all[rows[i].disk].dev_path);
}
