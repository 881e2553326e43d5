#include "stage.h"

#include "base/clock.h"
#include "base/own.h"
#include "sim/world_impl.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sim_node *node_of(struct stage *stage, const char *name)
{
	return world_node_named(stage->world, name);
}

static void three(struct stage *stage)
{
	stage_init(stage, 3, 0);
	stage_install(stage);
	stage_bootstrap(stage, CP1);
	stage_wait(stage, 5 * MINUTE);
	cr_assert_eq(world_etcd_clusters(stage->world), 1);
}

static const struct sim_node *leader_of(struct stage *stage)
{
	for (size_t i = 0; i < stage->world->nodes; i++) {
		const struct sim_node *node = stage->world->node[i];

		if (etcd_leader(stage->world, node->etcd.cluster) == node)
			return node;
	}
	return NULL;
}

static size_t members_of(struct stage *stage, const char *name)
{
	return etcd_members(stage->world, node_of(stage, name)->etcd.cluster, NULL, 0);
}

Test(etcd, leadership_moves_when_it_is_given_up)
{
	struct stage stage SCOPED(stage_done);

	three(&stage);
	struct sim_node *first = node_of(&stage, leader_of(&stage)->hardware->name);
	uint64_t term = etcd_progress(first).term;

	const struct sim_node *next = etcd_forfeit(first);
	cr_assert_not_null(next);
	cr_assert_neq(next, first);
	cr_assert_eq(leader_of(&stage), next);
	cr_assert_eq(etcd_progress(first).term, term + 1);
	cr_assert_null(etcd_forfeit(first), "it does not lead any more");
}

Test(etcd, another_leads_when_the_leader_loses_power)
{
	struct stage stage SCOPED(stage_done);

	three(&stage);
	const struct sim_node *first = leader_of(&stage);

	world_power(stage.world, first->hardware->name, false);
	stage_wait(&stage, SECOND);
	cr_assert_not_null(leader_of(&stage));
	cr_assert_neq(leader_of(&stage), first);
	world_power(stage.world, first->hardware->name, true);
	stage_wait(&stage, 5 * MINUTE);
	cr_assert_neq(leader_of(&stage), first, "it comes back as a follower");
}

Test(etcd, nobody_leads_without_a_quorum)
{
	struct stage stage SCOPED(stage_done);

	three(&stage);
	world_power(stage.world, "cp2", false);
	world_power(stage.world, "cp3", false);
	stage_wait(&stage, SECOND);
	cr_assert_null(leader_of(&stage));
	cr_assert_eq(etcd_remove(node_of(&stage, "cp1"), node_of(&stage, "cp2")->etcd.member),
		     ETCD_NO_QUORUM);
}

Test(etcd, a_removed_member_stops_and_stays_out)
{
	struct stage stage SCOPED(stage_done);

	three(&stage);
	struct sim_node *two = node_of(&stage, "cp2");

	cr_assert_eq(etcd_remove(node_of(&stage, "cp1"), 12345), ETCD_NO_MEMBER);
	cr_assert_eq(etcd_remove(node_of(&stage, "cp1"), two->etcd.member), ETCD_CHANGED);
	cr_assert_eq(members_of(&stage, "cp1"), 2);
	stage_wait(&stage, MINUTE);
	cr_assert_eq(two->etcd.state, ETCD_REMOVED);
	cr_assert_not(etcd_runs(two));
	cr_assert_eq(etcd_bootstrap(two), BOOTSTRAP_EXISTS, "its data is still there");
}

Test(etcd, the_quorum_is_never_removed)
{
	struct stage stage SCOPED(stage_done);

	three(&stage);
	world_power(stage.world, "cp3", false);
	stage_wait(&stage, SECOND);
	cr_assert_eq(etcd_remove(node_of(&stage, "cp1"), node_of(&stage, "cp2")->etcd.member),
		     ETCD_UNHEALTHY);
	cr_assert_eq(etcd_remove(node_of(&stage, "cp1"), node_of(&stage, "cp3")->etcd.member),
		     ETCD_CHANGED, "one that is down may go");
}

Test(etcd, the_last_member_cannot_leave)
{
	struct stage stage SCOPED(stage_done);
	struct err err = ERR_INIT;

	stage_init(&stage, 1, 0);
	stage_install(&stage);
	stage_bootstrap(&stage, CP1);
	stage_wait(&stage, 5 * MINUTE);
	cr_assert_lt(etcd_leave(node_of(&stage, "cp1"), &err), 0);
	cr_assert_not_null(strstr(err.text, "not enough started members"));
}

Test(etcd, one_that_left_joins_again_after_a_reboot)
{
	struct stage stage SCOPED(stage_done);
	struct err err = ERR_INIT;

	three(&stage);
	cr_assert_eq(etcd_leave(node_of(&stage, "cp2"), &err), 0, "%s", err.text);
	cr_assert_eq(members_of(&stage, "cp1"), 2);
	world_power(stage.world, "cp2", false);
	world_power(stage.world, "cp2", true);
	stage_wait(&stage, 10 * MINUTE);
	cr_assert_eq(members_of(&stage, "cp1"), 3);
}

Test(etcd, alarms_and_lag_show)
{
	struct stage stage SCOPED(stage_done);
	struct sim_alarm alarm[6];

	three(&stage);
	struct sim_node *two = node_of(&stage, "cp2");

	world_alarm(stage.world, "cp2", "NOSPACE");
	world_lag(stage.world, "cp2", 70);
	cr_assert_eq(etcd_alarms(stage.world, two->etcd.cluster, alarm), 1);
	cr_assert_eq(alarm[0].member, two->etcd.member);
	cr_assert_eq(alarm[0].alarm, ETCD_ALARM_NOSPACE);
	cr_assert_eq(etcd_progress(two).index - etcd_progress(two).applied, 70);
	etcd_disarm(stage.world, two->etcd.cluster);
	cr_assert_eq(etcd_alarms(stage.world, two->etcd.cluster, alarm), 0);
}

Test(etcd, a_defragmentation_gives_space_back)
{
	struct stage stage SCOPED(stage_done);

	three(&stage);
	struct sim_node *one = node_of(&stage, "cp1");

	stage_wait(&stage, HOUR);
	cr_assert_gt(etcd_progress(one).size, etcd_progress(one).used);
	etcd_defragment(one);
	cr_assert_eq(etcd_progress(one).size, etcd_progress(one).used);
}
