/*
 * HTTP/2 without I/O (h2.c is the door to nghttp2): bytes in, events out, bytes out. The same
 * object speaks as client or as server.
 *
 *	h2 = h2_new(H2_CLIENT, &events);
 *	id = h2_request(h2, headers, count);        h2_send(h2, id, data, len, end)
 *	h2_feed(h2, bytes, len, err);               calls the events
 *	while (h2_output(h2, &data, &len) > 0) ... h2_output_taken(h2, n)
 *
 * Request, reply and trailers are copied. Functions given a stream that is gone do nothing (or
 * return -1). Windows and limits are those Talos sets: 2097120 bytes a stream, 1048560 a
 * connection, 16384 a frame. A header block has at most 256 KiB and 1024 headers, a server takes
 * 1024 streams at once; a client's requests beyond what the server takes wait. The server's
 * stream-reset limiter, which reads the real clock, is disabled.
 */
#pragma once

#include "base/err.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct h2;
enum h2_side {
	H2_CLIENT,
	H2_SERVER
};

/* HTTP/2 error codes that mean something to us. */
enum {
	H2_NO_ERROR = 0,
	H2_PROTOCOL_ERROR = 1,
	H2_INTERNAL_ERROR = 2,
	H2_REFUSED_STREAM = 7,
	H2_CANCEL = 8,
};
const char *h2_error_name(uint32_t error); /* "CANCEL" */

struct h2_header {
	const char *name, *value; /* NUL-terminated; borrowed during a call */
};

/* All are called from inside h2_feed(), on_close also from h2_output(). They may call any h2_x
 * function but h2_feed() and h2_free(); h2_output() gives them nothing. */
struct h2_events {
	/* A whole header block: request, reply, or trailers; `end`: the peer has finished. */
	void (*on_headers)(struct h2_events *events, int32_t stream,
			   const struct h2_header *headers, size_t count, bool end);
	void (*on_data)(struct h2_events *events, int32_t stream, const void *data, size_t len);
	void (*on_data_end)(struct h2_events *events, int32_t stream); /* END_STREAM on DATA */
	/* The stream is gone; `error` is the HTTP/2 code (0: it ended well). Always last, and the
	 * only event of a stream after h2_reset(). REFUSED_STREAM also for one that GOAWAY kept
	 * from being sent. */
	void (*on_close)(struct h2_events *events, int32_t stream, uint32_t error);
	/* GOAWAY: streams above `last` were not processed. */
	void (*on_goaway)(struct h2_events *events, int32_t last, uint32_t error);
};

struct h2 *h2_new(enum h2_side side, struct h2_events *events);
void h2_free(struct h2 *h2);
OWN_DEFINE(struct h2, h2_free)

/* ERR_NET: broken peer */
int h2_feed(struct h2 *h2, const void *data, size_t len, struct err *err);
/* >0: that many bytes wait at *data. Valid until the next call of any h2_x function. */
size_t h2_output(struct h2 *h2, const void **data);
void h2_output_taken(struct h2 *h2, size_t len);
bool h2_is_over(const struct h2 *h2);  /* nothing more will be read or written */
bool h2_is_ready(const struct h2 *h2); /* the peer's SETTINGS arrived */

/* <0: none left */
int32_t h2_request(struct h2 *h2, const struct h2_header *headers, size_t count);
int h2_reply(struct h2 *h2, int32_t stream, const struct h2_header *headers, size_t count,
	     bool end);
/* Copies the data. Order is kept; `end` is END_STREAM after it (servers send trailers instead). */
int h2_send(struct h2 *h2, int32_t stream, const void *data, size_t len, bool end);
/* Trailers go out after all data sent so far. A server that ends a stream before the client has is
 * done with it: the client is told so with RST_STREAM(NO_ERROR). */
int h2_trailers(struct h2 *h2, int32_t stream, const struct h2_header *headers, size_t count);
void h2_reset(struct h2 *h2, int32_t stream, uint32_t error);
void h2_goaway(struct h2 *h2); /* graceful: open streams finish */
/* A pointer of the user's with each stream, NULL at first and after on_close. */
void h2_set_data(struct h2 *h2, int32_t stream, void *data);
void *h2_data(const struct h2 *h2, int32_t stream);
size_t h2_queued(const struct h2 *h2, int32_t stream); /* bytes accepted by h2_send, not yet sent */
