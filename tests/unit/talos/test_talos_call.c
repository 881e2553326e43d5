#include "wire.h"

#include "base/own.h"
#include "base/text.h"
#include "net/pipe.h"
#include "rpc/server.h"
#include "talos/talos.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- a node that answers what a test says, in the virtual loop ------------------------------- */

struct answer {
	const char *path; /* that must have been called; NULL: any */
	const struct str *messages[3];
	enum rpc_code code;
	const char *text;
	bool hold; /* the end is not sent */
};

struct rig {
	struct loop *loop;
	struct dialer dialer;
	struct rpc_server *server;
	struct rpc_server_ops ops;
	struct channel *channel;
	struct answer answer;
	struct str request;   /* the last */
	bool refuse;	      /* to be dialled */
	unsigned dials, port; /* the last */
	size_t calls, gone;
};

static void on_call(struct rpc_server_ops *ops, struct rpc_request *request)
{
	struct rig *rig = container_of(ops, struct rig, ops);
	const struct answer *answer = &rig->answer;

	rig->calls++;
	str_clear(&rig->request);
	str_addn(&rig->request, request->message, request->len);
	if (answer->path)
		cr_assert_str_eq(request->method, answer->path);
	for (size_t i = 0; i < ARRAY_LEN(answer->messages) && answer->messages[i]; i++)
		rpc_reply(request, str_text(answer->messages[i]), answer->messages[i]->len);
	if (!answer->hold)
		rpc_end(request, answer->code, answer->text);
}

static void on_gone(struct rpc_server_ops *ops, struct rpc_request *request)
{
	(void)request;
	container_of(ops, struct rig, ops)->gone++;
}

static int rig_dial(struct dialer *dialer, const struct dial_target *target, struct stream **out,
		    struct err *err)
{
	struct rig *rig = container_of(dialer, struct rig, dialer);
	struct stream *far;

	rig->dials++;
	rig->port = target->port;
	if (rig->refuse)
		return err_set(err, ERR_NET, "connection refused");
	pipe_new(rig->loop, out, &far);
	rpc_server_take(rig->server, far);
	return 0;
}

static void rig_init(struct rig *rig)
{
	static const struct trust trust = { .insecure = true };
	const struct dial_target target = { .address = "10.0.0.1", .trust = &trust };

	*rig = (struct rig){
		.loop = loop_new_virtual(0),
		.dialer.dial = rig_dial,
		.ops = { on_call, on_gone },
		.request = STR_INIT(1 << 20),
	};
	rig->server = rpc_server_new(rig->loop, &rig->ops);
	rig->channel = talos_connect(rig->loop, &rig->dialer, &target);
}

static void rig_done(struct rig *rig)
{
	talos_disconnect(rig->channel);
	rpc_server_free(rig->server);
	loop_free(rig->loop);
	str_done(&rig->request);
}

static void stop(struct timer *timer)
{
	loop_stop(timer->loop);
}

/* A second is enough for everything but deadlines. */
static void rig_run(struct rig *rig)
{
	struct timer timer;

	timer_init(&timer, rig->loop, stop);
	timer_set(&timer, loop_now(rig->loop) + SECOND);
	cr_assert_eq(loop_run(rig->loop, NULL), 0);
	timer_cancel(&timer);
}

/* ---- who asks -------------------------------------------------------------------------------- */

struct asker {
	struct talos_call call;
	struct rig *rig;
	unsigned replies, ends;
	struct str got; /* what kept makes of each reply */
	struct err err;
	void (*keep)(struct asker *asker, const void *reply);
	void (*at_end)(struct asker *asker);
};

static void on_reply(struct talos_call *call, const void *reply)
{
	struct asker *asker = container_of(call, struct asker, call);

	cr_assert_eq(reply, call->reply);
	cr_assert(talos_call_is_running(call));
	asker->replies++;
	if (asker->keep)
		asker->keep(asker, reply);
}

static void on_end(struct talos_call *call, const struct err *err)
{
	struct asker *asker = container_of(call, struct asker, call);

	cr_assert_not(talos_call_is_running(call));
	asker->ends++;
	asker->err = *err;
	if (asker->at_end)
		asker->at_end(asker);
}

static const struct talos_call_ops ops = { on_reply, on_end };

static void ask(struct asker *asker, struct rig *rig, const struct talos_method *method,
		const void *request)
{
	unsigned ends = asker->ends;

	asker->rig = rig;
	if (asker->got.max == 0)
		str_init(&asker->got, 4096);
	talos_start(&asker->call, rig->channel, method, request, &ops);
	cr_assert(talos_call_is_running(&asker->call));
	cr_assert_eq(asker->ends, ends);
}

