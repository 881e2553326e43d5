/*
 * A channel: one peer, many calls at once. It dials when the first call needs it, dials anew after
 * a loss (with the gap the caller's retry leaves; the channel itself retries nothing but streams
 * the server declares unprocessed), and ends what is open with ERR_NET when the connection goes.
 *
 *	struct channel *channel = channel_new(loop, dialer, &target);
 *	call_start(&me->call, channel, &request);
 *	... on_message (0..n times), then on_end, exactly once and always last
 *
 * A struct call is embedded in its user's object and free for reuse from on_end on. on_end is never
 * called from inside call_start(), call_cancel() or channel_drop(), and no other event is on the
 * stack then. Every call has a deadline; when it passes the stream is reset and the call ends with
 * ERR_TIMEOUT. on_message and on_end may do anything: start, cancel, drop, and free the channel.
 * channel_free() ends open calls with ERR_CANCELLED before it returns; those on_end must not start
 * calls on that channel.
 *
 * Errors: a connection that cannot be had or breaks is ERR_NET "10.0.0.1:50000: connection lost"
 * (ERR_AUTH when TLS says who was not trusted); a status of the peer is as rpc_status_err() has it,
 * with the peer's message alone; "no answer within 10s" is ERR_TIMEOUT.
 */
#pragma once

#include "base/arena.h"
#include "loop/loop.h"
#include "net/dial.h"
#include "rpc/frame.h"
#include "rpc/status.h"

struct channel;
struct call;

/* The target is copied whole, identity and trust included. */
struct channel *channel_new(struct loop *loop, struct dialer *dialer,
			    const struct dial_target *target);
void channel_free(struct channel *channel);
OWN_DEFINE(struct channel, channel_free)
const char *channel_address(const struct channel *channel); /* "10.0.0.1:50000", for messages */
/* The peer's certificate as presented on the present connection, NULL when there is none; borrowed
 * until the loop's next round. */
const char *channel_peer_cert(const struct channel *channel);
/* Closes the connection; open calls end with ERR_NET, the next call dials anew. */
void channel_drop(struct channel *channel);

struct call_ops {
	/* One reply message; the data is borrowed. An unary call gets at most one. */
	void (*on_message)(struct call *call, const void *data, size_t len);
	/* err->kind ERR_NONE: status OK. err->remote is the gRPC code: the peer's, or the one that
	 * fits. */
	void (*on_end)(struct call *call, const struct err *err);
};

struct call_request {
	const char *method; /* "/machine.MachineService/Version" */
	const void *message;
	size_t len;
	bool framed;		     /* `message` is many messages, framed by frame_write() */
	uint64_t timeout;	     /* nanoseconds, > 0; sent as grpc-timeout */
	bool streaming;		     /* many replies; else any number but one is an error */
	const char *const *metadata; /* NULL-ended pairs name, value; NULL: none */
	const struct call_ops *ops;
};

struct exchange;
struct call { /* zeroed at first; not for its user to read */
	const struct call_ops *ops;
	struct channel *channel;
	struct exchange *exchange; /* NULL: not running */
};

/* The request is copied. */
void call_start(struct call *call, struct channel *channel, const struct call_request *request);
/* Resets the stream; on_end does not follow. Fine on a call that is not running. */
void call_cancel(struct call *call);
bool call_is_running(const struct call *call);
