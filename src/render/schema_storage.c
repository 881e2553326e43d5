/* The documents about disks and volumes. */
#include "render/schema_rows.h"

static const char *const encryption_providers[] = { "none", "luks2", NULL };
static const char *const volume_types[] = {
	"partition", "disk", "tmpfs", "directory", "symlink", "overlay", "external", NULL
};
/* Talos 1.13 has no btrfs yet. */
static const char *const old_filesystems[] = {
	"none", "xfs", "vfat", "ext4", "iso9660", "swapi", "virtiofs", NULL
};
static const char *const filesystems[] = {
	"none", "xfs", "vfat", "ext4", "iso9660", "swapi", "virtiofs", "btrfs", NULL
};
static const char *const lvm_types[] = { "linear", "raid1", "raid0", "raid10", NULL };
static const char *const raid_levels[] = { "raid1", NULL };
static const char *const raid_metadata[] = { "1.0", "1.2", NULL };

static const char *const data_volume_kinds[] = { "UserVolumeConfig", "ExistingVolumeConfig", NULL };

static const struct schema_field volume_selector[] = {
	{ ONE("match", TYPE_CEL) },
	END_OF_FIELDS,
};

static const struct schema_field volume_discovery_spec[] = {
	{ ONE("volumeSelector", TYPE_STRUCT), .inner = volume_selector },
	END_OF_FIELDS,
};

