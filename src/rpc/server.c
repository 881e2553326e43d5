#include "rpc/server.h"

#include "base/text.h"
#include "rpc/connection.h"
#include "rpc/frame.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define REASON_MAX ((size_t)16 << 10) /* of a status message, before it is encoded */

enum answer_state {
	ANSWER_READING, /* the request is not complete */
	ANSWER_OPEN,	/* the user has it */
	ANSWER_ENDED,	/* the status is given, bytes are on their way */
	ANSWER_GONE,	/* the stream is lost, the user is being told */
};

/*
 * One request and what becomes of it.
 *
 *	READING ── complete ──> OPEN ── rpc_end() ──> ENDED ── stream closed ──> freed
 *	   │                      └── lost, late ──> GONE ── on_gone told ──> freed
 *	   └── refused ──> ENDED, or lost ──> freed
 */
struct answer {
	struct rpc_request request;
	struct server_link *link;
	struct answer *next, *previous;
	int32_t stream;
	enum answer_state state;
	struct frame_reader reader;
	const struct h2_header *headers; /* in the request's arena */
	size_t header_count;
	struct timer deadline;
	struct rpc_message **more; /* where the next message goes */
	size_t size;		   /* bytes of all the messages */
	bool has_message, headed;
};

struct server_link { /* one connection; freed by its connection's on_release */
	struct connection connection;
	struct h2_events events;
	struct rpc_server *server; /* NULL: closed */
	struct server_link *next;
	struct answer *answers; /* the newest first */
};

struct rpc_server {
	struct loop *loop;
	struct rpc_server_ops *ops;
	struct server_link *links;
	struct timer grace;
	bool draining, closing;
};

static void set_state(struct answer *answer, enum answer_state state)
{
	assert(state > answer->state);
	answer->state = state;
}

static struct answer *answer_of(const struct rpc_request *request)
{
	return container_of(request, struct answer, request);
}

static struct h2 *h2_of(const struct answer *answer)
{
	return answer->link->connection.h2;
}

/* ---- one answer ------------------------------------------------------------------------------ */

static void answer_unlink(struct answer *answer)
{
	struct server_link *link = answer->link;

	if (answer->next)
		answer->next->previous = answer->previous;
	*(answer->previous ? &answer->previous->next : &link->answers) = answer->next;
	h2_set_data(link->connection.h2, answer->stream, NULL);
	timer_cancel(&answer->deadline);
}

/* The stream is lost. The user hears of it if the request was in its hands, and may then free the
 * server and with it the link. */
static void answer_lost(struct answer *answer)
{
	struct rpc_server *server = answer->link->server;

	answer_unlink(answer);
	if (answer->state == ANSWER_OPEN) {
		set_state(answer, ANSWER_GONE);
		server->ops->on_gone(server->ops, &answer->request);
	}
	frame_reader_done(&answer->reader);
	arena_free(answer->request.arena);
	mem_free(answer, sizeof(*answer));
}

static void answer_due(struct timer *timer)
{
	struct answer *answer = container_of(timer, struct answer, deadline);

	h2_reset(h2_of(answer), answer->stream, H2_CANCEL);
	connection_wake(&answer->link->connection);
	answer_lost(answer);
}

static void send_head(struct answer *answer)
{
	static const struct h2_header head[] = {
		{ ":status", "200" },
		{ "content-type", "application/grpc" },
	};

	if (!answer->headed)
		h2_reply(h2_of(answer), answer->stream, head, ARRAY_LEN(head), false);
	answer->headed = true;
}

