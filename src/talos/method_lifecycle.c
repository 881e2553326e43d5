#include "base/clock.h"
#include "lifecycle.pb-c.h"
#include "machine.pb-c.h"
#include "talos/proto.h"
#include "talos/talos.h"

/* ---- what ends a boot ------------------------------------------------------------------------ */

static const struct talos_actor *actor_of(struct arena *arena, const char *id)
{
	struct talos_actor *actor = arena_alloc(arena, sizeof(*actor));

	actor->id = id;
	return actor;
}

static const Machine__RebootRequest__Mode reboot_modes[] = {
	[REBOOT_NORMAL] = MACHINE__REBOOT_REQUEST__MODE__DEFAULT,
	[REBOOT_POWERCYCLE] = MACHINE__REBOOT_REQUEST__MODE__POWERCYCLE,
	[REBOOT_FORCED] = MACHINE__REBOOT_REQUEST__MODE__FORCE,
};

static void reboot_pack(const void *request, struct str *out)
{
	const struct talos_reboot_request *reboot = request;
	Machine__RebootRequest message = MACHINE__REBOOT_REQUEST__INIT;

	message.mode = reboot_modes[reboot->mode];
	proto_pack(&message.base, out);
}

static int reboot_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			 struct err *err)
{
	const Machine__Reboot *reboot =
		proto_unpack_only(arena, &machine__reboot_response__descriptor, message->data,
				  message->len, err);

	if (!reboot)
		return -1;
	*out = actor_of(arena, reboot->actor_id);
	return 0;
}

const struct talos_method talos_reboot = {
	.name = "Reboot",
	.path = "/machine.MachineService/Reboot",
	.phrase = "reboot",
	.timeout = 30 * SECOND,
	.pack = reboot_pack,
	.unpack = reboot_unpack,
};

static void shutdown_pack(const void *request, struct str *out)
{
	const struct talos_shutdown_request *shutdown = request;
	Machine__ShutdownRequest message = MACHINE__SHUTDOWN_REQUEST__INIT;

	message.force = shutdown->force;
	proto_pack(&message.base, out);
}

static int shutdown_unpack(struct arena *arena, const struct talos_message *message,
			   const void **out, struct err *err)
{
	const Machine__Shutdown *shutdown =
		proto_unpack_only(arena, &machine__shutdown_response__descriptor, message->data,
				  message->len, err);

	if (!shutdown)
		return -1;
	*out = actor_of(arena, shutdown->actor_id);
	return 0;
}

const struct talos_method talos_shutdown = {
	.name = "Shutdown",
	.path = "/machine.MachineService/Shutdown",
	.phrase = "shut down",
	.timeout = 30 * SECOND,
	.pack = shutdown_pack,
	.unpack = shutdown_unpack,
};

static size_t texts_count(const char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	return count;
}

static const Machine__ResetRequest__WipeMode wipe_modes[] = {
	[WIPE_ALL] = MACHINE__RESET_REQUEST__WIPE_MODE__ALL,
	[WIPE_SYSTEM_DISK] = MACHINE__RESET_REQUEST__WIPE_MODE__SYSTEM_DISK,
	[WIPE_USER_DISKS] = MACHINE__RESET_REQUEST__WIPE_MODE__USER_DISKS,
};

static void reset_pack(const void *request, struct str *out)
{
	struct arena *arena OWNED(arena_free) = arena_new("reset request");
	const struct talos_reset_request *reset = request;
	Machine__ResetRequest message = MACHINE__RESET_REQUEST__INIT;
	size_t partitions = texts_count(reset->partitions);
	size_t disks = texts_count(reset->user_disks);

	message.graceful = reset->graceful;
	message.reboot = reset->reboot;
	message.mode = wipe_modes[reset->wipe];
	message.system_partitions_to_wipe =
		arena_calloc(arena, partitions, sizeof(*message.system_partitions_to_wipe));
	for (size_t i = 0; i < partitions; i++) {
		Machine__ResetPartitionSpec *one = arena_alloc(arena, sizeof(*one));

		machine__reset_partition_spec__init(one);
		one->label = proto_text(reset->partitions[i]);
		one->wipe = true;
		message.system_partitions_to_wipe[message.n_system_partitions_to_wipe++] = one;
	}
	message.user_disks_to_wipe =
		arena_calloc(arena, disks, sizeof(*message.user_disks_to_wipe));
	for (size_t i = 0; i < disks; i++)
		message.user_disks_to_wipe[message.n_user_disks_to_wipe++] =
			proto_text(reset->user_disks[i]);
	proto_pack(&message.base, out);
}