static const struct schema_field existing_mount_spec[] = {
	{ ONE("readOnly", TYPE_BOOL), .pointer = 1 },
	{ ONE("disableAccessTime", TYPE_BOOL), .pointer = 1 },
	{ ONE("secure", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field trim_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("interval", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field scrub_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("interval", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field existing_volume_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("discovery", TYPE_STRUCT), .inner = volume_discovery_spec },
	{ ONE("mount", TYPE_STRUCT), .inner = existing_mount_spec },
	{ ONE("trim", TYPE_STRUCT), .inner = trim_config, .pointer = 1, .since = RELEASE_1_14 },
	{ ONE("scrub", TYPE_STRUCT), .inner = scrub_config, .pointer = 1, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field virtiofs_mount_spec[] = {
	{ ONE("tag", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field external_mount_spec[] = {
	{ ONE("readOnly", TYPE_BOOL), .pointer = 1 },
	{ ONE("disableAccessTime", TYPE_BOOL), .pointer = 1 },
	{ ONE("secure", TYPE_BOOL), .pointer = 1 },
	{ ONE("virtiofs", TYPE_STRUCT), .inner = virtiofs_mount_spec, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field external_volume_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("filesystemType", TYPE_WORD), .keep = 1, .words = old_filesystems,
	  .gone = RELEASE_1_14 },
	{ ONE("filesystemType", TYPE_WORD), .keep = 1, .words = filesystems,
	  .since = RELEASE_1_14 },
	{ ONE("mount", TYPE_STRUCT), .inner = external_mount_spec },
	END_OF_FIELDS,
};

static const struct schema_field filesystem_trim_config[] = {
	HEADER_ROWS,
	{ ONE("interval", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field filesystem_scrub_config[] = {
	HEADER_ROWS,
	{ ONE("interval", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field disk_selector[] = {
	{ ONE("match", TYPE_CEL) },
	END_OF_FIELDS,
};

static const struct schema_field provisioning_spec[] = {
	{ ONE("diskSelector", TYPE_STRUCT), .inner = disk_selector },
	{ ONE("grow", TYPE_BOOL), .pointer = 1 },
	{ ONE("minSize", TYPE_BYTES) },
	{ ONE("maxSize", TYPE_SIZE) },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key_static[] = {
	{ ONE("passphrase", TYPE_TEXT), .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key_kms[] = {
	{ ONE("endpoint", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key_tpm_options[] = {
	{ LIST("pcrs", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key_tpm[] = {
	{ ONE("options", TYPE_STRUCT), .inner = encryption_key_tpm_options, .pointer = 1 },
	{ ONE("checkSecurebootStatusOnEnroll", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field nothing[] = { END_OF_FIELDS };

static const struct schema_field encryption_key[] = {
	{ ONE("slot", TYPE_INT), .keep = 1 },
	{ ONE("static", TYPE_STRUCT), .inner = encryption_key_static, .pointer = 1 },
	{ ONE("nodeID", TYPE_STRUCT), .inner = nothing, .pointer = 1 },
	{ ONE("kms", TYPE_STRUCT), .inner = encryption_key_kms, .pointer = 1 },
	{ ONE("tpm", TYPE_STRUCT), .inner = encryption_key_tpm, .pointer = 1 },
	{ ONE("lockToState", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field encryption_spec[] = {
	{ ONE("provider", TYPE_WORD), .keep = 1, .words = encryption_providers },
	{ LIST("keys", TYPE_STRUCT), .inner = encryption_key, .keep = 1 },
	{ ONE("cipher", TYPE_TEXT), .minor = 1 },
	{ ONE("keySize", TYPE_U64), .minor = 1 },
	{ ONE("blockSize", TYPE_U64), .minor = 1 },
	{ LIST("options", TYPE_TEXT), .minor = 1 },
	{ ONE("allowDiscards", TYPE_BOOL), .pointer = 1, .minor = 1, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field raw_volume_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("provisioning", TYPE_STRUCT), .inner = provisioning_spec },
	{ ONE("encryption", TYPE_STRUCT), .inner = encryption_spec },
	END_OF_FIELDS,
};

static const struct schema_field swap_volume_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("provisioning", TYPE_STRUCT), .inner = provisioning_spec },
	{ ONE("encryption", TYPE_STRUCT), .inner = encryption_spec },
	END_OF_FIELDS,
};

static const struct schema_field xfs_spec[] = {
	{ ONE("minAllocationGroupSize", TYPE_BYTES) },
	END_OF_FIELDS,
};

static const struct schema_field filesystem_spec[] = {
	{ ONE("type", TYPE_WORD), .words = old_filesystems, .gone = RELEASE_1_14 },
	{ ONE("type", TYPE_WORD), .words = filesystems, .since = RELEASE_1_14 },
	{ ONE("projectQuotaSupport", TYPE_BOOL), .pointer = 1 },
	{ ONE("xfs", TYPE_STRUCT), .inner = xfs_spec, .pointer = 1, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field user_mount_spec[] = {
	{ ONE("disableAccessTime", TYPE_BOOL), .pointer = 1 },
	{ ONE("secure", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field user_volume_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("volumeType", TYPE_WORD), .pointer = 1, .words = volume_types },
	{ ONE("provisioning", TYPE_STRUCT), .inner = provisioning_spec },
	{ ONE("filesystem", TYPE_STRUCT), .inner = filesystem_spec },
	{ ONE("encryption", TYPE_STRUCT), .inner = encryption_spec },
	{ ONE("mount", TYPE_STRUCT), .inner = user_mount_spec },
	{ ONE("trim", TYPE_STRUCT), .inner = trim_config, .pointer = 1, .since = RELEASE_1_14 },
	{ ONE("scrub", TYPE_STRUCT), .inner = scrub_config, .pointer = 1, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field system_volume_filesystem_spec[] = {
	{ ONE("xfs", TYPE_STRUCT), .inner = xfs_spec, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field mount_spec[] = {
	{ ONE("secure", TYPE_BOOL), .pointer = 1 },
	{ ONE("disableAccessTime", TYPE_BOOL), .pointer = 1, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field volume_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("provisioning", TYPE_STRUCT), .inner = provisioning_spec },
	{ ONE("filesystem", TYPE_STRUCT), .inner = system_volume_filesystem_spec,
	  .since = RELEASE_1_14 },
	{ ONE("encryption", TYPE_STRUCT), .inner = encryption_spec },
	{ ONE("mount", TYPE_STRUCT), .inner = mount_spec },
	{ ONE("trim", TYPE_STRUCT), .inner = trim_config, .pointer = 1, .since = RELEASE_1_14 },
	{ ONE("scrub", TYPE_STRUCT), .inner = scrub_config, .pointer = 1, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field zswap_config[] = {
	HEADER_ROWS,
	{ ONE("maxPoolPercent", TYPE_INT), .pointer = 1 },
	{ ONE("shrinkerEnabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field lvm_logical_volume_provisioning_spec[] = {
	{ ONE("volumeGroup", TYPE_TEXT), .keep = 1 },
	{ ONE("minSize", TYPE_BYTES) },
	{ ONE("maxSize", TYPE_SIZE) },
	END_OF_FIELDS,
};

static const struct schema_field lvm_logical_volume_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("type", TYPE_WORD), .keep = 1, .words = lvm_types },
	{ ONE("mirrors", TYPE_U32), .pointer = 1 },
	{ ONE("stripes", TYPE_U32), .pointer = 1 },
	{ ONE("provisioning", TYPE_STRUCT), .inner = lvm_logical_volume_provisioning_spec,
	  .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field lvm_volume_selector_spec[] = {
	{ ONE("match", TYPE_CEL) },
	END_OF_FIELDS,
};

static const struct schema_field provisioning_spec_lvm[] = {
	{ ONE("volumeSelector", TYPE_STRUCT), .inner = lvm_volume_selector_spec },
	END_OF_FIELDS,
};

static const struct schema_field lvm_volume_group_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("provisioning", TYPE_STRUCT), .inner = provisioning_spec_lvm, .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field raid_volume_selector[] = {
	{ ONE("match", TYPE_CEL) },
	END_OF_FIELDS,
};

static const struct schema_field raid_provisioning_spec[] = {
	{ ONE("volumeSelector", TYPE_STRUCT), .inner = raid_volume_selector, .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field raid_array_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("level", TYPE_WORD), .keep = 1, .words = raid_levels },
	{ ONE("metadata", TYPE_WORD), .words = raid_metadata },
	{ ONE("provisioning", TYPE_STRUCT), .inner = raid_provisioning_spec, .keep = 1 },
	END_OF_FIELDS,
};

const struct schema_kind schema_storage_kinds[] = {
	{ KIND("ExistingVolumeConfig", existing_volume_config), .named = true,
	  .conflicts = data_volume_kinds },
	{ KIND("ExternalVolumeConfig", external_volume_config), .named = true },
	{ KIND("FilesystemScrubConfig", filesystem_scrub_config), .since = RELEASE_1_14 },
	{ KIND("FilesystemTrimConfig", filesystem_trim_config), .since = RELEASE_1_14 },
	{ KIND("LVMLogicalVolumeConfig", lvm_logical_volume_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("LVMVolumeGroupConfig", lvm_volume_group_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("RAIDArrayConfig", raid_array_config), .named = true, .since = RELEASE_1_14 },
	{ KIND("RawVolumeConfig", raw_volume_config), .named = true },
	{ KIND("SwapVolumeConfig", swap_volume_config), .named = true },
	{ KIND("UserVolumeConfig", user_volume_config), .named = true,
	  .conflicts = data_volume_kinds },
	{ KIND("VolumeConfig", volume_config), .named = true },
	{ KIND("ZswapConfig", zswap_config) },
	END_OF_KINDS,
};
