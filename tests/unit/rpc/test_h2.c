#include "rpc/h2.h"

#include "base/arena.h"
#include "base/str.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Two sessions pumped into each other; each side writes what it sees as text. */
struct side {
	struct h2_events events;
	struct h2 *h2;
	struct str log;
	size_t data; /* bytes received */
	bool quiet;  /* data is counted only */
	int32_t reset_on_headers;
};

static struct side *side_of(struct h2_events *events)
{
	return container_of(events, struct side, events);
}

static void on_headers(struct h2_events *events, int32_t stream, const struct h2_header *headers,
		       size_t count, bool end)
{
	struct side *side = side_of(events);

	if (side->quiet)
		return;
	str_addf(&side->log, "%d headers", stream);
	for (size_t i = 0; i < count; i++)
		str_addf(&side->log, " %s=%s", headers[i].name, headers[i].value);
	str_add(&side->log, end ? " end\n" : "\n");
	if (side->reset_on_headers == stream)
		h2_reset(side->h2, stream, H2_CANCEL);
}

static void on_data(struct h2_events *events, int32_t stream, const void *data, size_t len)
{
	struct side *side = side_of(events);

	side->data += len;
	if (side->quiet)
		return;
	str_addf(&side->log, "%d data ", stream);
	str_addn(&side->log, data, len);
	str_addc(&side->log, '\n');
}

static void on_data_end(struct h2_events *events, int32_t stream)
{
	str_addf(&side_of(events)->log, "%d data end\n", stream);
}

static void on_close(struct h2_events *events, int32_t stream, uint32_t error)
{
	str_addf(&side_of(events)->log, "%d close %s\n", stream, h2_error_name(error));
}

static void on_goaway(struct h2_events *events, int32_t last, uint32_t error)
{
	str_addf(&side_of(events)->log, "goaway %d %s\n", last, h2_error_name(error));
}

static void side_init(struct side *side, enum h2_side which)
{
	*side = (struct side){ .events = { on_headers, on_data, on_data_end, on_close, on_goaway },
			       .log = STR_INIT(1 << 20) };
	side->h2 = h2_new(which, &side->events);
}

static void side_done(struct side *side)
{
	h2_free(side->h2);
	str_done(&side->log);
}

static size_t move_piece(struct side *from, struct side *to, size_t most)
{
	const void *data;
	size_t len = h2_output(from->h2, &data);

	if (len > most)
		len = most;
	if (len == 0)
		return 0;

	struct str copy SCOPED(str_done) = STR_INIT(1 << 20);
	str_addn(&copy, data, len);
	h2_output_taken(from->h2, len);
	cr_assert_eq(h2_feed(to->h2, copy.at, copy.len, NULL), 0);
	return len;
}

static void pump_pieces(struct side *a, struct side *b, size_t most)
{
	while (move_piece(a, b, most) + move_piece(b, a, most) > 0)
		;
}

static void pump(struct side *a, struct side *b)
{
	pump_pieces(a, b, SIZE_MAX);
}

static void take_log(struct side *side, const char *wanted)
{
	cr_assert_str_eq(str_text(&side->log), wanted);
	str_clear(&side->log);
}

static const struct h2_header request[] = {
	{ ":method", "POST" },
	{ ":scheme", "https" },
	{ ":path", "/a" },
	{ ":authority", "node" },
};
static const struct h2_header head[] = { { ":status", "200" }, { "x", "1" } };
static const struct h2_header tail[] = { { "grpc-status", "0" } };

#define PAIR                                                            \
	struct side client SCOPED(side_done), server SCOPED(side_done); \
	side_init(&client, H2_CLIENT);                                  \
	side_init(&server, H2_SERVER)

Test(h2, is_ready_when_the_peers_settings_arrived)
{
	PAIR;

	cr_assert_not(h2_is_ready(client.h2));
	move_piece(&client, &server, SIZE_MAX);
	cr_assert(h2_is_ready(server.h2));
	cr_assert_not(h2_is_ready(client.h2));
	move_piece(&server, &client, SIZE_MAX);
	cr_assert(h2_is_ready(client.h2));
	pump(&client, &server);
	cr_assert_not(h2_is_over(client.h2));
	cr_assert_not(h2_is_over(server.h2));
}

