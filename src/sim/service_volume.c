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
#define ASKED_SIZE (1024 * MEBIBYTE)

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

/* A volume as it lies on a node. */
struct placed {
	const char *id, *target;
	const struct sim_disk *disk; /* NULL: it is missing */
	int64_t index;		     /* of its partition */
	uint64_t size;
	unsigned mode;
	bool quota;
};

static uint64_t size_on(const struct volume *volume, const struct sim_disk *disk)
{
	uint64_t taken = BOOT_SIZE;

	if (volume->size || !disk)
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

static const struct value *mount_value(struct arena *arena, const struct placed *placed)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "targetPath", value_str(arena, placed->target));
	map_add(map, "projectQuotaSupport", value_of_bool(arena, placed->quota));
	map_add(map, "fileMode", value_of_u64(arena, placed->mode));
	return map_end(map);
}

static void place(struct arena *arena, const struct placed *placed,
		  Resource__VolumeStatusSpec *spec, struct map_builder *yaml)
{
	spec->partition_index = placed->index;
	spec->parent_location = arena_printf(arena, "/dev/%s", placed->disk->id);
	spec->location = arena_printf(arena, "%s%lld", spec->parent_location,
				      (long long)spec->partition_index);
	spec->mount_location = spec->location;
	spec->size = placed->size;
	spec->pretty_size = (char *)size_pretty(arena, spec->size);
	map_add(yaml, "location", value_str(arena, spec->location));
	map_add(yaml, "mountLocation", value_str(arena, spec->location));
	map_add(yaml, "partitionIndex", value_of_int(arena, spec->partition_index));
	map_add(yaml, "parentLocation", value_str(arena, spec->parent_location));
	map_add(yaml, "size", value_of_u64(arena, spec->size));
	map_add(yaml, "prettySize", value_str(arena, spec->pretty_size));
	if (!placed->target)
		return;
	spec->filesystem = XFS;
	map_add(yaml, "filesystem", value_str(arena, "xfs"));
}

/* STATE is there once a config was kept, EPHEMERAL once a node has booted with one. */
static bool is_there(const struct sim_node *node, const struct volume *volume)
{
	return node->installed[0] && (!volume->target || (node->config && node->config->complete));
}

static void show_volume(struct arena *arena, const struct placed *placed, struct shown_list *out)
{
	Resource__VolumeStatusSpec spec = RESOURCE__VOLUME_STATUS_SPEC__INIT;
	struct map_builder *yaml = map_begin(arena);

	spec.phase = placed->disk ? PHASE_READY : PHASE_MISSING;
	map_add(yaml, "phase", value_str(arena, placed->disk ? "ready" : "missing"));
	map_add(yaml, "type", value_str(arena, "partition"));
	if (placed->disk)
		place(arena, placed, &spec, yaml);
	if (placed->target)
		map_add(yaml, "mountSpec", mount_value(arena, placed));
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "VolumeStatuses.block.talos.dev",
					      .ns = "runtime",
					      .id = placed->id,
					      .owner = "block.VolumeManagerController" },
			     map_end(yaml)),
		   &spec.base);
}

/* ---- what documents ask for ------------------------------------------------------------------ */

/* NULL: no disk fits. */
static const struct sim_disk *disk_for(const struct sim_node *node, const struct sim_volume *volume)
{
	if (!*volume->match)
		return system_disk(node);
	return hardware_fits(node->hardware, volume->match, node->installed);
}

static size_t asked_for(const struct sim_node *node)
{
	return node->installed[0] && node->config && node->config->complete
		       ? node->config->volumes
		       : 0;
}

static void show_asked(struct arena *arena, const struct sim_node *node, size_t index,
		       struct shown_list *out)
{
	const struct sim_volume *volume = &node->config->volume[index];
	const struct sim_disk *disk = disk_for(node, volume);
	bool system = disk && disk == system_disk(node);

	show_volume(arena,
		    &(struct placed){
			    .id = volume->id,
			    .target = arena_printf(arena, "/var/mnt/%s", volume->id),
			    .disk = disk,
			    .index = (system ? FIRST_PARTITION + (int64_t)ARRAY_LEN(volumes) : 1) +
				     (int64_t)index,
			    .size = ASKED_SIZE,
			    .mode = 0755,
			    .quota = true,
		    },
		    out);
}

bool volume_is_located(const struct sim_node *node, const char *id)
{
	for (size_t i = 0; i < asked_for(node); i++)
		if (!strcmp(node->config->volume[i].id, id))
			return disk_for(node, &node->config->volume[i]) != NULL;
	return false;
}

void volumes_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	const struct sim_disk *disk = system_disk(node);

	for (size_t i = 0; i < ARRAY_LEN(volumes); i++) {
		const struct volume *volume = &volumes[i];
		const struct placed placed = {
			.id = volume->id,
			.target = volume->target,
			.disk = is_there(node, volume) ? disk : NULL,
			.index = FIRST_PARTITION + (int64_t)i,
			.size = size_on(volume, disk),
			.mode = volume->mode,
			.quota = !volume->size,
		};

		show_volume(arena, &placed, out);
	}
	for (size_t i = 0; i < asked_for(node); i++)
		show_asked(arena, node, i, out);
}
