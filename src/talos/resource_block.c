#include "resources.pb-c.h"
#include "talos/proto.h"
#include "talos/resource.h"

static int disk_unpack(struct arena *arena, const void *data, size_t len, const void **out,
		       struct err *err)
{
	const Resource__DiskSpec *spec =
		proto_unpack(arena, &resource__disk_spec__descriptor, data, len, err);
	struct talos_disk *disk = arena_alloc(arena, sizeof(*disk));

	if (!spec)
		return -1;
	*disk = (struct talos_disk){
		.dev_path = spec->dev_path,
		.size = spec->size,
		.sector_size = spec->sector_size,
		.io_size = spec->io_size,
		.model = spec->model,
		.serial = spec->serial,
		.wwid = spec->wwid,
		.uuid = spec->uuid,
		.modalias = spec->modalias,
		.bus_path = spec->bus_path,
		.sub_system = spec->sub_system,
		.transport = spec->transport,
		.symlinks = proto_texts(arena, spec->symlinks, spec->n_symlinks),
		.readonly = spec->readonly,
		.rotational = spec->rotational,
		.cdrom = spec->cdrom,
	};
	*out = disk;
	return 0;
}

const struct talos_resource_type resource_disk = {
	.type = "Disks.block.talos.dev",
	.ns = "runtime",
	.what = "the disks",
	.unpack = disk_unpack,
};

static int system_disk_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			      struct err *err)
{
	const Resource__SystemDiskSpec *spec =
		proto_unpack(arena, &resource__system_disk_spec__descriptor, data, len, err);
	struct talos_system_disk *disk = arena_alloc(arena, sizeof(*disk));

	if (!spec)
		return -1;
	disk->id = spec->disk_id;
	disk->dev_path = spec->dev_path;
	*out = disk;
	return 0;
}

const struct talos_resource_type resource_system_disk = {
	.type = "SystemDisks.block.talos.dev",
	.ns = "runtime",
	.singleton = "system-disk",
	.what = "the system disk",
	.unpack = system_disk_unpack,
};

static int volume_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			 struct err *err)
{
	const Resource__VolumeStatusSpec *spec =
		proto_unpack(arena, &resource__volume_status_spec__descriptor, data, len, err);
	struct talos_volume *volume = arena_alloc(arena, sizeof(*volume));

	if (!spec)
		return -1;
	volume->size = spec->size;
	volume->location = spec->location;
	*out = volume;
	return 0;
}

const struct talos_resource_type resource_volume_status = {
	.type = "VolumeStatuses.block.talos.dev",
	.ns = "runtime",
	.what = "the volumes",
	.unpack = volume_unpack,
};
