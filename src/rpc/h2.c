#include "rpc/h2.h"

#include "base/arena.h"
#include "base/str.h"

#include <nghttp2/nghttp2.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_WINDOW 2097120
#define CONNECTION_WINDOW 1048560
#define STREAMS_MAX 1024
#define HEADERS_MAX ((size_t)256 << 10) /* names and values of one block */
#define HEADER_COUNT_MAX ((size_t)1024)
#define OUTPUT_GOAL ((size_t)64 << 10) /* frames gathered for one write */
#define BUCKETS 256

/* Debian's 1.52 has it as a security fix, plain 1.52 does not. */
void nghttp2_option_set_stream_reset_rate_limit(nghttp2_option *option, uint64_t burst,
						uint64_t rate) __attribute__((weak));

/* A header block as it comes in: NUL-ended texts one after the other, where they begin. */
struct block {
	struct str texts;
	size_t *starts; /* owned: name, value, name, value */
	size_t len, cap;
};

struct h2_stream {
	int32_t id;
	struct h2_stream *next; /* of its bucket */
	void *data;		/* the user's */
	struct block block;
	struct str queue; /* accepted, not yet in a frame; the first `taken` bytes are */
	size_t taken;
	bool end;	/* END_STREAM follows the queue */
	bool trailing;	/* trailers follow the queue */
	bool waiting;	/* nghttp2 was told that there is nothing yet */
	bool forgotten; /* reset by us: nothing but on_close is told */
	struct arena *trailers;
	nghttp2_nv *trailer_at;
	size_t trailer_count;
};

struct h2 {
	nghttp2_session *session;
	struct h2_events *events;
	enum h2_side side;
	struct h2_stream *buckets[BUCKETS];
	struct str output;
	size_t output_taken;
	bool busy; /* nghttp2 is running: it must not be entered again */
	bool dead; /* nghttp2 gave up */
	bool ready;
};

static const uint8_t shutdown_ping[8] = { 't', 'f', ' ', 'd', 'r', 'a', 'i', 'n' };

static size_t bucket_of(int32_t id)
{
	return ((uint32_t)id >> 1) % BUCKETS;
}

static struct h2_stream *find(const struct h2 *h2, int32_t id)
{
	struct h2_stream *stream = h2->buckets[bucket_of(id)];

	while (stream && stream->id != id)
		stream = stream->next;
	return stream;
}

static struct h2_stream *add(struct h2 *h2, int32_t id)
{
	struct h2_stream **bucket = &h2->buckets[bucket_of(id)];
	struct h2_stream *stream = mem_new(sizeof(*stream));

	stream->id = id;
	stream->next = *bucket;
	str_init(&stream->queue, SIZE_MAX - 1);
	str_init(&stream->block.texts, HEADERS_MAX);
	*bucket = stream;
	return stream;
}

static void block_done(struct block *block)
{
	str_done(&block->texts);
	mem_free(block->starts, block->cap * sizeof(*block->starts));
	block->starts = NULL;
	block->len = block->cap = 0;
}

static void stream_free(struct h2_stream *stream)
{
	block_done(&stream->block);
	str_done(&stream->queue);
	arena_free(stream->trailers);
	mem_free(stream, sizeof(*stream));
}

static void drop(struct h2 *h2, int32_t id)
{
	struct h2_stream **at = &h2->buckets[bucket_of(id)];

	while (*at && (*at)->id != id)
		at = &(*at)->next;

	struct h2_stream *gone = *at;
	if (!gone)
		return;
	*at = gone->next;
	stream_free(gone);
}

static bool block_add(struct block *block, const uint8_t *text, size_t len)
{
	if (block->len == block->cap) {
		size_t cap = block->cap ? block->cap * 2 : 16;
		size_t *starts = mem_new(cap * sizeof(*starts));

		if (block->len)
			memcpy(starts, block->starts, block->len * sizeof(*starts));
		mem_free(block->starts, block->cap * sizeof(*block->starts));
		block->starts = starts;
		block->cap = cap;
	}
	block->starts[block->len++] = block->texts.len;
	str_addn(&block->texts, text, len);
	str_addc(&block->texts, '\0');
	return !block->texts.full && block->len <= 2 * HEADER_COUNT_MAX;
}

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct h2 *h2 = context;

	(void)session;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;

	struct h2_stream *stream = find(h2, frame->hd.stream_id);
	if (!stream)
		stream = add(h2, frame->hd.stream_id);
	block_done(&stream->block);
	return 0;
}

