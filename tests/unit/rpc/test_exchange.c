#include "rpc/exchange.h"

#include "peer.h"
#include "rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A channel whose server is hand-driven. */
static struct peer peers[8];
static size_t peer_count;
static void (*on_request)(struct peer *peer, int32_t stream);

static int dial_peer(struct rig *rig, struct stream **out, struct err *err)
{
	struct stream *far;

	(void)err;
	cr_assert_lt(peer_count, ARRAY_LEN(peers));
	pipe_new(rig->loop, out, &far);
	peers[peer_count].at_data_end = on_request;
	peer_start(&peers[peer_count++], rig->loop, far, H2_SERVER);
	return 0;
}

static void peers_done(struct rig *rig)
{
	channel_free(take(rig->channel));
	for (size_t i = 0; i < ARRAY_LEN(peers); i++)
		peer_done(&peers[i]);
	rig_done(rig);
}

#define RIG                                                    \
	struct client a SCOPED(client_done) = { .name = "a" }; \
	struct rig rig SCOPED(peers_done);                     \
	memset(peers, 0, sizeof(peers));                       \
	peer_count = 0;                                        \
	rig_init(&rig);                                        \
	rig.dial = dial_peer

static void expect(const struct client *client, enum err_kind kind, int remote, const char *text)
{
	cr_assert_eq(client->ends, 1);
	cr_assert_str_eq(client->err.text, text);
	cr_assert_eq(client->err.kind, kind, "%s", err_kind_name(client->err.kind));
	cr_assert_eq(client->err.remote, remote, "%d", client->err.remote);
}

#define GRPC "content-type: application/grpc"

Test(exchange, the_request_has_its_headers_in_order)
{
	RIG;
	static const char *const metadata[] = { "node", "10.0.0.2", "runtime", "Talos", NULL };
	struct call_request request = { .method = "/machine.MachineService/Version",
					.message = "xyz",
					.len = 3,
					.timeout = 10 * SECOND,
					.metadata = metadata };

	on_request = NULL;
	client_start_with(&a, &rig, &request);
	rig_run_until(&rig, SECOND);
	cr_assert_eq(peer_count, 1);
	const char *agent = strstr(str_text(&peers[0].log), "user-agent: talforge/");
	cr_assert_not_null(agent);
	char wanted[400];
	snprintf(wanted, sizeof(wanted),
		 ":method: POST\n:scheme: https\n:path: /machine.MachineService/Version\n"
		 ":authority: 10.0.0.1:50000\ncontent-type: application/grpc\n%.*s\n"
		 "te: trailers\ngrpc-timeout: 10000000u\nnode: 10.0.0.2\nruntime: Talos\n"
		 "headers\n000000000378797a\ndata end\n",
		 (int)strcspn(agent, "\n"), agent);
	cr_assert_str_eq(str_text(&peers[0].log), wanted);
}

