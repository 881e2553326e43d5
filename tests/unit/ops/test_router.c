#include "ops/router.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

/* A router that answers from a list, in the same loop. */
struct answer {
	const char *command; /* how it must begin */
	const char *output;
	int code;
	enum err_kind kind; /* of a command that cannot run */
};

struct scene {
	struct loop *loop;
	struct ssh_door door;
	struct task task;
	struct ssh_run *waiting;
	const struct answer *answer;
	size_t at, answers;
	struct str inputs;
	struct router_push push;
	struct err err;
	bool ended;
};

static void answer(struct task *task)
{
	struct scene *scene = container_of(task, struct scene, task);
	const struct answer *now = &scene->answer[scene->at++];
	struct ssh_run *run = scene->waiting;
	struct err err = ERR_INIT;

	run->door = NULL;
	run->result.code = now->code;
	str_add(&run->result.output, now->output ? now->output : "");
	if (now->kind)
		err_set(&err, now->kind, "the router is gone");
	run->on_end(run, &err);
}

static void start(struct ssh_door *door, struct ssh_run *run, const struct ssh_target *target,
		  const struct ssh_request *request)
{
	struct scene *scene = container_of(door, struct scene, door);

	cr_assert_str_eq(target->host, "router");
	cr_assert_lt(scene->at, scene->answers, "one more: %s", request->command);
	cr_assert(strstr(request->command, scene->answer[scene->at].command), "%s, not %s",
		  request->command, scene->answer[scene->at].command);
	if (request->len > 0) {
		str_addn(&scene->inputs, request->input, request->len);
		str_add(&scene->inputs, "--\n");
	}
	scene->waiting = run;
	task_post(&scene->task);
}

static void cancel(struct ssh_door *door, struct ssh_run *run)
{
	(void)run;
	task_cancel(&container_of(door, struct scene, door)->task);
}

static void pushed(struct router_push *push, const struct err *err)
{
	struct scene *scene = container_of(push, struct scene, push);

	cr_assert_not(scene->ended);
	scene->ended = true;
	scene->err = *err;
}

#define OLD "!\nrouter bgp 64513\n neighbor K8S4 peer-group\n neighbor OTHER peer-group\nexit\n" \
	    "ip prefix-list WEB seq 10 permit 10.0.0.0/32\n!\n"
#define RUNNING "Building configuration...\n\nCurrent configuration:\n" OLD
#define NEW "router bgp 64513\n neighbor K8S4 peer-group\n neighbor K8S4 password hunter2\n" \
	    "ip prefix-list WEB seq 10 permit 10.0.0.1/32\n"                                 \
	    "ip prefix-list WEB seq 20 permit 10.0.0.2/32\nroute-map K8S-IN4 deny 65535\n"
#define GROUP "router bgp 64513\n no neighbor K8S4 peer-group\nexit\n"
#define UP "{\"ipv4Unicast\":{\"peers\":{\"10.0.0.1\":{\"state\":\"Established\"}}}}"
#define DOWN "{\"ipv4Unicast\":{\"peers\":{\"10.0.0.1\":{\"state\":\"Active\"}}}}"

#define READ_OLD                                       \
	{                                              \
		"running-config", RUNNING, 0, ERR_NONE \
	}
#define APPLY                                    \
	{                                        \
		"vtysh -C -f", NULL, 0, ERR_NONE \
	}
#define UNDO                                \
	{                                   \
		"exit 0", NULL, 0, ERR_NONE \
	}
#define SAVE                                      \
	{                                         \
		"write memory", NULL, 0, ERR_NONE \
	}
#define SEE(output)                                          \
	{                                                    \
		"show bgp summary json", output, 0, ERR_NONE \
	}

#define CHANGE GROUP "no ip prefix-list WEB\n" NEW "--\n"
#define BACK GROUP "no ip prefix-list WEB\nno route-map K8S-IN4\n--\n\n" OLD "--\n"