/* A block that passes the limits costs the stream: nghttp2 resets it. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's */
static int one_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		      size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		      void *context)
{
	struct h2_stream *stream = find(context, frame->hd.stream_id);

	(void)session, (void)flags;
	if (!stream || stream->forgotten)
		return 0;
	if (!block_add(&stream->block, name, name_len) ||
	    !block_add(&stream->block, value, value_len))
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	return 0;
}

static bool is_informational(const struct h2_header *headers, size_t count)
{
	return count > 0 && strcmp(headers[0].name, ":status") == 0 && headers[0].value[0] == '1';
}

static void tell_headers(struct h2 *h2, struct h2_stream *stream, bool end)
{
	struct block block = stream->block;
	size_t count = block.len / 2;
	struct h2_header *headers = mem_new((count + 1) * sizeof(*headers));

	/* The events may do anything to the stream, so the block is taken out of it first. */
	stream->block = (struct block){ .texts = STR_INIT(HEADERS_MAX) };
	for (size_t i = 0; i < count; i++) {
		headers[i].name = block.texts.at + block.starts[2 * i];
		headers[i].value = block.texts.at + block.starts[2 * i + 1];
	}
	if (!is_informational(headers, count))
		h2->events->on_headers(h2->events, stream->id, headers, count, end);
	mem_free(headers, (count + 1) * sizeof(*headers));
	block_done(&block);
}

static void stream_frame(struct h2 *h2, const nghttp2_frame *frame)
{
	struct h2_stream *stream = find(h2, frame->hd.stream_id);
	bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

	if (!stream || stream->forgotten)
		return;
	if (frame->hd.type == NGHTTP2_HEADERS)
		tell_headers(h2, stream, end);
	else if (frame->hd.type == NGHTTP2_DATA && end)
		h2->events->on_data_end(h2->events, stream->id);
}

/* The answer to our PING: what the peer sent before it knew of the shutdown has arrived. */
static void shutdown_heard(struct h2 *h2)
{
	int32_t last = nghttp2_session_get_last_proc_stream_id(h2->session);

	nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0);
}

static int one_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct h2 *h2 = context;
	bool ack = frame->hd.flags & NGHTTP2_FLAG_ACK;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		stream_frame(h2, frame);
		break;
	case NGHTTP2_SETTINGS:
		h2->ready = h2->ready || !ack;
		break;
	case NGHTTP2_PING:
		if (ack && memcmp(frame->ping.opaque_data, shutdown_ping, 8) == 0)
			shutdown_heard(h2);
		break;
	case NGHTTP2_GOAWAY:
		h2->events->on_goaway(h2->events, frame->goaway.last_stream_id,
				      frame->goaway.error_code);
		break;
	default:
		break;
	}
	return 0;
}

static int some_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
		     size_t len, void *context)
{
	struct h2 *h2 = context;
	struct h2_stream *stream = find(h2, id);

	(void)session, (void)flags;
	if (stream && !stream->forgotten)
		h2->events->on_data(h2->events, id, data, len);
	return 0;
}

static void close_stream(struct h2 *h2, int32_t id, uint32_t error)
{
	if (!find(h2, id))
		return;
	h2->events->on_close(h2->events, id, error);
	drop(h2, id);
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
	(void)session;
	close_stream(context, id, error);
	return 0;
}

/* A request that never left, most often because the peer said GOAWAY meanwhile. nghttp2 reports the
 * closing of a stream only when it had opened it. */
static int frame_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int why,
			  void *context)
{
	struct h2 *h2 = context;
	int32_t id = frame->hd.stream_id;

	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
		bool unheard = why == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED;

		close_stream(h2, id, unheard ? NGHTTP2_REFUSED_STREAM : NGHTTP2_INTERNAL_ERROR);
	} else {
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
	}
	return 0;
}

/* A server that is done before the client is wants no more of the request. Only now can it say so:
 * nghttp2 sends nothing on a stream whose reset is queued. */
