/* The documents about disks and volumes. */
#include "base/own.h"
#include "base/text.h"
#include "render/emit.h"
#include "render/sizes.h"
#include "render/validate_documents.h"

#include <inttypes.h>
#include <string.h>

#define VOLUME_NAME_MAX 34
#define GROUP_NAME_MAX 63
#define ARRAY_NAME_MAX 32
#define PCR_MAX 23
#define POOL_PERCENT_MAX 100
#define SCRUB_MIN UINT64_C(10000000000)

struct size {
	bool given, negative, relative;
	uint64_t value;
};

/* Whether a section of a volume says anything. */
static bool is_set(const struct validation *v, const struct spot *volume, const char *field)
{
	const struct schema_kind *kind = schema_kind_find(volume->document->kind, v->release);
	const struct schema_field *row = schema_find(kind->fields, field, v->release);

	return row && !emit_is_zero(row, spot_get(volume, field), v->release);
}

static struct size read_size(const struct spot *spot, const char *field)
{
	const char *text = spot_text(spot, field);
	struct size size = { .given = *text, .negative = *text == '-' };

	size.relative = strchr(text, '%') != NULL;
	if (size.given && !size.relative && !size_parse(text + size.negative, &size.value))
		size.value = 0;
	return size;
}

enum provisioning {
	PROVISIONING_OPTIONAL,
	PROVISIONING_NEEDED,
	PROVISIONING_WHOLE_DISK
};

static void check_sizes(struct validation *v, const struct spot *spot, enum provisioning how)
{
	struct size min = read_size(spot, "minSize"), max = read_size(spot, "maxSize");

	if (min.given && max.given && !max.relative && !max.negative) {
		if (min.value > max.value)
			complain(v, spot, "minSize", "volume-sizes",
				 "minSize is more than maxSize");
	} else if (how == PROVISIONING_NEEDED && !min.given && !max.given) {
		complain(v, spot, NULL, "volume-size", "the volume needs a minSize or a maxSize");
	}
	if (min.negative)
		complain(v, spot, "minSize", "volume-size", "minSize must not be negative");
}

static void check_provisioning(struct validation *v, const struct spot *volume,
			       enum provisioning how)
{
	struct spot spot = spot_at(volume, "provisioning");

	if (how == PROVISIONING_OPTIONAL)
		check_selector(v, &spot, "diskSelector.match", SELECTOR_DISK);
	else
		want_selector(v, &spot, "diskSelector.match", SELECTOR_DISK);
	if (how != PROVISIONING_WHOLE_DISK)
		check_sizes(v, &spot, how);
	else if (*spot_text(&spot, "minSize") || *spot_text(&spot, "maxSize") ||
		 spot_has(&spot, "grow"))
		complain(v, &spot, NULL, "volume-whole-disk",
			 "a volume that is a whole disk has no minSize, maxSize and grow");
}

static bool slot_used_before(const struct spot *keys, size_t index, int64_t slot)
{
	for (size_t i = 0; i < index; i++) {
		struct spot key = spot_item(keys, i);
		int64_t other = 0;

		spot_i64(&key, "slot", &other);
		if (other == slot)
			return true;
	}
	return false;
}

static void check_pcrs(struct validation *v, const struct spot *key)
{
	struct spot pcrs = spot_at(key, "tpm.options.pcrs");

	for (size_t i = 0; i < value_len(pcrs.value); i++) {
		struct spot pcr = spot_item(&pcrs, i);
		int64_t number = 0;

		if (!spot_i64(&pcr, NULL, &number) || number < 0 || number > PCR_MAX)
			complain(v, &pcr, NULL, "encryption-pcr", "a PCR is 0 to %d", PCR_MAX);
	}
}

static void check_key(struct validation *v, const struct spot *keys, size_t index)
{
	struct spot key = spot_item(keys, index);
	int64_t slot = 0;

	spot_i64(&key, "slot", &slot);
	if (slot_used_before(keys, index, slot))
		complain(v, &key, "slot", "encryption-slot", "slot %" PRId64 " has a key already",
			 slot);
	if (!spot_has(&key, "static") && !spot_has(&key, "nodeID") && !spot_has(&key, "kms") &&
	    !spot_has(&key, "tpm")) {
		complain(v, &key, NULL, "encryption-key", "the key of slot %" PRId64 " is none",
			 slot);
		advise(v, "one of static, nodeID, kms and tpm says what the key is");
	}
	check_pcrs(v, &key);
}

