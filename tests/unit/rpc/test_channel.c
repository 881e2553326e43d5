#include "rpc/channel.h"

#include "rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define RIG                                                    \
	struct rig rig SCOPED(rig_done);                       \
	struct client a SCOPED(client_done) = { .name = "a" }; \
	rig_init(&rig)

#define RIG_AND_B                                              \
	struct client b SCOPED(client_done) = { .name = "b" }; \
	RIG

static void expect(const struct client *client, enum err_kind kind, int remote, const char *text)
{
	cr_assert_eq(client->ends, 1);
	cr_assert_str_eq(client->err.text, text);
	cr_assert_eq(client->err.kind, kind, "%s", err_kind_name(client->err.kind));
	cr_assert_eq(client->err.remote, remote, "%d", client->err.remote);
}

static void start_stream(struct client *client, struct rig *rig, const char *method)
{
	struct call_request request = { .method = method, .streaming = true };

	client_start_with(client, rig, &request);
}

Test(channel, an_unary_call)
{
	RIG;

	client_start(&a, &rig, "/echo", "hello");
	rig_run(&rig);
	expect(&a, ERR_NONE, 0, "");
	cr_assert_str_eq(str_text(&a.got), "hello|");
	cr_assert_eq(rig.dials, 1);
	cr_assert_eq(loop_now(rig.loop), 0, "no timer was waited for");
	cr_assert_str_eq(channel_address(rig.channel), "10.0.0.1:50000");
}

