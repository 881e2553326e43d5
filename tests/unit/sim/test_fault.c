#include "stage.h"

#include "base/clock.h"
#include "rpc/status.h"

#include <criterion/criterion.h>

#define VERSION "machine.MachineService/Version"

static struct err ask(struct stage *stage)
{
	return stage_ask(stage, CP1, stage->admin, VERSION)->err;
}

static void ready(struct stage *stage)
{
	stage_init(stage, 1, 0);
	stage_install(stage);
}

Test(fault, each_kind_shows_as_it_would_on_a_wire)
{
	static const struct {
		enum fault_kind kind;
		enum err_kind seen;
	} rows[] = {
		{ FAULT_RESET, ERR_NET },
		{ FAULT_RESET_AFTER, ERR_NET },
		{ FAULT_SILENT, ERR_TIMEOUT },
	};
	struct stage stage;

	ready(&stage);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		world_fault(stage.world, &(struct fault){ .kind = rows[i].kind, .count = 1 });
		cr_assert_eq(ask(&stage).kind, rows[i].seen, "row %zu", i);
		cr_assert_eq(ask(&stage).kind, ERR_NONE, "row %zu", i);
	}
	stage_done(&stage);
}

Test(fault, skips_counts_and_names)
{
	struct stage stage;

	ready(&stage);
	world_fault(stage.world, &(struct fault){ .kind = FAULT_STATUS,
						  .node = "cp1",
						  .method = "Version",
						  .skip = 1,
						  .count = 2,
						  .code = RPC_UNAVAILABLE });
	world_fault(stage.world,
		    &(struct fault){ .kind = FAULT_STATUS, .node = "cp2", .count = 9 });
	size_t calls = world_calls(stage.world);

	cr_assert_eq(ask(&stage).kind, ERR_NONE);
	cr_assert_eq(
		stage_ask(&stage, CP1, stage.admin, "machine.MachineService/Hostname")->err.kind,
		ERR_NONE);
	cr_assert_eq(ask(&stage).remote, RPC_UNAVAILABLE);
	cr_assert_eq(ask(&stage).remote, RPC_UNAVAILABLE);
	cr_assert_eq(ask(&stage).kind, ERR_NONE);
	cr_assert_eq(world_calls(stage.world) - calls, 5);
	stage_done(&stage);
}

Test(fault, a_reset_comes_before_the_effect_or_after_it)
{
	struct stage stage;

	ready(&stage);
	world_fault(stage.world,
		    &(struct fault){ .kind = FAULT_RESET, .method = "Bootstrap", .count = 1 });
	cr_assert_neq(stage_bootstrap(&stage, CP1), 0);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 0);
	world_fault(
		stage.world,
		&(struct fault){ .kind = FAULT_RESET_AFTER, .method = "Bootstrap", .count = 1 });
	cr_assert_neq(stage_bootstrap(&stage, CP1), 0);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 1);
	stage_done(&stage);
}

Test(fault, a_late_answer_is_late_and_its_effect_is_not)
{
	struct stage stage;

	ready(&stage);
	const struct fault late = {
		.kind = FAULT_LATE, .method = "Bootstrap", .count = 1, .wait = 4 * SECOND
	};
	uint64_t began = loop_now(stage.loop);

	world_fault(stage.world, &late);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	cr_assert_geq(loop_now(stage.loop) - began, 4 * SECOND);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 1);
	stage_done(&stage);
}

Test(fault, nobody_waits_for_an_answer_that_is_too_late)
{
	struct stage stage;

	ready(&stage);
	world_fault(stage.world,
		    &(struct fault){ .kind = FAULT_LATE, .count = 1, .wait = 10 * MINUTE });
	cr_assert_eq(ask(&stage).kind, ERR_TIMEOUT);
	stage_wait(&stage, HOUR);
	cr_assert_eq(ask(&stage).kind, ERR_NONE);
	stage_done(&stage);
}

Test(fault, a_call_that_comes_twice_is_answered_once)
{
	struct stage stage;

	ready(&stage);
	world_fault(stage.world,
		    &(struct fault){ .kind = FAULT_TWICE, .method = "Bootstrap", .count = 1 });
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 2);
	stage_done(&stage);
}