/* clang-format off */
static const struct {
	const char *name;
	struct answer answer[10];
	size_t sessions;
	enum err_kind kind;
	const char *text, *inputs;
} pushes[] = {
	{ "all is well", { READ_OLD, APPLY, SEE(DOWN), SEE(UP), SEE(UP), SAVE }, 1, ERR_NONE, "",
	  CHANGE },
	{ "nobody is waited for", { READ_OLD, APPLY, SEE("{\n}\n"), SAVE }, 0, ERR_NONE, "",
	  CHANGE },
	{ "a router without BGP",
	  { { "running-config", "Current configuration:\n!\n", 0, ERR_NONE }, APPLY, SEE(UP),
	    SEE(UP), SAVE },
	  1,
	  ERR_NONE,
	  "",
	  NEW "--\n" },
	{ "another AS",
	  { { "running-config", "Current configuration:\nrouter bgp 1\n", 0, ERR_NONE } },
	  1,
	  ERR_CONFLICT,
	  "already runs \"router bgp 1\"",
	  "" },
	{ "it cannot be read", { { "running-config", NULL, 1, ERR_NONE } }, 1, ERR_REMOTE,
	  "read the running configuration", "" },
	{ "it is not understood", { READ_OLD, { "vtysh", NULL, 91, ERR_NONE } }, 1, ERR_REMOTE,
	  "nothing was changed", CHANGE },
	{ "it does not apply",
	  { READ_OLD, { "vtysh", NULL, 1, ERR_NONE }, UNDO, APPLY },
	  1,
	  ERR_REMOTE,
	  "the previous configuration is back: apply",
	  CHANGE BACK },
	{ "the connection ends on the way",
	  { READ_OLD, { "vtysh", NULL, -1, ERR_NET }, UNDO, APPLY },
	  1,
	  ERR_NET,
	  "the previous configuration is back: apply",
	  CHANGE BACK },
	{ "no session comes up",
	  { READ_OLD, APPLY, SEE(DOWN), SEE(DOWN), SEE(DOWN), UNDO, APPLY },
	  1,
	  ERR_TIMEOUT,
	  "0 of 1 BGP sessions",
	  CHANGE BACK },
	{ "it tells nonsense",
	  { READ_OLD, APPLY, SEE("what?"), UNDO, APPLY },
	  1,
	  ERR_REMOTE,
	  "does not tell of its BGP sessions",
	  CHANGE BACK },
	{ "a session that does not last",
	  { READ_OLD, APPLY, SEE(UP), SEE(DOWN), SEE(UP), SEE(DOWN), UNDO, APPLY },
	  1,
	  ERR_TIMEOUT,
	  "0 of 1 BGP sessions",
	  CHANGE BACK },
	{ "a session that comes up at the last moment",
	  { READ_OLD, APPLY, SEE(DOWN), SEE(DOWN), SEE(UP), SEE(UP), SAVE },
	  1,
	  ERR_NONE,
	  "",
	  CHANGE },
	{ "it is not saved",
	  { READ_OLD, APPLY, SEE(UP), SEE(UP), { "write memory", NULL, 1, ERR_NONE }, UNDO, APPLY,
	    SAVE },
	  1,
	  ERR_REMOTE,
	  "the previous configuration is back: save the configuration",
	  CHANGE BACK },
	{ "it was saved, but nobody is told",
	  { READ_OLD, APPLY, SEE(UP), SEE(UP), { "write memory", NULL, -1, ERR_NET }, UNDO, APPLY,
	    { "write memory", NULL, -1, ERR_NET } },
	  1,
	  ERR_NET,
	  "the previous configuration is back, but NOT saved (net): save the configuration",
	  CHANGE BACK },
	{ "nor brought back",
	  { READ_OLD, { "vtysh", NULL, 1, ERR_NONE }, UNDO, { "vtysh", NULL, 1, ERR_NONE } },
	  1,
	  ERR_REMOTE,
	  "the previous configuration is NOT back",
	  CHANGE BACK },
	{ "gone before it is brought back",
	  { READ_OLD, { "vtysh", NULL, 1, ERR_NONE }, { "exit 0", NULL, -1, ERR_NET } },
	  1,
	  ERR_REMOTE,
	  "the previous configuration is NOT back",
	  CHANGE GROUP "no ip prefix-list WEB\nno route-map K8S-IN4\n--\n" },
};
/* clang-format on */