static const struct reply {
	const char *name;
	const char *head[4];
	const char *data; /* of that length */
	size_t len;
	const char *tail[4]; /* none: END_STREAM with the data, or the head when there is none */
	enum err_kind kind;
	int remote;
	const char *text, *got;
} replies[] = {
	/* clang-format off */
	{ "good", { ":status: 200", GRPC }, "\0\0\0\0\1x", 6, { "grpc-status: 0" }, ERR_NONE, 0,
	  "", "x|" },
	{ "other gRPC type", { ":status: 200", GRPC "+proto" }, "\0\0\0\0\1x", 6, {
	  "grpc-status: 0" }, ERR_NONE, 0, "", "x|" },
	{ "empty message", { ":status: 200", GRPC }, "\0\0\0\0\0", 5, { "grpc-status: 0" },
	  ERR_NONE, 0, "", "|" },
	{ "trailers only", { ":status: 200", GRPC, "grpc-status: 7", }, NULL, 0, { NULL },
	  ERR_AUTH, RPC_PERMISSION_DENIED, "PermissionDenied", "" },
	{ "trailers only with message", { ":status: 200", GRPC, "grpc-status: 5",
	  "grpc-message: no %22such%22 %zz" }, NULL, 0, { NULL }, ERR_NOT_FOUND, RPC_NOT_FOUND,
	  "no \"such\" %zz", "" },
	{ "trailers only with OK", { ":status: 200", GRPC, "grpc-status: 0" }, NULL, 0, { NULL },
	  ERR_REMOTE, RPC_INTERNAL, "the answer has no message", "" },
	{ "canceled by the node", { ":status: 200", GRPC }, NULL, 0, { "grpc-status: 1",
	  "grpc-message: stopping" }, ERR_NET, RPC_CANCELED, "stopping", "" },
	{ "code out of range", { ":status: 200", GRPC, "grpc-status: 99" }, NULL, 0, { NULL },
	  ERR_REMOTE, 99, "Unknown", "" },
	{ "malformed code", { ":status: 200", GRPC, "grpc-status: ok" }, NULL, 0, { NULL },
	  ERR_REMOTE, RPC_INTERNAL, "the answer has a malformed status", "" },
	{ "huge code", { ":status: 200", GRPC, "grpc-status: 4294967296" }, NULL, 0, { NULL },
	  ERR_REMOTE, RPC_INTERNAL, "the answer has a malformed status", "" },
	{ "trailers without code", { ":status: 200", GRPC }, "\0\0\0\0\1x", 6, { "x: y" },
	  ERR_REMOTE, RPC_UNKNOWN, "the answer has no status", "x|" },
	{ "no trailers", { ":status: 200", GRPC }, "\0\0\0\0\1x", 6, { NULL }, ERR_REMOTE,
	  RPC_INTERNAL, "the answer ends without a status", "x|" },
	{ "half a message", { ":status: 200", GRPC }, "\0\0\0\0\2x", 6, { "grpc-status: 0" },
	  ERR_REMOTE, RPC_INTERNAL, "the answer ends inside a message", "" },
	{ "half a message and a failure", { ":status: 200", GRPC }, "\0\0\0\0\2x", 6, {
	  "grpc-status: 14" }, ERR_NET, RPC_UNAVAILABLE, "Unavailable", "" },
	{ "compressed", { ":status: 200", GRPC }, "\1\0\0\0\1x", 6, { "grpc-status: 0" },
	  ERR_REMOTE, RPC_INTERNAL, "a message is compressed though nobody asked for it", "" },
	{ "too large", { ":status: 200", GRPC }, "\0\2\0\0\1x", 6, { "grpc-status: 0" },
	  ERR_REMOTE, RPC_RESOURCE_EXHAUSTED,
	  "a message of 33554433 bytes is over the limit of 33554432", "" },
	{ "not gRPC", { ":status: 200", "content-type: text/html" }, "<html>", 6, { NULL },
	  ERR_REMOTE, RPC_UNKNOWN,
	  "the answer is not gRPC: HTTP status 200, content type text/html", "" },
	{ "no type", { ":status: 200" }, "<html>", 6, { NULL }, ERR_REMOTE, RPC_UNKNOWN,
	  "the answer is not gRPC: HTTP status 200, content type not given", "" },
	{ "400", { ":status: 400", "content-type: text/plain" }, "no", 2, { NULL }, ERR_REMOTE,
	  RPC_INTERNAL, "the answer is not gRPC: HTTP status 400, content type text/plain", "" },
	{ "401", { ":status: 401" }, NULL, 0, { NULL }, ERR_AUTH, RPC_UNAUTHENTICATED,
	  "the answer is not gRPC: HTTP status 401, content type not given", "" },
	{ "403", { ":status: 403" }, NULL, 0, { NULL }, ERR_AUTH, RPC_PERMISSION_DENIED,
	  "the answer is not gRPC: HTTP status 403, content type not given", "" },
	{ "404", { ":status: 404" }, NULL, 0, { NULL }, ERR_REMOTE, RPC_UNIMPLEMENTED,
	  "the answer is not gRPC: HTTP status 404, content type not given", "" },
	{ "503", { ":status: 503" }, NULL, 0, { NULL }, ERR_NET, RPC_UNAVAILABLE,
	  "the answer is not gRPC: HTTP status 503, content type not given", "" },
	{ "415 with a status", { ":status: 415", GRPC, "grpc-status: 3" }, NULL, 0, { NULL },
	  ERR_REMOTE, RPC_INVALID_ARGUMENT, "InvalidArgument", "" },
	{ "a bad HTTP status of a gRPC server", { ":status: 502", GRPC }, NULL, 0, { NULL },
	  ERR_NET, RPC_UNAVAILABLE,
	  "the answer is not gRPC: HTTP status 502, content type application/grpc", "" },
	/* clang-format on */
};

static const struct reply *wanted_reply;

