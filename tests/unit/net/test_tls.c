#include "net/tls.h"

#include "base/arena.h"
#include "net/pipe.h"

#include <criterion/criterion.h>
#include <string.h>

/* TLS between the ends of a pipe, in virtual time: no order of events is left to chance. */
struct talk {
	struct arena *arena; /* owned */
	struct loop *loop;   /* owned */
	struct identity ca, node, client, other_client;
	struct trust trust;
	struct stream *lower[2]; /* borrowed from the TLS streams */
	struct stream *caller, *answerer;
	struct err caller_err, answerer_err;
	struct tls_shared *shared; /* NULL: nothing is */
};

enum {
	START_DAYS = 20000
};

static void issue(struct talk *talk, const struct identity *ca, enum x509_usage usage,
		  uint64_t lifetime, struct identity *out)
{
	static const char *const names[] = { "10.0.0.1", NULL };
	static const char *const roles[] = { "os:admin", NULL };
	struct x509_request request = { "test", roles, names, usage, START_DAYS * DAY, lifetime };

	cr_assert_eq(x509_issue(talk->arena, ca, &request, out, NULL), 0);
}

static struct talk *talk_new(void)
{
	struct x509_ca ca = { "talos", KEY_ED25519, START_DAYS * DAY, 3650 * DAY };
	struct talk *talk = mem_new(sizeof(*talk));
	struct identity other_ca;

	talk->arena = arena_new("talk");
	talk->loop = loop_new_virtual(START_DAYS * DAY + HOUR);
	cr_assert_eq(x509_make_ca(talk->arena, &ca, &talk->ca, NULL), 0);
	cr_assert_eq(x509_make_ca(talk->arena, &ca, &other_ca, NULL), 0);
	issue(talk, &talk->ca, X509_SERVER, DAY, &talk->node);
	issue(talk, &talk->ca, X509_CLIENT, 365 * DAY, &talk->client);
	issue(talk, &other_ca, X509_CLIENT, 365 * DAY, &talk->other_client);
	talk->trust = (struct trust){ .ca = talk->ca.cert };
	return talk;
}

static void talk_hang_up(struct talk *talk)
{
	stream_close(take(talk->caller));
	stream_close(take(talk->answerer));
}

static void talk_free(struct talk *talk)
{
	talk_hang_up(talk);
	loop_free(talk->loop);
	arena_free(talk->arena);
	tls_shared_free(talk->shared);
	mem_free(talk, sizeof(*talk));
}
OWN_DEFINE(struct talk, talk_free)

static void talk_connect(struct talk *talk, const struct identity *client)
{
	struct tls_client caller = { talk->loop, "10.0.0.1", client, &talk->trust };
	struct tls_server answerer = { talk->loop, &talk->node, talk->ca.cert };

	caller.shared = answerer.shared = talk->shared;
	pipe_new(talk->loop, &talk->lower[0], &talk->lower[1]);
	cr_assert_eq(tls_client_new(&caller, talk->lower[0], &talk->caller, NULL), 0);
	cr_assert_eq(tls_server_new(&answerer, talk->lower[1], &talk->answerer, NULL), 0);
}

/* Until both are open or one failed: 0, or what the failed one said. */
static int talk_open(struct talk *talk)
{
	int caller = IO_WAIT, answerer = IO_WAIT;

	err_clear(&talk->caller_err);
	err_clear(&talk->answerer_err);
	for (unsigned i = 0; i < 10 && (caller > 0 || answerer > 0); i++) {
		caller = stream_open(talk->caller, &talk->caller_err);
		answerer = stream_open(talk->answerer, &talk->answerer_err);
		if (caller < 0 || answerer < 0)
			return -1;
	}
	cr_assert(caller == IO_DONE && answerer == IO_DONE);
	return 0;
}

static void set_nothing(struct timer *timer)
{
	(void)timer;
}

static void pass_time(struct loop *loop, uint64_t duration)
{
	struct timer timer;

	timer_init(&timer, loop, set_nothing);
	timer_set(&timer, loop_now(loop) + duration);
	cr_assert_eq(loop_run(loop, NULL), 0);
}

