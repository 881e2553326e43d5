#include "rpc/channel.h"

#include "rpc/connection.h"
#include "rpc/exchange.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define TRIES_MAX 6 /* dials and streams together, before a refusing peer is believed */

struct link { /* one connection; freed by its connection's on_release */
	struct connection connection;
	struct h2_events events;
	struct channel *channel; /* NULL: closed, nothing that still arrives counts */
	struct link *next;
	struct exchange_list open;
	bool retired; /* no new calls; closes when the last one is done */
};

struct channel {
	struct loop *loop;
	struct dialer *dialer;
	struct arena *arena; /* owned */
	struct dial_target target;
	const char *address;
	struct link *links;   /* all of them */
	struct link *current; /* that new calls go to; NULL: dial */
	struct exchange_list waiting, ended;
	struct task task;
	bool closing;
};

/* ---- the end of calls ------------------------------------------------------------------------ */

static void link_close(struct link *link)
{
	struct channel *channel = link->channel;
	struct link **at = &channel->links;

	assert(!link->open.first);
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	if (channel->current == link)
		channel->current = NULL;
	link->channel = NULL;
	connection_close(&link->connection);
}

static void link_retire(struct link *link)
{
	link->retired = true;
	if (link->channel->current == link)
		link->channel->current = NULL;
	if (!link->open.first)
		link_close(link);
}

/* Takes it from its stream. The link may close by that. */
static void detach(struct exchange *exchange, struct exchange_list *list)
{
	struct link *link = exchange->link;

	exchange_move(exchange, list);
	exchange->link = NULL;
	if (!link)
		return;
	h2_set_data(link->connection.h2, exchange->stream, NULL);
	if (link->retired && !link->open.first)
		link_close(link);
}

static void reset(struct exchange *exchange)
{
	if (!exchange->link)
		return;
	h2_reset(exchange->link->connection.h2, exchange->stream, H2_CANCEL);
	connection_wake(&exchange->link->connection);
}

static void finish(struct exchange *exchange, const struct err *err)
{
	struct channel *channel = exchange->channel;

	timer_cancel(&exchange->deadline);
	exchange->result = *err;
	exchange_set_state(exchange, EXCHANGE_ENDED);
	detach(exchange, &channel->ended);
	task_post(&channel->task);
}

static void finish_all(struct exchange_list *list, const struct err *err)
{
	while (list->first)
		finish(list->first, err);
}

static void trace_end(const struct exchange *exchange)
{
	const struct channel *channel = exchange->channel;
	uint64_t took = loop_now(channel->loop) - (exchange->due - exchange->timeout);
	const struct err *err = &exchange->result;

	trace_line(channel->dialer->trace, "%s: %s took %" PRIu64 " ms%s%s", channel->address,
		   exchange->method, took / MILLISECOND, err_is_set(err) ? ": " : "",
		   err_is_set(err) ? err->text : "");
}

static void tell_end(struct exchange *exchange)
{
	struct call *call = exchange->call;
	struct err err = exchange->result;

	trace_end(exchange);

	call->channel = NULL;
	call->exchange = NULL;
	exchange_over(exchange);
	call->ops->on_end(call, &err);
}

/* A connection that is not up when the last call gave up waiting for it is given up as well, since
 * the gaps between a TCP stack's own tries grow beyond any deadline of ours. */
static void give_up_dialling(struct channel *channel)
{
	if (channel->current && !channel->current->connection.ready && !channel->waiting.first)
		link_close(channel->current);
}

static void call_due(struct timer *timer)
{
	struct exchange *exchange = container_of(timer, struct exchange, deadline);
	struct channel *channel = exchange->channel;
	struct link *link = exchange->link;
	struct err err = ERR_INIT;

	reset(exchange);
	/* Not a word on this connection since the request left: the next call had better try a new
	 * one. */
	if (link && !link->retired && link->connection.heard <= exchange->sent)
		link_retire(link);
	exchange_late(exchange, &err);
	finish(exchange, &err);
	give_up_dialling(channel);
}

/* ---- events of a connection ------------------------------------------------------------------ */

static struct exchange *find(struct link *link, int32_t stream)
{
	return link->channel ? h2_data(link->connection.h2, stream) : NULL;
}

static struct link *link_of(struct h2_events *events)
{
	return container_of(events, struct link, events);
}

static void link_headers(struct h2_events *events, int32_t stream, const struct h2_header *headers,
			 size_t count, bool end)
{
	struct link *link = link_of(events);
	struct exchange *exchange = find(link, stream);
	struct err err = ERR_INIT;

	if (!exchange)
		return;

	int r = exchange_headers(exchange, headers, count, end, &err);
	if (r == 0)
		return;
	/* a peer that answers before it has our whole request wants no more of it */
	if (!end || h2_queued(link->connection.h2, stream) > 0)
		reset(exchange);
	finish(exchange, &err);
}

