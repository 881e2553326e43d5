#include "rpc/exchange.h"

#include "base/text.h"
#include "version.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_TEXT_MAX 16

void exchange_move(struct exchange *exchange, struct exchange_list *list)
{
	struct exchange_list *old = exchange->list;

	if (old) {
		*(exchange->previous ? &exchange->previous->next : &old->first) = exchange->next;
		*(exchange->next ? &exchange->next->previous : &old->last) = exchange->previous;
	}
	exchange->list = list;
	exchange->next = exchange->previous = NULL;
	if (list) {
		exchange->previous = list->last;
		*(list->last ? &list->last->next : &list->first) = exchange;
		list->last = exchange;
	}
}

static const char *const *copy_pairs(struct arena *arena, const char *const *pairs)
{
	size_t count = 0;

	while (pairs && pairs[count])
		count++;
	assert(count % 2 == 0);

	const char **copy = arena_calloc(arena, count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = arena_str(arena, pairs[i]);
	return copy;
}

struct exchange *exchange_new(struct call *call, struct loop *loop,
			      const struct call_request *request)
{
	struct exchange *exchange = mem_new(sizeof(*exchange));
	uint64_t now = loop_now(loop);

	assert(request->timeout > 0);
	exchange->call = call;
	exchange->state = EXCHANGE_WAITING;
	exchange->arena = arena_new("call");
	exchange->method = arena_str(exchange->arena, request->method);
	exchange->metadata = copy_pairs(exchange->arena, request->metadata);
	exchange->streaming = request->streaming;
	exchange->timeout = request->timeout;
	exchange->due = now > UINT64_MAX - request->timeout ? UINT64_MAX : now + request->timeout;
	str_init(&exchange->body, SIZE_MAX - 1);
	if (request->framed)
		str_addn(&exchange->body, request->message, request->len);
	else
		frame_write(&exchange->body, request->message, request->len);
	frame_reader_init(&exchange->reader, RPC_MESSAGE_MAX);
	return exchange;
}

void exchange_set_state(struct exchange *exchange, enum exchange_state state)
{
	/* clang-format off */
	static const bool legal[][EXCHANGE_OVER + 1] = {
		                     /* waiting open   ended  over */
		[EXCHANGE_WAITING] = { false, true,  true,  true },
		[EXCHANGE_OPEN]    = { true,  false, true,  true },
		[EXCHANGE_ENDED]   = { false, false, false, true },
		[EXCHANGE_OVER]    = { false, false, false, false },
	};
	/* clang-format on */

	assert(legal[exchange->state][state]);
	exchange->state = state;
}

static void exchange_free(struct exchange *exchange)
{
	frame_reader_done(&exchange->reader);
	str_done(&exchange->body);
	arena_free(exchange->arena);
	mem_free(exchange, sizeof(*exchange));
}

void exchange_over(struct exchange *exchange)
{
	timer_cancel(&exchange->deadline);
	exchange_move(exchange, NULL);
	exchange_set_state(exchange, EXCHANGE_OVER);
	exchange->call = NULL;
	exchange->channel = NULL;
	if (!exchange->reading)
		exchange_free(exchange);
}

void exchange_read_done(struct exchange *exchange)
{
	exchange->reading = false;
	if (exchange->state == EXCHANGE_OVER)
		exchange_free(exchange);
}

/* At most eight digits and the finest unit they allow, rounded up. */
static void timeout_text(uint64_t left, char text[static TIMEOUT_TEXT_MAX])
{
	static const struct {
		uint64_t size;
		char name;
	} units[] = {
		{ 1, 'n' },
		{ MICROSECOND, 'u' },
		{ MILLISECOND, 'm' },
		{ SECOND, 'S' },
		{ MINUTE, 'M' },
		{ HOUR, 'H' },
	};
	size_t i = 0;

	while (left / units[i].size >= 99999999 && i + 1 < ARRAY_LEN(units))
		i++;
	uint64_t number = left / units[i].size + (left % units[i].size != 0);
	snprintf(text, TIMEOUT_TEXT_MAX, "%llu%c", (unsigned long long)number, units[i].name);
}

int exchange_open(struct exchange *exchange, struct h2 *h2, const char *authority)
{
	struct arena *arena OWNED(arena_free) = arena_new("request");
	uint64_t now = loop_now(exchange->deadline.loop);
	char timeout[TIMEOUT_TEXT_MAX];
	size_t count = 0, pairs = 0;

	timeout_text(exchange->due > now ? exchange->due - now : 1, timeout);
	const struct h2_header fixed[] = {
		{ ":method", "POST" },
		{ ":scheme", "https" },
		{ ":path", exchange->method },
		{ ":authority", authority },
		{ "content-type", "application/grpc" },
		{ "user-agent", "talforge/" TALFORGE_VERSION },
		{ "te", "trailers" },
		{ "grpc-timeout", timeout },
	};
	while (exchange->metadata[2 * pairs])
		pairs++;

	size_t most = ARRAY_LEN(fixed) + pairs;
	struct h2_header *headers = arena_calloc(arena, most, sizeof(*headers));
	memcpy(headers, fixed, sizeof(fixed));
	count = ARRAY_LEN(fixed);
	for (const char *const *pair = exchange->metadata; *pair; pair += 2)
		headers[count++] = (struct h2_header){ pair[0], pair[1] };

	int32_t stream = h2_request(h2, headers, count);
	if (stream < 0)
		return -1;
	h2_set_data(h2, stream, exchange);
	h2_send(h2, stream, exchange->body.at, exchange->body.len, true);
	exchange->stream = stream;
	exchange->sent = now;
	exchange_set_state(exchange, EXCHANGE_OPEN);
	return 0;
}

static const char *header(const struct h2_header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(headers[i].name, name) == 0)
			return headers[i].value;
	}
	return NULL;
}