Test(tls, certificates_are_judged_by_the_loop_s_clock)
{
	struct talk *talk OWNED(talk_free) = talk_new();

	talk_connect(talk, &talk->client);
	cr_assert_eq(talk_open(talk), 0, "%s", talk->caller_err.text);
	cr_assert_not_null(talk->caller->peer_cert);
	cr_assert_not_null(talk->answerer->peer_cert);

	talk_hang_up(talk);
	pass_time(talk->loop, 2 * DAY);
	talk_connect(talk, &talk->client);
	cr_assert_lt(talk_open(talk), 0);
	cr_assert_eq(talk->caller_err.kind, ERR_AUTH);
	cr_assert_str_eq(talk->caller_err.text,
			 "TLS handshake with 10.0.0.1: verify the node: the certificate expired on "
			 "2024-10-05");
	cr_assert_null(talk->caller->peer_cert);

	struct err again = ERR_INIT;
	char byte;
	size_t count;

	cr_assert_lt(stream_open(talk->caller, &again), 0);
	cr_assert_str_eq(again.text, talk->caller_err.text, "and says so again");
	cr_assert_lt(stream_recv(talk->caller, &byte, 1, &count, &again), 0);
	cr_assert_lt(stream_send(talk->caller, "x", 1, &count, &again), 0);
	cr_assert_str_eq(again.text, talk->caller_err.text);
}

/* The node refuses and is gone before the client, which believes to be connected, writes. */
static void be_refused(struct talk *talk, const struct identity *client)
{
	int r = IO_WAIT;

	talk_connect(talk, client);
	for (unsigned i = 0; i < 10 && r == IO_WAIT; i++) {
		r = stream_open(talk->caller, NULL);
		if (r == IO_WAIT)
			cr_assert_eq(stream_open(talk->answerer, NULL), IO_WAIT);
	}
	cr_assert_eq(r, IO_DONE);
	cr_assert_lt(stream_open(talk->answerer, &talk->answerer_err), 0);
	stream_close(take(talk->answerer));
}

Test(tls, the_refusal_is_found_behind_a_broken_pipe)
{
	static const struct {
		bool shows_one;
		const char *text;
	} rows[] = {
		{ true, "the node refused our certificate: unknown certificate authority" },
		{ false, "the node refused us: certificate required" },
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		struct talk *talk OWNED(talk_free) = talk_new();
		struct err err = ERR_INIT;
		bool reads = i % 2;
		char byte;
		size_t count;
		int r;

		be_refused(talk, rows[i / 2].shows_one ? &talk->other_client : NULL);
		if (reads)
			r = stream_recv(talk->caller, &byte, 1, &count, &err);
		else
			r = stream_send(talk->caller, "x", 1, &count, &err);
		cr_assert_lt(r, 0);
		cr_assert_eq(err.kind, ERR_AUTH);
		cr_assert_str_eq(err.text, rows[i / 2].text);
	}
}

/* Five parties take the places of four. */
Test(tls, what_connections_share_keeps_identities_apart)
{
	struct talk *talk OWNED(talk_free) = talk_new();
	const struct identity *strangers[] = { &talk->other_client, NULL };

	talk->shared = tls_shared_new();
	for (size_t i = 0; i < 6; i++) {
		talk_connect(talk, &talk->client);
		cr_assert_eq(talk_open(talk), 0, "%s", talk->caller_err.text);
		talk_hang_up(talk);
		be_refused(talk, strangers[i % 2]);
		talk_hang_up(talk);
		issue(talk, &talk->ca, X509_SERVER, DAY, &talk->node);
	}
	talk_connect(talk, &talk->client);
	tls_shared_free(take(talk->shared));
	cr_assert_eq(talk_open(talk), 0, "%s", talk->caller_err.text);
}

Test(tls, what_the_peer_said_last_can_be_read_after_a_failed_write)
{
	struct talk *talk OWNED(talk_free) = talk_new();
	struct err err = ERR_INIT;
	char text[8];
	size_t count;

	talk_connect(talk, &talk->client);
	cr_assert_eq(talk_open(talk), 0);
	cr_assert_eq(stream_send(talk->answerer, "bye", 3, &count, NULL), IO_DONE);
	stream_close(take(talk->answerer));
	cr_assert_lt(stream_send(talk->caller, "x", 1, &count, &err), 0);
	cr_assert_eq(err.kind, ERR_NET);
	cr_assert_str_eq(err.text, "broken pipe");
	cr_assert_eq(stream_recv(talk->caller, text, sizeof(text), &count, NULL), IO_DONE);
	cr_assert_eq(count, 3);
	cr_assert_eq(stream_recv(talk->caller, text, sizeof(text), &count, NULL), IO_EOF);
}

Test(tls, an_end_without_a_farewell_is_an_error)
{
	struct talk *talk OWNED(talk_free) = talk_new();
	struct err err = ERR_INIT;
	char text[8];
	size_t count;

	talk_connect(talk, &talk->client);
	cr_assert_eq(talk_open(talk), 0);
	pipe_break(talk->lower[1], "connection reset");
	cr_assert_lt(stream_recv(talk->caller, text, sizeof(text), &count, &err), 0);
	cr_assert_eq(err.kind, ERR_NET);
	cr_assert_str_eq(err.text, "connection reset");
	cr_assert_lt(stream_send(talk->answerer, "x", 1, &count, &err), 0);
	cr_assert_eq(err.kind, ERR_NET);
}

