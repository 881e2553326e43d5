#include "stage.h"

#include "base/clock.h"
#include "base/fs.h"
#include "common.pb-c.h"
#include "lifecycle.pb-c.h"
#include "machine.pb-c.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE(name) "machine.MachineService/" name
#define NEXT "ghcr.io/siderolabs/installer:v1.13.10"
#define SCHEMATIC "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"

static struct reply *call(struct stage *stage, const char *address, const char *method,
			  const ProtobufCMessage *message)
{
	size_t len = message ? protobuf_c_message_get_packed_size(message) : 0;
	uint8_t *data = arena_alloc(stage->arena, len + 1);

	if (message)
		protobuf_c_message_pack(message, data);
	return stage_run(stage, &(struct stage_call){ .address = address,
						      .identity = stage->admin,
						      .method = method,
						      .message = data,
						      .len = len,
						      .timeout = 5 * MINUTE,
						      .streaming = true });
}

static int code_of(const struct reply *reply)
{
	return err_is_set(&reply->err) ? reply->err.remote : 0;
}

/* ---- requests -------------------------------------------------------------------------------- */

static Common__ContainerdInstance *system_store(void)
{
	static Common__ContainerdInstance instance = COMMON__CONTAINERD_INSTANCE__INIT;

	instance.driver = COMMON__CONTAINER_DRIVER__CRI;
	instance.namespace_ = COMMON__CONTAINERD_NAMESPACE__NS_SYSTEM;
	return &instance;
}

static struct reply *pull(struct stage *stage, const char *address, const char *image)
{
	Machine__ImageServicePullRequest request = MACHINE__IMAGE_SERVICE_PULL_REQUEST__INIT;

	request.containerd = system_store();
	request.image_ref = (char *)image;
	return call(stage, address, "machine.ImageService/Pull", &request.base);
}

static struct reply *write_image(struct stage *stage, const char *address, const char *image)
{
	Machine__LifecycleServiceUpgradeRequest request =
		MACHINE__LIFECYCLE_SERVICE_UPGRADE_REQUEST__INIT;
	Machine__InstallArtifactsSource source = MACHINE__INSTALL_ARTIFACTS_SOURCE__INIT;

	source.image_name = (char *)image;
	request.containerd = system_store();
	request.source = &source;
	return call(stage, address, "machine.LifecycleService/Upgrade", &request.base);
}

static struct reply *reboot(struct stage *stage, const char *address, bool forced)
{
	Machine__RebootRequest request = MACHINE__REBOOT_REQUEST__INIT;

	if (forced)
		request.mode = MACHINE__REBOOT_REQUEST__MODE__FORCE;
	return call(stage, address, MACHINE("Reboot"), &request.base);
}

static struct reply *upgrade(struct stage *stage, const char *address,
			     const Machine__UpgradeRequest *how)
{
	Machine__UpgradeRequest request = *how;

	if (!request.image[0])
		request.image = (char *)NEXT;
	return call(stage, address, MACHINE("Upgrade"), &request.base);
}

static struct reply *reset(struct stage *stage, const char *address, const char *partitions,
			   const Machine__ResetRequest *how)
{
	Machine__ResetRequest request = *how;
	Machine__ResetPartitionSpec specs[4], *pointers[4];
	char *rest = (char *)arena_str(stage->arena, partitions), *label;

	request.system_partitions_to_wipe = pointers;
	while ((label = strtok_r(rest, " ", &rest))) {
		Machine__ResetPartitionSpec *spec = &specs[request.n_system_partitions_to_wipe];

		machine__reset_partition_spec__init(spec);
		spec->label = label;
		spec->wipe = true;
		pointers[request.n_system_partitions_to_wipe++] = spec;
	}
	return call(stage, address, MACHINE("Reset"), &request.base);
}