static int frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	const struct h2 *h2 = context;
	bool of_stream = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
	int32_t id = frame->hd.stream_id;

	if (h2->side == H2_SERVER && of_stream && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
	    nghttp2_session_get_stream_remote_close(session, id) == 0)
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's */
static ssize_t read_queue(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t size,
			  uint32_t *flags, nghttp2_data_source *source, void *context)
{
	struct h2_stream *stream = find(context, id);

	(void)source;
	if (!stream)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;

	size_t left = stream->queue.len - stream->taken;
	size_t len = left < size ? left : size;
	if (len)
		memcpy(buffer, stream->queue.at + stream->taken, len);
	stream->taken += len;
	if (stream->taken == stream->queue.len) {
		str_done(&stream->queue);
		stream->taken = 0;
	}
	if (len < left)
		return (ssize_t)len;

	if (stream->trailing) {
		*flags = NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		nghttp2_submit_trailer(session, id, stream->trailer_at, stream->trailer_count);
	} else if (stream->end) {
		*flags = NGHTTP2_DATA_FLAG_EOF;
	} else if (len == 0) {
		stream->waiting = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	return (ssize_t)len;
}

/* Only a lack of memory makes these fail. */
static void open_session(struct h2 *h2)
{
	nghttp2_session_callbacks *calls;
	nghttp2_option *option;

	if (nghttp2_session_callbacks_new(&calls) != 0 || nghttp2_option_new(&option) != 0)
		abort();
	nghttp2_session_callbacks_set_on_begin_headers_callback(calls, begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(calls, one_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, one_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, some_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(calls, stream_closed);
	nghttp2_session_callbacks_set_on_frame_send_callback(calls, frame_sent);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(calls, frame_not_sent);

	nghttp2_option_set_no_closed_streams(option, 1);
	if (nghttp2_option_set_stream_reset_rate_limit)
		nghttp2_option_set_stream_reset_rate_limit(option, UINT32_MAX, UINT32_MAX);

	int r = h2->side == H2_CLIENT
			? nghttp2_session_client_new2(&h2->session, calls, h2, option)
			: nghttp2_session_server_new2(&h2->session, calls, h2, option);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(calls);
	if (r != 0)
		abort();
}

static void announce(struct h2 *h2)
{
	static const nghttp2_settings_entry client[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADERS_MAX },
	};
	static const nghttp2_settings_entry server[] = {
		{ NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 16384 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADERS_MAX },
	};

	if (h2->side == H2_CLIENT)
		nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, client, ARRAY_LEN(client));
	else
		nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, server, ARRAY_LEN(server));
	nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0,
					      CONNECTION_WINDOW);
}

struct h2 *h2_new(enum h2_side side, struct h2_events *events)
{
	struct h2 *h2 = mem_new(sizeof(*h2));

	h2->side = side;
	h2->events = events;
	str_init(&h2->output, SIZE_MAX - 1);
	open_session(h2);
	announce(h2);
	return h2;
}

void h2_free(struct h2 *h2)
{
	if (!h2)
		return;
	assert(!h2->busy);
	nghttp2_session_del(h2->session);
	for (size_t i = 0; i < BUCKETS; i++) {
		while (h2->buckets[i])
			drop(h2, h2->buckets[i]->id);
	}
	str_done(&h2->output);
	mem_free(h2, sizeof(*h2));
}

int h2_feed(struct h2 *h2, const void *data, size_t len, struct err *err)
{
	assert(!h2->busy);
	if (h2->dead)
		return err_set(err, ERR_NET, "the peer does not keep to HTTP/2");

	h2->busy = true;
	ssize_t r = nghttp2_session_mem_recv(h2->session, data, len);
	h2->busy = false;
	if (r < 0) {
		h2->dead = true;
		return err_set(err, ERR_NET, "the peer does not keep to HTTP/2: %s",
			       nghttp2_strerror((int)r));
	}
	return 0;
}

/* Frames are taken only while none wait, so that what a full socket holds back stays in the
 * streams' queues, where it can still be cancelled. */
static void gather(struct h2 *h2)
{
	h2->busy = true;
	while (!h2->dead && h2->output.len < OUTPUT_GOAL) {
		const uint8_t *frame;
		ssize_t len = nghttp2_session_mem_send(h2->session, &frame);

		if (len == 0)
			break;
		if (len < 0)
			h2->dead = true;
		else
			str_addn(&h2->output, frame, (size_t)len);
	}
	h2->busy = false;
}

size_t h2_output(struct h2 *h2, const void **data)
{
	if (h2->busy)
		return 0;
	if (h2->output.len == 0)
		gather(h2);
	if (h2->output.len == 0)
		return 0;
	*data = h2->output.at + h2->output_taken;
	return h2->output.len - h2->output_taken;
}

void h2_output_taken(struct h2 *h2, size_t len)
{
	assert(len <= h2->output.len - h2->output_taken);
	h2->output_taken += len;
	if (h2->output_taken == h2->output.len) {
		str_clear(&h2->output);
		h2->output_taken = 0;
	}
}