static void asker_done(struct asker *asker)
{
	talos_call_done(&asker->call);
	cr_assert_null(asker->call.arena);
	str_done(&asker->got);
}

static void check_error(const struct asker *asker, enum err_kind kind, const char *text)
{
	cr_assert_eq(asker->ends, 1);
	cr_assert_str_eq(asker->err.text, text);
	cr_assert_eq(asker->err.kind, kind, "%s", text);
}

static void version_wire(struct str *out, const char *tag)
{
	struct str info SCOPED(str_done) = STR_INIT(256);
	struct str version SCOPED(str_done) = STR_INIT(256);

	wire_text(&info, 1, tag);
	wire_message(&version, 2, &info);
	wire_message(out, 1, &version);
}

static void service_wire(struct str *out, bool running)
{
	struct str spec SCOPED(str_done) = STR_INIT(64);

	wire_number(&spec, 1, running);
	wire_resource(out, resource_service.type, &spec);
}

/* ---- tests ----------------------------------------------------------------------------------- */

Test(talos_call, one_reply)
{
	struct str wire SCOPED(str_done) = STR_INIT(256);
	struct asker asker = { 0 };
	struct rig rig;

	rig_init(&rig);
	version_wire(&wire, "v1.13.9");
	rig.answer = (struct answer){ .path = "/machine.MachineService/Version",
				      .messages = { &wire } };
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	cr_assert_eq(asker.replies, 1);
	check_error(&asker, ERR_NONE, "");
	cr_assert_str_eq(((const struct talos_version *)asker.call.reply)->tag, "v1.13.9");
	cr_assert_eq(rig.request.len, 0);
	cr_assert_eq(rig.port, TALOS_PORT);
	asker_done(&asker);
	rig_done(&rig);
}

Test(talos_call, the_request_goes_out)
{
	struct asker asker = { 0 };
	struct rig rig;
	const struct talos_read_request request = { .path = TALOS_BOOT_ID };

	rig_init(&rig);
	rig.answer.path = "/machine.MachineService/Read";
	ask(&asker, &rig, &talos_read, &request);
	rig_run(&rig);
	check_error(&asker, ERR_NONE, "");
	cr_assert_eq(asker.replies, 0);
	cr_assert_eq(rig.request.len, sizeof(TALOS_BOOT_ID) + 1);
	cr_assert_eq(memcmp(str_text(&rig.request) + 2, TALOS_BOOT_ID, rig.request.len - 2), 0);
	asker_done(&asker);
	rig_done(&rig);
}

static void keep_running(struct asker *asker, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_service_state *service = resource->spec;

	str_addf(&asker->got, "%s %d;", resource->id, service->running);
}

Test(talos_call, a_stream)
{
	const struct talos_get_request request = { .type = &resource_service };
	struct str up SCOPED(str_done) = STR_INIT(256);
	struct str down SCOPED(str_done) = STR_INIT(256);
	struct asker asker = { .keep = keep_running };
	struct rig rig;

	rig_init(&rig);
	service_wire(&up, true);
	service_wire(&down, false);
	rig.answer = (struct answer){ .path = "/cosi.resource.State/List",
				      .messages = { &up, &down, &up } };
	ask(&asker, &rig, &talos_list, &request);
	rig_run(&rig);
	check_error(&asker, ERR_NONE, "");
	cr_assert_str_eq(str_text(&asker.got), "one 1;one 0;one 1;");
	asker_done(&asker);
	rig_done(&rig);
}

static const struct talos_get_request get_machine = { .type = &resource_machine_status };
static const struct talos_get_request watch_services = { .type = &resource_service };