/* The first headers: is it gRPC at all? A gRPC answer with a bad HTTP status may still carry its
 * own. */
static int check_head(const struct h2_header *headers, size_t count, struct err *err)
{
	const char *type = header(headers, count, "content-type");
	const char *http = header(headers, count, ":status");
	bool grpc = rpc_is_grpc_type(type);
	uint64_t status = 0;
	char text[200];

	text_u64(http ? http : "", &status);
	if (grpc && (status == 200 || header(headers, count, "grpc-status")))
		return 0;
	snprintf(text, sizeof(text), "the answer is not gRPC: HTTP status %u, content type %s",
		 (unsigned)status, type ? type : "not given");
	return rpc_status_err(err, rpc_code_of_http((unsigned)status), text);
}

static int read_status(const struct h2_header *headers, size_t count, struct err *err)
{
	struct str message SCOPED(str_done) = STR_INIT(sizeof(err->text) * 4);
	const char *text = header(headers, count, "grpc-status");
	const char *detail = header(headers, count, "grpc-message");
	uint64_t code;

	if (!text)
		return rpc_status_err(err, RPC_UNKNOWN, "the answer has no status");
	if (!text_u64(text, &code) || code > INT32_MAX)
		return rpc_status_err(err, RPC_INTERNAL, "the answer has a malformed status");
	rpc_message_decode(&message, detail ? detail : "");
	rpc_status_err(err, (enum rpc_code)code, str_text(&message));
	return 1;
}

static int check_whole(const struct exchange *exchange, struct err *err)
{
	if (frame_reader_left(&exchange->reader) > 0)
		return rpc_status_err(err, RPC_INTERNAL, "the answer ends inside a message");
	if (!exchange->streaming && exchange->replies != 1)
		return rpc_status_err(err, RPC_INTERNAL, "the answer has no message");
	return 1;
}

int exchange_headers(struct exchange *exchange, const struct h2_header *headers, size_t count,
		     bool end, struct err *err)
{
	if (!exchange->headed && check_head(headers, count, err) < 0)
		return -1;
	exchange->headed = true;
	if (!end)
		return 0;

	int r = read_status(headers, count, err);
	if (r == 1 && !err_is_set(err))
		return check_whole(exchange, err);
	return r;
}

static int one_message(void *context, const void *data, size_t len, struct err *err)
{
	struct exchange *exchange = context;

	if (!exchange->streaming && exchange->replies > 0)
		return rpc_status_err(err, RPC_INTERNAL, "the answer has more than one message");
	exchange->replies++;
	if (exchange->call->ops->on_message)
		exchange->call->ops->on_message(exchange->call, data, len);
	return exchange->state == EXCHANGE_OPEN ? 0 : 2;
}

int exchange_data(struct exchange *exchange, const void *data, size_t len, struct err *err)
{
	return frame_reader_feed(&exchange->reader, data, len, one_message, exchange, err);
}

int exchange_closed(const struct exchange *exchange, uint32_t error, struct err *err)
{
	uint64_t now = loop_now(exchange->deadline.loop);
	char text[100];

	if (error == H2_CANCEL && now >= exchange->due)
		return exchange_late(exchange, err);
	snprintf(text, sizeof(text), "the peer reset the stream: %s", h2_error_name(error));
	return rpc_status_err(err, rpc_code_of_reset(error), text);
}

int exchange_late(const struct exchange *exchange, struct err *err)
{
	char text[TIME_TEXT_MAX];

	err_set(err, ERR_TIMEOUT, "no answer within %s", duration_text(exchange->timeout, text));
	if (err)
		err->remote = RPC_DEADLINE_EXCEEDED;
	return -1;
}