Test(h2, a_call_with_trailers_cut_at_every_length)
{
	for (size_t most = 1; most < 40; most++) {
		PAIR;
		int32_t id = h2_request(client.h2, request, 4);

		h2_send(client.h2, id, "question", 8, true);
		pump_pieces(&client, &server, most);
		cr_assert_not_null(strstr(str_text(&server.log),
					  "1 headers :method=POST :scheme=https :path=/a "
					  ":authority=node\n1 data "));
		cr_assert_not_null(strstr(str_text(&server.log), "1 data end\n"));
		cr_assert_eq(server.data, 8);

		h2_reply(server.h2, id, head, 2, false);
		h2_send(server.h2, id, "an", 2, false);
		h2_send(server.h2, id, "swer", 4, false);
		h2_trailers(server.h2, id, tail, 1);
		pump_pieces(&client, &server, most);
		cr_assert_eq(client.data, 6);
		cr_assert_not_null(strstr(str_text(&client.log),
					  "1 headers grpc-status=0 end\n1 close NO_ERROR\n"));
		cr_assert_not_null(strstr(str_text(&server.log), "1 close NO_ERROR\n"));
	}
}

Test(h2, trailers_alone_end_the_stream)
{
	PAIR;
	int32_t id = h2_request(client.h2, request, 4);

	h2_send(client.h2, id, "", 0, true);
	pump(&client, &server);
	h2_reply(server.h2, id, head, 2, true);
	pump(&client, &server);
	take_log(&client, "1 headers :status=200 x=1 end\n1 close NO_ERROR\n");
}

Test(h2, trailers_follow_after_the_data_was_sent)
{
	PAIR;
	int32_t id = h2_request(client.h2, request, 4);

	h2_send(client.h2, id, "q", 1, true);
	cr_assert_eq(h2_reply(server.h2, id, head, 2, false), -1, "not before it was asked");
	pump(&client, &server);
	cr_assert_eq(h2_reply(server.h2, id, head, 2, false), 0);
	pump(&client, &server);
	h2_send(server.h2, id, "a", 1, false);
	pump(&client, &server);
	take_log(&client, "1 headers :status=200 x=1\n1 data a\n");
	h2_trailers(server.h2, id, tail, 1);
	cr_assert_eq(h2_send(server.h2, id, "late", 4, false), -1);
	pump(&client, &server);
	cr_assert_not_null(strstr(str_text(&client.log), "1 headers grpc-status=0 end\n"));
	cr_assert_eq(h2_send(server.h2, id, "later", 5, false), -1);
	cr_assert_eq(h2_trailers(server.h2, id, tail, 1), -1);
}

Test(h2, a_reset_silences_the_stream_on_both_sides)
{
	PAIR;
	int32_t id = h2_request(client.h2, request, 4);

	h2_send(client.h2, id, "q", 1, true);
	pump(&client, &server);
	str_clear(&server.log);
	h2_reply(server.h2, id, head, 2, false);
	h2_send(server.h2, id, "answer", 6, false);
	client.reset_on_headers = id;
	pump(&client, &server);
	take_log(&client, "1 headers :status=200 x=1\n1 close CANCEL\n");
	take_log(&server, "1 close CANCEL\n");
}

Test(h2, a_request_that_was_never_sent_can_be_reset)
{
	PAIR;

	pump(&client, &server);
	int32_t id = h2_request(client.h2, request, 4);
	h2_reset(client.h2, id, H2_CANCEL);
	h2_reset(client.h2, id, H2_CANCEL);
	pump(&client, &server);
	cr_assert_not_null(strstr(str_text(&client.log), "1 close "));
	cr_assert_null(strstr(str_text(&server.log), "headers"));
}

