/*
 * The router's side in a world: what `bgp push` leaves behind when the router ends the session at
 * any exchange, when sessions of BGP do not come up or do not last, and when it has been somebody's
 * router before.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/ssh.h"
#include "ops/network.h"
#include "ops/router.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX ((size_t)1 << 20)

/* Of a router that serves others, and had another group of ours. */
static const char before[] = "router bgp 64513\n"
			     " bgp router-id 172.29.51.1\n"
			     " neighbor 192.0.2.1 remote-as 65000\n"
			     " neighbor K8S4 peer-group\n"
			     " neighbor K8S4 remote-as 64512\n"
			     " neighbor K8S4 timers 3 9\n"
			     " neighbor 172.29.51.11 peer-group K8S4\n"
			     " address-family ipv4 unicast\n"
			     "  neighbor 192.0.2.1 activate\n"
			     "  neighbor K8S4 activate\n"
			     " exit-address-family\n"
			     "exit\n"
			     "ip prefix-list BGP-DEFAULT seq 10 permit 10.9.0.0/24\n"
			     "ip prefix-list UPLINK seq 10 permit 0.0.0.0/0\n"
			     "route-map UPLINK permit 10\n"
			     " match ip address prefix-list UPLINK\n";

struct visit {
	struct ssh_run run;
	struct loop *loop;
};

static void visited(struct ssh_run *run, const struct err *err)
{
	cr_assert_eq(err->kind, ERR_NONE, "%s", err->text);
	loop_stop(container_of(run, struct visit, run)->loop);
}