/* What the exit code of an installation was; -1: it told none. */
static int exit_code(const struct reply *reply)
{
	Machine__LifecycleServiceUpgradeResponse *last;
	int code = -1;

	if (reply->messages == 0)
		return -1;
	last = machine__lifecycle_service_upgrade_response__unpack(
		NULL, reply->len[reply->messages - 1], reply->message[reply->messages - 1]);
	cr_assert_not_null(last);
	if (last->progress->response_case ==
	    MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__RESPONSE_EXIT_CODE)
		code = last->progress->exit_code;
	machine__lifecycle_service_upgrade_response__free_unpacked(last, NULL);
	return code;
}

static const struct world_fact *ready(struct stage *stage, const char *name)
{
	const struct world_fact *fact = stage_fact(stage, name);

	cr_assert_str_eq(fact->stage, "running", "%s", name);
	cr_assert(fact->ready, "%s", name);
	return fact;
}

static void cluster(struct stage *stage, size_t controls, size_t workers)
{
	stage_init(stage, controls, workers);
	stage_install(stage);
	cr_assert_eq(stage_bootstrap(stage, CP1), 0);
	stage_wait(stage, 3 * MINUTE);
	ready(stage, "cp1");
}

/* ---- upgrades -------------------------------------------------------------------------------- */

Test(lifecycle, pull_write_and_reboot_upgrade_a_node)
{
	struct stage stage;
	struct world_fact before;
	const struct world_fact *now;
	struct reply *reply;

	cluster(&stage, 1, 0);
	before = *stage_fact(&stage, "cp1");
	cr_assert_str_eq(before.version, "v1.13.9");
	cr_assert_str_eq(before.fallback, "");
	reply = pull(&stage, CP1, NEXT);
	cr_assert_eq(code_of(reply), 0);
	cr_assert_gt(reply->messages, 3);
	cr_assert_eq(stage_fact(&stage, "cp1")->images, 1);
	reply = write_image(&stage, CP1, NEXT);
	cr_assert_eq(code_of(reply), 0);
	cr_assert_eq(exit_code(reply), 0);
	now = ready(&stage, "cp1");
	cr_assert_str_eq(now->version, "v1.13.9");
	cr_assert_str_eq(now->fallback, "v1.13.10");
	cr_assert_str_eq(now->boot_id, before.boot_id);
	cr_assert_eq(code_of(reboot(&stage, CP1, false)), 0);
	stage_wait(&stage, 3 * MINUTE);
	now = ready(&stage, "cp1");
	cr_assert_str_eq(now->version, "v1.13.10");
	cr_assert_str_eq(now->fallback, "v1.13.9");
	cr_assert_str_neq(now->boot_id, before.boot_id);
	cr_assert_eq(now->upgrades, 1);
	cr_assert_eq(now->reboots, before.reboots + 1);
	cr_assert_str_eq(now->etcd_cluster, before.etcd_cluster);
	stage_done(&stage);
}

