#include "rpc/server.h"

#include "peer.h"
#include "rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A server whose client is hand-driven. */
#define RIG                                         \
	struct rig rig SCOPED(rig_done);            \
	struct peer peer SCOPED(peer_done) = { 0 }; \
	struct stream *near;                        \
	rig_init(&rig);                             \
	pipe_new(rig.loop, &near, &rig.far);        \
	rpc_server_take(rig.server, rig.far);       \
	peer_start(&peer, rig.loop, near, H2_CLIENT)

#define HEAD ":method: POST", ":scheme: https", ":path: /echo", ":authority: n"
#define GRPC "content-type: application/grpc"

static const struct {
	const char *name;
	const char *headers[8];
	const char *data;
	size_t len;
	const char *log;
} requests[] = {
	/* clang-format off */
	{ "good", { HEAD, GRPC }, "\0\0\0\0\1x", 6,
	  ":status: 200\ncontent-type: application/grpc\nheaders\n000000000178\n"
	  "grpc-status: 0\nheaders end\nclose NO_ERROR\n" },
	{ "trailers only", { ":method: POST", ":scheme: https", ":path: /deny", ":authority: n",
	  GRPC }, "\0\0\0\0\0", 5,
	  ":status: 200\ncontent-type: application/grpc\ngrpc-status: 7\n"
	  "grpc-message: not authorized: 100%25%0A%C3%A4\nheaders end\nclose NO_ERROR\n" },
	{ "message and failure", { ":method: POST", ":scheme: https", ":path: /partial",
	  ":authority: n", GRPC }, "\0\0\0\0\0", 5,
	  ":status: 200\ncontent-type: application/grpc\nheaders\n0000000000\n"
	  "grpc-status: 14\ngrpc-message: going down\nheaders end\nclose NO_ERROR\n" },
	{ "GET", { ":method: GET", ":scheme: https", ":path: /echo", ":authority: n", GRPC },
	  "\0\0\0\0\0", 5, ":status: 405\ncontent-type: application/grpc\ngrpc-status: 13\n"
	  "grpc-message: the HTTP method is not POST\nheaders end\nclose NO_ERROR\n" },
	{ "not gRPC", { HEAD, "content-type: application/json" }, "{}", 2,
	  ":status: 415\ncontent-type: application/grpc\ngrpc-status: 3\n"
	  "grpc-message: the content type is not gRPC's\nheaders end\nclose NO_ERROR\n" },
	{ "no type", { HEAD }, "{}", 2,
	  ":status: 415\ncontent-type: application/grpc\ngrpc-status: 3\n"
	  "grpc-message: the content type is not gRPC's\nheaders end\nclose NO_ERROR\n" },
	{ "bad timeout", { HEAD, GRPC, "grpc-timeout: 10" }, "\0\0\0\0\0", 5,
	  ":status: 400\ncontent-type: application/grpc\ngrpc-status: 13\n"
	  "grpc-message: malformed grpc-timeout\nheaders end\nclose NO_ERROR\n" },
	{ "nine digits", { HEAD, GRPC, "grpc-timeout: 123456789n" }, "\0\0\0\0\0", 5,
	  ":status: 400\ncontent-type: application/grpc\ngrpc-status: 13\n"
	  "grpc-message: malformed grpc-timeout\nheaders end\nclose NO_ERROR\n" },
	{ "no message", { HEAD, GRPC }, "", 0,
	  ":status: 200\ncontent-type: application/grpc\ngrpc-status: 13\n"
	  "grpc-message: the request has no whole message\nheaders end\nclose NO_ERROR\n" },
	{ "half a message", { HEAD, GRPC }, "\0\0\0\0\1", 5,
	  ":status: 200\ncontent-type: application/grpc\ngrpc-status: 13\n"
	  "grpc-message: the request has no whole message\nheaders end\nclose NO_ERROR\n" },
	{ "two messages", { HEAD, GRPC }, "\0\0\0\0\0\0\0\0\0\0", 10,
	  ":status: 200\ncontent-type: application/grpc\ngrpc-status: 13\n"
	  "grpc-message: the request has more than one message\nheaders end\nclose NO_ERROR\n" },
	{ "compressed", { HEAD, GRPC }, "\1\0\0\0\0", 5,
	  ":status: 200\ncontent-type: application/grpc\ngrpc-status: 13\n"
	  "grpc-message: a message is compressed though nobody asked for it\nheaders end\n"
	  "close NO_ERROR\n" },
	{ "too large", { HEAD, GRPC }, "\0\2\0\0\1", 5,
	  ":status: 200\ncontent-type: application/grpc\ngrpc-status: 8\n"
	  "grpc-message: a message of 33554433 bytes is over the limit of 33554432\nheaders end\n"
	  "close NO_ERROR\n" },
	{ "a connection header", { HEAD, GRPC, "connection: close" }, "\0\0\0\0\0", 5,
	  "close PROTOCOL_ERROR\n" },
	/* clang-format on */
};