/* The other fields do not count: a provider or keys make it an encryption. */
static bool has_provider(const struct spot *spot)
{
	const char *provider = spot_text(spot, "provider");

	return *provider && !text_equal(provider, "none");
}

static bool is_encrypted(const struct spot *volume)
{
	struct spot spot = spot_at(volume, "encryption");

	return has_provider(&spot) || spot_len(&spot, "keys");
}

static void check_encryption(struct validation *v, const struct spot *volume)
{
	struct spot spot = spot_at(volume, "encryption");
	struct spot keys = spot_at(&spot, "keys");

	if (!is_encrypted(volume))
		return;
	if (!has_provider(&spot)) {
		complain(v, &spot, "provider", "encryption-provider",
			 "the encryption needs its provider");
		advise(v, "the only one is luks2");
	}
	if (!value_len(keys.value))
		complain(v, &spot, "keys", "encryption-keys", "the encryption needs a key");
	for (size_t i = 0; i < value_len(keys.value); i++)
		check_key(v, &keys, i);
}

static void check_scrub_interval(struct validation *v, const struct spot *spot, const char *field)
{
	uint64_t interval = spot_duration(spot, field);

	if (interval && (is_negative(spot, field) || interval < SCRUB_MIN))
		complain(v, spot, field, "scrub-interval",
			 "there must be at least 10s between two scrubs");
}

static void check_upkeep(struct validation *v, const struct spot *volume)
{
	want_not_negative(v, volume, "trim.interval", "trim-interval");
	check_scrub_interval(v, volume, "scrub.interval");
}

/* `max` 0: any length. */
static void check_name(struct validation *v, const struct spot *volume, size_t max,
		       const char *others)
{
	const char *name = spot_text(volume, "name");

	want_name(v, volume);
	if (max && (!*name || strlen(name) > max))
		complain(v, volume, "name", "name-length", "a name has 1 to %zu letters", max);
	if (!form_has_only_letters(name, others))
		complain(v, volume, "name", "name-letters",
			 "a name has only letters from a to z, digits and %s",
			 others[1] ? "- and _" : "-");
}

static void check_filesystem(struct validation *v, const struct spot *volume)
{
	static const char *const known[] = { "", "none", "xfs", "ext4", "btrfs" };
	const char *type = spot_text(volume, "filesystem.type");
	bool xfs = !*type || text_equal(type, "none") || text_equal(type, "xfs");
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		found = found || text_equal(type, known[i]);
	if (!found)
		complain(v, volume, "filesystem.type", "filesystem-type",
			 "a volume cannot have the filesystem %s", type);
	else if (!xfs && spot_true(volume, "filesystem.projectQuotaSupport"))
		complain(v, volume, "filesystem.projectQuotaSupport", "filesystem-quota",
			 "only xfs has project quotas");
	else if (!xfs && spot_has(volume, "filesystem.xfs"))
		complain(v, volume, "filesystem.xfs", "filesystem-xfs",
			 "these options are for xfs only");
}

static void check_directory(struct validation *v, const struct spot *volume)
{
	bool mount = v->release >= RELEASE_1_14 ? spot_has(volume, "mount.disableAccessTime")
						: is_set(v, volume, "mount");
	const struct {
		const char *field;
		bool wrong;
	} rows[] = {
		{ "provisioning", is_set(v, volume, "provisioning") },
		{ "encryption", is_encrypted(volume) },
		{ "filesystem", is_set(v, volume, "filesystem") },
		{ "mount", mount },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].wrong)
			complain(v, volume, rows[i].field, "volume-directory",
				 "a volume that is a directory has no %s",
				 i == 3 && v->release >= RELEASE_1_14 ? "mount.disableAccessTime"
								      : rows[i].field);
	}
}