static int reset_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	const Machine__Reset *reset = proto_unpack_only(
		arena, &machine__reset_response__descriptor, message->data, message->len, err);

	if (!reset)
		return -1;
	*out = actor_of(arena, reset->actor_id);
	return 0;
}

const struct talos_method talos_reset = {
	.name = "Reset",
	.path = "/machine.MachineService/Reset",
	.phrase = "reset",
	.timeout = 30 * SECOND,
	.pack = reset_pack,
	.unpack = reset_unpack,
};

/* ---- what the next boot starts --------------------------------------------------------------- */

static void upgrade_pack(const void *request, struct str *out)
{
	const struct talos_upgrade_request *upgrade = request;
	Machine__UpgradeRequest message = MACHINE__UPGRADE_REQUEST__INIT;

	message.image = proto_text(upgrade->image);
	message.preserve = upgrade->preserve;
	message.stage = upgrade->stage;
	message.force = upgrade->force;
	if (upgrade->mode == REBOOT_POWERCYCLE)
		message.reboot_mode = MACHINE__UPGRADE_REQUEST__REBOOT_MODE__POWERCYCLE;
	proto_pack(&message.base, out);
}

static int upgrade_unpack(struct arena *arena, const struct talos_message *message,
			  const void **out, struct err *err)
{
	const Machine__Upgrade *upgrade =
		proto_unpack_only(arena, &machine__upgrade_response__descriptor, message->data,
				  message->len, err);

	if (!upgrade)
		return -1;
	*out = actor_of(arena, upgrade->actor_id);
	return 0;
}

const struct talos_method talos_upgrade = {
	.name = "Upgrade",
	.path = "/machine.MachineService/Upgrade",
	.phrase = "upgrade",
	.timeout = 20 * MINUTE, /* it pulls the image before it answers */
	.pack = upgrade_pack,
	.unpack = upgrade_unpack,
};

static int rollback_unpack(struct arena *arena, const struct talos_message *message,
			   const void **out, struct err *err)
{
	if (!proto_unpack_only(arena, &machine__rollback_response__descriptor, message->data,
			       message->len, err))
		return -1;
	*out = NULL;
	return 0;
}

const struct talos_method talos_rollback = {
	.name = "Rollback",
	.path = "/machine.MachineService/Rollback",
	.phrase = "roll back",
	.timeout = MINUTE,
	.unpack = rollback_unpack,
};

/* ---- the meta partition ---------------------------------------------------------------------- */

static void meta_write_pack(const void *request, struct str *out)
{
	const struct talos_meta_request *meta = request;
	Machine__MetaWriteRequest message = MACHINE__META_WRITE_REQUEST__INIT;

	message.key = meta->key;
	message.value.data = (uint8_t *)proto_text(meta->value);
	message.value.len = meta->len;
	proto_pack(&message.base, out);
}

static int meta_write_unpack(struct arena *arena, const struct talos_message *message,
			     const void **out, struct err *err)
{
	if (!proto_unpack_only(arena, &machine__meta_write_response__descriptor, message->data,
			       message->len, err))
		return -1;
	*out = NULL;
	return 0;
}

const struct talos_method talos_meta_write = {
	.name = "MetaWrite",
	.path = "/machine.MachineService/MetaWrite",
	.phrase = "write a META value",
	.timeout = 10 * SECOND,
	.pack = meta_write_pack,
	.unpack = meta_write_unpack,
};

static void meta_delete_pack(const void *request, struct str *out)
{
	const struct talos_meta_request *meta = request;
	Machine__MetaDeleteRequest message = MACHINE__META_DELETE_REQUEST__INIT;

	message.key = meta->key;
	proto_pack(&message.base, out);
}

static int meta_delete_unpack(struct arena *arena, const struct talos_message *message,
			      const void **out, struct err *err)
{
	if (!proto_unpack_only(arena, &machine__meta_delete_response__descriptor, message->data,
			       message->len, err))
		return -1;
	*out = NULL;
	return 0;
}

const struct talos_method talos_meta_delete = {
	.name = "MetaDelete",
	.path = "/machine.MachineService/MetaDelete",
	.phrase = "delete a META value",
	.timeout = 10 * SECOND,
	.pack = meta_delete_pack,
	.unpack = meta_delete_unpack,
};
