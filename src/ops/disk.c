#include "ops/disk.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "tree/value.h"

#include <string.h>

const char *disk_kind(const struct talos_disk *disk)
{
	if (disk->cdrom)
		return "cd";
	if (text_equal(disk->transport, "nvme"))
		return "nvme";
	if (text_equal(disk->transport, "mmc"))
		return "sd";
	return disk->rotational ? "hdd" : "ssd";
}

static bool is_usb(const struct talos_disk *disk)
{
	return text_equal(disk->transport, "usb");
}

/* Loop devices and the like stand in the list of disks, too. */
static bool is_virtual(const struct talos_disk *disk)
{
	return text_equal(disk->bus_path, "/virtual");
}

static bool has_path(const struct talos_disk *disk, const char *path)
{
	if (text_equal(disk->dev_path, path))
		return true;
	for (const char *const *link = disk->symlinks; link && *link; link++)
		if (strcmp(*link, path) == 0)
			return true;
	return false;
}

static const char *fact_model(const struct talos_disk *disk)
{
	return disk->model;
}

static const char *fact_serial(const struct talos_disk *disk)
{
	return disk->serial;
}

static const char *fact_wwid(const struct talos_disk *disk)
{
	return disk->wwid;
}

static const char *fact_uuid(const struct talos_disk *disk)
{
	return disk->uuid;
}

static const char *fact_modalias(const struct talos_disk *disk)
{
	return disk->modalias;
}

static const char *fact_bus_path(const struct talos_disk *disk)
{
	return disk->bus_path;
}

/* The disk resource has no name of its own any more; what it is called by is its device path. */
static const char *fact_name(const struct talos_disk *disk)
{
	return disk->dev_path;
}

struct fact {
	const char *key;
	const char *(*of)(const struct talos_disk *disk);
};

static const struct fact facts[] = {
	{ "model", fact_model },
	{ "serial", fact_serial },
	{ "wwid", fact_wwid },
	{ "uuid", fact_uuid },
	{ "modalias", fact_modalias },
	{ "busPath", fact_bus_path },
	{ "name", fact_name },
	{ "type", disk_kind },
};

struct unit {
	const char *name;
	uint64_t bytes;
};

static bool parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "b", 1 },
		{ "kb", 1000 },
		{ "mb", 1000000 },
		{ "gb", 1000000000 },
		{ "tb", UINT64_C(1000000000000) },
		{ "kib", UINT64_C(1) << 10 },
		{ "mib", UINT64_C(1) << 20 },
		{ "gib", UINT64_C(1) << 30 },
		{ "tib", UINT64_C(1) << 40 },
	};
	size_t digits = strspn(text, "0123456789");
	char number[20];
	uint64_t count;

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!text_u64(number, &count))
		return false;
	text += digits + strspn(text + digits, " ");
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcasecmp(text, units[i].name) == 0)
			return !__builtin_mul_overflow(count, units[i].bytes, bytes);
	return false;
}

/* ">= 100GB", "< 2TiB", "500107862016". */
static int match_size(const char *wanted, const struct talos_disk *disk, bool *matches,
		      struct err *err)
{
	size_t signs = strspn(wanted, "<>=");
	const char *number = wanted + signs + strspn(wanted + signs, " ");
	uint64_t bytes;

	if (signs > 2 || !parse_size(number, &bytes))
		return err_set(err, ERR_INPUT, "\"%s\" is not a disk size", wanted);
	if (signs == 0 || strncmp(wanted, "==", 2) == 0 || strncmp(wanted, "= ", 2) == 0)
		*matches = disk->size == bytes;
	else if (strncmp(wanted, ">=", 2) == 0)
		*matches = disk->size >= bytes;
	else if (strncmp(wanted, "<=", 2) == 0)
		*matches = disk->size <= bytes;
	else if (wanted[0] == '>' && signs == 1)
		*matches = disk->size > bytes;
	else if (wanted[0] == '<' && signs == 1)
		*matches = disk->size < bytes;
	else
		return err_set(err, ERR_INPUT, "\"%s\" is not a disk size", wanted);
	return 0;
}

