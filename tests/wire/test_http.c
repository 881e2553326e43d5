/* HTTP requests through libcurl to an HTTP/2 server of the loopback, certificates on both sides. */
#include "net/http.h"

#include "base/arena.h"
#include "base/str.h"
#include "net/tls.h"
#include "rpc/connection.h"
#include "wire/scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum {
	BIG = 3 << 20,
	MANY = 40,
	LINKS_MAX = 50
};

struct server;

struct link {
	struct connection connection;
	struct h2_events events;
	struct server *server;
};

struct server {
	struct scene *scene; /* its loop and certificates; its listener is not used */
	struct tcp_listener listener;
	struct link link[LINKS_MAX];
	size_t links, released, requests;
	struct arena *arena;
	struct str body; /* of the request that came last */
	char path[100], bearer[100], type[100];
	struct http_curl *curl;
	struct trust trust;
	struct http_target target;
};

static const struct answer {
	const char *path, *status, *text;
	bool ends;
} answers[] = {
	{ "/hello", "200", "good day", true },
	{ "/missing", "404", "nothing here", true },
	{ "/moved", "302", "", true },
	{ "/drip", "200", "drop", false },
};

static void answer_headers(struct link *link, int32_t stream, const char *status)
{
	const struct h2_header headers[] = { { ":status", status },
					     { "location", "https://127.0.0.1:1/" },
					     { "retry-after", "7" } };

	h2_reply(link->connection.h2, stream, headers, ARRAY_LEN(headers), false);
}

static void answer(struct link *link, int32_t stream)
{
	struct server *server = link->server;

	server->requests++;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		const struct answer *answer = &answers[i];

		if (strcmp(answer->path, server->path) != 0)
			continue;
		answer_headers(link, stream, answer->status);
		h2_send(link->connection.h2, stream, answer->text, strlen(answer->text),
			answer->ends);
	}
	if (strcmp(server->path, "/echo") == 0) {
		answer_headers(link, stream, "201");
		h2_send(link->connection.h2, stream, str_text(&server->body), server->body.len,
			true);
	} else if (strcmp(server->path, "/break") == 0) {
		connection_close(&link->connection);
		return;
	}
	connection_wake(&link->connection);
}

static void keep(char *into, size_t size, const struct h2_header *header, const char *name)
{
	if (strcmp(header->name, name) == 0)
		snprintf(into, size, "%s", header->value);
}

static void on_headers(struct h2_events *events, int32_t stream, const struct h2_header *headers,
		       size_t count, bool end)
{
	struct link *link = container_of(events, struct link, events);
	struct server *server = link->server;

	str_clear(&server->body);
	for (size_t i = 0; i < count; i++) {
		keep(server->path, sizeof(server->path), &headers[i], ":path");
		keep(server->bearer, sizeof(server->bearer), &headers[i], "authorization");
		keep(server->type, sizeof(server->type), &headers[i], "content-type");
	}
	if (end)
		answer(link, stream);
}

static void on_data(struct h2_events *events, int32_t stream, const void *data, size_t len)
{
	(void)stream;
	str_addn(&container_of(events, struct link, events)->server->body, data, len);
}

static void on_data_end(struct h2_events *events, int32_t stream)
{
	answer(container_of(events, struct link, events), stream);
}

static void on_close(struct h2_events *events, int32_t stream, uint32_t error)
{
	(void)events;
	(void)stream;
	(void)error;
}

static void on_goaway(struct h2_events *events, int32_t last, uint32_t error)
{
	on_close(events, last, error);
}

static void on_over(struct connection *connection, const struct err *err)
{
	(void)err;
	connection_close(connection);
}

static void on_release(struct connection *connection)
{
	container_of(connection, struct link, connection)->server->released++;
}

static void accept_one(struct tcp_listener *listener, struct stream *tcp)
{
	static const struct connection_ops ops = { .on_over = on_over, .on_release = on_release };
	struct server *server = container_of(listener, struct server, listener);
	struct tls_server options = { server->scene->loop, server->scene->node,
				      server->scene->client_ca };
	struct link *link = &server->link[server->links++];
	struct stream *stream;

	cr_assert_leq(server->links, LINKS_MAX);
	cr_assert_eq(tls_server_new(&options, tcp, &stream, NULL), 0);
	link->server = server;
	link->events = (struct h2_events){ on_headers, on_data, on_data_end, on_close, on_goaway };
	connection_start(&link->connection, server->scene->loop, stream,
			 &(struct connection_user){ H2_SERVER, &ops, &link->events });
}