Test(h2, a_big_body_waits_for_its_windows)
{
	PAIR;
	size_t size = (size_t)8 << 20;
	char *body = mem_new(size);
	int32_t id = h2_request(client.h2, request, 4);

	server.quiet = client.quiet = true;
	h2_send(client.h2, id, "q", 1, true);
	pump(&client, &server);
	h2_reply(server.h2, id, head, 2, false);
	h2_send(server.h2, id, body, size / 2, false);
	h2_send(server.h2, id, body, size / 2, false);

	/* the client takes nothing in: the server stops at the connection's window */
	size_t out = 0;
	const void *data;
	for (size_t len; (len = h2_output(server.h2, &data)) > 0; out += len)
		h2_output_taken(server.h2, len);
	cr_assert_gt(out, 1048560u);
	cr_assert_lt(out, 1048560u + 4096);
	cr_assert_eq(h2_queued(server.h2, id), size - 1048560);
	mem_free(body, size);
}

Test(h2, eight_mebibytes_arrive)
{
	PAIR;
	size_t size = (size_t)8 << 20;
	char *body = mem_new(size);
	int32_t id = h2_request(client.h2, request, 4);

	server.quiet = client.quiet = true;
	h2_send(client.h2, id, body, size, true);
	pump(&client, &server);
	cr_assert_eq(server.data, size);
	cr_assert_eq(h2_queued(client.h2, id), 0);
	mem_free(body, size);
}

Test(h2, graceful_shutdown_tells_the_last_stream_and_finishes)
{
	PAIR;
	int32_t id = h2_request(client.h2, request, 4);

	h2_send(client.h2, id, "q", 1, true);
	pump(&client, &server);
	h2_goaway(server.h2);
	pump(&client, &server);
	take_log(&client, "goaway 2147483647 NO_ERROR\ngoaway 1 NO_ERROR\n");
	cr_assert_not(h2_is_over(client.h2));
	cr_assert_not(h2_is_over(server.h2));
	h2_reply(server.h2, id, head, 2, true);
	pump(&client, &server);
	take_log(&client, "1 headers :status=200 x=1 end\n1 close NO_ERROR\n");
	cr_assert(h2_is_over(client.h2));
	cr_assert(h2_is_over(server.h2));
}

Test(h2, a_request_after_goaway_is_refused)
{
	PAIR;

	pump(&client, &server);
	h2_goaway(server.h2);
	move_piece(&server, &client, SIZE_MAX);
	int32_t id = h2_request(client.h2, request, 4);
	cr_assert_gt(id, 0);
	pump(&client, &server);
	cr_assert_not_null(strstr(str_text(&client.log), "1 close REFUSED_STREAM\n"));
	cr_assert_null(strstr(str_text(&server.log), "headers"));
}

Test(h2, requests_beyond_the_limit_wait_their_turn)
{
	PAIR;
	enum {
		COUNT = 1500
	};

	client.quiet = server.quiet = true;
	for (int i = 0; i < COUNT; i++) {
		int32_t id = h2_request(client.h2, request, 4);

		h2_send(client.h2, id, "q", 1, true);
	}
	pump(&client, &server);
	cr_assert_eq(server.data, 1024);
	for (int i = 0; i < COUNT; i++) {
		h2_reply(server.h2, 2 * i + 1, head, 2, true);
		pump(&client, &server);
	}
	cr_assert_eq(server.data, COUNT);
}

Test(h2, thousands_of_resets_are_no_attack)
{
	PAIR;

	for (int i = 0; i < 3000; i++) {
		int32_t id = h2_request(client.h2, request, 4);

		h2_send(client.h2, id, "q", 1, true);
		pump(&client, &server);
		h2_reset(client.h2, id, H2_CANCEL);
		pump(&client, &server);
	}
	cr_assert_null(strstr(str_text(&client.log), "goaway"));
	cr_assert_not(h2_is_over(server.h2));
}

Test(h2, headers_have_a_limit)
{
	PAIR;
	static const char value[] = "0123456789012345678901234567890123456789";
	struct h2_header many[1100];

	memcpy(many, request, sizeof(request));
	for (size_t i = 4; i < 1100; i++)
		many[i] = (struct h2_header){ "name", value };
	int32_t id = h2_request(client.h2, many, 1100);
	h2_send(client.h2, id, "q", 1, true);
	pump(&client, &server);
	take_log(&client, "1 close INTERNAL_ERROR\n");
	cr_assert_null(strstr(str_text(&server.log), "headers"));

	id = h2_request(client.h2, many, 500);
	h2_send(client.h2, id, "q", 1, true);
	pump(&client, &server);
	cr_assert_not_null(strstr(str_text(&server.log), "3 headers"));
}