Test(server, answers)
{
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		RIG;
		int32_t stream = peer_request(&peer, requests[i].headers);

		peer_send(&peer, stream, requests[i].data, requests[i].len, true);
		rig_run(&rig);
		cr_assert_str_eq(str_text(&peer.log), requests[i].log, "%s", requests[i].name);
	}
}

Test(server, a_refusal_does_not_wait_for_the_rest_of_the_request)
{
	RIG;
	static const char *const headers[] = { HEAD, "content-type: text/plain", NULL };
	int32_t stream = peer_request(&peer, headers);

	peer_send(&peer, stream, "some", 4, false);
	rig_run(&rig);
	cr_assert_not_null(strstr(str_text(&peer.log), "headers end\nclose NO_ERROR\n"));
}

Test(server, keeps_the_clients_deadline)
{
	static const struct {
		const char *header;
		uint64_t due;
	} rows[] = {
		{ "grpc-timeout: 2H", 2 * HOUR },
		{ "grpc-timeout: 2M", 2 * MINUTE },
		{ "grpc-timeout: 2S", 2 * SECOND },
		{ "grpc-timeout: 2m", 2 * MILLISECOND },
		{ "grpc-timeout: 2u", 2 * MICROSECOND },
		{ "grpc-timeout: 00000002n", 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG;
		const char *const headers[] = {
			":method: POST",
			":scheme: https",
			":path: /hold",
			":authority: n",
			GRPC,
			rows[i].header,
			NULL,
		};
		int32_t stream = peer_request(&peer, headers);

		peer_send(&peer, stream, "\0\0\0\0\0", 5, true);
		rig_run(&rig);
		cr_assert_str_eq(str_text(&peer.log), "close CANCEL\n");
		cr_assert_str_eq(str_text(&rig.log), "call /hold\ngone /hold\n");
		cr_assert_eq(loop_now(rig.loop), rows[i].due, "%s", rows[i].header);
	}
}

Test(server, without_a_deadline_it_waits)
{
	RIG;
	static const char *const headers[] = { ":method: POST", ":scheme: https", ":path: /hold",
					       ":authority: n", GRPC, NULL };
	int32_t stream = peer_request(&peer, headers);

	peer_send(&peer, stream, "\0\0\0\0\0", 5, true);
	rig_run_until(&rig, 24 * HOUR);
	cr_assert_eq(rig.gone, 0);
	peer_reset(&peer, stream, H2_CANCEL);
	rig_run(&rig);
	cr_assert_eq(rig.gone, 1);
}

static void reply_forever(struct rig *rig, struct rpc_request *request)
{
	size_t size = (size_t)1 << 20;
	void *data = mem_new(size);

	for (int i = 0; i < 8; i++)
		rpc_reply(request, data, size);
	rig->held = request;
	mem_free(data, size);
}

Test(server, a_slow_reader_holds_back_its_own_answer_only)
{
	RIG;
	static const char *const headers[] = { HEAD, GRPC, NULL };
	/* the client's preface and SETTINGS with a window of 100 bytes for each stream */
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
				      "\0\0\6\4\0\0\0\0\0\0\4\0\0\0\x64";
	struct stream *slow, *far;
	size_t sent;

	pipe_new(rig.loop, &slow, &far);
	rpc_server_take(rig.server, far);
	cr_assert_eq(stream_send(slow, preface, sizeof(preface) - 1, &sent, NULL), IO_DONE);

	/* HEADERS with nothing compressed, then DATA with one empty message and END_STREAM */
	static const char request[] = "\0\0\x1f\1\4\0\0\0\1"
				      "\x83\x87\x04\x05/many\x01\x01n\x0f\x10\x10"
				      "application/grpc"
				      "\0\0\5\0\1\0\0\0\1\0\0\0\0\0";
	cr_assert_eq(stream_send(slow, request, sizeof(request) - 1, &sent, NULL), IO_DONE);
	rig.serve = reply_forever;
	rig_run(&rig);
	cr_assert_eq(rig.calls, 1);
	cr_assert_eq(rpc_request_queued(rig.held), 8 * (5 + ((size_t)1 << 20)) - 100);

	rig.serve = NULL;
	struct rpc_request *held = rig.held;
	int32_t stream = peer_request(&peer, headers);
	peer_send(&peer, stream, "\0\0\0\0\1x", 6, true);
	rig_run(&rig);
	cr_assert_not_null(strstr(str_text(&peer.log), "grpc-status: 0"));
	rpc_end(held, RPC_OK, NULL);
	stream_close(slow);
	rig_run(&rig);
	cr_assert_eq(rig.gone, 0, "it was ended already");
	cr_assert_eq(rpc_server_connections(rig.server), 1);
}

static void reply_and_drain(struct rig *rig, struct rpc_request *request)
{
	rpc_server_drain(rig->server, MINUTE);
	rpc_reply(request, "last", 4);
	rpc_end(request, RPC_OK, NULL);
}

Test(server, draining_in_on_call_still_answers)
{
	RIG;
	static const char *const headers[] = { HEAD, GRPC, NULL };
	int32_t stream = peer_request(&peer, headers);

	rig.serve = reply_and_drain;
	peer_send(&peer, stream, "\0\0\0\0\0", 5, true);
	rig_run(&rig);
	cr_assert_not_null(strstr(str_text(&peer.log), "goaway 2147483647 NO_ERROR\n"));
	cr_assert_not_null(strstr(str_text(&peer.log), "00000000046c617374\n"));
	cr_assert_eq(rpc_server_connections(rig.server), 0);
	cr_assert(peer.over);

	struct stream *late_near, *late_far;
	size_t got;
	char byte;
	pipe_new(rig.loop, &late_near, &late_far);
	rpc_server_take(rig.server, late_far);
	cr_assert_eq(stream_recv(late_near, &byte, 1, &got, NULL), IO_EOF);
	stream_close(late_near);
}

static void end_with_a_long_message(struct rig *rig, struct rpc_request *request)
{
	size_t size = (size_t)100 << 10;
	char *message = mem_new(size + 1);

	(void)rig;
	memset(message, 'm', size);
	for (size_t i = 1; i + 2 < size; i += 2)
		memcpy(message + i, "\xc3\xa4", 2);
	rpc_end(request, RPC_INTERNAL, message);
	mem_free(message, size + 1);
}

Test(server, a_long_message_is_cut_between_characters)
{
	RIG;
	struct client a SCOPED(client_done) = { 0 };

	rig.serve = end_with_a_long_message;
	client_start(&a, &rig, "/x", "");
	rig_run(&rig);
	cr_assert_eq(a.err.kind, ERR_REMOTE);
	cr_assert_eq(a.err.remote, RPC_INTERNAL);
	cr_assert_eq(strncmp(a.err.text, "m\xc3\xa4\xc3\xa4", 5), 0);
	cr_assert_null(strstr(a.err.text, "\\x"));
}

static void keep_data(struct rig *rig, struct rpc_request *request)
{
	request->data = arena_printf(request->arena, "mine");
	rig->held = request;
}

Test(server, the_certificate_of_the_client_goes_with_its_requests)
{
	RIG;
	static const char *const headers[] = { HEAD, GRPC, NULL };

	pipe_set_peer_cert(rig.far, "PEM");
	rig.serve = keep_data;
	peer_send(&peer, peer_request(&peer, headers), "\0\0\0\0\0", 5, true);
	rig_run(&rig);
	cr_assert_str_eq(rig.held->peer_cert, "PEM");
	cr_assert_str_eq(rig.held->data, "mine");
	rpc_server_free(take(rig.server));
	cr_assert_eq(rig.gone, 1);
}

static void gone_frees_the_server(struct rpc_server_ops *ops, struct rpc_request *request)
{
	struct rig *rig = container_of(ops, struct rig, ops);

	(void)request;
	rig->gone++;
	rpc_server_free(take(rig->server));
}

Test(server, may_be_freed_in_on_gone)
{
	enum {
		DEADLINE,
		CLIENT_LEFT,
		FREED,
		WAYS
	};

	for (int way = 0; way < WAYS; way++) {
		RIG;
		static const char *const headers[] = { ":method: POST", ":scheme: https",
						       ":path: /hold", ":authority: n",
						       GRPC, "grpc-timeout: 5S",
						       NULL };

		rig.ops.on_gone = gone_frees_the_server;
		for (int i = 0; i < 3; i++)
			peer_send(&peer, peer_request(&peer, headers), "\0\0\0\0\0", 5, true);
		rig_run_until(&rig, SECOND);
		cr_assert_eq(rig.calls, 3);
		if (way == CLIENT_LEFT)
			connection_close(&peer.connection);
		if (way == FREED)
			rpc_server_free(take(rig.server));
		rig_run(&rig);
		cr_assert_eq(rig.gone, 3);
		cr_assert_null(rig.server);
	}
}