static void check_user_volume(struct validation *v, const struct spot *volume)
{
	const char *type = spot_text(volume, "volumeType");
	bool disk = text_equal(type, "disk");

	check_name(v, volume, VOLUME_NAME_MAX, "-");
	if (text_equal(type, "directory")) {
		check_directory(v, volume);
	} else if (!*type || disk || text_equal(type, "partition")) {
		check_provisioning(v, volume,
				   disk ? PROVISIONING_WHOLE_DISK : PROVISIONING_NEEDED);
		check_filesystem(v, volume);
		check_encryption(v, volume);
	} else {
		complain(v, volume, "volumeType", "volume-type",
			 "a volume is a partition, a disk or a directory, not %s", type);
	}
	check_upkeep(v, volume);
}

static void check_raw_volume(struct validation *v, const struct spot *volume)
{
	check_name(v, volume, VOLUME_NAME_MAX, "-");
	check_provisioning(v, volume, PROVISIONING_NEEDED);
	check_encryption(v, volume);
}

static void check_existing_volume(struct validation *v, const struct spot *volume)
{
	check_name(v, volume, 0, "-");
	want_selector(v, volume, "discovery.volumeSelector.match", SELECTOR_VOLUME);
	check_upkeep(v, volume);
}

static void check_external_volume(struct validation *v, const struct spot *volume)
{
	const char *type = spot_text(volume, "filesystemType");

	check_name(v, volume, VOLUME_NAME_MAX, "-");
	if (!text_equal(type, "virtiofs")) {
		complain(v, volume, "filesystemType", "filesystem-type",
			 "an external volume cannot have the filesystem \"%s\"", type);
		advise(v, "the only one is virtiofs");
	} else if (!spot_has(volume, "mount.virtiofs")) {
		complain(v, volume, "mount.virtiofs", "virtiofs-mount",
			 "a virtiofs volume needs mount.virtiofs");
	} else {
		want_text(v, volume, "mount.virtiofs.tag", "virtiofs-tag",
			  "a virtiofs volume needs the tag it has outside");
	}
}

static void check_state(struct validation *v, const struct spot *volume)
{
	struct spot keys = spot_at(volume, "encryption.keys");

	if (is_set(v, volume, "provisioning"))
		complain(v, volume, "provisioning", "volume-fixed",
			 "where STATE lives cannot be chosen");
	for (size_t i = 0; i < value_len(keys.value); i++) {
		struct spot key = spot_item(&keys, i);

		if (spot_true(&key, "lockToState"))
			complain(v, &key, "lockToState", "volume-fixed",
				 "STATE cannot be locked to itself");
	}
}

static void refuse_mount(struct validation *v, const struct spot *volume)
{
	if (is_set(v, volume, "mount"))
		complain(v, volume, "mount", "volume-fixed", "how %s is mounted cannot be chosen",
			 spot_text(volume, "name"));
}

/* Since 1.14, for all but EPHEMERAL. */
static void check_special_volume(struct validation *v, const struct spot *volume)
{
	const char *name = spot_text(volume, "name");
	bool provisioned = is_set(v, volume, "provisioning");

	if (text_equal(name, "STATE")) {
		refuse_mount(v, volume);
	} else if (text_equal(name, "IMAGECACHE")) {
		refuse_mount(v, volume);
		if (is_set(v, volume, "filesystem"))
			complain(v, volume, "filesystem", "volume-fixed",
				 "the filesystem of IMAGECACHE cannot be chosen");
	} else if (!text_equal(name, "EPHEMERAL") && is_set(v, volume, "mount") && !provisioned) {
		complain(v, volume, "mount", "volume-mount",
			 "%s is mounted only where it has its own partition", name);
		advise(v, "give it a provisioning section");
	}
}

static void check_system_volume(struct validation *v, const struct spot *volume)
{
	static const char *const names[] = { "STATE", "EPHEMERAL", "IMAGECACHE", "ETCD",
					     "CRI", "KUBELET", "LOG" };
	const char *name = spot_text(volume, "name");
	size_t count = v->release >= RELEASE_1_14 ? ARRAY_LEN(names) : 3;
	size_t at = 0;

	while (at < count && !text_equal(name, names[at]))
		at++;
	if (at == count) {
		complain(v, volume, "name", "volume-name", "there is no system volume \"%s\"",
			 name);
		advise(v, v->release >= RELEASE_1_14 ? "STATE, EPHEMERAL, IMAGECACHE, ETCD, CRI, "
						       "KUBELET and LOG can be configured"
						     : "STATE, EPHEMERAL and IMAGECACHE can");
		return;
	}
	if (text_equal(name, "STATE"))
		check_state(v, volume);
	if (v->release >= RELEASE_1_14)
		check_special_volume(v, volume);
	check_provisioning(v, volume, PROVISIONING_OPTIONAL);
	check_encryption(v, volume);
	check_upkeep(v, volume);
}