static void link_data(struct h2_events *events, int32_t stream, const void *data, size_t len)
{
	struct exchange *exchange = find(link_of(events), stream);
	struct err err = ERR_INIT;

	if (!exchange)
		return;

	exchange->reading = true;
	int r = exchange_data(exchange, data, len, &err);
	if (r < 0 && exchange->state == EXCHANGE_OPEN) {
		reset(exchange);
		finish(exchange, &err);
	}
	exchange_read_done(exchange);
}

static void link_data_end(struct h2_events *events, int32_t stream)
{
	struct exchange *exchange = find(link_of(events), stream);
	struct err err = ERR_INIT;

	if (!exchange)
		return;
	rpc_status_err(&err, RPC_INTERNAL, "the answer ends without a status");
	finish(exchange, &err);
}

static void link_stream_closed(struct h2_events *events, int32_t stream, uint32_t error)
{
	struct exchange *exchange = find(link_of(events), stream);
	struct err err = ERR_INIT;

	if (!exchange)
		return;
	if (error == H2_REFUSED_STREAM && !exchange->headed && exchange->tries < TRIES_MAX) {
		struct channel *channel = exchange->channel;

		exchange_set_state(exchange, EXCHANGE_WAITING);
		detach(exchange, &channel->waiting);
		task_post(&channel->task);
		return;
	}
	exchange_closed(exchange, error, &err);
	finish(exchange, &err);
}

static void link_goaway(struct h2_events *events, int32_t last, uint32_t error)
{
	struct link *link = link_of(events);

	(void)last, (void)error;
	if (!link->channel)
		return;
	task_post(&link->channel->task);
	link_retire(link);
}

static void link_ready(struct connection *connection)
{
	struct link *link = container_of(connection, struct link, connection);

	if (link->channel)
		task_post(&link->channel->task);
}

/* A fact without its place gets the address; TCP has put it in already. */
static void add_address(struct err *err, const struct channel *channel)
{
	if (err->kind == ERR_NET || err->kind == ERR_TIMEOUT)
		err->remote = RPC_UNAVAILABLE;
	if (!strstr(err->text, channel->address))
		err_wrap(err, "%s", channel->address);
}

static void link_over(struct connection *connection, const struct err *why)
{
	struct link *link = container_of(connection, struct link, connection);
	struct channel *channel = link->channel;
	bool wanted = channel->current == link;
	struct err err = *why;

	add_address(&err, channel);
	/* finish() would close a retired link with its last call, and it is closed here */
	link->retired = false;
	finish_all(&link->open, &err);
	if (wanted && !connection->ready)
		finish_all(&channel->waiting, &err);
	link_close(link);
	task_post(&channel->task);
}

static void link_release(struct connection *connection)
{
	struct link *link = container_of(connection, struct link, connection);

	mem_free(link, sizeof(*link));
}

static const struct connection_ops link_ops = {
	.on_ready = link_ready,
	.on_over = link_over,
	.on_release = link_release,
};

/* ---- placing calls --------------------------------------------------------------------------- */

static int link_dial(struct channel *channel, struct err *err)
{
	struct stream *stream = NULL;

	if (dial(channel->dialer, &channel->target, &stream, err) < 0)
		return -1;

	struct link *link = mem_new(sizeof(*link));
	link->channel = channel;
	link->events = (struct h2_events){
		.on_headers = link_headers,
		.on_data = link_data,
		.on_data_end = link_data_end,
		.on_close = link_stream_closed,
		.on_goaway = link_goaway,
	};
	link->next = channel->links;
	channel->links = channel->current = link;

	const struct connection_user user = { H2_CLIENT, &link_ops, &link->events };
	connection_start(&link->connection, channel->loop, stream, &user);
	return 0;
}

/* Those that went from one refusing connection to the next for long enough end here. */
static void count_tries(struct channel *channel)
{
	struct err err = ERR_INIT;
	struct exchange *next;

	rpc_status_err(&err, RPC_UNAVAILABLE, "the peer refuses every stream");
	for (struct exchange *at = channel->waiting.first; at; at = next) {
		next = at->next;
		if (at->tries++ >= TRIES_MAX)
			finish(at, &err);
	}
}

