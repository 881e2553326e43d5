/*
 * TCP: outgoing connections as streams, and listeners.
 *
 *	tcp_dial(loop, "10.0.0.1", 50000, &stream, err);
 *	tcp_listen(&listener, loop, "127.0.0.1", 0, accepted, err);
 *
 * Streams belong to whoever gets them and end before the loop does. What fails on the wire is
 * ERR_NET with the peer: "connect to 10.0.0.1:50000: connection refused". There is no time limit
 * here: callers set a timer and close. Of a name with several addresses up to eight are tried,
 * one after the other.
 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"
#include "net/stream.h"

/* An outgoing connection; nothing is sent before stream_open(). Host is an IP address (IPv6 bare
 * or in brackets) or a name, which is looked up here, blocking. */
int tcp_dial(struct loop *loop, const char *host, unsigned port, struct stream **out,
	     struct err *err);

struct tcp_listener {
	struct watch watch;
	struct timer pause; /* after the process ran out of descriptors */
	int fd;
	unsigned port; /* the one bound */
	/* Gives the stream away (already open). May end the listener. */
	void (*on_accept)(struct tcp_listener *listener, struct stream *stream);
};
/* `host` is an IP address; port 0 picks a free one. */
int tcp_listen(struct tcp_listener *listener, struct loop *loop, const char *host, unsigned port,
	       void (*on_accept)(struct tcp_listener *listener, struct stream *stream),
	       struct err *err);
void tcp_listener_done(struct tcp_listener *listener);
