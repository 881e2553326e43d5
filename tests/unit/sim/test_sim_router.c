#include "stage.h"

#include "base/own.h"
#include "net/ssh.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOW "vtysh -c 'show running-config'"
#define SUMMARY "vtysh -c 'show bgp summary json'"
#define DRY "cat >f; vtysh -C -f f || exit 91; vtysh -f f"
#define PUT "cat >f; vtysh -f f; exit 0"

struct visit {
	struct ssh_run run;
	struct loop *loop;
};

static void visited(struct ssh_run *run, const struct err *err)
{
	cr_assert_eq(err->kind, ERR_NONE, "%s", err->text);
	loop_stop(container_of(run, struct visit, run)->loop);
}

/* The exit code; *output is what it said. */
static int says(struct stage *stage, const char *command, const char *input, const char **output)
{
	static const struct ssh_target target = { .host = "router" };
	const struct ssh_request request = { .command = command,
					     .input = input,
					     .len = input ? strlen(input) : 0,
					     .output_max = 1 << 20 };
	struct visit visit = { .loop = stage->loop };

	ssh_start(world_ssh(stage->world), &visit.run, &target, &request, visited);
	cr_assert_eq(loop_run(stage->loop, NULL), 0);

	int code = visit.run.result.code;

	if (output)
		*output = arena_str(stage->arena, str_text(&visit.run.result.output));
	ssh_run_done(&visit.run);
	return code;
}

static const char *running(struct stage *stage)
{
	const char *output;

	cr_assert_eq(says(stage, SHOW, NULL, &output), 0);
	return output;
}

#define BGP "router bgp 64513\n"
#define START                                                                                    \
	BGP " no bgp default ipv4-unicast\n neighbor K8S4 peer-group\n neighbor K8S4 remote-as " \
	    "64512\n neighbor 10.0.0.1 peer-group K8S4\n neighbor 192.0.2.1 remote-as 65000\n "  \
	    "address-family ipv4 unicast\n  neighbor K8S4 activate\n  maximum-paths 3\n "        \
	    "exit-address-family\n address-family ipv6 unicast\n  maximum-paths 3\n "            \
	    "exit-address-family\nexit\nip prefix-list WEB seq 10 permit 10.1.0.0/24 ge 32\n"    \
	    "ip prefix-list WEB2 seq 10 permit 10.2.0.0/24\nroute-map IN permit 10\n match ip "  \
	    "address prefix-list WEB\n"

static const struct {
	const char *name, *command, *input;
	int code;
	const char *has, *lacks; /* NULL: does not matter */
} rows[] = {
	{ "a line that FRR does not know changes nothing", DRY,
	  BGP " neighbor 10.0.0.9 peer-group K8S4\n neighbor K8S4 colour blue\n", 91, NULL,
	  "10.0.0.9" },
	{ "without a dry run what is known comes", PUT,
	  BGP " neighbor 10.0.0.9 peer-group K8S4\n neighbor K8S4 colour blue\n", 0,
	  "neighbor 10.0.0.9", "colour" },
	{ "another AS is refused", DRY, "router bgp 65001\n bgp router-id 1.1.1.1\n", 1, BGP,
	  "65001" },
	{ "a group goes with its members", PUT, BGP " no neighbor K8S4 peer-group\n", 0,
	  "neighbor 192.0.2.1 remote-as", "K8S4" },
	{ "a list goes by its whole name", PUT, "no ip prefix-list WEB\n", 0, "WEB2",
	  "prefix-list WEB seq" },
	{ "a map goes with what is in it", PUT, "no route-map IN\n", 0, BGP,
	  "match ip address" },
	{ "a setting goes from its own family", PUT,
	  BGP " address-family ipv6 unicast\n  no maximum-paths 3\n exit-address-family\n", 0,
	  "maximum-paths 3", "address-family ipv6" },
	{ "what is usual is not said", PUT, BGP " bgp default ipv4-unicast\n", 0, BGP,
	  "bgp default" },
	{ "the instance goes with all it has", PUT, "no router bgp 64513\n", 0, "route-map IN",
	  "neighbor" },
	{ "words of other daemons are idle", DRY, "hostname gw\nlog syslog\n!\n", 0, BGP,
	  "hostname" },
	{ "an unknown command", "uname -a", NULL, 127, BGP, NULL },
};

Test(sim_router, takes_configurations_as_frr_does)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stage stage;

		stage_init(&stage, 1, 0);
		cr_assert_eq(says(&stage, DRY, START, NULL), 0);
		cr_assert_eq(says(&stage, rows[i].command, rows[i].input, NULL), rows[i].code,
			     "%s", rows[i].name);
		const char *now = running(&stage);

		cr_assert(!rows[i].has || strstr(now, rows[i].has), "%s: %s", rows[i].name, now);
		cr_assert(!rows[i].lacks || !strstr(now, rows[i].lacks), "%s: %s", rows[i].name,
			  now);
		stage_done(&stage);
	}
}

Test(sim_router, the_same_twice_is_the_same)
{
	struct stage stage;

	stage_init(&stage, 1, 0);
	says(&stage, DRY, START, NULL);
	const char *once = running(&stage);

	says(&stage, DRY, START, NULL);
	cr_assert_str_eq(running(&stage), once);
	stage_done(&stage);
}

Test(sim_router, tells_of_its_neighbours_by_family)
{
	struct stage stage;
	const char *summary;

	stage_init(&stage, 1, 0);
	says(&stage, SUMMARY, NULL, &summary);
	cr_assert_str_eq(summary, "{}", "%s", summary);
	says(&stage, DRY, START BGP " neighbor fd00::1 remote-as 64512\n", NULL);
	says(&stage, SUMMARY, NULL, &summary);
	cr_assert_not_null(strstr(summary, "\"10.0.0.1\":{\"remoteAs\":64512,\"localAs\":64513"),
			   "%s", summary);
	cr_assert_not_null(strstr(summary, "\"192.0.2.1\":{\"remoteAs\":65000"), "%s", summary);
	cr_assert_not_null(strstr(strstr(summary, "ipv6Unicast"), "fd00::1"), "%s", summary);
	cr_assert_null(strstr(summary, "Established"), "there is no cluster: %s", summary);
	stage_done(&stage);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

Test(sim_router, keeps_its_configuration_with_the_world)
{
	char folder[] = "/tmp/talforge-router-XXXXXX";
	struct stage stage;

	cr_assert(mkdtemp(folder));
	stage_init_in(&stage, 1, 0, folder);
	says(&stage, DRY, START, NULL);
	char *before = strdup(running(&stage));

	stage_done(&stage);
	stage_init_in(&stage, 1, 0, folder);
	cr_assert_str_eq(running(&stage), before);
	free(before);
	stage_done(&stage);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