/* What the router answers; `input` is the command's stdin, NULL: none. */
static const char *router_says(struct scene *scene, const char *command, const char *input)
{
	static const struct ssh_target target = { .host = "router" };
	const struct ssh_request request = { .command = command,
					     .input = input,
					     .len = input ? strlen(input) : 0,
					     .output_max = OUTPUT_MAX };
	struct visit visit = { .loop = scene->loop };

	ssh_start(world_ssh(scene->world), &visit.run, &target, &request, visited);
	cr_assert_eq(loop_run(scene->loop, NULL), 0);
	cr_assert_eq(visit.run.result.code, 0, "%s", command);

	const char *output = arena_str(scene->arena, str_text(&visit.run.result.output));

	ssh_run_done(&visit.run);
	return output;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Its lines in the order of the alphabet: FRR has them in an order of its own. */
static const char *running(struct scene *scene)
{
	struct str out SCOPED(str_done) = STR_INIT(OUTPUT_MAX);
	char *rest = arena_str(scene->arena, router_says(scene, ROUTER_CONFIG_COMMAND, NULL));
	const char *line[400], *next;
	size_t lines = 0;

	while ((next = strsep(&rest, "\n"))) {
		cr_assert_lt(lines, ARRAY_LEN(line));
		line[lines++] = next;
	}
	qsort(line, lines, sizeof(*line), by_text);
	for (size_t i = 0; i < lines; i++)
		str_addf(&out, "%s\n", line[i]);
	return arena_str(scene->arena, str_text(&out));
}

/* A cluster that is up, and a router that somebody has configured. */
static void begin(struct scene *scene)
{
	scene_init(scene, &(struct scene_options){ .profile = "all-control-plane",
						   .pace = &world_pace_fast });
	struct outcome outcome = scene_up(scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	router_says(scene, "cat >f; vtysh -f f", before);
	scene_wait(scene, 2 * SECOND);
}

static struct outcome push(struct scene *scene)
{
	static const struct push_options options = { 0 };

	scene_wait(scene, 2 * SECOND); /* runs are named by the second */
	return scene_run(scene, &(struct scene_order){ .operation = &operation_bgp_push,
						       .options = &options });
}

/* The second push comes to its end, and leaves alone what is not ours. */
static void second_push_is_well(struct scene *scene, const char *what)
{
	struct outcome outcome = push(scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "after %s: %s", what, outcome.err.text);
	const char *now = running(scene);

	cr_assert_not_null(strstr(now, "neighbor 192.0.2.1 remote-as 65000"), "%s", what);
	cr_assert_not_null(strstr(now, "ip prefix-list UPLINK seq 10"), "%s", what);
	cr_assert_not_null(strstr(now, "neighbor K8S6 timers 30 90"), "%s", what);
	cr_assert_null(strstr(now, "timers 3 9"), "%s", what);
	cr_assert_null(strstr(now, "10.9.0.0/24"), "%s", what);
	outcome = push(scene);
	cr_assert_eq(outcome.steps, 0, "after %s: %s", what, outcome.err.text);
}

struct place {
	const char *name, *method;
	unsigned skip;	/* exchanges of the looks that come before */
	bool before_it; /* the change has not come yet, nothing has to be brought back */
};

static const struct place places[] = {
	{ "reading what runs", "ssh:show running-config", 2, true },
	{ "applying", "ssh:vtysh -C -f", 0, false },
	{ "the first look at the sessions", "ssh:show bgp summary json", 2, false },
	{ "the second look at the sessions", "ssh:show bgp summary json", 3, false },
	{ "saving", "ssh:write memory", 0, false },
};

static const struct {
	const char *name;
	enum fault_kind kind;
	enum err_kind err;
} ways[] = {
	{ "ended before", FAULT_RESET, ERR_NET },
	{ "ended after", FAULT_RESET_AFTER, ERR_NET },
	{ "never answered", FAULT_SILENT, ERR_TIMEOUT },
	{ "refused", FAULT_STATUS, ERR_REMOTE },
};

static void lose(size_t place, size_t way)
{
	const char *method = places[place].method;
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	const char *old = running(&scene);
	const char *what = arena_printf(scene.arena, "%s was %s", places[place].name,
					ways[way].name);

	/* counted anew from here on: both looks of the operation ask the same */
	world_fault(scene.world, &(struct fault){ .kind = ways[way].kind,
						  .method = method,
						  .skip = places[place].skip,
						  .count = 1 });
	struct outcome outcome = push(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED, "%s", what);
	cr_assert_eq(outcome.err.kind, ways[way].err, "%s: %s", what, outcome.err.text);
	cr_assert_eq(strstr(outcome.err.text, "the previous configuration is back") == NULL,
		     places[place].before_it, "%s: %s", what, outcome.err.text);
	cr_assert_str_eq(running(&scene), old, "%s", what);
	world_fault_clear(scene.world);
	second_push_is_well(&scene, what);
}

Test(router, keeps_its_configuration_whichever_exchange_is_lost, .timeout = 300)
{
	for (size_t place = 0; place < ARRAY_LEN(places); place++)
		for (size_t way = 0; way < ARRAY_LEN(ways); way++)
			lose(place, way);
}

Test(router, is_named_when_its_configuration_cannot_be_brought_back)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);

	world_fault(scene.world, &(struct fault){ .kind = FAULT_RESET_AFTER,
						  .method = "ssh:vtysh -C -f",
						  .count = 2 });
	struct outcome outcome = push(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_not_null(strstr(outcome.err.text, "the previous configuration is NOT back"),
			   "%s", outcome.err.text);
	second_push_is_well(&scene, "it was lost");
}

Test(router, keeps_its_configuration_when_a_session_does_not_come_up)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	const char *old = running(&scene);

	world_bgp(scene.world, "mini02", "172.29.51.1", "active");
	struct outcome outcome = push(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert_not_null(strstr(outcome.err.text, "5 of 6 BGP sessions are established"), "%s",
			   outcome.err.text);
	cr_assert_str_eq(running(&scene), old);
	world_bgp(scene.world, "mini02", "172.29.51.1", "established");
	second_push_is_well(&scene, "a session did not come up");
}

static void drop_session(void *context, const char *node, const char *method)
{
	(void)node;
	(void)method;
	world_bgp(((struct scene *)context)->world, NULL, NULL, "active");
}

/* They are all established at the first look, and gone at the next. */
Test(router, keeps_its_configuration_when_sessions_do_not_last)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	begin(&scene);
	const char *old = running(&scene);

	world_fault(scene.world, &(struct fault){ .kind = FAULT_NONE,
						  .method = "ssh:show bgp summary json",
						  .skip = 2,
						  .count = 1,
						  .on_hit = drop_session,
						  .context = &scene });
	struct outcome outcome = push(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED, "%s", outcome.err.text);
	cr_assert_eq(outcome.err.kind, ERR_TIMEOUT, "%s", outcome.err.text);
	cr_assert_str_eq(running(&scene), old);
}

Test(router, that_is_somebody_elses_is_left_alone)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .pace = &world_pace_fast });
	router_says(&scene, "cat >f; vtysh -f f", "router bgp 65001\n bgp router-id 10.0.0.1\n");
	const char *old = running(&scene);
	struct outcome outcome = push(&scene);

	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_CONFLICT, "%s", outcome.err.text);
	cr_assert_not_null(strstr(outcome.err.text, "already runs \"router bgp 65001\""), "%s",
			   outcome.err.text);
	cr_assert_str_eq(running(&scene), old);
}

/* Pushed before there is a cluster, `up` ends with the sessions that it names. */
Test(router, that_was_configured_first_has_its_sessions_when_up_ends)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .pace = &world_pace_fast });
	struct outcome outcome = push(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_wait(&scene, 2 * SECOND);
	outcome = scene_up(&scene);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);

	struct router_status status;
	const char *summary = router_says(&scene, ROUTER_STATUS_COMMAND, NULL);

	cr_assert_eq(router_status_read(scene.arena, summary, strlen(summary), &status, NULL), 0);
	cr_assert_eq(status.peers, 6);
	cr_assert_eq(status.established, 6);
}
