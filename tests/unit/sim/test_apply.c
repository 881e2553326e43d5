#include "stage.h"

#include "base/clock.h"
#include "base/text.h"
#include "machine.pb-c.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <string.h>

#define MODE(name) MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__##name

struct applied {
	int code; /* gRPC */
	unsigned mode;
};

static struct applied apply(struct stage *stage, const char *text, unsigned mode, bool dry_run)
{
	Machine__ApplyConfigurationRequest request = MACHINE__APPLY_CONFIGURATION_REQUEST__INIT;
	struct stage_call call = { .address = CP1,
				   .identity = stage->admin,
				   .method = "machine.MachineService/ApplyConfiguration" };
	struct applied applied = { 0 };
	uint8_t *data;

	request.mode = (Machine__ApplyConfigurationRequest__Mode)mode;
	request.data.data = (uint8_t *)text;
	request.data.len = strlen(text);
	request.dry_run = dry_run;
	call.len = machine__apply_configuration_request__get_packed_size(&request);
	call.message = data = arena_alloc(stage->arena, call.len);
	machine__apply_configuration_request__pack(&request, data);

	const struct reply *reply = stage_run(stage, &call);

	if (err_is_set(&reply->err)) {
		applied.code = reply->err.remote;
		return applied;
	}

	Machine__ApplyConfigurationResponse *message =
		machine__apply_configuration_response__unpack(NULL, reply->len[0],
							      reply->message[0]);

	cr_assert(message && message->n_messages == 1);
	applied.mode = (unsigned)message->messages[0]->mode;
	machine__apply_configuration_response__free_unpacked(message, NULL);
	return applied;
}

static const char *with(struct stage *stage, const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	cr_assert(at, "no %s in the config", old);
	return arena_printf(stage->arena, "%.*s%s%s", (int)(at - text), text, new,
			    at + strlen(old));
}

static const char *ready(struct stage *stage)
{
	const struct stage_config config = { .role = ROLE_CONTROL, .hostname = "cp1", .vip = true };

	stage_init(stage, 1, 0);
	stage_install(stage);
	cr_assert_eq(stage_bootstrap(stage, CP1), 0);
	stage_wait(stage, MINUTE);
	return stage_config(stage, &config);
}

#define HOT "debug: false", "debug: true"
#define COLD \
	"machine:\n", "machine:\n    sysfs: {}\n    udev:\n        rules:\n            - X==1\n"

Test(apply, takes_what_can_be_taken_without_a_reboot)
{
	struct stage stage;
	const char *config = ready(&stage);
	const char *boot_id = stage_fact(&stage, "cp1")->boot_id;

	cr_assert_eq(apply(&stage, config, MODE(AUTO), false).mode, MODE(NO_REBOOT));
	cr_assert_eq(apply(&stage, with(&stage, config, HOT), MODE(AUTO), false).mode,
		     MODE(NO_REBOOT));
	stage_wait(&stage, 2 * MINUTE);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->boot_id, boot_id);
	cr_assert_eq(stage_fact(&stage, "cp1")->applies, 3);
	stage_done(&stage);
}

Test(apply, reboots_for_the_rest)
{
	struct stage stage;
	const char *config = ready(&stage);
	const char *cold = with(&stage, config, COLD);
	const char *boot_id = stage_fact(&stage, "cp1")->boot_id;

	cr_assert_eq(apply(&stage, cold, MODE(NO_REBOOT), false).code, RPC_INVALID_ARGUMENT);
	cr_assert_eq(apply(&stage, cold, MODE(TRY), false).code, RPC_INVALID_ARGUMENT);
	cr_assert_eq(apply(&stage, cold, MODE(AUTO), true).mode, MODE(REBOOT));
	cr_assert_eq(stage_fact(&stage, "cp1")->applies, 1);

	struct applied applied = apply(&stage, cold, MODE(AUTO), false);

	cr_assert_eq(applied.code, 0);
	cr_assert_eq(applied.mode, MODE(REBOOT));
	/* refused whoever asks and whatever for, until the node is back */
	cr_assert_eq(apply(&stage, config, MODE(AUTO), true).code, RPC_FAILED_PRECONDITION);
	stage_wait(&stage, 2 * MINUTE);
	cr_assert_str_neq(stage_fact(&stage, "cp1")->boot_id, boot_id);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "running");
	cr_assert_eq(apply(&stage, cold, MODE(NO_REBOOT), true).code, 0);
	stage_done(&stage);
}

Test(apply, staged_waits_for_the_next_boot)
{
	struct stage stage;
	const char *config = ready(&stage);
	const char *cold = with(&stage, config, COLD);

	cr_assert_eq(apply(&stage, cold, MODE(STAGED), false).mode, MODE(STAGED));
	cr_assert_eq(apply(&stage, config, MODE(NO_REBOOT), true).code, 0);
	world_power(stage.world, "cp1", false);
	world_power(stage.world, "cp1", true);
	stage_wait(&stage, 2 * MINUTE);
	cr_assert_eq(apply(&stage, config, MODE(NO_REBOOT), true).code, RPC_INVALID_ARGUMENT);
	cr_assert_eq(apply(&stage, cold, MODE(NO_REBOOT), true).code, 0);
	stage_done(&stage);
}

Test(apply, a_trial_ends_by_itself)
{
	struct stage stage;
	const char *config = ready(&stage);
	const char *hot = with(&stage, config, "hostname: cp1", "hostname: other");
	const struct reply *reply;

	cr_assert_eq(apply(&stage, hot, MODE(TRY), false).mode, MODE(TRY));
	reply = stage_ask(&stage, CP1, stage.admin, "machine.MachineService/Hostname");
	cr_assert_eq(reply->messages, 1);
	cr_assert(memmem(reply->message[0], reply->len[0], "other", 5));
	stage_wait(&stage, 2 * MINUTE);
	reply = stage_ask(&stage, CP1, stage.admin, "machine.MachineService/Hostname");
	cr_assert(memmem(reply->message[0], reply->len[0], "cp1", 3));
	stage_done(&stage);
}