static int match_fact(const char *key, const char *wanted, const struct talos_disk *disk,
		      bool *matches, struct err *err)
{
	if (strcmp(key, "size") == 0)
		return match_size(wanted, disk, matches, err);
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		if (strcmp(facts[i].key, key) != 0)
			continue;
		const char *fact = facts[i].of(disk);

		*matches = fact && fact[0] && text_glob(wanted, fact);
		return 0;
	}
	return err_set(err, ERR_INPUT, "a disk cannot be chosen by \"%s\"", key);
}

static int match_map(const struct value *wanted, const struct talos_disk *disk, bool *matches,
		     struct err *err)
{
	*matches = true;
	for (size_t i = 0; *matches && i < value_len(wanted); i++) {
		const char *text = value_text(value_at(wanted, i));

		if (!text)
			return err_set(err, ERR_INPUT, "\"%s\" of the disk is not a text",
				       value_key_at(wanted, i));
		if (match_fact(value_key_at(wanted, i), text, disk, matches, err) < 0)
			return -1;
	}
	return 0;
}

static int match(const struct disk *wanted, const struct talos_disk *disk, bool *matches,
		 struct err *err)
{
	switch (wanted->form) {
	case DISK_PATH:
		*matches = has_path(disk, wanted->text);
		return 0;
	case DISK_SERIAL:
		*matches = text_equal(disk->serial, wanted->text);
		return 0;
	case DISK_MATCH:
		return match_map(wanted->match, disk, matches, err);
	case DISK_CEL:
		break;
	}
	return err_set(err, ERR_INPUT, "disks cannot be chosen by a CEL expression yet");
}

static void list_disk(struct str *out, const struct talos_disk *disk)
{
	str_addf(out, "%s%s (%s, %s%s%s, %llu GB)", out->len ? ", " : "", disk->dev_path,
		 disk_kind(disk), disk->model && disk->model[0] ? disk->model : "no model",
		 disk->serial && disk->serial[0] ? ", serial " : "",
		 disk->serial && disk->serial[0] ? disk->serial : "",
		 (unsigned long long)(disk->size / 1000000000));
}

static int err_none(struct err *err, const struct talos_disk *disks, size_t count)
{
	struct str list SCOPED(str_done) = STR_INIT(300);

	for (size_t i = 0; i < count; i++)
		if (!is_virtual(&disks[i]))
			list_disk(&list, &disks[i]);
	err_set(err, ERR_CONFLICT, "no disk matches; there is %s", list.len ? str_text(&list) : "none");
	return err_hint(err, "correct `disk` of the node in nodes.yaml");
}

static int err_several(struct err *err, const struct talos_disk *const *found, size_t count)
{
	struct str list SCOPED(str_done) = STR_INIT(300);

	for (size_t i = 0; i < count; i++)
		list_disk(&list, found[i]);
	err_set(err, ERR_CONFLICT, "%zu disks match: %s", count, str_text(&list));
	return err_hint(err, "name one by its serial in nodes.yaml");
}

/* Installing on it can hardly be meant. */
static const char *objection(const struct disk *wanted, const struct talos_disk *disk)
{
	if (disk->cdrom)
		return "a CD-ROM drive";
	if (disk->readonly)
		return "read-only";
	if (is_usb(disk) && wanted->form == DISK_MATCH)
		return "a USB disk";
	return NULL;
}

#define FOUND_MAX 8

int disk_choose(const struct disk *wanted, const struct talos_disk *disks, size_t count,
		const char **dev_path, struct err *err)
{
	const struct talos_disk *found[FOUND_MAX];
	const struct talos_disk *refused = NULL;
	size_t matching = 0;

	for (size_t i = 0; i < count; i++) {
		bool matches = false;

		if (match(wanted, &disks[i], &matches, err) < 0)
			return -1;
		if (!matches || (is_virtual(&disks[i]) && wanted->form != DISK_PATH))
			continue;
		if (objection(wanted, &disks[i]))
			refused = &disks[i];
		else if (matching < FOUND_MAX)
			found[matching++] = &disks[i];
	}
	if (matching > 1)
		return err_several(err, found, matching);
	if (matching == 0 && refused) {
		err_set(err, ERR_REFUSED, "%s matches, but it is %s", refused->dev_path,
			objection(wanted, refused));
		return err_hint(err, "name the disk by its path or serial if it is meant");
	}
	if (matching == 0)
		return err_none(err, disks, count);
	*dev_path = found[0]->dev_path;
	return 0;
}
