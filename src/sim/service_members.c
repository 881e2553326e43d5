#include "sim/service_resource.h"

#include "base/ip.h"
#include "base/own.h"
#include "resources.pb-c.h"
#include "sim/world_impl.h"
#include "tree/value.h"

#include <stdlib.h>
#include <string.h>

/* Those that tell of themselves and are up: what discovery finds. */
static bool is_member(const struct sim_node *node, const struct sim_node *other)
{
	return node_is_up(other) && other->config && other->config->complete &&
	       other->config->discovery && sim_config_same_cluster(node->config, other->config);
}

static void show_member(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	Resource__MemberSpec spec = RESOURCE__MEMBER_SPEC__INIT;
	Common__NetIP address = COMMON__NET_IP__INIT, *addresses[] = { &address };
	struct map_builder *yaml = map_begin(arena);
	struct list_builder *list = list_begin(arena);
	bool control = node->config->control;
	struct ip ip = { 0 };

	if (ip_parse(node_address(node), &ip)) {
		address.ip.data = ip.at;
		address.ip.len = ip.family == 4 ? 4 : 16;
		spec.n_addresses = 1;
	}
	spec.node_id = (char *)node->hardware->uuid;
	spec.addresses = addresses;
	spec.hostname = (char *)node->hostname;
	spec.machine_type = control ? RESOURCE__MACHINE_TYPE__TYPE_CONTROL_PLANE
				    : RESOURCE__MACHINE_TYPE__TYPE_WORKER;
	spec.operating_system = arena_printf(arena, "Talos (%s)", node_version(node));
	list_add(list, value_str(arena, node_address(node)));
	map_add(yaml, "nodeId", value_str(arena, spec.node_id));
	map_add(yaml, "addresses", list_end(list));
	map_add(yaml, "hostname", value_str(arena, spec.hostname));
	map_add(yaml, "machineType", value_str(arena, control ? "controlplane" : "worker"));
	map_add(yaml, "operatingSystem", value_str(arena, spec.operating_system));
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "Members.cluster.talos.dev",
					      .ns = "cluster",
					      .id = node->hostname,
					      .owner = "cluster.MemberController" },
			     map_end(yaml)),
		   &spec.base);
}

static int by_id(const void *left, const void *right)
{
	const struct shown *a = left, *b = right;

	return strcmp(a->id, b->id);
}

void members_of(struct arena *arena, const struct sim_node *node, struct shown_list *out)
{
	const struct world *world = node->world;

	*out = (struct shown_list){ 0 };
	if (!node->config || !node->config->complete || !node->config->discovery)
		return;
	for (size_t i = 0; i < world->nodes; i++) {
		if (is_member(node, world->node[i]))
			show_member(arena, world->node[i], out);
	}
	if (out->len)
		qsort(out->at, out->len, sizeof(*out->at), by_id);
}
