/*
 * gRPC's length-prefixed messages, without I/O: bytes in any pieces in, whole messages out.
 *
 *	struct frame_reader reader;
 *	frame_reader_init(&reader, RPC_MESSAGE_MAX);
 *	frame_reader_feed(&reader, data, len, got_message, me, err);    calls got_message
 *	if (at the end && frame_reader_left(&reader) > 0) ... it ended inside a message
 *	frame_reader_done(&reader);
 *
 * The reader keeps only the bytes of an unfinished message; what it hands out is borrowed. After a
 * failure it is good for frame_reader_done() alone.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

#define RPC_MESSAGE_MAX ((size_t)32 << 20) /* bytes; what Talos' own clients and servers accept */

/* 0: go on; <0: fail with err; >0: stop, the reader is not touched any more and may be gone. */
typedef int frame_message_fn(void *context, const void *data, size_t len, struct err *err);

struct frame_reader {
	struct str buffer;
	size_t max;
};
void frame_reader_init(struct frame_reader *reader, size_t max);
void frame_reader_done(struct frame_reader *reader);
/* Calls `each` for every message completed and returns what it answered last. ERR_REMOTE with
 * remote RESOURCE_EXHAUSTED for one that is too long (known from its prefix, before any of it is
 * kept), INTERNAL for a compressed or malformed one. */
int frame_reader_feed(struct frame_reader *reader, const void *data, size_t len,
		      frame_message_fn *each, void *context, struct err *err);
size_t frame_reader_left(const struct frame_reader *reader); /* bytes of an unfinished message */
void frame_write(struct str *out, const void *data, size_t len);
