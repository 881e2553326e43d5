#include "peer.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <string.h>

static struct peer *peer_of(struct h2_events *events)
{
	return container_of(events, struct peer, events);
}

static void on_headers(struct h2_events *events, int32_t stream, const struct h2_header *headers,
		       size_t count, bool end)
{
	struct peer *peer = peer_of(events);

	peer->last = stream;
	if (!peer->quiet) {
		for (size_t i = 0; i < count; i++)
			str_addf(&peer->log, "%s: %s\n", headers[i].name, headers[i].value);
		str_add(&peer->log, end ? "headers end\n" : "headers\n");
	}
	if (peer->at_headers)
		peer->at_headers(peer, stream);
}

static void on_data(struct h2_events *events, int32_t stream, const void *data, size_t len)
{
	struct peer *peer = peer_of(events);

	(void)stream;
	peer->bytes += len;
	for (size_t i = 0; i < len && !peer->quiet; i++)
		str_addf(&peer->log, "%02x", ((const unsigned char *)data)[i]);
	if (!peer->quiet)
		str_add(&peer->log, "\n");
}

static void on_data_end(struct h2_events *events, int32_t stream)
{
	struct peer *peer = peer_of(events);

	if (!peer->quiet)
		str_add(&peer->log, "data end\n");
	if (peer->at_data_end)
		peer->at_data_end(peer, stream);
}

static void on_close(struct h2_events *events, int32_t stream, uint32_t error)
{
	(void)stream;
	str_addf(&peer_of(events)->log, "close %s\n", h2_error_name(error));
}

static void on_goaway(struct h2_events *events, int32_t last, uint32_t error)
{
	str_addf(&peer_of(events)->log, "goaway %d %s\n", last, h2_error_name(error));
}

static void peer_over(struct connection *connection, const struct err *err)
{
	struct peer *peer = container_of(connection, struct peer, connection);

	(void)err;
	peer->over = true;
	connection_close(connection);
}

static void peer_release(struct connection *connection)
{
	container_of(connection, struct peer, connection)->released = true;
}

void peer_start(struct peer *peer, struct loop *loop, struct stream *stream, enum h2_side side)
{
	static const struct connection_ops ops = { .on_over = peer_over,
						   .on_release = peer_release };
	const struct connection_user user = { side, &ops, &peer->events };

	cr_assert(peer->log.max == 0 || peer->released);
	peer->events = (struct h2_events){ on_headers, on_data, on_data_end, on_close, on_goaway };
	peer->over = peer->released = false;
	peer->log.max = 1 << 20;
	connection_start(&peer->connection, loop, stream, &user);
}

void peer_done(struct peer *peer)
{
	if (peer->log.max && !peer->released)
		connection_close(&peer->connection);
	str_done(&peer->log);
}

static size_t split(struct arena *arena, const char *const *lines, struct h2_header **out)
{
	size_t count = 0;

	while (lines[count])
		count++;
	*out = arena_calloc(arena, count + 1, sizeof(**out));
	for (size_t i = 0; i < count; i++) {
		const char *at = strstr(lines[i], ": ");

		cr_assert_not_null(at);
		(*out)[i].name = arena_strn(arena, lines[i], (size_t)(at - lines[i]));
		(*out)[i].value = arena_str(arena, at + 2);
	}
	return count;
}

void peer_reply(struct peer *peer, int32_t stream, bool end, const char *const *headers)
{
	struct arena *arena OWNED(arena_free) = arena_new("peer");
	struct h2_header *block;
	size_t count = split(arena, headers, &block);

	h2_reply(peer->connection.h2, stream, block, count, end);
	connection_wake(&peer->connection);
}

void peer_trailers(struct peer *peer, int32_t stream, const char *const *headers)
{
	struct arena *arena OWNED(arena_free) = arena_new("peer");
	struct h2_header *block;
	size_t count = split(arena, headers, &block);

	h2_trailers(peer->connection.h2, stream, block, count);
	connection_wake(&peer->connection);
}

int32_t peer_request(struct peer *peer, const char *const *headers)
{
	struct arena *arena OWNED(arena_free) = arena_new("peer");
	struct h2_header *block;
	size_t count = split(arena, headers, &block);
	int32_t stream = h2_request(peer->connection.h2, block, count);

	connection_wake(&peer->connection);
	return stream;
}

void peer_send(struct peer *peer, int32_t stream, const char *data, size_t len, bool end)
{
	h2_send(peer->connection.h2, stream, data, len, end);
	connection_wake(&peer->connection);
}

void peer_reset(struct peer *peer, int32_t stream, uint32_t error)
{
	h2_reset(peer->connection.h2, stream, error);
	connection_wake(&peer->connection);
}
