/*
 * One HTTP/2 connection over a stream, for the channel's side and the server's: opens the stream,
 * moves bytes between it and the h2, and tells when it is over.
 *
 *	connection_start(&link->connection, loop, stream, &user);
 *	h2_request(link->connection.h2, ...);    connection_wake(&link->connection);
 *	connection_close(&link->connection);     on_release follows, after any h2 event
 *
 * Embedded in its owner, whose memory must live until on_release. The stream and the h2 are owned
 * by the connection. All functions may be called from inside any event and any operation below.
 *
 *	OPENING ── stream open ──> UP ── lost, or both sides done ──> OVER
 *	   └────────── failed, or closed by its owner ─────────────────^
 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"
#include "net/stream.h"
#include "rpc/h2.h"

enum connection_state {
	CONNECTION_OPENING, /* the stream is being opened: TCP, TLS */
	CONNECTION_UP,	    /* bytes go both ways */
	CONNECTION_OVER,    /* the stream is closed */
};

struct connection;

struct connection_ops {
	/* The peer's SETTINGS arrived. Once at most. */
	void (*on_ready)(struct connection *connection);
	/* It is over by itself. Once at most, never after connection_close(), which it must call.
	 * ERR_NET "connection lost" when there is nothing better to say. */
	void (*on_over)(struct connection *connection, const struct err *err);
	void (*on_release)(struct connection *connection); /* the memory may go */
};

struct connection {
	struct stream_user user;
	struct task task;
	struct stream *stream; /* owned; NULL when over */
	struct h2 *h2;	       /* owned; lives until on_release */
	const struct connection_ops *ops;
	enum connection_state state;
	uint64_t heard; /* when the last bytes came, loop time */
	unsigned busy;	/* callers on the stack that will look at it again */
	bool ready, closed;
};

struct connection_user {
	enum h2_side side;
	const struct connection_ops *ops;
	struct h2_events *events;
};
void connection_start(struct connection *connection, struct loop *loop, struct stream *take_stream,
		      const struct connection_user *user);
/* Something was given to the h2: it goes out in the next round. */
void connection_wake(struct connection *connection);
/* The stream closes at once, as if lost; on_over comes in the next round. */
void connection_break(struct connection *connection);
void connection_close(struct connection *connection);
