#include "sim/sim_config.h"
#include "stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *replaced(struct stage *stage, const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	cr_assert(at, "no %s in the config", old);
	return arena_printf(stage->arena, "%.*s%s%s", (int)(at - text), text, new,
			    at + strlen(old));
}

Test(config, says_what_the_node_needs)
{
	struct sim_config *config OWNED(sim_config_free) = NULL;
	struct stage stage;
	struct err err = ERR_INIT;

	stage_init(&stage, 1, 0);
	const char *text = stage_config(&stage, &(struct stage_config){ .role = ROLE_CONTROL,
									.hostname = "cp1",
									.vip = true });

	cr_assert_eq(sim_config_read(text, strlen(text), RELEASE_1_13, &config, &err), 0, "%s",
		     err.text);
	cr_assert(config->complete && config->control);
	cr_assert_str_eq(config->hostname, "cp1");
	cr_assert_str_eq(config->vip, STAGE_VIP);
	cr_assert_str_eq(config->install_disk, "/dev/sda");
	cr_assert_str_eq(config->cluster_name, "stage");
	cr_assert_str_eq(config->cni, "flannel");
	cr_assert_str_eq(config->kubernetes, "v1.36.3");
	cr_assert_str_eq(config->ca.cert, stage.bundle->talos.cert);
	cr_assert_str_eq(config->ca.key, stage.bundle->talos.key);
	cr_assert_str_eq(config->text, text);
	stage_done(&stage);
}

Test(config, refuses_what_a_node_refuses)
{
	static const struct {
		const char *name, *old, *new, *part;
	} rows[] = {
		{ "type", "type: controlplane", "type: bogus", "unknown machine type" },
		{ "endpoint", "endpoint: https://", "endpoint: http://", "endpoint" },
		{ "key", "persist: true", "persist: true\nbogus: 1", "bogus" },
		{ "yaml", "persist: true", "persist: [true", "decode error: yaml" },
		{ "disk", "disk: /dev/sda", "disk: \"\"", "install disk or diskSelector" },
		{ "worker", "type: controlplane", "type: worker", "non-controlplane" },
	};
	struct stage stage;

	stage_init(&stage, 1, 0);
	const char *text = stage_config(
		&stage, &(struct stage_config){ .role = ROLE_CONTROL, .hostname = "cp1" });

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *wrong = replaced(&stage, text, rows[i].old, rows[i].new);
		struct sim_config *config = NULL;
		struct err err = ERR_INIT;

		cr_assert_lt(sim_config_read(wrong, strlen(wrong), RELEASE_1_13, &config, &err), 0,
			     "%s", rows[i].name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", rows[i].name);
		cr_assert(strstr(err.text, rows[i].part), "%s: %s", rows[i].name, err.text);
		cr_assert_null(config);
	}
	stage_done(&stage);
}
