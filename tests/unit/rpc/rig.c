#include "rig.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

static void reply_many(struct rpc_request *request)
{
	for (char c = '0'; c <= '9'; c++)
		rpc_reply(request, &c, 1);
	rpc_end(request, RPC_OK, NULL);
}

static void reply_big(struct rpc_request *request)
{
	char *text = arena_strn(request->arena, request->message, request->len);
	uint64_t size = 0;

	cr_assert(text_u64(text, &size));
	void *data = mem_new(size);
	rpc_reply(request, data, size);
	rpc_end(request, RPC_OK, NULL);
	mem_free(data, size);
}

static void reply_some(struct rpc_request *request, size_t count, enum rpc_code code,
		       const char *message)
{
	for (size_t i = 0; i < count; i++)
		rpc_reply(request, request->message, request->len);
	rpc_end(request, code, message);
}

static void serve(struct rig *rig, struct rpc_request *request)
{
	static const struct {
		const char *method;
		size_t replies;
		enum rpc_code code;
		const char *message;
	} rows[] = {
		{ "/echo", 1, RPC_OK, NULL },
		{ "/twice", 2, RPC_OK, "" },
		{ "/none", 0, RPC_OK, NULL },
		{ "/deny", 0, RPC_PERMISSION_DENIED, "not authorized: 100%\n\xc3\xa4" },
		{ "/partial", 1, RPC_UNAVAILABLE, "going down" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].method, request->method) == 0) {
			reply_some(request, rows[i].replies, rows[i].code, rows[i].message);
			return;
		}
	}
	if (strcmp(request->method, "/many") == 0)
		reply_many(request);
	else if (strcmp(request->method, "/big") == 0)
		reply_big(request);
	else if (strcmp(request->method, "/break") == 0)
		rpc_break(request);
	else if (strcmp(request->method, "/hold") == 0)
		rig->held = request;
	else
		rpc_end(request, RPC_UNIMPLEMENTED, "unknown method");
}

static void on_call(struct rpc_server_ops *ops, struct rpc_request *request)
{
	struct rig *rig = container_of(ops, struct rig, ops);

	rig->calls++;
	str_addf(&rig->log, "call %s\n", request->method);
	(rig->serve ? rig->serve : serve)(rig, request);
}

static void on_gone(struct rpc_server_ops *ops, struct rpc_request *request)
{
	struct rig *rig = container_of(ops, struct rig, ops);

	rig->gone++;
	str_addf(&rig->log, "gone %s\n", request->method);
	if (rig->held == request)
		rig->held = NULL;
}

static int rig_dial(struct dialer *dialer, const struct dial_target *target, struct stream **out,
		    struct err *err)
{
	struct rig *rig = container_of(dialer, struct rig, dialer);

	(void)target;
	rig->dials++;
	if (rig->dial)
		return rig->dial(rig, out, err);
	if (!rig->server)
		return err_set(err, ERR_NET, "connection refused");
	pipe_new(rig->loop, out, &rig->far);
	rpc_server_take(rig->server, rig->far);
	return 0;
}

void rig_init(struct rig *rig)
{
	static const struct trust trust = { .insecure = true };
	const struct dial_target target = { .address = "10.0.0.1", .port = 50000, .trust = &trust };

	*rig = (struct rig){
		.loop = loop_new_virtual(0),
		.dialer.dial = rig_dial,
		.ops = { on_call, on_gone },
		.log = STR_INIT(1 << 20),
	};
	rig->server = rpc_server_new(rig->loop, &rig->ops);
	rig->channel = channel_new(rig->loop, &rig->dialer, &target);
}

void rig_done(struct rig *rig)
{
	channel_free(rig->channel);
	rpc_server_free(rig->server);
	loop_free(rig->loop);
	str_done(&rig->log);
}

void rig_run(struct rig *rig)
{
	cr_assert_eq(loop_run(rig->loop, NULL), 0);
}

static void stop(struct timer *timer)
{
	loop_stop(timer->loop);
}

void rig_run_until(struct rig *rig, uint64_t due)
{
	struct timer timer;

	timer_init(&timer, rig->loop, stop);
	timer_set(&timer, due);
	rig_run(rig);
	timer_cancel(&timer);
}

static void on_message(struct call *call, const void *data, size_t len)
{
	struct client *client = container_of(call, struct client, call);

	client->messages++;
	client->bytes += len;
	if (!client->quiet) {
		str_addn(&client->got, data, len);
		str_addc(&client->got, '|');
	}
	if (client->at_message)
		client->at_message(client);
}

static void on_end(struct call *call, const struct err *err)
{
	struct client *client = container_of(call, struct client, call);

	cr_assert_not(call_is_running(call));
	client->ends++;
	client->err = *err;
	if (client->at_end)
		client->at_end(client);
}

void client_start_with(struct client *client, struct rig *rig, struct call_request *request)
{
	static const struct call_ops ops = { on_message, on_end };
	size_t ends = client->ends;

	client->rig = rig;
	if (client->got.max == 0)
		str_init(&client->got, 1 << 20);
	if (request->timeout == 0)
		request->timeout = 10 * SECOND;
	request->ops = &ops;
	call_start(&client->call, rig->channel, request);
	cr_assert(call_is_running(&client->call));
	cr_assert_eq(client->ends, ends, "the end is not told from inside call_start");
}

void client_start(struct client *client, struct rig *rig, const char *method, const char *message)
{
	struct call_request request = { .method = method,
					.message = message,
					.len = strlen(message) };

	client_start_with(client, rig, &request);
}

void client_done(struct client *client)
{
	str_done(&client->got);
}