/* Cut between characters, so that the reader's text stays valid. */
static size_t reason_len(const char *message)
{
	size_t len = strnlen(message, REASON_MAX);

	if (len < REASON_MAX)
		return len;
	while (len > 0 && ((unsigned char)message[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* The status, alone in one block of headers when nothing was answered before it. */
static void send_status(struct answer *answer, unsigned http, enum rpc_code code,
			const char *message)
{
	struct str reason SCOPED(str_done) = STR_INIT(3 * REASON_MAX);
	const char *text = message ? message : "";
	char http_text[16], code_text[16];
	size_t count = 3;

	snprintf(http_text, sizeof(http_text), "%u", http);
	snprintf(code_text, sizeof(code_text), "%u", (unsigned)code);
	rpc_message_encode(&reason, arena_strn(answer->request.arena, text, reason_len(text)));

	struct h2_header block[4] = {
		{ ":status", http_text },
		{ "content-type", "application/grpc" },
		{ "grpc-status", code_text },
	};
	if (reason.len)
		block[count++] = (struct h2_header){ "grpc-message", reason.at };

	set_state(answer, ANSWER_ENDED);
	timer_cancel(&answer->deadline);
	if (answer->headed)
		h2_trailers(h2_of(answer), answer->stream, block + 2, count - 2);
	else
		h2_reply(h2_of(answer), answer->stream, block, count, true);
	connection_wake(&answer->link->connection);
}

/* An answer of our own, perhaps before the request is complete: the h2 then stops the client. */
static void refuse(struct answer *answer, unsigned http, enum rpc_code code, const char *message)
{
	send_status(answer, http, code, message);
	frame_reader_done(&answer->reader);
}

/* ---- reading a request ----------------------------------------------------------------------- */

static void keep_headers(struct answer *answer, const struct h2_header *headers, size_t count)
{
	struct arena *arena = answer->request.arena;
	struct h2_header *kept = arena_calloc(arena, count + 1, sizeof(*kept));

	for (size_t i = 0; i < count; i++) {
		kept[i].name = arena_str(arena, headers[i].name);
		kept[i].value = arena_str(arena, headers[i].value);
	}
	answer->headers = kept;
	answer->header_count = count;
}

static struct answer *answer_new(struct server_link *link, int32_t stream,
				 const struct h2_header *headers, size_t count)
{
	struct answer *answer = mem_new(sizeof(*answer));
	struct stream *below = link->connection.stream;

	answer->link = link;
	answer->stream = stream;
	answer->next = link->answers;
	if (link->answers)
		link->answers->previous = answer;
	link->answers = answer;
	answer->request.arena = arena_new("request");
	answer->request.peer_cert = arena_str(answer->request.arena, below->peer_cert);
	timer_init(&answer->deadline, link->server->loop, answer_due);
	frame_reader_init(&answer->reader, RPC_MESSAGE_MAX);
	keep_headers(answer, headers, count);
	answer->request.method = rpc_request_metadata(&answer->request, ":path");
	answer->more = (struct rpc_message **)&answer->request.more;
	h2_set_data(link->connection.h2, stream, answer);
	return answer;
}

/* -1 when it is malformed. What does not fit is as good as never. */
static int read_timeout(const char *text, uint64_t *out)
{
	static const char names[] = "HMSmun";
	static const uint64_t sizes[] = { HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, 1 };
	size_t digits = strspn(text, "0123456789");
	const char *name = text[digits] ? strchr(names, text[digits]) : NULL;
	uint64_t number = 0;

	if (digits == 0 || digits > 8 || !name || text[digits + 1] != '\0')
		return -1;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	if (__builtin_mul_overflow(number, sizes[name - names], out))
		*out = UINT64_MAX;
	return 0;
}

static int set_deadline(struct answer *answer)
{
	const char *text = rpc_request_metadata(&answer->request, "grpc-timeout");
	uint64_t timeout, now = loop_now(answer->deadline.loop);

	if (!text)
		return 0;
	if (read_timeout(text, &timeout) < 0)
		return -1;
	timer_set(&answer->deadline, timeout > UINT64_MAX - now ? UINT64_MAX : now + timeout);
	return 0;
}

/* Headers that no gRPC client sends are answered in HTTP's terms too. */
static bool check_headers(struct answer *answer)
{
	const char *method = rpc_request_metadata(&answer->request, ":method");
	const char *type = rpc_request_metadata(&answer->request, "content-type");

	if (!text_equal(method, "POST"))
		refuse(answer, 405, RPC_INTERNAL, "the HTTP method is not POST");
	else if (!rpc_is_grpc_type(type))
		refuse(answer, 415, RPC_INVALID_ARGUMENT, "the content type is not gRPC's");
	else if (!answer->request.method)
		refuse(answer, 400, RPC_INTERNAL, "the request names no method");
	else if (set_deadline(answer) < 0)
		refuse(answer, 400, RPC_INTERNAL, "malformed grpc-timeout");
	else
		return true;
	return false;
}

/* Nothing follows the user's turn: it may end the request, the connection or the server. */
static void request_complete(struct answer *answer)
{
	struct rpc_server *server = answer->link->server;

	if (!answer->has_message || frame_reader_left(&answer->reader) > 0) {
		refuse(answer, 200, RPC_INTERNAL, "the request has no whole message");
		return;
	}
	set_state(answer, ANSWER_OPEN);
	server->ops->on_call(server->ops, &answer->request);
}

static int another_message(struct answer *answer, const void *data, size_t len, struct err *err)
{
	struct rpc_server_ops *ops = answer->link->server->ops;
	struct rpc_message *message;

	if (!ops->takes_many || !ops->takes_many(ops, answer->request.method))
		return rpc_status_err(err, RPC_INTERNAL, "the request has more than one message");
	if (len > RPC_UPLOAD_MAX - answer->size)
		return rpc_status_err(err, RPC_RESOURCE_EXHAUSTED, "the request is too long");
	message = arena_alloc(answer->request.arena, sizeof(*message));
	message->data = arena_dup(answer->request.arena, data, len);
	message->len = len;
	answer->size += len;
	*answer->more = message;
	answer->more = &message->next;
	return 0;
}

static int one_message(void *context, const void *data, size_t len, struct err *err)
{
	struct answer *answer = context;

	if (answer->has_message)
		return another_message(answer, data, len, err);
	answer->has_message = true;
	answer->request.message = arena_dup(answer->request.arena, data, len);
	answer->request.len = len;
	return 0;
}

/* After a break, what is still in the bytes just read does not count. */
static bool is_alive(const struct server_link *link)
{
	return link->server && link->connection.state != CONNECTION_OVER;
}

static struct answer *find(struct h2_events *events, int32_t stream)
{
	struct server_link *link = container_of(events, struct server_link, events);

	return is_alive(link) ? h2_data(link->connection.h2, stream) : NULL;
}

static void link_headers(struct h2_events *events, int32_t stream, const struct h2_header *headers,
			 size_t count, bool end)
{
	struct server_link *link = container_of(events, struct server_link, events);
	struct answer *answer = find(events, stream);

	if (!is_alive(link))
		return;
	/* A second block is the end of a request with trailers, which gRPC clients do not send. */
	if (answer) {
		if (end && answer->state == ANSWER_READING)
			request_complete(answer);
		return;
	}
	answer = answer_new(link, stream, headers, count);
	if (check_headers(answer) && end)
		request_complete(answer);
}

static void link_data(struct h2_events *events, int32_t stream, const void *data, size_t len)
{
	struct answer *answer = find(events, stream);
	struct err err = ERR_INIT;

	if (!answer || answer->state != ANSWER_READING)
		return;
	if (frame_reader_feed(&answer->reader, data, len, one_message, answer, &err) < 0)
		refuse(answer, 200, (enum rpc_code)err.remote, err.text);
}

static void link_data_end(struct h2_events *events, int32_t stream)
{
	struct answer *answer = find(events, stream);

	if (answer && answer->state == ANSWER_READING)
		request_complete(answer);
}

static void link_stream_closed(struct h2_events *events, int32_t stream, uint32_t error)
{
	struct answer *answer = find(events, stream);

	(void)error;
	if (answer)
		answer_lost(answer);
}

static void link_goaway(struct h2_events *events, int32_t last, uint32_t error)
{
	(void)events, (void)last, (void)error;
}

/* ---- connections ----------------------------------------------------------------------------- */

/* on_gone may free the server, which takes the link away from it and ends its answers itself. */
static void link_close(struct server_link *link)
{
	while (link->answers)
		answer_lost(link->answers);

	struct rpc_server *server = link->server;
	if (!server)
		return;
	struct server_link **at = &server->links;
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	link->server = NULL;
	connection_close(&link->connection);
}

static void link_over(struct connection *connection, const struct err *err)
{
	(void)err;
	link_close(container_of(connection, struct server_link, connection));
}

static void link_release(struct connection *connection)
{
	struct server_link *link = container_of(connection, struct server_link, connection);

	mem_free(link, sizeof(*link));
}

static const struct connection_ops link_ops = {
	.on_over = link_over,
	.on_release = link_release,
};

/* ---- the server ------------------------------------------------------------------------------ */

static void grace_over(struct timer *timer)
{
	struct rpc_server *server = container_of(timer, struct rpc_server, grace);

	for (struct server_link *link = server->links; link; link = link->next)
		connection_break(&link->connection);
}

struct rpc_server *rpc_server_new(struct loop *loop, struct rpc_server_ops *ops)
{
	struct rpc_server *server = mem_new(sizeof(*server));

	server->loop = loop;
	server->ops = ops;
	timer_init(&server->grace, loop, grace_over);
	return server;
}

void rpc_server_free(struct rpc_server *server)
{
	if (!server || server->closing)
		return;
	server->closing = true;
	timer_cancel(&server->grace);
	while (server->links)
		link_close(server->links);
	mem_free(server, sizeof(*server));
}

void rpc_server_take(struct rpc_server *server, struct stream *stream)
{
	if (server->draining || server->closing) {
		stream_close(stream);
		return;
	}

	struct server_link *link = mem_new(sizeof(*link));
	link->server = server;
	link->events = (struct h2_events){
		.on_headers = link_headers,
		.on_data = link_data,
		.on_data_end = link_data_end,
		.on_close = link_stream_closed,
		.on_goaway = link_goaway,
	};
	link->next = server->links;
	server->links = link;

	const struct connection_user user = { H2_SERVER, &link_ops, &link->events };
	connection_start(&link->connection, server->loop, stream, &user);
}

void rpc_server_drain(struct rpc_server *server, uint64_t grace)
{
	if (server->draining)
		return;
	server->draining = true;
	for (struct server_link *link = server->links; link; link = link->next) {
		h2_goaway(link->connection.h2);
		connection_wake(&link->connection);
	}
	timer_set(&server->grace, loop_now(server->loop) + grace);
}

size_t rpc_server_connections(const struct rpc_server *server)
{
	size_t count = 0;

	for (const struct server_link *link = server->links; link; link = link->next)
		count++;
	return count;
}

/* ---- requests -------------------------------------------------------------------------------- */

size_t rpc_request_metadata_all(const struct rpc_request *request, const char *name,
				const char **values, size_t max)
{
	const struct answer *answer = answer_of(request);
	size_t count = 0;

	for (size_t i = 0; i < answer->header_count; i++) {
		if (strcmp(answer->headers[i].name, name) != 0)
			continue;
		if (count < max)
			values[count] = answer->headers[i].value;
		count++;
	}
	return count;
}

const char *rpc_request_metadata(const struct rpc_request *request, const char *name)
{
	const char *value = NULL;

	return rpc_request_metadata_all(request, name, &value, 1) ? value : NULL;
}

void rpc_reply(struct rpc_request *request, const void *data, size_t len)
{
	struct answer *answer = answer_of(request);
	struct str frame SCOPED(str_done) = STR_INIT(SIZE_MAX - 1);

	assert(answer->state == ANSWER_OPEN);
	send_head(answer);
	frame_write(&frame, data, len);
	h2_send(h2_of(answer), answer->stream, frame.at, frame.len, false);
	connection_wake(&answer->link->connection);
}

void rpc_end(struct rpc_request *request, enum rpc_code code, const char *message)
{
	assert(answer_of(request)->state == ANSWER_OPEN);
	send_status(answer_of(request), 200, code, message);
}

void rpc_break(struct rpc_request *request)
{
	connection_break(&answer_of(request)->link->connection);
}

size_t rpc_request_queued(const struct rpc_request *request)
{
	const struct answer *answer = answer_of(request);

	return h2_queued(h2_of(answer), answer->stream);
}
