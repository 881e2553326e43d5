/*
 * A channel and a server joined by pipes in the virtual loop. What both see is written down as
 * text, one event a line, so that a test compares a whole story.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "net/pipe.h"
#include "rpc/channel.h"
#include "rpc/server.h"

struct rig;

struct client { /* one call and what came of it */
	struct call call;
	struct rig *rig;
	const char *name;
	struct str got; /* the replies, each ended by | */
	size_t bytes, messages, ends;
	bool quiet; /* messages are counted only */
	struct err err;
	void (*at_message)(struct client *client);
	void (*at_end)(struct client *client);
};

struct rig {
	struct loop *loop;
	struct dialer dialer;
	struct channel *channel;
	struct rpc_server *server; /* NULL: dialling is refused */
	struct rpc_server_ops ops;
	struct str log;	    /* what the server saw */
	struct stream *far; /* the server's end of the last pipe */
	size_t dials;
	/* What dialling gives instead of a connection to the server. */
	int (*dial)(struct rig *rig, struct stream **out, struct err *err);
	void (*serve)(struct rig *rig, struct rpc_request *request); /* NULL: the methods below */
	struct rpc_request *held;				     /* of /hold, the last */
	size_t calls, gone;
};

void rig_init(struct rig *rig);
void rig_done(struct rig *rig);
void rig_run(struct rig *rig);			   /* until nothing is left to do */
void rig_run_until(struct rig *rig, uint64_t due); /* that loop time */
/*
 * /echo: the message; /twice: it twice; /none: OK and no message; /many: 10 replies, "0" to "9";
 * /hold: keeps it; /deny: PermissionDenied; /partial: one message, then Unavailable; /break: the
 * connection breaks; /big: as many bytes as the message says in decimal; else Unimplemented.
 */
void client_start(struct client *client, struct rig *rig, const char *method, const char *message);
void client_start_with(struct client *client, struct rig *rig, struct call_request *request);
void client_done(struct client *client);