static void check_zswap(struct validation *v, const struct spot *zswap)
{
	int64_t percent;

	if (spot_i64(zswap, "maxPoolPercent", &percent) &&
	    (percent < 0 || percent > POOL_PERCENT_MAX))
		complain(v, zswap, "maxPoolPercent", "zswap-percent", "a percentage is 0 to %d",
			 POOL_PERCENT_MAX);
}

static void check_trim(struct validation *v, const struct spot *trim)
{
	want_not_negative(v, trim, "interval", "trim-interval");
}

static void check_scrub(struct validation *v, const struct spot *scrub)
{
	check_scrub_interval(v, scrub, "interval");
}

static void check_group(struct validation *v, const struct spot *group)
{
	check_name(v, group, GROUP_NAME_MAX, "-_");
	want_selector(v, group, "provisioning.volumeSelector.match", SELECTOR_VOLUME);
}

static void check_array(struct validation *v, const struct spot *array)
{
	check_name(v, array, ARRAY_NAME_MAX, "-_");
	want_selector(v, array, "provisioning.volumeSelector.match", SELECTOR_VOLUME);
}

struct copies {
	const char *field;
	uint64_t min;
	const char *types[2];
};

static void check_copies(struct validation *v, const struct spot *volume,
			 const struct copies *copies)
{
	const char *type = spot_text(volume, "type");

	if (!spot_has(volume, copies->field))
		return;
	if (!text_equal(type, copies->types[0]) && !text_equal(type, copies->types[1]))
		complain(v, volume, copies->field, "lvm-type", "only %s and %s have %s",
			 copies->types[0], copies->types[1], copies->field);
	else if (spot_u64(volume, copies->field) < copies->min)
		complain(v, volume, copies->field, "lvm-type", "%s must be at least %" PRIu64,
			 copies->field, copies->min);
}

static void check_lvm_sizes(struct validation *v, const struct spot *spot)
{
	struct size min = read_size(spot, "minSize"), max = read_size(spot, "maxSize");

	if (!max.given)
		complain(v, spot, "maxSize", "lvm-size", "a logical volume needs a maxSize");
	if (max.negative)
		complain(v, spot, "maxSize", "lvm-size", "maxSize must not be negative");
	if (min.given && !max.relative && min.value > max.value)
		complain(v, spot, "minSize", "lvm-sizes", "minSize is more than maxSize");
}

static void check_logical_volume(struct validation *v, const struct spot *volume)
{
	static const struct copies copies[] = {
		{ "mirrors", 1, { "raid1", "raid10" } },
		{ "stripes", 2, { "raid0", "raid10" } },
	};
	struct spot spot = spot_at(volume, "provisioning");

	check_name(v, volume, GROUP_NAME_MAX, "-_");
	for (size_t i = 0; i < ARRAY_LEN(copies); i++)
		check_copies(v, volume, &copies[i]);
	want_text(v, &spot, "volumeGroup", "lvm-group", "a logical volume needs its group");
	check_lvm_sizes(v, &spot);
}

const struct document_check validate_storage_checks[] = {
	{ "ExistingVolumeConfig", check_existing_volume },
	{ "ExternalVolumeConfig", check_external_volume },
	{ "FilesystemScrubConfig", check_scrub },
	{ "FilesystemTrimConfig", check_trim },
	{ "LVMLogicalVolumeConfig", check_logical_volume },
	{ "LVMVolumeGroupConfig", check_group },
	{ "RAIDArrayConfig", check_array },
	{ "RawVolumeConfig", check_raw_volume },
	{ "SwapVolumeConfig", check_raw_volume },
	{ "UserVolumeConfig", check_user_volume },
	{ "VolumeConfig", check_system_volume },
	{ "ZswapConfig", check_zswap },
	{ NULL, NULL },
};
