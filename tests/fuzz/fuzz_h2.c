/*
 * Whatever a peer sends, our side must stay whole: each call ends exactly once, each request is
 * answered or told gone, and nothing runs for ever.
 *
 * The first byte says who we are ('C': a client with three calls, else a server), the second how
 * long the pieces are in which the rest arrives.
 */
#include "loop/loop.h"
#include "net/pipe.h"
#include "rpc/channel.h"
#include "rpc/server.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CALLS 3

struct caller {
	struct call call;
	size_t ends;
};

struct stage {
	struct loop *loop;
	struct dialer dialer;
	struct stream_user user;
	struct stream *raw; /* our end of the last pipe: the peer is what we write here */
	struct rpc_server_ops ops;
	size_t open, dials;
	struct caller callers[CALLS];
};

static void ignore(struct stream_user *user)
{
	(void)user;
}

static void take_raw(struct stage *stage, struct stream *raw)
{
	stream_close(stage->raw);
	stage->raw = raw;
	stage->user.on_ready = ignore;
	stream_attach(raw, &stage->user);
}

static int dial_raw(struct dialer *dialer, const struct dial_target *target, struct stream **out,
		    struct err *err)
{
	struct stage *stage = container_of(dialer, struct stage, dialer);
	struct stream *raw;

	(void)target;
	if (stage->dials++ > 0)
		return err_set(err, ERR_NET, "connection refused");
	pipe_new(stage->loop, out, &raw);
	take_raw(stage, raw);
	return 0;
}

static void on_message(struct call *call, const void *data, size_t len)
{
	const struct caller *caller = container_of(call, struct caller, call);

	(void)data;
	if (caller->ends > 0 || len > RPC_MESSAGE_MAX)
		abort();
}

static void on_end(struct call *call, const struct err *err)
{
	struct caller *caller = container_of(call, struct caller, call);

	if (err->kind != ERR_NONE && err->text[0] == '\0')
		abort();
	caller->ends++;
}

static void on_call(struct rpc_server_ops *ops, struct rpc_request *request)
{
	struct stage *stage = container_of(ops, struct stage, ops);

	if (strcmp(request->method, "/hold") == 0) {
		stage->open++;
		return;
	}
	rpc_reply(request, request->message, request->len);
	rpc_end(request, RPC_OK, NULL);
}

static void on_gone(struct rpc_server_ops *ops, struct rpc_request *request)
{
	(void)request;
	container_of(ops, struct stage, ops)->open--;
}

static void stop(struct timer *timer)
{
	loop_stop(timer->loop);
}

/* Lets what is on its way arrive; time moves by a second only. */
static void settle(struct stage *stage)
{
	struct timer timer;

	timer_init(&timer, stage->loop, stop);
	timer_set(&timer, loop_now(stage->loop) + SECOND);
	loop_run(stage->loop, NULL);
	timer_cancel(&timer);
}

static void play(struct stage *stage, const uint8_t *data, size_t size, size_t piece)
{
	size_t sent;
	char waste[4096];

	settle(stage);
	while (size > 0 && stage->raw) {
		size_t len = size < piece ? size : piece;

		if (stream_send(stage->raw, data, len, &sent, NULL) != IO_DONE)
			break;
		data += sent;
		size -= sent;
		settle(stage);
		while (stream_recv(stage->raw, waste, sizeof(waste), &sent, NULL) == IO_DONE)
			;
	}
}

static void play_server(struct stage *stage, const uint8_t *data, size_t size, size_t piece)
{
	struct rpc_server *server = rpc_server_new(stage->loop, &stage->ops);
	struct stream *near, *far;

	pipe_new(stage->loop, &near, &far);
	take_raw(stage, near);
	rpc_server_take(server, far);
	play(stage, data, size, piece);
	stream_close(stage->raw);
	loop_run(stage->loop, NULL);
	if (rpc_server_connections(server) != 0 || stage->open != 0)
		abort();
	rpc_server_free(server);
}

static void play_client(struct stage *stage, const uint8_t *data, size_t size, size_t piece)
{
	static const struct trust trust = { .insecure = true };
	static const struct call_ops ops = { on_message, on_end };
	const struct dial_target target = { .address = "10.0.0.1", .port = 50000, .trust = &trust };
	struct channel *channel = channel_new(stage->loop, &stage->dialer, &target);

	for (size_t i = 0; i < CALLS; i++) {
		struct call_request request = { .method = "/echo",
						.timeout = HOUR,
						.streaming = i != 1,
						.ops = &ops };

		call_start(&stage->callers[i].call, channel, &request);
	}
	play(stage, data, size, piece);
	stream_close(stage->raw);
	loop_run(stage->loop, NULL);
	for (size_t i = 0; i < CALLS; i++) {
		if (stage->callers[i].ends != 1)
			abort();
	}
	channel_free(channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stage stage = {
		.loop = loop_new_virtual(0),
		.dialer.dial = dial_raw,
		.ops = { on_call, on_gone },
	};

	if (size >= 2) {
		size_t piece = data[1] == 255 ? 1 << 16 : (size_t)data[1] + 1;

		(data[0] == 'C' ? play_client : play_server)(&stage, data + 2, size - 2, piece);
	}
	loop_free(stage.loop);
	return 0;
}
