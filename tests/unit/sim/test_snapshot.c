#include "stage.h"

#include "base/bbolt.h"
#include "base/own.h"
#include "crypto/etcd_snapshot.h"
#include "sim/sim_snapshot.h"
#include "sim/world_impl.h"

#include <criterion/criterion.h>
#include <string.h>

/* A snapshot of a member whose cluster began at that revision; the stage must outlive it. */
static void snapshot_of(struct stage *stage, uint64_t revision, struct str *out)
{
	struct sim_node *node = world_node_named(stage->world, "cp1");

	node->etcd = (struct sim_etcd){
		.state = ETCD_MEMBER,
		.cluster = "00000000000000c1",
		.name = "cp1",
		.member = 0xabc,
		.founded = loop_wall(stage->loop),
		.start = revision,
	};
	snapshot_write(node, out);
}

static int read_it(struct arena *arena, const struct str *file, struct etcd_snapshot *out)
{
	return etcd_snapshot_read(arena, file->at, file->len, out, NULL);
}

Test(snapshot, its_revision_and_keys_are_read_back)
{
	static const uint64_t revisions[] = { 2, 7, 100, 451, 3000 };
	struct stage stage SCOPED(stage_done);

	stage_init(&stage, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(revisions); i++) {
		struct str file SCOPED(str_done) = STR_INIT(SNAPSHOT_MAX);
		struct etcd_snapshot snapshot;

		snapshot_of(&stage, revisions[i], &file);
		cr_assert_eq(read_it(stage.arena, &file, &snapshot), 0);
		cr_assert_eq(snapshot.hash, SNAPSHOT_HASH_OK);
		cr_assert_eq(snapshot.revision, revisions[i]);
		cr_assert_eq(snapshot.size, file.len);
		cr_assert_eq(file.len % 512, SHA256_SIZE);
		cr_assert_eq(snapshot.keys, revisions[i] - 1 < 8 ? revisions[i] - 1 : 8);
		cr_assert_str_eq(snapshot.members[0], "cp1");
		cr_assert_eq(snapshot.member_count, 1);
	}
}

Test(snapshot, the_hash_of_a_stream_is_the_same_in_any_pieces)
{
	static const size_t pieces[] = { 1, 31, 32, 33, 1024, 100000 };
	struct stage stage SCOPED(stage_done);
	struct str file SCOPED(str_done) = STR_INIT(SNAPSHOT_MAX);

	stage_init(&stage, 1, 0);
	snapshot_of(&stage, 40, &file);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct snapshot_hash hash SCOPED(snapshot_hash_done);

		snapshot_hash_init(&hash);
		for (size_t at = 0; at < file.len; at += pieces[i]) {
			size_t left = file.len - at;

			snapshot_hash_add(&hash, file.at + at,
					  left < pieces[i] ? left : pieces[i]);
		}
		cr_assert(snapshot_hash_end(&hash), "pieces of %zu", pieces[i]);
		cr_assert_eq(hash.size, file.len);
	}
}

Test(snapshot, a_stream_that_is_cut_short_or_changed_is_found_out)
{
	struct stage stage SCOPED(stage_done);
	struct str file SCOPED(str_done) = STR_INIT(SNAPSHOT_MAX);
	struct snapshot_hash cut SCOPED(snapshot_hash_done);
	struct snapshot_hash changed SCOPED(snapshot_hash_done);
	struct snapshot_hash nothing SCOPED(snapshot_hash_done);

	stage_init(&stage, 1, 0);
	snapshot_of(&stage, 40, &file);
	snapshot_hash_init(&cut);
	snapshot_hash_add(&cut, file.at, file.len - 1);
	cr_assert_not(snapshot_hash_end(&cut));
	snapshot_hash_init(&nothing);
	cr_assert_not(snapshot_hash_end(&nothing));
	file.at[5000]++;
	snapshot_hash_init(&changed);
	snapshot_hash_add(&changed, file.at, file.len);
	cr_assert_not(snapshot_hash_end(&changed));
}

/* Whatever byte is changed, nothing is read beyond the end; every length is refused or read. */
Test(snapshot, damage_never_reads_beyond_the_end)
{
	struct stage stage SCOPED(stage_done);
	struct str file SCOPED(str_done) = STR_INIT(SNAPSHOT_MAX);
	struct etcd_snapshot snapshot;
	size_t refused = 0;

	stage_init(&stage, 1, 0);
	snapshot_of(&stage, 20, &file);
	for (size_t at = 0; at < file.len; at += at % 4096 < 300 ? 1 : 41) {
		/* of exactly that size, so that the sanitizer sees every byte beyond */
		void *copy = mem_new(file.len);

		file.at[at] ^= (char)0xff;
		memcpy(copy, file.at, file.len);
		refused += etcd_snapshot_read(stage.arena, copy, file.len, &snapshot, NULL) < 0;
		mem_free(copy, file.len);
		file.at[at] ^= (char)0xff;
	}
	cr_assert_gt(refused, 100);
	for (size_t len = 0; len < file.len; len += 499)
		cr_assert_lt(etcd_snapshot_read(stage.arena, file.at, len, &snapshot, NULL), 0,
			     "%zu bytes", len);
}

Test(snapshot, what_is_none_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct etcd_snapshot snapshot;
	struct err err = ERR_INIT;

	cr_assert_lt(etcd_snapshot_read(arena, "hello", 5, &snapshot, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.text, "not a bbolt file, or both its heads are damaged");
	cr_assert_lt(etcd_snapshot_file(arena, "/nonexistent/snapshot.db", &snapshot, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
}
