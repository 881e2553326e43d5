/*
 * A stream of bytes to one peer: TCP, TLS over any stream, or an in-memory pipe.
 *
 *	stream_attach(stream, &me->user);       my on_ready will be called
 *	r = stream_open(stream, err);           IO_DONE, IO_WAIT or <0
 *	r = stream_send(stream, data, len, &sent, err);
 *	r = stream_recv(stream, buffer, size, &got, err);   IO_EOF: the peer ended cleanly
 *
 * Nothing blocks. After IO_WAIT the stream calls user->on_ready when trying again makes sense;
 * the same call is then repeated. on_ready is never called from inside a stream_x() call. A
 * stream owns the one below it; stream_close() ends all of them and frees, and accepts NULL. It
 * may be called from inside on_ready. Streams are stacked: open() of an upper one opens the one
 * below first.
 */
#pragma once

#include "base/err.h"
#include "base/own.h"

#include <stddef.h>

enum io {
	IO_DONE = 0,
	IO_WAIT = 1,
	IO_EOF = 2
};

struct stream;

struct stream_user {
	void (*on_ready)(struct stream_user *user);
};

struct stream_ops {
	const char *name; /* "tcp", "tls", "pipe" */
	int (*open)(struct stream *stream, struct err *err);
	int (*send)(struct stream *stream, const void *data, size_t len, size_t *sent,
		    struct err *err);
	int (*recv)(struct stream *stream, void *data, size_t size, size_t *got, struct err *err);
	void (*close)(struct stream *stream);
};

struct stream {
	const struct stream_ops *ops;
	struct stream_user *user; /* borrowed */
	/* PEM of the peer's certificate and what came with it, once open; borrowed from the stream.
	 * NULL when this layer knows none. */
	const char *peer_cert;
};

void stream_attach(struct stream *stream, struct stream_user *user);
int stream_open(struct stream *stream, struct err *err);
int stream_send(struct stream *stream, const void *data, size_t len, size_t *sent, struct err *err);
int stream_recv(struct stream *stream, void *data, size_t size, size_t *got, struct err *err);
void stream_close(struct stream *stream);
OWN_DEFINE(struct stream, stream_close)
