#include "flow/scene.h"

#include <criterion/criterion.h>
#include <string.h>

const struct world_fact *scene_fact(struct scene *scene, const char *node)
{
	size_t count;
	const struct world_fact *facts = world_facts(scene->world, scene->arena, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(facts[i].name, node) == 0)
			return &facts[i];
	cr_assert_fail("no node %s", node);
	return NULL;
}

void scene_is_healthy(struct scene *scene)
{
	unsigned owners = 0;

	for (size_t i = 0; i < scene->cluster->nodes; i++) {
		const struct node *node = &scene->cluster->node[i];
		const struct world_fact *fact = scene_fact(scene, node->name);

		cr_assert_str_eq(fact->stage, "running", "%s", node->name);
		cr_assert(fact->configured && fact->installed, "%s", node->name);
		cr_assert(fact->ready || strcmp(scene->cluster->cni, "none") == 0,
			  "%s is not ready", node->name);
		cr_assert_eq(fact->installs, 1, "%s was installed %u times", node->name,
			     fact->installs);
		cr_assert_str_eq(fact->etcd_state,
				 node->role == ROLE_CONTROL ? "member" : "", "%s", node->name);
		owners += fact->vip;
	}
	cr_assert_eq(world_etcd_clusters(scene->world), 1, "etcd was split");
	cr_assert_eq(owners, scene->cluster->vip ? 1 : 0);
}