Test(lifecycle, a_rollback_boots_what_was_before)
{
	Machine__UpgradeRequest request = MACHINE__UPGRADE_REQUEST__INIT;
	struct stage stage;
	const struct reply *reply;

	cluster(&stage, 1, 0);
	reply = call(&stage, CP1, MACHINE("Rollback"), NULL);
	cr_assert_eq(code_of(reply), RPC_UNKNOWN);
	cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), 0);
	stage_wait(&stage, 4 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.10");
	cr_assert_eq(code_of(call(&stage, CP1, MACHINE("Rollback"), NULL)), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.9");
	stage_done(&stage);
}

static const struct outcome {
	const char *name;
	enum world_upgrade outcome;
	const char *version; /* six minutes later */
	const char *stage;
	bool ready, rebooted;
	int code;
} outcomes[] = {
	{ "ok", UPGRADE_OK, "v1.13.10", "running", true, true, 0 },
	{ "no image", UPGRADE_NO_IMAGE, "v1.13.9", "running", true, false, RPC_UNKNOWN },
	{ "no space", UPGRADE_NO_SPACE, "v1.13.9", "running", true, true, 0 },
	{ "falls back", UPGRADE_FALLS_BACK, "v1.13.9", "running", true, true, 0 },
	{ "unhealthy", UPGRADE_UNHEALTHY, "v1.13.10", "running", false, true, 0 },
	{ "slow", UPGRADE_SLOW, "", "down", false, true, 0 },
	{ "hangs", UPGRADE_HANGS, "v1.13.9", "upgrading", false, false, 0 },
};

static void try_outcome(const struct outcome *row)
{
	Machine__UpgradeRequest request = MACHINE__UPGRADE_REQUEST__INIT;
	const struct world_fact *now;
	struct stage stage;
	const char *boot_id;

	cluster(&stage, 1, 0);
	boot_id = stage_fact(&stage, "cp1")->boot_id;
	world_next_upgrade(stage.world, "cp1", row->outcome);
	cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), row->code, "%s", row->name);
	stage_wait(&stage, 6 * MINUTE);
	now = stage_fact(&stage, "cp1");
	cr_assert_str_eq(now->version, row->version, "%s", row->name);
	cr_assert_str_eq(now->stage, row->stage, "%s", row->name);
	cr_assert_eq(now->ready, row->ready, "%s", row->name);
	cr_assert_eq(strcmp(now->boot_id, boot_id) != 0, row->rebooted, "%s", row->name);
	/* one order is for one upgrade */
	if (row->outcome == UPGRADE_NO_IMAGE || row->outcome == UPGRADE_NO_SPACE) {
		cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), 0, "%s", row->name);
		stage_wait(&stage, 4 * MINUTE);
		cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.10", "%s", row->name);
	}
	if (row->outcome == UPGRADE_SLOW) {
		stage_wait(&stage, 5 * MINUTE);
		cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.10");
	}
	stage_done(&stage);
}

Test(lifecycle, an_upgrade_goes_as_it_was_ordered)
{
	for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
		try_outcome(&outcomes[i]);
}

Test(lifecycle, a_node_that_hangs_comes_back_with_its_power)
{
	struct stage stage;

	cluster(&stage, 1, 0);
	world_next_upgrade(stage.world, "cp1", UPGRADE_HANGS);
	cr_assert_eq(code_of(pull(&stage, CP1, NEXT)), 0);
	cr_assert_eq(exit_code(write_image(&stage, CP1, NEXT)), 0);
	cr_assert_eq(code_of(reboot(&stage, CP1, false)), 0);
	stage_wait(&stage, 20 * MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "rebooting");
	cr_assert_eq(code_of(stage_ask(&stage, CP1, stage.admin, MACHINE("Version"))), 0);
	world_power(stage.world, "cp1", false);
	world_power(stage.world, "cp1", true);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.10");
	stage_done(&stage);
}

Test(lifecycle, a_full_disk_is_an_exit_code)
{
	struct stage stage;
	struct reply *reply;

	cluster(&stage, 1, 0);
	cr_assert_eq(code_of(pull(&stage, CP1, NEXT)), 0);
	world_next_upgrade(stage.world, "cp1", UPGRADE_NO_SPACE);
	reply = write_image(&stage, CP1, NEXT);
	cr_assert_eq(code_of(reply), 0);
	cr_assert_eq(exit_code(reply), 1);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->fallback, "");
	cr_assert_eq(exit_code(write_image(&stage, CP1, NEXT)), 0);
	world_next_upgrade(stage.world, "cp1", UPGRADE_NO_IMAGE);
	cr_assert_eq(code_of(pull(&stage, CP1, "ghcr.io/siderolabs/installer:v1.13.11")),
		     RPC_NOT_FOUND);
	stage_done(&stage);
}