Test(channel, what_comes_back)
{
	static const struct {
		const char *method;
		bool streaming;
		const char *got;
		enum err_kind kind;
		int remote;
		const char *text;
	} rows[] = {
		{ "/echo", false, "x|", ERR_NONE, 0, "" },
		{ "/echo", true, "x|", ERR_NONE, 0, "" },
		{ "/many", true, "0|1|2|3|4|5|6|7|8|9|", ERR_NONE, 0, "" },
		{ "/none", true, "", ERR_NONE, 0, "" },
		{ "/none", false, "", ERR_REMOTE, RPC_INTERNAL, "the answer has no message" },
		{ "/twice", false, "x|", ERR_REMOTE, RPC_INTERNAL,
		  "the answer has more than one message" },
		{ "/deny", false, "", ERR_AUTH, RPC_PERMISSION_DENIED,
		  "not authorized: 100% \xc3\xa4" },
		{ "/deny", true, "", ERR_AUTH, RPC_PERMISSION_DENIED,
		  "not authorized: 100% \xc3\xa4" },
		{ "/partial", true, "x|", ERR_NET, RPC_UNAVAILABLE, "going down" },
		{ "/other", false, "", ERR_REMOTE, RPC_UNIMPLEMENTED, "unknown method" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG;
		struct call_request request = { .method = rows[i].method,
						.message = "x",
						.len = 1,
						.streaming = rows[i].streaming };

		client_start_with(&a, &rig, &request);
		rig_run(&rig);
		expect(&a, rows[i].kind, rows[i].remote, rows[i].text);
		cr_assert_str_eq(str_text(&a.got), rows[i].got);
	}
}

static void serve_metadata(struct rig *rig, struct rpc_request *request)
{
	const char *all[4];
	size_t count = rpc_request_metadata_all(request, "nodes", all, ARRAY_LEN(all));

	cr_assert_eq(count, 2);
	str_addf(&rig->log, "%s %s %s\n", all[0], all[1], rpc_request_metadata(request, "runtime"));
	cr_assert_null(rpc_request_metadata(request, "absent"));
	cr_assert_str_eq(rpc_request_metadata(request, "te"), "trailers");
	cr_assert_str_eq(rpc_request_metadata(request, "content-type"), "application/grpc");
	cr_assert_str_eq(rpc_request_metadata(request, ":authority"), "10.0.0.1:50000");
	cr_assert_str_eq(rpc_request_metadata(request, ":scheme"), "https");
	cr_assert_str_eq(rpc_request_metadata(request, "grpc-timeout"), "1500000u");
	cr_assert_eq(strncmp(rpc_request_metadata(request, "user-agent"), "talforge/", 9), 0);
	cr_assert_eq(request->len, 0);
	cr_assert_null(request->data);
	cr_assert_null(request->peer_cert);
	rpc_end(request, RPC_OK, NULL);
}

Test(channel, metadata_and_standard_headers_reach_the_server)
{
	RIG;
	static const char *const metadata[] = {
		"nodes",
		"10.0.0.2",
		"nodes",
		"10.0.0.3",
		"runtime",
		"Talos",
		NULL,
	};
	struct call_request request = { .method = "/x",
					.timeout = 1500 * MILLISECOND,
					.streaming = true,
					.metadata = metadata };

	rig.serve = serve_metadata;
	client_start_with(&a, &rig, &request);
	rig_run(&rig);
	expect(&a, ERR_NONE, 0, "");
	cr_assert_str_eq(str_text(&rig.log), "call /x\n10.0.0.2 10.0.0.3 Talos\n");
}

static void serve_timeout(struct rig *rig, struct rpc_request *request)
{
	str_addf(&rig->log, "%s\n", rpc_request_metadata(request, "grpc-timeout"));
	rpc_end(request, RPC_OK, NULL);
}

Test(channel, timeouts_take_the_finest_unit_of_eight_digits)
{
	static const struct {
		uint64_t timeout;
		const char *text;
	} rows[] = {
		{ 1, "1n" },
		{ 99999998, "99999998n" },
		{ 100 * MILLISECOND, "100000u" },
		{ 10 * SECOND, "10000000u" },
		{ 100 * SECOND + 1, "100001m" },
		{ 30 * HOUR, "108000S" },
		{ UINT64_MAX, "5124096H" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG;
		struct call_request request = { .method = "/x",
						.timeout = rows[i].timeout,
						.streaming = true };
		char wanted[64];

		rig.serve = serve_timeout;
		client_start_with(&a, &rig, &request);
		rig_run(&rig);
		expect(&a, ERR_NONE, 0, "");
		snprintf(wanted, sizeof(wanted), "call /x\n%s\n", rows[i].text);
		cr_assert_str_eq(str_text(&rig.log), wanted);
	}
}

Test(channel, a_deadline_passes)
{
	RIG_AND_B;

	client_start(&a, &rig, "/hold", "");
	rig_run(&rig);
	expect(&a, ERR_TIMEOUT, RPC_DEADLINE_EXCEEDED, "no answer within 10s");
	cr_assert_eq(loop_now(rig.loop), 10 * SECOND);
	cr_assert_str_eq(str_text(&rig.log), "call /hold\ngone /hold\n");
	cr_assert_eq(rpc_server_connections(rig.server), 0, "a silent connection is not kept");

	client_start(&b, &rig, "/echo", "again");
	rig_run(&rig);
	expect(&b, ERR_NONE, 0, "");
	cr_assert_eq(rig.dials, 2);
}

Test(channel, a_connection_with_other_traffic_outlives_a_deadline)
{
	RIG_AND_B;

	client_start(&a, &rig, "/hold", "");
	rig_run_until(&rig, SECOND);
	client_start(&b, &rig, "/echo", "x");
	rig_run_until(&rig, 20 * SECOND);
	cr_assert_eq(a.err.kind, ERR_TIMEOUT);
	expect(&b, ERR_NONE, 0, "");
	cr_assert_eq(rpc_server_connections(rig.server), 1);
	cr_assert_eq(rig.dials, 1);
}

Test(channel, a_late_stream_does_not_harm_the_silent_connections_other_calls)
{
	RIG_AND_B;

	client_start(&a, &rig, "/hold", "");
	struct call_request request = { .method = "/hold", .timeout = MINUTE };
	client_start_with(&b, &rig, &request);
	rig_run_until(&rig, 30 * SECOND);
	cr_assert_eq(a.err.kind, ERR_TIMEOUT);
	cr_assert_eq(b.ends, 0);

	rpc_reply(rig.held, "b", 1);
	rpc_end(rig.held, RPC_OK, NULL);
	rig_run(&rig);
	expect(&b, ERR_NONE, 0, "");
	cr_assert_str_eq(str_text(&b.got), "b|");
}

static int dial_silent(struct rig *rig, struct stream **out, struct err *err)
{
	(void)err;
	pipe_new(rig->loop, out, &rig->far);
	return 0;
}

Test(channel, a_peer_that_never_speaks_costs_the_deadline_and_the_next_call_dials_anew)
{
	RIG_AND_B;

	rig.dial = dial_silent;
	client_start(&a, &rig, "/echo", "x");
	rig_run(&rig);
	expect(&a, ERR_TIMEOUT, RPC_DEADLINE_EXCEEDED, "no answer within 10s");
	stream_close(rig.far);

	rig.dial = NULL;
	client_start(&b, &rig, "/echo", "x");
	rig_run(&rig);
	expect(&b, ERR_NONE, 0, "");
	cr_assert_eq(rig.dials, 2);
}

static int dial_untrusted(struct rig *rig, struct stream **out, struct err *err)
{
	(void)rig, (void)out;
	return err_set(err, ERR_AUTH, "signed by an unknown authority");
}

Test(channel, a_refused_dial_ends_all_that_wait)
{
	RIG_AND_B;

	rpc_server_free(take(rig.server));
	client_start(&a, &rig, "/echo", "x");
	client_start(&b, &rig, "/echo", "x");
	rig_run(&rig);
	expect(&a, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection refused");
	expect(&b, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection refused");
	cr_assert_eq(rig.dials, 1);
}

Test(channel, an_untrusted_peer_is_a_matter_of_identity)
{
	RIG;

	rig.dial = dial_untrusted;
	client_start(&a, &rig, "/echo", "x");
	rig_run(&rig);
	expect(&a, ERR_AUTH, 0, "10.0.0.1:50000: signed by an unknown authority");
}

Test(channel, a_lost_connection_ends_its_calls)
{
	RIG_AND_B;

	client_start(&a, &rig, "/hold", "");
	rig_run_until(&rig, SECOND);
	client_start(&b, &rig, "/break", "");
	rig_run(&rig);
	expect(&a, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection lost");
	expect(&b, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection lost");
	cr_assert_eq(rig.gone, 2);
	cr_assert_eq(rpc_server_connections(rig.server), 0);

	a.ends = 0;
	client_start(&a, &rig, "/echo", "after");
	rig_run(&rig);
	expect(&a, ERR_NONE, 0, "");
	cr_assert_eq(rig.dials, 2);
}

Test(channel, a_reset_connection_says_so)
{
	RIG;

	client_start(&a, &rig, "/hold", "");
	rig_run_until(&rig, SECOND);
	pipe_break(rig.far, "connection reset");
	rig_run(&rig);
	expect(&a, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection reset");
	cr_assert_str_eq(str_text(&rig.log), "call /hold\ngone /hold\n");
}

Test(channel, cancelling_is_silent_and_reaches_the_server)
{
	RIG;

	client_start(&a, &rig, "/hold", "");
	rig_run_until(&rig, SECOND);
	call_cancel(&a.call);
	cr_assert_not(call_is_running(&a.call));
	call_cancel(&a.call);
	rig_run(&rig);
	cr_assert_eq(a.ends, 0);
	cr_assert_str_eq(str_text(&rig.log), "call /hold\ngone /hold\n");

	client_start(&a, &rig, "/echo", "x");
	rig_run(&rig);
	expect(&a, ERR_NONE, 0, "");
	cr_assert_eq(rig.dials, 1, "the connection is kept");
}

Test(channel, cancelled_before_anything_was_sent)
{
	RIG_AND_B;

	client_start(&a, &rig, "/echo", "");
	call_cancel(&a.call);
	rig_run(&rig);
	cr_assert_eq(a.ends, 0);
	cr_assert_eq(rig.calls, 0);
	cr_assert_eq(rig.dials, 0);
	call_cancel(&b.call);
}

static void serve_nothing(struct rig *rig, struct rpc_request *request)
{
	rig->held = request;
}

Test(channel, the_server_enforces_the_deadline)
{
	RIG;
	struct call_request request = { .method = "/hold", .timeout = 5 * SECOND };

	rig.serve = serve_nothing;
	client_start_with(&a, &rig, &request);
	rig_run_until(&rig, SECOND);
	/* the client's own clock does not help it: nothing of its passes any more */
	rig_run_until(&rig, 4 * SECOND);
	cr_assert_eq(rig.gone, 0);
	rig_run_until(&rig, 5 * SECOND);
	rig_run(&rig);
	cr_assert_eq(rig.gone, 1);
	cr_assert_null(rig.held);
	expect(&a, ERR_TIMEOUT, RPC_DEADLINE_EXCEEDED, "no answer within 5s");
}

Test(channel, dropping_ends_calls_later_and_dials_anew)
{
	RIG_AND_B;

	client_start(&a, &rig, "/hold", "");
	rig_run_until(&rig, SECOND);
	client_start(&b, &rig, "/echo", "");
	channel_drop(rig.channel);
	cr_assert_eq(a.ends, 0);
	rig_run(&rig);
	expect(&a, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection dropped");
	expect(&b, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection dropped");
	cr_assert_eq(rpc_server_connections(rig.server), 0);
	b.ends = 0;
	client_start(&b, &rig, "/echo", "");
	rig_run(&rig);
	expect(&b, ERR_NONE, 0, "");
}

Test(channel, freeing_cancels)
{
	RIG_AND_B;

	client_start(&a, &rig, "/hold", "");
	rig_run_until(&rig, SECOND);
	client_start(&b, &rig, "/echo", "");
	channel_free(take(rig.channel));
	expect(&a, ERR_CANCELLED, 0, "10.0.0.1:50000: connection closed");
	expect(&b, ERR_CANCELLED, 0, "10.0.0.1:50000: connection closed");
	rig_run(&rig);
	cr_assert_eq(rig.gone, 1);
	cr_assert_eq(rpc_server_connections(rig.server), 0);
}

/* ---- inside callbacks ------------------------------------------------------------------------ */

static void cancel_me(struct client *client)
{
	call_cancel(&client->call);
}

static void cancel_and_restart(struct client *client)
{
	call_cancel(&client->call);
	client->at_message = NULL;
	client_start(client, client->rig, "/echo", "second");
}

static void drop_channel(struct client *client)
{
	client->at_message = NULL;
	channel_drop(client->rig->channel);
}

static void free_channel(struct client *client)
{
	client->at_message = client->at_end = NULL;
	channel_free(take(client->rig->channel));
}

static void free_server(struct client *client)
{
	client->at_message = client->at_end = NULL;
	rpc_server_free(take(client->rig->server));
}

static void restart(struct client *client)
{
	client->at_end = NULL;
	client_start(client, client->rig, "/echo", "second");
}

Test(channel, anything_may_happen_in_on_message)
{
	static const struct {
		const char *name;
		void (*at_message)(struct client *client);
		const char *got;
		size_t ends;
		enum err_kind kind;
	} rows[] = {
		{ "cancel", cancel_me, "0|", 0, ERR_NONE },
		{ "cancel and start again", cancel_and_restart, "0|second|", 1, ERR_NONE },
		{ "drop", drop_channel, "0|", 1, ERR_NET },
		{ "free the channel", free_channel, "0|", 1, ERR_CANCELLED },
		{ "free the server", free_server, "0|1|2|3|4|5|6|7|8|9|", 1, ERR_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG_AND_B;

		a.at_message = rows[i].at_message;
		start_stream(&b, &rig, "/hold");
		start_stream(&a, &rig, "/many");
		rig_run(&rig);
		cr_assert_str_eq(str_text(&a.got), rows[i].got, "%s", rows[i].name);
		cr_assert_eq(a.ends, rows[i].ends, "%s", rows[i].name);
		cr_assert_eq(a.err.kind, rows[i].kind, "%s", rows[i].name);
		cr_assert_eq(b.ends, 1, "%s", rows[i].name);
	}
}

Test(channel, anything_may_happen_in_on_end)
{
	static const struct {
		const char *name;
		void (*at_end)(struct client *client);
		size_t ends;
		enum err_kind other;
	} rows[] = {
		{ "nothing", NULL, 1, ERR_TIMEOUT },
		{ "start again", restart, 2, ERR_TIMEOUT },
		{ "drop", drop_channel, 1, ERR_NET },
		{ "free the channel", free_channel, 1, ERR_CANCELLED },
		{ "free the server", free_server, 1, ERR_NET },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG_AND_B;

		a.at_end = rows[i].at_end;
		client_start(&b, &rig, "/hold", "");
		client_start(&a, &rig, "/echo", "first");
		rig_run(&rig);
		cr_assert_eq(a.ends, rows[i].ends, "%s", rows[i].name);
		cr_assert_eq(a.err.kind, ERR_NONE, "%s", rows[i].name);
		cr_assert_eq(b.ends, 1, "%s", rows[i].name);
		cr_assert_eq(b.err.kind, rows[i].other, "%s", rows[i].name);
	}
}

static struct client *victim;

static void cancel_victim(struct client *client)
{
	(void)client;
	call_cancel(&victim->call);
}

Test(channel, a_call_whose_end_is_due_can_still_be_cancelled)
{
	RIG_AND_B;

	victim = &b;
	a.at_end = cancel_victim;
	rpc_server_free(take(rig.server));
	client_start(&a, &rig, "/echo", "");
	client_start(&b, &rig, "/echo", "");
	rig_run(&rig);
	cr_assert_eq(a.ends, 1);
	cr_assert_eq(b.ends, 0);
}

static void free_the_server(struct rig *rig, struct rpc_request *request)
{
	(void)request;
	rpc_server_free(take(rig->server));
}

Test(channel, the_server_may_free_itself_in_on_call)
{
	RIG_AND_B;

	rig.serve = free_the_server;
	client_start(&a, &rig, "/x", "");
	client_start(&b, &rig, "/y", "");
	rig_run(&rig);
	expect(&a, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection lost");
	expect(&b, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection lost");
	cr_assert_str_eq(str_text(&rig.log), "call /x\ngone /x\n");
}

Test(channel, cut_after_every_number_of_rounds)
{
	size_t whole = 0;

	/* a task that lets n rounds of the loop pass and then breaks the connection */
	for (size_t rounds = 0; rounds < 40 && whole < 3; rounds++) {
		RIG_AND_B;

		start_stream(&a, &rig, "/many");
		client_start(&b, &rig, "/hold", "");
		for (size_t i = 0; i < rounds; i++)
			rig_run_until(&rig, loop_now(rig.loop));
		if (rig.far && rpc_server_connections(rig.server) > 0)
			pipe_break(rig.far, "connection reset");
		rig_run(&rig);
		cr_assert_eq(a.ends, 1, "%zu rounds", rounds);
		cr_assert_eq(b.ends, 1, "%zu rounds", rounds);
		cr_assert(a.err.kind == ERR_NONE || a.err.kind == ERR_NET, "%zu rounds", rounds);
		cr_assert_eq(rig.held, NULL, "%zu rounds", rounds);
		whole += a.err.kind == ERR_NONE && rounds > 0;
	}
	cr_assert_eq(whole, 3, "in the end it is too late to break anything");
}

/* ---- GOAWAY ---------------------------------------------------------------------------------- */

Test(channel, draining_lets_open_calls_finish_and_new_ones_dial)
{
	RIG_AND_B;
	struct rpc_server *old = rig.server;

	client_start(&a, &rig, "/hold", "a");
	rig_run_until(&rig, SECOND);
	rpc_server_drain(old, MINUTE);
	rig.server = rpc_server_new(rig.loop, &rig.ops);
	rig_run_until(&rig, 2 * SECOND);
	client_start(&b, &rig, "/echo", "b");
	rig_run_until(&rig, 3 * SECOND);
	expect(&b, ERR_NONE, 0, "");
	cr_assert_eq(rig.dials, 2);
	cr_assert_eq(a.ends, 0);

	rpc_reply(rig.held, "a", 1);
	rpc_end(rig.held, RPC_OK, NULL);
	rig_run_until(&rig, 4 * SECOND);
	expect(&a, ERR_NONE, 0, "");
	cr_assert_eq(rpc_server_connections(old), 0);
	cr_assert_eq(rpc_server_connections(rig.server), 1);
	rpc_server_free(old);
}

Test(channel, draining_ends_after_the_grace)
{
	RIG;

	client_start(&a, &rig, "/hold", "a");
	rig_run_until(&rig, SECOND);
	rpc_server_drain(rig.server, 5 * SECOND);
	rig_run_until(&rig, 5 * SECOND);
	cr_assert_eq(a.ends, 0);
	rig_run_until(&rig, 7 * SECOND);
	expect(&a, ERR_NET, RPC_UNAVAILABLE, "10.0.0.1:50000: connection lost");
	cr_assert_eq(rig.gone, 1);
	cr_assert_eq(rpc_server_connections(rig.server), 0);
}

/* ---- size and number ------------------------------------------------------------------------- */

Test(channel, the_largest_message_passes_and_one_byte_more_does_not)
{
	static const struct {
		const char *size;
		enum err_kind kind;
		int remote;
		const char *text;
	} rows[] = {
		{ "33554432", ERR_NONE, 0, "" },
		{ "33554433", ERR_REMOTE, RPC_RESOURCE_EXHAUSTED,
		  "a message of 33554433 bytes is over the limit of 33554432" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		RIG;

		a.quiet = true;
		client_start(&a, &rig, "/big", rows[i].size);
		rig_run(&rig);
		expect(&a, rows[i].kind, rows[i].remote, rows[i].text);
		cr_assert_eq(a.bytes, rows[i].kind == ERR_NONE ? RPC_MESSAGE_MAX : 0);
	}
}

Test(channel, a_request_too_large_is_refused_by_the_server)
{
	RIG_AND_B;
	size_t size = RPC_MESSAGE_MAX + 1;
	void *message = mem_new(size);
	struct call_request request = { .method = "/echo", .message = message, .len = size };

	client_start_with(&a, &rig, &request);
	rig_run(&rig);
	expect(&a, ERR_REMOTE, RPC_RESOURCE_EXHAUSTED,
	       "a message of 33554433 bytes is over the limit of 33554432");
	cr_assert_eq(rig.calls, 0);

	client_start(&b, &rig, "/echo", "the connection is fine");
	rig_run(&rig);
	expect(&b, ERR_NONE, 0, "");
	cr_assert_eq(rig.dials, 1);
	mem_free(message, size);
}

Test(channel, many_calls_at_once)
{
	struct rig rig SCOPED(rig_done);
	enum {
		COUNT = 2000
	};
	struct client *clients = mem_new(COUNT * sizeof(*clients));

	rig_init(&rig);
	for (size_t i = 0; i < COUNT; i++) {
		char text[20];

		snprintf(text, sizeof(text), "%zu", i);
		client_start(&clients[i], &rig, "/echo", text);
	}
	rig_run(&rig);
	for (size_t i = 0; i < COUNT; i++) {
		char text[20];

		snprintf(text, sizeof(text), "%zu|", i);
		expect(&clients[i], ERR_NONE, 0, "");
		cr_assert_str_eq(str_text(&clients[i].got), text);
		client_done(&clients[i]);
	}
	cr_assert_eq(rig.dials, 1);
	mem_free(clients, COUNT * sizeof(*clients));
}

Test(channel, ipv6_addresses_are_bracketed)
{
	struct rig rig SCOPED(rig_done);
	static const struct trust trust = { .insecure = true };
	const struct dial_target target = { .address = "fd00::1", .port = 50000, .trust = &trust };
	rig_init(&rig);
	struct channel *channel OWNED(channel_free) =
		channel_new(rig.loop, &rig.dialer, &target);

	cr_assert_str_eq(channel_address(channel), "[fd00::1]:50000");
	cr_assert_null(channel_peer_cert(channel));
}
