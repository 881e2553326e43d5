/* Channels and servers over TCP and TLS of the loopback, with certificates on both sides. */
#include "rpc/channel.h"

#include "base/str.h"
#include "net/tls.h"
#include "rpc/server.h"
#include "wire/scene.h"

#include <criterion/criterion.h>
#include <string.h>

struct node {
	struct scene *scene; /* its loop and certificates; its listener is not used */
	struct tcp_listener listener;
	struct rpc_server *server;
	struct rpc_server_ops ops;
	struct dialer_tcp dialer;
	struct trust trust;
	struct dial_target target;
	size_t left; /* calls that have not ended */
	size_t calls, gone;
	bool saw_cert;
};

struct caller {
	struct call call;
	struct node *node;
	size_t bytes, messages;
	struct err err;
};

static void accept_one(struct tcp_listener *listener, struct stream *tcp)
{
	struct node *node = container_of(listener, struct node, listener);
	struct tls_server options = { node->scene->loop, node->scene->node,
				      node->scene->client_ca };
	struct stream *stream;

	cr_assert_eq(tls_server_new(&options, tcp, &stream, NULL), 0);
	rpc_server_take(node->server, stream);
}

static void on_call(struct rpc_server_ops *ops, struct rpc_request *request)
{
	struct node *node = container_of(ops, struct node, ops);

	node->calls++;
	node->saw_cert = request->peer_cert && strstr(request->peer_cert, "BEGIN CERTIFICATE");
	if (strcmp(request->method, "/hold") == 0)
		return;
	if (strcmp(request->method, "/break") == 0) {
		rpc_break(request);
		return;
	}
	rpc_reply(request, request->message, request->len);
	if (strcmp(request->method, "/stream") == 0) {
		for (int i = 0; i < 99; i++)
			rpc_reply(request, request->message, request->len);
	}
	rpc_end(request, RPC_OK, NULL);
}

static void on_gone(struct rpc_server_ops *ops, struct rpc_request *request)
{
	(void)request;
	container_of(ops, struct node, ops)->gone++;
}

static void node_init(struct node *node)
{
	*node = (struct node){ .scene = scene_new(), .ops = { on_call, on_gone } };
	node->server = rpc_server_new(node->scene->loop, &node->ops);
	cr_assert_eq(tcp_listen(&node->listener, node->scene->loop, "127.0.0.1", 0, accept_one,
				NULL),
		     0);
	dialer_tcp_init(&node->dialer, node->scene->loop, NULL, 0);
	node->trust.ca = node->scene->papers.ca.cert;
	node->target = (struct dial_target){ .address = "127.0.0.1",
					     .port = node->listener.port,
					     .identity = &node->scene->papers.client[CERT_GOOD],
					     .trust = &node->trust };
}

static void node_done(struct node *node)
{
	rpc_server_free(node->server);
	tcp_listener_done(&node->listener);
	scene_free(node->scene);
}

static struct channel *node_channel(struct node *node)
{
	return channel_new(node->scene->loop, &node->dialer.dialer, &node->target);
}

static void on_message(struct call *call, const void *data, size_t len)
{
	struct caller *caller = container_of(call, struct caller, call);

	(void)data;
	caller->messages++;
	caller->bytes += len;
}

static void on_end(struct call *call, const struct err *err)
{
	struct caller *caller = container_of(call, struct caller, call);

	caller->err = *err;
	if (--caller->node->left == 0)
		loop_stop(caller->node->scene->loop);
}

static void start(struct caller *caller, struct node *node, struct channel *channel,
		  struct call_request request)
{
	static const struct call_ops ops = { on_message, on_end };

	caller->node = node;
	node->left++;
	request.ops = &ops;
	if (request.timeout == 0)
		request.timeout = 30 * SECOND;
	call_start(&caller->call, channel, &request);
}

#define NODE                                \
	struct node node SCOPED(node_done); \
	struct caller a = { 0 };            \
	node_init(&node)

Test(wire_grpc, calls_with_certificates_on_both_sides)
{
	NODE;
	struct caller b = { 0 };
	struct channel *channel OWNED(channel_free) = node_channel(&node);

	start(&a, &node, channel,
	      (struct call_request){ .method = "/echo", .message = "hello", .len = 5 });
	start(&b, &node, channel,
	      (struct call_request){ .method = "/stream",
				     .message = "0123456789",
				     .len = 10,
				     .streaming = true });
	scene_run(node.scene);
	cr_assert_eq(a.err.kind, ERR_NONE, "%s", a.err.text);
	cr_assert_eq(a.bytes, 5);
	cr_assert_eq(b.err.kind, ERR_NONE, "%s", b.err.text);
	cr_assert_eq(b.messages, 100);
	cr_assert_eq(b.bytes, 1000);
	cr_assert(node.saw_cert);
	cr_assert_eq(rpc_server_connections(node.server), 1);
	cr_assert_not_null(strstr(channel_peer_cert(channel), "BEGIN CERTIFICATE"));
}