Test(lifecycle, what_cannot_be_written_is_refused)
{
	Machine__LifecycleServiceInstallRequest install =
		MACHINE__LIFECYCLE_SERVICE_INSTALL_REQUEST__INIT;
	Machine__InstallArtifactsSource source = MACHINE__INSTALL_ARTIFACTS_SOURCE__INIT;
	Machine__InstallDestination destination = MACHINE__INSTALL_DESTINATION__INIT;
	struct stage_stream stream;
	struct stage stage;

	cluster(&stage, 1, 0);
	cr_assert_eq(code_of(write_image(&stage, CP1, "")), RPC_INVALID_ARGUMENT);
	cr_assert_eq(code_of(write_image(&stage, CP1, NEXT)), RPC_INTERNAL);
	cr_assert_eq(code_of(pull(&stage, CP1, "no reference")), RPC_INVALID_ARGUMENT);
	cr_assert_eq(code_of(pull(&stage, CP1, NEXT)), 0);

	Machine__LifecycleServiceUpgradeRequest request =
		MACHINE__LIFECYCLE_SERVICE_UPGRADE_REQUEST__INIT;
	uint8_t data[200];

	source.image_name = (char *)NEXT;
	request.containerd = system_store();
	request.source = &source;
	stage_start(&stage,
		    &(struct stage_call){
			    .address = CP1,
			    .identity = stage.admin,
			    .method = "machine.LifecycleService/Upgrade",
			    .message = data,
			    .len = protobuf_c_message_pack(&request.base, data),
			    .timeout = MINUTE,
			    .streaming = true },
		    &stream);
	stage_wait(&stage, 5 * SECOND);
	cr_assert_not(stream.reply.ended);
	cr_assert_eq(code_of(write_image(&stage, CP1, NEXT)), RPC_FAILED_PRECONDITION);
	stage_wait(&stage, MINUTE);
	cr_assert(stream.reply.ended);
	cr_assert_eq(exit_code(&stream.reply), 0);
	stage_stop(&stream);

	install.containerd = system_store();
	install.source = &source;
	cr_assert_eq(code_of(call(&stage, CP1, "machine.LifecycleService/Install", &install.base)),
		     RPC_INVALID_ARGUMENT);
	destination.disk = (char *)"/dev/sda";
	install.destination = &destination;
	cr_assert_eq(code_of(call(&stage, CP1, "machine.LifecycleService/Install", &install.base)),
		     RPC_ALREADY_EXISTS);
	stage_done(&stage);
}

static const struct {
	const char *name;
	size_t controls;
	bool force, stop_one;
	int code;
} guards[] = {
	{ "one member", 1, false, false, 0 },
	{ "two members", 2, false, false, RPC_UNKNOWN },
	{ "two members, forced", 2, true, false, 0 },
	{ "three members", 3, false, false, 0 },
	{ "three members, one away", 3, false, true, RPC_UNKNOWN },
};

Test(lifecycle, the_old_upgrade_asks_etcd_first)
{
	for (size_t i = 0; i < ARRAY_LEN(guards); i++) {
		Machine__UpgradeRequest request = MACHINE__UPGRADE_REQUEST__INIT;
		struct stage stage;

		cluster(&stage, guards[i].controls, 0);
		if (guards[i].stop_one)
			world_power(stage.world, "cp3", false);
		request.force = guards[i].force;
		cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), guards[i].code, "%s",
			     guards[i].name);
		stage_done(&stage);
	}
}

Test(lifecycle, a_staged_upgrade_is_written_by_the_next_boot)
{
	Machine__UpgradeRequest request = MACHINE__UPGRADE_REQUEST__INIT;
	struct stage stage;
	unsigned before;

	cluster(&stage, 1, 0);
	before = stage_fact(&stage, "cp1")->reboots;
	request.stage = true;
	cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), 0);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "upgrading");
	stage_wait(&stage, 75 * SECOND);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "installing");
	cr_assert_str_eq(stage_fact(&stage, "cp1")->version, "v1.13.9");
	stage_wait(&stage, 4 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.10");
	cr_assert_eq(stage_fact(&stage, "cp1")->reboots, before + 2);
	stage_done(&stage);
}

