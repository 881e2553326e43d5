/*
 * A gRPC server over streams that somebody else accepted (loopback TLS or in-memory pipes).
 *
 *	struct rpc_server *server = rpc_server_new(loop, &ops);
 *	rpc_server_take(server, stream);                      one connection more
 *	... ops->on_call(ops, request): unary or server-streaming
 *	rpc_reply(request, data, len); rpc_end(request, RPC_OK, NULL);
 *
 * A struct rpc_request lives until rpc_end() was called and its stream is gone, or until on_gone
 * told that the client left (then rpc_end() must not be called any more). Its data field belongs to
 * the user. A client's grpc-timeout is kept: when it passes the stream is reset and on_gone told.
 * Both events may answer, break, drain and free the server; the server that frees itself so tells
 * on_gone first. Answers have the headers, trailers-only form and percent encoding that grpc-go
 * expects.
 */
#pragma once

#include "base/arena.h"
#include "loop/loop.h"
#include "net/stream.h"
#include "rpc/status.h"

#include <stdbool.h>
#include <stddef.h>

struct rpc_server;

#define RPC_UPLOAD_MAX ((size_t)512 << 20) /* bytes of all the messages of a request */

struct rpc_message {
	const void *data;
	size_t len;
	struct rpc_message *next;
};

struct rpc_request {
	const char *method;  /* "/machine.MachineService/Version" */
	const void *message; /* the one request message, or the first of many */
	size_t len;
	const struct rpc_message *more; /* those that follow; NULL: none */
	const char *peer_cert;		/* PEM; NULL: the client showed none */
	struct arena *arena;		/* dies with the request */
	void *data;			/* the user's, NULL at first */
};

struct rpc_server_ops {
	/* The whole request is there. Answer now or later; an unknown method is the callee's to
	 * refuse. */
	void (*on_call)(struct rpc_server_ops *ops, struct rpc_request *request);
	/* The client cancelled, its deadline passed, or the connection went; the request is freed
	 * after. */
	void (*on_gone)(struct rpc_server_ops *ops, struct rpc_request *request);
	/* Whether a request of that method may be many messages; NULL: none may. */
	bool (*takes_many)(struct rpc_server_ops *ops, const char *method);
};

struct rpc_server *rpc_server_new(struct loop *loop, struct rpc_server_ops *ops);
/* breaks all connections, on_gone for open requests */
void rpc_server_free(struct rpc_server *server);
OWN_DEFINE(struct rpc_server, rpc_server_free)
void rpc_server_take(struct rpc_server *server, struct stream *stream);
/* No new connections' calls; GOAWAY; connections end when their calls did, at the latest after
 * `grace`. */
void rpc_server_drain(struct rpc_server *server, uint64_t grace);
size_t rpc_server_connections(const struct rpc_server *server);

/* first value */
const char *rpc_request_metadata(const struct rpc_request *request, const char *name);
size_t rpc_request_metadata_all(const struct rpc_request *request, const char *name,
				const char **values, size_t max);
void rpc_reply(struct rpc_request *request, const void *data, size_t len);
/* No reply may follow; `message` may be NULL. */
void rpc_end(struct rpc_request *request, enum rpc_code code, const char *message);
/* The connection of that request breaks right now, as a cable pulled (fault injection). on_gone
 * follows for all its open requests when the present event has returned. */
void rpc_break(struct rpc_request *request);
/* Bytes replied that are not on their way yet, because the client reads slowly. */
size_t rpc_request_queued(const struct rpc_request *request);
