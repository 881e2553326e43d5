/*
 * What a running call does on the wire: its request, what has come of the reply, its deadline. The
 * channel gives it a stream and tells it what arrives there; channel.h is the door for everybody
 * else.
 *
 *	WAITING ── has a stream ──> OPEN ── result known ──> ENDED ── on_end told ──> OVER
 *	   ^────── refused, again ───┘                          ^
 *	   └────────── no connection, or its deadline ──────────┘      cancelled: any ──> OVER
 *
 * It is apart from struct call because a call may be cancelled, reused or freed in the middle of
 * its own on_message; the exchange then outlives it until the reader has come back.
 */
#pragma once

#include "loop/loop.h"
#include "rpc/channel.h"
#include "rpc/h2.h"

enum exchange_state {
	EXCHANGE_WAITING, /* for a connection */
	EXCHANGE_OPEN,	  /* on a stream */
	EXCHANGE_ENDED,	  /* the result is known, on_end is due */
	EXCHANGE_OVER,	  /* nobody's any more */
};

struct link;

struct exchange {
	struct exchange *next, *previous; /* of the list it is in */
	struct exchange_list *list;
	struct call *call;	 /* NULL when OVER */
	struct channel *channel; /* NULL when OVER */
	struct link *link;	 /* when OPEN */
	int32_t stream;		 /* when OPEN */
	enum exchange_state state;
	bool reading;	     /* on_message may be on the stack: not to be freed */
	struct arena *arena; /* owned */
	const char *method;
	const char *const *metadata;
	struct str body; /* the framed request, kept for another try */
	struct timer deadline;
	uint64_t timeout, due, sent; /* `sent`: when its request was given to a stream */
	unsigned tries;
	bool streaming;
	struct frame_reader reader;
	bool headed; /* the reply's first headers are there */
	unsigned replies;
	struct err result; /* when ENDED */
};

struct exchange_list {
	struct exchange *first, *last;
};
/* Moves it to the end of that list; NULL: into none. */
void exchange_move(struct exchange *exchange, struct exchange_list *list);

struct exchange *exchange_new(struct call *call, struct loop *loop,
			      const struct call_request *request);
void exchange_set_state(struct exchange *exchange, enum exchange_state state);
/* OVER, out of its list and freed, though not while its reader is on the stack. */
void exchange_over(struct exchange *exchange);
void exchange_read_done(struct exchange *exchange); /* the reader has come back */

/* Sends the request; -1: the connection takes no stream any more. */
int exchange_open(struct exchange *exchange, struct h2 *h2, const char *authority);
/* What arrives on its stream. 0: go on. 1: the peer has finished, its status is in err (ERR_NONE:
 * OK). <0: we give up, with err. */
int exchange_headers(struct exchange *exchange, const struct h2_header *headers, size_t count,
		     bool end, struct err *err);
/* 2: the call was cancelled or ended in on_message. */
int exchange_data(struct exchange *exchange, const void *data, size_t len, struct err *err);
int exchange_closed(const struct exchange *exchange, uint32_t error, struct err *err); /* -1 */
/* -1, its deadline has passed */
int exchange_late(const struct exchange *exchange, struct err *err);