Test(lifecycle, an_image_of_a_factory_shows_its_schematic)
{
	Machine__UpgradeRequest request = MACHINE__UPGRADE_REQUEST__INIT;
	struct stage stage;

	cluster(&stage, 1, 0);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->schematic, "");
	request.image = (char *)"factory.talos.dev:443/metal-installer/" SCHEMATIC
				":v1.14.0@sha256:1234";
	cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), 0);
	stage_wait(&stage, 4 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->schematic, SCHEMATIC);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->version, "v1.14.0");
	stage_done(&stage);
}

/* Releases before 1.13 have only the old calls. */
Test(lifecycle, an_old_release_knows_only_the_old_upgrade)
{
	static const char wrong[] = "installer:v1.13.9", right[] = "installer:v1.12.4";
	Machine__UpgradeRequest request = MACHINE__UPGRADE_REQUEST__INIT;
	Machine__ImagePullRequest old = MACHINE__IMAGE_PULL_REQUEST__INIT;
	struct stage_config config = { .role = ROLE_CONTROL, .hostname = "cp1" };
	struct err err = ERR_INIT;
	struct stage stage;
	char *text;

	stage_init(&stage, 1, 0);
	world_free(stage.world);
	stage.options.talos = "v1.12.4";
	cr_assert_eq(world_new(&stage.options, &stage.world, &err), 0, "%s", err.text);
	text = (char *)stage_config(&stage, &config);
	memcpy(strstr(text, wrong), right, sizeof(right) - 1);
	cr_assert_eq(stage_apply(&stage, CP1, NULL, text), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, 2 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.12.4");
	cr_assert_eq(code_of(pull(&stage, CP1, NEXT)), RPC_UNIMPLEMENTED);
	cr_assert_eq(code_of(write_image(&stage, CP1, NEXT)), RPC_UNIMPLEMENTED);
	old.namespace_ = COMMON__CONTAINERD_NAMESPACE__NS_SYSTEM;
	old.reference = (char *)NEXT;
	cr_assert_eq(code_of(call(&stage, CP1, MACHINE("ImagePull"), &old.base)), 0);
	cr_assert_eq(stage_fact(&stage, "cp1")->images, 1);
	cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), 0);
	stage_wait(&stage, 4 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.10");
	cr_assert_eq(code_of(pull(&stage, CP1, NEXT)), 0);
	stage_done(&stage);
}

/* ---- reset, shutdown ------------------------------------------------------------------------- */

static const struct {
	const char *name, *partitions;
	bool reboot;
	const char *stage; /* three minutes later */
	bool configured, installed;
	const char *etcd;
} resets[] = {
	{ "data and config", "STATE EPHEMERAL", true, "maintenance", false, true, "lost" },
	{ "config", "STATE", true, "maintenance", false, true, "member" },
	{ "data", "EPHEMERAL", true, "booting", true, true, "lost" },
	{ "meta", "META", true, "running", true, true, "member" },
	{ "everything", "", true, "maintenance", false, false, "lost" },
	{ "and off", "STATE EPHEMERAL", false, "off", false, true, "lost" },
};

Test(lifecycle, a_reset_wipes_what_was_named)
{
	for (size_t i = 0; i < ARRAY_LEN(resets); i++) {
		Machine__ResetRequest request = MACHINE__RESET_REQUEST__INIT;
		const struct world_fact *now;
		struct stage stage;

		cluster(&stage, 1, 0);
		cr_assert_eq(code_of(pull(&stage, CP1, NEXT)), 0);
		request.reboot = resets[i].reboot;
		cr_assert_eq(code_of(reset(&stage, CP1, resets[i].partitions, &request)), 0, "%s",
			     resets[i].name);
		cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "resetting");
		stage_wait(&stage, 3 * MINUTE);
		now = stage_fact(&stage, "cp1");
		cr_assert_str_eq(now->stage, resets[i].stage, "%s", resets[i].name);
		cr_assert_eq(now->configured, resets[i].configured, "%s", resets[i].name);
		cr_assert_eq(now->installed, resets[i].installed, "%s", resets[i].name);
		cr_assert_str_eq(now->etcd_state, resets[i].etcd, "%s", resets[i].name);
		cr_assert_eq(now->images, strcmp(resets[i].etcd, "lost") ? 1 : 0, "%s",
			     resets[i].name);
		cr_assert_eq(now->wipes, 1, "%s", resets[i].name);
		stage_done(&stage);
	}
}