Test(tls, a_broken_pipe_ends_the_handshake)
{
	struct talk *talk OWNED(talk_free) = talk_new();

	talk_connect(talk, &talk->client);
	cr_assert_eq(stream_open(talk->caller, NULL), IO_WAIT);
	pipe_break(talk->lower[0], "connection reset");
	cr_assert_lt(stream_open(talk->caller, &talk->caller_err), 0);
	cr_assert_str_eq(talk->caller_err.text, "connection reset");
	cr_assert_lt(stream_open(talk->answerer, &talk->answerer_err), 0);
	cr_assert_eq(talk->answerer_err.kind, ERR_NET);
}

struct end {
	struct stream_user user;
	struct stream *stream; /* borrowed */
	size_t to_send, sent, received;
	bool inside, reentered;
};

static void pump(struct stream_user *user)
{
	struct end *end = container_of(user, struct end, user);
	char chunk[60000];
	size_t count, len;
	int r;

	end->reentered |= end->inside;
	end->inside = true;
	do {
		len = end->to_send - end->sent;
		if (len > sizeof(chunk))
			len = sizeof(chunk);
		memset(chunk, (int)(end->sent / sizeof(chunk)), len);
		r = stream_send(end->stream, chunk, len, &count, NULL);
		if (r == IO_DONE)
			end->sent += count;
	} while (r == IO_DONE && end->sent < end->to_send);
	while (stream_recv(end->stream, chunk, 7001, &count, NULL) == IO_DONE)
		end->received += count;
	end->inside = false;
}

Test(tls, carries_much_both_ways_over_a_pipe)
{
	struct talk *talk OWNED(talk_free) = talk_new();

	talk_connect(talk, &talk->client);
	cr_assert_eq(talk_open(talk), 0);
	struct end ends[2] = {
		{ .user.on_ready = pump, .stream = talk->caller, .to_send = 5000000 },
		{ .user.on_ready = pump, .stream = talk->answerer, .to_send = 4000000 },
	};

	for (size_t i = 0; i < 2; i++)
		stream_attach(ends[i].stream, &ends[i].user);
	for (size_t i = 0; i < 2; i++)
		pump(&ends[i].user);
	cr_assert_eq(loop_run(talk->loop, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(ends[i].sent, ends[i].to_send);
		cr_assert_eq(ends[i].received, ends[1 - i].to_send);
		cr_assert_not(ends[i].reentered);
	}
}

struct closer {
	struct stream_user user;
	struct stream **stream;
	unsigned calls;
};

static void close_it(struct stream_user *user)
{
	struct closer *closer = container_of(user, struct closer, user);

	closer->calls++;
	stream_close(take(*closer->stream));
}

Test(tls, can_be_closed_from_inside_on_ready)
{
	struct talk *talk OWNED(talk_free) = talk_new();
	struct closer closer = { .user.on_ready = close_it, .stream = &talk->caller };
	char byte;
	size_t count;

	talk_connect(talk, &talk->client);
	cr_assert_eq(talk_open(talk), 0);
	stream_attach(talk->caller, &closer.user);
	cr_assert_eq(stream_recv(talk->caller, &byte, 1, &count, NULL), IO_WAIT);
	cr_assert_eq(stream_send(talk->answerer, "x", 1, &count, NULL), IO_DONE);
	cr_assert_eq(loop_run(talk->loop, NULL), 0);
	cr_assert_eq(closer.calls, 1);
	cr_assert_null(talk->caller);
	cr_assert_eq(stream_recv(talk->answerer, &byte, 1, &count, NULL), IO_EOF,
		     "it said good-bye");
}

Test(tls, an_identity_that_is_none_is_refused_and_the_stream_below_closed)
{
	struct talk *talk OWNED(talk_free) = talk_new();
	struct identity mixed = { talk->client.cert, talk->node.key };
	struct identity empty = { "", talk->node.key }, no_key = { talk->client.cert, "" };
	const struct identity *rows[] = { &mixed, &empty, &no_key };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tls_client options = { talk->loop, "10.0.0.1", rows[i], &talk->trust };
		struct err err = ERR_INIT;
		struct stream *below, *far, *out;
		char byte;
		size_t count;

		pipe_new(talk->loop, &below, &far);
		cr_assert_lt(tls_client_new(&options, below, &out, &err), 0);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", err.text);
		cr_assert_eq(stream_recv(far, &byte, 1, &count, NULL), IO_EOF);
		stream_close(far);
	}
}
