#include "stage.h"

#include "base/clock.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <string.h>

#define VERSION "machine.MachineService/Version"

Test(world, bare_nodes_wait_in_maintenance)
{
	struct stage stage;

	stage_init(&stage, 1, 1);
	for (size_t i = 0; i < 2; i++) {
		const struct world_fact *fact = stage_fact(&stage, i ? "w1" : "cp1");

		cr_assert_str_eq(fact->stage, "maintenance");
		cr_assert(!fact->configured && !fact->installed && !fact->ready && !fact->vip);
		cr_assert_eq(fact->applies, 0);
		cr_assert_eq(strlen(fact->boot_id), 36);
		cr_assert_str_eq(fact->etcd_state, "");
	}
	cr_assert_eq(world_etcd_clusters(stage.world), 0);
	stage_done(&stage);
}

Test(world, a_config_installs_reboots_and_boots)
{
	struct stage stage;

	stage_init(&stage, 1, 0);
	const char *before = stage_fact(&stage, "cp1")->boot_id;
	const char *config = stage_config(
		&stage, &(struct stage_config){ .role = ROLE_CONTROL, .hostname = "cp1" });

	cr_assert_eq(stage_apply(&stage, CP1, NULL, config), 0);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "installing");
	cr_assert_eq(stage_ask(&stage, CP1, NULL, VERSION)->err.kind, ERR_NET);
	stage_wait(&stage, 30 * SECOND);
	cr_assert_eq(stage_ask(&stage, CP1, stage.admin, VERSION)->err.kind, ERR_NONE);
	stage_wait(&stage, 33 * SECOND);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "rebooting");
	stage_wait(&stage, 10 * SECOND);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "down");
	cr_assert_eq(stage_ask(&stage, CP1, stage.admin, VERSION)->err.kind, ERR_NET);
	stage_wait(&stage, MINUTE);

	const struct world_fact *fact = stage_fact(&stage, "cp1");

	cr_assert_str_eq(fact->stage, "booting");
	cr_assert(fact->configured && fact->installed);
	cr_assert_str_eq(fact->disk, "sda");
	cr_assert_eq(fact->applies, 1);
	cr_assert_eq(fact->installs, 1);
	cr_assert_str_eq(fact->etcd_state, "waiting");
	cr_assert_str_neq(fact->boot_id, before);
	cr_assert_eq(stage_ask(&stage, CP1, stage.admin, VERSION)->err.kind, ERR_NONE);
	stage_done(&stage);
}

Test(world, an_install_without_its_disk_goes_back_to_maintenance)
{
	struct stage stage;

	stage_init(&stage, 1, 0);
	const char *config = stage_config(&stage, &(struct stage_config){ .role = ROLE_CONTROL,
									  .hostname = "cp1",
									  .disk = "/dev/sdx" });

	cr_assert_eq(stage_apply(&stage, CP1, NULL, config), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "maintenance");
	cr_assert(!stage_fact(&stage, "cp1")->configured);
	cr_assert_eq(stage_fact(&stage, "cp1")->installs, 0);
	stage_done(&stage);
}

Test(world, a_node_that_loses_power_before_the_disk_forgets)
{
	struct stage stage;

	stage_init(&stage, 1, 0);
	const char *config = stage_config(
		&stage, &(struct stage_config){ .role = ROLE_CONTROL, .hostname = "cp1" });

	cr_assert_eq(stage_apply(&stage, CP1, NULL, config), 0);
	stage_wait(&stage, 10 * SECOND);
	world_power(stage.world, "cp1", false);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "off");
	cr_assert_eq(stage_ask(&stage, CP1, NULL, VERSION)->err.kind, ERR_NET);
	world_power(stage.world, "cp1", true);
	stage_wait(&stage, MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "maintenance");
	stage_done(&stage);
}