static const struct {
	const char *name, *partitions, *disk;
	Machine__ResetRequest__WipeMode mode;
	int code;
} refused[] = {
	{ "no such label", "STAT", NULL, MACHINE__RESET_REQUEST__WIPE_MODE__ALL, RPC_UNKNOWN },
	{ "a folder", "ETCD", NULL, MACHINE__RESET_REQUEST__WIPE_MODE__ALL, RPC_UNKNOWN },
	{ "partitions of user disks", "STATE", NULL, MACHINE__RESET_REQUEST__WIPE_MODE__USER_DISKS,
	  RPC_UNKNOWN },
	{ "user disks of the system disk", "", "/dev/sdb",
	  MACHINE__RESET_REQUEST__WIPE_MODE__SYSTEM_DISK, RPC_UNKNOWN },
	{ "no such disk", "", "/dev/sdz", MACHINE__RESET_REQUEST__WIPE_MODE__USER_DISKS,
	  RPC_UNKNOWN },
	{ "the system disk", "", "/dev/sda", MACHINE__RESET_REQUEST__WIPE_MODE__USER_DISKS,
	  RPC_UNKNOWN },
};

Test(lifecycle, a_reset_of_nonsense_is_refused)
{
	struct stage stage;

	cluster(&stage, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		Machine__ResetRequest request = MACHINE__RESET_REQUEST__INIT;
		char *disks[] = { (char *)refused[i].disk };

		request.mode = refused[i].mode;
		request.user_disks_to_wipe = disks;
		request.n_user_disks_to_wipe = refused[i].disk != NULL;
		cr_assert_eq(code_of(reset(&stage, CP1, refused[i].partitions, &request)),
			     refused[i].code, "%s", refused[i].name);
	}
	cr_assert_eq(ready(&stage, "cp1")->wipes, 0);
	stage_done(&stage);
}

Test(lifecycle, a_graceful_reset_leaves_etcd_and_comes_again)
{
	const struct stage_config config = { .role = ROLE_CONTROL, .hostname = "cp3" };
	Machine__ResetRequest request = MACHINE__RESET_REQUEST__INIT;
	struct stage stage;

	cluster(&stage, 3, 0);
	request.graceful = request.reboot = true;
	cr_assert_eq(code_of(reset(&stage, CP3, "STATE EPHEMERAL", &request)), 0);
	stage_wait(&stage, 2 * MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "cp3")->stage, "maintenance");
	cr_assert_str_eq(stage_fact(&stage, "cp3")->etcd_state, "");
	cr_assert_str_eq(stage_fact(&stage, "cp3")->version, "v1.13.9");
	cr_assert_eq(stage_apply(&stage, CP3, NULL, stage_config(&stage, &config)), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp3")->etcd_state, "member");
	cr_assert_eq(stage_fact(&stage, "cp3")->installs, 1);
	cr_assert_eq(world_etcd_clusters(stage.world), 1);
	stage_done(&stage);
}