Test(wire_grpc, a_large_message_there_and_back)
{
	NODE;
	struct channel *channel OWNED(channel_free) = node_channel(&node);
	size_t size = (size_t)8 << 20;
	void *message = mem_new(size);

	start(&a, &node, channel,
	      (struct call_request){ .method = "/echo", .message = message, .len = size });
	scene_run(node.scene);
	cr_assert_eq(a.err.kind, ERR_NONE, "%s", a.err.text);
	cr_assert_eq(a.bytes, size);
	mem_free(message, size);
}

Test(wire_grpc, those_who_are_not_trusted)
{
	static const struct {
		const char *name;
		int node, client;
	} rows[] = {
		{ "a strange node", CERT_STRANGE, CERT_GOOD },
		{ "an expired node", CERT_EXPIRED, CERT_GOOD },
		{ "a strange client", CERT_GOOD, CERT_STRANGE },
		{ "no client certificate", CERT_GOOD, CERT_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		NODE;

		node.scene->node = &node.scene->papers.node[rows[i].node];
		node.target.identity = rows[i].client == CERT_NONE
					       ? NULL
					       : &node.scene->papers.client[rows[i].client];
		struct channel *channel OWNED(channel_free) = node_channel(&node);
		start(&a, &node, channel,
		      (struct call_request){ .method = "/echo" });
		scene_run(node.scene);
		cr_assert_eq(a.err.kind, ERR_AUTH, "%s: %s", rows[i].name, a.err.text);
		cr_assert_eq(node.calls, 0, "%s", rows[i].name);
	}
}

Test(wire_grpc, nobody_listens)
{
	NODE;

	tcp_listener_done(&node.listener);
	struct channel *channel OWNED(channel_free) = node_channel(&node);
	start(&a, &node, channel,
	      (struct call_request){ .method = "/echo" });
	scene_run(node.scene);
	cr_assert_eq(a.err.kind, ERR_NET);
	cr_assert_eq(a.err.remote, RPC_UNAVAILABLE);
	cr_assert_not_null(strstr(a.err.text, channel_address(channel)));
	cr_assert_not_null(strstr(a.err.text, "connection refused"));
}

Test(wire_grpc, a_broken_connection_is_dialled_anew)
{
	NODE;
	struct caller b = { 0 };
	struct channel *channel OWNED(channel_free) = node_channel(&node);

	start(&a, &node, channel,
	      (struct call_request){ .method = "/hold" });
	start(&b, &node, channel,
	      (struct call_request){ .method = "/break" });
	scene_run(node.scene);
	cr_assert_eq(a.err.kind, ERR_NET, "%s", a.err.text);
	cr_assert_eq(b.err.kind, ERR_NET, "%s", b.err.text);
	cr_assert_eq(node.gone, 2);

	start(&a, &node, channel,
	      (struct call_request){ .method = "/echo" });
	scene_run(node.scene);
	cr_assert_eq(a.err.kind, ERR_NONE, "%s", a.err.text);
}

Test(wire_grpc, deadlines_pass_in_real_time)
{
	NODE;
	struct channel *channel OWNED(channel_free) = node_channel(&node);

	start(&a, &node, channel,
	      (struct call_request){ .method = "/hold", .timeout = 200 * MILLISECOND });
	scene_run(node.scene);
	cr_assert_eq(a.err.kind, ERR_TIMEOUT);
	cr_assert_str_eq(a.err.text, "no answer within 200ms");
}

Test(wire_grpc, a_hundred_connections_at_once)
{
	struct node node SCOPED(node_done);
	node_init(&node);
	enum {
		COUNT = 100
	};
	struct channel *channels[COUNT];
	struct caller callers[COUNT] = { 0 };

	for (size_t i = 0; i < COUNT; i++) {
		channels[i] = node_channel(&node);
		start(&callers[i], &node, channels[i],
		      (struct call_request){ .method = "/echo", .message = "x", .len = 1 });
	}
	scene_run(node.scene);
	for (size_t i = 0; i < COUNT; i++) {
		cr_assert_eq(callers[i].err.kind, ERR_NONE, "%s", callers[i].err.text);
		channel_free(channels[i]);
	}
	cr_assert_eq(node.calls, COUNT);
}
