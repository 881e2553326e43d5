/* Calls that end a boot or change what the next one starts. */
#include "sim/service.h"

#include "base/text.h"
#include "lifecycle.pb-c.h"
#include "machine.pb-c.h"
#include "sim/service_image.h"
#include "sim/service_resource.h"
#include "sim/sim_end.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

/* ---- reboot, shutdown ------------------------------------------------------------------------ */

void call_reboot(struct sim_call *call, const void *message)
{
	const Machine__RebootRequest *request = message;
	const struct sim_end end = {
		.kind = END_REBOOT,
		.forced = request->mode == MACHINE__REBOOT_REQUEST__MODE__FORCE,
	};
	Machine__RebootResponse reply = MACHINE__REBOOT_RESPONSE__INIT;
	Machine__Reboot one = MACHINE__REBOOT__INIT;
	Machine__Reboot *messages[] = { &one };
	char actor[37];

	node_end(call->node, &end, actor);
	one.actor_id = actor;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

void call_shutdown(struct sim_call *call, const void *message)
{
	const Machine__ShutdownRequest *request = message;
	const struct sim_end end = {
		.kind = END_SHUTDOWN, .graceful = !request->force, .off = true, .takes_over = true
	};
	Machine__ShutdownResponse reply = MACHINE__SHUTDOWN_RESPONSE__INIT;
	Machine__Shutdown one = MACHINE__SHUTDOWN__INIT;
	Machine__Shutdown *messages[] = { &one };
	char actor[37];

	node_end(call->node, &end, actor);
	one.actor_id = actor;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- reset ----------------------------------------------------------------------------------- */

static const struct {
	const char *label;
	unsigned bit;
} partitions[] = {
	{ "STATE", WIPES_STATE },
	{ "EPHEMERAL", WIPES_EPHEMERAL },
	{ "META", WIPES_META },
};

/* 0: there is no such partition. */
static unsigned partition_bit(const struct sim_node *node, const char *label)
{
	for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
		if (!strcmp(partitions[i].label, label))
			return partitions[i].bit;
	}
	if (!volume_is_located(node, label))
		return 0;
	if (!strcmp(label, "ETCD"))
		return WIPES_ETCD;
	return label[1] == '-' ? WIPES_USERS : WIPES_OTHERS;
}

static bool read_partitions(struct sim_call *call, const Machine__ResetRequest *request,
			    unsigned *wipe)
{
	for (size_t i = 0; i < request->n_system_partitions_to_wipe; i++) {
		const Machine__ResetPartitionSpec *spec = request->system_partitions_to_wipe[i];
		unsigned bit = partition_bit(call->node, spec->label);

		if (!bit) {
			call_fail(call, RPC_UNKNOWN, "volume \"%s\" is not located on a disk",
				  spec->label);
			return false;
		}
		if (spec->wipe)
			*wipe |= bit;
	}
	return true;
}

static bool check_user_disks(struct sim_call *call, const Machine__ResetRequest *request)
{
	static const char folder[] = "/dev/";
	const struct sim_node *node = call->node;

	for (size_t i = 0; i < request->n_user_disks_to_wipe; i++) {
		const char *path = request->user_disks_to_wipe[i];
		const char *id = text_starts(path, folder) ? path + sizeof(folder) - 1 : path;

		if (!hardware_disk(node->hardware, id)) {
			call_fail(call, RPC_UNKNOWN, "disk \"%s\" is not there", path);
			return false;
		}
		if (!strcmp(id, node->installed)) {
			call_fail(call, RPC_UNKNOWN, "disk \"%s\" is the system disk", path);
			return false;
		}
	}
	return true;
}

static bool check_reset(struct sim_call *call, const Machine__ResetRequest *request)
{
	bool users_only = request->mode == MACHINE__RESET_REQUEST__WIPE_MODE__USER_DISKS;
	bool system_only = request->mode == MACHINE__RESET_REQUEST__WIPE_MODE__SYSTEM_DISK;

	if (users_only && request->n_system_partitions_to_wipe) {
		call_fail(call, RPC_UNKNOWN,
			  "system partitions are not wiped in the mode for user disks");
		return false;
	}
	if (system_only && request->n_user_disks_to_wipe) {
		call_fail(call, RPC_UNKNOWN,
			  "user disks are not wiped in the mode for the system disk");
		return false;
	}
	return check_user_disks(call, request);
}

void call_reset(struct sim_call *call, const void *message)
{
	const Machine__ResetRequest *request = message;
	struct sim_end end = {
		.kind = END_RESET, .graceful = request->graceful, .off = !request->reboot
	};
	Machine__ResetResponse reply = MACHINE__RESET_RESPONSE__INIT;
	Machine__Reset one = MACHINE__RESET__INIT;
	Machine__Reset *messages[] = { &one };
	char actor[37];

	if (!check_reset(call, request) || !read_partitions(call, request, &end.wipe))
		return;
	if (!request->n_system_partitions_to_wipe &&
	    request->mode != MACHINE__RESET_REQUEST__WIPE_MODE__USER_DISKS)
		end.wipe = WIPES_DISK;
	node_end(call->node, &end, actor);
	one.actor_id = actor;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- the old upgrade ------------------------------------------------------------------------- */

struct upgrade {
	const Machine__UpgradeRequest *request;
	uint64_t pulled; /* wall time */
};

/* NULL: etcd can go without this member for a while. */
static const char *etcd_objection(struct arena *arena, const struct sim_node *node)
{
	const struct world *world = node->world;
	struct sim_member *member = arena_calloc(arena, world->nodes, sizeof(*member));
	size_t count;

	if (node->etcd.state < ETCD_LEARNER)
		return "etcd is not running on this node";
	count = etcd_members(world, node->etcd.cluster, member, world->nodes);
	if (count == 2)
		return "etcd has two members and would lose its quorum";
	for (size_t i = 0; i < count; i++) {
		if (!etcd_is_healthy(member[i].node))
			return arena_printf(arena, "etcd member %016llx is not healthy",
					    (unsigned long long)member[i].id);
	}
	return NULL;
}

static void answer_upgrade(struct sim_call *call, const Machine__UpgradeRequest *request)
{
	Machine__UpgradeResponse reply = MACHINE__UPGRADE_RESPONSE__INIT;
	Machine__Upgrade one = MACHINE__UPGRADE__INIT;
	Machine__Upgrade *messages[] = { &one };
	struct sim_end end = { .kind = request->stage ? END_STAGE_UPGRADE : END_UPGRADE,
			       .graceful = true };
	char actor[37];

	snprintf(end.image, sizeof(end.image), "%s", request->image);
	node_end(call->node, &end, actor);
	one.ack = (char *)"Upgrade request received";
	one.actor_id = actor;
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

static void upgrade_settle(struct sim_call *call)
{
	const struct upgrade *upgrade = call->data;
	const Machine__UpgradeRequest *request = upgrade->request;
	struct sim_node *node = call->node;
	const char *objection = NULL;

	if (world_wall(node->world) < upgrade->pulled) {
		node_wake(node, upgrade->pulled);
		return;
	}
	if (boot_meets(node, UPGRADE_NO_IMAGE)) {
		call_fail(call, RPC_UNKNOWN,
			  "error validating installer image \"%s\": 1 error(s) occurred:\n\t%s",
			  request->image, image_absent(call_arena(call), request->image));
		return;
	}
	if (node->config->control && !request->force && !request->preserve)
		objection = etcd_objection(call_arena(call), node);
	if (objection)
		call_fail(call, RPC_UNKNOWN, "error validating etcd for upgrade: %s", objection);
	else
		answer_upgrade(call, request);
}

void call_upgrade(struct sim_call *call, const void *message)
{
	struct upgrade *upgrade = arena_alloc(call_arena(call), sizeof(*upgrade));
	struct sim_node *node = call->node;

	upgrade->request = message;
	if (!node->installed[0]) {
		call_fail(call, RPC_FAILED_PRECONDITION, "Talos is not installed");
		return;
	}
	if (!image_is_valid(upgrade->request->image)) {
		call_fail(call, RPC_UNKNOWN, "error validating installer image \"%s\": it is no "
					     "reference of an image",
			  upgrade->request->image);
		return;
	}
	upgrade->pulled = world_after(node->world, node->world->pace.pull);
	call->data = upgrade;
	call->on_settle = upgrade_settle;
	upgrade_settle(call);
}

void call_rollback(struct sim_call *call, const void *message)
{
	const struct sim_end end = { .kind = END_REBOOT, .takes_over = true };
	Machine__RollbackResponse reply = MACHINE__ROLLBACK_RESPONSE__INIT;
	Machine__Rollback one = MACHINE__ROLLBACK__INIT;
	Machine__Rollback *messages[] = { &one };
	char actor[37];

	(void)message;
	if (!boot_roll_back(call->node)) {
		call_fail(call, RPC_UNKNOWN, "file does not exist");
		return;
	}
	node_end(call->node, &end, actor);
	reply.messages = messages;
	reply.n_messages = 1;
	call_answer(call, &reply.base);
}

/* ---- the new upgrade ------------------------------------------------------------------------- */

static const char *const installer_says[] = {
	"running installer\n",
	"checking the disk\n",
	"copying the kernel and its initramfs\n",
	"installing the bootloader\n",
};

struct writing {
	const char *image;
	uint64_t began; /* wall time */
	size_t said;
};

static void say(struct sim_call *call, const char *text, int code)
{
	Machine__LifecycleServiceUpgradeResponse reply =
		MACHINE__LIFECYCLE_SERVICE_UPGRADE_RESPONSE__INIT;
	Machine__LifecycleServiceInstallProgress progress =
		MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__INIT;

	progress.response_case = MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__RESPONSE_EXIT_CODE;
	progress.exit_code = code;
	if (text) {
		progress.response_case =
			MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__RESPONSE_MESSAGE;
		progress.message = (char *)text;
	}
	reply.progress = &progress;
	call_send(call, &reply.base);
}

static void writing_settle(struct sim_call *call)
{
	struct writing *writing = call->data;
	struct sim_node *node = call->node;
	uint64_t step = node->world->pace.install / 2 / ARRAY_LEN(installer_says);

	for (; writing->said < ARRAY_LEN(installer_says); writing->said++) {
		uint64_t due = writing->began + (writing->said + 1) * step;

		if (world_wall(node->world) < due) {
			node_wake(node, due);
			return;
		}
		say(call, installer_says[writing->said], 0);
	}
	if (boot_write(node, writing->image)) {
		say(call, NULL, 0);
	} else {
		say(call, "write: no space left on device\n", 0);
		say(call, NULL, 1);
	}
	call_end(call);
}

static bool somebody_writes(const struct sim_node *node)
{
	for (const struct sim_call *call = node->calls; call; call = call->next) {
		if (call->on_settle == writing_settle)
			return true;
	}
	return node->state != SIM_RUNNING && node->state != SIM_BOOTING;
}

static const char *source_of(struct sim_call *call, const Machine__InstallArtifactsSource *source)
{
	if (source && source->image_name[0])
		return source->image_name;
	call_fail(call, RPC_INVALID_ARGUMENT, "the source image name is required");
	return NULL;
}

void call_lifecycle_upgrade(struct sim_call *call, const void *message)
{
	const Machine__LifecycleServiceUpgradeRequest *request = message;
	struct writing *writing = arena_alloc(call_arena(call), sizeof(*writing));
	struct sim_node *node = call->node;
	enum sim_store store;

	writing->image = source_of(call, request->source);
	if (!writing->image || !call_store(call, request->containerd, &store))
		return;
	if (!node->installed[0]) {
		call_fail(call, RPC_FAILED_PRECONDITION, "machine is not installed");
	} else if (somebody_writes(node)) {
		call_fail(call, RPC_FAILED_PRECONDITION,
			  "another installation/upgrade is already in progress");
	} else if (!images_has(&node->images, store, writing->image)) {
		call_fail(call, RPC_INTERNAL,
			  "installer image \"%s\" was not found in the containerd store",
			  writing->image);
	} else {
		writing->began = world_wall(node->world);
		call->data = writing;
		call->on_settle = writing_settle;
		writing_settle(call);
	}
}

/* A node that others may call this on has a config, and one with a config installs itself. */
void call_lifecycle_install(struct sim_call *call, const void *message)
{
	const Machine__LifecycleServiceInstallRequest *request = message;
	enum sim_store store;

	if (!source_of(call, request->source) || !call_store(call, request->containerd, &store))
		return;
	if (!request->destination || !request->destination->disk[0])
		call_fail(call, RPC_INVALID_ARGUMENT, "the destination disk is required");
	else if (call->node->installed[0])
		call_fail(call, RPC_ALREADY_EXISTS, "machine is already installed");
	else
		call_fail(call, RPC_FAILED_PRECONDITION,
			  "another installation/upgrade is already in progress");
}