bool h2_is_over(const struct h2 *h2)
{
	return h2->dead || (h2->output.len == 0 && !nghttp2_session_want_read(h2->session) &&
			    !nghttp2_session_want_write(h2->session));
}

bool h2_is_ready(const struct h2 *h2)
{
	return h2->ready;
}

/* The fields of nghttp2 are not const, so it is given copies. */
static nghttp2_nv *make_block(struct arena *arena, const struct h2_header *headers, size_t count)
{
	nghttp2_nv *block = arena_calloc(arena, count + 1, sizeof(*block));

	for (size_t i = 0; i < count; i++) {
		block[i].name = (uint8_t *)arena_str(arena, headers[i].name);
		block[i].value = (uint8_t *)arena_str(arena, headers[i].value);
		block[i].namelen = strlen(headers[i].name);
		block[i].valuelen = strlen(headers[i].value);
	}
	return block;
}

static nghttp2_data_provider provider(void)
{
	return (nghttp2_data_provider){ .read_callback = read_queue };
}

int32_t h2_request(struct h2 *h2, const struct h2_header *headers, size_t count)
{
	struct arena *arena OWNED(arena_free) = arena_new("request headers");
	nghttp2_nv *block = make_block(arena, headers, count);
	nghttp2_data_provider body = provider();
	int32_t id = nghttp2_submit_request(h2->session, NULL, block, count, &body, NULL);

	if (id < 0)
		return -1;
	add(h2, id);
	return id;
}

static struct h2_stream *find_open(struct h2 *h2, int32_t id)
{
	struct h2_stream *stream = find(h2, id);

	return stream && !stream->forgotten && !stream->end && !stream->trailing ? stream : NULL;
}

int h2_reply(struct h2 *h2, int32_t id, const struct h2_header *headers, size_t count, bool end)
{
	struct arena *arena OWNED(arena_free) = arena_new("reply headers");
	struct h2_stream *stream = find_open(h2, id);
	nghttp2_data_provider body = provider();

	if (!stream)
		return -1;
	stream->end = end;
	return nghttp2_submit_response(h2->session, id, make_block(arena, headers, count), count,
				       end ? NULL : &body) == 0
		       ? 0
		       : -1;
}

static void resume(struct h2 *h2, struct h2_stream *stream)
{
	if (!stream->waiting)
		return;
	stream->waiting = false;
	nghttp2_session_resume_data(h2->session, stream->id);
}

int h2_send(struct h2 *h2, int32_t id, const void *data, size_t len, bool end)
{
	struct h2_stream *stream = find_open(h2, id);

	if (!stream)
		return -1;
	/* What is in frames already is moved out when it is the larger part, not each time. */
	if (stream->taken > stream->queue.len / 2) {
		str_drop(&stream->queue, stream->taken);
		stream->taken = 0;
	}
	str_addn(&stream->queue, data, len);
	stream->end = end;
	resume(h2, stream);
	return 0;
}

int h2_trailers(struct h2 *h2, int32_t id, const struct h2_header *headers, size_t count)
{
	struct h2_stream *stream = find_open(h2, id);

	if (!stream)
		return -1;
	stream->trailers = arena_new("trailers");
	stream->trailer_at = make_block(stream->trailers, headers, count);
	stream->trailer_count = count;
	stream->trailing = true;
	resume(h2, stream);
	return 0;
}

void h2_reset(struct h2 *h2, int32_t id, uint32_t error)
{
	struct h2_stream *stream = find(h2, id);

	if (!stream || stream->forgotten)
		return;
	stream->forgotten = true;
	str_done(&stream->queue);
	stream->taken = 0;
	nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, id, error);
}

void h2_goaway(struct h2 *h2)
{
	if (h2->side == H2_CLIENT) {
		nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0);
		return;
	}
	nghttp2_submit_shutdown_notice(h2->session);
	nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, shutdown_ping);
}

size_t h2_queued(const struct h2 *h2, int32_t id)
{
	const struct h2_stream *stream = find(h2, id);

	return stream ? stream->queue.len - stream->taken : 0;
}

void h2_set_data(struct h2 *h2, int32_t id, void *data)
{
	struct h2_stream *stream = find(h2, id);

	if (stream)
		stream->data = data;
}

void *h2_data(const struct h2 *h2, int32_t id)
{
	struct h2_stream *stream = find(h2, id);

	return stream ? stream->data : NULL;
}

const char *h2_error_name(uint32_t error)
{
	return nghttp2_http2_strerror(error);
}
