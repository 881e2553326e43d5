#include "cluster/disk.h"

#include "base/text.h"
#include "tree/path.h"

#include <string.h>

static const char *const match_keys[] = {
	"serial",
	"model",
	"wwid",
	"size",
	"type",
	"uuid",
	"modalias",
	"busPath",
};

static const char *const types[] = { "ssd", "hdd", "nvme", "sd" };

static bool is_one_of(const char *text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, names[i]) == 0)
			return true;
	return false;
}

static void unknown_key(const struct value *map, const char *key, const char *path,
			struct findings *findings)
{
	const char *near = text_nearest(key, match_keys, ARRAY_LEN(match_keys));

	finding_add(findings, FINDING_ERROR, "unknown-key", value_key_src(map, key),
		    path_key(findings->arena, path, key), "a disk has no \"%s\"", key);
	if (near)
		finding_hint(findings, "did you mean \"%s\"?", near);
	else
		finding_hint(findings, "known here: serial, model, wwid, size, type, uuid, "
				       "modalias, busPath, cel");
}

static void read_match(const struct value *map, const char *path, struct findings *findings)
{
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		const char *text = value_text(value_at(map, i));
		const char *where = path_key(findings->arena, path, key);

		if (!is_one_of(key, match_keys, ARRAY_LEN(match_keys)))
			unknown_key(map, key, path, findings);
		else if (text_is_blank(text))
			finding_add(findings, FINDING_ERROR, "wrong-type", value_key_src(map, key),
				    where, "%s must be a pattern", key);
		else if (strcmp(key, "type") == 0 && !is_one_of(text, types, ARRAY_LEN(types)))
			finding_add(findings, FINDING_ERROR, "bad-choice",
				    value_src(value_at(map, i)), where,
				    "a disk's type is ssd, hdd, nvme or sd, not \"%s\"", text);
	}
}

static void read_map(const struct value *map, const char *path, struct disk *disk,
		     struct findings *findings)
{
	if (value_len(map) == 0) {
		finding_add(findings, FINDING_ERROR, "bad-disk", value_src(map), path,
			    "an empty pattern matches every disk");
		return;
	}
	if (!value_has(map, "cel")) {
		disk->form = DISK_MATCH;
		disk->match = map;
		read_match(map, path, findings);
		return;
	}
	disk->form = DISK_CEL;
	disk->text = value_get_text(map, "cel");
	if (value_len(map) > 1 || text_is_blank(disk->text))
		finding_add(findings, FINDING_ERROR, "bad-disk", value_src(map), path,
			    "an expression stands alone: {cel: \"...\"}");
}

/* Talos takes a serial number as a pattern, which has no way to write a plain asterisk. */
static void check_serial(const struct value *value, const char *path, struct findings *findings)
{
	if (!strchr(value_text(value), '*'))
		return;
	finding_add(findings, FINDING_ERROR, "bad-disk", value_src(value), path,
		    "a serial number has no *, so this is a pattern");
	finding_hint(findings, "say of what: {serial: \"%s\"} or {model: \"%s\"}",
		     value_text(value), value_text(value));
}

bool disk_read(const struct value *value, const char *path, struct disk *out,
	       struct findings *findings)
{
	size_t errors = findings->errors;
	struct disk disk = { .text = value_text(value) };

	if (value_is_map(value)) {
		read_map(value, path, &disk, findings);
	} else if (text_is_blank(disk.text) || value_type(value) == SCALAR_BOOL) {
		finding_add(findings, FINDING_ERROR, "bad-disk", value_src(value), path,
			    "a disk is a path, a serial number or a map of patterns");
	} else {
		disk.form = disk.text[0] == '/' ? DISK_PATH : DISK_SERIAL;
		if (disk.form == DISK_SERIAL)
			check_serial(value, path, findings);
	}
	if (findings->errors > errors)
		return false;
	*out = disk;
	return true;
}

bool disk_names_usb(const struct disk *disk)
{
	switch (disk->form) {
	case DISK_PATH:
		return text_starts(disk->text, "/dev/disk/by-id/usb-") ||
		       (text_starts(disk->text, "/dev/disk/by-path/") &&
			strstr(disk->text, "-usb-"));
	case DISK_CEL: {
		const char *transport = strstr(disk->text, "disk.transport");

		if (!transport)
			return false;
		transport += strlen("disk.transport");
		transport += strspn(transport, " ");
		return text_starts(transport, "==") && strstr(transport, "usb");
	}
	default:
		return disk->match && value_get_text(disk->match, "busPath") &&
		       strstr(value_get_text(disk->match, "busPath"), "usb");
	}
}
