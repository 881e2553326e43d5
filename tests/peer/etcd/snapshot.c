/*
 * snapshot write FILE REVISION    a simulated etcd's snapshot
 * snapshot check FILE             what is in one: "revision=N keys=N hash=ok size=N members=a,b"
 *
 * For run.sh, which has etcd's own tools judge both.
 */
#include "base/fs.h"
#include "base/text.h"
#include "crypto/etcd_snapshot.h"
#include "loop/loop.h"
#include "sim/sim_snapshot.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

#define WALL UINT64_C(1798848000000000000)

static int fail(const struct err *err)
{
	fprintf(stderr, "%s\n", err->text);
	return 1;
}

static void make_member(struct sim_node *node, const char *name, uint64_t revision)
{
	snprintf(node->hostname, sizeof(node->hostname), "%s", name);
	node->kube.registered = true;
	node->etcd = (struct sim_etcd){
		.state = ETCD_MEMBER,
		.cluster = "00000000000000c1",
		.member = world_number(node->world),
		.founded = WALL,
		.start = revision,
	};
	snprintf(node->etcd.name, sizeof(node->etcd.name), "%s", name);
}

static int write_snapshot(const char *path, uint64_t revision)
{
	static const struct world_node nodes[] = {
		{ .name = "cp-1", .address = "10.0.0.1", .role = ROLE_CONTROL },
		{ .name = "cp-2", .address = "10.0.0.2", .role = ROLE_CONTROL },
		{ .name = "cp-3", .address = "10.0.0.3", .role = ROLE_CONTROL },
	};
	struct loop *loop OWNED(loop_free) = loop_new_virtual(WALL);
	struct random_seeded random;
	struct world_options options = { .loop = loop, .node = nodes, .nodes = ARRAY_LEN(nodes) };
	struct world *world OWNED(world_free) = NULL;
	struct str file SCOPED(str_done) = STR_INIT(SNAPSHOT_MAX);
	struct err err = ERR_INIT;

	random_seeded_init(&random, 1);
	options.random = &random.source;
	if (world_new(&options, &world, &err) < 0)
		return fail(&err);
	for (size_t i = 0; i < world->nodes; i++)
		make_member(world->node[i], nodes[i].name, revision);
	snapshot_write(world->node[0], &file);
	if (fs_write(path, file.at, file.len, 0600, NULL, &err) < 0)
		return fail(&err);
	return 0;
}

static int check_snapshot(const char *path)
{
	static const char *const states[] = { "none", "ok", "wrong" };
	struct arena *arena OWNED(arena_free) = arena_new("check");
	struct etcd_snapshot snapshot;
	struct err err = ERR_INIT;

	if (etcd_snapshot_file(arena, path, &snapshot, &err) < 0)
		return fail(&err);
	printf("revision=%llu keys=%llu hash=%s size=%llu members=",
	       (unsigned long long)snapshot.revision, (unsigned long long)snapshot.keys,
	       states[snapshot.hash], (unsigned long long)snapshot.size);
	for (size_t i = 0; snapshot.members[i]; i++)
		printf("%s%s", i ? "," : "", snapshot.members[i]);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t revision = 0;

	if (argc == 4 && !strcmp(argv[1], "write") && text_u64(argv[3], &revision))
		return write_snapshot(argv[2], revision);
	if (argc == 3 && !strcmp(argv[1], "check"))
		return check_snapshot(argv[2]);
	fprintf(stderr, "usage: snapshot write FILE REVISION | check FILE\n");
	return 2;
}
