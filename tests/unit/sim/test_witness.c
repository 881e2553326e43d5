#include "kube_client.h"
#include "sim/witness.h"
#include "stage.h"

#include "base/clock.h"
#include "base/text.h"
#include "lifecycle.pb-c.h"

#include <criterion/criterion.h>
#include <string.h>

#define W2 "10.0.0.12"
#define REBOOT "machine.MachineService/Reboot"

struct seat {
	struct stage stage;
	struct witness *witness;
};

static void seat_init(struct seat *seat, size_t controls, size_t workers)
{
	stage_init(&seat->stage, controls, workers);
	stage_install(&seat->stage);
	stage_bootstrap(&seat->stage, CP1);
	stage_wait(&seat->stage, 5 * MINUTE);
	seat->witness = witness_new(&(struct witness_options){ .world = seat->stage.world,
							       .bundle = seat->stage.bundle });
}

static void seat_done(struct seat *seat)
{
	witness_free(seat->witness);
	stage_done(&seat->stage);
}

static void reboot(struct seat *seat, const char *address)
{
	const struct reply *reply =
		stage_ask(&seat->stage, address, seat->stage.admin, REBOOT);

	cr_assert_eq(reply->err.kind, ERR_NONE, "%s", reply->err.text);
}

static void objects(struct seat *seat, const char *text)
{
	const char *objection = witness_objection(seat->witness);

	cr_assert_not_null(objection, "it should object: %s", text);
	cr_assert_str_eq(objection, text);
	seat_done(seat);
}

static void is_content(struct seat *seat)
{
	const char *objection = witness_objection(seat->witness);

	cr_assert_null(objection, "%s", objection);
}

Test(witness, one_control_plane_after_the_other_may_reboot)
{
	struct seat seat;

	seat_init(&seat, 3, 0);
	reboot(&seat, CP1);
	stage_wait(&seat.stage, 5 * MINUTE);
	reboot(&seat, CP2);
	stage_wait(&seat.stage, 5 * MINUTE);
	witness_end(seat.witness);
	is_content(&seat);
	seat_done(&seat);
}

Test(witness, two_control_planes_at_once_are_one_too_many)
{
	struct seat seat;

	seat_init(&seat, 5, 0);
	reboot(&seat, CP1);
	stage_wait(&seat.stage, 20 * SECOND);
	reboot(&seat, CP2);
	stage_wait(&seat.stage, 20 * SECOND);
	objects(&seat, "control: cp2 goes down while cp1 is down");
}

Test(witness, who_lost_its_power_counts_for_the_quorum_once_it_could_be_known)
{
	struct seat seat;

	seat_init(&seat, 3, 0);
	world_power(seat.stage.world, "cp3", false);
	stage_wait(&seat.stage, SECOND);
	is_content(&seat);
	stage_wait(&seat.stage, 2 * MINUTE);
	reboot(&seat, CP1);
	stage_wait(&seat.stage, 20 * SECOND);
	objects(&seat, "quorum: cp1 goes down and leaves 1 of 3 members");
}

Test(witness, nobody_can_know_what_has_only_just_happened)
{
	struct seat seat;

	seat_init(&seat, 3, 0);
	world_power(seat.stage.world, "cp3", false);
	stage_wait(&seat.stage, SECOND);
	reboot(&seat, CP1);
	stage_wait(&seat.stage, 20 * SECOND);
	is_content(&seat);
	seat_done(&seat);
}

Test(witness, a_single_control_plane_has_no_quorum_to_keep)
{
	struct seat seat;

	seat_init(&seat, 1, 0);
	reboot(&seat, CP1);
	stage_wait(&seat.stage, 5 * MINUTE);
	is_content(&seat);
	seat_done(&seat);
}

Test(witness, workers_have_a_budget)
{
	struct seat seat;

	seat_init(&seat, 1, 2);
	reboot(&seat, W1);
	reboot(&seat, W2);
	stage_wait(&seat.stage, 5 * MINUTE);
	is_content(&seat);
	witness_budget(seat.witness, 1);
	reboot(&seat, W1);
	reboot(&seat, W2);
	stage_wait(&seat.stage, 20 * SECOND);
	objects(&seat, "budget: w2 goes down, with it 2 workers instead of 1");
}

