#include "cel/disk.h"

#include "base/own.h"
#include "cel/selectors.h"

#include <criterion/criterion.h>

static const char *const links[] = { "/dev/disk/by-id/nvme-APPLE_SSD", NULL };

static const struct cel_disk disk = {
	.size = UINT64_C(500107862016),
	.sector_size = 512,
	.io_size = 4096,
	.model = "APPLE SSD AP0512",
	.serial = "C02X",
	.transport = "nvme",
	.dev_path = "/dev/nvme0n1",
	.symlinks = links,
};

static const struct row {
	const char *text;
	bool holds;
} rows[] = {
	{ "disk.size > 100u * GB", true },
	{ "disk.size < 100u * GiB", false },
	{ "disk.size >= 500u * GB && disk.size < 1u * TiB", true },
	{ "disk.transport == 'nvme' && !disk.rotational && !system_disk", true },
	{ "glob('APPLE*', disk.model)", true },
	{ "glob('*SSD*', disk.model)", true },
	{ "glob('APPLE', disk.model)", false },
	{ "glob('APPLE?SSD*', disk.model)", false },
	{ "glob('[A-Z]*', disk.model)", false },
	{ "glob('', '')", true },
	{ "glob('a?[b]\\\\', 'a?[b]\\\\')", true },
	{ "'/dev/disk/by-id/nvme-APPLE_SSD' in disk.symlinks", true },
	{ "disk.symlinks.exists(l, l.startsWith('/dev/disk/by-id/'))", true },
	{ "disk.secondary_disks.size() == 0", true },
	{ "disk.wwid == ''", true },
	{ "has(disk.wwid)", false },
	{ "has(disk.serial) && has(disk.size) && !has(disk.cdrom)", true },
	{ "disk.dev_path == \"/dev/nvme0n1\"", true },
	{ "disk.serial.matches('^C[0-9]+X$')", true },
	{ "EiB == 1024u * PiB && EB == 1000u * PB && kB == 1000u && KiB == 1024u", true },
};

Test(disk, selectors_are_judged)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct cel_program *program;
		struct err err = ERR_INIT;
		bool holds = !rows[i].holds;

		cr_assert_eq(disk_selector_compile(arena, rows[i].text, &program, &err), 0,
			     "%s: %s", rows[i].text, err.text);
		cr_assert_eq(disk_selector_holds(program, &disk, arena, &holds, &err), 0, "%s: %s",
			     rows[i].text, err.text);
		cr_assert_eq(holds, rows[i].holds, "%s", rows[i].text);
	}
}

Test(disk, selectors_of_volumes_are_checked)
{
	static const struct {
		const char *text, *error; /* NULL: good */
	} volumes[] = {
		{ "volume.partition_label == 'EPHEMERAL' && disk.transport == 'nvme'", NULL },
		{ "volume.size > 10u * GiB && volume.partition_index == 1u", NULL },
		{ "volume.labels == 'x'", "1:8: a volume has no field \"labels\"" },
		{ "system_disk", "1:1: there is no \"system_disk\"" },
		{ "volume.name", "1:8: the result is string, not bool" },
	};

	for (size_t i = 0; i < ARRAY_LEN(volumes); i++) {
		struct err err = ERR_INIT;
		int r = selector_check(SELECTOR_VOLUME, 13, volumes[i].text, &err);

		cr_assert_eq(r, volumes[i].error ? -1 : 0, "%s: %s", volumes[i].text, err.text);
		if (volumes[i].error)
			cr_assert_str_eq(err.text, volumes[i].error);
	}
}

Test(disk, texts_are_quoted)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_str_eq(cel_quote(arena, "plain"), "\"plain\"");
	cr_assert_str_eq(cel_quote(arena, "a\"b\\c\n"), "\"a\\\"b\\\\c\\x0a\"");
}
