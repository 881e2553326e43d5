#include "ops/disk.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cel/disk.h"
#include "cluster/disk.h"
#include "render/sizes.h"
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

/* Loop devices, device mapper and the like stand in the list of disks, too; Talos knows them by the
 * transport they lack. */
static bool is_virtual(const struct talos_disk *disk)
{
	return !disk->transport || !disk->transport[0];
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
	{ "type", disk_kind },
};

static bool is_less(uint64_t a, uint64_t b)
{
	return a < b;
}

static bool is_most(uint64_t a, uint64_t b)
{
	return a <= b;
}

static bool is_more(uint64_t a, uint64_t b)
{
	return a > b;
}

static bool is_least(uint64_t a, uint64_t b)
{
	return a >= b;
}

static bool is_same(uint64_t a, uint64_t b)
{
	return a == b;
}

struct comparison {
	const char *sign;
	bool (*holds)(uint64_t a, uint64_t b);
};

static const struct comparison comparisons[] = {
	{ ">=", is_least },
	{ "<=", is_most },
	{ "==", is_same },
	{ ">", is_more },
	{ "<", is_less },
	{ "", is_same },
};

/* ">= 100GB", "< 2TiB", "500107862016". */
static int match_size(const char *wanted, const struct talos_disk *disk, bool *matches,
		      struct err *err)
{
	const struct comparison *comparison = comparisons;
	uint64_t bytes;

	while (!text_starts(wanted, comparison->sign))
		comparison++;
	const char *size = wanted + strlen(comparison->sign);

	if (!size_parse(size + strspn(size, " "), &bytes))
		return err_set(err, ERR_INPUT, "\"%s\" is not a disk size", wanted);
	*matches = comparison->holds(disk->size, bytes);
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

		*matches = fact && fact[0] && text_glob_star(wanted, fact);
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

static struct cel_disk seen_by_cel(const struct talos_disk *disk)
{
	return (struct cel_disk){
		.size = disk->size,
		.io_size = disk->io_size,
		.sector_size = disk->sector_size,
		.readonly = disk->readonly,
		.rotational = disk->rotational,
		.cdrom = disk->cdrom,
		.model = disk->model,
		.serial = disk->serial,
		.modalias = disk->modalias,
		.wwid = disk->wwid,
		.bus_path = disk->bus_path,
		.sub_system = disk->sub_system,
		.transport = disk->transport,
		.dev_path = disk->dev_path,
		.uuid = disk->uuid,
		.symlinks = disk->symlinks,
	};
}

/* A selector on its way over the disks. */
struct choice {
	const struct disk *wanted;
	struct arena *arena;
	const struct cel_program *program; /* of DISK_CEL */
};

static int match(const struct choice *choice, const struct talos_disk *disk, bool *matches,
		 struct err *err)
{
	const struct disk *wanted = choice->wanted;
	struct cel_disk seen;

	switch (wanted->form) {
	case DISK_PATH:
		*matches = has_path(disk, wanted->text);
		break;
	case DISK_SERIAL:
		*matches = text_equal(disk->serial, wanted->text);
		break;
	case DISK_MATCH:
		return match_map(wanted->match, disk, matches, err);
	case DISK_CEL:
		seen = seen_by_cel(disk);
		return disk_selector_holds(choice->program, &seen, choice->arena, matches, err);
	}
	return 0;
}

static void list_disk(struct str *out, const struct talos_disk *disk)
{
	str_addf(out, "%s%s (%s, %s%s%s, %llu GB)", out->len ? ", " : "", disk->dev_path,
		 disk_kind(disk), disk->model && disk->model[0] ? disk->model : "no model",
		 disk->serial && disk->serial[0] ? ", serial " : "",
		 disk->serial && disk->serial[0] ? disk->serial : "",
		 (unsigned long long)(disk->size / 1000000000));
}

/* A selector never takes these, neither ours nor the one in the config. */
static const char *defect(const struct talos_disk *disk)
{
	if (disk->cdrom)
		return "a CD-ROM drive";
	return disk->readonly ? "read-only" : NULL;
}

static int err_none(struct err *err, const struct talos_disk *disks, size_t count,
		    const struct talos_disk *defective)
{
	struct str list SCOPED(str_done) = STR_INIT(300);

	for (size_t i = 0; i < count; i++)
		if (!is_virtual(&disks[i]))
			list_disk(&list, &disks[i]);
	if (defective)
		err_set(err, ERR_REFUSED, "%s matches, but it is %s", defective->dev_path,
			defect(defective));
	else
		err_set(err, ERR_CONFLICT, "no disk matches; there is %s",
			list.len ? str_text(&list) : "none");
	return err_hint(err, "correct `disk` of the node in nodes.yaml");
}

static bool is_meant(const struct disk *wanted, const struct talos_disk *disk)
{
	bool exact = wanted->form == DISK_PATH || wanted->form == DISK_SERIAL;

	return !is_usb(disk) || exact || disk_names_usb(wanted);
}

#define FOUND_MAX 8

struct found {
	const struct talos_disk *at[FOUND_MAX]; /* the first ones, to be listed */
	size_t len;				/* all of them */
	const struct talos_disk *defective;
};

static int find(const struct choice *choice, const struct talos_disk *disks, size_t count,
		struct found *found, struct err *err)
{
	bool path = choice->wanted->form == DISK_PATH;

	for (size_t i = 0; i < count; i++) {
		bool matches = false;

		if (match(choice, &disks[i], &matches, err) < 0)
			return -1;
		if (!matches || (is_virtual(&disks[i]) && !path))
			continue;
		if (defect(&disks[i])) {
			found->defective = &disks[i];
			continue;
		}
		if (found->len < FOUND_MAX)
			found->at[found->len] = &disks[i];
		found->len++;
	}
	return 0;
}

static int err_several(struct err *err, const struct found *found)
{
	struct str list SCOPED(str_done) = STR_INIT(300);

	for (size_t i = 0; i < found->len && i < FOUND_MAX; i++)
		list_disk(&list, found->at[i]);
	err_set(err, ERR_CONFLICT, "%zu disks match: %s", found->len, str_text(&list));
	return err_hint(err, "name one by its serial in nodes.yaml");
}

/* A USB disk counts beside others: the node itself would choose between them by chance. */
int disk_choose(const struct disk *wanted, const struct talos_disk *disks, size_t count,
		const char **dev_path, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("disk choice");
	struct choice choice = { .wanted = wanted, .arena = scratch };
	struct found found = { .len = 0 };

	if (wanted->form == DISK_CEL &&
	    disk_selector_compile(scratch, wanted->text, &choice.program, err) < 0)
		return -1;
	if (find(&choice, disks, count, &found, err) < 0)
		return -1;
	if (found.len > 1)
		return err_several(err, &found);
	if (found.len == 1 && !is_meant(wanted, found.at[0])) {
		err_set(err, ERR_REFUSED, "%s matches, but it is a USB disk",
			found.at[0]->dev_path);
		return err_hint(err, "name the disk by its path or serial if it is meant");
	}
	if (found.len == 0)
		return err_none(err, disks, count, found.defective);
	*dev_path = found.at[0]->dev_path;
	return 0;
}