/* The others would have no quorum without it: nothing is wiped, the node comes back. */
Test(lifecycle, a_graceful_reset_of_the_last_member_fails)
{
	Machine__ResetRequest request = MACHINE__RESET_REQUEST__INIT;
	struct stage stage;

	cluster(&stage, 1, 0);
	request.graceful = true;
	cr_assert_eq(code_of(reset(&stage, CP1, "STATE EPHEMERAL", &request)), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_str_eq(ready(&stage, "cp1")->etcd_state, "member");
	cr_assert_eq(stage_fact(&stage, "cp1")->wipes, 0);
	stage_done(&stage);
}

Test(lifecycle, a_shutdown_waits_for_power)
{
	Machine__ShutdownRequest request = MACHINE__SHUTDOWN_REQUEST__INIT;
	struct stage stage;

	cluster(&stage, 1, 0);
	cr_assert_eq(code_of(call(&stage, CP1, MACHINE("Shutdown"), &request.base)), 0);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "shutting down");
	stage_wait(&stage, 10 * MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "off");
	world_power(stage.world, "cp1", true);
	stage_wait(&stage, 3 * MINUTE);
	ready(&stage, "cp1");
	stage_done(&stage);
}

Test(lifecycle, without_a_config_nobody_may)
{
	static const char *const methods[] = {
		MACHINE("Reset"),
		MACHINE("Reboot"),
		MACHINE("Shutdown"),
		MACHINE("Upgrade"),
		MACHINE("Rollback"),
		"machine.LifecycleService/Upgrade",
	};
	struct stage stage;

	stage_init(&stage, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		cr_assert_eq(code_of(stage_ask(&stage, CP1, NULL, methods[i])),
			     RPC_PERMISSION_DENIED, "%s", methods[i]);
	stage_done(&stage);
}

/* ---- events ---------------------------------------------------------------------------------- */

struct seen {
	const char *actor;
	bool stop_all, locked, error;
	unsigned phases;
};

static void see_sequence(const Machine__Event *event, struct seen *seen)
{
	Machine__SequenceEvent *sequence = machine__sequence_event__unpack(
		NULL, event->data->value.len, event->data->value.data);

	cr_assert_not_null(sequence);
	seen->error = seen->error || sequence->error;
	seen->locked = seen->locked ||
		       (sequence->error && sequence->error->code == COMMON__CODE__LOCKED);
	machine__sequence_event__free_unpacked(sequence, NULL);
}

static void see_task(const Machine__Event *event, struct seen *seen)
{
	Machine__TaskEvent *task =
		machine__task_event__unpack(NULL, event->data->value.len, event->data->value.data);

	cr_assert_not_null(task);
	seen->stop_all = seen->stop_all || !strcmp(task->task, "stopAllServices");
	machine__task_event__free_unpacked(task, NULL);
}

static void see(const struct reply *reply, struct seen *seen)
{
	for (size_t i = 0; i < reply->messages; i++) {
		Machine__Event *event =
			machine__event__unpack(NULL, reply->len[i], reply->message[i]);

		cr_assert_not_null(event);
		if (!strcmp(event->actor_id, seen->actor)) {
			if (!strcmp(event->data->type_url, "talos/runtime/machine.SequenceEvent"))
				see_sequence(event, seen);
			if (!strcmp(event->data->type_url, "talos/runtime/machine.TaskEvent"))
				see_task(event, seen);
			seen->phases += !strcmp(event->data->type_url,
						"talos/runtime/machine.PhaseEvent");
		}
		machine__event__free_unpacked(event, NULL);
	}
}

static const char *actor_of(struct stage *stage, const struct reply *reply)
{
	Machine__RebootResponse *answer =
		machine__reboot_response__unpack(NULL, reply->len[0], reply->message[0]);
	const char *actor;

	cr_assert_not_null(answer);
	actor = arena_str(stage->arena, answer->messages[0]->actor_id);
	machine__reboot_response__free_unpacked(answer, NULL);
	return actor;
}

Test(lifecycle, events_tell_whose_sequence_it_is)
{
	Machine__ResetRequest request = MACHINE__RESET_REQUEST__INIT;
	struct seen first = { 0 }, second = { 0 };
	struct stage_stream stream;
	struct stage stage;

	cluster(&stage, 1, 0);
	stage_start(&stage,
		    &(struct stage_call){ .address = CP1,
					  .identity = stage.admin,
					  .method = MACHINE("Events"),
					  .timeout = HOUR,
					  .streaming = true },
		    &stream);
	stage_wait(&stage, SECOND);
	first.actor = actor_of(&stage, reboot(&stage, CP1, false));
	request.reboot = true;
	second.actor = actor_of(&stage, reset(&stage, CP1, "STATE", &request));
	stage_wait(&stage, MINUTE);
	cr_assert(stream.reply.ended);
	cr_assert_eq(stream.reply.err.kind, ERR_NONE);
	see(&stream.reply, &first);
	see(&stream.reply, &second);
	cr_assert(first.stop_all);
	cr_assert_not(first.error);
	cr_assert_gt(first.phases, 10);
	cr_assert(second.locked);
	cr_assert_not(second.stop_all);
	stage_stop(&stream);
	stage_wait(&stage, 2 * MINUTE);
	cr_assert_eq(ready(&stage, "cp1")->wipes, 0);
	stage_done(&stage);
}

Test(lifecycle, a_forced_reboot_takes_over_from_a_reset)
{
	Machine__ResetRequest request = MACHINE__RESET_REQUEST__INIT;
	struct stage stage;

	cluster(&stage, 1, 0);
	request.reboot = true;
	cr_assert_eq(code_of(reset(&stage, CP1, "STATE", &request)), 0);
	cr_assert_eq(code_of(reboot(&stage, CP1, true)), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_eq(ready(&stage, "cp1")->wipes, 0);
	stage_done(&stage);
}

/* ---- on disk --------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Ends the program at every step of the way. */
static void wait_and_reopen(struct stage *stage, unsigned seconds)
{
	struct err err = ERR_INIT;

	for (unsigned second = 0; second < seconds; second += 3) {
		stage_wait(stage, 3 * SECOND);
		world_free(stage->world);
		cr_assert_eq(world_new(&stage->options, &stage->world, &err), 0, "%s", err.text);
	}
}

Test(lifecycle, upgrades_and_resets_go_on_after_a_kill)
{
	char folder[] = "/tmp/talforge-world-XXXXXX";
	Machine__UpgradeRequest request = MACHINE__UPGRADE_REQUEST__INIT;
	Machine__ResetRequest wipe = MACHINE__RESET_REQUEST__INIT;
	struct stage stage;

	cr_assert(mkdtemp(folder));
	stage_init_in(&stage, 1, 0, folder);
	stage_install(&stage);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, 2 * MINUTE);
	cr_assert_eq(code_of(pull(&stage, CP1, NEXT)), 0);
	world_next_upgrade(stage.world, "cp1", UPGRADE_UNHEALTHY);
	cr_assert_eq(code_of(upgrade(&stage, CP1, &request)), 0);
	wait_and_reopen(&stage, 180);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "running");
	cr_assert_not(stage_fact(&stage, "cp1")->ready);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->version, "v1.13.10");
	cr_assert_str_eq(stage_fact(&stage, "cp1")->fallback, "v1.13.9");
	cr_assert_eq(stage_fact(&stage, "cp1")->upgrades, 1);
	cr_assert_eq(stage_fact(&stage, "cp1")->images, 1);
	cr_assert_eq(code_of(call(&stage, CP1, MACHINE("Rollback"), NULL)), 0);
	wait_and_reopen(&stage, 120);
	cr_assert_str_eq(ready(&stage, "cp1")->version, "v1.13.9");
	wipe.reboot = true;
	cr_assert_eq(code_of(reset(&stage, CP1, "STATE EPHEMERAL", &wipe)), 0);
	wait_and_reopen(&stage, 90);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "maintenance");
	cr_assert_str_eq(stage_fact(&stage, "cp1")->version, "v1.13.9");
	cr_assert_eq(stage_fact(&stage, "cp1")->wipes, 1);
	cr_assert_eq(stage_fact(&stage, "cp1")->images, 0);
	stage_done(&stage);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