static void reset(struct seat *seat, const char *address)
{
	Machine__ResetRequest request = MACHINE__RESET_REQUEST__INIT;
	Machine__ResetPartitionSpec spec = MACHINE__RESET_PARTITION_SPEC__INIT, *specs = &spec;
	uint8_t data[256];

	spec.label = (char *)"STATE";
	spec.wipe = true;
	request.reboot = true;
	request.system_partitions_to_wipe = &specs;
	request.n_system_partitions_to_wipe = 1;
	size_t len = protobuf_c_message_pack(&request.base, data);
	const struct reply *reply = stage_run(
		&seat->stage,
		&(struct stage_call){ .address = address,
				      .identity = seat->stage.admin,
				      .method = "machine.MachineService/Reset",
				      .message = data,
				      .len = len });

	cr_assert_eq(reply->err.kind, ERR_NONE, "%s", reply->err.text);
	stage_wait(&seat->stage, 5 * MINUTE);
}

Test(witness, nothing_is_wiped_that_nobody_agreed_to)
{
	struct seat seat;

	seat_init(&seat, 1, 2);
	witness_consent(seat.witness, "w1");
	reset(&seat, W1);
	is_content(&seat);
	reset(&seat, W2);
	objects(&seat, "consent: w2 was wiped");
}

Test(witness, etcd_is_not_begun_beside_one_that_is_there)
{
	struct seat seat;

	stage_init(&seat.stage, 2, 0);
	seat.witness = witness_new(&(struct witness_options){ .world = seat.stage.world });
	stage_install(&seat.stage);
	stage_bootstrap(&seat.stage, CP1);
	is_content(&seat);
	stage_bootstrap(&seat.stage, CP2);
	stage_wait(&seat.stage, SECOND);
	objects(&seat, "bootstrap: cp2 began another etcd");
}

static void cordon(struct seat *seat, const char *node, bool on)
{
	const struct ask *ask = kube_ask(
		&seat->stage, "PATCH", arena_printf(seat->stage.arena, "/api/v1/nodes/%s", node),
		on ? "{\"spec\":{\"unschedulable\":true}}" : "{\"spec\":{\"unschedulable\":null}}");

	cr_assert_eq(ask->status, 200, "%s", str_text(&ask->body));
}

Test(witness, a_node_that_took_pods_takes_them_again)
{
	struct seat seat;

	seat_init(&seat, 1, 2);
	cordon(&seat, "w1", true);
	cordon(&seat, "w1", false);
	witness_end(seat.witness);
	is_content(&seat);
	cordon(&seat, "w2", true);
	is_content(&seat);
	witness_end(seat.witness);
	objects(&seat, "cordon: w2 takes no pods any more");
}

Test(witness, who_was_cordoned_before_may_stay_so)
{
	struct seat seat;

	seat_init(&seat, 1, 1);
	cordon(&seat, "w1", true);
	witness_free(seat.witness);
	seat.witness = witness_new(&(struct witness_options){ .world = seat.stage.world });
	witness_end(seat.witness);
	is_content(&seat);
	seat_done(&seat);
}

Test(witness, secrets_are_found_in_every_form_they_are_kept_in)
{
	struct seat seat;
	const char *texts[3];

	seat_init(&seat, 1, 0);
	const struct bundle *bundle = seat.stage.bundle;

	texts[0] = bundle->bootstrap_token;
	texts[1] = bundle->talos.key;
	texts[2] = base64_encode(seat.stage.arena, bundle->etcd.key, strlen(bundle->etcd.key));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct witness *witness OWNED(witness_free) = witness_new(
			&(struct witness_options){ .world = seat.stage.world, .bundle = bundle });
		const char *text = arena_printf(seat.stage.arena, "it says %s.", texts[i]);

		witness_read(witness, "a note", bundle->talos.cert, strlen(bundle->talos.cert));
		cr_assert_null(witness_objection(witness));
		witness_read(witness, "a note", text, strlen(text));
		cr_assert_str_eq(witness_objection(witness), "secret: there is one in a note");
	}
	seat_done(&seat);
}