Test(world, a_worker_answers_once_a_control_plane_signs)
{
	struct stage stage;

	stage_init(&stage, 1, 1);
	const char *worker = stage_config(
		&stage, &(struct stage_config){ .role = ROLE_WORKER, .hostname = "w1" });
	const char *control = stage_config(
		&stage, &(struct stage_config){ .role = ROLE_CONTROL, .hostname = "cp1" });

	cr_assert_eq(stage_apply(&stage, W1, NULL, worker), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "w1")->stage, "running");
	cr_assert_eq(stage_ask(&stage, W1, stage.admin, VERSION)->err.kind, ERR_NET);
	cr_assert_eq(stage_apply(&stage, CP1, NULL, control), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_eq(stage_ask(&stage, W1, stage.admin, VERSION)->err.kind, ERR_NONE);
	stage_done(&stage);
}

Test(world, the_cluster_comes_up_and_shares_its_address)
{
	struct stage stage;
	unsigned owners = 0;

	stage_init(&stage, 3, 1);
	stage_install(&stage);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_eq(world_etcd_clusters(stage.world), 1);
	for (size_t i = 0; i < 4; i++) {
		const char *const names[] = { "cp1", "cp2", "cp3", "w1" };
		const struct world_fact *fact = stage_fact(&stage, names[i]);

		cr_assert_str_eq(fact->stage, "running", "%s: %s", names[i], fact->stage);
		cr_assert(fact->ready, "%s", names[i]);
		cr_assert_str_eq(fact->etcd_state, i < 3 ? "member" : "", "%s", names[i]);
		owners += fact->vip;
	}
	cr_assert_eq(owners, 1);
	cr_assert(stage_fact(&stage, "cp1")->vip);
	cr_assert_eq(stage_ask(&stage, STAGE_VIP, stage.admin, VERSION)->err.kind, ERR_NONE);
	world_power(stage.world, "cp1", false);
	stage_wait(&stage, SECOND);
	cr_assert(!stage_fact(&stage, "cp1")->vip);
	cr_assert(stage_fact(&stage, "cp2")->vip);
	cr_assert_eq(stage_ask(&stage, STAGE_VIP, stage.admin, VERSION)->err.kind, ERR_NONE);
	stage_done(&stage);
}

/* ---- many ------------------------------------------------------------------ */

/* Bytes in use; 0 where a sanitizer has its own allocator. */
static size_t memory_used(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

Test(world, a_hundred_nodes_stay_cheap)
{
	enum {
		CONTROLS = 5,
		WORKERS = 95
	};
	struct stage stage;
	size_t before, count;

	stage_init(&stage, CONTROLS, WORKERS);
	world_free(stage.world);
	before = memory_used() - arena_used(stage.arena);
	cr_assert_eq(world_new(&stage.options, &stage.world, NULL), 0);
	stage_install(&stage);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, 3 * MINUTE);

	const struct world_fact *facts = world_facts(stage.world, stage.arena, &count);
	size_t used = memory_used() - before - arena_used(stage.arena);

	cr_assert_eq(count, CONTROLS + WORKERS);
	for (size_t i = 0; i < count; i++)
		cr_assert(facts[i].ready, "%s: %s", facts[i].name, facts[i].stage);
	cr_assert(memory_used() == 0 || used / count < 300000, "%zu bytes a node", used / count);
	stage_done(&stage);
}

/* ---- determinism ----------------------------------------------------------------------------- */

static struct reply *events_of_a_run(struct stage *stage)
{
	static const char all[] = { 0x08, (char)0xff, (char)0xff, (char)0xff, (char)0xff,
				    (char)0xff, (char)0xff, (char)0xff, (char)0xff, (char)0xff,
				    0x01 };

	stage_init(stage, 3, 0);
	stage_install(stage);
	cr_assert_eq(stage_bootstrap(stage, CP2), 0);
	stage_wait(stage, MINUTE);
	return stage_run(stage, &(struct stage_call){ .address = CP2,
						      .identity = stage->admin,
						      .method = "machine.MachineService/Events",
						      .message = all,
						      .len = sizeof(all),
						      .timeout = SECOND,
						      .streaming = true });
}