Test(h2, a_block_too_large_to_send_closes_its_stream)
{
	PAIR;
	size_t size = (size_t)70 << 10;
	char *value = mem_new(size);

	memset(value, 'x', size - 1);
	struct h2_header big[5];
	memcpy(big, request, sizeof(request));
	big[4] = (struct h2_header){ "big", value };
	int32_t id = h2_request(client.h2, big, 5);
	h2_send(client.h2, id, "q", 1, true);
	pump(&client, &server);
	take_log(&client, "1 close INTERNAL_ERROR\n");

	id = h2_request(client.h2, request, 4);
	h2_send(client.h2, id, "q", 1, true);
	pump(&client, &server);
	const struct h2_header reply[] = { { ":status", "200" }, { "big", value } };
	h2_reply(server.h2, id, reply, 2, true);
	pump(&client, &server);
	take_log(&client, "3 close INTERNAL_ERROR\n");
	mem_free(value, size);
}

Test(h2, refuses_what_is_no_http2)
{
	struct side server SCOPED(side_done);
	struct err err = ERR_INIT;
	static const char text[] = "GET / HTTP/1.1\r\nHost: node\r\n\r\n";

	side_init(&server, H2_SERVER);
	cr_assert_eq(h2_feed(server.h2, text, sizeof(text) - 1, &err), -1);
	cr_assert_eq(err.kind, ERR_NET);
	cr_assert(h2_is_over(server.h2));
	cr_assert_eq(h2_feed(server.h2, text, 1, &err), -1);
}

Test(h2, a_client_ends_when_the_server_speaks_http1)
{
	struct side client SCOPED(side_done);
	static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	const void *data;

	side_init(&client, H2_CLIENT);
	h2_feed(client.h2, text, sizeof(text) - 1, NULL);
	for (size_t len; (len = h2_output(client.h2, &data)) > 0;)
		h2_output_taken(client.h2, len);
	cr_assert(h2_is_over(client.h2));
	cr_assert_not(h2_is_ready(client.h2));
}

Test(h2, informational_answers_are_skipped)
{
	/* SETTINGS; on stream 1 HEADERS with :status 100, then :status 200 and END_STREAM */
	static const unsigned char wire[] = {
		0,
		0,
		0,
		4,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		5,
		1,
		4,
		0,
		0,
		0,
		1,
		0x08,
		3,
		'1',
		'0',
		'0',
		0,
		0,
		1,
		1,
		5,
		0,
		0,
		0,
		1,
		0x88,
	};
	struct side client SCOPED(side_done);
	const void *data;

	side_init(&client, H2_CLIENT);
	h2_send(client.h2, h2_request(client.h2, request, 4), "", 0, true);
	for (size_t len; (len = h2_output(client.h2, &data)) > 0;)
		h2_output_taken(client.h2, len);
	cr_assert_eq(h2_feed(client.h2, wire, sizeof(wire), NULL), 0);
	take_log(&client, "1 headers :status=200 end\n1 close NO_ERROR\n");
}

Test(h2, the_users_pointer_goes_with_the_stream)
{
	PAIR;
	int32_t id = h2_request(client.h2, request, 4);

	cr_assert_null(h2_data(client.h2, id));
	h2_set_data(client.h2, id, &client);
	cr_assert_eq(h2_data(client.h2, id), &client);
	cr_assert_null(h2_data(client.h2, id + 512));
	h2_reset(client.h2, id, H2_CANCEL);
	pump(&client, &server);
	cr_assert_null(h2_data(client.h2, id));
	h2_set_data(client.h2, id, &client);
	cr_assert_eq(h2_queued(client.h2, id), 0);
	cr_assert_eq(h2_reply(client.h2, id, head, 2, true), -1);
}