static void begin(struct scene *scene, const struct answer *answers, size_t count)
{
	*scene = (struct scene){ .loop = loop_new_virtual(0),
				 .door = { start, cancel },
				 .answer = answers,
				 .inputs = STR_INIT(1 << 16) };
	while (scene->answers < count && answers[scene->answers].command)
		scene->answers++;
	task_init(&scene->task, scene->loop, answer);
}

static void push(struct scene *scene, size_t sessions)
{
	const struct router_link link = { .loop = scene->loop,
					  .door = &scene->door,
					  .target = { .host = "router", .port = SSH_PORT } };
	const struct router_push_request request = { .text = NEW,
						     .sessions = sessions,
						     .verify_time = 5 * SECOND };

	router_push_start(&scene->push, &link, &request, pushed);
}

static void finish(struct scene *scene)
{
	router_push_done(&scene->push);
	str_done(&scene->inputs);
	loop_free(scene->loop);
}

Test(router, a_push_ends_well_or_brings_the_old_configuration_back)
{
	for (size_t i = 0; i < ARRAY_LEN(pushes); i++) {
		struct scene scene;

		begin(&scene, pushes[i].answer, ARRAY_LEN(pushes[i].answer));
		push(&scene, pushes[i].sessions);
		cr_assert_eq(loop_run(scene.loop, NULL), 0);
		cr_assert(scene.ended, "%s", pushes[i].name);
		cr_assert_eq(scene.err.kind, pushes[i].kind, "%s: %s", pushes[i].name,
			     scene.err.text);
		cr_assert_not_null(strstr(scene.err.text, pushes[i].text), "%s: %s", pushes[i].name,
				   scene.err.text);
		cr_assert_null(strstr(scene.err.text, "hunter2"));
		cr_assert_eq(scene.at, scene.answers, "%s", pushes[i].name);
		cr_assert_str_eq(str_text(&scene.inputs), pushes[i].inputs, "%s", pushes[i].name);
		finish(&scene);
	}
}

Test(router, a_push_can_be_given_up_at_any_time)
{
	static const struct answer answers[] = { READ_OLD, APPLY, SEE(DOWN), SEE(UP), SEE(UP),
						 SAVE };

	for (size_t i = 0; i <= ARRAY_LEN(answers); i++) {
		struct scene scene;

		begin(&scene, answers, ARRAY_LEN(answers));
		push(&scene, 1);
		for (size_t j = 0; j < i; j++)
			if (scene.task.queued) {
				task_cancel(&scene.task);
				answer(&scene.task);
			}
		finish(&scene);
	}
}

static const struct {
	const char *name, *text;
	size_t peers, established;
	int result;
} summaries[] = {
	{ "no peer at all", "{\n}\n", 0, 0, 0 },
	{ "one of two is up",
	  "{\"ipv4Unicast\":{\"routerId\":\"1.1.1.1\",\"peers\":{\"10.0.0.1\":{\"remoteAs\":64512,"
	  "\"state\":\"Established\",\"pfxRcd\":3,\"peerUptimeMsec\":5000}}},"
	  "\"ipv6Unicast\":{\"peers\":{\"fd00::1\":{\"state\":\"Active\"}}}}",
	  2, 1, 0 },
	{ "a list", "[]", 0, 0, -1 },
	{ "no JSON", "% BGP instance not found\n", 0, 0, -1 },
	{ "nothing", "", 0, 0, -1 },
};

Test(router, sessions_are_read_from_the_summary)
{
	for (size_t i = 0; i < ARRAY_LEN(summaries); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct router_status status = { 0 };
		struct err err = ERR_INIT;

		cr_assert_eq(router_status_read(arena, summaries[i].text, strlen(summaries[i].text),
						&status, &err),
			     summaries[i].result, "%s", summaries[i].name);
		cr_assert_eq(status.peers, summaries[i].peers, "%s", summaries[i].name);
		cr_assert_eq(status.established, summaries[i].established);
		if (status.peers == 0)
			continue;
		cr_assert_str_eq(status.peer[0].address, "10.0.0.1");
		cr_assert_str_eq(status.peer[0].family, "ipv4");
		cr_assert_eq(status.peer[0].asn, 64512);
		cr_assert_eq(status.peer[0].prefixes, 3);
		cr_assert_eq(status.peer[0].up_ms, 5000);
		cr_assert_str_eq(status.peer[1].state, "Active");
	}
}
