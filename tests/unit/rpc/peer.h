/*
 * A hand-driven HTTP/2 peer at the far end of a pipe: what no well-behaved gRPC program would say,
 * a test says through it.
 */
#pragma once

#include "base/str.h"
#include "loop/loop.h"
#include "rpc/connection.h"

struct peer {
	struct connection connection;
	struct h2_events events;
	struct str log; /* what it received: headers, data bytes, ends */
	bool over, released;
	bool quiet; /* data is counted only */
	size_t bytes;
	int32_t last; /* stream that last had headers */
	void (*at_headers)(struct peer *peer, int32_t stream);
	void (*at_data_end)(struct peer *peer, int32_t stream);
};

void peer_start(struct peer *peer, struct loop *loop, struct stream *stream, enum h2_side side);
void peer_done(struct peer *peer);
/* "name: value" each, NULL-ended. */
void peer_reply(struct peer *peer, int32_t stream, bool end, const char *const *headers);
void peer_trailers(struct peer *peer, int32_t stream, const char *const *headers);
int32_t peer_request(struct peer *peer, const char *const *headers);
void peer_send(struct peer *peer, int32_t stream, const char *data, size_t len, bool end);
void peer_reset(struct peer *peer, int32_t stream, uint32_t error);
