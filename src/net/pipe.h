/*
 * An in-memory pipe: two streams, what one sends the other receives; whoever waits for it is told
 * in the next round of the loop.
 *
 * Each direction holds at most 256 KiB. Closing one end gives the other IO_EOF after what is in
 * flight; pipe_break() gives it ERR_NET at once, as a reset connection would.
 */
#pragma once

#include "loop/loop.h"
#include "net/stream.h"

#define PIPE_MAX ((size_t)256 << 10)

void pipe_new(struct loop *loop, struct stream **a, struct stream **b);
/* Both ends fail from now on, e.g. with "connection reset"; the text is copied. */
void pipe_break(struct stream *end, const char *why);
/* The certificate that this end shows as its peer's: borrowed PEM. */
void pipe_set_peer_cert(struct stream *end, const char *cert);