static const char *const *lines(const char *const from[4], const char *to[5])
{
	for (size_t i = 0; i < 4; i++)
		to[i] = from[i];
	to[4] = NULL;
	return to;
}

static void answer(struct peer *peer, int32_t stream)
{
	const struct reply *reply = wanted_reply;
	const char *to[5];
	bool has_tail = reply->tail[0];

	peer_reply(peer, stream, !reply->data && !has_tail, lines(reply->head, to));
	if (reply->data)
		peer_send(peer, stream, reply->data, reply->len, !has_tail);
	if (has_tail)
		peer_trailers(peer, stream, lines(reply->tail, to));
}

Test(exchange, answers)
{
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		RIG;

		on_request = answer;
		wanted_reply = &replies[i];
		client_start(&a, &rig, "/x", "");
		rig_run(&rig);
		expect(&a, replies[i].kind, replies[i].remote, replies[i].text);
		cr_assert_str_eq(str_text(&a.got), replies[i].got, "%s", replies[i].name);
		cr_assert_eq(peer_count, 1, "%s", replies[i].name);
	}
}

static uint32_t reset_code;

static void answer_reset(struct peer *peer, int32_t stream)
{
	peer_reset(peer, stream, reset_code);
}

Test(exchange, resets)
{
	static const struct {
		uint32_t code;
		enum err_kind kind;
		enum rpc_code remote;
		const char *text;
	} rows[] = {
		{ 0, ERR_REMOTE, RPC_INTERNAL, "the peer reset the stream: NO_ERROR" },
		{ 1, ERR_REMOTE, RPC_INTERNAL, "the peer reset the stream: PROTOCOL_ERROR" },
		{ 2, ERR_REMOTE, RPC_INTERNAL, "the peer reset the stream: INTERNAL_ERROR" },
		{ 3, ERR_REMOTE, RPC_RESOURCE_EXHAUSTED,
		  "the peer reset the stream: FLOW_CONTROL_ERROR" },
		{ 8, ERR_NET, RPC_CANCELED, "the peer reset the stream: CANCEL" },
		{ 11, ERR_REMOTE, RPC_RESOURCE_EXHAUSTED,
		  "the peer reset the stream: ENHANCE_YOUR_CALM" },
		{ 12, ERR_AUTH, RPC_PERMISSION_DENIED,
		  "the peer reset the stream: INADEQUATE_SECURITY" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG;

		on_request = answer_reset;
		reset_code = rows[i].code;
		client_start(&a, &rig, "/x", "");
		rig_run(&rig);
		expect(&a, rows[i].kind, (int)rows[i].remote, rows[i].text);
	}
}

static size_t refusals;

static void refuse_some(struct peer *peer, int32_t stream)
{
	static const struct reply good = { .head = { ":status: 200", GRPC },
					   .data = "\0\0\0\0\1x",
					   .len = 6,
					   .tail = { "grpc-status: 0" } };

	wanted_reply = &good;
	if (refusals == 0) {
		answer(peer, stream);
		return;
	}
	refusals--;
	peer_reset(peer, stream, H2_REFUSED_STREAM);
}

Test(exchange, a_refused_stream_is_tried_again_though_not_forever)
{
	static const struct {
		size_t refusals;
		enum err_kind kind;
	} rows[] = { { 1, ERR_NONE }, { 2, ERR_NONE }, { 1000, ERR_NET } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG;

		on_request = refuse_some;
		refusals = rows[i].refusals;
		client_start(&a, &rig, "/x", "");
		rig_run_until(&rig, SECOND);
		cr_assert_eq(a.ends, 1);
		cr_assert_eq(a.err.kind, rows[i].kind);
		if (rows[i].kind == ERR_NET)
			cr_assert_str_eq(a.err.text, "the peer reset the stream: REFUSED_STREAM");
		else
			cr_assert_str_eq(str_text(&a.got), "x|");
	}
}

/* A peer that is raw bytes. */
static int dial_raw(struct rig *rig, struct stream **out, struct err *err)
{
	(void)err;
	pipe_new(rig->loop, out, &rig->far);
	return 0;
}

static void send_raw(struct rig *rig, const void *data, size_t len)
{
	size_t sent;

	cr_assert_eq(stream_send(rig->far, data, len, &sent, NULL), IO_DONE);
	cr_assert_eq(sent, len);
}

/* The server shuts down while the request is on its way: the request is above its last stream. */
Test(exchange, a_stream_that_goaway_leaves_out_moves_to_a_new_connection)
{
	RIG;
	static const unsigned char settings[] = { 0, 0, 0, 4, 0, 0, 0, 0, 0 };
	static const unsigned char goaway[] = { 0, 0, 8, 7, 0, 0, 0, 0, 0,
						0, 0, 0, 0, 0, 0, 0, 0 };

	rig.dial = dial_raw;
	client_start(&a, &rig, "/x", "");
	rig_run_until(&rig, 0);
	send_raw(&rig, settings, sizeof(settings));
	rig_run_until(&rig, SECOND);
	cr_assert_eq(a.ends, 0);
	cr_assert_eq(rig.dials, 1);

	on_request = refuse_some;
	refusals = 0;
	rig.dial = dial_peer;
	send_raw(&rig, goaway, sizeof(goaway));
	rig_run(&rig);
	expect(&a, ERR_NONE, 0, "");
	cr_assert_str_eq(str_text(&a.got), "x|");
	cr_assert_eq(rig.dials, 2);
	stream_close(rig.far);
}

Test(exchange, a_stream_that_goaway_includes_goes_on)
{
	RIG;

	on_request = NULL;
	client_start(&a, &rig, "/x", "");
	rig_run_until(&rig, SECOND);
	h2_goaway(peers[0].connection.h2);
	connection_wake(&peers[0].connection);
	rig_run_until(&rig, 2 * SECOND);
	cr_assert_eq(a.ends, 0);
	refusals = 0;
	refuse_some(&peers[0], peers[0].last);
	rig_run(&rig);
	expect(&a, ERR_NONE, 0, "");
	cr_assert_eq(rig.dials, 1);
	cr_assert(peers[0].over, "both sides leave when the last stream is done");
}

Test(exchange, an_http1_server_is_lost_at_once)
{
	RIG;
	static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	rig.dial = dial_raw;
	client_start(&a, &rig, "/x", "");
	rig_run_until(&rig, 0);
	send_raw(&rig, text, sizeof(text) - 1);
	rig_run(&rig);
	cr_assert_eq(loop_now(rig.loop), 0);
	expect(&a, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection lost");
	stream_close(rig.far);
}

/* ---- the connection breaks at every event ---------------------------------------------------- */

static size_t break_at, steps;

static bool breaks(struct peer *peer)
{
	if (steps++ != break_at)
		return false;
	connection_break(&peer->connection);
	return true;
}

static void stepwise_headers(struct peer *peer, int32_t stream)
{
	(void)stream;
	breaks(peer);
}

static void stepwise_answer(struct peer *peer, int32_t stream)
{
	static const char *const head[] = { ":status: 200", GRPC, NULL };
	static const char *const tail[] = { "grpc-status: 0", NULL };

	if (breaks(peer))
		return;
	peer_reply(peer, stream, false, head);
	if (breaks(peer))
		return;
	peer_send(peer, stream, "\0\0\0", 3, false);
	if (breaks(peer))
		return;
	peer_send(peer, stream, "\0\1x", 3, false);
	if (breaks(peer))
		return;
	peer_trailers(peer, stream, tail);
	breaks(peer);
}

static int dial_stepwise(struct rig *rig, struct stream **out, struct err *err)
{
	if (steps++ == break_at)
		return err_set(err, ERR_NET, "connection refused");
	dial_peer(rig, out, err);
	peers[peer_count - 1].at_headers = stepwise_headers;
	if (steps++ == break_at)
		connection_break(&peers[peer_count - 1].connection);
	return 0;
}

Test(exchange, a_break_at_every_step_ends_the_call_once)
{
	enum {
		STEPS = 8
	};

	for (break_at = 0; break_at <= STEPS; break_at++) {
		RIG;

		steps = 0;
		on_request = stepwise_answer;
		rig.dial = dial_stepwise;
		client_start(&a, &rig, "/x", "");
		rig_run(&rig);
		cr_assert_eq(a.ends, 1, "step %zu", break_at);
		cr_assert_eq(loop_now(rig.loop), 0, "step %zu", break_at);
		cr_assert_eq(a.err.kind, break_at < STEPS ? ERR_NET : ERR_NONE, "step %zu: %s",
			     break_at, a.err.text);
		cr_assert(break_at < STEPS ? a.err.remote == RPC_UNAVAILABLE : steps == STEPS);
	}
}