static struct server *server_new(const struct detour *detours, size_t count)
{
	struct server *server = mem_new(sizeof(*server));

	server->scene = scene_new();
	server->arena = arena_new("server");
	str_init(&server->body, BIG);
	cr_assert_eq(tcp_listen(&server->listener, server->scene->loop, "127.0.0.1", 0, accept_one,
				NULL),
		     0);
	server->curl = http_curl_new(server->scene->loop, detours, count);
	server->trust.ca = server->scene->papers.ca.cert;
	server->target = (struct http_target){
		.host = "127.0.0.1",
		.port = server->listener.port,
		.identity = &server->scene->papers.client[CERT_GOOD],
		.trust = &server->trust,
	};
	return server;
}

static void server_free(struct server *server)
{
	http_curl_free(server->curl);
	tcp_listener_done(&server->listener);
	for (size_t i = 0; i < server->links; i++)
		connection_close(&server->link[i].connection);
	/* what is left of the loop ends by itself */
	tcp_listener_done(&server->scene->listener);
	timer_cancel(&server->scene->deadline);
	cr_assert_eq(loop_run(server->scene->loop, NULL), 0);
	cr_assert_eq(server->released, server->links);
	str_done(&server->body);
	arena_free(server->arena);
	scene_free(server->scene);
	mem_free(server, sizeof(*server));
}
OWN_DEFINE(struct server, server_free)

struct asker {
	struct http_exchange exchange;
	struct server *server;
	struct str body;
	int status, retry_after;
	size_t ends, bodies;
	size_t again;		       /* how often to ask once more */
	bool cancel_head, cancel_body; /* at the first */
	struct err err;
};

static const struct http_request hello = { .method = "GET", .path = "/hello" };

static void ask(struct asker *asker, struct server *server, const struct http_request *request);

static void stop_when_idle(struct asker *asker)
{
	if (--asker->server->scene->left == 0)
		loop_stop(asker->server->scene->loop);
}

static void asker_head(struct http_exchange *exchange, int status, const struct http_header *header,
		       size_t headers)
{
	struct asker *asker = container_of(exchange, struct asker, exchange);

	asker->status = status;
	for (size_t i = 0; i < headers; i++)
		if (strcmp(header[i].name, "retry-after") == 0)
			asker->retry_after = header[i].value[0] - '0';
	if (asker->cancel_head) {
		http_cancel(exchange);
		stop_when_idle(asker);
	}
}

static void asker_body(struct http_exchange *exchange, const void *data, size_t len)
{
	struct asker *asker = container_of(exchange, struct asker, exchange);

	asker->bodies++;
	str_addn(&asker->body, data, len);
	if (asker->cancel_body) {
		http_cancel(exchange);
		stop_when_idle(asker);
	}
}

static void asker_end(struct http_exchange *exchange, const struct err *err)
{
	struct asker *asker = container_of(exchange, struct asker, exchange);

	asker->ends++;
	asker->err = *err;
	if (asker->again > 0) {
		asker->again--;
		ask(asker, asker->server, &hello);
	}
	stop_when_idle(asker);
}

static void ask(struct asker *asker, struct server *server, const struct http_request *request)
{
	static const struct http_ops ops = { asker_head, asker_body, asker_end };

	asker->server = server;
	if (!asker->body.max)
		str_init(&asker->body, BIG);
	server->scene->left++;
	http_start(http_curl_door(server->curl), &asker->exchange, &server->target, request, &ops);
}

static void asker_done(struct asker *asker)
{
	str_done(&asker->body);
}