Test(talos_call, statuses)
{
	static const struct {
		const struct talos_method *method;
		const void *request;
		enum rpc_code code;
		const char *message;
		enum err_kind kind;
		const char *text;
		bool (*says)(const struct err *err);
	} rows[] = {
		{ &talos_bootstrap, NULL, RPC_ALREADY_EXISTS,
		  "etcd data directory is not empty", ERR_CONFLICT,
		  "bootstrap etcd: etcd data directory is not empty", talos_says_exists },
		{ &talos_bootstrap, NULL, RPC_FAILED_PRECONDITION, "time is not in sync yet",
		  ERR_CONFLICT, "bootstrap etcd: time is not in sync yet", talos_says_not_yet },
		{ &talos_version, NULL, RPC_UNIMPLEMENTED, "unknown method\n", ERR_REMOTE,
		  "read the version: unknown method", talos_says_unimplemented },
		{ &talos_get, &get_machine, RPC_NOT_FOUND, "it doesn't exist", ERR_NOT_FOUND,
		  "read the machine status: it doesn't exist", NULL },
		{ &talos_watch, &watch_services, RPC_PERMISSION_DENIED, "not authorized", ERR_AUTH,
		  "watch the services: not authorized", NULL },
		{ &talos_events, NULL, RPC_OK, NULL, ERR_NONE, "", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct asker asker = { 0 };
		struct rig rig;

		rig_init(&rig);
		rig.answer.code = rows[i].code;
		rig.answer.text = rows[i].message;
		ask(&asker, &rig, rows[i].method, rows[i].request);
		rig_run(&rig);
		check_error(&asker, rows[i].kind, rows[i].text);
		cr_assert_eq(asker.replies, 0);
		if (rows[i].says)
			cr_assert(rows[i].says(&asker.err), "%s", rows[i].text);
		asker_done(&asker);
		rig_done(&rig);
	}
}

Test(talos_call, garbage_ends_it_once)
{
	struct str garbage SCOPED(str_done) = STR_INIT(16);
	struct asker asker = { 0 };
	struct rig rig;

	rig_init(&rig);
	str_addn(&garbage, "\x0a\x05\xff", 3);
	rig.answer.messages[0] = &garbage;
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	check_error(&asker, ERR_REMOTE,
		    "read the version: the answer is not a valid machine.VersionResponse");
	cr_assert_eq(asker.replies, 0);
	asker_done(&asker);
	rig_done(&rig);
}

Test(talos_call, garbage_in_a_stream_cancels_it)
{
	struct str up SCOPED(str_done) = STR_INIT(256);
	struct str garbage SCOPED(str_done) = STR_INIT(16);
	struct asker asker = { .keep = keep_running };
	struct rig rig;

	rig_init(&rig);
	service_wire(&up, true);
	wire_text(&garbage, 1, "");
	rig.answer = (struct answer){ .messages = { &up, &garbage, &up }, .hold = true };
	ask(&asker, &rig, &talos_list, &watch_services);
	rig_run(&rig);
	check_error(&asker, ERR_REMOTE, "read the services: the answer names no resource");
	cr_assert_eq(asker.replies, 1);
	cr_assert_eq(rig.gone, 1);
	asker_done(&asker);
	rig_done(&rig);
}

Test(talos_call, two_replies_where_one_is_due)
{
	struct str wire SCOPED(str_done) = STR_INIT(256);
	struct asker asker = { 0 };
	struct rig rig;

	rig_init(&rig);
	version_wire(&wire, "v1.13.9");
	rig.answer = (struct answer){ .messages = { &wire, &wire } };
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	cr_assert_eq(asker.ends, 1);
	cr_assert_eq(asker.replies, 1);
	cr_assert_eq(asker.err.kind, ERR_REMOTE, "%s", asker.err.text);
	cr_assert(text_starts(asker.err.text, "read the version: "), "%s", asker.err.text);
	asker_done(&asker);
	rig_done(&rig);
}

Test(talos_call, done_cancels)
{
	struct asker asker = { 0 };
	struct rig rig;

	rig_init(&rig);
	rig.answer.hold = true;
	ask(&asker, &rig, &talos_bootstrap, NULL);
	rig_run(&rig);
	cr_assert_eq(rig.calls, 1);
	asker_done(&asker);
	rig_run(&rig);
	cr_assert_eq(rig.gone, 1);
	cr_assert_eq(asker.ends, 0);
	talos_call_done(&asker.call);
	rig_done(&rig);
}

Test(talos_call, deadlines)
{
	static const struct {
		const struct talos_method *method;
		uint64_t timeout, ends;
		const char *text;
	} rows[] = {
		{ &talos_version, 0, 10 * SECOND, "read the version: no answer within 10s" },
		{ &talos_version, 3 * SECOND, 3 * SECOND, "read the version: no answer within 3s" },
		{ &talos_etcd_members, 0, 5 * SECOND,
		  "list the members of etcd: no answer within 5s" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct asker asker = { .call.timeout = rows[i].timeout };
		struct rig rig;

		rig_init(&rig);
		rig.answer.hold = true;
		ask(&asker, &rig, rows[i].method, NULL);
		while (asker.ends == 0 && loop_now(rig.loop) < MINUTE)
			rig_run(&rig);
		check_error(&asker, ERR_TIMEOUT, rows[i].text);
		cr_assert_geq(loop_now(rig.loop), rows[i].ends, "%s", rows[i].text);
		cr_assert_leq(loop_now(rig.loop), rows[i].ends + SECOND, "%s", rows[i].text);
		asker_done(&asker);
		rig_done(&rig);
	}
}

static void ask_until_three(struct asker *asker)
{
	cr_assert_not_null(asker->call.reply);
	if (asker->ends == 3)
		return;
	ask(asker, asker->rig, &talos_version, NULL);
	cr_assert_null(asker->call.reply);
}

Test(talos_call, it_can_be_used_again)
{
	static const struct talos_call_ops silent = { .on_end = on_end };
	struct str wire SCOPED(str_done) = STR_INIT(256);
	struct asker asker = { .at_end = ask_until_three };
	struct rig rig;

	rig_init(&rig);
	version_wire(&wire, "v1.13.9");
	rig.answer.messages[0] = &wire;
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	cr_assert_eq(asker.ends, 3);
	cr_assert_eq(asker.replies, 3);

	asker.at_end = NULL;
	talos_start(&asker.call, rig.channel, &talos_version, NULL, &silent);
	rig_run(&rig);
	cr_assert_eq(asker.ends, 4);
	cr_assert_eq(asker.replies, 3);
	cr_assert_str_eq(((const struct talos_version *)asker.call.reply)->tag, "v1.13.9");
	cr_assert_eq(rig.calls, 4);
	cr_assert_eq(rig.dials, 1);
	asker_done(&asker);
	rig_done(&rig);
}

#define EVENT_ID 2000 /* bytes */

static void keep_id(struct asker *asker, const void *reply)
{
	const struct talos_event *event = reply;

	str_addf(&asker->got, "%c;", event->id[0]);
	/* Only one of them is kept: the arena does not grow. */
	cr_assert_geq(arena_used(asker->call.arena), EVENT_ID);
	cr_assert_lt(arena_used(asker->call.arena), 2 * EVENT_ID);
}

Test(talos_call, replies_of_an_endless_stream_replace_each_other)
{
	struct str events[3] = { 0 };
	char id[EVENT_ID + 1] = "";
	struct asker asker = { .keep = keep_id };
	struct rig rig;

	rig_init(&rig);
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		memset(id, 'a' + (int)i, EVENT_ID);
		str_init(&events[i], 4096);
		wire_text(&events[i], 3, id);
		rig.answer.messages[i] = &events[i];
	}
	ask(&asker, &rig, &talos_events, &(struct talos_events_request){ .tail = -1 });
	rig_run(&rig);
	check_error(&asker, ERR_NONE, "");
	cr_assert_str_eq(str_text(&asker.got), "a;b;c;");
	asker_done(&asker);
	rig_done(&rig);
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		str_done(&events[i]);
}

static void done_at_once(struct asker *asker, const void *reply)
{
	(void)reply;
	talos_call_done(&asker->call);
}

Test(talos_call, done_from_inside_a_reply)
{
	struct str up SCOPED(str_done) = STR_INIT(256);
	struct asker asker = { .keep = done_at_once };
	struct rig rig;

	rig_init(&rig);
	service_wire(&up, true);
	rig.answer = (struct answer){ .messages = { &up, &up, &up }, .hold = true };
	ask(&asker, &rig, &talos_list, &watch_services);
	rig_run(&rig);
	cr_assert_eq(asker.replies, 1);
	cr_assert_eq(asker.ends, 0);
	cr_assert_eq(rig.gone, 1);
	asker_done(&asker);
	rig_done(&rig);
}

static void disconnect(struct asker *asker)
{
	talos_disconnect(asker->rig->channel);
	asker->rig->channel = NULL;
}

/* The end of a broken answer is told while the channel reads it. */
Test(talos_call, disconnecting_at_the_end_of_garbage)
{
	struct str garbage SCOPED(str_done) = STR_INIT(16);
	struct asker asker = { .at_end = disconnect };
	struct rig rig;

	rig_init(&rig);
	str_addn(&garbage, "\x0a\x05\xff", 3);
	rig.answer.messages[0] = &garbage;
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	cr_assert_eq(asker.ends, 1);
	cr_assert_null(rig.channel);
	asker_done(&asker);
	rig_done(&rig);
}

Test(talos_call, nobody_there)
{
	struct asker asker = { 0 };
	struct rig rig;

	rig_init(&rig);
	rig.refuse = true;
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	check_error(&asker, ERR_NET, "read the version: 10.0.0.1:50000: connection refused");
	asker_done(&asker);
	rig_done(&rig);
}

Test(talos_call, reconnecting_dials_anew)
{
	struct str wire SCOPED(str_done) = STR_INIT(256);
	struct asker asker = { 0 };
	struct rig rig;

	rig_init(&rig);
	rig.answer.hold = true;
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	talos_reconnect(rig.channel);
	rig_run(&rig);
	check_error(&asker, ERR_NET, "read the version: 10.0.0.1:50000: connection dropped");

	version_wire(&wire, "v1.13.9");
	rig.answer = (struct answer){ .messages = { &wire } };
	asker.ends = 0;
	ask(&asker, &rig, &talos_version, NULL);
	rig_run(&rig);
	check_error(&asker, ERR_NONE, "");
	cr_assert_eq(rig.dials, 2);
	asker_done(&asker);
	rig_done(&rig);
}
