#include "sim/service_resource.h"

#include "base/own.h"
#include "base/text.h"
#include "resources.pb-c.h"
#include "sim/world_impl.h"
#include "tree/value.h"

#include <string.h>

enum phase {
	PHASE_MISSING = 2,
	PHASE_READY = 6
};

#define XFS 1
#define MEBIBYTE (UINT64_C(1) << 20)
#define REST 0 /* what the partitions before leave */

/* The partitions that a system disk has, in their order on it. */
static const struct volume {
	const char *id, *target;
	uint64_t size;
	unsigned mode;
} volumes[] = {
	{ "META", NULL, MEBIBYTE, 0 },
	{ "STATE", "/system/state", 100 * MEBIBYTE, 0700 },
	{ "EPHEMERAL", "/var", REST, 0755 },
};

/* Before those are the boot loader's. */
#define FIRST_PARTITION 2
#define BOOT_SIZE (2111 * MEBIBYTE)

static uint64_t size_on(const struct volume *volume, const struct sim_disk *disk)
{
	uint64_t taken = BOOT_SIZE;

	if (volume->size)
		return volume->size;
	for (size_t i = 0; i < ARRAY_LEN(volumes); i++)
		taken += volumes[i].size;
	return disk->size > taken ? disk->size - taken : 0;
}

static const struct sim_disk *system_disk(const struct sim_node *node)
{
	for (size_t i = 0; i < HARDWARE_DISKS; i++) {
		if (!strcmp(node->hardware->disk[i].id, node->installed))
			return &node->hardware->disk[i];
	}
	return NULL;
}

static const struct value *mount_value(struct arena *arena, const struct volume *volume)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "targetPath", value_str(arena, volume->target));
	map_add(map, "projectQuotaSupport", value_of_bool(arena, !volume->size));
	map_add(map, "fileMode", value_of_u64(arena, volume->mode));
	return map_end(map);
}

static void place(struct arena *arena, const struct volume *volume, const struct sim_disk *disk,
		  Resource__VolumeStatusSpec *spec, struct map_builder *yaml)
{
	spec->partition_index = FIRST_PARTITION + (volume - volumes);
	spec->parent_location = arena_printf(arena, "/dev/%s", disk->id);
	spec->location = arena_printf(arena, "%s%lld", spec->parent_location,
				      (long long)spec->partition_index);
	spec->mount_location = spec->location;
	spec->size = size_on(volume, disk);
	spec->pretty_size = (char *)size_pretty(arena, spec->size);
	map_add(yaml, "location", value_str(arena, spec->location));
	map_add(yaml, "mountLocation", value_str(arena, spec->location));
	map_add(yaml, "partitionIndex", value_of_int(arena, spec->partition_index));
	map_add(yaml, "parentLocation", value_str(arena, spec->parent_location));
	map_add(yaml, "size", value_of_u64(arena, spec->size));
	map_add(yaml, "prettySize", value_str(arena, spec->pretty_size));
	if (!volume->target)
		return;
	spec->filesystem = XFS;
	map_add(yaml, "filesystem", value_str(arena, "xfs"));
}

/* STATE is there once a config was kept, EPHEMERAL once a node has booted with one. */
static bool is_there(const struct sim_node *node, const struct volume *volume)
{
	return node->installed[0] && (!volume->target || (node->config && node->config->complete));
}

static void show_volume(struct arena *arena, const struct sim_node *node,
			const struct volume *volume, struct shown_list *out)
{
	Resource__VolumeStatusSpec spec = RESOURCE__VOLUME_STATUS_SPEC__INIT;
	const struct sim_disk *disk = system_disk(node);
	struct map_builder *yaml = map_begin(arena);
	bool there = disk && is_there(node, volume);

	spec.phase = there ? PHASE_READY : PHASE_MISSING;
	map_add(yaml, "phase", value_str(arena, there ? "ready" : "missing"));
	map_add(yaml, "type", value_str(arena, "partition"));
	if (there)
		place(arena, volume, disk, &spec, yaml);
	if (volume->target)
		map_add(yaml, "mountSpec", mount_value(arena, volume));
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "VolumeStatuses.block.talos.dev",
					      .ns = "runtime",
					      .id = volume->id,
					      .owner = "block.VolumeManagerController" },
			     map_end(yaml)),
		   &spec.base);
}

void volumes_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	for (size_t i = 0; i < ARRAY_LEN(volumes); i++)
		show_volume(arena, node, &volumes[i], out);
}