Test(http, answers_come_whole, .timeout = 20)
{
	struct server *server OWNED(server_free) = server_new(NULL, 0);
	static const struct {
		const char *path, *text;
		int status;
	} rows[] = {
		{ "/hello", "good day", 200 },
		{ "/missing", "nothing here", 404 },
		{ "/moved", "", 302 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct asker asker SCOPED(asker_done) = { 0 };

		ask(&asker, server,
		    &(struct http_request){ .method = "GET", .path = rows[i].path });
		cr_assert_eq(asker.ends, 0, "%s", rows[i].path);
		scene_run(server->scene);
		cr_assert_eq(asker.ends, 1, "%s", rows[i].path);
		cr_assert_eq(asker.err.kind, ERR_NONE, "%s: %s", rows[i].path, asker.err.text);
		cr_assert_eq(asker.status, rows[i].status, "%s", rows[i].path);
		cr_assert_eq(asker.retry_after, 7, "%s", rows[i].path);
		cr_assert_str_eq(str_text(&asker.body), rows[i].text, "%s", rows[i].path);
	}
	cr_assert_eq(server->links, 1, "one connection is kept");
}

Test(http, bodies_go_and_come, .timeout = 20)
{
	struct server *server OWNED(server_free) = server_new(NULL, 0);
	struct asker asker SCOPED(asker_done) = { 0 };
	struct arena *arena OWNED(arena_free) = arena_new("body");
	const struct http_header header = { "Content-Type", "application/json" };
	size_t len = BIG - 1;
	char *body = arena_alloc(arena, len);

	for (size_t i = 0; i < len; i++)
		body[i] = (char)(i * 31 + i / 251);
	server->target.bearer = "a-token";
	ask(&asker, server,
	    &(struct http_request){ .method = "PATCH",
				    .path = "/echo",
				    .header = &header,
				    .headers = 1,
				    .body = body,
				    .len = len });
	memset(body, 0, len); /* it was copied */
	scene_run(server->scene);
	cr_assert_eq(asker.err.kind, ERR_NONE, "%s", asker.err.text);
	cr_assert_eq(asker.status, 201);
	cr_assert_eq(asker.body.len, len);
	for (size_t i = 0; i < len; i++)
		cr_assert_eq(asker.body.at[i], (char)(i * 31 + i / 251), "byte %zu", i);
	cr_assert_str_eq(server->bearer, "Bearer a-token");
	cr_assert_str_eq(server->type, "application/json");
}

Test(http, many_share_a_connection, .timeout = 20)
{
	struct server *server OWNED(server_free) = server_new(NULL, 0);
	struct asker askers[MANY] = { 0 };

	for (size_t i = 0; i < MANY; i++) {
		askers[i].again = 2;
		ask(&askers[i], server, &hello);
	}
	scene_run(server->scene);
	for (size_t i = 0; i < MANY; i++) {
		cr_assert_eq(askers[i].ends, 3);
		cr_assert_eq(askers[i].err.kind, ERR_NONE, "%s", askers[i].err.text);
		asker_done(&askers[i]);
	}
	cr_assert_eq(server->requests, 3 * MANY);
	cr_assert_eq(server->links, 1);
}

enum spoil {
	SPOIL_NOTHING,
	SPOIL_TRUST,
	SPOIL_HOST,
	SPOIL_CLIENT,
	SPOIL_NO_CLIENT,
	SPOIL_PIN,
	SPOIL_PORT,
};

static void spoil_it(struct server *server, enum spoil spoil)
{
	struct papers *papers = &server->scene->papers;

	if (spoil == SPOIL_TRUST)
		server->trust.ca = papers->strange_ca.cert;
	else if (spoil == SPOIL_HOST)
		server->scene->node = &papers->node[CERT_HOST];
	else if (spoil == SPOIL_CLIENT)
		server->target.identity = &papers->client[CERT_STRANGE];
	else if (spoil == SPOIL_NO_CLIENT)
		server->target.identity = NULL;
	else if (spoil == SPOIL_PIN)
		server->trust = (struct trust){ .fingerprint = papers->node_pin };
	else if (spoil == SPOIL_PORT)
		tcp_listener_done(&server->listener);
}

Test(http, failures_have_their_kind, .timeout = 20)
{
	static const struct {
		const char *name, *path;
		enum spoil spoil;
		enum err_kind kind;
		uint64_t timeout, silence;
		const char *text; /* part of the error */
	} rows[] = {
		{ "strange server", "/hello", SPOIL_TRUST, ERR_AUTH, 0, 0, "TLS handshake with" },
		{ "wrong host", "/hello", SPOIL_HOST, ERR_AUTH, 0, 0, "TLS handshake with" },
		{ "strange client", "/hello", SPOIL_CLIENT, ERR_AUTH, 0, 0, "refused" },
		{ "no client", "/hello", SPOIL_NO_CLIENT, ERR_AUTH, 0, 0, "refused" },
		{ "pinned", "/hello", SPOIL_PIN, ERR_USAGE, 0, 0, "authorities" },
		{ "nobody there", "/hello", SPOIL_PORT, ERR_NET, 0, 0, "connection refused" },
		{ "no answer", "/hold", SPOIL_NOTHING, ERR_TIMEOUT, 200 * MILLISECOND, 0,
		  "within 200ms" },
		{ "goes silent", "/drip", SPOIL_NOTHING, ERR_TIMEOUT, 0, 200 * MILLISECOND,
		  "said nothing for 200ms" },
		{ "breaks", "/break", SPOIL_NOTHING, ERR_NET, 0, 0, "127.0.0.1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server *server OWNED(server_free) = server_new(NULL, 0);
		struct asker asker SCOPED(asker_done) = { 0 };

		spoil_it(server, rows[i].spoil);
		ask(&asker, server,
		    &(struct http_request){ .method = "GET",
					    .path = rows[i].path,
					    .timeout = rows[i].timeout,
					    .silence = rows[i].silence });
		cr_assert_eq(asker.ends, 0, "%s", rows[i].name);
		scene_run(server->scene);
		cr_assert_eq(asker.ends, 1, "%s", rows[i].name);
		cr_assert_eq(asker.err.kind, rows[i].kind, "%s: %s: %s", rows[i].name,
			     err_kind_name(asker.err.kind), asker.err.text);
		cr_assert_not_null(strstr(asker.err.text, rows[i].text), "%s: %s", rows[i].name,
				   asker.err.text);
	}
}

Test(http, detours_keep_the_name, .timeout = 20)
{
	struct detour detour = { .address = "cp-1.example", .port = 6443, .to_host = "127.0.0.1" };
	struct server *server OWNED(server_free) = server_new(&detour, 1);
	struct asker asker SCOPED(asker_done) = { 0 };

	detour.to_port = server->listener.port;
	server->target.host = "CP-1.example";
	server->target.port = 6443;
	server->scene->node = &server->scene->papers.node[CERT_HOST];
	ask(&asker, server, &hello);
	scene_run(server->scene);
	cr_assert_eq(asker.err.kind, ERR_NONE, "%s", asker.err.text);
	cr_assert_eq(asker.status, 200);
}

Test(http, events_may_cancel, .timeout = 20)
{
	struct server *server OWNED(server_free) = server_new(NULL, 0);
	struct asker head SCOPED(asker_done) = { .cancel_head = true };
	struct asker body SCOPED(asker_done) = { .cancel_body = true };
	struct asker early SCOPED(asker_done) = { 0 };
	struct asker good SCOPED(asker_done) = { 0 };

	ask(&head, server, &hello);
	ask(&body, server, &hello);
	ask(&good, server, &hello);
	ask(&early, server, &hello);
	http_cancel(&early.exchange);
	http_cancel(&early.exchange);
	server->scene->left--;
	scene_run(server->scene);
	cr_assert_eq(head.ends + head.bodies, 0);
	cr_assert_eq(body.ends, 0);
	cr_assert_eq(body.bodies, 1);
	cr_assert_eq(early.ends + early.bodies, 0);
	cr_assert_eq(early.status, 0);
	cr_assert_eq(good.ends, 1);
	cr_assert_null(head.exchange.door);
}

Test(http, the_end_is_unheard, .timeout = 20)
{
	struct server *server OWNED(server_free) = server_new(NULL, 0);
	struct asker asker SCOPED(asker_done) = { 0 }, held SCOPED(asker_done) = { 0 };

	ask(&held, server, &(struct http_request){ .method = "GET", .path = "/drip" });
	ask(&asker, server, &hello);
	server->scene->left = 1;
	scene_run(server->scene);
	http_curl_free(take(server->curl));
	cr_assert_eq(held.ends, 0);
	cr_assert_null(held.exchange.door);
}
