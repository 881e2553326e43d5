#include "stage.h"

#include "base/clock.h"
#include "base/fs.h"
#include "cluster/profile.h"
#include "cluster/workspace.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

Test(world, can_begin_with_a_running_cluster)
{
	char folder[] = "/tmp/talforge-running-XXXXXX";
	struct stage stage;
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct err err = ERR_INIT;
	size_t count, owners = 0;

	cr_assert(mkdtemp(folder));
	stage_init(&stage, 1, 0);
	cr_assert_eq(profile_write("vip-and-workers", folder, &err), 0, "%s", err.text);
	cr_assert_eq(workspace_open(folder, &workspace, &err), 0, "%s", err.text);

	const struct cluster *cluster = workspace_cluster(workspace, &err);

	cr_assert(cluster, "%s", err.text);
	stage.options.cluster = cluster;
	stage.options.bundle = stage.bundle;
	stage.options.start = WORLD_RUNNING;
	stage.options.node = world_nodes_of(stage.arena, cluster, &stage.options.nodes);
	world_free(stage.world);
	cr_assert_eq(world_new(&stage.options, &stage.world, &err), 0, "%s", err.text);

	const struct world_fact *facts = world_facts(stage.world, stage.arena, &count);

	cr_assert_eq(count, cluster->nodes);
	for (size_t i = 0; i < count; i++) {
		const struct node *node = &cluster->node[i];

		cr_assert_str_eq(facts[i].stage, "running", "%s", facts[i].name);
		cr_assert(facts[i].configured && facts[i].installed, "%s", facts[i].name);
		cr_assert_str_eq(facts[i].etcd_state, node->role == ROLE_CONTROL ? "member" : "");
		owners += facts[i].vip;
		cr_assert_eq(stage_ask(&stage, node->address[0], stage.admin,
				       "machine.MachineService/Version")
				     ->err.kind,
			     ERR_NONE, "%s", facts[i].name);
	}
	cr_assert_eq(world_etcd_clusters(stage.world), 1);
	cr_assert_eq(owners, 1);
	stage_done(&stage);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
