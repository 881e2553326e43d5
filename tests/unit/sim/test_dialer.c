#include "stage.h"

#include "base/clock.h"
#include "crypto/x509.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <string.h>

#define VERSION "machine.MachineService/Version"

static struct err try_with(struct stage *stage, const struct identity *identity)
{
	const struct stage_call call = { .address = CP1,
					 .identity = identity,
					 .method = VERSION,
					 .trusting = true };

	return stage_run(stage, &call)->err;
}

static struct identity client_of(struct stage *stage, const struct identity *ca, uint64_t now,
				 uint64_t lifetime)
{
	const char *const roles[] = { "os:admin", NULL };
	const struct x509_request request = {
		.organizations = roles, .usage = X509_CLIENT, .now = now, .lifetime = lifetime
	};
	struct identity identity;
	struct err err = ERR_INIT;

	cr_assert_eq(x509_issue(stage->arena, ca, &request, &identity, &err), 0, "%s", err.text);
	return identity;
}

Test(dialer, checks_certificates_as_tls_would)
{
	struct stage stage;
	struct identity other_ca, stranger, expired, early;
	struct err err;

	stage_init(&stage, 1, 0);
	stage_install(&stage);
	cr_assert_eq(x509_make_ca(stage.arena,
				  &(struct x509_ca){ "talos", KEY_ED25519, STAGE_WALL, DAY },
				  &other_ca, NULL),
		     0);
	stranger = client_of(&stage, &other_ca, STAGE_WALL, DAY);
	expired = client_of(&stage, &stage.bundle->talos, STAGE_WALL - 2 * DAY, DAY);
	early = client_of(&stage, &stage.bundle->talos, STAGE_WALL + DAY, DAY);

	err = try_with(&stage, NULL);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "certificate required"), "%s", err.text);
	err = try_with(&stage, &stranger);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "unknown certificate authority"), "%s", err.text);
	err = try_with(&stage, &expired);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "expired certificate"), "%s", err.text);
	err = try_with(&stage, &early);
	cr_assert_eq(err.kind, ERR_AUTH);
	err = try_with(&stage, stage.admin);
	cr_assert_eq(err.kind, ERR_NONE, "%s", err.text);
	stage_done(&stage);
}

Test(dialer, a_node_in_maintenance_is_nobody_we_know)
{
	struct stage stage;
	struct err err;

	stage_init(&stage, 1, 0);
	err = stage_ask(&stage, CP1, stage.admin, VERSION)->err;
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "unknown authority"), "%s", err.text);
	cr_assert_eq(stage_ask(&stage, CP1, NULL, VERSION)->err.kind, ERR_NONE);
	stage_done(&stage);
}

Test(dialer, who_is_not_there_cannot_be_reached)
{
	struct stage stage;
	struct err err;

	stage_init(&stage, 1, 0);
	err = stage_ask(&stage, "10.9.9.9", NULL, VERSION)->err;
	cr_assert_eq(err.kind, ERR_NET);
	cr_assert(strstr(err.text, "no route to host"), "%s", err.text);
	world_power(stage.world, "cp1", false);
	cr_assert_eq(stage_ask(&stage, CP1, NULL, VERSION)->err.kind, ERR_NET);
	world_power(stage.world, "cp1", true);
	err = stage_ask(&stage, CP1, NULL, VERSION)->err;
	cr_assert_eq(err.kind, ERR_NET);
	cr_assert(strstr(err.text, "connection refused"), "%s", err.text);
	stage_done(&stage);
}