Test(world, equal_seeds_give_equal_bytes)
{
	struct stage first, second;
	const struct reply *a = events_of_a_run(&first);
	const struct reply *b = events_of_a_run(&second);

	cr_assert_gt(a->messages, 50);
	cr_assert_eq(a->messages, b->messages);
	for (size_t i = 0; i < a->messages; i++) {
		cr_assert_eq(a->len[i], b->len[i], "event %zu", i);
		cr_assert_eq(memcmp(a->message[i], b->message[i], a->len[i]), 0, "event %zu", i);
	}
	stage_done(&first);
	stage_done(&second);
}

/* ---- etcd ------------------------------------------------------------------------------------ */

Test(etcd, a_second_bootstrap_at_once_begins_anew_and_later_is_refused)
{
	struct stage stage;

	stage_init(&stage, 1, 0);
	stage_install(&stage);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	const char *cluster = stage_fact(&stage, "cp1")->etcd_cluster;

	stage_wait(&stage, 2 * SECOND);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	cr_assert_str_neq(stage_fact(&stage, "cp1")->etcd_cluster, cluster);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 2);
	stage_wait(&stage, 6 * SECOND);
	cr_assert_eq(stage_bootstrap(&stage, CP1), RPC_ALREADY_EXISTS);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 2);
	stage_done(&stage);
}

Test(etcd, a_bootstrap_of_another_node_splits)
{
	struct stage stage;

	stage_init(&stage, 2, 0);
	stage_install(&stage);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	cr_assert_eq(stage_bootstrap(&stage, CP2), 0);
	stage_wait(&stage, MINUTE);
	cr_assert_eq(world_etcd_clusters(stage.world), 2);
	stage_done(&stage);
}

Test(etcd, bootstrap_is_refused_where_it_makes_no_sense)
{
	struct stage stage;

	stage_init(&stage, 1, 1);
	cr_assert_eq(stage_ask(&stage, CP1, NULL, "machine.MachineService/Bootstrap")->err.remote,
		     RPC_PERMISSION_DENIED);
	const char *config = stage_config(
		&stage, &(struct stage_config){ .role = ROLE_CONTROL, .hostname = "cp1" });

	cr_assert_eq(stage_apply(&stage, CP1, NULL, config), 0);
	stage_wait(&stage, 20 * SECOND);
	cr_assert_eq(stage_bootstrap(&stage, CP1), RPC_FAILED_PRECONDITION);
	config = stage_config(&stage,
			      &(struct stage_config){ .role = ROLE_WORKER, .hostname = "w1" });
	cr_assert_eq(stage_apply(&stage, W1, NULL, config), 0);
	stage_wait(&stage, 3 * MINUTE);
	cr_assert_eq(stage_bootstrap(&stage, W1), RPC_UNIMPLEMENTED);
	stage_done(&stage);
}

Test(etcd, a_member_list_waits_for_the_bootstrap)
{
	struct stage stage;
	struct stage_stream pending;

	stage_init(&stage, 1, 0);
	stage_install(&stage);
	cr_assert_eq(
		stage_ask(&stage, CP1, stage.admin, "machine.MachineService/EtcdStatus")->err.kind,
		ERR_TIMEOUT);
	stage_start(&stage,
		    &(struct stage_call){ .address = CP1,
					  .identity = stage.admin,
					  .method = "machine.MachineService/EtcdMemberList",
					  .timeout = HOUR },
		    &pending);
	stage_wait(&stage, MINUTE);
	cr_assert(!pending.reply.ended);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, 20 * SECOND);
	cr_assert(pending.reply.ended);
	cr_assert_eq(pending.reply.err.kind, ERR_NONE, "%s", pending.reply.err.text);
	cr_assert_eq(pending.reply.messages, 1);
	stage_stop(&pending);
	stage_done(&stage);
}