static void place_on(struct channel *channel, struct link *link)
{
	while (channel->waiting.first) {
		struct exchange *exchange = channel->waiting.first;

		exchange->tries++;
		if (exchange_open(exchange, link->connection.h2, channel->address) < 0) {
			link_retire(link);
			task_post(&channel->task);
			return;
		}
		exchange->link = link;
		exchange_move(exchange, &link->open);
	}
	connection_wake(&link->connection);
}

static void place(struct channel *channel)
{
	struct err err = ERR_INIT;

	if (!channel->waiting.first)
		return;
	if (channel->current) {
		if (channel->current->connection.ready)
			place_on(channel, channel->current);
		return;
	}
	count_tries(channel);
	if (channel->waiting.first && link_dial(channel, &err) < 0) {
		add_address(&err, channel);
		finish_all(&channel->waiting, &err);
	}
}

/* One end a turn, as the last thing done: whoever is told may free the channel. */
static void channel_turn(struct task *task)
{
	struct channel *channel = container_of(task, struct channel, task);

	place(channel);
	if (!channel->ended.first)
		return;
	task_post(&channel->task);
	tell_end(channel->ended.first);
}

/* ---- the channel ----------------------------------------------------------------------------- */

static struct dial_target copy_target(struct arena *arena, const struct dial_target *target)
{
	struct dial_target copy = *target;

	copy.address = arena_str(arena, target->address);
	if (target->identity) {
		struct identity *identity = arena_alloc(arena, sizeof(*identity));

		identity->cert = arena_str(arena, target->identity->cert);
		identity->key = arena_str(arena, target->identity->key);
		copy.identity = identity;
	}
	if (target->trust) {
		struct trust *trust = arena_dup(arena, target->trust, sizeof(*trust));

		trust->ca = arena_str(arena, trust->ca);
		trust->fingerprint = arena_str(arena, trust->fingerprint);
		copy.trust = trust;
	}
	return copy;
}

struct channel *channel_new(struct loop *loop, struct dialer *dialer,
			    const struct dial_target *target)
{
	struct channel *channel = mem_new(sizeof(*channel));
	const char *form = strchr(target->address, ':') ? "[%s]:%u" : "%s:%u";

	channel->loop = loop;
	channel->dialer = dialer;
	channel->arena = arena_new("channel");
	channel->target = copy_target(channel->arena, target);
	channel->address = arena_printf(channel->arena, form, target->address, target->port);
	task_init(&channel->task, loop, channel_turn);
	return channel;
}

static void end_everything(struct channel *channel, const struct err *err)
{
	struct link *next;

	finish_all(&channel->waiting, err);
	for (struct link *link = channel->links; link; link = next) {
		next = link->next;
		link->retired = false;
		finish_all(&link->open, err);
		link_close(link);
	}
}

void channel_drop(struct channel *channel)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_NET, "%s: connection dropped", channel->address);
	err.remote = RPC_UNAVAILABLE;
	end_everything(channel, &err);
}

void channel_free(struct channel *channel)
{
	struct err err = ERR_INIT;

	if (!channel || channel->closing)
		return;
	channel->closing = true;
	err_set(&err, ERR_CANCELLED, "%s: connection closed", channel->address);
	end_everything(channel, &err);
	while (channel->ended.first)
		tell_end(channel->ended.first);
	task_cancel(&channel->task);
	arena_free(channel->arena);
	mem_free(channel, sizeof(*channel));
}

const char *channel_address(const struct channel *channel)
{
	return channel->address;
}

const char *channel_peer_cert(const struct channel *channel)
{
	const struct link *link = channel->current;

	return link && link->connection.state == CONNECTION_UP
		       ? link->connection.stream->peer_cert
		       : NULL;
}

/* ---- calls ----------------------------------------------------------------------------------- */

void call_start(struct call *call, struct channel *channel, const struct call_request *request)
{
	struct exchange *exchange = exchange_new(call, channel->loop, request);

	assert(!channel->closing && !call_is_running(call));
	exchange->channel = channel;
	*call = (struct call){ .ops = request->ops, .channel = channel, .exchange = exchange };
	timer_init(&exchange->deadline, channel->loop, call_due);
	timer_set(&exchange->deadline, exchange->due);
	exchange_move(exchange, &channel->waiting);
	task_post(&channel->task);
}

void call_cancel(struct call *call)
{
	struct exchange *exchange = call->exchange;
	struct channel *channel = call->channel;

	if (!exchange)
		return;
	call->channel = NULL;
	call->exchange = NULL;
	reset(exchange);
	detach(exchange, NULL);
	exchange_over(exchange);
	give_up_dialling(channel);
}

bool call_is_running(const struct call *call)
{
	return call->exchange != NULL;
}
