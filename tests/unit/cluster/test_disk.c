#include "cluster/disk.h"

#include "base/arena.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	const char *yaml;
	enum disk_form form;
	const char *text;
	bool usb;
} good[] = {
	{ "/dev/sda", DISK_PATH, "/dev/sda", false },
	{ "/dev/disk/by-id/usb-Samsung_T5-0:0", DISK_PATH, "/dev/disk/by-id/usb-Samsung_T5-0:0",
	  true },
	{ "/dev/disk/by-path/pci-0000:00:14.0-usb-0:3:1.0-scsi-0:0:0:0", DISK_PATH,
	  "/dev/disk/by-path/pci-0000:00:14.0-usb-0:3:1.0-scsi-0:0:0:0", true },
	{ "234043", DISK_SERIAL, "234043", false },
	{ "S4EWNX0R", DISK_SERIAL, "S4EWNX0R", false },
	{ "{model: 'APPLE*', size: '>= 100GB', type: ssd}", DISK_MATCH, NULL, false },
	{ "{busPath: '/pci0000:00/*usb*'}", DISK_MATCH, NULL, true },
	{ "{cel: 'disk.transport == \"usb\"'}", DISK_CEL, "disk.transport == \"usb\"", true },
	{ "{cel: 'disk.transport != \"usb\"'}", DISK_CEL, "disk.transport != \"usb\"", false },
};

static const struct {
	const char *yaml, *id;
} bad[] = {
	{ "''", "bad-disk" },
	{ "true", "bad-disk" },
	{ "[/dev/sda]", "bad-disk" },
	{ "{}", "bad-disk" },
	{ "{modelx: x}", "unknown-key" },
	{ "{model: []}", "wrong-type" },
	{ "{type: floppy}", "bad-choice" },
	{ "{cel: 'true', model: x}", "bad-disk" },
	{ "{cel: ''}", "bad-disk" },
};

static const struct value *parsed(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "disk", .text = text, .len = strlen(text) };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s: %s", text, err.text);
	cr_assert_eq(documents.len, 1, "%s", text);
	return documents.at[0];
}

Test(disk, every_form_is_told_apart)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct findings findings;

	findings_init(&findings, arena);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct disk disk;

		cr_assert(disk_read(parsed(arena, good[i].yaml), "disk", &disk, &findings), "%s",
			  good[i].yaml);
		cr_assert_eq(disk.form, good[i].form, "%s", good[i].yaml);
		cr_assert(text_equal(disk.text, good[i].text), "%s", good[i].yaml);
		cr_assert_eq(disk.match != NULL, good[i].form == DISK_MATCH, "%s", good[i].yaml);
		cr_assert_eq(disk_names_usb(&disk), good[i].usb, "%s", good[i].yaml);
	}
	cr_assert_eq(findings.len, 0);
}

Test(disk, what_is_no_disk_is_a_finding)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct findings findings;
		struct disk disk = { .text = "kept" };

		findings_init(&findings, arena);
		cr_assert_not(disk_read(parsed(arena, bad[i].yaml), "disk", &disk, &findings), "%s",
			      bad[i].yaml);
		cr_assert_eq(findings.len, 1, "%s", bad[i].yaml);
		cr_assert_str_eq(findings.at[0].id, bad[i].id, "%s", bad[i].yaml);
		cr_assert_str_eq(disk.text, "kept", "%s", bad[i].yaml);
	}
}
