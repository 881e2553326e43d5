#include "ops/etcd_gate.h"

#include "base/own.h"
#include "base/text.h"
#include "unit/ops/sites.h"

#include <criterion/criterion.h>
#include <string.h>

#define FIRST_ID UINT64_C(0xa1)

/* What a row changes in three members that are well. */
struct tweak {
	const char *name;
	const char *says; /* the first failure; NULL: well */
	const char *states;
	const char *stranger; /* a fourth member of that name */
	const char *error;    /* of mini02 */
	const char *without;
	uint64_t leader2; /* who leads, says mini02; 0: as the others */
	uint64_t behind2, unapplied3;
	bool learner3, split3, short3, leaderless;
};

/* clang-format off */
static const struct tweak rows[] = {
	{ .name = "well" },
	{ .name = "silent", .states = "ese",
	  .says = "mini02 does not answer: 172.29.51.12:50000: Connection refused" },
	{ .name = "bare", .states = "eeb",
	  .says = "mini03 has no config, so it runs no etcd" },
	{ .name = "not running", .states = "eoe",
	  .says = "etcd of mini02 does not run" },
	{ .name = "learner", .learner3 = true,
	  .says = "the etcd member mini03 is still learning" },
	{ .name = "stranger", .stranger = "old01",
	  .says = "the etcd member old01 is no control plane of nodes.yaml" },
	{ .name = "not started", .stranger = "",
	  .says = "the etcd member 00000000000000a4 has not started" },
	{ .name = "alarm", .error = "memberID:162 alarm:NOSPACE ",
	  .says = "etcd of mini02 reports memberID:162 alarm:NOSPACE" },
	{ .name = "behind", .behind2 = ETCD_LAG_MAX + 1,
	  .says = "etcd of mini02 is 1001 entries behind mini01" },
	{ .name = "a little behind", .behind2 = ETCD_LAG_MAX },
	{ .name = "unapplied", .unapplied3 = ETCD_LAG_MAX + 1,
	  .says = "etcd of mini03 has 1001 entries still to apply" },
	{ .name = "leaderless", .leaderless = true,
	  .says = "etcd of mini01 has no leader" },
	{ .name = "two leaders", .leader2 = FIRST_ID + 2,
	  .says = "mini01 and mini02 do not agree on etcd's leader" },
	{ .name = "split", .split3 = true,
	  .says = "etcd is split: mini01 and mini03 are members of different clusters" },
	{ .name = "short list", .short3 = true,
	  .says = "mini01 and mini03 do not agree on who is a member" },
	{ .name = "left out", .states = "ees", .without = "mini03" },
	{ .name = "left out, and learning", .without = "mini03", .learner3 = true },
};
/* clang-format on */

static struct talos_etcd_members *members_of(struct arena *arena, const struct tweak *tweak,
					     size_t whose)
{
	static const char *const names[] = { "mini01", "mini02", "mini03" };
	struct talos_etcd_members *out = arena_alloc(arena, sizeof(*out));

	out->at = arena_calloc(arena, 4, sizeof(*out->at));
	out->len = tweak->stranger ? 4 : 3;
	for (size_t i = 0; i < 3; i++)
		out->at[i] = (struct talos_etcd_member){
			.id = FIRST_ID + i + (tweak->split3 && whose == 2 ? 0x100 : 0),
			.name = names[i],
			.learner = tweak->learner3 && i == 2,
		};
	out->at[3] = (struct talos_etcd_member){ .id = FIRST_ID + 3, .name = tweak->stranger };
	if (tweak->short3 && whose == 2)
		out->len--;
	return out;
}

static void tell(struct arena *arena, const struct tweak *tweak, struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++) {
		struct node_state *state = &inventory->at[i];
		struct talos_etcd_status *status = arena_alloc(arena, sizeof(*status));
		const char **errors = arena_calloc(arena, 2, sizeof(*errors));

		if (!state->etcd_runs)
			continue;
		if (i == 1)
			errors[0] = tweak->error;
		*status = (struct talos_etcd_status){
			.member = FIRST_ID + i + (tweak->split3 && i == 2 ? 0x100 : 0),
			.leader = i == 1 && tweak->leader2 ? tweak->leader2 : FIRST_ID,
			.raft_index = 9000 - (i == 1 ? tweak->behind2 : 0),
			.errors = errors,
		};
		status->raft_applied = status->raft_index - (i == 2 ? tweak->unapplied3 : 0);
		if (tweak->leaderless)
			status->leader = 0;
		state->etcd = status;
		state->members = members_of(arena, tweak, i);
	}
}

static void make(struct arena *arena, const struct tweak *tweak, struct inventory *inventory)
{
	site_inventory(arena, &minis, tweak->states ? tweak->states : "eee", inventory);
	tell(arena, tweak, inventory);
}

Test(etcd_gate, each_way_not_to_be_well_is_told)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const char *const without[] = { rows[i].without, NULL };
		struct inventory inventory;
		struct etcd_health health;

		make(arena, &rows[i], &inventory);
		etcd_judge_without(arena, &inventory, without, &health);
		cr_assert_eq(health.failures != 0, rows[i].says != NULL, "%s: %s", rows[i].name,
			     health.failures ? health.failure[0] : "well");
		if (rows[i].says)
			cr_assert_str_eq(health.failure[0], rows[i].says, "%s", rows[i].name);
		if (rows[i].says)
			cr_assert_null(health.failure[health.failures]);
	}
}

Test(etcd_gate, the_leader_is_a_node_when_all_agree)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct inventory inventory;

	make(arena, &(struct tweak){ 0 }, &inventory);
	cr_assert_str_eq(etcd_led_by(&inventory)->name, "mini01");
	make(arena, &(struct tweak){ .leader2 = FIRST_ID + 1 }, &inventory);
	cr_assert_null(etcd_led_by(&inventory));
	make(arena, &(struct tweak){ .leaderless = true }, &inventory);
	cr_assert_null(etcd_led_by(&inventory));
}

Test(etcd_gate, members_have_names_and_numbers)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct inventory inventory;

	make(arena, &(struct tweak){ .states = "see" }, &inventory);
	const struct talos_etcd_members *members = etcd_told(&inventory);

	cr_assert_eq(etcd_named(members, "mini02")->id, FIRST_ID + 1);
	cr_assert_eq(etcd_named(members, "00000000000000a3")->id, FIRST_ID + 2);
	cr_assert_null(etcd_named(members, "a3"));
	cr_assert_null(etcd_named(NULL, "mini02"));
	make(arena, &(struct tweak){ .states = "sss" }, &inventory);
	cr_assert_null(etcd_told(&inventory));
}

Test(etcd_gate, a_stale_member_has_nobody_behind_it)
{
	static const struct {
		struct tweak tweak;
		bool waits2;
		const char *stale;
	} cases[] = {
		{ .tweak = { .name = "all there" } },
		{ .tweak = { .name = "stranger", .stranger = "old01" }, .stale = "old01" },
		{ .tweak = { .name = "just joining", .stranger = "" } },
		{ .tweak = { .name = "away", .states = "ese" } },
		{ .tweak = { .name = "booting", .states = "eoe" } },
		{ .tweak = { .name = "waiting", .states = "eoe" },
		  .waits2 = true,
		  .stale = "mini02" },
		{ .tweak = { .name = "bare", .states = "ebe" }, .stale = "mini02" },
		{ .tweak = { .name = "ill otherwise", .states = "esb" } },
		{ .tweak = { .name = "leaderless", .stranger = "old01", .leaderless = true } },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct talos_etcd_member *member;
		struct inventory inventory;

		make(arena, &cases[i].tweak, &inventory);
		inventory.at[1].etcd_waits = cases[i].waits2;
		member = etcd_stale(&inventory);
		cr_assert(text_equal(member ? member->name : NULL, cases[i].stale), "%s: %s",
			  cases[i].tweak.name, member ? member->name : "none");
	}
}
